"""What intake asks its owner to remember: known files and first looks, over restarts.

Implemented by the jobs' database and wired by the daemon. Intake itself keeps nothing on the disk.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from nemowatch.intake.records import FileVersion


class KnownFiles(Protocol):
    """The memory of what was taken, refused or skipped. Asked in the event loop, so answers must come quickly."""

    def is_known(self, rule_name: str, version: FileVersion) -> bool:
        """Whether this very version was taken, refused or skipped for this rule."""
        ...

    def remember_refused(
        self, rule_name: str, version: FileVersion, reason: str, *, condition: str = ""
    ) -> None:
        """Keep that this version is not to be taken, and why; `condition`: as long as the rule has this one."""
        ...

    async def remember_existing(self, rule_name: str, versions: Sequence[FileVersion]) -> None:
        """Keep for good that these versions were there before the rule, which skips them."""
        ...


class Decision(StrEnum):
    """What becomes of the files that a rule finds on its first look into a folder."""

    TAKE = "take"
    HOLD = "hold"
    SKIP = "skip"


class FirstLook(NamedTuple):
    """A rule and one of its folders."""

    rule: str
    folder: Path


class FirstLookBook(Protocol):
    """Which rules have looked into which folders before. All methods block; they are called in threads."""

    def finished(self) -> Collection[FirstLook]:
        """The first looks that are over, with all that came of them."""
        ...

    def decisions(self) -> dict[FirstLook, Decision]:
        """What was decided for those that a stop cut off."""
        ...

    def decide(self, look: FirstLook, decision: Decision) -> None:
        """Keep what becomes of the files found, before anything is done with them."""
        ...

    def finish(self, look: FirstLook) -> None:
        """Keep that the first look is over: what is found from now on is new."""
        ...


class ForgetfulBook:
    """First looks for those who keep none, as in tests: every start is a first one."""

    def __init__(self) -> None:
        self._finished: set[FirstLook] = set()
        self._decisions: dict[FirstLook, Decision] = {}

    def finished(self) -> Collection[FirstLook]:
        """As the protocol says."""
        return set(self._finished)

    def decisions(self) -> dict[FirstLook, Decision]:
        """As the protocol says."""
        return dict(self._decisions)

    def decide(self, look: FirstLook, decision: Decision) -> None:
        """As the protocol says."""
        self._decisions[look] = decision

    def finish(self, look: FirstLook) -> None:
        """As the protocol says."""
        self._decisions.pop(look, None)
        self._finished.add(look)
