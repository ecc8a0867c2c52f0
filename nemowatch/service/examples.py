"""The units of the project's folder `systemd`: what `service print` gives for a usual installation.

Written there by `nemowatch/generate.py`.
"""

from __future__ import annotations

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

_RULES = """
rules:
  - {watch: FOLDER/interviews, skill: ai-video-frames}
  - {watch: FOLDER/podcasts, skill: opusclip}
"""


def example_units() -> dict[str, str]:
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
