"""The worker processes: real ones, that are killed, halted, and given work that breaks."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
import worker_tasks
from helpers import FakeClock, async_wait_until, make_video, wait_until
from worker_tasks import Shape

from nemowatch.media.errors import IncompleteMedia, MediaCrashed, MediaStalled
from nemowatch.media.probe import probe
from nemowatch.media.workers import Workers

_STALL = 5.0
_IDLE = 30.0


@asynccontextmanager
async def opened(*, encodes: int = 1, clock: FakeClock | None = None) -> AsyncIterator[Workers]:
    workers = Workers(encodes=encodes, idle_seconds=_IDLE, stall_seconds=_STALL, clock=clock or FakeClock())
    try:
        yield workers
    finally:
        await workers.close()
    assert not children()


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    async with opened() as workers:
        yield workers


def children() -> list[int]:
    return [child.pid for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def pid_in(note: Path) -> int:
    await async_wait_until(note.exists)
    return read_pid(note)


def read_pid(note: Path) -> int:
    return int(note.read_text())


async def pid_of(workers: Workers, *, is_encode: bool = False) -> int:
    return (await workers.run(worker_tasks.describe_circumstances, is_encode=is_encode)).pid


async def test_file_is_probed_in_another_process(workers, tmp_path):
    film = make_video(tmp_path / "talk.mp4", seconds=1.0)
    assert await workers.run(probe, film) == probe(film)
    assert children() == [await pid_of(workers)]


async def test_values_come_back_as_they_went(workers):
    shape = Shape("ü\udcff", (1.5, float("inf")), Shape("", ()), Path("/films/a\udcfe: b.mp4"))
    assert await workers.run(worker_tasks.turn, shape, times=7) == (shape, 7)


@pytest.mark.parametrize("value", [{"a": 1}, b"bytes", object(), lambda: None])
async def test_value_that_does_not_travel_is_refused_before_it_leaves(workers, value):
    with pytest.raises(TypeError, match="does not travel"):
        await workers.run(worker_tasks.turn, value)
    assert not children()


async def test_typed_error_keeps_its_type_message_and_hint_and_the_worker_stays(workers, tmp_path):
    before = await pid_of(workers)
    with pytest.raises(IncompleteMedia) as raised:
        await workers.run(worker_tasks.raise_incomplete, tmp_path / "talk.mp4")
    assert (raised.value.message, raised.value.hint) == ("talk.mp4 ends too early.", "Wait.")
    assert await pid_of(workers) == before


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.ENOENT])
async def test_system_error_keeps_its_number_and_path(workers, tmp_path, number):
    with pytest.raises(OSError, match=os.strerror(number)) as raised:
        await workers.run(worker_tasks.raise_number, number, tmp_path)
    assert (type(raised.value), raised.value.errno, raised.value.filename) == (
        type(OSError(number, "")),
        number,
        str(tmp_path),
    )


async def test_defect_names_the_file_and_shows_where_it_is(workers, tmp_path):
    with pytest.raises(MediaCrashed, match=r"talk\.mp4 broke: ValueError: nobody thought of") as raised:
        await workers.run(worker_tasks.raise_defect, tmp_path / "talk.mp4")
    assert "raise_defect" in raised.value.__notes__[0]


async def test_work_that_wants_all_memory_is_told_and_the_machine_is_not_asked_for_it(workers, tmp_path):
    with pytest.raises(MediaCrashed, match=r"talk\.mp4 needs more memory"):
        await workers.run(worker_tasks.want_everything, tmp_path / "talk.mp4")


async def test_crash_names_the_file_and_the_signal_and_the_next_work_is_done(workers, tmp_path):
    before = await pid_of(workers)
    with pytest.raises(MediaCrashed, match=r"talk\.mp4 \(SIGSEGV\)") as raised:
        await workers.run(worker_tasks.crash, tmp_path / "talk.mp4")
    assert not raised.value.is_doubtful
    assert await pid_of(workers) != before


async def test_worker_that_is_killed_from_outside_while_it_works_is_told_and_replaced(workers, tmp_path):
    task = asyncio.create_task(workers.run(worker_tasks.report_for_ever, tmp_path / "note"))
    pid = await pid_in(tmp_path / "note")
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(MediaCrashed, match=r"note \(SIGKILL\)") as raised:
        await task
    assert raised.value.is_doubtful
    assert await pid_of(workers) != pid


async def test_worker_that_was_killed_while_it_rested_is_replaced_unnoticed(workers):
    pid = await pid_of(workers)
    os.kill(pid, signal.SIGKILL)
    assert await pid_of(workers) != pid


async def test_worker_that_leaves_by_itself_is_told(workers):
    with pytest.raises(MediaCrashed, match="exit code 3"):
        await workers.run(worker_tasks.leave, 3)


async def test_worker_that_never_starts_ends_the_call(workers, monkeypatch):
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(MediaCrashed, match="No worker could be started"):
        await workers.run(worker_tasks.make_noise)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(FileNotFoundError):
        await workers.run(worker_tasks.make_noise)


async def test_halted_worker_is_ended_when_nothing_was_heard_of_it_for_long_enough(tmp_path):
    clock, shares = FakeClock(), []
    async with opened(clock=clock) as workers:
        task = asyncio.create_task(
            workers.run(worker_tasks.report_for_ever, tmp_path / "talk.mp4", report=shares.append)
        )
        await async_wait_until(lambda: shares)
        pid = await pid_in(tmp_path / "talk.mp4")
        os.kill(pid, signal.SIGSTOP)
        await async_wait_until(lambda: clock.move(1.0) or task.done())
        with pytest.raises(MediaStalled, match=r"talk\.mp4 was ended: nothing was heard of it for 5\.0 s"):
            await task
        assert is_gone(pid)


async def test_worker_that_reports_may_take_as_long_as_it_likes(tmp_path):
    clock, shares = FakeClock(), []
    async with opened(clock=clock) as workers:
        task = asyncio.create_task(
            workers.run(worker_tasks.report_for_ever, tmp_path / "note", report=shares.append)
        )
        for count in range(1, 4):
            await async_wait_until(lambda count=count: len(shares) > count)
            clock.move(_STALL - 1)
        assert not task.done()
        task.cancel()


async def test_worker_is_not_blamed_for_a_time_in_which_this_process_was_halted_too(tmp_path):
    clock = FakeClock()
    async with opened(clock=clock) as workers:
        task = asyncio.create_task(workers.run(worker_tasks.be_silent, tmp_path / "note"))
        pid = await pid_in(tmp_path / "note")
        clock.move(100 * _STALL)
        # The worker's keeper has its turn before this call has gone to another process and back.
        await pid_of(workers)
        assert not task.done()
        assert not is_gone(pid)
        await async_wait_until(lambda: clock.move(1.0) or task.done())
        with pytest.raises(MediaStalled):
            await task


@pytest.mark.parametrize("is_encode", [False, True])
async def test_cancelling_who_waits_ends_the_process_first(workers, tmp_path, is_encode):
    task = asyncio.create_task(
        workers.run(worker_tasks.report_for_ever, tmp_path / "note", is_encode=is_encode)
    )
    pid = await pid_in(tmp_path / "note")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert is_gone(pid)


async def test_cancelling_ends_even_a_halted_process(workers, tmp_path):
    task = asyncio.create_task(workers.run(worker_tasks.be_silent, tmp_path / "note"))
    pid = await pid_in(tmp_path / "note")
    os.kill(pid, signal.SIGSTOP)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert is_gone(pid)


@pytest.mark.parametrize("is_halted", [False, True])
def test_worker_ends_with_a_parent_that_is_killed(tmp_path, is_halted):
    if is_halted and sys.platform != "linux":
        return  # only Linux ends a halted process with its parent
    command = [sys.executable, str(Path(__file__).with_name("worker_parent.py")), str(tmp_path / "note")]
    with subprocess.Popen(command) as parent:
        wait_until((tmp_path / "note").exists)
        pid = read_pid(tmp_path / "note")
        if is_halted:
            os.kill(pid, signal.SIGSTOP)
        parent.kill()
    wait_until(lambda: is_gone(pid))


async def test_ctrl_c_and_a_service_manager_leave_the_worker_to_its_parent(workers):
    pid = await pid_of(workers)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(pid, number)
    assert await pid_of(workers) == pid
    assert os.getpgid(pid) != os.getpgid(0)


async def test_worker_knows_no_secret_of_this_process(workers, monkeypatch):
    monkeypatch.setenv("NEMO_TOKEN", "token-of-mine")
    monkeypatch.setenv("NEMO_CLIENT_ID", "client-of-mine")
    monkeypatch.setenv("MY_WEBHOOK", "https://hook.example/of-mine")
    environment = (await workers.run(worker_tasks.describe_circumstances)).environment
    assert any(line.startswith("PATH=") for line in environment)
    assert "of-mine" not in "".join(environment)


async def test_what_a_library_prints_is_no_answer(workers):
    assert await workers.run(worker_tasks.make_noise) == "from the work"


async def test_progress_is_told_in_order_and_thinned_out(workers):
    shares: list[float] = []
    assert await workers.run(worker_tasks.count_to_one, report=shares.append) == 2001
    assert shares == sorted(shares)
    assert 1 <= len(shares) <= 200


async def test_report_that_breaks_ends_the_work_with_its_error(workers, tmp_path):
    def report(_share: float) -> None:
        raise KeyError("of the caller's own")

    with pytest.raises(KeyError, match="of the caller's own"):
        await workers.run(worker_tasks.report_for_ever, tmp_path / "note", report=report)
    assert not children()


async def test_encodes_leave_the_processor_to_others_and_looks_do_not(workers):
    look = await workers.run(worker_tasks.describe_circumstances)
    encode = await workers.run(worker_tasks.describe_circumstances, is_encode=True)
    assert look.pid != encode.pid
    assert encode.niceness == min(19, look.niceness + 10)
    if sys.platform == "linux":
        assert (look.scheduler, encode.scheduler) == (os.SCHED_OTHER, os.SCHED_BATCH)


async def test_second_encode_waits_for_its_turn_and_says_so_once(tmp_path):
    waits: list[str] = []

    async def tell(name: str) -> None:
        waits.append(name)

    async with opened(encodes=1) as workers:
        first, second = (
            asyncio.create_task(
                workers.run(
                    worker_tasks.report_for_ever,
                    tmp_path / name,
                    is_encode=True,
                    on_wait=lambda name=name: tell(name),
                )
            )
            for name in ("first", "second")
        )
        await pid_in(tmp_path / "first")
        await async_wait_until(lambda: waits)
        assert await pid_of(workers)  # quick looks have places of their own
        assert (waits, (tmp_path / "second").exists()) == (["second"], False)
        first.cancel()
        await pid_in(tmp_path / "second")
        second.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
    assert waits == ["second"]


async def test_more_encodes_are_let_in_when_the_rules_allow_more(tmp_path):
    async with opened(encodes=1) as workers:
        tasks = [
            asyncio.create_task(
                workers.run(worker_tasks.report_for_ever, tmp_path / str(number), is_encode=True)
            )
            for number in range(2)
        ]
        await pid_in(tmp_path / "0")
        workers.follow(2)
        await pid_in(tmp_path / "1")
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_one_that_gave_up_waiting_does_not_keep_the_next_from_its_turn(tmp_path):
    async with opened(encodes=1) as workers:
        first, second, third = (
            asyncio.create_task(workers.run(worker_tasks.report_for_ever, tmp_path / name, is_encode=True))
            for name in ("first", "second", "third")
        )
        await pid_in(tmp_path / "first")
        second.cancel()
        first.cancel()
        await pid_in(tmp_path / "third")
        third.cancel()
        await asyncio.gather(first, second, third, return_exceptions=True)
        assert not (tmp_path / "second").exists()


async def test_worker_is_ready_ahead_of_need_and_goes_when_it_rested_long_enough():
    clock = FakeClock()
    async with opened(clock=clock) as workers:
        workers.warm()
        workers.warm()
        await async_wait_until(children)
        pid = await pid_of(workers)
        workers.warm()
        assert children() == [pid]
        for _ in range(int(_IDLE) - 1):
            clock.move(1.0)
            await asyncio.sleep(0)
        assert children() == [pid]
        await async_wait_until(lambda: clock.move(1.0) or not children())
        assert await pid_of(workers) != pid


async def test_closing_ends_what_goes_on_and_nothing_begins_after_it(tmp_path):
    workers = Workers()
    task = asyncio.create_task(workers.run(worker_tasks.be_silent, tmp_path / "note"))
    pid = await pid_in(tmp_path / "note")
    await workers.close()
    assert is_gone(pid)
    with pytest.raises(MediaCrashed):
        await task
    with pytest.raises(RuntimeError, match="closed"):
        await workers.run(worker_tasks.make_noise)
    workers.warm()
    assert not children()
