"""Write what is made from the models: `python -m nemowatch.rules.generate`, with `--check` to compare alone.

Run by whoever changes a key, and by the normal check. Writes into the project it is run from, nowhere else.
"""

from __future__ import annotations

import sys
from pathlib import Path

from nemowatch.rules.example import example_text
from nemowatch.rules.reference import reference_text

MENDING_COMMAND = "python -m nemowatch.rules.generate"


def generated_files() -> dict[str, str]:
    """Each file's path within the project, and its content."""
    return {"rules.example.yaml": example_text(), "docs/rules.md": reference_text()}


def stale_files(project: Path) -> list[str]:
    """Name the files that are missing or no longer what the models say."""
    return [
        name
        for name, text in generated_files().items()
        if not (project / name).is_file() or (project / name).read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str], project: Path) -> int:
    """Write the files, or with `--check` say which are stale; returns the exit code."""
    stale = stale_files(project)
    if "--check" in arguments:
        for name in stale:
            sys.stderr.write(f"{name} is stale. Run: {MENDING_COMMAND}\n")
        return 1 if stale else 0
    for name in stale:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(generated_files()[name], encoding="utf-8")
        sys.stdout.write(f"{name} written.\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:], Path.cwd()))
