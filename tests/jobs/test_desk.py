"""Handing in: one job per rule and content, whatever happens in between."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import FakeClock

from nemowatch.jobs.database import Database
from nemowatch.jobs.desk import Candidate, ChangedMeanwhile, JobDesk
from nemowatch.jobs.known_files import KnownFileBook
from nemowatch.jobs.markers import Markers
from nemowatch.jobs.records import JobState, SourceFile
from nemowatch.jobs.store import Changes, JobStore
from nemowatch.rules.rule import Rule
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
        self.desk = JobDesk(self.store, self.markers, self.known, self.queue, FakeClock())
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

    def save(self, name: str, content: bytes = b"frames") -> Path:
        path = self.watched / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def candidate(self, path: Path) -> Candidate:
        facts = path.lstat()
        source = SourceFile(path, facts.st_size, facts.st_mtime_ns, facts.st_ino)
        return Candidate(self.rule, self.watched, source, 2.0)

    async def hand_in(self, path: Path) -> str:
        return await self.desk.hand_in(self.candidate(path))

    def fail(self, job_id: str) -> None:
        self.store.write(job_id, Changes(JobState.FAILED, "no"), now=1.0)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
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


async def test_job_that_could_not_be_queued_is_queued_the_next_time(office: Office) -> None:
    path = office.save("talk.mp4")
    office.queue.is_broken = True
    with pytest.raises(BrokenQueue):
        await office.hand_in(path)
    assert not office.known.is_known("shorts", office.candidate(path).source)
    office.queue.is_broken = False
    job_id = await office.hand_in(path)
    assert office.queue.queued == [job_id]
    assert office.known.is_known("shorts", office.candidate(path).source)


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
    assert await office.desk.queue_unfinished() == 1
    assert office.queue.queued == [waiting]


async def test_name_that_is_no_utf8_makes_a_prompt_that_can_be_sent(office: Office) -> None:
    job_id = await office.hand_in(office.save("caf\udce9.mp4"))
    record = office.store.read(job_id)
    assert record is not None
    record.spec.prompts[0].encode()
    str(record.spec.output_folder).encode()
