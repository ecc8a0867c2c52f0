"""The project's own files and tables, as the tests of the documents read them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

PROJECT = Path(__file__).parents[2]
README = (PROJECT / "README.md").read_text(encoding="utf-8")


def list_project_files() -> list[Path]:
    """Every file that is kept in version control, and every new one that would be."""
    answer = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        check=True,
    )
    paths = (PROJECT / name.decode() for name in answer.stdout.split(b"\0") if name)
    return [path for path in paths if path.is_file()]


def section(page: str, heading: str) -> str:
    """What stands below a heading, up to the next one of any level."""
    parts = re.split(rf"^#+ {re.escape(heading)}\n", page, flags=re.MULTILINE)
    assert len(parts) == 2, f"the page has {len(parts) - 1} headings {heading!r}"
    return re.split(r"^#+ ", parts[1], maxsplit=1, flags=re.MULTILINE)[0]


def table_rows(text: str) -> list[list[str]]:
    """The cells of each row of the tables in a text, headings left out."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|")
    ]
    ruled = [number for number, row in enumerate(rows) if set("".join(row)) <= {"-", ":", " "}]
    return [row for number, row in enumerate(rows) if number not in ruled and number + 1 not in ruled]


def relative_links(page: str) -> list[str]:
    """The targets of a page's Markdown links that lead to files of the project."""
    targets = re.findall(r"\]\(([^)\s]+)\)", page)
    return [target.partition("#")[0] for target in targets if not re.match(r"[a-z]+:|#", target)]
