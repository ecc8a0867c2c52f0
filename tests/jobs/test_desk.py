"""Handing in: one job per rule and content, whatever happens in between."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from helpers import FakeClock

from nemowatch.jobs.database import Database
from nemowatch.jobs.desk import Candidate, JobDesk, RuleGone
from nemowatch.jobs.dispatcher import Dispatcher
from nemowatch.jobs.hashing import ChangedMeanwhile, ContentHashes
from nemowatch.jobs.known_files import KnownFileBook
from nemowatch.jobs.markers import Markers
from nemowatch.jobs.records import Cause, JobRecord, JobState, SourceFile
from nemowatch.jobs.store import Changes, JobStore
from nemowatch.jobs.tables import known_files_table
from nemowatch.jobs.waiting_line import WaitingLine
from nemowatch.rules.rule import After, Limits, Rule
from nemowatch.rules.skills import SKILLS


class BrokenQueue(Exception):
    """What a queue raises that is out of order."""


class FakeQueue:
    """Keeps what was queued; the engine's own queue has tests of its own."""

    def __init__(self) -> None:
        self.queued: list[str] = []
        self.is_broken = False

    async def enqueue(self, job_id: str, *, priority: int, number: int = 1, start_step: int = 1) -> None:
        if self.is_broken:
            raise BrokenQueue
        self.queued.append(job_id)


class Office:
    """A desk, with what stands behind it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.watched = root / "talks"
        self.watched.mkdir()
        self.database = Database(root / "nemowatch.db")
        self.store = JobStore(self.database.engine)
        self.markers = Markers(self.database)
        self.known = KnownFileBook(self.database)
        self.queue = FakeQueue()
        self.clock = FakeClock()
        self.hashes = ContentHashes()
        line = WaitingLine(self.database.engine)
        self.dispatcher = Dispatcher(line, self.queue, self.clock, Limits(jobs=4, starts=None))
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
            output="{watch}-output/{rule}/{dir}/{stem}",
            settle_seconds=1.0,
            priority=3,
        )
        self.desk = JobDesk(
            self.store, self.markers, self.known, self.hashes, self.dispatcher, self.clock, (self.rule,)
        )

    def save(self, name: str, content: bytes = b"frames") -> Path:
        path = self.watched / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def candidate(self, path: Path) -> Candidate:
        facts = path.lstat()
        source = SourceFile(path, facts.st_size, facts.st_mtime_ns, facts.st_ino)
        return Candidate(self.rule, self.watched, source, 2.0)

    def read(self, job_id: str) -> JobRecord:
        record = self.store.read(job_id)
        assert record is not None
        return record

    async def hand_in(self, path: Path, *, is_held: bool = False) -> str:
        job_id = await self.desk.hand_in(replace(self.candidate(path), is_held=is_held))
        await self.dispatcher.offer()
        return job_id

    def fail(self, job_id: str) -> None:
        self.store.write(job_id, Changes(JobState.FAILED, "no"), now=1.0)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.hashes.close()
    office.database.close()


async def test_recording_becomes_a_job_with_its_templates_filled_in(office: Office) -> None:
    job_id = await office.hand_in(office.save("day1/talk.mp4"))
    record = office.store.read(job_id)
    assert record is not None
    assert record.spec.prompts == ("cut talk",)
    assert record.spec.output_folder == office.root / "talks-output" / "shorts" / "day1" / "talk"
    assert office.queue.queued == [job_id]


async def test_copy_and_touched_file_are_the_same_job(office: Office) -> None:
    path = office.save("talk.mp4")
    first = await office.hand_in(path)
    os.utime(path, (1, 1))
    assert await office.hand_in(path) == first
    assert await office.hand_in(office.save("copy.mp4")) == first
    assert len(office.store.list_jobs()) == 1


async def test_new_recording_under_an_old_name_is_a_new_job(office: Office) -> None:
    first = await office.hand_in(office.save("talk.mp4"))
    assert await office.hand_in(office.save("talk.mp4", b"other frames")) != first


async def test_job_that_failed_and_cost_nothing_gets_another_try(office: Office) -> None:
    path = office.save("talk.mp4")
    first = await office.hand_in(path)
    office.fail(first)
    second = await office.hand_in(path)
    assert second != first
    assert office.queue.queued == [first, second]
    assert await office.hand_in(path) == second


async def test_job_that_failed_after_a_prompt_is_never_tried_again_by_itself(office: Office) -> None:
    path = office.save("talk.mp4")
    job_id = await office.hand_in(path)
    office.markers.set(job_id, "prompt:1", {}, now=1.0)
    office.fail(job_id)
    assert await office.hand_in(path) == job_id
    assert office.queue.queued == [job_id]


async def test_job_that_the_queue_would_not_take_is_offered_again(office: Office) -> None:
    office.queue.is_broken = True
    path = office.save("talk.mp4")
    with pytest.raises(BrokenQueue):
        await office.hand_in(path)
    assert office.known.is_known("shorts", office.candidate(path).source)
    office.queue.is_broken = False
    await office.dispatcher.offer()
    await office.dispatcher.offer()
    assert office.queue.queued == [record.spec.job_id for record in office.store.list_jobs()]


async def test_file_that_changes_while_it_is_read_is_not_taken(office: Office) -> None:
    path = office.save("talk.mp4")
    candidate = office.candidate(path)
    path.write_bytes(b"more frames")
    with pytest.raises(ChangedMeanwhile):
        await office.desk.hand_in(candidate)
    assert office.store.list_jobs() == ()


async def test_unfinished_jobs_are_queued_again_at_the_start(office: Office) -> None:
    done, waiting = [await office.hand_in(office.save(name, name.encode())) for name in ("a.mp4", "b.mp4")]
    office.store.write(done, Changes(JobState.DONE), now=1.0)
    office.queue.queued.clear()
    assert await office.dispatcher.queue_unfinished() == 1
    assert office.queue.queued == [waiting]


async def test_name_that_is_no_utf8_makes_a_prompt_that_can_be_sent(office: Office) -> None:
    job_id = await office.hand_in(office.save("caf\udce9.mp4"))
    record = office.store.read(job_id)
    assert record is not None
    record.spec.prompts[0].encode()
    str(record.spec.output_folder).encode()


async def test_job_knows_its_folder_and_what_becomes_of_its_recording(office: Office) -> None:
    office.rule = replace(office.rule, after=After("move", "{watch}-done/{dir}"), schedule="00:00-23:59")
    record = office.read(await office.hand_in(office.save("day1/talk.mp4")))
    assert (record.spec.folder, record.spec.schedule) == (office.watched, "00:00-23:59")
    assert (record.spec.after, record.spec.after_folder) == ("move", office.root / "talks-done" / "day1")


async def test_one_of_too_many_files_is_held_until_the_user_says_so(office: Office) -> None:
    job_id = await office.hand_in(office.save("talk.mp4"), is_held=True)
    record = office.read(job_id)
    assert (record.state, record.is_parked, record.round) == (JobState.HELD, True, 0)
    assert record.stop is not None
    assert record.stop.cause is Cause.BACKLOG
    assert "nemowatch jobs release --rule shorts" in record.reason
    assert office.queue.queued == []
    assert office.store.unpark(record, attempt=1, now=1.0)
    await office.dispatcher.offer()
    assert office.queue.queued == [job_id]


async def test_recording_that_comes_outside_of_its_rules_hours_waits_for_them(office: Office) -> None:
    hour = datetime.fromtimestamp(office.clock.now(), UTC).astimezone().hour
    office.rule = replace(office.rule, schedule=f"{(hour + 2) % 24:02}:00-{(hour + 3) % 24:02}:00")
    job_id = await office.hand_in(office.save("talk.mp4"))
    assert office.read(job_id).state is JobState.WAITING
    assert not office.store.has_unfinished(), "it does not go on before long"
    office.clock.move(2 * 3600)
    assert office.store.unpark_due(Cause.SCHEDULE, now=office.clock.now()) == 1
    await office.dispatcher.offer()
    assert office.queue.queued == [job_id]


async def test_copy_is_known_as_a_duplicate_and_the_first_is_not(office: Office) -> None:
    job_id = await office.hand_in(office.save("talk.mp4"))
    await office.hand_in(office.save("copy.mp4"))
    await office.hand_in(office.save("talk.mp4"))
    table = known_files_table.c
    with office.database.engine.connect() as connection:
        rows = connection.execute(sa.select(table.path, table.job_id, table.skipped, table.noted_at))
        known = {Path(row.path).name: (row.job_id, row.skipped, row.noted_at) for row in rows}
    now = office.clock.now()
    assert known == {"talk.mp4": (job_id, None, now), "copy.mp4": (job_id, "duplicate", now)}


async def test_each_place_makes_a_job_where_duplicates_are_taken(office: Office) -> None:
    skipping = office.rule
    office.rule = replace(skipping, duplicates="process")
    path = office.save("talk.mp4")
    first = await office.hand_in(path)
    second = await office.hand_in(office.save("copy.mp4"))
    os.utime(path, (1, 1))
    assert await office.hand_in(path) == first
    assert await office.hand_in(office.save("copy.mp4")) == second != first
    renamed = await office.hand_in(path.rename(office.watched / "renamed.mp4"))
    assert renamed not in {first, second}
    office.rule = skipping
    assert await office.hand_in(office.save("third.mp4")) == first


async def test_places_that_come_at_once_make_a_job_each_where_duplicates_are_taken(office: Office) -> None:
    office.rule = replace(office.rule, duplicates="process")
    paths = [office.save(f"{number}.mp4") for number in range(5)]
    ids = await asyncio.gather(*(office.hand_in(path) for path in paths))
    assert len(set(ids)) == 5
    assert [await office.hand_in(path) for path in paths] == ids
    assert {office.read(job_id).spec.source.path for job_id in ids} == set(paths)


async def test_recording_that_was_moved_away_is_made_anew_where_it_lies_now(office: Office) -> None:
    office.rule = replace(office.rule, after=After("move", "{watch}-done/{dir}"))
    office.desk.follow([office.rule])
    path = office.save("day1/talk.mp4")
    record = office.read(await office.hand_in(path))
    office.store.write(record.spec.job_id, Changes(JobState.DONE, finished_at=1.0), now=1.0)
    moved = office.root / "talks-done" / "day1" / "talk.mp4"
    moved.parent.mkdir(parents=True)
    path.rename(moved)
    office.store.add(replace(record.spec, source=office.candidate(moved).source))
    again = office.read(await office.desk.rerun(record, 1)).spec
    assert (again.source.path, again.folder, again.after) == (moved, office.watched, "keep")
    assert (again.output_folder, again.prompts) == (record.spec.output_folder, ("cut talk",))


async def test_rule_that_is_new_makes_recordings_anew_as_it_stands_now(office: Office) -> None:
    record = office.read(await office.hand_in(office.save("talk.mp4")))
    office.desk.follow([])
    with pytest.raises(RuleGone):
        await office.desk.rerun(record, 1)
    office.desk.follow([replace(office.rule, prompts=("cut {stem} well",))])
    assert office.read(await office.desk.rerun(record, 1)).spec.prompts == ("cut talk well",)
