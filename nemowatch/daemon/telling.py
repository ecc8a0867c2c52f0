"""Keeps what `nemowatch status` shows of the running daemon up to date.

Run by the daemon as a task. The disk is touched only when something has changed.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
from typing import TYPE_CHECKING

from loguru import logger

from nemowatch.clock import pause_until_next
from nemowatch.standing import (
    MOST_WAITING,
    FolderLine,
    RuleLine,
    Standing,
    WaitingFile,
    write_standing,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nemowatch.clock import Clock
    from nemowatch.daemon.rules_watch import RulesStanding
    from nemowatch.intake.intake import Intake
    from nemowatch.intake.records import PendingFile
    from nemowatch.rules.rule import Rule, RuleBook

_PAUSE_SECONDS = 1.0


class Teller:
    """Writes how the daemon stands.

    Args:
        path: the file that is written.
        clock: the time.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._told: Standing | None = None
        self._is_told_broken = False

    async def tell(self, standing: Standing) -> None:
        """Write, if it is not what was told last."""
        if standing != self._told:
            try:
                await asyncio.to_thread(write_standing, self._path, standing)
            except OSError as error:
                # Only `status` shows it; the work goes on.
                if not self._is_told_broken:
                    logger.warning(f"{self._path} can't be written: {error.strerror}. It is tried again.")
                self._is_told_broken = True
            else:
                self._told, self._is_told_broken = standing, False
        await self._clock.sleep(pause_until_next(self._clock, _PAUSE_SECONDS))


def describe_standing(
    book: RuleBook, rules: RulesStanding, intake: Intake, troubles: Sequence[str], clock: Clock
) -> Standing:
    """Everything that is shown beside the jobs."""
    pending = intake.pending()
    return Standing(
        rules_file=str(book.path),
        folders=tuple(FolderLine(str(f.folder), f.state.value, f.reason) for f in intake.folders()),
        waiting=tuple(_describe_file(file, clock.now()) for file in pending[:MOST_WAITING]),
        waiting_in_all=len(pending),
        troubles=tuple(troubles),
        rules_error=rules.error,
        rules_loaded_at=rules.loaded_at,
        rules_digest=rules.digest,
        rules=_describe_rules(book.rules),
    )


@functools.lru_cache(maxsize=1)
def _describe_rules(rules: tuple[Rule, ...]) -> tuple[RuleLine, ...]:
    return tuple(
        RuleLine(rule.name, hashlib.sha256(repr(rule).encode("utf-8", "replace")).hexdigest()[:16])
        for rule in rules
    )


def _describe_file(file: PendingFile, now: float) -> WaitingFile:
    # To the tenth of a second, so that the same moment is the same number each time it is told.
    next_look_at = None if file.seconds_left is None else round(now + file.seconds_left, 1)
    return WaitingFile(str(file.path), file.rule, file.state.value, file.reason, next_look_at)
