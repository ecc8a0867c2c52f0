"""A daemon that is told to stop in the middle of its work ends in time. That the work goes on, tests/crash proves."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path

import pytest
from helpers import make_video
from living_house import EXPORT, PLENTY, LivingHouse, save_sound

from nemowatch.daemon import Daemon
from nemowatch.intake.intake import Intake
from nemowatch.jobs.records import JobState
from nemowatch.rules.load import load_rules
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


async def test_errand_that_goes_on_at_the_end_is_dropped_before_what_it_needs_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sandbox(tmp_path / "service") as sandbox:
        house = LivingHouse(tmp_path, sandbox)
        house.write_rules(house.rule())
        monkeypatch.setenv("NEMO_CLIENT_ID", "daemon-test")
        daemon = Daemon(load_rules(house.rules), house.state)
        ends: list[str] = []

        async def go_on() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ends.append("errand")

        async def work(*_: object, once: bool) -> None:
            daemon._do_soon(go_on())
            await asyncio.sleep(0)

        stop_intake = Intake.stop

        async def stop(intake: Intake) -> None:
            ends.append("intake")
            await stop_intake(intake)

        monkeypatch.setattr(Intake, "stop", stop)

        monkeypatch.setattr(daemon, "_work", work)
        await daemon.run(once=True)
    assert ends == ["errand", "intake"]
