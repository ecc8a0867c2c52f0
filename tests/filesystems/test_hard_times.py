"""Disks and limits that a daemon lives through: a state folder or outputs without room, outputs that can't be
written, no watches left. Each is told with what helps, and nothing is lost or paid for twice."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from living_house import EXPORT, LivingHouse, save_sound
from test_full_disk_films import SmallDisk

from nemowatch.jobs.records import JobState

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

PATIENCE = 100
"""What a full disk has refused is tried again after thirty seconds."""

MOST = 200

_FEW_WATCHES = (
    "unshare",
    "--user",
    "--map-root-user",
    "sh",
    "-c",
    'echo 3 > /proc/sys/user/max_inotify_watches && exec "$@"',
    "sh",
)
"""Runs a program whose user may watch three folders (user_namespaces(7))."""


@contextmanager
def small_disk(point: Path, megabytes: int) -> Iterator[SmallDisk]:
    """A disk of its own at a place."""
    point.mkdir(mode=0o700, exist_ok=True)
    try:
        yield SmallDisk(point, megabytes)
    finally:
        subprocess.run(["umount", "--lazy", point], capture_output=True, check=False)


def test_state_folder_without_room_is_told_and_what_was_found_meanwhile_is_done_with_room(
    own_mounts: None, house: LivingHouse
) -> None:
    names: list[str] = []

    def is_told() -> bool:
        # Some fit into what SQLite has taken of the disk already, or gives back.
        disk.fill()
        if len(names) < MOST:
            names.append(f"{len(names)}.wav")
            save_sound(house.watched / names[-1], len(names))
        return "database or disk is full" in house.log.read_text()

    # The rule's first look may break off, too, and find them when there is room.
    house.write_rules(house.rule(existing="process"))
    with small_disk(house.state.root, 24) as disk:
        house.state.root.chmod(0o700)
        with house.daemon():
            disk.fill()
            house.wait_until(is_told)
            save_sound(house.watched / "last.wav", 0)
            disk.make_room()
            house.wait_until(lambda: house.is_done(*names, "last.wav"), PATIENCE)
        assert house.uploads() == house.job_names() == dict.fromkeys([*names, "last.wav"], 1)
        assert "Traceback" not in house.log.read_text()


def test_daemon_that_starts_on_a_full_disk_says_so_in_one_line(own_mounts: None, house: LivingHouse) -> None:
    with small_disk(house.state.root, 1) as disk:
        house.state.root.chmod(0o700)
        disk.fill()
        done = house.run("run", "--once")
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert str(house.state.root) in done.stderr.replace("\n", " ")
        disk.make_room()
        assert house.run("run", "--once").returncode == 0


def test_outputs_without_room_make_the_job_wait_until_there_is_some(
    own_mounts: None, house: LivingHouse
) -> None:
    with small_disk(house.root / "outputs", 8) as disk:
        house.write_rules(house.rule(output=str(disk.point / "{stem}")))
        disk.fill()
        save_sound(house.watched / "talk.wav", 1)
        with house.daemon():
            house.wait_until(lambda: house.states().get("talk.wav") is JobState.WAITING, PATIENCE)
            (job,) = house.jobs()
            assert "goes on by itself when there is room" in job.reason
            disk.make_room()
            house.wait_until(lambda: house.is_done("talk.wav"), PATIENCE)
        assert house.uploads() == {"talk.wav": 1}
        assert [path.name for path in disk.point.iterdir()] == ["talk"]


def test_outputs_that_cannot_be_written_are_told_and_retry_pays_for_nothing_again(
    own_mounts: None, house: LivingHouse
) -> None:
    with small_disk(house.root / "outputs", 8) as disk:
        house.write_rules(house.rule(output=str(disk.point / "{stem}")))
        remount(disk.point, "ro")
        save_sound(house.watched / "talk.wav", 1)
        with house.daemon():
            house.wait_until(lambda: house.states().get("talk.wav") is JobState.FAILED, PATIENCE)
            (job,) = house.jobs()
            assert "read-only" in job.reason.lower()
            assert str(disk.point) in job.reason
            remount(disk.point, "rw")
            retried = house.run("jobs", "retry", job.spec.job_id)
            assert retried.returncode == 0, retried.stderr
            house.wait_done("talk.wav")
        assert len(house.sandbox.ledger()["prompts"]) == 0, f"'{EXPORT}' is not asked for"
        assert house.uploads() == {"talk.wav": 1}
        assert [path.name for path in disk.point.iterdir()] == ["talk"]


def test_folders_beyond_what_may_be_watched_are_scanned_and_the_command_that_helps_is_told(
    own_mounts: None, house: LivingHouse
) -> None:
    names = [f"{number}.wav" for number in range(8)]
    for name in names:
        (house.watched / name[0]).mkdir()
    with house.daemon(wrapper=_FEW_WATCHES):
        house.wait_folder("scanned only")
        for seed, name in enumerate(names):
            save_sound(house.watched / name[0] / name, seed)
        house.wait_done(*names)
        standing = house.standing()
        assert standing is not None
        assert "max_user_watches" in standing.folders[0].reason
    assert "sudo sysctl fs.inotify.max_user_watches=" in house.log.read_text()
    assert house.uploads() == house.job_names() == dict.fromkeys(names, 1)


def remount(point: Path, way: str) -> None:
    done = subprocess.run(
        ["mount", "-o", f"remount,{way}", point], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
