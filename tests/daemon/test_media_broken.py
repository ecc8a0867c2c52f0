"""Broken recordings in a watched folder: a clear end for each, no hang, and no memory lost to them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from broken_films import BROKEN, DONE, FAILED, REFUSED, WAITS, Broken, save_broken
from helpers import make_video
from living_house import PLENTY, LivingHouse
from worker_eyes import LOOKS, Watch, find_workers, read_memory

from nemowatch.jobs.file_history import open_history
from nemowatch.jobs.records import JobState
from nemowatch.sandbox.server import Sandbox
from nemowatch.standing import WaitingFile

pytestmark = pytest.mark.slow

MOST_WORKER_BYTES = 700_000_000
MOST_DAEMON_BYTES = 300_000_000
MOST_GROWTH_BYTES = 20_000_000
PATIENCE = 60


class End(NamedTuple):
    """How a file ended with the daemon, and what is said of it."""

    how: str
    words: str


@pytest.fixture
def house(tmp_path: Path) -> Iterator[LivingHouse]:
    """A house with a service that exports at once, and rules that do to a recording what can be done."""
    ready = make_video(tmp_path / "ready.mp4", seconds=1)
    with Sandbox(tmp_path / "service", ready_file=ready, credits=PLENTY) as sandbox:
        yield LivingHouse(tmp_path, sandbox)


def end_of(house: LivingHouse, name: str) -> End | None:
    """How a file of the watched folder has ended; None while it has not."""
    for job in house.jobs():
        if job.spec.source.path.name == name:
            how = {JobState.DONE: DONE, JobState.FAILED: FAILED}.get(job.state)
            return None if how is None else End(how, job.reason)
    path = house.watched / name
    with open_history(house.state.database) as history:
        known = None if history is None else history.read(path, "shorts")
    if known is not None and known.refusal:
        return End(REFUSED, known.refusal)
    standing = house.standing()
    waiting = () if standing is None else standing.waiting
    return next(
        (End(WAITS, file.reason) for file in waiting if file.path == str(path) and is_judged(file)), None
    )


def is_judged(file: WaitingFile) -> bool:
    """Whether a file was looked into, and is to be looked into again."""
    return file.state in {"incomplete", "retrying"}


@pytest.mark.parametrize("change", [{}, {"convert": True}, {"trim": {"start": "0.5s"}}], ids=str)
@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_broken_recording_has_a_clear_end(
    house: LivingHouse, broken: Broken, change: dict[str, object]
) -> None:
    house.write_rules(house.rule(**change))
    save_broken(broken, house.watched, house.root / "aside")
    with house.daemon() as daemon, Watch(daemon.pid) as watch:
        house.wait_until(lambda: end_of(house, broken.name), PATIENCE)
        end = end_of(house, broken.name)
        # The next one is taken as if nothing had been.
        make_video(house.watched / "good.mp4", seed=4)
        house.wait_until(lambda: end_of(house, "good.mp4"), PATIENCE)
        assert end_of(house, "good.mp4") == End(DONE, "")
    assert end is not None
    assert end.how in broken.ends, end
    assert end.how == DONE or any(word in end.words for word in broken.words), end
    assert watch.most_memory < MOST_WORKER_BYTES
    assert watch.most_in_daemon < MOST_DAEMON_BYTES


def test_daemon_does_not_grow_with_the_broken_recordings_that_it_sees(house: LivingHouse) -> None:
    house.write_rules(house.rule())
    with house.daemon() as daemon:
        memory = []
        for turn in range(3):
            names = [f"{turn} {broken.name}" for broken in BROKEN]
            for name, broken in zip(names, BROKEN, strict=True):
                path = save_broken(broken, house.root, house.root / "aside")
                path.rename(house.watched / name)
            for name in names:
                house.wait_until(lambda name=name: end_of(house, name) or is_known(house, name), PATIENCE)
            memory.append(read_memory(daemon.pid))
        assert len(find_workers(daemon.pid, LOOKS)) <= (os.cpu_count() or 1)
    assert memory[-1] - memory[0] < MOST_GROWTH_BYTES, memory


def is_known(house: LivingHouse, name: str) -> bool:
    """Whether it is known as a copy of what was there before."""
    with open_history(house.state.database) as history:
        return history is not None and history.read(house.watched / name, "shorts") is not None
