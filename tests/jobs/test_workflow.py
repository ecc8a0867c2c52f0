"""A job from its spec to its output folder, against the sandbox; the engine is left out, its checkpoints are not."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from helpers import make_video
from job_bench import FAST, Bench, Step, open_bench
from sqlalchemy.exc import OperationalError

from nemowatch.jobs.identity import hash_content
from nemowatch.jobs.records import JobState
from nemowatch.jobs.store import Changes
from nemowatch.sandbox.server import Sandbox


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    with Sandbox(tmp_path / "service") as sandbox:
        async with open_bench(tmp_path, sandbox) as bench:
            yield bench


async def test_prompt_becomes_a_video_with_timeline_manifest_and_log(bench: Bench) -> None:
    record = await bench.run(bench.add_job("extract the top 2 viral short clips from this long video"))
    assert (record.state, record.reason) == ("done", "")
    assert bench.files() == ["job.json", "job.log", "talk.mp4", "timeline.json"]
    manifest = json.loads((bench.root / "out" / "talk" / "job.json").read_text())
    assert manifest["credits"]["used"] > 0
    assert manifest["session"]["project_link"].startswith("https://web.test/workspace/claim?ct=")
    (video,) = [output for output in manifest["outputs"] if output["kind"] == "video"]
    assert video["sha256"] == hash_content(bench.root / "out" / "talk" / "talk.mp4")
    assert video["duration_seconds"] > 1
    draft = json.loads((bench.root / "out" / "talk" / "timeline.json").read_text())
    assert len(draft["t"][0]["sg"]) == 2


async def test_rule_that_delivers_media_gets_stills_and_no_render(bench: Bench) -> None:
    spec = bench.add_job("extract one frame every 2 seconds and save them as images", deliver=("media",))
    assert (await bench.run(spec)).state == "done"
    stills = [name for name in bench.files() if name.startswith("media/")]
    assert len(stills) == 3
    assert bench.sandbox.ledger()["renders"] == []


async def test_export_between_prompts_makes_its_own_video(bench: Bench) -> None:
    spec = bench.add_job("keep only the first 4 seconds", "export 1080p MP4", "remove the first 2 seconds")
    record = await bench.run(spec)
    assert record.state == "done", record.reason
    assert {"talk.mp4", "talk-2.mp4"} <= set(bench.files())
    lengths = {output.name: output.duration_seconds for output in record.outputs}
    assert lengths["talk.mp4"] == pytest.approx(4, abs=0.2)
    assert lengths["talk-2.mp4"] == pytest.approx(2, abs=0.2)


async def test_question_about_credits_is_answered_and_costs_nothing(bench: Bench) -> None:
    spec = bench.add_job("how many credits are left", "keep only the first 2 seconds")
    assert (await bench.run(spec)).state == "done"
    assert len(bench.sandbox.ledger()["prompts"]) == 1
    assert "Credits: 100 available" in (bench.root / "out" / "talk" / "job.log").read_text()


async def test_prompt_that_changes_nothing_fails_with_what_the_service_said(bench: Bench) -> None:
    record = await bench.run(bench.add_job("tell me who you are"))
    assert record.state == "failed"
    assert "changed nothing" in record.reason
    assert bench.sandbox.ledger()["renders"] == []
    assert bench.files() == ["job.json", "job.log"]
    manifest = json.loads((bench.root / "out" / "talk" / "job.json").read_text())
    assert (manifest["state"], manifest["reason"]) == ("failed", record.reason)


async def test_rule_whose_media_never_came_fails(bench: Bench) -> None:
    record = await bench.run(bench.add_job("keep only the first 2 seconds", deliver=("media",)))
    assert record.state == "failed"
    assert "delivers media" in record.reason


async def test_replay_answers_from_the_checkpoints_and_does_nothing_twice(bench: Bench) -> None:
    spec = bench.add_job("keep only the first 2 seconds")
    await bench.run(spec)
    first = bench.sandbox.ledger()["totals"]
    record = await bench.run(spec)
    assert record.state == "done"
    assert bench.sandbox.ledger()["totals"] == first


async def test_failure_is_replayed_as_the_same_failure(bench: Bench) -> None:
    spec = bench.add_job("tell me who you are")
    first = await bench.run(spec)
    del bench.rounds.kept[spec.job_id, 1][-1]
    bench.store.write(spec.job_id, Changes(JobState.DELIVERING), now=0.0)
    again = await bench.run(spec)
    assert (again.state, again.reason) == ("failed", first.reason)
    assert sorted(path.name for path in (bench.root / "out").iterdir()) == ["talk"]


async def test_second_result_never_overwrites_the_first(bench: Bench) -> None:
    await bench.run(bench.add_job("keep only the first 2 seconds"))
    record = await bench.run(bench.add_job("keep only the first 3 seconds"))
    assert record.state == "done"
    assert sorted(path.name for path in (bench.root / "out").iterdir()) == ["talk", "talk (2)"]


async def test_recording_that_vanished_fails_before_anything_leaves_the_machine(bench: Bench) -> None:
    spec = bench.add_job("keep only the first 2 seconds")
    spec.source.path.unlink()
    record = await bench.run(spec)
    assert record.state == "failed"
    assert "no longer there" in record.reason
    assert "Nothing was paid" in record.reason
    assert bench.sandbox.ledger()["sessions"] == {}


async def test_recording_that_was_renamed_while_it_waited_is_found(bench: Bench) -> None:
    spec = bench.add_job("keep only the first 2 seconds")
    renamed = spec.source.path.rename(bench.root / "talks" / "renamed.mp4")
    # The intake meets it under its new name, and the same content is the same job.
    bench.store.add(replace(spec, source=replace(spec.source, path=renamed)))
    record = await bench.run(spec)
    assert record.state == "done", record.reason
    assert [upload["filename"] for upload in bench.sandbox.ledger()["uploads"]] == ["renamed.mp4"]


async def test_recording_that_was_written_again_fails_and_a_touched_one_does_not(bench: Bench) -> None:
    spec = bench.add_job("keep only the first 2 seconds")
    spec.source.path.touch()
    assert (await bench.run(spec)).state == "done"
    changed = bench.add_job("keep only the first 3 seconds", source=spec.source.path)
    make_video(spec.source.path, seconds=3, seed=5)
    record = await bench.run(changed)
    assert record.state == "failed"
    assert "written again" in record.reason


async def test_recording_replaced_after_a_restart_is_not_uploaded_under_the_old_job(bench: Bench) -> None:
    spec = bench.add_job("keep only the first 2 seconds")
    await bench.run(spec)
    uploads = len(bench.sandbox.ledger()["uploads"])
    again = bench.add_job("keep only the first 3 seconds", source=spec.source.path)
    bench.rounds.kept[again.job_id, 1] = bench.rounds.kept[spec.job_id, 1][:2]
    make_video(spec.source.path, seconds=3, seed=5)
    record = await bench.run(again)
    assert (record.state, "written again" in record.reason) == ("failed", True)
    assert len(bench.sandbox.ledger()["uploads"]) == uploads


@pytest.mark.slow
async def test_music_and_title_that_follow_by_themselves_are_waited_for(bench: Bench) -> None:
    patient = replace(bench.workshop, settings=replace(FAST, still_seconds=3.0))
    bench.workshop = patient
    record = await bench.run(bench.add_job("generate a 3 second video of a sunrise"))
    assert record.state == "done", record.reason
    draft = json.loads((bench.root / "out" / "talk" / "timeline.json").read_text())
    manifest = json.loads((bench.root / "out" / "talk" / "job.json").read_text())
    assert len(draft["t"]) == 3
    assert manifest["timeline"].startswith("Timeline (3 tracks)")


@pytest.mark.slow
async def test_job_waits_while_the_disk_is_full_and_goes_on_by_itself(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = bench.add_job("keep only the first 2 seconds")
    states: list[str] = []

    def full_at_first(target: Path) -> None:
        record = bench.store.read(spec.job_id)
        assert record is not None
        states.append(record.state)
        if len(states) < 3:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("nemowatch.jobs.steps.download._sync", full_at_first)
    record = await bench.run(spec)
    assert record.state == "done", record.reason
    assert states == ["downloading"] * 3
    assert bench.sandbox.ledger()["totals"]["prompts"] == 1


async def test_end_of_a_job_is_written_as_often_as_it_takes(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = bench.add_job("keep only the first 2 seconds")
    write, refused = bench.store.write, []

    def locked_at_first(job_id: str, changes: Changes, *, now: float) -> bool:
        if changes.state == "done" and len(refused) < 3:
            refused.append(changes)
            raise OperationalError("UPDATE", {}, sqlite3.OperationalError("database is locked"))
        return write(job_id, changes, now=now)

    monkeypatch.setattr(bench.store, "write", locked_at_first)
    assert (await bench.run(spec)).state == "done"
    assert len(refused) == 3


async def test_output_that_shrank_after_it_was_checked_is_not_delivered(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = bench.add_job("keep only the first 2 seconds")

    checkpoint_of = bench.rounds.checkpoint_of

    def cut_before_delivery(job_id: str, number: int) -> Any:
        checkpoint = checkpoint_of(job_id, number)

        async def run(name: str, step: Step) -> dict[str, Any]:
            if name == "deliver-done":
                (video,) = (bench.root / "out").glob(".talk.*.partial/talk.mp4")
                os.truncate(video, 0)
            answer: dict[str, Any] = await checkpoint(name, step)
            return answer

        return run

    monkeypatch.setattr(bench.rounds, "checkpoint_of", cut_before_delivery)
    record = await bench.run(spec)
    assert record.state == "failed"
    assert "0 bytes" in record.reason


async def test_recording_over_the_limit_fails_before_the_upload(bench: Bench) -> None:
    settings = replace(FAST, max_upload_bytes=1000)
    bench.workshop = replace(bench.workshop, settings=settings)
    record = await bench.run(bench.add_job("keep only the first 2 seconds"))
    assert record.state == "failed"
    assert "at most 1.0 KB" in record.reason
    assert bench.sandbox.ledger()["uploads"] == []


async def test_output_folder_that_cannot_be_written_fails_with_what_to_do(bench: Bench) -> None:
    (bench.root / "out").write_text("a file in the way")
    record = await bench.run(bench.add_job("keep only the first 2 seconds"))
    assert record.state == "failed"
    assert str(bench.root / "out") in record.reason
    assert record.output_folder is None
    assert bench.sandbox.ledger()["sessions"] == {}


async def test_mistake_of_ours_fails_the_job_and_not_the_daemon(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("nemowatch.jobs.steps.download.verify_delivered", broken)
    record = await bench.run(bench.add_job("keep only the first 2 seconds"))
    assert record.state == "failed"
    assert "mistake in NemoWatch" in record.reason


async def test_job_whose_book_breaks_between_two_steps_is_told_as_failed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> dict[str, Any]:
        raise ZeroDivisionError

    spec = bench.add_job("keep only the first 2 seconds")
    monkeypatch.setattr(bench.rounds, "checkpoint_of", lambda *_: broken)
    record = await bench.run(spec)
    assert record.state == "failed"
    assert "mistake in NemoWatch" in record.reason
