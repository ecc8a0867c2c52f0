"""Write the project's files that are made from the code: `python -m nemowatch.generate`, `--check` to compare alone.

Run by whoever changes a key of the rules or a unit, and by the normal check. Writes into the project it is run from,
nowhere else.
"""

from __future__ import annotations

import sys
from pathlib import Path

from nemowatch.rules.example import example_text
from nemowatch.rules.reference import reference_text
from nemowatch.service.examples import example_units

MENDING_COMMAND = "python -m nemowatch.generate"


def generated_files() -> dict[str, str]:
    """Each file's path within the project, and its content."""
    return {"rules.example.yaml": example_text(), "docs/rules.md": reference_text(), **example_units()}


def stale_files(project: Path) -> dict[str, str]:
    """The files that are missing or no longer what the code says, with what they should be."""
    return {name: text for name, text in generated_files().items() if _is_stale(project / name, text)}


def _is_stale(path: Path, text: str) -> bool:
    return not path.is_file() or path.read_text(encoding="utf-8") != text


def main(arguments: list[str], project: Path) -> int:
    """Write the files, or with `--check` say which are stale; returns the exit code."""
    stale = stale_files(project)
    if "--check" in arguments:
        for name in stale:
            sys.stderr.write(f"{name} is stale. Run: {MENDING_COMMAND}\n")
        return 1 if stale else 0
    for name, text in stale.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"{name} written.\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:], Path.cwd()))
