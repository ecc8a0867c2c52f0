"""What the daemon's own parts say, and how often, while the disk of the state folder takes nothing."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import FakeClock, async_wait_until
from loguru import logger

from nemowatch.daemon import Daemon, telling
from nemowatch.daemon.bridges import KnownFilesBridge, source_of
from nemowatch.daemon.telling import Teller
from nemowatch.intake.records import FileVersion
from nemowatch.jobs.database import Database
from nemowatch.jobs.errors import DatabaseUnusable
from nemowatch.jobs.known_files import KnownFileBook
from nemowatch.places import StateFolder
from nemowatch.rules.load import load_rules
from nemowatch.standing import Standing, read_standing

FULL = "CREATE TRIGGER full BEFORE {} ON nemowatch_known_files BEGIN SELECT RAISE(FAIL, 'disk is full'); END"
TALK = FileVersion(Path("/talks/talk.mp4"), 1, 2, 3)


@pytest.fixture
def log() -> Iterator[list[str]]:
    """What is logged at INFO and above."""
    lines: list[str] = []
    number = logger.add(lambda message: lines.append(message.record["message"]), level="INFO")
    yield lines
    logger.remove(number)


def fill(database: Database, change: str) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql(FULL.format(change))


async def test_standing_that_can_not_be_written_is_told_once_and_written_when_there_is_room(
    tmp_path: Path, log: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, path, write, tries = FakeClock(), tmp_path / "standing.json", telling.write_standing, 0

    def find_no_room(*_: object) -> None:
        nonlocal tries
        tries += 1
        raise OSError(errno.ENOSPC, "No space left on device")

    teller, standing = Teller(path, clock), Standing("/rules.yaml", (), (), 0)

    async def tell() -> None:
        while True:
            await teller.tell(standing)

    monkeypatch.setattr(telling, "write_standing", find_no_room)
    task = asyncio.create_task(tell())
    for count in (1, 2, 3):
        await async_wait_until(lambda count=count: tries == count)  # type: ignore[misc] -- mypy knows no default here
        await async_wait_until(lambda: any(due > clock.monotonic() for due, _ in clock._sleepers))
        if count == 3:
            monkeypatch.setattr(telling, "write_standing", write)
        clock.move(1.0)
    await async_wait_until(lambda: read_standing(path) == standing)
    task.cancel()
    assert log == [f"{path} can't be written: No space left on device. It is tried again."]


async def test_refusal_that_can_not_be_kept_holds_for_this_run_and_is_no_error(
    tmp_path: Path, log: list[str]
) -> None:
    database, failures = Database(tmp_path / "nemowatch.db"), []
    fill(database, "INSERT")
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: failures.append(context))
    bridge = KnownFilesBridge(KnownFileBook(database), database, FakeClock())
    bridge.remember_refused("shorts", TALK, "It is no film.")
    await async_wait_until(lambda: not bridge._writes)
    assert bridge.is_known("shorts", TALK)
    assert (failures, log) == ([], [])
    database.close()


async def test_start_that_a_full_disk_ends_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "talks").mkdir()
    rules, state = tmp_path / "rules.yaml", StateFolder(tmp_path / "state").create()
    rules.write_text(f"rules: [{{name: shorts, watch: {tmp_path}/talks, prompt: cut it}}]\n")
    database = Database(state.database)
    book = KnownFileBook(database)
    book.write_refusal("shorts", source_of(TALK), "too short", condition="duration: >=10m", now=1.0)
    fill(database, "DELETE")
    database.close()
    with pytest.raises(DatabaseUnusable, match="can't be used: disk is full"):
        await Daemon(load_rules(rules), state).run(once=True)
