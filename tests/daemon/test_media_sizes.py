"""Recordings that are really larger than the service takes, through a daemon that is a process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest
from film_makers import save_huge_film, save_raw_film
from helpers import make_video
from living_house import PLENTY, LivingHouse
from worker_eyes import Watch

from nemowatch.jobs.identity import hash_content
from nemowatch.jobs.records import JobState
from nemowatch.sandbox.options import MAX_FILE_BYTES
from nemowatch.sandbox.server import Sandbox

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

RAW_PICTURES = 380
PATIENCE = 300
MOST_WORKER_BYTES = 1_000_000_000
MOST_DAEMON_BYTES = 400_000_000


@pytest.fixture
def house(tmp_path: Path) -> Iterator[LivingHouse]:
    """A house with a service that exports at once and takes 500 MB a file, as the real one does."""
    ready = make_video(tmp_path / "ready.mp4", seconds=1)
    with Sandbox(tmp_path / "service", ready_file=ready, credits=PLENTY) as sandbox:
        yield LivingHouse(tmp_path, sandbox)


def arrived(house: LivingHouse) -> list[tuple[dict[str, Any], Path]]:
    """What the service was sent, in order, with the file that it keeps."""
    kept = {path: path.stat().st_size for path in house.sandbox.folder.rglob("*") if path.is_file()}
    found = []
    for entry in house.sandbox.ledger()["uploads"]:
        (path,) = (path for path, size in kept.items() if size == entry["bytes"])
        assert hash_content(path) == entry["sha256"]
        found.append((entry, path))
    return found


def test_recording_over_the_limit_is_compressed_and_goes_up_under_it(house: LivingHouse) -> None:
    house.write_rules(house.rule())
    huge = save_raw_film(house.watched / "huge.mkv", RAW_PICTURES)
    assert huge.stat().st_size > MAX_FILE_BYTES
    with house.daemon() as daemon, Watch(daemon.pid) as watch:
        house.wait_until(lambda: house.is_done("huge.mkv"), PATIENCE)
    ((upload, path),) = arrived(house)
    assert upload["filename"] == "huge.mp4"
    assert upload["bytes"] < MAX_FILE_BYTES
    with av.open(str(path)) as container:
        pictures = sum(1 for packet in container.demux(video=0) if packet.size)
        assert pictures == RAW_PICTURES
        assert float(container.duration / av.time_base) == pytest.approx(RAW_PICTURES / 25, abs=0.1)
    assert huge.stat().st_size > MAX_FILE_BYTES, "the recording itself is never changed"
    assert house.manifest("huge")["source"]["size_bytes"] == huge.stat().st_size
    assert watch.most_memory < MOST_WORKER_BYTES
    assert watch.most_in_daemon < MOST_DAEMON_BYTES


def test_recording_over_the_limit_is_split_into_parts_of_one_session_in_order(house: LivingHouse) -> None:
    house.write_rules(house.rule(oversize="split"))
    pictures = save_huge_film(house.watched / "huge.mp4", MAX_FILE_BYTES + 20_000_000)
    with house.daemon() as daemon, Watch(daemon.pid) as watch:
        house.wait_until(lambda: house.is_done("huge.mp4"), PATIENCE)
    sent = arrived(house)
    assert [upload["filename"] for upload, _ in sent] == ["huge-part1.mp4", "huge-part2.mp4"]
    assert len({upload["session_id"] for upload, _ in sent}) == 1
    assert all(upload["bytes"] < MAX_FILE_BYTES for upload, _ in sent)
    original = digest_packets(house.watched / "huge.mp4")
    assert len(original) == pictures
    assert [digest for _, path in sent for digest in digest_packets(path)] == original
    assert watch.most_memory < MOST_WORKER_BYTES
    assert watch.most_in_daemon < MOST_DAEMON_BYTES


def digest_packets(path: Path) -> list[int]:
    """What tells each of a film's pictures, as it is coded, from the others."""
    with av.open(str(path)) as container:
        return [hash(bytes(packet)) for packet in container.demux(video=0) if packet.size]


def test_recording_over_the_limit_is_rejected_with_the_ways_out_where_the_rule_says_so(
    house: LivingHouse,
) -> None:
    house.write_rules(house.rule(oversize="reject"))
    save_huge_film(house.watched / "huge.mp4", MAX_FILE_BYTES)
    with house.daemon():
        house.wait_until(lambda: house.states().get("huge.mp4") is JobState.FAILED, 60)
    (job,) = house.jobs()
    for word in ("huge.mp4", "500.0 MB", "compress", "split"):
        assert word in job.reason
    assert house.uploads() == {}
    assert house.sandbox.ledger()["prompts"] == []


def test_small_stretch_of_a_recording_over_the_limit_is_trimmed_and_not_compressed(
    house: LivingHouse,
) -> None:
    house.write_rules(house.rule(trim={"start": "2s", "end": "-1s"}))
    pictures = save_huge_film(house.watched / "huge.mp4", MAX_FILE_BYTES)
    with house.daemon():
        house.wait_until(lambda: house.is_done("huge.mp4"), PATIENCE)
    ((upload, path),) = arrived(house)
    assert upload["bytes"] < MAX_FILE_BYTES
    # Each picture is a key frame: those of the stretch are the very ones of the recording.
    assert digest_packets(path) == digest_packets(house.watched / "huge.mp4")[50 : pictures - 25]


def test_compressed_pictures_show_what_the_recording_shows(house: LivingHouse) -> None:
    house.write_rules(house.rule())
    save_raw_film(house.watched / "huge.avi", RAW_PICTURES)
    before = read_first_picture(house.watched / "huge.avi")
    with house.daemon():
        house.wait_until(lambda: house.is_done("huge.avi"), PATIENCE)
    ((_, path),) = arrived(house)
    after = read_first_picture(path)
    rows, columns = after.shape[:2]
    assert (rows, columns) == before.shape[:2], "there are bits enough for each pixel"
    for at in (columns // 4, columns * 3 // 4):
        for row in (rows // 8, rows * 7 // 8):
            difference = after[row, at].astype(int) - before[row, at].astype(int)
            assert abs(difference).max() <= 6, (row, at)


def read_first_picture(path: Path) -> Any:
    with av.open(str(path)) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")
