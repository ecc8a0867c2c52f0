"""The worker processes in which all work on media files is done, so that a broken file can't hurt this process.

Made by the daemon and by commands that look into files; asked by intake and by the steps of jobs. Everything here
runs in one event loop. A worker does one thing at a time; it is kept a while for the next, and another takes its
place when it crashed.
"""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from loguru import logger

from nemowatch.clock import SystemClock
from nemowatch.media.errors import MediaCrashed, MediaStalled
from nemowatch.media.messages import ERROR, RESULT, pack_work, raise_error, unpack_value
from nemowatch.media.slots import Slots
from nemowatch.media.worker_link import WorkerEnded, WorkerLink
from nemowatch.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterator

    from nemowatch.clock import Clock
    from nemowatch.media.progress import Report

_Result = TypeVar("_Result")
_STARTS = 2
"""A worker that ends before it has begun is not the file's fault: another one is tried, so often in all."""


class Workers:
    """Worker processes, started as they are needed: for quick looks as many as there are processors, and encodes.

    Args:
        encodes: how many long pieces of work are done at a time; at least 1.
        idle_seconds: how long a worker is kept with nothing to do.
        stall_seconds: how long one may say nothing while it works.
        clock: for both.
    """

    def __init__(
        self,
        *,
        encodes: int = 1,
        idle_seconds: float = 60.0,
        stall_seconds: float = 60.0,
        clock: Clock | None = None,
    ) -> None:
        self._clock = clock or SystemClock()
        self._idle_seconds = idle_seconds
        self._stall_seconds = stall_seconds
        self._looks = Slots(os.cpu_count() or 1)
        self._encodes = Slots(encodes)
        self._links: set[WorkerLink] = set()
        self._idle: list[WorkerLink] = []
        self._ahead: asyncio.Task[None] | None = None
        self._errands: set[asyncio.Task[None]] = set()
        self._keeper: asyncio.Task[None] | None = None
        self._is_closed = False

    def follow(self, encodes: int) -> None:
        """So many encodes at a time from now on; those that run already go on."""
        self._encodes.follow(encodes)

    def warm(self) -> None:
        """Have a worker ready for quick looks: one will be needed soon."""
        ready = self._find_idle(is_gentle=False)
        if ready is not None:
            ready.heard_at = self._clock.monotonic()
        elif not self._is_closed and self._ahead is None and all(link.is_gentle for link in self._links):
            self._ahead = self._do_soon(self._start_ahead())

    async def run(
        self,
        work: Callable[..., _Result],
        *args: Any,
        report: Report | None = None,
        is_encode: bool = False,
        on_wait: Callable[[], Awaitable[None]] | None = None,
        **named: Any,
    ) -> _Result:
        """Call a function in a worker. When the task that waits for it is cancelled, its worker is ended at once.

        Args:
            work: at the top of a module; it takes and returns what JSON can say, paths, tuples and dataclasses. If it
                takes a `report`, it says how far it is.
            *args: what it takes.
            report: called in the event loop with the share that is done.
            is_encode: it is long: it waits for its turn, and leaves the processor to others.
            on_wait: called when it has to wait for its turn.
            **named: what it takes by name.

        Raises:
            NemoWatchError, OSError: as the work does; an OSError keeps its number.
            MediaCrashed: the worker ended, or the work raised something else.
            MediaStalled: it said nothing for too long.
            TypeError: an argument does not travel.
        """
        line = pack_work(work, args, named)
        slots = self._encodes if is_encode else self._looks
        async with slots.taken(on_wait):
            result: _Result = await self._do(
                line, _name_file((*args, *named.values())), report, is_gentle=is_encode
            )
            return result

    async def close(self) -> None:
        """End all workers; what they are at ends with `MediaCrashed`."""
        self._is_closed = True
        tasks = [*self._errands, *([self._keeper] if self._keeper is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, *(link.end() for link in list(self._links)), return_exceptions=True)
        self._links.clear()
        self._idle.clear()

    async def _do(self, line: bytes, file_name: str, report: Report | None, *, is_gentle: bool) -> Any:
        for _ in range(_STARTS):
            link = await self._find_worker(is_gentle=is_gentle)
            is_fit = False
            try:
                message = await link.ask(line, report)
                is_fit = not message.get(ERROR, {}).get("defect")
                return _read_answer(message, file_name)
            except WorkerEnded as end:
                self._raise_end(link, end, file_name)
            finally:
                await self._put_back(link, is_fit=is_fit)
        raise MediaCrashed(f"No worker could be started for {file_name}.", is_doubtful=True)

    def _raise_end(self, link: WorkerLink, end: WorkerEnded, file_name: str) -> None:
        """Raise what a worker's end means for the file; nothing where it had not begun with it."""
        logger.debug(f"A worker ended ({_describe_code(end.code)}) at {file_name}. {end.last_words}".rstrip())
        if link.is_stalled:
            silent = format_duration(self._stall_seconds)
            raise MediaStalled(
                f"The work on {file_name} was ended: nothing was heard of it for {silent}."
            ) from end
        if end.had_begun:
            ended = _describe_code(end.code)
            raise MediaCrashed(
                f"The worker crashed while it worked on {file_name} ({ended}).",
                is_doubtful=end.code in {0, -signal.SIGKILL},
            ) from end

    # Workers at rest.

    def _find_idle(self, *, is_gentle: bool) -> WorkerLink | None:
        self._idle = [link for link in self._idle if not link.is_gone]
        return next((link for link in reversed(self._idle) if link.is_gentle == is_gentle), None)

    async def _find_worker(self, *, is_gentle: bool) -> WorkerLink:
        if self._ahead is not None and not is_gentle:
            await asyncio.wait({self._ahead})
        link = self._find_idle(is_gentle=is_gentle)
        if link is None:
            return await self._start(is_gentle=is_gentle)
        self._idle.remove(link)
        return link

    async def _put_back(self, link: WorkerLink, *, is_fit: bool) -> None:
        if is_fit and not link.is_gone and not self._is_closed:
            self._idle.append(link)
            return
        self._links.discard(link)
        await link.end()

    async def _start(self, *, is_gentle: bool) -> WorkerLink:
        if self._is_closed:
            raise RuntimeError("the workers are closed")
        link = await WorkerLink.start(self._clock, is_gentle=is_gentle)
        self._links.add(link)
        if self._keeper is None or self._keeper.done():
            self._keeper = asyncio.create_task(self._keep())
        return link

    async def _start_ahead(self) -> None:
        try:
            link = await self._start(is_gentle=False)
        except OSError as error:
            # Whoever needs it will try again, and tell.
            logger.debug(f"No worker can be started ahead: {error}")
        else:
            await self._put_back(link, is_fit=True)
        finally:
            self._ahead = None

    def _do_soon(self, errand: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)
        return task

    # One task looks after all of them, and only while there are any.

    async def _keep(self) -> None:
        """End workers that rest or say nothing for too long."""
        longest = min(self._idle_seconds, self._stall_seconds)
        pause = longest
        while self._links:
            due = self._clock.monotonic() + pause
            await self._clock.sleep(pause)
            now = self._clock.monotonic()
            is_late = now - due > longest
            for link in list(self._links):
                if is_late:
                    # This process was halted itself, perhaps together with them: a silence while it could not
                    # listen is none.
                    link.heard_at = now
                elif now >= self._deadline(link):
                    self._dismiss(link)
            pause = min([longest, *(self._deadline(link) - now for link in self._links)])

    def _deadline(self, link: WorkerLink) -> float:
        return link.heard_at + (self._stall_seconds if link.is_busy else self._idle_seconds)

    def _dismiss(self, link: WorkerLink) -> None:
        self._links.discard(link)
        if link in self._idle:
            self._idle.remove(link)
        link.is_stalled = link.is_busy
        self._do_soon(link.end())


def _read_answer(message: dict[str, Any], file_name: str) -> Any:
    try:
        if RESULT in message:
            return unpack_value(message[RESULT])
        raise_error(message[ERROR], file_name)
    except (AttributeError, LookupError, ValueError, TypeError) as error:
        raise MediaCrashed(f"The worker's answer about {file_name} makes no sense: {error}") from error


def _describe_code(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def _name_file(values: tuple[Any, ...]) -> str:
    """The name of the file that a piece of work is about: the first path that it is given."""
    return next((path.name for path in _find_paths(values)), "a file")


def _find_paths(values: tuple[Any, ...]) -> Iterator[Path]:
    for value in values:
        if isinstance(value, Path):
            yield value
        elif isinstance(value, tuple):
            yield from _find_paths(value)
