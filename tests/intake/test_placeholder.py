"""Files whose content lies somewhere else."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from intake_parts import NearProber, make_rule

from nemowatch.intake.asking import Asking
from nemowatch.intake.filesystems import FileSystem
from nemowatch.intake.gate import Gate, NotYet
from nemowatch.intake.look import read_version
from nemowatch.intake.placeholder import is_online_only, may_be_online_only

DISK = FileSystem("ext4", is_network=False, is_fuse=False, keeps_inodes=True, mount_point=Path("/"))


def status(size: int, blocks: int, flags: int | None = None) -> SimpleNamespace:
    """What `os.lstat` says; `st_flags` is there on macOS alone."""
    told = SimpleNamespace(st_size=size, st_blocks=blocks)
    if flags is not None:
        told.st_flags = flags
    return told


def test_macos_says_itself_that_a_file_is_online_only() -> None:
    dataless = status(5_000_000, 0, 0x40000000 | 0x20)
    assert may_be_online_only(dataless)
    assert is_online_only(dataless, DISK)


def test_compressed_file_of_macos_is_here_though_it_takes_no_block() -> None:
    assert not is_online_only(status(5_000_000, 0, 0x20), DISK)


def test_file_with_a_size_and_no_block_is_not_on_a_disk_of_this_machine() -> None:
    assert is_online_only(status(5_000_000, 0), DISK)
    assert not is_online_only(status(5_000_000, 8), DISK)


def test_empty_and_tiny_files_need_no_block() -> None:
    assert not is_online_only(status(0, 0), DISK)
    assert not is_online_only(status(600, 0), DISK)


@pytest.mark.parametrize("elsewhere", ["is_network", "is_fuse"])
def test_blocks_say_nothing_on_shares_and_fuse(elsewhere: str) -> None:
    assert not is_online_only(status(5_000_000, 0), replace(DISK, **{elsewhere: True}))


async def test_gate_waits_for_a_file_without_content_and_does_not_open_it(tmp_path, monkeypatch) -> None:
    path = tmp_path / "talk.mp4"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    opened = []
    open_file = os.open
    monkeypatch.setattr(
        os, "open", lambda name, *rest, **more: opened.append(name) or open_file(name, *rest, **more)
    )
    answer = await Gate(NearProber(), Asking()).check(read_version(path), make_rule(tmp_path), tmp_path)
    assert isinstance(answer, NotYet)
    assert answer.reason.startswith("its content is not on this disk (an online-only file of a cloud service")
    assert opened == []
