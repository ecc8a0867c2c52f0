"""People and programs are told by the daemon as it is run: of jobs, of its troubles, and after a kill -9 too."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from living_house import LivingHouse, save_sound
from notice_receiver import Receiver, open_receiver

from nemowatch.sandbox.server import Sandbox

pytestmark = pytest.mark.slow

HOOK = (
    "import json, os, sys; open(sys.argv[1], 'a').write(json.load(sys.stdin)['name'] + '\\n'); print('told')"
)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with open_receiver() as receiver:
        yield receiver


@pytest.fixture
def house(tmp_path: Path, sandbox: Sandbox) -> LivingHouse:
    return LivingHouse(tmp_path, sandbox)


def bodies(receiver: Receiver) -> str:
    return "\n".join(message["message"] for message in receiver.messages)


def tell(receiver: Receiver, pause: str = "0s") -> dict[str, object]:
    return {"url": receiver.address, "on": ["done", "failed", "daemon"], "pause": pause}


def test_jobs_troubles_and_hooks_of_a_living_daemon_are_told(
    house: LivingHouse, receiver: Receiver, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    hook = {"on": "done", "run": [sys.executable, "-c", HOOK.replace("{", "{{"), str(seen)]}
    house.write_rules(house.rule(hook=hook), notify=tell(receiver))
    with house.daemon():
        house.wait_until(lambda: "has started, with 1 rule" in bodies(receiver))
        save_sound(house.watched / "talk.wav", 1)
        house.wait_until(lambda: "done: talk.wav (rule shorts)" in bodies(receiver))
        house.wait_until(lambda: seen.exists() and seen.read_text() == "talk.wav\n")
        (job,) = house.jobs()
        log = house.state.job_logs / f"{job.spec.job_id}.log"
        house.wait_until(lambda: ": told" in log.read_text())
        house.rules.write_text("rules: 3\n")
        house.wait_until(lambda: "The rules were changed and are wrong" in bodies(receiver))
    assert receiver.address not in house.log.read_text()
    assert "/notices" not in house.log.read_text()


def test_done_job_that_was_not_told_before_a_kill_is_told_afterwards(
    house: LivingHouse, receiver: Receiver
) -> None:
    house.write_rules(house.rule(), notify=tell(receiver, pause="10m"))
    with house.daemon() as daemon:
        save_sound(house.watched / "talk.wav", 1)
        house.wait_done("talk.wav")
        daemon.send_signal(signal.SIGKILL)
        daemon.wait()
    assert "done: talk.wav" not in bodies(receiver)
    house.write_rules(house.rule(), notify=tell(receiver))
    with house.daemon():
        house.wait_until(lambda: "done: talk.wav" in bodies(receiver))


def test_run_once_tells_everything_before_it_ends_and_a_dead_address_does_not_matter(
    house: LivingHouse, receiver: Receiver
) -> None:
    address = [receiver.address, "json://127.0.0.1:9/dead"]
    house.write_rules(house.rule(), notify=tell(receiver, pause="10m") | {"url": address})
    save_sound(house.watched / "talk.wav", 1)
    ended = house.run("run", "--once")
    assert ended.returncode == 0, ended.stderr
    assert bodies(receiver).startswith("done: talk.wav (rule shorts)")
    assert ended.stderr.count("A notice can't be sent to json://…") == 1


def test_daemon_stops_in_time_while_a_hook_ignores_the_signal_and_a_notice_hangs(
    house: LivingHouse, receiver: Receiver, tmp_path: Path
) -> None:
    pid = tmp_path / "pid"
    hook = {"on": "done", "run": ["sh", "-c", f"trap '' TERM; echo $$ >{pid}; sleep 60"]}
    receiver.answering.clear()
    house.write_rules(house.rule(hook=hook), notify=tell(receiver))
    with house.daemon() as daemon:
        save_sound(house.watched / "talk.wav", 1)
        house.wait_until(lambda: pid.exists() and pid.read_text().endswith("\n") and receiver.asked)
        began = time.monotonic()
        daemon.terminate()
        assert daemon.wait(20) == 0
        assert time.monotonic() - began < 10
    house.wait_until(lambda: not Path(f"/proc/{pid.read_text().strip()}").exists())
