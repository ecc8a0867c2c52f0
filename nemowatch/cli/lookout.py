"""Looks at NemoWatch again and again, in a thread of its own: a daemon that is slow to answer holds up no screen.

Used by `nemowatch status --watch`.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from nemowatch.cli.changes import find_lost
from nemowatch.cli.reader import Reader
from nemowatch.errors import NemoWatchError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType

    from nemowatch.jobs.views import JobView, StatusView
    from nemowatch.places import StateFolder

_EVERY_SECONDS = 1.0
_TIMES_AS_LONG = 5.0
"""Where a look takes long, as with thousands of held jobs, so is the pause after it."""

_LONGEST_PAUSE_SECONDS = 30.0


@dataclass(frozen=True)
class Look:
    """One look.

    Attributes:
        status: how NemoWatch stood.
        found: the jobs of the look before that had not ended and are no longer part of the status, if wanted.
        note: where it comes from when that is not the running daemon; empty when it is.
    """

    status: StatusView
    found: tuple[JobView, ...] = ()
    note: str = ""


class Lookout:
    """The looks, one after the other.

    Args:
        state: the state folder.
        on_look: called in the thread when `take` has something new.
        finds_lost: look up the jobs that are no longer shown; of thousands that are let go that takes its time.
    """

    def __init__(self, state: StateFolder, on_look: Callable[[], None], *, finds_lost: bool) -> None:
        self._state = state
        self._on_look = on_look
        self._finds_lost = finds_lost
        self._end = threading.Event()
        self._looks: list[Look] = []
        self._error: Exception | None = None
        # One that waits for a hung daemon must not keep the command from ending.
        self._thread = threading.Thread(target=self._work, name="lookout", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join(_EVERY_SECONDS)

    def take(self) -> list[Look]:
        """The looks since the last time, the oldest first.

        Raises:
            NemoWatchError: nothing can be read any longer.
        """
        if self._error is not None:
            raise self._error
        taken = self._looks[:]
        del self._looks[: len(taken)]
        return taken

    def _work(self) -> None:
        last: StatusView | None = None
        with Reader(self._state, say=lambda _: None) as reader:
            pause = 0.0
            while not self._end.wait(pause):
                started = time.monotonic()
                try:
                    look = _look(reader, last if self._finds_lost else None)
                except Exception as error:  # noqa: BLE001 -- raised where the looks are taken
                    self._error = error
                    self._on_look()
                    return
                self._looks.append(look)
                self._on_look()
                # The first look loads what it needs, which says nothing about the next ones.
                took = 0.0 if last is None else time.monotonic() - started
                pause = min(_LONGEST_PAUSE_SECONDS, max(_EVERY_SECONDS, _TIMES_AS_LONG * took))
                last = look.status


def _look(reader: Reader, last: StatusView | None) -> Look:
    status = reader.status()
    lost = () if last is None else find_lost(last, status)
    return Look(status, tuple(_find_jobs(reader, lost)), reader.note)


def _find_jobs(reader: Reader, job_ids: Iterable[str]) -> Iterator[JobView]:
    for job_id in job_ids:
        # Its record may be cleared away already; where more than that is wrong, the next look meets it, too.
        with suppress(NemoWatchError):
            yield reader.job(job_id)
