"""What goes up in a recording's place, where it is too large, too long or of another kind."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from helpers import make_video
from job_bench import FAST, Bench, open_bench
from media_samples import make_sound

from nemowatch.jobs.identity import hash_content
from nemowatch.jobs.orders import Action
from nemowatch.media.probe import probe
from nemowatch.outputs.staging import staging_folder
from nemowatch.rules.rule import Trim
from nemowatch.sandbox.server import Sandbox

PROMPT = "keep only the first 2 seconds"


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    with Sandbox(tmp_path / "service") as sandbox:
        async with open_bench(tmp_path, sandbox) as bench:
            yield bench


@pytest.fixture(scope="module")
def twelve_seconds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a key frame every other second, so that it can be split."""
    folder = tmp_path_factory.mktemp("recordings")
    return make_video(folder / "talk.mp4", seconds=12, seed=3, key_frame_every=20)


@pytest.fixture
def large(twelve_seconds: Path, tmp_path: Path) -> Path:
    (tmp_path / "talks").mkdir()
    return shutil.copy(twelve_seconds, tmp_path / "talks" / "talk.mp4")


def limit(bench: Bench, recording: Path, share: float = 0.7) -> int:
    """Let the service take no more than a share of the recording; gives the bytes."""
    max_upload_bytes = int(recording.stat().st_size * share)
    settings = replace(FAST, max_upload_bytes=max_upload_bytes)
    bench.workshop = replace(bench.workshop, settings=settings)
    return max_upload_bytes


def uploads(bench: Bench) -> list[dict[str, Any]]:
    return [dict(entry) for entry in bench.sandbox.ledger()["uploads"]]


@pytest.mark.slow
async def test_recording_that_fits_goes_as_it_is(bench: Bench, large: Path) -> None:
    spec = bench.add_job(PROMPT, source=large, oversize="compress")
    assert (await bench.run(spec)).state == "done"
    assert [entry["sha256"] for entry in uploads(bench)] == [hash_content(large)]
    assert not {"compress", "split", "trim", "convert"} & set(bench.media.calls)


async def test_recording_over_the_limit_is_compressed_under_it(bench: Bench, large: Path) -> None:
    most = limit(bench, large)
    spec = bench.add_job(PROMPT, source=large, oversize="compress")
    assert (await bench.run(spec)).state == "done"
    (upload,) = uploads(bench)
    assert upload["bytes"] <= most
    assert "Compressed talk.mp4 from" in bench.log(spec)
    assert bench.files() == ["job.json", "job.log", "talk.mp4", "timeline.json"]


async def test_recording_over_the_limit_is_split_into_parts_that_go_up_in_order(
    bench: Bench, large: Path
) -> None:
    most = limit(bench, large, 0.6)
    spec = bench.add_job("add a title", source=large, oversize="split")
    record = await bench.run(spec)
    assert (record.state, record.reason) == ("done", "")
    sent = uploads(bench)
    assert len(sent) >= 2
    assert [entry["filename"] for entry in sent] == [f"talk-part{n}.mp4" for n in range(1, len(sent) + 1)]
    assert len({entry["session_id"] for entry in sent}) == 1
    assert all(entry["bytes"] <= most for entry in sent)
    video = next(output for output in bench.manifest()["outputs"] if output["kind"] == "video")
    assert video["duration_seconds"] == pytest.approx(12, abs=0.5)


async def test_rule_that_rejects_what_is_too_large_says_how_to_shrink_it(bench: Bench, large: Path) -> None:
    limit(bench, large, 0.01)
    record = await bench.run(bench.add_job(PROMPT, source=large, oversize="reject"))
    assert record.state == "failed"
    assert "the service takes at most" in record.reason
    assert "compress" in record.reason
    assert "split" in record.reason
    assert uploads(bench) == []


async def test_only_the_stretch_that_the_rule_names_goes_up(bench: Bench, large: Path) -> None:
    spec = bench.add_job("add a title", source=large, trim=Trim(2.0, -4.0))
    assert (await bench.run(spec)).state == "done"
    video = next(output for output in bench.manifest()["outputs"] if output["kind"] == "video")
    assert video["duration_seconds"] == pytest.approx(6, abs=0.3)
    assert "Trimmed talk.mp4 to 6.0 s from 2.0 s" in bench.log(spec)


@pytest.mark.slow
async def test_trim_that_leaves_all_of_it_makes_no_new_file(bench: Bench, large: Path) -> None:
    spec = bench.add_job(PROMPT, source=large, trim=Trim(0.0, 60.0))
    assert (await bench.run(spec)).state == "done"
    assert [entry["sha256"] for entry in uploads(bench)] == [hash_content(large)]


async def test_trim_that_leaves_nothing_fails_before_anything_is_sent(bench: Bench, large: Path) -> None:
    record = await bench.run(bench.add_job(PROMPT, source=large, trim=Trim(60.0, None)))
    assert record.state == "failed"
    assert "talk.mp4" in record.reason
    assert bench.sandbox.ledger()["sessions"] == {}


async def test_kind_that_the_service_does_not_take_is_converted(bench: Bench, tmp_path: Path) -> None:
    path = make_sound(tmp_path / "talk.flac", "flac", "flac")
    spec = bench.add_job("add a title", source=path, convert=True, deliver=("media",))
    await bench.run(spec)
    (upload,) = uploads(bench)
    assert upload["filename"] == "talk.m4a"
    assert "Converted talk.flac for the upload" in bench.log(spec)


@pytest.mark.slow
async def test_film_that_only_has_a_name_that_the_service_does_not_take_is_packed_anew(
    bench: Bench, tmp_path: Path
) -> None:
    path = shutil.copy(make_video(tmp_path / "film.mp4"), tmp_path / "talk.m4v")
    spec = bench.add_job("keep only the first 1 second", source=path, convert=True)
    assert (await bench.run(spec)).state == "done"
    assert [entry["filename"] for entry in uploads(bench)] == ["talk.mp4"]
    assert "Packed talk.m4v anew as talk.mp4 (copied)" in bench.log(spec)


async def test_what_was_made_before_a_crash_is_not_made_again(bench: Bench, large: Path) -> None:
    limit(bench, large)
    spec = bench.add_job(PROMPT, source=large, oversize="compress")

    def crash() -> None:
        raise asyncio.CancelledError

    bench.rounds.before["upload"] = crash
    with pytest.raises(asyncio.CancelledError):
        await bench.run(spec)
    assert (await bench.run(spec)).state == "done"
    assert bench.media.calls.count("compress") == 1


@pytest.mark.slow
async def test_what_was_made_and_is_lost_before_the_upload_is_made_again(bench: Bench, large: Path) -> None:
    limit(bench, large)
    spec = bench.add_job(PROMPT, source=large, oversize="compress")
    folder = staging_folder(spec.output_folder, spec.job_id, 1)
    bench.rounds.before["upload"] = lambda: shutil.rmtree(folder / ".work")
    assert (await bench.run(spec)).state == "done"
    assert bench.media.calls.count("compress") == 2
    assert len(uploads(bench)) == 1


@pytest.mark.slow
async def test_recording_that_is_replaced_while_it_is_compressed_is_not_uploaded(
    bench: Bench, large: Path
) -> None:
    limit(bench, large)
    spec = bench.add_job(PROMPT, source=large, oversize="compress")
    bench.media.before["compress"] = lambda: make_video(large, seconds=12, seed=4)
    record = await bench.run(spec)
    assert record.state == "failed"
    assert "written again" in record.reason
    assert uploads(bench) == []


async def test_job_waits_while_there_is_no_room_for_what_is_to_be_made(
    bench: Bench, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(bench, large)
    seen: list[str] = []

    def usage(path: object) -> Usage:
        states = bench.record(spec)
        seen.append(states.state)
        return Usage(10**12, 0, 10 if len(seen) < 3 else 10**11)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    spec = bench.add_job(PROMPT, source=large, oversize="compress")
    assert (await bench.run(spec)).state == "done"
    assert len(seen) == 3
    assert bench.media.calls.count("compress") == 1


@pytest.mark.slow
async def test_cancelled_job_breaks_off_its_encode_and_leaves_no_scraps(bench: Bench, large: Path) -> None:
    limit(bench, large)
    spec = bench.add_job(PROMPT, source=large, oversize="compress")
    bench.media.before["compress"] = lambda: bench.cancel_at_work(spec)
    record = await bench.run(spec)
    assert record.state == "cancelled"
    assert uploads(bench) == []
    assert bench.files() == ["job.json", "job.log"]


@pytest.mark.slow
async def test_refinement_that_starts_over_compresses_and_uploads_the_recording_again(
    bench: Bench, large: Path
) -> None:
    limit(bench, large)
    spec = bench.add_job(PROMPT, source=large, oversize="compress")
    assert (await bench.run(spec)).state == "done"
    bench.sandbox.forget_sessions()
    await bench.order(spec, Action.REFINE, "remove the first 1 second")
    refining = bench.store.read(bench.rounds.waiting[-1][0])
    assert refining is not None
    assert (await bench.run(refining.spec)).state == "attention"
    await bench.order(refining.spec, Action.RETRY)
    record = await bench.run(refining.spec)
    assert (record.state, record.reason) == ("done", "")
    assert bench.media.calls.count("compress") == 2
    assert len({entry["bytes"] for entry in uploads(bench)}) == 1
    assert len(uploads(bench)) == 2


@pytest.mark.slow
async def test_the_upload_is_as_long_as_the_recording(bench: Bench, large: Path) -> None:
    limit(bench, large)
    spec = bench.add_job(PROMPT, source=large, oversize="compress")
    folder = staging_folder(spec.output_folder, spec.job_id, 1)
    lengths: list[float | None] = []
    bench.rounds.before["upload"] = lambda: lengths.append(
        probe(folder / ".work" / "upload" / "talk.mp4").duration_seconds
    )
    assert (await bench.run(spec)).state == "done"
    assert lengths == [pytest.approx(12, abs=0.15)]
