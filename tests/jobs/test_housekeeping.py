"""What goes with the time, and what stays for ever."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from helpers import FakeClock

from nemowatch.jobs import housekeeping
from nemowatch.jobs.database import Database
from nemowatch.jobs.desk import Candidate, JobDesk
from nemowatch.jobs.dispatcher import Dispatcher
from nemowatch.jobs.hashing import ContentHashes
from nemowatch.jobs.housekeeping import Housekeeper
from nemowatch.jobs.known_files import KnownFileBook
from nemowatch.jobs.markers import Markers
from nemowatch.jobs.orders import Action, OrderAnswer, OrderBook
from nemowatch.jobs.outbox import UNSORTED
from nemowatch.jobs.records import Base, Cause, JobSpec, JobState, SourceFile, Stop
from nemowatch.jobs.store import Changes, JobStore
from nemowatch.jobs.tables import outbox_table
from nemowatch.jobs.waiting_line import WaitingLine
from nemowatch.outputs.staging import remove_leftovers, staging_folder
from nemowatch.rules.rule import History, Limits, Rule
from nemowatch.rules.skills import SKILLS

DAY = 86_400.0
A_MONTH = History(keep_seconds=30 * DAY, jobs=None)
FOR_EVER = History(keep_seconds=None, jobs=None)


class FakeEngine:
    """Keeps checkpoints of rounds; the engine's own have tests of their own."""

    def __init__(self) -> None:
        self.done: list[tuple[str, int]] = []
        self.forgotten: list[tuple[str, int]] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def find_done(self, *, ended_before: float, limit: int) -> tuple[tuple[str, int], ...]:
        return tuple(self.done[:limit])

    async def forget(self, rounds: Sequence[tuple[str, int]]) -> None:
        self.meanwhile()
        self.forgotten += rounds
        self.done = [each for each in self.done if each not in rounds]

    async def enqueue(self, job_id: str, *, priority: int, number: int = 1, start_step: int = 1) -> None:
        """Nothing runs here."""


class Attic:
    """A state folder with jobs of which some are old, and a desk that makes new ones."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.watched = root / "talks"
        self.watched.mkdir()
        self.logs = root / "jobs"
        self.logs.mkdir()
        self.database = Database(root / "nemowatch.db")
        self.store = JobStore(self.database.engine)
        self.markers = Markers(self.database)
        self.orders = OrderBook(self.database.engine)
        self.engine = FakeEngine()
        self.clock = FakeClock()
        self.hashes = ContentHashes()
        self.keeper = Housekeeper(self.database, self.engine, self.logs, self.clock)
        self.rule = Rule(
            name="shorts",
            watch=(self.watched,),
            match=(),
            ignore=(),
            recursive=True,
            skill=SKILLS["opusclip"],
            prompts=("cut {stem}",),
            language="en",
            deliver=("video",),
            output="{watch}-output/{rule}/{stem}",
            settle_seconds=1.0,
            priority=3,
        )

    async def hand_in(self, name: str, content: str = "frames", **rule: str) -> str:
        """Save a recording and hand it in; gives its job's id."""
        path = self.watched / name
        path.write_text(content)
        facts = path.lstat()
        source = SourceFile(path, facts.st_size, facts.st_mtime_ns, facts.st_ino)
        candidate = Candidate(replace(self.rule, **rule), self.watched, source, 2.0)
        line = Dispatcher(
            WaitingLine(self.database.engine), self.engine, self.clock, Limits(jobs=4, starts=None)
        )
        known = KnownFileBook(self.database)
        desk = JobDesk(self.store, self.markers, known, self.hashes, line, self.clock, (self.rule,))
        return await desk.hand_in(candidate)

    async def job(
        self, name: str, state: JobState = JobState.DONE, *, days_ago: float = 100, after: str = ""
    ) -> JobSpec:
        """A job on a recording of its own that ended so long ago, or has not ended."""
        job_id = await self.hand_in(name, content=name)
        then = self.clock.now() - days_ago * DAY
        self.store.write(job_id, Changes(state, started_at=then, after=after or None), now=then)
        if state.is_final:
            self.store.write(job_id, Changes(state, finished_at=then), now=then)
        (self.logs / f"{job_id}.log").write_text("Done.")
        record = self.store.read(job_id)
        assert record is not None
        return record.spec

    def clear_outbox(self) -> None:
        with self.database.engine.begin() as connection:
            connection.execute(outbox_table.delete())

    async def sweep(self, history: History = A_MONTH) -> int:
        self.clear_outbox()
        return (await self.keeper.sweep(history)).jobs

    def names(self) -> set[str]:
        return {record.spec.source.path.name for record in self.store.list_jobs()}

    def staging(self, spec: JobSpec, attempt: int = 1) -> Path:
        folder = staging_folder(spec.output_folder, spec.job_id, attempt)
        folder.mkdir(parents=True)
        (folder / "talk.mp4").write_text("half a film")
        return folder


@pytest.fixture
def attic(tmp_path: Path) -> Iterator[Attic]:
    attic = Attic(tmp_path)
    yield attic
    attic.hashes.close()
    attic.database.close()


async def test_records_and_logs_of_jobs_that_ended_long_ago_go(attic: Attic) -> None:
    old = await attic.job("old.mp4")
    young = await attic.job("young.mp4", days_ago=10)
    attic.markers.set(old.job_id, "session", {}, now=1.0)
    assert await attic.sweep() == 1
    assert attic.names() == {"young.mp4"}
    assert [log.stem for log in attic.logs.iterdir()] == [young.job_id]
    assert attic.markers.read(old.job_id, "session") is None
    assert attic.engine.forgotten == [(old.job_id, 1)]


async def test_only_the_latest_so_many_are_kept(attic: Attic) -> None:
    for days in range(2, 8):
        await attic.job(f"{days}.mp4", days_ago=days)
    assert await attic.sweep(History(keep_seconds=None, jobs=4)) == 2
    assert attic.names() == {"2.mp4", "3.mp4", "4.mp4", "5.mp4"}


@pytest.mark.slow
async def test_more_than_one_piece_goes_in_one_sweep(attic: Attic) -> None:
    first = await attic.job("first.mp4")
    for number in range(230):
        spec = replace(first, job_id=f"{number:016x}")
        attic.store.add(spec)
        attic.store.write(spec.job_id, Changes(JobState.DONE, finished_at=number + 1.0), now=1.0)
    assert await attic.sweep() == 231
    assert attic.names() == set()


async def test_nothing_goes_where_everything_is_kept(attic: Attic) -> None:
    await attic.job("old.mp4", days_ago=5000)
    assert await attic.sweep(FOR_EVER) == 0
    assert attic.names() == {"old.mp4"}


async def test_job_that_has_just_ended_stays_whatever_the_limit(attic: Attic) -> None:
    for name in ("one.mp4", "two.mp4"):
        await attic.job(name, days_ago=0.1)
    assert await attic.sweep(History(keep_seconds=1.0, jobs=1)) == 0


async def test_job_that_has_not_ended_never_goes(attic: Attic) -> None:
    going_on = [state for state in JobState if not state.is_final]
    for state in going_on:
        spec = await attic.job(f"{state}.mp4", state)
        if state in {JobState.WAITING, JobState.HELD, JobState.ATTENTION}:
            attic.store.park(spec.job_id, state, "", Stop(1, "edit-1", Cause.QUESTION), now=1.0)
    assert await attic.sweep(History(keep_seconds=DAY, jobs=1)) == 0
    assert attic.names() == {f"{state}.mp4" for state in going_on}


async def test_job_whose_recording_is_still_to_be_taken_away_stays_and_those_on_the_same_file(
    attic: Attic,
) -> None:
    spec = await attic.job("old.mp4", after="due")
    other = replace(spec, job_id="f" * 16, rule="stills")
    attic.store.add(other)
    attic.store.write(other.job_id, Changes(JobState.FAILED, finished_at=5.0), now=5.0)
    assert await attic.sweep() == 0


async def test_job_with_an_order_that_is_not_carried_out_yet_stays(attic: Attic) -> None:
    spec = await attic.job("old.mp4")
    order = attic.orders.give(spec.job_id, Action.RERUN, now=1.0)
    assert await attic.sweep() == 0
    attic.orders.answer(order, OrderAnswer("Done.", is_refused=False), now=2.0)
    assert await attic.sweep() == 1


async def test_job_of_which_people_are_still_to_be_told_stays(attic: Attic) -> None:
    spec = await attic.job("old.mp4")
    attic.clear_outbox()
    facts = {"job_id": spec.job_id, "attempt": 1, "state": "done", "reason": "", "happened_at": 1.0}
    with attic.database.engine.begin() as connection:
        connection.execute(outbox_table.insert().values(reader=UNSORTED, **facts))
    assert (await attic.keeper.sweep(A_MONTH)).jobs == 0


async def test_job_that_is_being_refined_stays_until_the_refinement_has_ended(attic: Attic) -> None:
    base = await attic.job("old.mp4")
    refinement = replace(base, job_id="e" * 16, base=Base(base.job_id, "session", None, ()))
    attic.store.add(refinement)
    assert await attic.sweep() == 0
    attic.store.write(refinement.job_id, Changes(JobState.DONE, finished_at=9.0), now=9.0)
    assert await attic.sweep() == 2


@pytest.mark.parametrize("state", [JobState.DONE, JobState.CANCELLED, JobState.FAILED])
async def test_content_that_had_its_job_is_not_paid_for_again_when_the_record_is_gone(
    attic: Attic, state: JobState
) -> None:
    spec = await attic.job("old.mp4", state)
    attic.markers.set(spec.job_id, "prompt:1", {}, now=1.0)
    assert await attic.sweep() == 1
    (attic.watched / "old.mp4").unlink()
    assert await attic.hand_in("copy.mp4", content="old.mp4") == spec.job_id
    assert attic.names() == set()


async def test_recording_whose_job_cost_nothing_may_have_another_when_the_record_is_gone(
    attic: Attic,
) -> None:
    free = await attic.job("old.mp4", JobState.FAILED)
    assert await attic.sweep() == 1
    second = await attic.hand_in("old.mp4", content="old.mp4")
    assert second != free.job_id
    assert attic.names() == {"old.mp4"}
    assert await attic.hand_in("copy.mp4", content="old.mp4") == second


async def test_place_whose_name_is_no_text_is_known_again_where_duplicates_are_processed(
    attic: Attic,
) -> None:
    name = os.fsdecode(b"caf\xe9.mp4")
    job_id = await attic.hand_in(name, duplicates="process")
    then = attic.clock.now() - 100 * DAY
    attic.store.write(job_id, Changes(JobState.DONE, finished_at=then), now=then)
    assert await attic.sweep() == 1
    assert await attic.hand_in(name, duplicates="process") == job_id
    assert attic.store.list_jobs() == ()


async def test_each_place_keeps_its_own_job_where_duplicates_are_processed(attic: Attic) -> None:
    ids = [await attic.hand_in(name, duplicates="process") for name in ("one.mp4", "two.mp4")]
    for job_id in ids:
        attic.store.write(job_id, Changes(JobState.DONE, finished_at=1.0), now=1.0)
    assert await attic.sweep() == 2
    again = [await attic.hand_in(name, duplicates="process") for name in ("one.mp4", "two.mp4")]
    assert again == ids
    assert attic.names() == set()
    await attic.hand_in("three.mp4", duplicates="process")
    assert attic.names() == {"three.mp4"}


async def test_job_that_was_retried_while_it_was_being_removed_stays(attic: Attic) -> None:
    spec = await attic.job("old.mp4", JobState.FAILED)

    record = attic.store.read(spec.job_id)
    assert record is not None

    attic.engine.meanwhile = lambda: attic.store.unpark(record, attempt=2, now=attic.clock.now())
    assert await attic.sweep() == 0
    assert attic.names() == {"old.mp4"}


async def test_what_an_old_job_left_beside_its_outputs_goes_and_no_output_does(attic: Attic) -> None:
    spec = await attic.job("old.mp4", JobState.FAILED)
    folder = attic.staging(spec)
    (spec.output_folder / "sub").mkdir(parents=True)
    (spec.output_folder / "talk.mp4").write_text("a film")
    others = staging_folder(spec.output_folder, "0" * 16, 1)
    others.mkdir()
    assert (await attic.keeper.sweep(A_MONTH)).scraps == 0
    attic.clear_outbox()
    swept = await attic.keeper.sweep(A_MONTH)
    assert swept.scraps == 1
    assert not folder.exists()
    assert (spec.output_folder / "talk.mp4").read_text() == "a film"
    assert others.exists()


async def test_what_a_cancelled_job_left_beside_its_outputs_goes_after_a_day(attic: Attic) -> None:
    fresh = attic.staging(await attic.job("fresh.mp4", JobState.CANCELLED, days_ago=0.5))
    older = attic.staging(await attic.job("older.mp4", JobState.CANCELLED, days_ago=2))
    failed = attic.staging(await attic.job("failed.mp4", JobState.FAILED, days_ago=2))
    at_work = attic.staging(await attic.job("at-work.mp4", JobState.DOWNLOADING, days_ago=2))
    assert await attic.sweep() == 0
    assert [folder.exists() for folder in (fresh, older, failed, at_work)] == [True, False, True, True]


async def test_what_cancelled_jobs_left_is_looked_for_a_few_jobs_at_a_time_until_it_is_stopped(
    attic: Attic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "_AT_ONCE", 2)
    specs = [await attic.job(f"{number}.mp4", JobState.CANCELLED, days_ago=2) for number in range(5)]
    folders = [attic.staging(spec) for spec in specs]
    looks: list[int] = []

    def remove(final: Path, job_id: str, *, attempts: int) -> int:
        looks.append(attempts)
        if len(looks) == 2:
            attic.keeper.stop()
        return remove_leftovers(final, job_id, attempts=attempts)

    with monkeypatch.context() as at_first:
        at_first.setattr(housekeeping, "remove_leftovers", remove)
        await attic.sweep()
    assert [folder.exists() for folder in folders].count(True) == 3
    attic.keeper = Housekeeper(attic.database, attic.engine, attic.logs, attic.clock)
    await attic.sweep()
    assert not any(folder.exists() for folder in folders)


async def test_link_that_has_the_name_of_a_staging_folder_is_not_followed(attic: Attic) -> None:
    spec = await attic.job("older.mp4", JobState.CANCELLED, days_ago=2)
    precious = attic.root / "precious"
    precious.mkdir()
    (precious / "wedding.mp4").write_text("a film")
    spec.output_folder.parent.mkdir(parents=True)
    staging_folder(spec.output_folder, spec.job_id, 1).symlink_to(precious)
    await attic.sweep()
    assert (precious / "wedding.mp4").exists()


async def test_checkpoints_of_jobs_that_are_done_go(attic: Attic) -> None:
    attic.engine.done = [(f"{number:016x}", 1) for number in range(250)]
    await attic.sweep()
    assert attic.engine.done == []


async def test_answered_orders_go_and_their_numbers_never_come_again(attic: Attic) -> None:
    spec = await attic.job("young.mp4", days_ago=2)
    numbers = [attic.orders.give(spec.job_id, Action.RERUN, now=1.0) for _ in range(3)]
    for number in numbers:
        attic.orders.answer(number, OrderAnswer("Done.", is_refused=False), now=1.0)
    await attic.sweep()
    assert attic.orders.read_answer(numbers[0]) is None
    assert attic.orders.give(spec.job_id, Action.RERUN, now=1.0) == numbers[-1] + 1


async def test_database_file_becomes_smaller_when_much_is_gone(attic: Attic) -> None:
    spec = await attic.job("old.mp4")
    attic.markers.set(spec.job_id, "draft:1", {"draft": "x" * 6_000_000}, now=1.0)
    attic.clear_outbox()
    swept = await attic.keeper.sweep(A_MONTH)
    assert swept.jobs == 1
    assert swept.bytes_back > 3_000_000
    assert (attic.root / "nemowatch.db").stat().st_size < 3_000_000
    assert "1 old job record removed" in swept.describe()


async def test_second_sweep_finds_nothing_to_do(attic: Attic) -> None:
    await attic.job("old.mp4")
    await attic.sweep()
    swept = await attic.keeper.sweep(A_MONTH)
    assert swept.describe() == ""


async def test_sweep_that_is_stopped_leaves_whole_jobs(attic: Attic) -> None:
    await attic.job("old.mp4")
    attic.keeper.stop()
    assert await attic.sweep() == 0
    assert attic.names() == {"old.mp4"}
