"""What lies in a watched folder and is no recording of it: other disks, links out of it, pipes, devices, sockets."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from living_house import LivingHouse, save_sound
from mounts import Disk, Ext4Image, Kind, mounted_disk

pytestmark = pytest.mark.slow

_ZEROS = os.makedev(1, 5)  # /dev/zero, which can be read for ever (Linux, admin-guide/devices.txt)


@pytest.fixture
def inner(own_mounts: None, house: LivingHouse) -> Iterator[Disk]:
    """A disk that is mounted in a subfolder of the watched folder."""
    point = house.watched / "stick"
    point.mkdir()
    with mounted_disk(Kind("ext4", Ext4Image), house.root / "disk", point) as disk:
        yield disk


def make_strange_entries(folder: Path, outside: Path) -> socket.socket:
    """Every kind of entry that is no recording of the folder, under the names of recordings."""
    folder.mkdir(exist_ok=True)
    os.mkfifo(folder / "talk.mp4")
    os.mknod(folder / "zeros.mp4", 0o666 | 0o020000, _ZEROS)
    (folder / "link.wav").symlink_to(outside / "secret.wav")
    (folder / "out").symlink_to(outside, target_is_directory=True)
    (folder / "round").symlink_to(folder, target_is_directory=True)
    (folder / "nowhere.wav").symlink_to(outside / "missing.wav")
    listener = socket.socket(socket.AF_UNIX)
    # The whole path may be too long for a socket's name.
    here = os.open(folder, os.O_RDONLY)
    try:
        listener.bind(f"/proc/self/fd/{here}/socket.mp4")
    finally:
        os.close(here)
    return listener


def test_nothing_but_the_folders_own_regular_files_is_taken_and_nothing_blocks(
    inner: Disk, house: LivingHouse
) -> None:
    outside = house.root / "outside"
    outside.mkdir()
    save_sound(outside / "secret.wav", 1)
    save_sound(inner.point / "stick.wav", 2)
    sockets = [make_strange_entries(house.watched / "before", outside)]
    with house.daemon() as process:
        sockets.append(make_strange_entries(house.watched / "after", outside))
        save_sound(house.watched / "after" / "own.wav", 3)
        house.wait_jobs("own.wav")
        save_sound(inner.point / "later.wav", 4)
        inner.unmount()
        # The subfolder that the disk had hidden is an ordinary one.
        save_sound(inner.point / "hidden.wav", 5)
        house.wait_done("hidden.wav")
        inner.mount()
        save_sound(house.watched / "last.wav", 6)
        house.wait_done("own.wav", "last.wav")
        explained = house.run("explain", str(house.watched / "before" / "talk.mp4"))
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    for listener in sockets:
        listener.close()
    assert house.job_names() == {"own.wav": 1, "hidden.wav": 1, "last.wav": 1}
    assert house.uploads() == {"own.wav": 1, "hidden.wav": 1, "last.wav": 1}
    assert f"another file system is mounted at {inner.point}" in house.log.read_text()
    assert "pipe" in explained.stdout.lower()
