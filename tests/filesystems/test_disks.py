"""One contract for every kind of file system under a watch folder; the daemon runs as a process."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from living_house import LivingHouse, save_sound
from mounts import KINDS, Disk, tells_writers

from nemowatch.jobs.records import JobState

pytestmark = pytest.mark.slow


def test_every_way_of_saving_makes_exactly_one_job(disk: Disk, house: LivingHouse) -> None:
    watched = house.watched
    save_sound(watched / "early.wav", 1)
    with house.daemon():
        house.wait_folder("scanned only" if disk.scanned else "watched")
        with held_open(watched / "held.wav", seed=8) as finish:
            save_sound(watched / "saved.wav", 2)
            fresh = watched / "one" / "two"
            fresh.mkdir(parents=True)
            save_sound(fresh / "deep.wav", 3)
            save_sound(watched / "export.wav.tmp", 4).rename(watched / "renamed.wav")
            moved = save_sound(house.root / "elsewhere.wav", 5)
            shutil.move(moved, watched / "moved.wav")
            first = ("early.wav", "saved.wav", "deep.wav", "renamed.wav", "moved.wav")
            house.wait_done(*first)
            # A copy is the content of a job that is done, under another name and inode.
            shutil.copyfile(watched / "saved.wav", fresh / "copy.wav")
            (watched / "renamed.wav").rename(fresh / "renamed again.wav")
            save_sound(watched / "afterwards.wav", 6)
            house.wait_jobs("afterwards.wav")
            # It has been there for longest by far: what would be taken has been.
            assert "held.wav" not in house.job_names()
            finish()
            house.wait_done("held.wav", "afterwards.wav")
    save_sound(watched / "meanwhile.wav", 7)
    with house.daemon():
        house.wait_done("meanwhile.wav")
        expect_once(house, *first, "afterwards.wav", "held.wav", "meanwhile.wav")


def test_disk_that_is_unmounted_is_offline_and_nothing_of_it_is_new_when_it_returns(
    disk: Disk, house: LivingHouse
) -> None:
    near = house.root / "near"
    near.mkdir()
    house.write_rules(house.rule("shorts", house.watched, near, recursive=True))
    save_sound(house.watched / "first.wav", 1)
    (house.watched / "day").mkdir()
    save_sound(house.watched / "day" / "second.wav", 2)
    with house.daemon():
        house.wait_done("first.wav", "second.wav")
        disk.unmount()
        house.wait_folder("offline")
        save_sound(near / "meanwhile.wav", 3)
        house.wait_jobs("meanwhile.wav")
        assert house.folder_state() == "offline", "an empty mount point is no empty folder"
        disk.mount()
        save_sound(house.watched / "third.wav", 4)
        house.wait_folder("scanned only" if disk.scanned else "watched")
        house.wait_done("meanwhile.wav", "third.wav")
        disk.unmount()
        house.wait_folder("offline")
    with house.daemon():
        house.wait_folder("offline")
        # What a recorder saves while nobody notices that its disk is gone is a recording like others.
        save_sound(house.watched / "bare.wav", 5)
        house.wait_done("bare.wav")
        disk.mount()
        save_sound(house.watched / "fourth.wav", 6)
        house.wait_done("fourth.wav")
        expect_once(house, "first.wav", "second.wav", "meanwhile.wav", "third.wav", "bare.wav", "fourth.wav")


@pytest.mark.parametrize(
    "disk", [kind for kind in KINDS if kind.name in {"ext4", "sshfs"}], ids=str, indirect=True
)
def test_jobs_whose_disk_is_gone_wait_for_it(disk: Disk, house: LivingHouse) -> None:
    names = tuple(f"talk{number}.wav" for number in range(4))
    house.write_rules(house.rule(), limits={"jobs": 1, "starts": None})
    for number, name in enumerate(names):
        save_sound(house.watched / name, number)
    with house.daemon() as process:
        house.wait_jobs(*names)
        process.kill()
    assert not house.is_done(*names)
    disk.unmount()
    with house.daemon():
        house.wait_folder("offline")
        house.wait_until(lambda: set(house.states().values()) <= {JobState.WAITING, JobState.DONE})
        assert JobState.WAITING in house.states().values()
        disk.mount()
        house.wait_done(*names)
        expect_once(house, *names)


def expect_once(house: LivingHouse, *names: str) -> None:
    """These recordings, and no others, have a job each and were uploaded once."""
    assert house.job_names() == dict.fromkeys(names, 1)
    assert set(house.states().values()) == {JobState.DONE}
    assert house.uploads() == dict.fromkeys(names, 1)


@contextmanager
def held_open(path: Path, seed: int) -> Iterator[Callable[[], None]]:
    """A recording that another program has not closed yet; gives what makes the program finish it.

    Where nobody can tell who writes, the recording itself must say so: then its end is missing meanwhile.
    """
    is_told = tells_writers(path.parent)
    content = save_sound(path.with_name("held.wav.tmp"), seed).read_bytes()
    path.with_name("held.wav.tmp").unlink()
    there = len(content) if is_told else len(content) // 2
    with path.open("wb") as file:

        def finish() -> None:
            file.write(content[there:])
            file.close()

        file.write(content[:there])
        file.flush()
        yield finish
