"""Sees that the rules file has changed, and puts the new rules in force; a broken edit changes nothing.

Run by the daemon as a task. It asks for the file's size, time and inode every second, which costs next to nothing,
needs no event, and follows whatever happens to the file: written in place, replaced by a rename (as most editors do),
deleted and restored, exchanged behind a symbolic link, or kept on a share.
"""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from loguru import logger

from nemowatch.clock import pause_until_next
from nemowatch.errors import NemoWatchError
from nemowatch.intake.filesystems import file_system_of
from nemowatch.rules.load import load_rules
from nemowatch.rules.problems import RulesInvalid
from nemowatch.standing import digest_rules

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from nemowatch.clock import Clock
    from nemowatch.rules.rule import RuleBook

_LOOK_SECONDS = 1.0
_STILL_SECONDS = 0.25
_RETRY_SECONDS = 30.0
_OLD_ONES_STAY = "The rules from before stay in force."

_Signature: TypeAlias = tuple[int, int, int]
"""Size, time and inode of a file: what tells a changed one."""


@dataclass(frozen=True)
class RulesStanding:
    """Which rules are in force.

    Attributes:
        digest: SHA-256 of the file from which they were read, in hex; empty where it could not be read again.
        loaded_at: when they were put in force, seconds since the epoch.
        error: what is wrong with a later edit, which is not in force; empty when nothing is.
    """

    digest: str
    loaded_at: float
    error: str = ""


class RulesWatch:
    """Follows the rules file.

    Args:
        book: the rules in force, as they were read from their file.
        clock: the time.
        apply: puts new rules in force.

    Attributes:
        around_reload: is entered before rules that were asked for are read, and left when they are in force, or
            not.
    """

    def __init__(self, book: RuleBook, clock: Clock, apply: Callable[[RuleBook], Awaitable[None]]) -> None:
        self._path = book.path
        self._clock = clock
        self._apply = apply
        self.around_reload: Callable[[], AbstractContextManager[None]] = nullcontext
        self._asked = asyncio.Event()
        self._reading = asyncio.Lock()
        # A thread for each look would cost more than the look; but a share may let it wait.
        self._may_hang = file_system_of(self._path).is_network
        self._read_signature = _signature_of(self._path)
        self._read_digest = _digest_of(self._path)
        self._try_again_at: float | None = None
        self.standing = RulesStanding(self._read_digest, clock.now())

    def ask(self) -> None:
        """Have the file read soon, whether it looks changed or not."""
        self._asked.set()

    async def reload(self) -> RulesStanding:
        """Read the file now, whether it looks changed or not; how the rules stand afterwards."""
        async with self._reading:
            with self.around_reload():
                await self._read_still(await self._look(), is_asked=True)
        return self.standing

    async def run(self) -> None:
        """Look again and again, and whenever asked to, until cancelled."""
        async with asyncio.TaskGroup() as turns:
            turns.create_task(self._take_requests())
            turns.create_task(self._take_looks())

    async def _take_requests(self) -> None:
        while True:
            await self._asked.wait()
            self._asked.clear()
            await self.reload()

    async def _take_looks(self) -> None:
        while True:
            await self._clock.sleep(pause_until_next(self._clock, _LOOK_SECONDS))
            async with self._reading:
                signature = await self._look()
                is_due = self._try_again_at is not None and self._clock.monotonic() >= self._try_again_at
                if signature != self._read_signature or is_due:
                    await self._read_still(signature, is_asked=is_due)

    async def _read_still(self, signature: _Signature | None, *, is_asked: bool) -> None:
        # An editor may be in the middle of writing: what has changed is read once it stands still.
        while (later := await self._look_again()) != signature:
            signature = later
        self._read_signature = signature
        await self._read(is_asked=is_asked)

    async def _look(self) -> _Signature | None:
        if self._may_hang:
            return await asyncio.to_thread(_signature_of, self._path)
        return _signature_of(self._path)

    async def _look_again(self) -> _Signature | None:
        await self._clock.sleep(_STILL_SECONDS)
        return await self._look()

    async def _read(self, *, is_asked: bool) -> None:
        digest = await asyncio.to_thread(_digest_of, self._path)
        if digest == self._read_digest and not is_asked:
            return
        self._read_digest, self._try_again_at = digest, None
        if digest == self.standing.digest and not is_asked:
            self._settle_back()
            return
        try:
            await self._apply(await asyncio.to_thread(load_rules, self._path))
        except RulesInvalid as error:
            self.standing = RulesStanding(self.standing.digest, self.standing.loaded_at, str(error))
            logger.error(f"The rules were changed and are wrong. {_OLD_ONES_STAY}")
            for problem in error.problems:
                logger.error(problem.headline)
        except Exception as error:  # noqa: BLE001 -- a mistake of ours must not end the watching of the rules
            self._fail(error)
        else:
            self.standing = RulesStanding(digest, self._clock.now())

    def _fail(self, error: Exception) -> None:
        """Nothing is wrong with the rules: a full disk or a locked database passes, and they are tried again."""
        before, why = self.standing, str(error) or type(error).__name__
        defect = None if isinstance(error, NemoWatchError) else error
        self.standing = RulesStanding(before.digest, before.loaded_at, why)
        self._try_again_at = self._clock.monotonic() + _RETRY_SECONDS
        if why != before.error:
            logger.opt(exception=defect).error(
                f"The new rules can't be put in force; it is tried again. {_OLD_ONES_STAY} {why}"
            )

    def _settle_back(self) -> None:
        """A broken edit was taken back: the rules in force are those of the file again."""
        if self.standing.error:
            logger.info("The rules file is again as it was; nothing changes.")
        self.standing = RulesStanding(self.standing.digest, self.standing.loaded_at)


def _signature_of(path: Path) -> _Signature | None:
    """None where none can be looked at."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return (facts.st_size, facts.st_mtime_ns, facts.st_ino)


def _digest_of(path: Path) -> str:
    try:
        return digest_rules(path.read_bytes())
    except OSError:
        return ""
