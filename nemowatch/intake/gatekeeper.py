"""Takes settled files through the gate, a few at a time, and hands those that pass to the desk.

Used by intake alone. A file that can't be taken now is postponed, never dropped.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from loguru import logger

from nemowatch.errors import NemoWatchError
from nemowatch.intake.gate import Changed, NotYet, Refused
from nemowatch.intake.records import Candidate, FileVersion, PendingState, Ready
from nemowatch.intake.waiting_room import Note

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from nemowatch.clock import Clock
    from nemowatch.intake.first_looks import FirstLooks
    from nemowatch.intake.gate import Gate, GateAnswer
    from nemowatch.intake.memory import KnownFiles
    from nemowatch.intake.takers import Takers
    from nemowatch.intake.waiting_room import WaitingRoom


class Gatekeeper:
    """The way from settled to taken.

    Args:
        room: where files wait that are not ready.
        looks: knows which files wait for the user.
        known: told of refusals.
        take: makes a job of a file.
        gate: checks files.
        clock: for the time at which a file settles anew.
        on_done: called after each file.
    """

    def __init__(
        self,
        room: WaitingRoom,
        looks: FirstLooks,
        known: KnownFiles,
        take: Callable[[Ready], Awaitable[None]],
        gate: Gate,
        clock: Clock,
        on_done: Callable[[], None],
    ) -> None:
        self._room = room
        self._looks = looks
        self._known = known
        self._take = take
        self._gate = gate
        self._clock = clock
        self._on_done = on_done
        self._takers: Takers | None = None
        self._settled: asyncio.Queue[tuple[Candidate, FileVersion]] = asyncio.Queue()

    def follow(self, takers: Takers) -> None:
        """These rules count from now on, for files that are not yet out at the gate."""
        self._takers = takers

    def admit(self, candidate: Candidate, version: FileVersion) -> None:
        """A file has settled."""
        self._settled.put_nowait((candidate, version))

    async def run(self) -> None:
        """Check one file after the other; several such tasks may run side by side."""
        while True:
            candidate, version = await self._settled.get()
            try:
                await self._pass_gate(candidate, version)
            except (NemoWatchError, OSError) as error:
                self._room.postpone(candidate, Note(version, PendingState.RETRYING, str(error)))
            except Exception as error:  # noqa: BLE001  whatever went wrong, this file and the others are not lost
                logger.opt(exception=error).error(f"{version.path}: can't be taken now: {error}")
                reason = f"{type(error).__name__}: {error}"
                self._room.postpone(candidate, Note(version, PendingState.RETRYING, reason))
            self._room.tidy(candidate)
            self._on_done()

    async def _pass_gate(self, candidate: Candidate, version: FileVersion) -> None:
        taker = None if self._takers is None else self._takers.taker(candidate)
        if taker is None:  # the rule is gone, or takes it no longer
            self._room.finish(candidate)
            return
        answer = await self._gate.check(version, taker.rule, taker.folder)
        if self._room.settler.is_stirred(candidate):
            self._room.finish(candidate)
        else:
            await self._follow(answer, candidate, version)

    async def _follow(self, answer: GateAnswer, candidate: Candidate, version: FileVersion) -> None:
        """Do what the gate's answer asks for."""
        if isinstance(answer, NotYet):
            self._room.postpone(candidate, Note(version, PendingState.INCOMPLETE, answer.reason))
            return
        if isinstance(answer, Changed) and answer.version is not None:
            self._room.settler.restart(candidate, answer.version, self._clock.monotonic())
            return
        if isinstance(answer, Refused):
            level = "INFO" if answer.condition else "WARNING"
            logger.log(level, f"{version.path}: not taken by the rule '{candidate.rule}': {answer.reason}")
            self._known.remember_refused(candidate.rule, version, answer.reason, condition=answer.condition)
        elif isinstance(answer, Ready):
            await self._take(replace(answer, is_held=self._looks.is_held(candidate, version)))
        self._room.finish(candidate)
