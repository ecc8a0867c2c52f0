"""Folders that go away under a job and come back: it waits for them, and does nothing twice."""

from __future__ import annotations

import errno
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from job_bench import Bench, open_bench

from nemowatch.jobs.absence import look_offline, mount_point_of, why_place_is_away
from nemowatch.jobs.after_book import AfterBook
from nemowatch.jobs.aftercare import Aftercare
from nemowatch.jobs.orders import Action
from nemowatch.jobs.records import Cause, JobSpec, JobState, SourceFile
from nemowatch.jobs.source import ContentMemory, is_version
from nemowatch.outputs import staging
from nemowatch.sandbox.server import Sandbox

PROMPT = "keep only the first 2 seconds"


class Share:
    """A share with a watch folder, and the outputs beside it, that drops and comes back."""

    def __init__(self, bench: Bench) -> None:
        self.root = bench.root / "share"
        self.talks, self.outputs = self.root / "talks", self.root / "talks-output"
        self.spec = bench.add_job(
            PROMPT,
            source=self.talks / "talk.mp4",
            folder=self.talks,
            output_folder=self.outputs / "talk",
        )

    def drop(self) -> None:
        """What stays behind is the empty folder on which it was mounted."""
        self.root.rename(self.root.with_name("away"))
        self.root.mkdir()

    def come_back(self) -> None:
        self.root.rmdir()
        self.root.with_name("away").rename(self.root)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    with Sandbox(tmp_path / "service") as sandbox:
        async with open_bench(tmp_path, sandbox) as bench:
            yield bench


def one_charge(bench: Bench) -> bool:
    ledger = bench.sandbox.ledger()
    return (len(ledger["uploads"]), len(ledger["prompts"])) == (1, 1)


async def test_job_waits_while_its_share_is_away_and_goes_on_when_it_is_back(bench: Bench) -> None:
    share = Share(bench)
    share.drop()
    for _ in range(2):
        record = await bench.run(share.spec)
        assert (record.state, record.is_parked) == (JobState.WAITING, True)
        assert record.stop is not None
        assert (record.stop.cause, record.stop.name) == (Cause.FOLDER, "prepare")
        assert f"The folder {share.talks} is offline" in record.reason
        assert "mount the share again" in record.reason
        await bench.clerk.wake_folder(share.talks)
    assert bench.log(share.spec).count("is offline") == 1
    assert list(share.root.iterdir()) == []
    share.come_back()
    record = await bench.run(share.spec)
    assert record.state == "done", record.reason
    assert one_charge(bench)


SLOWER = [pytest.param(step, marks=pytest.mark.slow) for step in ("download-1", "collect", "deliver-done")]


@pytest.mark.parametrize("step", ["upload", *SLOWER])
async def test_share_that_drops_before_a_step_costs_nothing_twice(bench: Bench, step: str) -> None:
    share = Share(bench)
    bench.rounds.before[step] = share.drop
    record = await bench.run(share.spec)
    assert record.stop is not None, record.reason
    assert (record.state, record.stop.cause, record.stop.name) == (JobState.WAITING, Cause.FOLDER, step)
    assert list(share.root.iterdir()) == [], "nothing is made on the bare mount point"
    share.come_back()
    await bench.clerk.wake_folder(share.talks)
    record = await bench.run(share.spec)
    assert record.state == "done", record.reason
    assert one_charge(bench)
    assert sorted(path.name for path in share.outputs.iterdir()) == ["talk"]
    assert (share.outputs / "talk" / "talk.mp4").exists()


@pytest.mark.slow
async def test_recording_that_can_not_be_read_to_its_end_is_uploaded_when_it_can(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = Share(bench)

    def fail(descriptor: int, count: int, offset: int) -> bytes:
        share.drop()
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as broken:
        broken.setattr(os, "pread", fail)
        record = await bench.run(share.spec)
    assert (record.state, record.stop and record.stop.name) == (JobState.WAITING, "upload")
    share.come_back()
    await bench.clerk.wake_folder(share.talks)
    record = await bench.run(share.spec)
    assert record.state == "done", record.reason
    assert one_charge(bench)


@pytest.mark.slow
async def test_failed_job_keeps_its_reason_while_it_waits_for_the_place_of_its_outputs(bench: Bench) -> None:
    share = Share(bench)
    share.spec.source.path.unlink()
    bench.rounds.before["deliver-failed"] = share.drop
    record = await bench.run(share.spec)
    assert (record.state, record.stop and record.stop.name) == (JobState.WAITING, "deliver-failed")
    share.come_back()
    await bench.clerk.wake_folder(share.talks)
    record = await bench.run(share.spec)
    assert record.state == "failed"
    assert "no longer there" in record.reason


async def test_job_that_is_cancelled_while_its_share_is_away_ends_without_outputs(bench: Bench) -> None:
    share = Share(bench)
    bench.rounds.before["deliver-done"] = share.drop
    await bench.run(share.spec)
    await bench.order(share.spec, Action.CANCEL)
    record = await bench.run(share.spec)
    assert record.state == "cancelled"
    assert "Nothing was delivered" in record.reason
    assert list(share.root.iterdir()) == []


@pytest.mark.slow
async def test_output_disk_that_answers_nothing_is_waited_for(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = bench.add_job(PROMPT)

    def refuse(_: Path) -> None:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    with monkeypatch.context() as stale:
        stale.setattr(staging, "make_folder", refuse)
        record = await bench.run(spec)
    assert (record.state, record.stop and record.stop.cause) == (JobState.WAITING, Cause.FOLDER)
    assert "Stale file handle" in record.reason


async def test_daemon_that_knows_better_why_a_folder_is_offline_is_believed(bench: Bench) -> None:
    share = Share(bench)
    share.spec.source.path.unlink()
    bench.workshop = replace(
        bench.workshop, offline_reason=lambda folder: f"The folder {folder} was replaced by an empty one."
    )
    record = await bench.run(share.spec)
    assert record.state is JobState.WAITING
    assert "replaced by an empty one" in record.reason


async def test_recording_of_a_job_that_is_done_is_taken_away(bench: Bench) -> None:
    spec = bench.add_job(PROMPT, after="move", after_folder=bench.root / "talks-done")
    assert (await bench.run(spec)).state == "done"
    assert AfterBook(bench.database.engine).read(spec.job_id) == "due"
    aftercare = Aftercare(bench.workshop, bench.database.engine, lambda _: ["shorts"])
    await aftercare.look()
    assert (bench.root / "talks-done" / "talk.mp4").exists()
    assert not spec.source.path.exists()


def test_place_of_the_outputs_is_away_when_its_mount_is_gone(tmp_path: Path) -> None:
    spec = _spec(tmp_path)
    assert why_place_is_away(spec, {"mount": str(mount_point_of(tmp_path))}, look_offline) == ""
    reason = why_place_is_away(spec, {"mount": str(tmp_path / "disk")}, look_offline)
    assert str(tmp_path / "disk") in reason


def test_outputs_far_from_an_offline_watch_folder_are_not_thought_away(tmp_path: Path) -> None:
    away = tmp_path / "share" / "talks"
    beside = _spec(tmp_path, folder=away, output_folder=tmp_path / "share" / "out" / "talk")
    assert "offline" in why_place_is_away(beside, None, look_offline)
    assert why_place_is_away(replace(beside, output_folder=tmp_path / "out"), None, look_offline) == ""


def test_folder_that_can_not_be_read_is_offline_and_an_empty_one_is_not(tmp_path: Path) -> None:
    assert look_offline(tmp_path) == ""
    (tmp_path / "file").write_bytes(b"")
    for name in ("missing", "file"):
        assert str(tmp_path / name) in look_offline(tmp_path / name)


def test_content_is_read_once_for_each_version(tmp_path: Path) -> None:
    path, memory = tmp_path / "talk.mp4", ContentMemory()
    path.write_bytes(b"one")
    first, before = memory.sha256_of(path), path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert memory.sha256_of(path) == first, "nothing tells that it is another version, so it was not read"
    path.touch()
    assert memory.sha256_of(path) != first


def test_version_on_a_file_system_without_inodes_is_known_by_size_and_time(tmp_path: Path) -> None:
    path = tmp_path / "talk.mp4"
    path.write_bytes(b"one")
    facts = path.lstat()
    version = SourceFile(path, facts.st_size, facts.st_mtime_ns, facts.st_ino)
    assert is_version(facts, version)
    assert not is_version(facts, replace(version, inode=facts.st_ino + 1))
    assert is_version(facts, replace(version, inode=0))
    assert not is_version(facts, replace(version, inode=0, size_bytes=4))


def _spec(root: Path, **facts: Any) -> JobSpec:
    return JobSpec(
        **{
            "job_id": "1" * 16,
            "rule": "shorts",
            "source": SourceFile(root / "talk.mp4", 1, 1, 1),
            "sha256": "",
            "duration_seconds": None,
            "skill_source": "opusclip",
            "skill_version": "1.0.0",
            "prompts": (PROMPT,),
            "language": "en",
            "deliver": ("video",),
            "output_folder": root / "out" / "talk",
            "priority": 5,
            "queued_at": 0.0,
            **facts,
        }
    )
