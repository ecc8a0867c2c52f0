"""The machine's clock is set back and forth under a running daemon, which goes on as if nothing was."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import make_video
from living_house import LivingHouse, save_sound

from nemowatch.jobs.records import JobState
from nemowatch.sandbox.server import Sandbox

pytestmark = pytest.mark.slow

HOUR = 3600
TOKEN = "own-token-0123456789"
"""An anonymous one ends by the clock, and the next is given in 7 days."""


class WrongClock:
    """Programs that are started with its environment see a time that the test sets."""

    def __init__(self, root: Path) -> None:
        self._library, self._offset = root / "wrong_clock.so", root / "offset"
        source = Path(__file__).with_name("wrong_clock.c")
        subprocess.run(["cc", "-shared", "-fPIC", "-o", self._library, source], check=True)
        self.set(0)

    def set(self, seconds: int) -> None:
        """Let them be so many seconds ahead; behind where it is negative."""
        aside = self._offset.with_suffix(".new")
        aside.write_text(str(seconds))
        aside.replace(self._offset)

    @property
    def environment(self) -> dict[str, str]:
        """What makes a program see it."""
        return {"LD_PRELOAD": str(self._library), "WRONG_CLOCK": str(self._offset)}


@pytest.fixture
def clock(tmp_path: Path) -> WrongClock:
    return WrongClock(tmp_path)


@pytest.fixture
def house(tmp_path: Path, clock: WrongClock) -> Iterator[LivingHouse]:
    """A house whose daemon goes by the wrong clock."""
    ready = make_video(tmp_path / "ready.mp4", seconds=1)
    with Sandbox(tmp_path / "service", ready_file=ready, own_tokens={TOKEN: frozenset("*")}) as sandbox:
        house = LivingHouse(tmp_path, sandbox)
        house.environment |= clock.environment | {"NEMO_TOKEN": TOKEN}
        # Files are found by scans alone, which a timer starts.
        house.write_rules(house.rule(), polling="never", scan="1s")
        yield house


def set_clock(house: LivingHouse, clock: WrongClock, seconds: int, told: str) -> None:
    clock.set(seconds)
    house.wait_until(lambda: f"The machine's clock was set {told}" in house.log.read_text())


@pytest.mark.parametrize(("hours", "told"), [(-5, "back by 5 h"), (400, "forward by 400 h")])
def test_files_are_found_and_jobs_done_whatever_the_clock_is_set_to(
    house: LivingHouse, clock: WrongClock, hours: int, told: str
) -> None:
    save_sound(house.watched / "before.wav", 1)
    with house.daemon():
        house.wait_done("before.wav")
        set_clock(house, clock, hours * HOUR, told)
        save_sound(house.watched / "after.wav", 2)
        house.wait_done("after.wav")
        set_clock(house, clock, 0, "")
        save_sound(house.watched / "again.wav", 3)
        house.wait_done("again.wav")
    assert house.uploads() == house.job_names() == {"before.wav": 1, "after.wav": 1, "again.wav": 1}


def test_job_that_waits_for_a_minute_does_not_wait_for_the_hours_that_the_clock_was_set_back(
    house: LivingHouse, clock: WrongClock
) -> None:
    house.sandbox.order("session:429=305 x1")
    save_sound(house.watched / "talk.wav", 1)
    with house.daemon():
        house.wait_until(lambda: house.states().get("talk.wav") is JobState.WAITING)
        (job,) = house.jobs()
        assert job.stop is not None
        before = job.stop.wake_at
        assert before is not None
        set_clock(house, clock, -5 * HOUR, "back")
        house.wait_until(lambda: [job.stop and job.stop.wake_at for job in house.jobs()] != [before])
