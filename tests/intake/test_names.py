"""Files of every name that a file system lets through: each is taken once, as itself."""

from __future__ import annotations

import concurrent.futures.thread  # noqa: F401  loaded late otherwise, by a user who may not read root's Python
import os
import shutil
import unicodedata
from pathlib import Path

import pytest
from helpers import make_video
from intake_parts import make_rule, started

NAMES = (
    "-rf.mp4",
    "--help .mp4",
    " leading and trailing .mp4",
    "two\nlines.mp4",
    "tab\tand\rreturn.mp4",
    "bell\x07 and \x1b[31mescape\x1b[0m.mp4",
    "turned \u202egpj.mp4",
    "📹 🧑‍🚀 été.mp4",
    "视频.mp4",
    'quote\'s "and" `$(reboot)` ; & | <b> %s {0}.mp4',
    "back\\slash.mp4",
    "*[?]!#.mp4",
    "TALK.MP4",
    "talk.mp4",
    f"{'long' * 62}_x.mp4",
    f"{'é' * 125}.mp4",
    os.fsdecode(b"latin-1 \xe9t\xe9.mp4"),
    os.fsdecode(b"\xff\xfe.mp4"),
)
TWINS = tuple(unicodedata.normalize(form, "été Ångström.mp4") for form in ("NFC", "NFD"))


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def fill(folder: Path, names: tuple[str, ...], recording: Path) -> list[str]:
    """Put a recording of each name there; what the file system made of the names (some know fewer)."""
    for name in names:
        try:
            shutil.copy(recording, folder / name)
        except OSError:
            continue  # no such name here: macOS wants Unicode
    made = names_in(folder)
    assert len(made) >= len(names) // 2
    return made


async def test_recordings_found_by_the_scan_are_each_taken_once_under_their_names(folder, recording):
    made = fill(folder, NAMES, recording)
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        await bench.until(lambda: len(bench.desk.taken) >= len(made))
        await bench.intake.scan_all()
        await bench.pass_time(5.0)
        assert bench.desk.names == made
        assert bench.intake.pending() == ()


async def test_recordings_saved_under_watch_are_each_taken_once_under_their_names(folder, recording):
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        made = fill(folder, NAMES, recording)
        await bench.until(lambda: len(bench.desk.taken) >= len(made))
        await bench.pass_time(5.0)
        assert bench.desk.names == made


async def test_twins_that_differ_in_composition_alone_are_two_recordings(folder, tmp_path):
    first = make_video(tmp_path / "first.mp4", seconds=0.5, seed=1)
    second = make_video(tmp_path / "second.mp4", seconds=0.5, seed=2)
    shutil.copy(first, folder / TWINS[0])
    shutil.copy(second, folder / TWINS[1])
    there = names_in(folder)  # one where the file system takes both for one name
    async with started(make_rule(folder, match=["été*.mp4"])) as bench:
        await bench.intake.scan_all()
        await bench.until(lambda: len(bench.desk.taken) >= len(there))
        await bench.intake.scan_all()
        await bench.pass_time(5.0)
        assert bench.desk.names == there
        assert len({ready.version.inode for ready in bench.desk.taken}) == len(there)


async def test_recordings_in_folders_of_such_names_are_taken(folder, recording):
    for name in ("two\nlines", "-rf", "\x1b[2J", *TWINS, "📹"):
        (folder / name).mkdir(exist_ok=True)
        shutil.copy(recording, folder / name / "talk.mp4")
    there = sorted(str(path) for path in folder.glob("*/talk.mp4"))
    async with started(make_rule(folder, recursive=True)) as bench:
        await bench.intake.scan_all()
        await bench.until(lambda: len(bench.desk.taken) >= len(there))
        await bench.pass_time(5.0)
        assert sorted(str(ready.version.path) for ready in bench.desk.taken) == there


@pytest.mark.usefixtures("as_ordinary_user")
async def test_recording_that_may_not_be_read_is_told_once_and_taken_when_it_may(tmp_path, told):
    path = make_video(tmp_path / "in" / "talk.mp4", seconds=0.5)
    path.chmod(0)
    async with started(make_rule(tmp_path / "in")) as bench:
        for _ in range(20):
            await bench.intake.scan_all()
            await bench.pass_time(30.0, step=5.0)
        [waiting] = bench.intake.pending()
        assert waiting.reason == "it can't be read: Permission denied"
        assert len([message for message in told if "talk.mp4" in message]) == 1
        path.chmod(0o600)
        await bench.pass_time(600.0, step=30.0)
        assert bench.desk.names == ["talk.mp4"]
        assert bench.intake.pending() == ()
