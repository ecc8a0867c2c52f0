"""A disk that does not answer must not keep the daemon from ending."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from helpers import wait_until
from living_house import LivingHouse, save_sound
from mounts import Bindfs, Kind, mounted_disk

pytestmark = pytest.mark.slow


@contextmanager
def hung_disk(point: Path) -> Iterator[None]:
    """A disk that stops answering, and answers again in the end, so that it can be unmounted."""
    server = find_server(point)
    os.kill(server, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server, signal.SIGCONT)


def find_server(point: Path) -> int:
    """The process of bindfs(1) that serves a mount point."""
    found = subprocess.run(
        ["pgrep", "-f", f"^bindfs .* {point}$"], capture_output=True, text=True, check=True
    )
    return int(found.stdout)


def is_stuck(process: int) -> bool:
    """Whether a thread of a process waits for a file system in user space to answer."""
    waits = (path.read_text() for path in Path(f"/proc/{process}/task").glob("*/wchan"))
    return any("fuse" in wait or "request_wait" in wait for wait in waits)


def test_daemon_that_is_told_to_stop_ends_in_time_while_a_disk_hangs(
    own_mounts: None, house: LivingHouse
) -> None:
    with mounted_disk(Kind("bindfs", Bindfs), house.root / "disk", house.watched):
        save_sound(house.watched / "first.wav", 1)
        with house.daemon() as daemon:
            house.wait_done("first.wav")
            with hung_disk(house.watched):
                wait_until(lambda: is_stuck(daemon.pid))
                asked = time.monotonic()
                daemon.terminate()
                assert daemon.wait(15) == 0
                assert time.monotonic() - asked < 10


@pytest.mark.timeout(240)
def test_daemon_starts_beside_a_disk_that_hangs_works_for_the_others_and_takes_it_up_when_it_answers(
    own_mounts: None, house: LivingHouse
) -> None:
    share, beside = house.root / "share", house.root / "beside"
    for folder in (share, beside):
        folder.mkdir()
    rules = (house.rule("shared", share / "talks", existing="process"), house.rule("local", beside))
    house.write_rules(*rules)
    with mounted_disk(Kind("bindfs", Bindfs), house.root / "disk", share) as disk:
        (share / "talks").mkdir()
        save_sound(share / "talks" / "there.wav", 1)
        # Mounted anew, nothing of it is known to the kernel.
        disk.unmount()
        disk.mount()
        with hung_disk(share), house.daemon():
            save_sound(beside / "here.wav", 2)
            house.wait_until(lambda: house.is_done("here.wav"))
            assert f"{share / 'talks'}: The folder is offline. it does not answer" in house.log.read_text()
        with house.daemon():
            house.wait_until(lambda: house.is_done("there.wav"))


@pytest.mark.timeout(240)
def test_disk_that_hangs_for_a_while_is_offline_meanwhile_and_the_others_are_worked_for(
    own_mounts: None, house: LivingHouse
) -> None:
    share, beside = house.root / "share", house.root / "beside"
    for folder in (share, beside):
        folder.mkdir()
    house.write_rules(house.rule("shared", share), house.rule("local", beside))
    with mounted_disk(Kind("bindfs", Bindfs), house.root / "disk", share), house.daemon() as daemon:
        save_sound(share / "first.wav", 1)
        house.wait_done("first.wav")
        with hung_disk(share):
            wait_until(lambda: is_stuck(daemon.pid))
            house.wait_until(lambda: "does not answer" in house.log.read_text())
            save_sound(beside / "here.wav", 2)
            house.wait_until(lambda: house.is_done("here.wav"))
        house.wait_until(lambda: f"The folder {share} is back." in house.log.read_text())
        save_sound(share / "second.wav", 3)
        house.wait_until(lambda: house.is_done("second.wav"))
