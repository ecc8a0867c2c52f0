"""Orders to a running daemon, through the commands: they reach it within moments, whatever it is doing."""

from __future__ import annotations

import json

import pytest
from daemon_house import House
from helpers import make_video, wait_until

from nemowatch.sandbox.server import Sandbox

pytestmark = pytest.mark.slow


def state_of(house: House) -> str:
    jobs = json.loads(house.run("jobs", "list", "--json").stdout)
    return str(jobs[0]["state"]) if jobs else ""


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        pytest.param("upload:hang", "uploading", marks=pytest.mark.slow),
        ("prompt:silence", "editing"),
        pytest.param("render:stuck", "exporting", marks=pytest.mark.slow),
    ],
)
def test_job_is_cancelled_in_the_middle_of_its_work(
    house: House, sandbox: Sandbox, fault: str, state: str
) -> None:
    sandbox.order(fault)
    make_video(house.watched / "talk.mp4", seconds=2)
    with house.daemon():
        wait_until(lambda: state_of(house) == state)
        job = str(house.job()["id"])
        done = house.run("jobs", "cancel", job, "--yes")
        assert done.returncode == 0, done.stderr
        wait_until(lambda: state_of(house) == "cancelled", timeout=5)
        assert "Cancelled" in (house.output / "job.log").read_text()
    if state == "exporting":
        # The service cancels what it has not begun, and says so of what it has.
        assert "can't be cancelled" in (house.output / "job.log").read_text()


@pytest.mark.slow
def test_daemon_that_waits_for_a_dead_service_says_so_and_stops_at_once(
    house: House, sandbox: Sandbox
) -> None:
    sandbox.order("any:503 always")
    make_video(house.watched / "talk.mp4", seconds=2)
    house.rules.write_text(house.rules.read_text() + "    retries: 0\n")
    with house.daemon() as daemon:
        wait_until(lambda: house.status()["standing"]["troubles"])
        assert "does not answer" in house.run("status").stdout
        daemon.terminate()
        assert daemon.wait(10) == 0
    sandbox.clear_faults()
    assert house.run("run", "--once").returncode == 0
    assert house.job()["state"] == "done"


@pytest.mark.slow
def test_order_that_was_given_while_no_daemon_ran_is_carried_out_at_the_next_start(
    house: House, sandbox: Sandbox
) -> None:
    make_video(house.watched / "talk.mp4", seconds=2)
    assert house.run("run", "--once").returncode == 0
    job = str(house.job()["id"])
    done = house.run("jobs", "refine", job, "keep only the first 1 seconds", "--yes")
    assert done.returncode == 0, done.stderr
    assert "next start" in done.stdout + done.stderr
    assert house.run("run", "--once").returncode == 0
    states = [job["state"] for job in json.loads(house.run("jobs", "list", "--json").stdout)]
    assert states == ["done", "done"]
    assert (house.output.parent / "talk (2)" / "talk.mp4").exists()
    assert len(sandbox.ledger()["sessions"]) == 1
