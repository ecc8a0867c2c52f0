import asyncio
from contextlib import asynccontextmanager

import pytest
from helpers import async_wait_until

from nemowatch.intake.scan import FolderOffline
from nemowatch.intake.watch import FolderWatcher, Hint


class Listener:
    def __init__(self) -> None:
        self.hints: set[Hint] = set()
        self.calls = 0
        self.watcher = FolderWatcher(self.listen)

    def listen(self, hints) -> None:
        self.calls += 1
        self.hints.update(hints)

    async def hears(self, path, *, is_folder=False) -> None:
        await async_wait_until(lambda: Hint(str(path), is_folder) in self.hints, timeout=10)


@asynccontextmanager
async def listening(folder, *, recursive=False):
    listener = Listener()
    listener.watcher.start(asyncio.get_running_loop())
    try:
        listener.watcher.attach(folder, recursive=recursive)
        yield listener
    finally:
        listener.watcher.stop()


async def test_written_file_is_hinted_at(tmp_path):
    async with listening(tmp_path) as listener:
        (tmp_path / "talk.mp4").write_bytes(b"x")
        await listener.hears(tmp_path / "talk.mp4")


async def test_renamed_file_is_hinted_at_under_its_new_name(tmp_path):
    (tmp_path / "talk.mp4.part").write_bytes(b"x")
    async with listening(tmp_path) as listener:
        (tmp_path / "talk.mp4.part").rename(tmp_path / "talk.mp4")
        await listener.hears(tmp_path / "talk.mp4")


async def test_file_moved_in_from_elsewhere_is_hinted_at(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "talk.mp4").write_bytes(b"x")
    async with listening(tmp_path / "in") as listener:
        (tmp_path / "talk.mp4").rename(tmp_path / "in" / "talk.mp4")
        await listener.hears(tmp_path / "in" / "talk.mp4")


async def test_folder_that_appears_is_hinted_at(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "day1").mkdir()
    async with listening(tmp_path / "in", recursive=True) as listener:
        (tmp_path / "day1").rename(tmp_path / "in" / "day1")
        await listener.hears(tmp_path / "in" / "day1", is_folder=True)
        (tmp_path / "in" / "day1" / "talk.mp4").write_bytes(b"x")
        await listener.hears(tmp_path / "in" / "day1" / "talk.mp4")


async def test_hints_from_a_linked_folder_carry_the_name_in_the_rules(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "in").symlink_to(tmp_path / "disk")
    async with listening(tmp_path / "in") as listener:
        (tmp_path / "disk" / "talk.mp4").write_bytes(b"x")
        await listener.hears(tmp_path / "in" / "talk.mp4")


async def test_nothing_is_heard_from_behind_a_link_in_the_folder(tmp_path):
    (tmp_path / "private").mkdir()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link").symlink_to(tmp_path / "private")
    async with listening(tmp_path / "in", recursive=True) as listener:
        (tmp_path / "private" / "secret.mp4").write_bytes(b"x")
        (tmp_path / "in" / "talk.mp4").write_bytes(b"x")
        await listener.hears(tmp_path / "in" / "talk.mp4")
        assert not any("secret" in hint.path for hint in listener.hints)


async def test_burst_of_events_wakes_the_loop_once(tmp_path):
    async with listening(tmp_path) as listener:
        for number in range(300):
            (tmp_path / f"{number}.mp4").write_bytes(b"x")
        # The loop was not let go of meanwhile, so all that arrived since is one call.
        await async_wait_until(lambda: len(listener.hints) == 300, timeout=10)
        assert listener.calls < 150


async def test_missing_folder_is_offline_and_is_watched_when_it_is_there(tmp_path):
    folder = tmp_path / "later"
    async with listening(tmp_path) as listener:
        with pytest.raises(FolderOffline):
            listener.watcher.attach(folder, recursive=False)
        folder.mkdir()
        listener.watcher.attach(folder, recursive=False)
        (folder / "talk.mp4").write_bytes(b"x")
        await listener.hears(folder / "talk.mp4")


async def test_folder_made_anew_is_watched_again(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    async with listening(folder) as listener:
        folder.rename(tmp_path / "old")
        folder.mkdir()
        listener.watcher.attach(folder, recursive=False)
        (folder / "talk.mp4").write_bytes(b"x")
        await listener.hears(folder / "talk.mp4")


async def test_deleted_and_recreated_folder_is_watched_again(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    async with listening(folder) as listener:
        folder.rmdir()
        with pytest.raises(FolderOffline):
            listener.watcher.attach(folder, recursive=False)
        folder.mkdir()
        listener.watcher.attach(folder, recursive=False)
        (folder / "talk.mp4").write_bytes(b"x")
        await listener.hears(folder / "talk.mp4")


async def test_attaching_again_changes_nothing(tmp_path):
    async with listening(tmp_path) as listener:
        before = listener.watcher._attachments[tmp_path]
        listener.watcher.attach(tmp_path, recursive=False)
        assert listener.watcher._attachments[tmp_path] is before
