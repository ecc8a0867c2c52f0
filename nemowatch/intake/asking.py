"""Asks watch folders what is in them, in threads, and waits for none that does not answer.

Used by the watch folders and their rounds. A share whose server is gone may hold whoever asks for its folder for
good; the thread that asked is then left behind, the folder counts as offline, and it is not asked again until that
first question is answered. So a folder that hangs costs one thread, and the others are looked after as ever.
"""

from __future__ import annotations

import asyncio
import errno
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from nemowatch.intake.scan import FolderOffline

if TYPE_CHECKING:
    from collections.abc import Callable

ANSWER_SECONDS = 30.0
"""Without a sign of life, in seconds; a disk that sleeps wakes within about ten."""

NO_ANSWER = "it does not answer; is its server running"

_T = TypeVar("_T")


@dataclass
class Turn:
    """Which folder is being asked at present, by a question about several."""

    folder: Path = Path("/")


class Asking:
    """Asks folders, and knows those that hang.

    Args:
        answer_seconds: how long there may be no sign of life.
    """

    def __init__(self, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._answer_seconds = answer_seconds
        self._hanging: dict[Path, Future[None]] = {}

    def hangs(self, folder: Path) -> bool:
        """Whether a question about this folder is still unanswered."""
        asked = self._hanging.get(folder)
        if asked is not None and asked.done():
            del self._hanging[folder]
        return folder in self._hanging

    def check(self, folder: Path) -> None:
        """Don't ask a folder that hangs.

        Raises:
            FolderOffline: it does.
        """
        if self.hangs(folder):
            raise _no_answer(folder)

    async def ask(
        self, question: Callable[[], _T], at: Callable[[], Path], sign: Callable[[], object] = lambda: None
    ) -> _T:
        """Ask in a thread of its own; gives or raises what the question does.

        Args:
            question: blocks.
            at: the watch folder that is being asked; may be another one with time.
            sign: is another one after a while, as long as the question is being answered.

        Raises:
            FolderOffline: the folder hangs: there was no sign of life for too long.
        """
        answer: Future[_T] = Future()
        over: Future[None] = Future()
        threading.Thread(target=_answer, args=(question, answer, over), name="folder", daemon=True).start()
        waiting = asyncio.wrap_future(answer)
        try:
            while True:
                before = at(), sign()
                done, _ = await asyncio.wait({waiting}, timeout=self._answer_seconds)
                if done:
                    return waiting.result()
                if (at(), sign()) == before:
                    self._hanging[at()] = over
                    raise _no_answer(at())
        finally:
            waiting.cancel()  # nobody wants to know any more what comes too late


def _answer(question: Callable[[], _T], answer: Future[_T], over: Future[None]) -> None:
    answer.set_running_or_notify_cancel()
    try:
        answer.set_result(question())
    except BaseException as error:  # noqa: BLE001 -- whoever asked is told, if they still want to know
        answer.set_exception(error)
    over.set_result(None)


def _no_answer(folder: Path) -> FolderOffline:
    return FolderOffline(folder, TimeoutError(errno.ETIMEDOUT, NO_ANSWER))
