"""What becomes of the files that were there before a rule: taken, held for the user, or skipped.

Used by `sightings.py`. A rule that looks into a folder for the first time may find years of recordings, and each is
paid for; so they are counted before any is let on. What is decided is kept before it is acted upon, and the look
counts as over only when each file found has been taken, refused or found incomplete: a crash in between begins it
again, with the same decision.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from loguru import logger

from nemowatch.intake.memory import Decision, FirstLook
from nemowatch.intake.records import Candidate
from nemowatch.units import format_count

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from nemowatch.intake.memory import FirstLookBook, KnownFiles
    from nemowatch.intake.records import FileVersion
    from nemowatch.rules.rule import Rule


class FirstLooks:
    """The first looks that are going on.

    Args:
        book: keeps them over restarts.
        known: keeps what is skipped.
    """

    def __init__(self, book: FirstLookBook, known: KnownFiles) -> None:
        self._book = book
        self._known = known
        self._finished: set[FirstLook] = set()
        self._decisions: dict[FirstLook, Decision] = {}
        self._found: dict[FirstLook, list[FileVersion]] = {}
        self._held: dict[Candidate, FileVersion] = {}
        self._outstanding: dict[FirstLook, set[Candidate]] = {}
        self._writes: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Read what earlier runs have kept."""
        self._finished = set(await asyncio.to_thread(self._book.finished))
        self._decisions = await asyncio.to_thread(self._book.decisions)

    async def stop(self) -> None:
        """Wait for what is being written."""
        await asyncio.gather(*self._writes, return_exceptions=True)

    def begin(self, rules: Collection[Rule], folder: Path) -> frozenset[str]:
        """Begin to look through a folder; gives the names of the rules that do so for the first time."""
        first = [
            FirstLook(rule.name, folder)
            for rule in rules
            if folder in rule.watch and FirstLook(rule.name, folder) not in self._finished
        ]
        for look in first:
            self._found[look] = []
        return frozenset(look.rule for look in first)

    def add(self, rule_name: str, folder: Path, version: FileVersion) -> None:
        """Count a file; what becomes of it is decided when all are found."""
        self._found[FirstLook(rule_name, folder)].append(version)

    def abandon(self, folder: Path) -> None:
        """The folder went offline: nothing is concluded from what was found of it."""
        for look in [look for look in self._found if look.folder == folder]:
            del self._found[look]

    async def decide(self, rules: Collection[Rule], backlog: int) -> list[tuple[Rule, FileVersion]]:
        """Decide about all files found since the last time, a rule at a time; gives those that are let on.

        Args:
            rules: those in force.
            backlog: a rule that finds more than this holds them.
        """
        found, self._found = self._found, {}
        let_on: list[tuple[Rule, FileVersion]] = []
        for rule in rules:
            own = {look: versions for look, versions in found.items() if look.rule == rule.name}
            if own:
                let_on += [(rule, version) for version in await self._decide_for(rule, own, backlog)]
        return let_on

    def is_held(self, candidate: Candidate, version: FileVersion) -> bool:
        """Whether a file waits for the user: it is still the version that was found."""
        return self._held.get(candidate) == version

    def left(self, candidate: Candidate) -> None:
        """A file was taken, refused, found incomplete or is gone."""
        self._held.pop(candidate, None)
        for look, outstanding in list(self._outstanding.items()):
            outstanding.discard(candidate)
            if not outstanding:
                del self._outstanding[look]
                self._finish_soon(look)

    async def _decide_for(
        self, rule: Rule, found: dict[FirstLook, list[FileVersion]], backlog: int
    ) -> list[FileVersion]:
        versions = [version for own in found.values() for version in own]
        decision = self._choose(rule, found, len(versions), backlog)
        if decision is Decision.SKIP:
            await self._known.remember_existing(rule.name, versions)
            if versions:
                logger.info(
                    f"Rule {rule.name}: {format_count(len(versions), 'file')} that were there before it are skipped, "
                    "as `existing: skip` says."
                )
        for look, own in found.items():
            await self._go_on_with(look, own, decision)
        if decision is Decision.HOLD:
            logger.warning(
                f"Rule {rule.name}: {format_count(len(versions), 'file')} were there on its first look, more than "
                f"limits.backlog ({backlog}); their jobs are held. `nemowatch jobs release --rule {rule.name}` "
                "lets them go."
            )
        return [] if decision is Decision.SKIP else versions

    def _choose(
        self, rule: Rule, found: dict[FirstLook, list[FileVersion]], count: int, backlog: int
    ) -> Decision:
        if rule.existing == "skip":
            return Decision.SKIP
        if rule.existing == "auto" and count:
            was_held = any(self._decisions.get(look) is Decision.HOLD for look in found)
            return Decision.HOLD if was_held or count > backlog else Decision.TAKE
        return Decision.TAKE

    async def _go_on_with(self, look: FirstLook, versions: list[FileVersion], decision: Decision) -> None:
        if decision is not Decision.HOLD or not versions:
            # What is taken as if it were new needs no memory: after a crash it is found again, and is new.
            await self._finish(look)
            return
        await asyncio.to_thread(self._book.decide, look, decision)
        self._decisions[look] = decision
        candidates = {Candidate(look.rule, version.path): version for version in versions}
        self._held.update(candidates)
        self._outstanding[look] = set(candidates)

    def _finish_soon(self, look: FirstLook) -> None:
        task = asyncio.create_task(self._finish(look))
        self._writes.add(task)
        task.add_done_callback(self._written)

    def _written(self, task: asyncio.Task[None]) -> None:
        self._writes.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # The next start begins this look again, and holds what is new by then: that costs nothing.
            logger.warning(f"That a first look is over could not be kept: {error}")

    async def _finish(self, look: FirstLook) -> None:
        self._decisions.pop(look, None)
        self._finished.add(look)
        await asyncio.to_thread(self._book.finish, look)
