"""A daemon that is told to stop in the middle of its work ends in time. That the work goes on, tests/crash proves."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from helpers import make_video
from living_house import EXPORT, PLENTY, LivingHouse, save_sound

from nemowatch.jobs.records import JobState
from nemowatch.sandbox.server import Sandbox

pytestmark = pytest.mark.slow

PAID = "extract the top 2 viral short clips from this long video"


@pytest.mark.parametrize(
    ("fault", "prompt", "state"),
    [("upload:hang", EXPORT, JobState.UPLOADING), ("prompt:silence=2", PAID, JobState.EDITING)],
    ids=["an upload that hangs", "an answer that falls silent"],
)
def test_stop_in_the_middle_of_a_call_comes_in_time_and_leaves_the_job_where_it_was(
    tmp_path: Path, fault: str, prompt: str, state: JobState
) -> None:
    ready = make_video(tmp_path / "ready.mp4", seconds=1)
    with Sandbox(tmp_path / "service", ready_file=ready, credits=PLENTY) as sandbox:
        house = LivingHouse(tmp_path, sandbox)
        house.write_rules(house.rule(prompt=prompt))
        sandbox.order(fault)
        save_sound(house.watched / "talk.wav", 1)
        with house.daemon() as daemon:
            house.wait_until(lambda: any(fault["struck"] for fault in sandbox.faults()["faults"]))
            house.wait_until(lambda: house.states().get("talk.wav") is state)
            asked = time.monotonic()
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait(10) == 0
            assert time.monotonic() - asked < 10
        assert house.states()["talk.wav"] is state
