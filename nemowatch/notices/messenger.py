"""Sends messages through Apprise: the one place that knows of it.

Used by the daemon, and by `nemowatch check` to ask whether an address is understood. Apprise speaks with strangers'
servers in code that blocks: it runs in threads of its own that nobody has to wait for, and is loaded there, at the
first message. No address is ever shown.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from typing import TYPE_CHECKING

from nemowatch.errors import NemoWatchError
from nemowatch.logs import redact
from nemowatch.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nemowatch.notices.wording import Message

SEND_SECONDS = 30.0
_LONGEST_REASON = 200


class NoticeFailed(NemoWatchError):
    """A message did not go through."""


class Messenger:
    """Sends messages, each within a time limit.

    Args:
        limit_seconds: how long one may take.
    """

    def __init__(self, *, limit_seconds: float = SEND_SECONDS) -> None:
        self._limit_seconds = limit_seconds
        self._threads: dict[str, threading.Thread] = {}

    async def send(self, address: str, message: Message) -> None:
        """Send a message to an address.

        Raises:
            NoticeFailed: it was not taken, or not in time; the message says why, without the address.
        """
        before = self._threads.get(address)
        if before is not None and before.is_alive():
            raise NoticeFailed("the message before is still on its way")
        done: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        answer = _answer_once(asyncio.get_running_loop(), done)
        # A daemon thread: one that hangs must not hold up the end of the process.
        thread = threading.Thread(
            target=_send, args=(address, message, answer), name="nemowatch notice", daemon=True
        )
        self._threads[address] = thread
        try:
            thread.start()
        except RuntimeError as error:  # the system gives no more threads
            raise NoticeFailed(f"{error}") from error
        try:
            async with asyncio.timeout(self._limit_seconds):
                trouble = await done
        except TimeoutError as error:
            raise NoticeFailed(f"no answer within {format_duration(self._limit_seconds)}") from error
        if trouble:
            raise NoticeFailed(trouble)


def is_understood(address: str) -> bool:
    """Whether Apprise knows what an address means. Loads Apprise, which takes a third of a second; asks nobody."""
    import apprise  # noqa: PLC0415 -- an extra, and slow to load: nobody pays for it who has no notices

    with _hear_apprise():
        return apprise.Apprise.instantiate(address) is not None


def _answer_once(loop: asyncio.AbstractEventLoop, done: asyncio.Future[str]) -> Callable[[str], None]:
    """Bring the answer of a thread into the event loop; when nobody waits for it any more it is dropped."""

    def set_result(trouble: str) -> None:
        if not done.done():
            done.set_result(trouble)

    def answer(trouble: str) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: the daemon has ended meanwhile
            loop.call_soon_threadsafe(set_result, trouble)

    return answer


def _send(address: str, message: Message, answer: Callable[[str], None]) -> None:
    """What a thread does; the answer is empty when the message was taken, else says why not."""
    try:
        answer(_deliver(address, message))
    except Exception as error:  # noqa: BLE001 -- whatever a plugin breaks with, only this message is lost
        answer(_shorten(f"{type(error).__name__}: {error}"))


def _deliver(address: str, message: Message) -> str:
    import apprise  # noqa: PLC0415 -- see `is_understood`

    with _hear_apprise() as said:
        service = apprise.Apprise.instantiate(address, asset=apprise.AppriseAsset(app_id="NemoWatch"))
        if service is None:
            return "Apprise does not understand the address"
        is_taken = service.notify(
            title=message.title,
            body=message.body,
            notify_type=message.kind,
            body_format="text",
        )
    return "" if is_taken else _shorten(" ".join(said) or "the service did not take the message")


class _Ear(logging.Handler):
    """Hears what Apprise says in one thread."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.said.append(record.getMessage())


@contextlib.contextmanager
def _hear_apprise() -> Iterator[list[str]]:
    """Keep what Apprise logs from the log, which tells of a failure once and in its own words."""
    log, ear = logging.getLogger("apprise"), _Ear()
    log.propagate = False
    log.addHandler(ear)
    try:
        yield ear.said
    finally:
        log.removeHandler(ear)


def _shorten(reason: str) -> str:
    shown = redact(reason).strip()
    return shown if len(shown) <= _LONGEST_REASON else f"{shown[: _LONGEST_REASON - 1]}…"
