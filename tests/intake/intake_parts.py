"""What the intake tests share: rules without a rules file, a memory of known files, an intake that can be driven."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from helpers import FakeClock, async_wait_until

from nemowatch.intake.intake import Intake, Memories
from nemowatch.intake.memory import ForgetfulBook
from nemowatch.intake.records import FileVersion, Ready
from nemowatch.media.probe import MediaInfo, probe
from nemowatch.rules.rule import Rule, Skill


def make_rule(
    *folders: Path,
    name: str = "clips",
    match: Iterable[str] = (),
    ignore: Iterable[str] = (),
    recursive: bool = False,
    settle_seconds: float = 3.0,
) -> Rule:
    return Rule(
        name=name,
        watch=folders,
        match=tuple(match),
        ignore=tuple(ignore),
        recursive=recursive,
        skill=Skill("nemowatch", "0.1.0", None),
        prompts=("make it short",),
        language="en",
        deliver=("video",),
        output="{watch}-output/{rule}/{dir}/{stem}",
        settle_seconds=settle_seconds,
        priority=5,
    )


class Memory:
    """Known files, in memory; what a job store does with a database."""

    def __init__(self) -> None:
        self.known: set[tuple[str, FileVersion]] = set()
        self.refused: list[tuple[str, FileVersion, str]] = []
        self.existing: list[tuple[str, str]] = []

    def is_known(self, rule_name: str, version: FileVersion) -> bool:
        return (rule_name, version) in self.known

    def remember_refused(
        self, rule_name: str, version: FileVersion, reason: str, *, condition: str = ""
    ) -> None:
        self.refused.append((rule_name, version, reason))
        self.known.add((rule_name, version))

    async def remember_existing(self, rule_name: str, versions: Sequence[FileVersion]) -> None:
        self.known.update((rule_name, version) for version in versions)
        self.existing += [(rule_name, version.path.name) for version in versions]


class NearProber:
    """Looks into files in this process: what is tested with it is not how files are looked into."""

    def __init__(self) -> None:
        self.warmed = 0

    async def probe(self, path: Path, *, size: int, mtime_ns: int, inode: int, foreign: bool) -> MediaInfo:
        return await asyncio.to_thread(probe, path, foreign=foreign)

    def warm(self) -> None:
        self.warmed += 1


class Desk:
    """Takes what intake hands over, and can be told to fail or to wait first."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.taken: list[Ready] = []
        self.begun: list[Path] = []
        self.failures: list[Exception] = []
        self.open = asyncio.Event()
        self.open.set()

    async def take(self, ready: Ready) -> None:
        self.begun.append(ready.version.path)
        await self.open.wait()
        if self.failures:
            raise self.failures.pop(0)
        self.taken.append(ready)
        self.memory.known.add((ready.rule.name, ready.version))

    @property
    def attempts(self) -> int:
        return len(self.begun)

    @property
    def names(self) -> list[str]:
        return sorted(ready.version.path.name for ready in self.taken)


class Bench:
    """An intake with everything around it, and time in hand."""

    def __init__(
        self, intake: Intake, clock: FakeClock, memory: Memory, desk: Desk, prober: NearProber
    ) -> None:
        self.intake = intake
        self.prober = prober
        self.clock = clock
        self.memory = memory
        self.desk = desk

    async def pass_time(self, seconds: float, step: float = 0.5) -> None:
        """Let time go by in small steps, and the intake do what falls due in each."""
        for _ in range(round(seconds / step)):
            self.clock.move(step)
            await self.caught_up()

    async def caught_up(self) -> None:
        """Wait until all that is due has been looked at and nothing is in the gate."""
        await async_wait_until(self._has_caught_up, timeout=10)

    async def until(self, predicate, timeout: float = 30.0) -> None:
        """Let time go by until something holds."""

        def holds() -> object:
            self.clock.move(0.2)
            return predicate()

        await async_wait_until(holds, timeout)

    def _has_caught_up(self) -> bool:
        return all(file.seconds_left for file in self.intake.pending())


@asynccontextmanager
async def started(
    *rules: Rule, memory: Memory | None = None, book: ForgetfulBook | None = None, backlog: int = 100
) -> AsyncIterator[Bench]:
    """An intake at work, with a clock that stands still until it is moved."""
    clock, memory = FakeClock(), memory or Memory()
    desk, prober = Desk(memory), NearProber()
    intake = Intake(
        rules,
        known=memory,
        take=desk.take,
        prober=prober,
        clock=clock,
        memories=Memories(book or ForgetfulBook()),
        backlog=backlog,
    )
    await intake.start()
    try:
        yield Bench(intake, clock, memory, desk, prober)
    finally:
        await intake.stop()
