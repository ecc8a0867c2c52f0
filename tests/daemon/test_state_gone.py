"""A state folder that goes away under a running daemon: it ends and says why, and nothing is paid for again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import make_video
from living_house import LivingHouse, save_sound

from nemowatch.sandbox.server import Sandbox

pytestmark = pytest.mark.slow

STATE_GONE = 8
TOKEN = "own-token-0123456789"
"""An anonymous one is given once in 7 days, and it lies in the state folder."""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[LivingHouse]:
    """A house with a service that exports at once."""
    ready = make_video(tmp_path / "ready.mp4", seconds=1)
    with Sandbox(tmp_path / "service", ready_file=ready, own_tokens={TOKEN: frozenset("*")}) as sandbox:
        house = LivingHouse(tmp_path, sandbox)
        house.environment["NEMO_TOKEN"] = TOKEN
        house.write_rules(house.rule())
        yield house


def test_daemon_whose_state_folder_is_moved_away_ends_and_goes_on_when_it_is_back(house: LivingHouse) -> None:
    state, away = house.state.root, house.root / "away"
    save_sound(house.watched / "first.wav", 1)
    with house.daemon() as process:
        house.wait_done("first.wav")
        state.rename(away)
        assert process.wait(20) == STATE_GONE
    told = house.log.read_text()
    assert f"NemoWatch has stopped: {state} is gone" in told
    assert "Put it back and start NemoWatch again." in told
    assert "Traceback" not in told
    away.rename(state)
    save_sound(house.watched / "second.wav", 2)
    with house.daemon():
        house.wait_done("first.wav", "second.wav")
    assert house.uploads() == {"first.wav": 1, "second.wav": 1}


def test_daemon_at_work_whose_state_folder_is_deleted_ends_and_a_new_one_begins_anew(
    house: LivingHouse,
) -> None:
    house.sandbox.order("render:stuck always")
    save_sound(house.watched / "first.wav", 1)
    with house.daemon() as process:
        house.wait_until(lambda: house.sandbox.ledger()["renders"])
        shutil.rmtree(house.state.root)
        assert process.wait(20) == STATE_GONE
    assert "is gone, or another stands in its place" in house.log.read_text()
    house.sandbox.clear_faults()
    with house.daemon():
        save_sound(house.watched / "second.wav", 2)
        house.wait_done("second.wav")


def test_daemon_does_not_work_on_beside_one_that_began_with_a_new_lock(house: LivingHouse) -> None:
    with house.daemon() as first:
        house.state.lock.unlink()
        second = house.run("run", "--once")
        assert second.returncode == 0, second.stderr
        assert first.wait(20) == STATE_GONE
    assert f"{house.state.lock} is gone, or another stands in its place" in house.log.read_text()


def test_second_daemon_is_refused_and_the_first_goes_on(house: LivingHouse) -> None:
    with house.daemon() as first:
        second = house.run("run")
        assert second.returncode == 7
        assert f"process {first.pid} on" in second.stderr
        save_sound(house.watched / "first.wav", 1)
        house.wait_done("first.wav")
        os.kill(first.pid, 0)
