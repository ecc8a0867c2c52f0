"""Which skill a call is made for: the three `X-Skill-*` headers (nemo-api.md §1).

Made by the job runner for each rule's skill. A call without them would fail with 402 at the export.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from nemowatch import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

_PRINTABLE = "".join(map(chr, range(0x20, 0x7F))).replace("%", "")


@dataclass(frozen=True)
class Attribution:
    """Who asks.

    Attributes:
        source: the skill's name.
        version: the skill's version.
        platform: where the skill was installed from; see `find_platform`.
    """

    source: str
    version: str
    platform: str

    def headers(self) -> dict[str, str]:
        """The three headers; what a header can't hold (a skill's name is the user's text) is %-encoded."""
        return {
            "X-Skill-Source": _as_header(self.source),
            "X-Skill-Version": _as_header(self.version),
            "X-Skill-Platform": _as_header(self.platform),
        }


def find_platform(environ: Mapping[str, str], install_path: Path) -> str:
    """`SKILL_SOURCE` if set, else `clawhub` or `cursor` by the place of installation, else `unknown`."""
    named = environ.get("SKILL_SOURCE", "").strip()
    if named:
        return named
    home = Path(environ.get("HOME") or Path.home())
    if install_path.is_relative_to(home / ".clawhub"):
        return "clawhub"
    if install_path.is_relative_to(home / ".cursor" / "skills"):
        return "cursor"
    return "unknown"


def own_attribution(environ: Mapping[str, str]) -> Attribution:
    """NemoWatch itself, for calls that are made for no rule."""
    return Attribution("nemowatch", __version__, find_platform(environ, Path(__file__)))


def _as_header(value: str) -> str:
    return quote(value.strip(), safe=_PRINTABLE, errors="replace")
