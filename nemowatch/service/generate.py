"""Write the units of the folder `systemd`, as `service print` gives them for a usual installation.

`python -m nemowatch.service.generate`, with `--check` to compare alone. Run by whoever changes a unit, and by the
normal check. Writes into the project it is run from, nowhere else.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nemowatch.rules.load import load_rules
from nemowatch.service.plan import OWN_HOME, OWN_USER, Account, make_plan
from nemowatch.service.request import SYSTEM_RULES
from nemowatch.service.units import write_unit

if TYPE_CHECKING:
    from nemowatch.service.plan import Kind

MENDING_COMMAND = "python -m nemowatch.service.generate"

_RULES = """
rules:
  - {watch: FOLDER/interviews, skill: ai-video-frames}
  - {watch: FOLDER/podcasts, skill: opusclip}
"""


def generated_units() -> dict[str, str]:
    """Each file's path within the project, and its content."""
    home = Path("/home/you")
    return {
        "systemd/user/nemowatch.service": _write(
            "user",
            Account("you", None, None, home),
            folder=home / "Recordings",
            rules=home / ".config/nemowatch/rules.yaml",
            root=home / ".local/share/pipx/venvs/nemowatch",
        ),
        "systemd/nemowatch.service": _write(
            "system",
            Account(OWN_USER, None, None, OWN_HOME),
            folder=Path("/srv/media/recordings"),
            rules=SYSTEM_RULES,
            root=Path("/opt/nemowatch"),
        ),
    }


def _write(kind: Kind, account: Account, *, folder: Path, rules: Path, root: Path) -> str:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "rules.yaml")
        path.write_text(_RULES.replace("FOLDER", str(folder)), encoding="utf-8")
        book = replace(load_rules(path), path=rules)
    return write_unit(make_plan(kind, account, book, environ={}, program=(root / "bin/python", root)))


def stale_units(project: Path) -> list[str]:
    """Name the files that are missing or no longer what is printed."""
    return [
        name
        for name, text in generated_units().items()
        if not (project / name).is_file() or (project / name).read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str], project: Path) -> int:
    """Write the files, or with `--check` say which are stale; returns the exit code."""
    stale = stale_units(project)
    if "--check" in arguments:
        for name in stale:
            sys.stderr.write(f"{name} is stale. Run: {MENDING_COMMAND}\n")
        return 1 if stale else 0
    for name in stale:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(generated_units()[name], encoding="utf-8")
        sys.stdout.write(f"{name} written.\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:], Path.cwd()))
