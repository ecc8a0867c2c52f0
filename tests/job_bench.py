"""Jobs at work against the sandbox, with everything but the durable queue: its rounds are run here, one by one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from helpers import make_video
from media_threads import MediaThreads

from nemowatch.clock import SystemClock
from nemowatch.jobs.clerk import Clerk, Waker
from nemowatch.jobs.database import Database
from nemowatch.jobs.desk import JobDesk
from nemowatch.jobs.dispatcher import Dispatcher
from nemowatch.jobs.hashing import ContentHashes
from nemowatch.jobs.identity import hash_content, make_job_id
from nemowatch.jobs.known_files import KnownFileBook
from nemowatch.jobs.markers import Markers
from nemowatch.jobs.order_desk import OrderDesk
from nemowatch.jobs.orders import Action, OrderAnswer, OrderBook
from nemowatch.jobs.pace import Pace
from nemowatch.jobs.patience import ServiceWatch
from nemowatch.jobs.purse import Purse
from nemowatch.jobs.records import JobRecord, JobSpec, JobState, SourceFile, Stop
from nemowatch.jobs.run import JobSettings, Workshop
from nemowatch.jobs.shared_sessions import SharedSessions
from nemowatch.jobs.stepping import Checkpoints
from nemowatch.jobs.store import JobStore
from nemowatch.jobs.waiting_line import WaitingLine
from nemowatch.jobs.workflow import RecordingWorkflow
from nemowatch.nemo.attribution import Attribution
from nemowatch.nemo.client import NemoClient
from nemowatch.nemo.timeouts import Timeouts
from nemowatch.nemo.token import TokenSource
from nemowatch.rules.rule import Limits
from nemowatch.sandbox.server import Sandbox

FAST = JobSettings(
    poll_seconds=0.05,
    polls=200,
    longest_poll_seconds=0.1,
    look_pauses=(0.01, 0.05, 0.1),
    still_seconds=0.01,
    trouble_pause=0.05,
    retry_pause=0.01,
    probe_pause=0.01,
    longest_probe_pause=0.05,
    rate_pause=0.01,
    rate_pause_later=0.02,
    fault_pause=0.02,
    longest_fault_pause=0.1,
    plan_pause=0.02,
    account_pause=0.0,
    folder_pause=0.02,
)

Step = Callable[[], Coroutine[Any, Any, dict[str, Any]]]


class Rounds:
    """Stands in for the durable queue: keeps each round's checkpoints in order, and hands them on to the next."""

    def __init__(self) -> None:
        self.waiting: list[tuple[str, int]] = []
        self.kept: dict[tuple[str, int], list[tuple[str, dict[str, Any]]]] = {}
        self.before: dict[str, Callable[[], object]] = {}  # what happens just before a step, once

    async def enqueue(self, job_id: str, *, priority: int, number: int = 1, start_step: int = 1) -> None:
        if (job_id, number) not in self.kept:
            before = self.kept.get((job_id, number - 1), [])
            self.kept[job_id, number] = before[: start_step - 1]
            self.waiting.append((job_id, number))

    def checkpoint_of(self, job_id: str, number: int) -> Checkpoints:
        kept = self.kept.setdefault((job_id, number), [])
        count = 0

        async def checkpoint(name: str, step: Step) -> dict[str, Any]:
            nonlocal count
            count += 1
            if len(kept) < count:
                self.before.pop(name, lambda: None)()
                kept.append((name, json.loads(json.dumps(await step()))))
            kept_name, answer = kept[count - 1]
            assert kept_name == name, "a replay must take the same steps"
            return answer

        return checkpoint


class Bench:
    """Everything a job needs, and the sandbox to see what it did."""

    def __init__(
        self, root: Path, sandbox: Sandbox, client: NemoClient, database: Database, **money: int
    ) -> None:
        self.root = root
        self.sandbox = sandbox
        self.database = database
        self.store = JobStore(database.engine)
        logs = root / "logs"
        logs.mkdir(exist_ok=True)
        clock = SystemClock()
        api = client.as_skill(Attribution("nemowatch", "1.0.0", "unknown"))
        self.workshop = Workshop(
            client=client,
            store=self.store,
            markers=Markers(database),
            clock=clock,
            platform="unknown",
            job_logs=logs,
            settings=FAST,
            purse=Purse(database, clock, **money),
            shared=SharedSessions(database),
            watch=ServiceWatch(api.read_credits, clock, FAST),
            workers=(media := MediaThreads()),
            pace=Pace(database.engine),
        )
        self.media = media
        self.rounds = Rounds()
        line = WaitingLine(database.engine)
        self.dispatcher = Dispatcher(line, self.rounds, clock, Limits(jobs=100, starts=None))
        self.waker = Waker(self.store, self.dispatcher, clock)
        self.hashes = ContentHashes()
        self.orders = OrderBook(database.engine)
        self.desk = JobDesk(
            self.store, self.workshop.markers, KnownFileBook(database), self.hashes, self.dispatcher, clock
        )
        self.clerk = Clerk(
            self.workshop,
            self.waker,
            OrderDesk(self.workshop, self.orders, self.waker, self.desk),
            api,
        )

    def add_job(
        self,
        *prompts: str,
        deliver: tuple[str, ...] = ("video", "media"),
        source: Path | None = None,
        output: str = "talk",
        stop: Stop | None = None,
        **facts: Any,
    ) -> JobSpec:
        path = source or self.root / "talks" / "talk.mp4"
        if not path.exists():
            make_video(path, seconds=6)
        stat = path.lstat()
        sha256 = hash_content(path)
        spec = JobSpec(
            **{
                "job_id": make_job_id(repr((prompts, deliver)), sha256),
                "rule": "shorts",
                "source": SourceFile(path, stat.st_size, stat.st_mtime_ns, stat.st_ino),
                "sha256": sha256,
                "duration_seconds": 6.0,
                "skill_source": "opusclip",
                "skill_version": "1.0.0",
                "prompts": prompts,
                "language": "en",
                "deliver": deliver,
                "output_folder": self.root / "out" / output,
                "priority": 5,
                "queued_at": SystemClock().now(),
                **facts,
            }
        )
        self.store.add(spec, stop=stop, state=JobState.QUEUED if stop is None else JobState.WAITING)
        return spec

    async def run(self, spec: JobSpec) -> JobRecord:
        """Run the present round of a job to where it ends or stops."""
        await self.dispatcher.offer()
        record = self.record(spec)
        checkpoint = self.rounds.checkpoint_of(spec.job_id, record.round)
        await RecordingWorkflow(self.workshop, checkpoint).run(spec.job_id, record.round)
        return self.record(spec)

    async def run_until_final(self, spec: JobSpec, *, rounds: int = 20) -> JobRecord:
        """Run a job, letting it go on when its time has come, until it has ended."""
        record = self.record(spec)
        for _ in range(rounds):
            record = await self.run(spec)
            if record.state.is_final:
                return record
            while self.record(spec).is_parked:
                await self.workshop.clock.sleep(0.01)
                await self.clerk.look()
        raise AssertionError(f"still {record.state} after {rounds} rounds: {record.reason}")

    async def order(self, spec: JobSpec, action: Action, text: str = "") -> OrderAnswer:
        """Give an order, as a command does, and have it carried out."""
        number = self.orders.give(spec.job_id, action, text, now=self.workshop.clock.now())
        await self.clerk.look()
        await self.dispatcher.offer()
        answer = self.orders.read_answer(number)
        assert answer is not None
        return answer

    def cancel_at_work(self, spec: JobSpec) -> None:
        """What the order desk does with an order to cancel, in the middle of a step."""
        self.workshop.at_work[spec.job_id].unwanted.set()

    def record(self, spec: JobSpec) -> JobRecord:
        record = self.store.read(spec.job_id)
        assert record is not None
        return record

    def files(self, folder: str = "talk") -> list[str]:
        root = self.root / "out" / folder
        return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())

    def log(self, spec: JobSpec) -> str:
        path = self.workshop.job_logs / f"{spec.job_id}.log"
        return path.read_text() if path.exists() else ""

    def manifest(self, folder: str = "talk") -> dict[str, Any]:
        text = (self.root / "out" / folder / "job.json").read_text()
        manifest: dict[str, Any] = json.loads(text)
        return manifest


@asynccontextmanager
async def open_bench(
    root: Path,
    sandbox: Sandbox,
    *,
    environ: dict[str, str] | None = None,
    timeouts: Timeouts | None = None,
    **money: int,
) -> AsyncIterator[Bench]:
    tokens = TokenSource(
        api_url=sandbox.url,
        client_id_file=root / "client_id",
        token_file=root / "token.json",
        environ=environ or {"NEMO_CLIENT_ID": "workflow-test"},
    )
    database = Database(root / "nemowatch.db")
    async with NemoClient(
        api_url=sandbox.url,
        web_url="https://web.test",
        tokens=tokens,
        timeouts=timeouts,
        clock=SystemClock(),
    ) as client:
        bench = Bench(root, sandbox, client, database, **money)
        try:
            yield bench
        finally:
            await bench.workshop.watch.stop()
            bench.hashes.close()
            database.close()
