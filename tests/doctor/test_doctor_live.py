"""The doctor beside a daemon at work, and what that daemon's log says in a job and afterwards, at rest."""

from __future__ import annotations

import json
import re
import signal
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from helpers import make_video, wait_until

sys.path.insert(0, str(Path(__file__).parents[1] / "daemon"))

from living_house import PLENTY, LivingHouse

from nemowatch.sandbox.server import Sandbox

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("doctor day")]

LINE = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} (INFO|WARNING) +(\[[0-9a-f]{8}\] )?\S.*"


@dataclass(frozen=True)
class Day:
    """A daemon's day, in which one recording was saved: its log, and what the doctor said of it.

    Attributes:
        said_at_rest: what it logged while it had nothing to do, over several scans.
        log: all that went to stderr.
        file: the log file's content.
        mode: the log file's mode.
        findings: of the doctor, by name, the first of each.
        doctor_code: what the doctor ended with.
        token: the anonymous token that the daemon used.
    """

    said_at_rest: str
    log: str
    file: str
    mode: int
    findings: dict[str, dict[str, str]]
    doctor_code: int
    token: str


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    root = tmp_path_factory.mktemp("doctor-day")
    ready = make_video(root / "ready.mp4", seconds=1)
    with Sandbox(root / "service", ready_file=ready, credits=PLENTY) as sandbox:
        house = LivingHouse(root, sandbox)
        house.write_rules(house.rule(), log={"level": "INFO"})
        with house.daemon() as process:
            make_video(house.watched / "talk.mp4", seconds=1)
            wait_until(lambda: b": Done, " in house.log.read_bytes(), 60)
            done = house.run("doctor", "--json")
            before = house.log.read_text()
            # Each of the scans, one a second, wakes the daemon.
            daemon = psutil.Process(process.pid)
            wakes = daemon.num_ctx_switches().voluntary
            wait_until(lambda: daemon.num_ctx_switches().voluntary > wakes + 8, 60)
            said_at_rest = house.log.read_text()[len(before) :]
            process.send_signal(signal.SIGTERM)
            process.wait(15)
        path = house.state.log
        told: dict[str, dict[str, str]] = {}
        for finding in json.loads(done.stdout)["findings"]:
            told.setdefault(finding["name"], finding)
        mode = stat.S_IMODE(path.stat().st_mode)
        token = json.loads(house.state.token.read_bytes())["token"]
        yield Day(said_at_rest, house.log.read_text(), path.read_text(), mode, told, done.returncode, token)


def test_daemon_at_work_is_found_healthy(day: Day) -> None:
    assert day.doctor_code == 0, day.findings
    assert day.findings["daemon"]["text"].endswith(", and answers.")
    assert day.findings["token"]["text"].startswith("Anonymous, ")
    assert day.findings["database"]["verdict"] == "ok"


def test_daemon_at_rest_says_nothing(day: Day) -> None:
    assert day.said_at_rest == ""


def test_job_is_told_line_by_line_under_its_id_and_no_secret_with_it(day: Day) -> None:
    lines = day.log.splitlines()
    assert all(re.fullmatch(LINE, line) for line in lines), day.log
    of_job = [line for line in lines if "talk.mp4" in line]
    (job,) = {found[0] for line in of_job if (found := re.search(r"\[[0-9a-f]{8}\]", line))}
    assert all(job in line for line in of_job)
    assert 4 <= len(of_job) <= 20
    assert day.token not in day.log


def test_file_has_the_same_lines_and_is_the_owners_alone(day: Day) -> None:
    assert day.file == day.log
    assert day.mode == 0o600
