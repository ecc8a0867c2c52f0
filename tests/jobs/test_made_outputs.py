"""Clips, stills and the contact sheet that a job makes of what the service gave it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from job_bench import Bench, open_bench

from nemowatch.jobs.orders import Action
from nemowatch.media.errors import BrokenMedia
from nemowatch.media.probe import probe
from nemowatch.rules.rule import Frames
from nemowatch.sandbox.server import Sandbox

TWO_CLIPS = "extract the top 2 viral short clips from this long video"


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    with Sandbox(tmp_path / "service") as sandbox:
        async with open_bench(tmp_path, sandbox) as bench:
            yield bench


def outputs(bench: Bench, kind: str) -> list[dict[str, Any]]:
    return [output for output in bench.manifest()["outputs"] if output["kind"] == kind]


async def test_each_segment_of_the_timeline_becomes_a_clip_with_its_title_and_score(bench: Bench) -> None:
    spec = bench.add_job(TWO_CLIPS, deliver=("video", "clips"))
    record = await bench.run(spec)
    assert (record.state, record.reason) == ("done", "")
    clips = outputs(bench, "clip")
    assert [clip["path"] for clip in clips] == ["clips/talk-01.mp4", "clips/talk-02.mp4"]
    assert all(clip["score"] > 0 and clip["title"] for clip in clips)
    for clip in clips:
        length = clip["end_seconds"] - clip["start_seconds"]
        measured = probe(bench.root / "out" / "talk" / clip["path"]).duration_seconds
        assert measured == pytest.approx(length, abs=0.12)
    assert clips[1]["start_seconds"] == pytest.approx(clips[0]["end_seconds"])
    assert "Cut 2 clips; the service scores clip" in bench.log(spec)


@pytest.mark.slow
async def test_clips_alone_leave_no_whole_video_in_the_folder(bench: Bench) -> None:
    record = await bench.run(bench.add_job(TWO_CLIPS, deliver=("clips",)))
    assert record.state == "done"
    assert bench.files() == [
        "clips/talk-01.mp4",
        "clips/talk-02.mp4",
        "job.json",
        "job.log",
        "timeline.json",
    ]


async def test_stills_stand_at_their_moments(bench: Bench) -> None:
    frames = Frames(every_seconds=1.0, at=(-0.5,), format="jpg")
    spec = bench.add_job("keep only the first 3 seconds", deliver=("frames",), frames=frames)
    assert (await bench.run(spec)).state == "done"
    stills = outputs(bench, "frame")
    assert [still["start_seconds"] for still in stills] == [0.0, 1.0, 2.0, 2.5]
    assert [still["path"] for still in stills] == [
        f"frames/talk-00m0{moment}s.jpg" for moment in ("0.000", "1.000", "2.000", "2.500")
    ]
    assert outputs(bench, "video") == []


@pytest.mark.slow
async def test_contact_sheet_and_thumbnail_come_with_what_is_delivered(bench: Bench) -> None:
    spec = bench.add_job("keep only the first 3 seconds", deliver=("video",), has_overview=True)
    assert (await bench.run(spec)).state == "done"
    assert {"overview.jpg", "thumbnail.jpg"} <= set(bench.files())
    (sheet,), (thumbnail,) = outputs(bench, "overview"), outputs(bench, "thumbnail")
    assert sheet["width"] > thumbnail["width"] > 0
    found = probe(bench.root / "out" / "talk" / "overview.jpg")
    assert (found.width, found.height) == (sheet["width"], sheet["height"])


@pytest.mark.slow
async def test_pictures_that_the_service_made_are_on_the_sheet_too(bench: Bench) -> None:
    prompt = "extract one frame every 2 seconds and save them as images"
    spec = bench.add_job(prompt, deliver=("media",), has_overview=True)
    assert (await bench.run(spec)).state == "done"
    assert {"overview.jpg", "thumbnail.jpg"} <= set(bench.files())


@pytest.mark.slow
async def test_contact_sheet_that_cannot_be_drawn_fails_no_job(bench: Bench) -> None:
    def refuse() -> None:
        raise BrokenMedia("talk.mp4 can't be drawn.")

    bench.media.before["make_overview"] = refuse
    spec = bench.add_job("keep only the first 3 seconds", deliver=("video",), has_overview=True)
    assert (await bench.run(spec)).state == "done"
    assert "overview.jpg" not in bench.files()


async def test_job_whose_clips_cannot_be_cut_delivers_the_video_and_cuts_them_on_retry(bench: Bench) -> None:
    def refuse() -> None:
        raise BrokenMedia("talk.mp4 can't be cut.")

    bench.media.before["cut_clips"] = refuse
    spec = bench.add_job(TWO_CLIPS, deliver=("video", "clips"))
    record = await bench.run(spec)
    assert record.state == "failed"
    assert "can't be cut" in record.reason
    assert bench.files() == ["job.json", "job.log", "talk.mp4", "timeline.json"]
    assert not (await bench.order(spec, Action.RETRY)).is_refused
    assert (await bench.run(spec)).state == "done"
    assert "clips/talk-02.mp4" in bench.files("talk (2)")
    ledger = bench.sandbox.ledger()["totals"]
    assert (ledger["prompts"], ledger["renders"]) == (1, 1)


@pytest.mark.slow
async def test_clips_are_cut_once_more_after_a_crash_in_their_middle(bench: Bench) -> None:
    def crash() -> None:
        raise asyncio.CancelledError

    bench.media.before["cut_clips"] = crash
    spec = bench.add_job(TWO_CLIPS, deliver=("video", "clips"))
    with pytest.raises(asyncio.CancelledError):
        await bench.run(spec)
    assert (await bench.run(spec)).state == "done"
    assert [clip["path"] for clip in outputs(bench, "clip")] == ["clips/talk-01.mp4", "clips/talk-02.mp4"]
    assert bench.sandbox.ledger()["totals"]["renders"] == 1


@pytest.mark.slow
async def test_job_that_is_cancelled_while_clips_are_cut_keeps_the_video(bench: Bench) -> None:
    spec = bench.add_job(TWO_CLIPS, deliver=("video", "clips"))
    bench.media.before["cut_clips"] = lambda: bench.cancel_at_work(spec)
    assert (await bench.run(spec)).state == "cancelled"
    assert bench.files() == ["job.json", "job.log", "talk.mp4", "timeline.json"]


@pytest.mark.slow
async def test_export_that_is_found_again_after_a_crash_still_knows_its_segments(bench: Bench) -> None:
    def crash() -> None:
        raise asyncio.CancelledError

    bench.rounds.before["download-1"] = crash
    spec = bench.add_job(TWO_CLIPS, deliver=("clips",))
    with pytest.raises(asyncio.CancelledError):
        await bench.run(spec)
    kept = bench.rounds.kept[spec.job_id, 1]
    del kept[-1]  # the export's checkpoint: the process ended between the render and the note of it
    assert (await bench.run(spec)).state == "done"
    assert len(outputs(bench, "clip")) == 2
    assert bench.sandbox.ledger()["totals"]["renders"] == 1
