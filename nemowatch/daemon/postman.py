"""Brings what happened to one address: everything that gathered in one message, and not too often.

One for each address of `notify`, made by `telling_people.py`. What it can't bring it tries again, ever more rarely; a
broken address is told once in the log, and hurts nothing else.
"""

from __future__ import annotations

import asyncio
import hashlib
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loguru import logger

from nemowatch.daemon.striking import DATABASE_PAUSE_SECONDS, strike_for_sure
from nemowatch.jobs.outbox import TOLD_STATES, OutboxUnusable, Reader
from nemowatch.jobs.records import JobState
from nemowatch.notices.messenger import NoticeFailed
from nemowatch.notices.pacing import Pacer
from nemowatch.notices.wording import Item, compose
from nemowatch.rules.telling_kinds import show_address
from nemowatch.units import format_count, format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nemowatch.clock import Clock
    from nemowatch.jobs.outbox import Change, Outbox
    from nemowatch.notices.messenger import Messenger
    from nemowatch.rules.rule import Notify

_AT_ONCE = 2000
"""So many changes go into one message; the rest, if there should ever be more, into the next."""

_MOST_OF_THE_DAEMON = 50
_TOO_OLD_SECONDS = 86_400.0


@dataclass(frozen=True)
class Round:
    """Where a postman goes, with what, and how often at most."""

    address: str = field(repr=False)
    events: frozenset[str]
    pause_seconds: float


def rounds_of(notices: Iterable[Notify]) -> Iterable[Round]:
    """Every round that the rules want, each once."""
    rounds = {
        (address, frozenset(notify.on)): notify.pause_seconds
        for notify in notices
        for address in notify.addresses
    }
    return (Round(address, events, pause) for (address, events), pause in rounds.items())


class Postman:
    """Brings messages to one address.

    Args:
        tour: where it goes.
        outbox: where changes of jobs are kept for it.
        messenger: sends.
        clock: the time.
    """

    def __init__(self, tour: Round, outbox: Outbox, messenger: Messenger, clock: Clock) -> None:
        states = frozenset(state for state in TOLD_STATES if state.value in tour.events)
        digest = hashlib.sha256(f"{tour.address}\n{sorted(tour.events)}".encode()).hexdigest()[:16]
        self.reader = Reader(f"notify:{digest}", states)
        self._address = tour.address
        self._tells_daemon = "daemon" in tour.events
        self._outbox = outbox
        self._messenger = messenger
        self._clock = clock
        self._pacer = Pacer(tour.pause_seconds)
        self._of_daemon: list[tuple[float, Item]] = []
        self._news = asyncio.Event()
        self._is_told_broken = False

    def wake(self) -> None:
        """There may be something new in the outbox."""
        self._news.set()

    def tell(self, text: str, *, is_trouble: bool) -> None:
        """Something happened to the daemon."""
        if self._tells_daemon:
            self._of_daemon.append((self._clock.now(), Item("daemon", text, is_trouble=is_trouble)))
            del self._of_daemon[:-_MOST_OF_THE_DAEMON]
            self._news.set()

    async def run(self) -> None:
        """Bring messages until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self._bring_in_time()
            except OutboxUnusable as error:
                logger.debug(f"What is to be told can't be read. {error.message}")
                await self._clock.sleep(DATABASE_PAUSE_SECONDS)
                self._news.set()

    async def bring_last_words(self) -> None:
        """Bring what happened to the daemon, and ask no database for more: that may be what it ends by."""
        with suppress(OutboxUnusable):  # where it can't be sent either, what is too old is looked for
            await self._send(())

    async def bring_now(self) -> None:
        """Bring what there is without waiting for more; what can't be brought stays where it is."""
        while await self._bring():
            pass

    async def _bring_in_time(self) -> None:
        if not (self._of_daemon or await self._read(limit=1)):
            return
        await self._clock.sleep(self._pacer.wait(self._clock.monotonic()))
        if await self._bring() or self._pacer.failures:
            self._news.set()

    async def _bring(self) -> bool:
        """Send one message of all that is there; True where there may be more."""
        changes = await self._read(limit=_AT_ONCE)
        return await self._send(changes) and len(changes) == _AT_ONCE

    async def _send(self, changes: Sequence[Change]) -> bool:
        """Send one message of these changes and of all that happened to the daemon; whether it went."""
        of_daemon = list(self._of_daemon)
        items = [*(item for _, item in of_daemon), *map(_describe, changes)]
        if not items:
            return False
        message = compose(items, host=socket.gethostname())
        try:
            await self._messenger.send(self._address, message)
        except NoticeFailed as failure:
            await self._fail(failure)
            return False
        self._pacer.note_sent(self._clock.monotonic())
        del self._of_daemon[: len(of_daemon)]
        await strike_for_sure(self._outbox, [change.number for change in changes], self._clock)
        if self._is_told_broken:
            logger.info(f"Notices reach {show_address(self._address)} again.")
        self._is_told_broken = False
        return True

    async def _read(self, *, limit: int) -> tuple[Change, ...]:
        return await asyncio.to_thread(self._outbox.read, self.reader.name, limit=limit)

    async def _fail(self, failure: NoticeFailed) -> None:
        self._pacer.note_failure(self._clock.monotonic())
        shown = show_address(self._address)
        if not self._is_told_broken:
            logger.warning(
                f"A notice can't be sent to {shown}: {failure.message}. It is tried again, for a day; nothing else "
                "depends on it."
            )
        self._is_told_broken = True
        oldest = self._clock.now() - _TOO_OLD_SECONDS
        self._of_daemon = [(told_at, item) for told_at, item in self._of_daemon if told_at >= oldest]
        dropped = await asyncio.to_thread(self._outbox.drop_older, self.reader.name, oldest)
        if dropped:
            lost, day = format_count(dropped, "change"), format_duration(_TOO_OLD_SECONDS)
            logger.warning(f"{lost} of jobs could not be told to {shown} within {day}; given up.")


def _describe(change: Change) -> Item:
    text = change.reason
    if change.state is JobState.DONE:
        text = str(change.output_folder or "")
    return Item(change.state.value, text, change.rule, change.source.name)
