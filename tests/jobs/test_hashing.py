"""The hashes of recordings: read once, never in each other's way, given up at once."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from helpers import async_wait_until

from nemowatch.jobs import hashing
from nemowatch.jobs.hashing import ChangedMeanwhile, ContentHashes
from nemowatch.jobs.identity import ReadingStopped, hash_content, make_job_id
from nemowatch.jobs.records import SourceFile


@pytest.fixture
def hashes() -> Iterator[ContentHashes]:
    hashes = ContentHashes(large_bytes=1000)
    yield hashes
    hashes.close()


def source_of(path: Path) -> SourceFile:
    facts = path.lstat()
    return SourceFile(path, facts.st_size, facts.st_mtime_ns, facts.st_ino)


def save(path: Path, content: bytes) -> SourceFile:
    path.write_bytes(content)
    return source_of(path)


@pytest.fixture
def disk() -> threading.Event:
    """Whether the disk answers."""
    disk = threading.Event()
    disk.set()
    return disk


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch, disk: threading.Event) -> list[Path]:
    """Every file that is read, each time it is."""
    paths: list[Path] = []

    def watched(path: Path, is_stopped: Callable[[], bool]) -> str:
        paths.append(path)
        assert disk.wait(20)
        return hash_content(path, is_stopped)

    monkeypatch.setattr(hashing, "hash_content", watched)
    return paths


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (1 << 20) + 1])
async def test_hash_is_that_of_the_content(tmp_path: Path, hashes: ContentHashes, size: int) -> None:
    content = os.urandom(size)
    source = save(tmp_path / "talk.mp4", content)
    assert await hashes.sha256_of(source) == hashlib.sha256(content).hexdigest()


async def test_version_is_read_once_for_all_rules(
    tmp_path: Path, hashes: ContentHashes, reads: list[Path]
) -> None:
    source = save(tmp_path / "talk.mp4", b"frames")
    await asyncio.gather(*(hashes.sha256_of(source) for _ in range(5)))
    await hashes.sha256_of(source)
    assert reads == [source.path]


async def test_new_version_is_read_anew(tmp_path: Path, hashes: ContentHashes) -> None:
    first = await hashes.sha256_of(save(tmp_path / "talk.mp4", b"frames"))
    assert await hashes.sha256_of(save(tmp_path / "talk.mp4", b"more frames")) != first


async def test_version_that_is_gone_is_not_taken_for_what_lies_there_now(
    tmp_path: Path, hashes: ContentHashes
) -> None:
    old = save(tmp_path / "talk.mp4", b"frames")
    save(tmp_path / "talk.mp4", b"more frames")
    with pytest.raises(ChangedMeanwhile):
        await hashes.sha256_of(old)
    (tmp_path / "talk.mp4").unlink()
    with pytest.raises(FileNotFoundError):
        await hashes.sha256_of(old)


async def test_file_that_could_not_be_read_is_tried_again(tmp_path: Path, hashes: ContentHashes) -> None:
    source = save(tmp_path / "talk.mp4", b"frames")
    hidden = source.path.rename(tmp_path / "elsewhere")
    with pytest.raises(FileNotFoundError):
        await hashes.sha256_of(source)
    hidden.rename(source.path)
    assert await hashes.sha256_of(source_of(source.path)) == hashlib.sha256(b"frames").hexdigest()


async def test_large_file_on_a_slow_disk_holds_up_no_small_one(tmp_path: Path, hashes: ContentHashes) -> None:
    slow = tmp_path / "slow.mp4"
    os.mkfifo(slow)  # opening it waits until somebody writes
    stuck = asyncio.create_task(hashes.sha256_of(SourceFile(slow, 5000, 1, 1)))
    small = save(tmp_path / "talk.mp4", b"frames")
    async with asyncio.timeout(20):
        assert await hashes.sha256_of(small) == hashlib.sha256(b"frames").hexdigest()
    assert not stuck.done()
    slow.write_bytes(b"")
    with pytest.raises(ChangedMeanwhile):
        await stuck


async def test_one_that_gives_up_does_not_take_the_answer_from_the_others(
    tmp_path: Path, hashes: ContentHashes, reads: list[Path], disk: threading.Event
) -> None:
    disk.clear()
    source = save(tmp_path / "talk.mp4", b"frames")
    first, second = (asyncio.create_task(hashes.sha256_of(source)) for _ in range(2))
    await async_wait_until(lambda: reads)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    disk.set()
    assert await second == hashlib.sha256(b"frames").hexdigest()
    assert reads == [source.path]


async def test_reading_is_given_up_when_the_daemon_stops(
    tmp_path: Path, reads: list[Path], disk: threading.Event
) -> None:
    hashes = ContentHashes()
    disk.clear()
    waiting = asyncio.create_task(hashes.sha256_of(save(tmp_path / "talk.mp4", b"frames")))
    await async_wait_until(lambda: reads)
    hashes.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    disk.set()


def test_reading_stops_between_two_pieces(tmp_path: Path) -> None:
    path = tmp_path / "talk.mp4"
    path.write_bytes(bytes(3 << 20))
    answers = iter([False, False, True])
    with pytest.raises(ReadingStopped):
        hash_content(path, lambda: next(answers))
    assert next(answers, None) is None


def test_jobs_of_one_content_in_two_places_have_ids_of_their_own() -> None:
    ids = {
        make_job_id("shorts", "0" * 64, attempt, place=place)
        for attempt in (1, 2)
        for place in ("", "/r/a", "/r/b")
    }
    assert len(ids) == 6
