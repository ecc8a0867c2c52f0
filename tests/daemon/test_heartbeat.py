"""What the service manager hears of a daemon, from its start to its end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from helpers import FakeClock, async_wait_until
from notify_ear import Ear, listening_at

from nemowatch.daemon.heartbeat import Heartbeat, describe_activity, starting
from nemowatch.intake.records import FolderState, FolderStatus
from nemowatch.jobs.records import JobState
from nemowatch.service.notify import Notifier

TALKS, WEBINARS = Path("/films/talks"), Path("/films/webinars")


class Parts:
    """The parts of a daemon that a heartbeat looks at."""

    def __init__(self, notifier: Notifier) -> None:
        self.clock = FakeClock()
        self.counts: dict[JobState, int] = {}
        self.failure: Exception | None = None
        self.folder_states = {TALKS: FolderState.WATCHED}
        self.rules = SimpleNamespace(around_reload=None, standing=SimpleNamespace(error=""))
        self.around = SimpleNamespace(notifier=notifier, clock=self.clock, rules=self.rules)
        self.store = SimpleNamespace(count_by_state=self.count)
        self.dispatcher = SimpleNamespace(is_paused=False)
        self.intake = SimpleNamespace(folders=self.folders)

    def count(self, *, unended: bool) -> dict[JobState, int]:
        assert unended
        if self.failure:
            raise self.failure
        return self.counts

    def folders(self) -> tuple[FolderStatus, ...]:
        return tuple(FolderStatus(folder, state) for folder, state in self.folder_states.items())


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[Ear]:
    with listening_at(str(tmp_path / "notify"), on_loop=True) as ear:
        yield ear


@pytest.fixture
def parts(tmp_path: Path, ear: Ear) -> Any:
    return Parts(Notifier(str(tmp_path / "notify")))


async def hear_change(parts: Parts, ear: Ear) -> dict[str, str]:
    """The next message, when what is to be told is looked at again."""
    await async_wait_until(lambda: any(due > parts.clock.monotonic() for due, _ in parts.clock._sleepers))
    parts.clock.move(2)
    return await ear.hear_on_loop()


async def test_ready_comes_first_then_each_change_and_stopping_last(parts: Any, ear: Ear) -> None:
    async with Heartbeat(parts):
        assert await ear.hear_on_loop() == {"READY": "1", "STATUS": "no job running, 1 folder watched"}
        parts.counts = {JobState.EDITING: 1, JobState.DONE: 7}
        assert await hear_change(parts, ear) == {"STATUS": "1 job running, 1 folder watched"}
        parts.dispatcher.is_paused = True
        assert await hear_change(parts, ear) == {"STATUS": "paused, 1 job running, 1 folder watched"}
    assert (await ear.hear_on_loop())["STOPPING"] == "1"


@pytest.mark.parametrize(
    ("first", "status"),
    [
        (FolderState.WATCHED, "no job running, 1 folder watched"),
        (FolderState.OFFLINE, "no job running, talks offline"),
        (FolderState.NOT_SCANNED, "no job running, 0 folders watched, 1 not looked through yet"),
    ],
    ids=["watched", "offline", "does not answer"],
)
async def test_ready_waits_for_the_folders_but_not_for_ever_for_one_that_does_not_answer(
    parts: Any, ear: Ear, first: FolderState, status: str
) -> None:
    parts.folder_states = {TALKS: FolderState.NOT_SCANNED}
    async with Heartbeat(parts):
        assert "EXTEND_TIMEOUT_USEC" in await ear.hear_on_loop()
        assert parts.rules.around_reload is None
        parts.clock.move(9.0)
        await async_wait_until(lambda: sum(due > 9.0 for due, _ in parts.clock._sleepers) == 2)
        assert ear.hears_nothing()
        parts.folder_states = {TALKS: first}
        parts.clock.move(0.5 if first is not FolderState.NOT_SCANNED else 60.0)
        heard = await ear.hear_on_loop()
        while "EXTEND_TIMEOUT_USEC" in heard:
            heard = await ear.hear_on_loop()
        assert heard == {"READY": "1", "STATUS": status}


async def test_watchdog_is_fed_twice_in_its_time(tmp_path: Path, ear: Ear) -> None:
    parts: Any = Parts(Notifier(str(tmp_path / "notify"), watchdog_seconds=4))
    async with Heartbeat(parts):
        assert "READY" in await ear.hear_on_loop()
        for _ in range(3):
            assert await ear.hear_on_loop() == {"WATCHDOG": "1"}
            assert ear.hears_nothing()
            parts.clock.move(2)


async def test_reload_ends_with_ready_also_when_the_rules_are_wrong(parts: Any, ear: Ear) -> None:
    async with Heartbeat(parts):
        await ear.hear_on_loop()
        with parts.rules.around_reload():
            assert (await ear.hear_on_loop())["RELOADING"] == "1"
            parts.rules.standing.error = "rules.yaml:3: unknown key"
        ready = await ear.hear_on_loop()
        assert ready["READY"] == "1"
        assert ready["STATUS"].endswith("the rules were changed and are wrong")


async def test_database_that_can_not_be_read_keeps_the_last_counts(parts: Any, ear: Ear) -> None:
    parts.counts = {JobState.QUEUED: 2}
    async with Heartbeat(parts):
        await ear.hear_on_loop()
        parts.failure = OSError("the disk is gone")
        parts.folder_states = {TALKS: FolderState.OFFLINE}
        assert await hear_change(parts, ear) == {"STATUS": "no job running, 2 queued, talks offline"}


async def test_start_asks_for_time_as_long_as_it_goes_on(tmp_path: Path, ear: Ear) -> None:
    clock = FakeClock()
    async with starting(Notifier(str(tmp_path / "notify")), clock):
        for _ in range(3):
            assert await ear.hear_on_loop() == {"EXTEND_TIMEOUT_USEC": "45000000"}
            await async_wait_until(lambda: any(due > clock.monotonic() for due, _ in clock._sleepers))
            clock.move(10)
    assert ear.hears_nothing()


async def test_nothing_is_done_where_no_service_manager_listens() -> None:
    parts: Any = Parts(Notifier())
    parts.failure = AssertionError("nobody is to count")
    async with Heartbeat(parts) as heartbeat:
        assert heartbeat._tasks == []


def test_activity_names_running_queued_and_offline() -> None:
    folders = (FolderStatus(TALKS, FolderState.WATCHED), FolderStatus(WEBINARS, FolderState.OFFLINE))
    counts = {JobState.UPLOADING: 2, JobState.DELIVERING: 1, JobState.QUEUED: 12, JobState.FAILED: 4}
    assert describe_activity(counts, folders) == "3 jobs running, 12 queued, webinars offline"


def test_activity_counts_what_waits_for_people_and_many_offline_folders() -> None:
    folders = [FolderStatus(Path(f"/films/{n}"), FolderState.OFFLINE) for n in range(4)]
    counts = {JobState.HELD: 3, JobState.ATTENTION: 1, JobState.WAITING: 2}
    assert describe_activity(counts, folders) == (
        "no job running, 2 waiting, 3 held, 1 in need of attention, 4 of 4 folders offline"
    )
