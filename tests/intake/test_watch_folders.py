import asyncio
import shutil

import pytest
from folder_parts import cut_watches, looked_after, pretend_mounts
from helpers import async_wait_until
from intake_parts import make_rule

from nemowatch.intake.inotify import watched_inodes
from nemowatch.intake.presence import ForgetfulMemory, Known, look_at_folder
from nemowatch.intake.records import FolderState
from nemowatch.intake.takers import Takers
from nemowatch.intake.watch import Hint

OFFLINE, WATCHED, SCANNED_ONLY = FolderState.OFFLINE, FolderState.WATCHED, FolderState.SCANNED_ONLY
EMPTY = "Another, empty folder stands in its place: is its disk mounted?"


def fill(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def replace_by_empty(folder):
    # Renamed away rather than deleted: a new folder may get a deleted one's inode.
    folder.rename(folder.with_name("away"))
    folder.mkdir()


# Network file systems and polling.


async def test_network_folder_is_scanned_and_not_watched(folder, tmp_path, told, monkeypatch):
    pretend_mounts(monkeypatch, tmp_path / "mounts", (folder, "nfs4", "nas:/films"))
    fill(folder, "talk.mp4")
    async with looked_after(make_rule(folder)) as keeper:
        assert await keeper.scan(folder) == ["talk.mp4"]
        await keeper.scan(folder)
        assert keeper.state is SCANNED_ONLY
        assert "nfs4" in keeper.reason
        assert keeper.folders.polled_folders() == (folder,)
        assert not keeper.watcher.is_alive(folder)
        assert len(told) == 1


async def test_polling_always_scans_every_folder_and_never_watches_even_a_share(
    folder, tmp_path, monkeypatch
):
    pretend_mounts(monkeypatch, tmp_path / "mounts", (folder, "fuse.sshfs", "ann@host:/"))
    async with looked_after(make_rule(folder), polling="always") as keeper:
        await keeper.scan(folder)
        assert "polling: always" in keeper.reason
        assert keeper.folders.polled_folders() == (folder,)
        keeper.folders.follow(Takers([make_rule(folder)]), "never")
        await keeper.scan(folder)
        assert keeper.state is WATCHED
        assert keeper.folders.polled_folders() == ()
        keeper.folders.follow(Takers([make_rule(folder)]), "auto")
        await keeper.scan(folder)
        assert keeper.state is SCANNED_ONLY
        assert not keeper.watcher.is_alive(folder)


async def test_inode_numbers_that_a_share_makes_up_are_left_out(folder, tmp_path, monkeypatch):
    pretend_mounts(monkeypatch, tmp_path / "mounts", (folder, "cifs", "//nas/films"))
    fill(folder, "day1/talk.mp4")
    async with looked_after(make_rule(folder, recursive=True)) as keeper:
        [[version]] = [batch async for batch in keeper.folders.scan(folder)]
        [[again]] = [batch async for batch in keeper.folders.scan_below(folder, folder / "day1")]
        assert version == again
        assert version.inode == 0
        assert not keeper.folders.keeps_inodes(folder)
        pretend_mounts(monkeypatch, tmp_path / "mounts", (folder, "ext4", "/dev/sdz1"))
        await keeper.scan(folder)
        assert keeper.folders.keeps_inodes(folder)


# What is mounted inside.


async def test_disk_mounted_inside_is_left_out_and_told_once(folder, tmp_path, told, monkeypatch):
    fill(folder, "a.mp4", "disk/b.mp4", "own/c.mp4")
    pretend_mounts(
        monkeypatch,
        tmp_path / "mounts",
        (folder / "disk", "ext4", "/dev/sdz1"),
        (folder / "own", "ext4", "/dev/sdz2"),
    )
    async with looked_after(
        make_rule(folder, recursive=True), make_rule(folder / "own", name="own")
    ) as keeper:
        assert await keeper.scan(folder) == ["a.mp4"]
        await keeper.scan(folder)
        assert await keeper.scan(folder / "own") == ["c.mp4"]
        assert [batch async for batch in keeper.folders.scan_below(folder, folder / "disk")] == []
        assert len(told) == 1
        assert told[0].startswith(f"{folder}: another file system is mounted at {folder / 'disk'}, ")
        fill(folder, "disk/new.mp4", "new.mp4")
        await keeper.hears(folder / "new.mp4")
        assert not any(hint.path.startswith(f"{folder}/disk") for hint in keeper.hints)


async def test_no_watch_enters_a_disk_that_is_mounted_inside(folder, tmp_path, monkeypatch):
    fill(folder, "day1/x/a.mp4", "disks/one/b.mp4", "disks/raw/c.mp4")
    mounted = folder / "disks" / "one"
    table = tmp_path / "mounts"
    pretend_mounts(monkeypatch, table, (mounted, "ext4", "/dev/sdz1"))
    async with looked_after(make_rule(folder, recursive=True)) as keeper:
        await keeper.scan(folder)
        assert keeper.state is WATCHED
        assert mounted.stat().st_ino not in watched_inodes()
        fill(folder, "new.mp4", "day1/x/new.mp4", "disks/new.mp4", "disks/raw/new.mp4")
        for name in ("new.mp4", "day1/x/new.mp4", "disks/new.mp4", "disks/raw/new.mp4"):
            await keeper.hears(folder / name)

        (folder / "day2").mkdir()
        [_ async for _ in keeper.folders.scan_below(folder, folder / "day2")]
        assert keeper.folders.has_wanted, "a watch in pieces does not go on to it by itself"
        await keeper.scan(folder)
        fill(folder, "day2/new.mp4")
        await keeper.hears(folder / "day2" / "new.mp4")

        pretend_mounts(monkeypatch, table)
        await keeper.scan(folder)
        assert mounted.stat().st_ino in watched_inodes(), "unmounted, it is a folder like others"


async def test_folder_with_too_many_others_beside_a_mounted_disk_is_scanned(folder, tmp_path, monkeypatch):
    for number in range(60):
        (folder / f"day{number}").mkdir()
    pretend_mounts(monkeypatch, tmp_path / "mounts", (folder / "day7", "ext4", "/dev/sdz1"))
    async with looked_after(make_rule(folder, recursive=True)) as keeper:
        await keeper.scan(folder)
        assert keeper.state is SCANNED_ONLY
        assert "other file systems are mounted inside it" in keeper.reason


# Offline, not empty.


async def test_empty_folder_in_the_place_of_a_full_one_is_offline_until_files_come(folder, told):
    fill(folder, "talk.mp4")
    async with looked_after(make_rule(folder)) as keeper:
        await keeper.scan(folder)
        replace_by_empty(folder)
        assert await keeper.scan(folder) == []
        assert (keeper.state, keeper.reason) == (OFFLINE, EMPTY)
        assert keeper.folders.polled_folders() == (folder,)
        fill(folder, "new.mp4")
        await keeper.hears(folder / "new.mp4")
        assert await keeper.scan(folder) == ["new.mp4"]
        assert keeper.state is WATCHED
        assert keeper.changes == [("in", OFFLINE), ("in", WATCHED)]
        assert told == [f"{folder}: The folder is offline. {EMPTY}", f"The folder {folder} is back."]


async def test_restart_does_not_take_an_empty_mount_point_for_the_disk(folder):
    memory = ForgetfulMemory()
    fill(folder, "talk.mp4")
    async with looked_after(make_rule(folder), memory=memory) as keeper:
        await keeper.scan(folder)
    replace_by_empty(folder)
    async with looked_after(make_rule(folder), memory=memory) as keeper:
        await keeper.scan(folder)
        assert keeper.reason == EMPTY
        shutil.rmtree(folder)
        folder.with_name("away").rename(folder)
        assert await keeper.scan(folder) == ["talk.mp4"]
        assert keeper.state is WATCHED


async def test_disk_without_files_that_is_gone_is_offline_too(folder, tmp_path, monkeypatch):
    memory = ForgetfulMemory()
    pretend_mounts(monkeypatch, tmp_path / "mounts", (folder, "ext4", "/dev/sdz1"))
    async with looked_after(make_rule(folder), memory=memory) as keeper:
        await keeper.scan(folder)
        assert keeper.state is WATCHED
        pretend_mounts(monkeypatch, tmp_path / "mounts")
        await keeper.scan(folder)
        assert keeper.reason == EMPTY


async def test_folder_that_never_had_files_may_be_made_anew(folder):
    async with looked_after(make_rule(folder)) as keeper:
        await keeper.scan(folder)
        replace_by_empty(folder)
        await keeper.scan(folder)
        assert keeper.state is WATCHED


async def test_folder_from_which_all_files_were_moved_is_no_other_folder(folder):
    fill(folder, "talk.mp4")
    memory = ForgetfulMemory()
    async with looked_after(make_rule(folder), memory=memory) as keeper:
        await keeper.scan(folder)
        assert memory.read(folder) == Known(look_at_folder(folder).identity, had_files=True)
        (folder / "talk.mp4").unlink()
        await keeper.scan(folder)
        assert keeper.state is WATCHED
        assert memory.read(folder).had_files is False


@pytest.mark.usefixtures("as_ordinary_user")
async def test_permissions_that_are_lost_make_a_folder_offline_and_a_subfolder_unreadable(folder, told):
    fill(folder, "talk.mp4", "day1/b.mp4")
    async with looked_after(make_rule(folder, recursive=True)) as keeper:
        (folder / "day1").chmod(0)
        assert await keeper.scan(folder) == ["talk.mp4"]
        await keeper.scan(folder)
        assert keeper.state is WATCHED
        assert [message.startswith(f"{folder / 'day1'} can't be read") for message in told] == [True]
        (folder / "day1").chmod(0o755)
        folder.chmod(0)
        try:
            await keeper.scan(folder)
            assert "Permission denied" in keeper.reason
        finally:
            folder.chmod(0o755)


# Quick looks.


async def wanted_after_look(keeper) -> list:
    await keeper.folders.look_at_roots()
    wanted = list(keeper.folders._rounds._wanted)
    keeper.folders._rounds._wanted.clear()
    return wanted


async def test_look_finds_what_is_gone_back_or_another(folder):
    fill(folder, "talk.mp4")
    async with looked_after(make_rule(folder)) as keeper:
        assert await wanted_after_look(keeper) == [], "nothing is looked at that was never scanned"
        await keeper.scan(folder)
        assert await wanted_after_look(keeper) == []
        folder.rename(folder.with_name("away"))
        assert await wanted_after_look(keeper) == [folder]
        await keeper.scan(folder)
        assert await wanted_after_look(keeper) == []
        folder.mkdir()
        assert await wanted_after_look(keeper) == [folder]
        await keeper.scan(folder)
        assert await wanted_after_look(keeper) == []
        fill(folder, "new.mp4")
        assert await wanted_after_look(keeper) == [folder], "it stood empty in the place of another"
        await keeper.scan(folder)
        folder.rename(folder.with_name("other"))
        folder.with_name("away").rename(folder)
        assert await wanted_after_look(keeper) == [folder]


async def test_folder_deleted_and_made_again_is_watched_again_whatever_its_inode(folder):
    async with looked_after(make_rule(folder)) as keeper:
        await keeper.scan(folder)
        folder.rmdir()
        folder.mkdir()
        await async_wait_until(lambda: not keeper.watcher.is_alive(folder))
        assert await wanted_after_look(keeper) == [folder]
        await keeper.scan(folder)
        fill(folder, "talk.mp4")
        await keeper.hears(folder / "talk.mp4")


async def test_folder_unmounted_and_mounted_again_is_watched_again(folder, monkeypatch):
    async with looked_after(make_rule(folder)) as keeper:
        await keeper.scan(folder)
        await wanted_after_look(keeper)
        cut_watches(keeper.watcher)
        monkeypatch.setattr(keeper.folders._rounds._mounts, "has_changed", lambda: True)
        assert await wanted_after_look(keeper) == [folder]
        await keeper.scan(folder)
        fill(folder, "talk.mp4")
        await keeper.hears(folder / "talk.mp4")
        assert await wanted_after_look(keeper) == []


async def test_folder_that_no_rule_watches_any_more_is_not_looked_at(folder, tmp_path):
    async with looked_after(make_rule(folder)) as keeper:
        await keeper.scan(folder)
        keeper.folders.follow(Takers([make_rule(tmp_path / "other")]))
        folder.rmdir()
        assert await wanted_after_look(keeper) == []
        await keeper.scan(tmp_path / "other")
        assert not keeper.watcher.is_alive(folder)


async def test_rounds_have_scanned_at_once_what_changed_one_scan_at_a_time(folder):
    scans: list[tuple] = []
    go_on = asyncio.Event()

    async def scan(folders) -> None:
        scans.append(tuple(folders))
        await go_on.wait()
        await keeper.scan_all(folders)

    async with looked_after(make_rule(folder)) as keeper:
        await keeper.scan(folder)
        running = asyncio.create_task(keeper.folders.run(scan))
        folder.rename(folder.with_name("away"))
        await async_wait_until(lambda: keeper.clock.move(0.5) or scans)
        for _ in range(3):
            keeper.watcher.on_lost()
        assert scans == [(folder,)]
        assert keeper.folders._rounds._wanted
        go_on.set()
        await async_wait_until(lambda: len(scans) == 2 and not keeper.folders.has_wanted)
        folder.with_name("away").rename(folder)
        await async_wait_until(lambda: keeper.clock.move(0.5) or keeper.state is WATCHED)
        assert keeper.changes == [("in", OFFLINE), ("in", WATCHED)]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_new_subfolder_of_a_folder_that_went_away_has_it_scanned(folder):
    async with looked_after(make_rule(folder, recursive=True)) as keeper:
        await keeper.scan(folder)
        folder.rmdir()
        assert [batch async for batch in keeper.folders.scan_below(folder, folder / "day1")] == []
        assert keeper.folders.has_wanted


async def test_hints_of_a_mount_that_came_later_are_dropped_after_the_next_look(
    folder, tmp_path, monkeypatch
):
    (folder / "disk").mkdir()
    async with looked_after(make_rule(folder, recursive=True)) as keeper:
        await keeper.scan(folder)
        await wanted_after_look(keeper)
        pretend_mounts(monkeypatch, tmp_path / "mounts", (folder / "disk", "ext4", "/dev/sdz1"))
        monkeypatch.setattr(keeper.folders._rounds._mounts, "has_changed", lambda: True)
        assert await wanted_after_look(keeper) == []
        fill(folder, "disk/new.mp4", "new.mp4")
        await keeper.hears(folder / "new.mp4")
        assert Hint(str(folder / "disk" / "new.mp4"), False) not in keeper.hints
