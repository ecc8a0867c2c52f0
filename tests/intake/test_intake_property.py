"""Whatever happens to files, folders and the daemon: each complete file is taken, and no version of one twice.

Hypothesis makes up sequences of what people, programs and power cuts do. A clock that is moved by hand drives the
intake; the files, folders and events are real.
"""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import sys
import tempfile
import wave
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import pytest
from helpers import FakeClock, async_wait_until
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intake_parts import Memory, NearProber, make_rule

from nemowatch.intake.intake import Intake, Memories
from nemowatch.intake.look import read_version
from nemowatch.intake.records import FileVersion, Ready

# Watchdog warns in a thread of its own where a folder comes back under the name that its watch still knows.
pytestmark = pytest.mark.filterwarnings("ignore:Callback with id:RuntimeWarning")

_SETTLE_SECONDS = 2.0
_PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
_LONG = 600.0
"""More than the longest pause between two looks at a file."""


def make_sound(number: int) -> bytes:
    """A complete recording; all are of one size, so that nothing but their content tells them apart."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8_000)
        file.writeframes(bytes([100 + number]) * 400)
    return buffer.getvalue()


CONTENTS = tuple(make_sound(number) for number in range(6))

folders = st.sampled_from(("one", "two"))
places = st.tuples(folders, st.sampled_from(("a.wav", "b.wav", "sub/c.wav", "sub/deep/d.wav")))
contents = st.sampled_from(CONTENTS)
steps = st.one_of(
    st.tuples(st.just("save"), places, contents),
    st.tuples(st.just("save_by_rename"), places, contents),
    st.tuples(st.just("save_half"), places, contents),
    st.tuples(st.just("write_on"), places),
    st.tuples(st.just("hold_open"), places, contents),
    st.tuples(st.just("close_all")),
    st.tuples(st.just("move"), places, places),
    st.tuples(st.just("copy"), places, places),
    st.tuples(st.just("touch"), places),
    st.tuples(st.just("delete"), places),
    st.tuples(st.just("rename_subfolder"), folders),
    st.tuples(st.just("rename_away"), folders),
    st.tuples(st.just("replace_by_empty"), folders),
    st.tuples(st.just("bring_back"), folders),
    st.tuples(st.just("wait"), st.sampled_from((0.5, 1.0, 3.0))),
    st.tuples(st.just("scan")),
    st.tuples(st.just("restart")),
    st.tuples(st.just("crash")),
    st.tuples(st.just("crash_while_taking")),
)


class Desk:
    """Makes jobs as the real one does: one for each content. What it keeps outlives a crash."""

    def __init__(self) -> None:
        self.memory = Memory()
        self.jobs: set[bytes] = set()
        self.calls: Counter[FileVersion] = Counter()
        self.faults: list[str] = []
        self.cut_off: asyncio.Event | None = None
        """Set by the next file that is being taken, which then gets no further."""
        self.open_files: Sequence[IO[bytes]] = ()
        """What programs have open for writing."""

    async def take(self, ready: Ready) -> None:
        version = ready.version
        content = version.path.read_bytes()
        # An error raised here would be taken for a passing one.
        if content not in CONTENTS:
            self.faults.append(f"{version.path} was taken before it was complete")
        if self.memory.is_known(ready.rule.name, version):
            self.faults.append(f"{version} was taken although it was known")
        # Elsewhere nobody can tell who writes.
        if sys.platform == "linux" and version.inode in {
            os.fstat(file.fileno()).st_ino for file in self.open_files
        }:
            self.faults.append(f"{version.path} was taken while it was open for writing")
        self.calls[version] += 1
        self.jobs.add(content)
        if self.cut_off is not None:
            self.cut_off.set()
            await asyncio.Event().wait()
        self.memory.known.add((ready.rule.name, version))


class Intakes:
    """One intake after the other, with the same durable memory."""

    def __init__(self, root: Path) -> None:
        self.folders = (root / "one", root / "two")
        self.desk = Desk()
        self.clock = FakeClock()
        self.memories = Memories()

    async def start(self) -> None:
        self.intake = Intake(
            [make_rule(*self.folders, recursive=True, settle_seconds=_SETTLE_SECONDS)],
            known=self.desk.memory,
            take=self.desk.take,
            prober=NearProber(),
            clock=self.clock,
            memories=self.memories,
            backlog=1_000,
        )
        await self.intake.start()
        await self.scan()

    async def scan(self) -> None:
        """Look through all folders; a folder whose watch is deaf is given up only when its time has come."""
        scan = asyncio.create_task(self.intake.scan_all())

        def is_over() -> bool:
            self.clock.move(0.1)
            return scan.done()

        await async_wait_until(is_over)
        scan.result()

    async def restart(self) -> None:
        await self.intake.stop()
        await self.start()

    async def crash(self) -> None:
        """Whatever the old one still does on its way out does not count."""
        known = set(self.desk.memory.known)
        await self.intake.stop()
        self.desk.memory.known = known
        await self.start()

    async def crash_while_taking(self) -> None:
        """Crash between the job and the note that its file is known; if nothing is taken soon, just crash."""
        self.desk.cut_off = asyncio.Event()
        for _ in range(round(_SETTLE_SECONDS) + 1):
            self.clock.move(1.0)
            await async_wait_until(lambda: self.has_caught_up() or self.desk.cut_off.is_set())
        await self.crash()
        self.desk.cut_off = None

    async def wait(self, seconds: float) -> None:
        for _ in range(round(seconds / 0.5)):
            self.clock.move(0.5)
            await async_wait_until(self.has_caught_up)

    def has_caught_up(self) -> bool:
        return all(file.seconds_left for file in self.intake.pending())


class Disk:
    """The folders and what is done to them. A folder that is away is written to where it is."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.held: list[IO[bytes]] = []
        for name in ("one", "two"):
            (root / name).mkdir()

    def locate(self, place: tuple[str, str]) -> Path:
        folder, name = place
        path = self.home_of(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def home_of(self, folder: str) -> Path:
        away = self.root / f"{folder} away"
        return away if away.exists() else self.root / folder

    def save(self, place: tuple[str, str], content: bytes) -> None:
        self.locate(place).write_bytes(content)

    def save_by_rename(self, place: tuple[str, str], content: bytes) -> None:
        path = self.locate(place)
        aside = path.with_name(f".{path.name}.tmp")
        aside.write_bytes(content)
        aside.replace(path)

    def save_half(self, place: tuple[str, str], content: bytes) -> None:
        self.locate(place).write_bytes(content[: len(content) // 2])

    def write_on(self, place: tuple[str, str]) -> None:
        path = self.locate(place)
        there = path.read_bytes() if path.exists() else b""
        whole = next((content for content in CONTENTS if there and content.startswith(there)), there)
        with path.open("ab") as file:
            file.write(whole[len(there) :])

    def hold_open(self, place: tuple[str, str], content: bytes) -> None:
        file = self.locate(place).open("wb")
        self.held.append(file)
        file.write(content)
        file.flush()

    def close_all(self) -> None:
        for file in self.held:
            file.close()
        self.held.clear()

    def move(self, place: tuple[str, str], target: tuple[str, str]) -> None:
        if self.locate(place).exists():
            self.locate(place).replace(self.locate(target))

    def copy(self, place: tuple[str, str], target: tuple[str, str]) -> None:
        if self.locate(place).exists() and place != target:
            shutil.copyfile(self.locate(place), self.locate(target))

    def touch(self, place: tuple[str, str]) -> None:
        if self.locate(place).exists():
            self.locate(place).touch()

    def delete(self, place: tuple[str, str]) -> None:
        self.locate(place).unlink(missing_ok=True)

    def rename_subfolder(self, folder: str) -> None:
        """There and back under the two names, so that each is a fresh one to the watch at times."""
        one, other = self.home_of(folder) / "sub", self.home_of(folder) / "another"
        if one.exists() and not other.exists():
            one.rename(other)
        elif other.exists() and not one.exists():
            other.rename(one)

    def rename_away(self, folder: str) -> None:
        home = self.home_of(folder)
        if home == self.root / folder:
            home.rename(self.root / f"{folder} away")

    def replace_by_empty(self, folder: str) -> None:
        self.rename_away(folder)
        (self.root / folder).mkdir(exist_ok=True)

    def bring_back(self, folder: str) -> None:
        home = self.home_of(folder)
        if home != self.root / folder:
            # A rename replaces an empty folder.
            home.replace(self.root / folder)

    def recordings(self) -> dict[Path, bytes]:
        """The complete files."""
        found = {path: path.read_bytes() for path in self.root.rglob("*.wav")}
        return {path: content for path, content in found.items() if content in CONTENTS}


async def play(sequence: Sequence[tuple[Any, ...]], root: Path) -> None:
    """Do all of it, bring everything to rest, and see what was taken."""
    disk, intakes = Disk(root), Intakes(root)
    intakes.desk.open_files = disk.held
    crashes = sum(name.startswith("crash") for name, *_ in sequence)
    await intakes.start()
    try:
        for name, *arguments in sequence:
            await async_wait_until(intakes.has_caught_up)
            if hasattr(disk, name):
                getattr(disk, name)(*arguments)
            else:
                await getattr(intakes, name)(*arguments)
        await come_to_rest(disk, intakes)
        desk = intakes.desk
        assert desk.faults == []
        assert set(disk.recordings().values()) <= desk.jobs
        assert all(desk.memory.is_known("clips", read_version(path)) for path in disk.recordings())
        assert all(times <= 1 + crashes for times in desk.calls.values()), desk.calls
        calls = desk.calls.copy()
        await intakes.restart()
        await intakes.wait(2 * _SETTLE_SECONDS)
        assert desk.calls == calls, "what is known is not taken again"
    finally:
        disk.close_all()
        await intakes.intake.stop()


async def come_to_rest(disk: Disk, intakes: Intakes) -> None:
    """Nobody writes any more, all folders are in their places, and time goes by."""
    disk.close_all()
    for folder in ("one", "two"):
        disk.bring_back(folder)
    await intakes.scan()

    def is_taken() -> bool:
        intakes.clock.move(1.0)
        return all(
            intakes.desk.memory.is_known("clips", version)
            for version in map(read_version, disk.recordings())
            if version is not None
        )

    await async_wait_until(is_taken)
    intakes.clock.move(_LONG)
    await async_wait_until(intakes.has_caught_up)


def play_in_a_folder_of_its_own(sequence: Sequence[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as root:
        asyncio.run(play(sequence, Path(root)))


@given(st.lists(steps, min_size=4, max_size=12))
@settings(_PATIENT, max_examples=5)
def test_each_complete_file_is_taken_and_no_version_twice(sequence: list[tuple[Any, ...]]) -> None:
    play_in_a_folder_of_its_own(sequence)


@pytest.mark.slow
@given(st.lists(steps, min_size=8, max_size=40))
@settings(_PATIENT, max_examples=60)
def test_each_complete_file_is_taken_and_no_version_twice_in_many_long_sequences(
    sequence: list[tuple[Any, ...]],
) -> None:
    play_in_a_folder_of_its_own(sequence)
