"""Signals to a process whose event loop hangs in the kernel, as in a disk that does not answer."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from signal import SIGHUP, SIGINT, SIGTERM

import pytest
from helpers import wait_until

from nemowatch.daemon import signals

# Says what it hears, and blocks the thread that runs the loop in a read that never ends. Of the daemon, it loads this
# one module: the whole of it takes a second.
PROGRAM = f"""\
import asyncio, os, sys
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location("signals", {signals.__file__!r})
signals = module_from_spec(spec)
spec.loader.exec_module(signals)

async def main():
    said = open(sys.argv[1], "a", buffering=1)
    hears = signals.StopSignal()
    with hears.caught(lambda: print("reload", file=said), lambda: print("stop", file=said)):
        print("ready", file=said)
        if sys.argv[2] == "hangs":
            os.read(os.pipe()[0], 1)
        if sys.argv[2] == "gives_up":
            hears.give_up(8, "the state is gone")
            os.read(os.pipe()[0], 1)
        await hears.or_stop(asyncio.Event().wait())
        print(hears.number.name, file=said)
        if sys.argv[2] == "lingers":
            await asyncio.Event().wait()

signals.STOP_WITHIN_SECONDS = float(sys.argv[3])
asyncio.run(main())
"""


class Process:
    def __init__(self, folder: Path, way: str, stop_within: float) -> None:
        self._said = folder / "said"
        command = [sys.executable, "-c", PROGRAM, str(self._said), way, str(stop_within)]
        self.process = subprocess.Popen(command)
        self.wait_for("ready")

    def said(self) -> list[str]:
        return self._said.read_text().split() if self._said.exists() else []

    def wait_for(self, word: str) -> None:
        wait_until(lambda: word in self.said() or self.process.poll() is not None)
        assert word in self.said()

    def send(self, number: int) -> None:
        os.kill(self.process.pid, number)


@pytest.fixture
def start(tmp_path: Path) -> Iterator:
    started: list[Process] = []

    def make(way: str, stop_within: float = 60) -> Process:
        started.append(Process(tmp_path, way, stop_within))
        return started[-1]

    yield make
    for process in started:
        process.process.kill()
        process.process.wait()


def test_loop_that_hangs_in_the_kernel_is_ended_when_the_time_to_stop_is_over(start) -> None:
    process = start("hangs", stop_within=0.2)
    process.send(SIGTERM)
    assert process.process.wait(10) == 0
    assert process.said() == ["ready", "stop"]


def test_second_signal_ends_a_loop_that_hangs_at_once(start) -> None:
    process = start("hangs")
    process.send(SIGTERM)
    process.wait_for("stop")
    process.send(SIGINT)
    assert process.process.wait(10) == 130


def test_second_signal_ends_a_stop_that_takes_long_at_once(start) -> None:
    process = start("lingers")
    process.send(SIGINT)
    process.wait_for("SIGINT")
    process.send(SIGTERM)
    assert process.process.wait(10) == 0


def test_sighup_asks_for_the_rules_and_stops_nothing(start) -> None:
    process = start("works")
    process.send(SIGHUP)
    process.wait_for("reload")
    process.send(SIGTERM)
    assert process.process.wait(10) == 0
    assert process.said() == ["ready", "reload", "stop", "SIGTERM"]


def test_daemon_that_gives_up_and_hangs_ends_with_the_code_of_its_error(start) -> None:
    assert start("gives_up", stop_within=0.1).process.wait(10) == 8
