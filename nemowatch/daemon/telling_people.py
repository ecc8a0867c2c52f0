"""Tells people (`notify`) and programs (`hook`) of what happened, as the rules in force want it.

A companion of the daemon's root. Nothing of the work depends on it: whatever breaks here is told in the log, and what
was not told stays in the outbox for the next start.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from loguru import logger

import nemowatch
from nemowatch.clock import pause_until_next
from nemowatch.daemon.hooks import Hooks
from nemowatch.daemon.postman import Postman, rounds_of
from nemowatch.daemon.striking import DATABASE_PAUSE_SECONDS
from nemowatch.daemon.troubles import Troubles
from nemowatch.jobs.outbox import Outbox, OutboxUnusable
from nemowatch.logs import redact
from nemowatch.notices.messenger import Messenger
from nemowatch.units import format_count

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from types import TracebackType

    from nemowatch.daemon.house import House
    from nemowatch.daemon.postman import Round
    from nemowatch.rules.rule import RuleBook

_LOOK_SECONDS = 5.0
_LAST_WORDS_SECONDS = 5.0
_ALL_DONE_SECONDS = 60.0


class TellingPeople:
    """Tells people and programs.

    Args:
        house: the daemon's parts.
        messenger: sends the notices.
    """

    def __init__(self, house: House, messenger: Messenger | None = None) -> None:
        around = house.around
        self._house = house
        self._clock = around.clock
        self._messenger = messenger or Messenger()
        self._outbox = Outbox(house.database.engine)
        self._hooks = Hooks(around.book().rules, self._outbox, around.state.job_logs, around.clock)
        self._notices = around.book().notices
        self._postmen: dict[Round, tuple[Postman, asyncio.Task[None]]] = {}
        self._troubles = Troubles(house)
        self._news = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Begin with what an earlier run has left to tell."""
        self._house.store.on_news = _from_any_thread(self._news.set)
        self._hire_postmen()
        self._news.set()
        if self._house.around.stays:
            book = self._house.around.book()
            rules = format_count(len(book.rules), "rule")
            start = f"NemoWatch {nemowatch.__version__} has started, with {rules} of {book.path}."
            self._tell_all([start], is_trouble=False)
        for work in (self._hooks.run(), self._hand_out(), self._look_for_troubles()):
            self._tasks.append(self._start(work))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End. Where the work ended by itself, everything is told before; where it broke, that."""
        self._house.store.on_news = lambda: None
        postmen = [postman for postman, _ in self._postmen.values()]
        tasks = [*self._tasks, *(task for _, task in self._postmen.values())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        stop = self._house.around.stop
        why = (str(error) or type(error).__name__) if isinstance(error, Exception) else stop.given_up_because
        if why:
            self._tell_all([f"NemoWatch ended by an error: {redact(why)}"])
            await self._finish(_LAST_WORDS_SECONDS, *(postman.bring_last_words() for postman in postmen))
        elif error is None and not stop.is_set:
            await self._finish(_ALL_DONE_SECONDS, self._tell_the_rest(postmen))

    def follow(self, book: RuleBook) -> None:
        """The hooks and the notices of new rules are in force."""
        self._hooks.follow(book.rules)
        self._notices = book.notices
        self._hire_postmen()
        self._news.set()

    def _hire_postmen(self) -> None:
        """One for each address; those whose address stays, stay."""
        wanted = set(rounds_of(self._notices))
        for gone in self._postmen.keys() - wanted:
            self._postmen.pop(gone)[1].cancel()
        for new in wanted - self._postmen.keys():
            postman = Postman(new, self._outbox, self._messenger, self._clock)
            self._postmen[new] = (postman, self._start(postman.run()))

    async def _hand_out(self) -> None:
        """Sort what is new for those who are to be told, and wake them."""
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self._sort()
            except OutboxUnusable as error:
                logger.debug(f"What is to be told can't be sorted. {error.message}")
                await self._clock.sleep(DATABASE_PAUSE_SECONDS)
                self._news.set()
                continue
            self._hooks.wake()
            for postman, _ in self._postmen.values():
                postman.wake()

    async def _sort(self) -> None:
        readers = [*self._hooks.readers, *(postman.reader for postman, _ in self._postmen.values())]
        await asyncio.to_thread(self._outbox.sort, readers)

    async def _look_for_troubles(self) -> None:
        while True:
            await self._clock.sleep(pause_until_next(self._clock, _LOOK_SECONDS))
            self._tell_all(self._troubles.look())

    def _tell_all(self, texts: Iterable[str], *, is_trouble: bool = True) -> None:
        for text in texts:
            for postman, _ in self._postmen.values():
                postman.tell(text, is_trouble=is_trouble)

    async def _tell_the_rest(self, postmen: Iterable[Postman]) -> None:
        await self._sort()
        await asyncio.gather(self._hooks.run_all(), *(postman.bring_now() for postman in postmen))

    async def _finish(self, seconds: float, *errands: Coroutine[None, None, None]) -> None:
        """Do what is left, for so long; it is in the outbox all the same."""
        try:
            async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
                for errand in errands:
                    group.create_task(errand)
        except TimeoutError:
            logger.warning("Not everything could be told in time; the rest is told at the next start.")
        except Exception as error:  # noqa: BLE001 -- telling people is the least reason for the daemon to end badly
            logger.opt(exception=error).warning("Not everything could be told.")

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        task.add_done_callback(_tell_if_broken)
        return task


def _from_any_thread(work: Callable[[], None]) -> Callable[[], None]:
    """Have something done in this event loop; jobs are written in threads."""
    loop = asyncio.get_running_loop()

    def ask() -> None:
        loop.call_soon_threadsafe(work)

    return ask


def _tell_if_broken(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        logger.opt(exception=task.exception()).error("Telling people broke; the work goes on.")
