"""Who is told of what, when and how often; that nothing is lost, and that nothing that breaks hurts."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import async_wait_until
from loguru import logger
from notice_receiver import Receiver
from telling_house import TellingHouse

from nemowatch.jobs.outbox import Change, Outbox
from nemowatch.jobs.records import DeliveredFile, JobState
from nemowatch.rules.rule import Hook, Notify

TELL_OF_HOOK = """\
import json, os, sys
seen = {name: value for name, value in os.environ.items() if name.startswith("NEMO")}
facts = json.load(sys.stdin)
with open(sys.argv[1], "a") as file:
    file.write(json.dumps({"arguments": sys.argv[2:], "environment": seen, "facts": facts}) + "\\n")
print("published")
"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[TellingHouse]:
    house = TellingHouse(tmp_path)
    yield house
    house.database.close()


@pytest.fixture
def log() -> Iterator[list[str]]:
    """What is logged at INFO and above."""
    lines: list[str] = []
    number = logger.add(lambda message: lines.append(message.record["message"]), level="INFO")
    yield lines
    logger.remove(number)


def notify(receiver: Receiver, *events: str, pause: float = 60.0) -> tuple[Notify, ...]:
    return (Notify((receiver.address,), events or ("failed", "attention", "daemon"), pause),)  # type: ignore[arg-type] -- words of the rules


async def test_failed_job_is_told_and_one_that_nobody_asked_about_is_not(
    house: TellingHouse, receiver: Receiver
) -> None:
    house.notices = notify(receiver, "failed")
    async with house.telling():
        house.end_job(JobState.DONE)
        house.end_job(JobState.FAILED, "The service refuses it.")
        await house.move_until(lambda: receiver.messages)
        await async_wait_until(lambda: house.waiting() == 0)
    (message,) = receiver.messages
    assert message["title"].endswith(": 1 failed")
    assert message["message"] == "failed: talk1.mp4 (rule shorts)\nThe service refuses it."


@pytest.mark.parametrize("count", [40, pytest.param(500, marks=pytest.mark.slow)])
async def test_however_many_failures_are_one_message(
    house: TellingHouse, receiver: Receiver, count: int
) -> None:
    house.notices = notify(receiver, "failed")
    async with house.telling():
        for _ in range(count):
            await asyncio.to_thread(house.end_job)
        await async_wait_until(lambda: house.waiting(unsorted=True) == 0)
        await house.move_until(lambda: receiver.messages)
        await async_wait_until(lambda: house.waiting() == 0)
    assert [title.partition(": ")[2] for title in receiver.titles] == [f"{count} failed"]


async def test_what_was_not_told_before_a_crash_is_told_at_the_next_start(
    house: TellingHouse, receiver: Receiver
) -> None:
    house.notices = notify(receiver, "failed")
    house.end_job()  # written, and nobody lived to tell
    async with house.telling():
        house.end_job()
        await async_wait_until(lambda: house.waiting() == 2)
    assert receiver.messages == []
    async with house.telling():
        await house.move_until(lambda: receiver.messages)
    assert [title.partition(": ")[2] for title in receiver.titles] == ["2 failed"]


async def test_address_that_fails_is_told_once_tried_again_and_holds_no_other_up(
    house: TellingHouse, receiver: Receiver, log: list[str]
) -> None:
    house.notices = (*notify(receiver, "failed"), Notify((f"{receiver.address}/other",), ("failed", "done")))
    receiver.status = 500
    async with house.telling():
        house.end_job()
        await house.move_until(lambda: receiver.asked >= 6)
        receiver.status = 200
        await house.move_until(lambda: len(receiver.messages) == 2, 60.0)
        await async_wait_until(lambda: house.waiting() == 0)
    warnings = [line for line in log if "can't be sent" in line]
    assert len(warnings) == 2
    assert "json://…" in warnings[0]
    assert not any("notices" in line for line in log if "127.0.0.1" in line)
    assert sum("again." in line for line in log) == 2


async def test_address_that_is_dead_for_more_than_a_day_is_given_up(
    house: TellingHouse, receiver: Receiver, log: list[str]
) -> None:
    house.notices = notify(receiver, "failed", "daemon")
    receiver.status = 500
    async with house.telling():
        house.end_job()
        await house.move_until(lambda: any("given up" in line for line in log), 3600.0)
        assert house.waiting() == 0


async def test_troubles_of_the_daemon_are_told_when_they_stay_and_when_they_are_over(
    house: TellingHouse, receiver: Receiver
) -> None:
    house.notices = notify(receiver, "daemon", pause=0.0)
    house.online()

    def told() -> str:
        return "\n".join(message["message"] for message in receiver.messages)

    async with house.telling():
        await house.move_until(lambda: "has started, with 1 rule of" in told())
        house.offline()
        house.outage = "NemoVideo does not answer since 10:00."
        house.rules_error = "the rules can't be used: one problem."
        await house.move_until(lambda: told().count("offline: it is not mounted.") == 1)
        await house.move_until(lambda: "NemoVideo does not answer; all jobs wait" in told())
        await house.move_until(lambda: "The rules were changed and are wrong" in told())
        house.online()
        house.outage = house.rules_error = ""
        await house.move_until(lambda: "The watch folder /r/talks is back." in told())
        await house.move_until(lambda: "NemoVideo answers again." in told())
        await house.move_until(lambda: "The rules are right again" in told())
    assert told().count("offline") == 1


async def test_trouble_of_a_moment_is_not_told(house: TellingHouse, receiver: Receiver) -> None:
    house.notices = notify(receiver, "daemon", pause=0.0)
    async with house.telling() as telling:
        await house.move_until(lambda: receiver.messages)
        house.offline()
        assert telling._troubles.look() == []
        house.online()
        assert telling._troubles.look() == []
        assert telling._troubles.look() == []


async def test_end_by_an_error_is_told_before_the_process_ends(
    house: TellingHouse, receiver: Receiver
) -> None:
    house.notices = notify(receiver, "daemon")
    with pytest.raises(ValueError, match="the disk"):
        async with house.telling():
            raise ValueError("the disk is on fire, nmv_usr_abcdef")
    assert "NemoWatch ended by an error: the disk is on fire, [secret]" in receiver.messages[-1]["message"]


@pytest.mark.parametrize("end", ["breaks", "gives up"])
async def test_end_for_want_of_a_database_is_told_without_one(
    house: TellingHouse, receiver: Receiver, log: list[str], end: str
) -> None:
    house.notices = (*notify(receiver, "daemon", "failed"), Notify(("json://127.0.0.1:9/dead",), ("daemon",)))
    house.given_up_because = "The state is gone." if end == "gives up" else ""
    with contextlib.suppress(ValueError):
        async with house.telling():
            house.end_job()
            await async_wait_until(lambda: house.waiting() == 1)
            with house.database.engine.begin() as connection:
                connection.exec_driver_sql("DROP TABLE nemowatch_outbox")
            if end == "breaks":
                raise ValueError("The state is gone.")
    assert "NemoWatch ended by an error: The state is gone." in receiver.messages[-1]["message"]
    assert not any("Not everything could be told" in line for line in log)


async def test_end_by_a_signal_tells_nobody_and_leaves_all_for_the_next_start(
    house: TellingHouse, receiver: Receiver
) -> None:
    house.notices = notify(receiver)
    async with house.telling():
        house.end_job()
        await async_wait_until(lambda: house.waiting() == 1)
    assert receiver.messages == []
    assert house.waiting() == 1


async def test_work_that_ended_by_itself_tells_everything_first(
    house: TellingHouse, receiver: Receiver, tmp_path: Path
) -> None:
    house.stays, house.is_stopped = False, False
    house.notices = notify(receiver, "done", "daemon")
    house.hooks = (Hook(("done",), ("touch", str(tmp_path / "{name}"))),)
    async with house.telling():
        house.end_job(JobState.DONE)
    assert [title.partition(": ")[2] for title in receiver.titles] == ["1 done"]
    assert (tmp_path / "talk0.mp4").exists()
    assert house.waiting() == 0


async def test_new_rules_are_told_from_then_on(house: TellingHouse, receiver: Receiver) -> None:
    async with house.telling() as telling:
        house.end_job()
        await async_wait_until(lambda: house.waiting() == 0)
        house.notices = notify(receiver, "failed")
        telling.follow(house.book)
        house.end_job()
        await house.move_until(lambda: receiver.messages)
        house.notices = ()
        telling.follow(house.book)
        house.end_job()
        await async_wait_until(lambda: house.waiting() == 0)
    assert [title.partition(": ")[2] for title in receiver.titles] == ["1 failed"]


async def test_hook_gets_arguments_environment_and_facts_and_its_words_go_into_the_jobs_log(
    house: TellingHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEMO_TOKEN", "nmv_usr_secret")
    seen = tmp_path / "seen"
    run = (sys.executable, "-c", TELL_OF_HOOK, str(seen), "{event}", "{stem} {{x}}", "{output}", "{rule}")
    # Written as in a rules file, where a plain brace is doubled.
    run = tuple(part.replace("{", "{{").replace("}", "}}") if part == TELL_OF_HOOK else part for part in run)
    house.hooks = (Hook(("done",), run),)
    outputs = (DeliveredFile("talk.mp4", "video", 10, 2.0),)
    async with house.telling():
        job_id = house.end_job(JobState.DONE, "", output_folder=tmp_path / "out", outputs=outputs)
        await async_wait_until(lambda: house.waiting() == 0)
    told = json.loads(seen.read_text())
    assert told["arguments"] == ["done", "talk0 {x}", str(tmp_path / "out"), "shorts"]
    environment = told["environment"]
    assert "NEMO_TOKEN" not in environment
    assert environment["NEMOWATCH_EVENT"] == "done"
    assert environment["NEMOWATCH_JOB_ID"] == told["facts"]["job"] == job_id
    assert environment["NEMOWATCH_JOB_SOURCE"] == "/r/talk0.mp4"
    assert told["facts"]["outputs"][0]["name"] == "talk.mp4"
    assert "Hook python" in house.job_log(job_id)
    assert ": published" in house.job_log(job_id)


async def test_failing_hook_is_told_once_in_the_log_and_runs_for_every_job(
    house: TellingHouse, log: list[str]
) -> None:
    house.hooks = (Hook(("failed",), ("/bin/sh", "-c", "echo oh; exit 3")), Hook(("failed",), ("/no/such",)))
    async with house.telling():
        jobs = [house.end_job() for _ in range(8)]
        await async_wait_until(lambda: house.waiting() == 0)
    assert (
        len([line for line in log if "The hook sh of the rule 'shorts' ended with exit code 3" in line]) == 1
    )
    assert len([line for line in log if "The hook such of the rule 'shorts' can't be started" in line]) == 1
    for job_id in jobs:
        assert "Hook sh (failed): ended with exit code 3." in house.job_log(job_id)
        assert "  sh: oh" in house.job_log(job_id)


async def test_hook_that_was_cut_short_by_a_stop_runs_again(house: TellingHouse, tmp_path: Path) -> None:
    begun, go = tmp_path / "begun", tmp_path / "go"
    script = f"echo x >>{begun}; test -e {go} || exec sleep 60"
    house.hooks = (Hook(("done",), ("/bin/sh", "-c", script)),)
    async with house.telling():
        house.end_job(JobState.DONE)
        await async_wait_until(begun.exists)
    assert house.waiting() == 1
    go.touch()
    async with house.telling():
        await async_wait_until(lambda: house.waiting() == 0)
    assert begun.read_text() == "x\nx\n"


async def test_hooks_of_one_job_run_in_the_order_in_which_things_happened(
    house: TellingHouse, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    house.hooks = (Hook(("failed", "done"), ("/bin/sh", "-c", f'echo "$NEMOWATCH_EVENT" >>{seen}')),)
    async with house.telling():
        job_id = house.end_job(JobState.FAILED)
        record = house.store.read(job_id)
        assert record is not None
        house.store.unpark(record, attempt=2, now=1.0)
        house.end_job_again(job_id, JobState.DONE)
        await async_wait_until(lambda: house.waiting() == 0)
    assert seen.read_text().split() == ["failed", "done"]


async def test_outbox_that_can_not_be_read_for_a_while_hurts_nothing(
    house: TellingHouse, receiver: Receiver
) -> None:
    house.notices = notify(receiver, "failed")
    rename = "ALTER TABLE {} RENAME TO {}"
    with house.database.engine.begin() as connection:
        connection.exec_driver_sql(rename.format("nemowatch_outbox", "away"))
    async with house.telling():
        await house.move_until(lambda: house.clock.monotonic() > 20.0)
        with house.database.engine.begin() as connection:
            connection.exec_driver_sql(rename.format("away", "nemowatch_outbox"))
        house.end_job()
        await house.move_until(lambda: receiver.messages)


async def test_hook_is_not_run_again_because_the_disk_is_full(
    house: TellingHouse, tmp_path: Path, log: list[str]
) -> None:
    ran = tmp_path / "ran"
    add = [sys.executable, "-c", f"open({str(ran)!r}, 'a').write('x')"]
    house.hooks = (Hook(("done",), tuple(add), 30.0),)
    full = "CREATE TRIGGER full BEFORE DELETE ON nemowatch_outbox WHEN OLD.reader != '' "
    with house.database.engine.begin() as connection:
        connection.exec_driver_sql(f"{full} BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END")
    async with house.telling():
        house.end_job(JobState.DONE)
        await async_wait_until(lambda: any("disk is full" in line for line in log))
        for _ in range(3):
            house.clock.move(60)
            await asyncio.sleep(0)
        with house.database.engine.begin() as connection:
            connection.exec_driver_sql("DROP TRIGGER full")
        await house.move_until(lambda: house.waiting() == 0)
    assert ran.read_text() == "x"


async def test_hook_is_not_run_again_for_what_was_read_just_before_it_was_taken_out(
    house: TellingHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran, go, taken_out, late = tmp_path / "ran", tmp_path / "go", threading.Event(), threading.Event()
    os.mkfifo(go)
    house.hooks = (Hook(("done",), ("/bin/sh", "-c", f"echo x >>{ran}; read line <{go}")),)
    read_book = Outbox.read

    def read_late(outbox: Outbox, reader: str, *, limit: int) -> tuple[Change, ...]:
        changes = read_book(outbox, reader, limit=limit)
        if ran.exists() and not taken_out.is_set():
            assert len(changes) == 1
            late.set()
            taken_out.wait(20)
        return changes

    monkeypatch.setattr(Outbox, "read", read_late)
    async with house.telling() as telling:
        house.end_job(JobState.DONE)
        await async_wait_until(ran.exists)
        telling._hooks.wake()
        await async_wait_until(late.is_set)
        await asyncio.to_thread(go.write_text, "go\n")
        await async_wait_until(lambda: not telling._hooks._running)
        taken_out.set()
        await async_wait_until(lambda: not telling._hooks._news.is_set() and not telling._hooks._running)
        assert house.waiting() == 0
    assert ran.read_text() == "x\n"
