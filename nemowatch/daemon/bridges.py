"""What intake asks to be remembered, in the terms of the jobs' database: neither of the two knows the other.

Made by the daemon's root. Each class says one thing in two languages and decides nothing.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from loguru import logger

from nemowatch.intake.memory import Decision, FirstLook
from nemowatch.intake.presence import Known
from nemowatch.jobs.desk import Candidate, JobDesk
from nemowatch.jobs.errors import DatabaseUnusable
from nemowatch.jobs.folder_books import FirstLookTable, FolderTable, KeptLook
from nemowatch.jobs.records import SourceFile
from nemowatch.rules.condition import describe_when

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
    from pathlib import Path

    from nemowatch.clock import Clock
    from nemowatch.intake.records import FileVersion, Ready
    from nemowatch.jobs.database import Database
    from nemowatch.jobs.known_files import KnownFileBook
    from nemowatch.rules.rule import Rule


class KnownFilesBridge:
    """The jobs' memory of files; what is written goes to the disk in a thread."""

    def __init__(self, book: KnownFileBook, database: Database, clock: Clock) -> None:
        self._book = book
        self._database = database
        self._clock = clock
        self._writes: set[asyncio.Task[None]] = set()

    def is_known(self, rule_name: str, version: FileVersion) -> bool:
        """Whether this version was taken, refused or skipped for this rule."""
        return self._book.is_known(rule_name, source_of(version))

    def remember_refused(
        self, rule_name: str, version: FileVersion, reason: str, *, condition: str = ""
    ) -> None:
        """Keep that this version is not to be taken, and why, as long as the rule has this condition."""
        source = source_of(version)
        self._book.note(rule_name, source)
        write = asyncio.create_task(
            asyncio.to_thread(self._write_refusal, rule_name, source, reason, condition)
        )
        self._writes.add(write)
        write.add_done_callback(self._writes.discard)

    def _write_refusal(self, rule_name: str, source: SourceFile, reason: str, condition: str) -> None:
        now = self._clock.now()
        try:
            with self._database.told():
                self._book.write_refusal(rule_name, source, reason, condition=condition, now=now)
        except DatabaseUnusable as error:
            # On a full disk, for one: after the next start the file is looked at again, and refused again.
            logger.debug(f"That {source.path} is not taken can't be kept. {error.message}")

    async def remember_existing(self, rule_name: str, versions: Sequence[FileVersion]) -> None:
        """Keep for good that these versions were there before the rule, which skips them."""
        sources = [source_of(version) for version in versions]
        await asyncio.to_thread(self._book.write_existing, rule_name, sources, now=self._clock.now())
        for source in sources:
            self._book.note(rule_name, source)


class FirstLooksBridge:
    """The first looks in the database."""

    def __init__(self, table: FirstLookTable, database: Database) -> None:
        self._table = table
        self._database = database

    def finished(self) -> Collection[FirstLook]:
        """The first looks that are over."""
        return {FirstLook(kept.rule, kept.folder) for kept in self._table.read() if kept.is_finished}

    def decisions(self) -> dict[FirstLook, Decision]:
        """What was decided for those that a stop cut off."""
        return {
            FirstLook(kept.rule, kept.folder): Decision(kept.decision)
            for kept in self._table.read()
            if not kept.is_finished
        }

    def decide(self, look: FirstLook, decision: Decision) -> None:
        """Keep what becomes of the files found."""
        with self._database.told():
            self._table.write(KeptLook(look.rule, look.folder, decision, is_finished=False))

    def finish(self, look: FirstLook) -> None:
        """Keep that the first look is over."""
        with self._database.told():
            self._table.write(KeptLook(look.rule, look.folder, Decision.TAKE, is_finished=True))


class FoldersBridge:
    """Which folders stood under the names of the watch folders."""

    def __init__(self, table: FolderTable, database: Database) -> None:
        self._table = table
        self._database = database

    def read(self, folder: Path) -> Known | None:
        """What is known of a watch folder."""
        kept = self._table.read(folder)
        return None if kept is None else Known(*kept)

    def write(self, folder: Path, known: Known) -> None:
        """Keep what stands there."""
        with self._database.told():
            self._table.write(folder, known.identity, had_files=known.had_files)


def forget_what_rules_take_now(rules: Iterable[Rule], known: KnownFileBook, looks: FirstLookTable) -> None:
    """Let rules look anew at what they skipped or refused for reasons that they no longer have. Blocks."""
    for rule in rules:
        known.forget_unmet(rule.name, describe_when(rule.when))
        if rule.existing != "skip" and known.forget_existing(rule.name):
            looks.forget(rule.name)


def hand_in_at(desk: JobDesk, database: Database) -> Callable[[Ready], Awaitable[None]]:
    """What intake calls with each file that is to become a job; where the disk is full, it calls again later."""

    async def take(ready: Ready) -> None:
        candidate = Candidate(
            ready.rule, ready.folder, source_of(ready.version), ready.duration_seconds, is_held=ready.is_held
        )
        with database.told():
            await desk.hand_in(candidate)

    return take


def source_of(version: FileVersion) -> SourceFile:
    """A version of a file as the jobs know it."""
    return SourceFile(version.path, version.size, version.mtime_ns, version.inode)
