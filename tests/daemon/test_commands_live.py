"""The commands beside a real daemon: the same answers with it and without it, and a daemon that hangs is told."""

from __future__ import annotations

import json
import os
import signal
from typing import Any

import pytest
from daemon_house import House
from helpers import make_video
from living_house import EXPORT, LivingHouse

from nemowatch.sandbox.server import Sandbox

pytestmark = pytest.mark.slow


@pytest.fixture
def house(tmp_path: Any, sandbox: Sandbox) -> LivingHouse:
    return LivingHouse(tmp_path, sandbox)


def ask(house: House, *command: str) -> Any:
    done = house.run(*command, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_commands_say_the_same_with_a_daemon_and_without_and_tell_a_daemon_that_hangs(
    house: LivingHouse,
) -> None:
    house.write_rules(house.rule(prompt=EXPORT))
    make_video(house.watched / "talk.mp4", seconds=2)
    looks = (["jobs", "list"], ["jobs", "list", "--state", "done", "--since", "1h"], ["jobs", "show"])
    with house.daemon() as daemon:
        house.wait_done("talk.mp4")
        job = house.jobs()[0].spec.job_id
        commands = [[*look, job[:6]] if look[-1] == "show" else look for look in looks]
        by_daemon = [ask(house, *command) for command in commands]
        log = house.run("jobs", "logs", job).stdout
        status = ask(house, "status")
        assert (status["daemon"]["pid"], status["jobs"]["done"]) == (daemon.pid, 1)
        os.kill(daemon.pid, signal.SIGSTOP)
        hung = house.run("jobs", "list", "--json")
        os.kill(daemon.pid, signal.SIGCONT)
        assert json.loads(hung.stdout) == by_daemon[0]
        assert "has not answered for 5 s" in hung.stderr
    assert [ask(house, *command) for command in commands] == by_daemon
    assert house.run("jobs", "logs", job).stdout == log != ""
