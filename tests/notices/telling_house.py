"""A daemon's house with a real book, real hooks and a real Apprise in it, and with nothing that makes jobs."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from helpers import FakeClock, async_wait_until
from job_specs import make_job_spec

from nemowatch.daemon.rules_watch import RulesStanding
from nemowatch.daemon.telling_people import TellingPeople
from nemowatch.intake.records import FolderState, FolderStatus
from nemowatch.jobs.database import Database
from nemowatch.jobs.records import JobSpec, JobState
from nemowatch.jobs.store import Changes, JobStore
from nemowatch.notices.messenger import Messenger
from nemowatch.notices.pacing import GATHER_SECONDS
from nemowatch.outputs.job_log import JobLog
from nemowatch.places import StateFolder
from nemowatch.rules.rule import Hook, Limits, NemoSettings, Notify, Rule, RuleBook, Skill


@dataclass
class TellingHouse:
    """The parts that telling people looks at."""

    root: Path
    clock: FakeClock = field(default_factory=FakeClock)
    notices: tuple[Notify, ...] = ()
    hooks: tuple[Hook, ...] = ()
    outage: str = ""
    rules_error: str = ""
    folders: Sequence[FolderStatus] = ()
    stays: bool = True
    is_stopped: bool = True
    given_up_because: str = ""

    def __post_init__(self) -> None:
        self.state = StateFolder(self.root / "state").create()
        self.database = Database(self.state.database)
        self.store = JobStore(self.database.engine)
        self.numbers = iter(range(10_000))

    @property
    def book(self) -> RuleBook:
        rule = Rule(
            name="shorts",
            watch=(self.root / "in",),
            match=(),
            ignore=(),
            recursive=False,
            skill=Skill("nemowatch", "1.0.0", None),
            prompts=("make clips",),
            language="en",
            deliver=("video",),
            output="{watch}-output/{stem}",
            settle_seconds=3.0,
            priority=5,
            hooks=self.hooks,
        )
        nemo = NemoSettings("http://127.0.0.1:9", "http://127.0.0.1:9", "en", 1.0)
        path = self.root / "rules.yaml"
        return RuleBook(path, (rule,), nemo, Limits(1, None), 60.0, "INFO", "text", notices=self.notices)

    def as_house(self) -> Any:
        around = SimpleNamespace(
            book=lambda: self.book,
            clock=self.clock,
            state=self.state,
            rules=_Rules(self),
            stop=SimpleNamespace(is_set=self.is_stopped, given_up_because=self.given_up_because),
            stays=self.stays,
        )
        watch = _Watch(self)
        return SimpleNamespace(
            around=around,
            database=self.database,
            store=self.store,
            workshop=SimpleNamespace(watch=watch),
            intake=SimpleNamespace(folders=lambda: self.folders),
        )

    @asynccontextmanager
    async def telling(self, *, limit_seconds: float = 5.0) -> Any:
        async with TellingPeople(self.as_house(), Messenger(limit_seconds=limit_seconds)) as telling:
            yield telling

    def enter_job(self) -> str:
        number = next(self.numbers)
        job_id = f"{number:016x}"
        self.store.add(_make_spec(job_id, Path(f"/r/talk{number}.mp4"), self.clock.now()))
        return job_id

    def end_job(self, state: JobState = JobState.FAILED, reason: str = "It broke.", **changes: Any) -> str:
        job_id = self.enter_job()
        self.store.write(job_id, Changes(state, reason, **changes), now=self.clock.now())
        return job_id

    def end_job_again(self, job_id: str, state: JobState) -> None:
        self.store.write(job_id, Changes(state), now=self.clock.now())

    def job_log(self, job_id: str) -> str:
        return JobLog(self.state.job_logs / f"{job_id}.log").read()

    def waiting(self, *, unsorted: bool = False) -> int:
        """How many rows are in the outbox, or of them those that nobody has sorted yet."""
        query = "SELECT count(*) FROM nemowatch_outbox" + (" WHERE reader = ''" if unsorted else "")
        with self.database.engine.connect() as connection:
            return int(connection.exec_driver_sql(query).scalar_one())

    async def move_until(self, predicate: Any, step: float = GATHER_SECONDS) -> None:
        """Move the clock on, a step whenever all has been done that was due, until something is so."""

        def look() -> bool:
            if not predicate():
                self.clock.move(step)
            return bool(predicate())

        await async_wait_until(look, 10.0)

    def offline(self) -> None:
        self.folders = (FolderStatus(Path("/r/talks"), FolderState.OFFLINE, "it is not mounted."),)

    def online(self) -> None:
        self.folders = (FolderStatus(Path("/r/talks"), FolderState.WATCHED),)


def _make_spec(job_id: str, path: Path, queued_at: float) -> JobSpec:
    return make_job_spec(job_id, path=path, output_folder=Path("/r-output") / path.stem, queued_at=queued_at)


@dataclass
class _Rules:
    house: TellingHouse

    @property
    def standing(self) -> RulesStanding:
        return RulesStanding("", 0.0, self.house.rules_error)


@dataclass
class _Watch:
    house: TellingHouse

    @property
    def outage(self) -> str:
        return self.house.outage
