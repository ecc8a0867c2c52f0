"""A disk that is full, or fills up, while films are worked on: the job waits, says so, and goes on with room."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from film_makers import save_long_film
from helpers import make_video
from living_house import LivingHouse
from worker_eyes import ENCODES, find_workers

from nemowatch.jobs.records import JobRecord, JobState

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

LONG = 1_000
_PIECE_BYTES = 1024 * 1024
PATIENCE = 120
"""A job that waits for room looks for it every thirty seconds."""


class SmallDisk:
    """A file system in memory with little room, of which more can be taken and given back."""

    def __init__(self, point: Path, megabytes: int) -> None:
        self.point = point
        self._ballast = point / "somebody else's"
        run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(point))

    def fill(self, *, leave: int = 0) -> None:
        """Leave so many bytes free; where that is none, not a page, whoever else writes meanwhile.

        Doing it again takes what others have given back since.
        """
        free = shutil.disk_usage(self.point).free
        with self._ballast.open("ab", buffering=0) as file, suppress(OSError):
            if free > leave:
                os.posix_fallocate(file.fileno(), self._ballast.stat().st_size, free - leave)
            while not leave:
                file.write(bytes(_PIECE_BYTES))

    def make_room(self) -> None:
        self._ballast.unlink()


def run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def small(own_mounts: None, house: LivingHouse) -> Iterator[SmallDisk]:
    """The disk on which the outputs of the house are built."""
    point = house.root / "outputs"
    point.mkdir()
    disk = SmallDisk(point, 1_300)
    yield disk
    subprocess.run(["umount", "--lazy", point], capture_output=True, check=False)


def rule(house: LivingHouse, **keys: object) -> None:
    house.write_rules(house.rule(output=str(house.root / "outputs" / "{stem}"), **keys))


def the_job(house: LivingHouse) -> JobRecord:
    (job,) = house.jobs()
    return job


def wait_waiting(house: LivingHouse) -> None:
    house.wait_until(lambda: [job.state for job in house.jobs()] == [JobState.WAITING], PATIENCE)


def test_film_for_which_there_is_no_room_waits_before_it_is_begun(
    small: SmallDisk, house: LivingHouse
) -> None:
    rule(house, convert=True)
    small.fill()
    with house.daemon() as daemon:
        save_long_film(house.watched / "talk.ts", 60)
        wait_waiting(house)
        reason = the_job(house).reason
        assert "are needed in" in reason
        assert "goes on by itself" in reason
        assert find_workers(daemon.pid, ENCODES) == []
        assert house.uploads() == {}
        small.make_room()
        house.wait_until(lambda: house.is_done("talk.ts"), PATIENCE)
    assert house.uploads() == {"talk.mp4": 1}


def test_disk_that_fills_up_in_the_middle_of_an_encode_makes_the_job_wait(
    small: SmallDisk, house: LivingHouse
) -> None:
    rule(house, convert=True)
    with house.daemon() as daemon:
        save_long_film(house.watched / "talk.ts", LONG)
        house.wait_until(
            lambda: any((job.progress or 0) > 0.02 for job in house.jobs()) and encodes(daemon.pid)
        )
        with held_still(find_workers(daemon.pid, ENCODES)):
            small.fill()
        wait_waiting(house)
        reason = the_job(house).reason
        assert "No space left" in reason
        assert "goes on by itself" in reason
        assert [path for path in small.point.rglob("*.part") if path.is_file()] == []
        small.make_room()
        house.wait_until(lambda: house.is_done("talk.ts"), PATIENCE)
    assert house.uploads() == {"talk.mp4": 1}
    assert sorted(path.name for path in small.point.iterdir()) == ["talk"]


def encodes(daemon: int) -> bool:
    return bool(find_workers(daemon, ENCODES))


@contextmanager
def held_still(workers: list[int]) -> Iterator[None]:
    """Let processes do nothing while the block runs, however long it takes."""
    assert workers
    for worker in workers:
        os.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        for worker in workers:
            os.kill(worker, signal.SIGCONT)


def test_stills_for_which_there_is_no_room_wait_and_nothing_is_paid_or_exported_again(
    small: SmallDisk, house: LivingHouse
) -> None:
    rule(house, deliver=["video", "frames"], frames={"every": "500ms"})
    # Room for the video, but not for what is asked for before stills are begun.
    small.fill(leave=30_000_000)
    with house.daemon():
        make_video(house.watched / "talk.mp4")
        wait_waiting(house)
        assert len(house.sandbox.ledger()["renders"]) == 1
        small.make_room()
        house.wait_until(lambda: house.is_done("talk.mp4"), PATIENCE)
    assert house.uploads() == {"talk.mp4": 1}
    assert len(house.sandbox.ledger()["renders"]) == 1
    assert len(list((small.point / "talk" / "frames").iterdir())) == 2
