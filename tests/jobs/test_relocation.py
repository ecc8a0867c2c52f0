"""Recordings on their way elsewhere: to two file systems, and cut off at every instant."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from after_bench import CONTENT, Yard, make_trash, names

from nemowatch.jobs import relocation
from nemowatch.jobs.after_book import AfterBook
from nemowatch.jobs.markers import Markers
from nemowatch.jobs.records import JobSpec
from nemowatch.jobs.source import find_source


class Cut(BaseException):
    """Stands for the end of the process: nothing of ours catches it."""


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[Yard]:
    yard = Yard(tmp_path)
    yield yard
    yard.database.close()


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A folder on another file system than `tmp_path`."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


@pytest.fixture
def trash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return make_trash(tmp_path, monkeypatch)


async def test_move_never_overwrites_neither_recordings_nor_prompts(yard: Yard) -> None:
    done = yard.root / "talks-done"
    done.mkdir()
    (done / "talk.mp4").write_bytes(b"older")
    (done / "talk (2).mp4.prompt.txt").write_text("somebody's")
    yard.move()
    await yard.aftercare.look()
    assert (done / "talk.mp4").read_bytes() == b"older"
    assert (done / "talk (2).mp4.prompt.txt").read_text() == "somebody's"
    assert (done / "talk (3).mp4").read_bytes() == CONTENT


async def test_move_to_another_file_system_copies_verifies_and_only_then_removes(
    yard: Yard, elsewhere: Path
) -> None:
    (yard.talks / "talk.mp4.prompt.txt").write_text("shorter\n")
    (yard.talks / "talk.mp4").write_bytes(CONTENT)
    os.utime(yard.talks / "talk.mp4", ns=(1_600_000_000_000_000_000, 1_600_000_000_123_456_789))
    spec = yard.move(elsewhere / "done")
    await yard.aftercare.look()
    assert names(yard.talks) == []
    assert names(elsewhere / "done") == ["talk.mp4", "talk.mp4.prompt.txt"]
    moved = elsewhere / "done" / "talk.mp4"
    assert moved.read_bytes() == CONTENT
    assert moved.stat().st_mtime_ns == spec.source.modified_ns
    assert find_source(spec, yard.store.places_of(spec.job_id)) == moved


async def test_move_waits_while_the_other_file_system_is_full(
    yard: Yard, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = yard.move(elsewhere)
    usage = shutil.disk_usage
    full = usage(elsewhere)._replace(free=10)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    for _ in range(3):
        await yard.aftercare.look()
    assert (yard.after(spec), names(elsewhere)) == ("due", [])
    assert yard.log(spec).count("No space left") == 1
    monkeypatch.setattr(shutil, "disk_usage", usage)
    await yard.aftercare.look()
    assert yard.after(spec) == "due", "what can't be helped is not tried again at every look"
    yard.clock.move(61)
    await yard.aftercare.look()
    assert (elsewhere / "talk.mp4").read_bytes() == CONTENT
    assert yard.after(spec) == "done"


async def test_disk_that_fills_up_under_a_copy_leaves_nothing_behind(
    yard: Yard, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = yard.move(elsewhere)

    def write(descriptor: int, piece: memoryview) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as full:
        full.setattr(relocation.os, "write", write)
        await yard.aftercare.look()
    assert (spec.source.path.exists(), names(elsewhere)) == (True, [])
    yard.clock.move(61)
    await yard.aftercare.look()
    assert yard.after(spec) == "done"


def _cut_at(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, *, behind: bool) -> None:
    """The process ends just before or just behind the first call of a function."""
    real = getattr(owner, name)

    def cut(*args: Any, **kwargs: Any) -> Any:
        if behind:
            real(*args, **kwargs)
        raise Cut

    monkeypatch.setattr(owner, name, cut)


ACTS = [
    (os, "fsync"),
    (os, "write"),
    (Path, "hardlink_to"),
    (Path, "unlink"),
    (Markers, "set"),
    (Markers, "drop"),
    (AfterBook, "finish"),
]
"""Everything that an aftercare does to the disk."""


class Life:
    """A process that ends after so many acts, before the next one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, acts: int) -> None:
        self._left = acts
        for owner, name in ACTS:
            monkeypatch.setattr(owner, name, self._counted(getattr(owner, name)))

    def _counted(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            if self._left == 0:
                raise Cut
            self._left -= 1
            return act(*args, **kwargs)

        return counted


async def live(yard: Yard, acts: int) -> bool:
    """Whether an aftercare comes to its end within so many acts."""
    with pytest.MonkeyPatch.context() as patched:
        Life(patched, acts)
        try:
            await yard.restart().look()
        except Cut:
            return False
    return True


def empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def assert_whole(*folders: Path) -> None:
    files = [path for folder in folders for path in folder.iterdir() if not path.name.startswith(".")]
    contents = [path.read_bytes() for path in files if path.suffix == ".mp4"]
    assert CONTENT in contents, "at each instant the recording is somewhere, whole"
    assert set(contents) == {CONTENT}, "what has its name is whole"


def assert_moved(yard: Yard, spec: JobSpec, target: Path) -> None:
    assert names(yard.talks) == []
    assert names(target) == ["talk.mp4", "talk.mp4.prompt.txt"]
    assert (target / "talk.mp4").read_bytes() == CONTENT
    assert yard.after(spec) == "done"
    assert find_source(spec, yard.store.places_of(spec.job_id)) == target / "talk.mp4"


@pytest.fixture(params=["near", "far"])
def target(request: pytest.FixtureRequest, yard: Yard, elsewhere: Path) -> Path:
    near = yard.root / "talks-done"
    near.mkdir()
    return near if request.param == "near" else elsewhere


async def test_move_that_is_cut_off_after_any_act_is_taken_up_again(yard: Yard, target: Path) -> None:
    for acts in range(100):
        (yard.talks / "talk.mp4").write_bytes(CONTENT)
        (yard.talks / "talk.mp4.prompt.txt").write_text("shorter\n")
        spec = yard.move(target, job_id=f"{acts:016}")
        is_done = await live(yard, acts)
        assert_whole(yard.talks, target)
        await yard.restart().look()
        assert_moved(yard, spec, target)
        if is_done:
            assert acts > 8
            return
        empty(target)
    raise AssertionError("a move has fewer acts than that")


async def test_move_that_is_cut_off_again_and_again_comes_to_its_end(yard: Yard, target: Path) -> None:
    (yard.talks / "talk.mp4.prompt.txt").write_text("shorter\n")
    spec = yard.move(target)
    for acts in range(100):
        is_done = await live(yard, acts)
        assert_whole(yard.talks, target)
        if is_done:
            break
    assert_moved(yard, spec, target)


async def test_restart_in_the_middle_of_a_move_does_not_take_a_new_recording_of_the_same_name(
    yard: Yard, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = yard.move(elsewhere)
    with monkeypatch.context() as patched:
        _cut_at(patched, relocation, "_finish", behind=False)
        with pytest.raises(Cut):
            await yard.aftercare.look()
    spec.source.path.write_bytes(b"a new recording")
    await yard.restart().look()
    assert spec.source.path.read_bytes() == b"a new recording"
    assert (elsewhere / "talk.mp4").read_bytes() == CONTENT
    assert yard.after(spec) == "kept"


async def test_target_that_was_taken_while_the_move_was_cut_off_is_not_overwritten(
    yard: Yard, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = yard.move(elsewhere)
    with monkeypatch.context() as patched:
        _cut_at(patched, relocation, "_link", behind=False)
        with pytest.raises(Cut):
            await yard.aftercare.look()
    (elsewhere / "talk.mp4").write_bytes(b"x" * len(CONTENT))
    await yard.restart().look()
    assert (elsewhere / "talk.mp4").read_bytes() == b"x" * len(CONTENT)
    assert (elsewhere / "talk (2).mp4").read_bytes() == CONTENT
    assert yard.after(spec) == "done"


async def test_trash_that_was_cut_off_is_not_tried_on_what_is_gone(
    yard: Yard, trash: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = yard.done()
    with monkeypatch.context() as patched:
        _cut_at(patched, relocation, "send2trash", behind=True)
        with pytest.raises(Cut):
            await yard.aftercare.look()
    await yard.restart().look()
    assert names(trash) == ["talk.mp4"]
    assert yard.after(spec) == "done"


async def test_file_system_without_hard_links_moves_by_renaming(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    spec = yard.move()
    await yard.aftercare.look()
    assert names(yard.root / "talks-done") == ["talk.mp4"]
    assert yard.after(spec) == "done"


async def test_recording_that_is_replaced_in_the_moment_of_the_move_stays(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = yard.move()
    link = Path.hardlink_to

    def replace_and_link(self: Path, target: Path) -> None:
        newer = yard.talks / "newer"
        newer.write_bytes(b"newer")
        newer.rename(spec.source.path)
        link(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "hardlink_to", replace_and_link)
        await yard.aftercare.look()
    assert spec.source.path.read_bytes() == b"newer"
    assert names(yard.root / "talks-done") == []
    yard.clock.move(61)
    await yard.aftercare.look()
    assert yard.after(spec) == "kept"


async def test_name_that_is_no_utf8_is_moved_as_it_is(yard: Yard, elsewhere: Path) -> None:
    name = os.fsdecode(b"caf\xe9.mp4")
    spec = yard.move(elsewhere, name=name, output_folder=yard.root / "out" / "caf")
    await yard.aftercare.look()
    assert names(elsewhere) == [name]
    assert yard.after(spec) == "done"


async def test_recording_that_was_taken_by_the_user_in_the_middle_of_a_move_is_not_said_to_be_moved(
    yard: Yard, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = yard.move(elsewhere)
    with monkeypatch.context() as patched:
        _cut_at(patched, relocation, "_link", behind=False)
        with pytest.raises(Cut):
            await yard.aftercare.look()
    spec.source.path.unlink()
    await yard.restart().look()
    assert yard.after(spec) == "kept"
    assert "moved to" not in yard.log(spec)
