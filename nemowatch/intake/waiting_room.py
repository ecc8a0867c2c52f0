"""The files on their way to becoming jobs: when each is looked at next, and why it is still waited for.

Shared by the parts of intake. It holds the settler and the reasons; it touches no disk and decides nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from loguru import logger

from nemowatch.intake.records import Candidate, FileVersion, PendingFile, PendingState
from nemowatch.intake.settle import Settler

if TYPE_CHECKING:
    from collections.abc import Callable

    from nemowatch.clock import Clock
    from nemowatch.intake.settle import Standing


class Note(NamedTuple):
    """Why a file is still waited for; told in the log once for each version and reason."""

    version: FileVersion | None
    state: PendingState
    reason: str


class WaitingRoom:
    """Every candidate that is not yet taken, refused or gone.

    Args:
        clock: for quiet times and pauses.
        on_left: told of each candidate that is out, and of each that turned out to be incomplete.
    """

    def __init__(self, clock: Clock, on_left: Callable[[Candidate], None]) -> None:
        self.settler = Settler()
        self._clock = clock
        self._on_left = on_left
        self._notes: dict[Candidate, Note] = {}

    def postpone(self, candidate: Candidate, note: Note) -> None:
        """Look at a file again later, and tell why, unless that was told."""
        self.settler.postpone(candidate, self._clock.monotonic())
        if self._notes.get(candidate) != note:
            self._notes[candidate] = note
            logger.info(f"{candidate.path}: not taken yet by the rule '{candidate.rule}': {note.reason}")
        if note.state is PendingState.INCOMPLETE:
            self._on_left(candidate)

    def finish(self, candidate: Candidate) -> None:
        """A file was taken, refused, known or is gone: forget it, unless something happened to it meanwhile."""
        self.settler.finish(candidate, self._clock.monotonic())

    def tidy(self, candidate: Candidate) -> None:
        """Forget why a file was waited for, if it is no longer."""
        if candidate not in self.settler:
            self._notes.pop(candidate, None)
            self._on_left(candidate)

    def pending(self) -> tuple[PendingFile, ...]:
        """Every file that is on its way, for people."""
        now = self._clock.monotonic()
        return tuple(self._describe(standing, now) for standing in self.settler.standings())

    def _describe(self, standing: Standing, now: float) -> PendingFile:
        rule, path = standing.candidate
        note = self._notes.get(standing.candidate)
        state, reason = PendingState.SETTLING, ""
        if standing.tries and standing.version is not None and standing.version.size == 0:
            state, reason = PendingState.INCOMPLETE, "it is empty so far"
        elif standing.tries and note is not None:
            state, reason = note.state, note.reason
        if standing.is_out:
            state = PendingState.CHECKING
        seconds_left = None if standing.next_look is None else max(0.0, standing.next_look - now)
        return PendingFile(path, rule, state, seconds_left, reason)
