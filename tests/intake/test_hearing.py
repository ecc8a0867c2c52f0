import ctypes
import errno
from pathlib import Path

import pytest
from folder_parts import FullKernel, cut_watches, looked_after, make_deaf
from helpers import async_wait_until
from intake_parts import make_rule
from watchdog.observers import inotify_c

from nemowatch.intake import inotify
from nemowatch.intake.inotify import (
    explain_refusal,
    explain_watches_limit,
    parse_watched_inodes,
    watched_inodes,
)
from nemowatch.intake.records import FolderState

FDINFO = """pos:	0
flags:	02004000
mnt_id:	15
ino:	1051
inotify wd:3 ino:9e7e sdev:800013 mask:800afce ignored_mask:0 fhandle-bytes:8
inotify wd:2 ino:a111 sdev:800013 mask:800afce ignored_mask:0 fhandle-bytes:8
inotify wd:1 ino:6b149 sdev:800013 mask:800afce ignored_mask:0 fhandle-bytes:8
"""


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_watched_inodes_are_read_as_the_kernel_writes_them():
    assert set(parse_watched_inodes(FDINFO)) == {0x9E7E, 0xA111, 0x6B149}
    assert set(parse_watched_inodes("pos:\t0\nflags:\t02\n")) == set()


async def test_own_watches_are_known(folder):
    (folder / "day1").mkdir()
    (folder / "day2").mkdir()
    async with looked_after(make_rule(folder, recursive=True)) as keeper:
        await keeper.scan(folder)
        assert watched_inodes() >= {
            place.stat().st_ino for place in (folder, folder / "day1", folder / "day2")
        }
    assert folder.stat().st_ino not in watched_inodes()


def test_system_that_tells_nothing_of_watches_is_no_error(monkeypatch, tmp_path):
    monkeypatch.setattr(inotify, "_OWN_FILES", tmp_path / "none")
    assert watched_inodes() is None


def test_limits_are_told_with_their_number_and_the_command(monkeypatch, tmp_path):
    (tmp_path / "max_user_watches").write_text("8192\n")
    (tmp_path / "max_user_instances").write_text("4000\n")
    monkeypatch.setattr(inotify, "_LIMITS", tmp_path)
    told = explain_watches_limit()
    assert "only 8192 folders" in told
    assert "`sudo sysctl fs.inotify.max_user_watches=524288`" in told
    assert "/etc/sysctl.d/" in told
    assert "fs.inotify.max_user_instances=8000" in explain_refusal(OSError(errno.EMFILE, "too many"))
    monkeypatch.setattr(inotify, "_LIMITS", tmp_path / "none")
    assert "too few" in explain_watches_limit()
    assert explain_refusal(OSError(errno.EIO, "broken")) == "The system can't watch it: broken."


async def test_canary_is_removed_and_is_no_hint(folder):
    async with looked_after(make_rule(folder)) as keeper:
        await keeper.scan(folder)
        assert keeper.state is FolderState.WATCHED
        (folder / "talk.mp4").write_bytes(b"x")
        await keeper.hears(folder / "talk.mp4")
        assert not any("nemowatch-canary" in hint.path for hint in keeper.hints)
        assert names_in(folder) == ["talk.mp4"]


async def test_canary_that_a_crash_left_is_removed(folder):
    (folder / ".nemowatch-canary-0123").touch()
    async with looked_after(make_rule(folder)) as keeper:
        await keeper.scan(folder)
        assert names_in(folder) == []


async def test_watch_that_went_deaf_is_put_on_anew(folder, told):
    async with looked_after(make_rule(folder)) as keeper:
        await keeper.scan(folder)
        cut_watches(keeper.watcher)
        await keeper.scan(folder, passing=0.1)
        assert keeper.state is FolderState.WATCHED
        (folder / "talk.mp4").write_bytes(b"x")
        await keeper.hears(folder / "talk.mp4")
        assert told == []


async def test_folder_without_events_is_scanned_often_until_they_come(folder, told, monkeypatch):
    async with looked_after(make_rule(folder)) as keeper:
        with monkeypatch.context() as patch:
            make_deaf(patch)
            await keeper.scan(folder, passing=1.0)
            assert keeper.state is FolderState.SCANNED_ONLY
            assert keeper.reason == "No events come from it. It is scanned often meanwhile."
            assert keeper.folders.polled_folders() == (folder,)
            await keeper.scan(folder, passing=1.0)
            assert len(told) == 1
        assert keeper.state is FolderState.SCANNED_ONLY
        keeper.clock.move(300.0)
        await keeper.scan(folder, passing=0.1)
        assert keeper.state is FolderState.WATCHED
        assert keeper.folders.polled_folders() == ()


@pytest.mark.usefixtures("as_ordinary_user")
async def test_folder_that_may_not_be_written_has_no_canary(folder, monkeypatch):
    folder.chmod(0o555)
    make_deaf(monkeypatch)
    async with looked_after(make_rule(folder)) as keeper:
        await keeper.scan(folder)
        assert keeper.state is FolderState.WATCHED


async def test_subfolders_beyond_the_limit_are_noticed_and_the_folder_is_scanned(folder, told, monkeypatch):
    for number in range(5):
        (folder / f"day{number}").mkdir()
    kernel = FullKernel(monkeypatch, room=4)
    async with looked_after(make_rule(folder, recursive=True)) as keeper:
        await keeper.scan(folder)
        assert keeper.state is FolderState.SCANNED_ONLY
        assert "sudo sysctl fs.inotify.max_user_watches=" in keeper.reason
        await keeper.scan(folder)
        assert len(told) == 1
        kernel.room = 100
        await keeper.scan(folder, passing=0.1)
        assert keeper.state is FolderState.WATCHED
        assert watched_inodes() >= {(folder / f"day{number}").stat().st_ino for number in range(5)}


async def test_folder_for_which_there_is_no_watch_at_all_is_scanned(folder, monkeypatch):
    kernel = FullKernel(monkeypatch, room=0)
    async with looked_after(make_rule(folder)) as keeper:
        await keeper.scan(folder)
        assert "sudo sysctl fs.inotify.max_user_watches=" in keeper.reason
        kernel.room = 1
        await keeper.scan(folder)
        assert keeper.state is FolderState.WATCHED


async def test_too_many_watchers_on_the_machine_are_told_and_tried_again(folder, monkeypatch):
    def refuse() -> int:
        ctypes.set_errno(errno.EMFILE)
        return -1

    async with looked_after(make_rule(folder)) as keeper:
        with monkeypatch.context() as patch:
            patch.setattr(inotify_c, "inotify_init", refuse)
            await keeper.scan(folder)
        assert keeper.state is FolderState.SCANNED_ONLY
        assert "sudo sysctl fs.inotify.max_user_instances=" in keeper.reason
        await keeper.scan(folder)
        assert keeper.state is FolderState.WATCHED


async def test_inode_numbers_that_differ_are_no_fault_while_events_come(folder, monkeypatch):
    (folder / "day1").mkdir()
    monkeypatch.setattr("nemowatch.intake.hearing.watched_inodes", lambda: frozenset({1}))
    async with looked_after(make_rule(folder, recursive=True)) as keeper:
        await keeper.scan(folder)
        assert keeper.state is FolderState.WATCHED
        assert names_in(folder / "day1") == []


async def test_lost_events_have_all_watched_folders_scanned_again(folder, tmp_path):
    (tmp_path / "two").mkdir()
    async with looked_after(make_rule(folder, tmp_path / "two", tmp_path / "gone")) as keeper:
        for place in (folder, tmp_path / "two", tmp_path / "gone"):
            await keeper.scan(place)
        watching = keeper.watcher._observer._inotify_fd
        overflow = inotify_c.InotifyEvent(-1, inotify_c.InotifyConstants.IN_Q_OVERFLOW, 0, b"")
        watching.handle_event(overflow)
        watching.handle_event(overflow)
        await async_wait_until(lambda: keeper.folders.has_wanted)
        assert list(keeper.folders._rounds._wanted) == [folder, tmp_path / "two"]
