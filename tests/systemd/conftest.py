"""Machines with a real systemd, and a NemoVideo on their loopback."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "daemon"))
sys.path.insert(0, str(Path(__file__).parent))

from helpers import make_video
from living_house import PLENTY
from machine import Machine

from nemowatch.sandbox.server import Sandbox


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """One for all tests of a module."""
    with Machine(tmp_path_factory.mktemp("machine")) as machine:
        yield machine


@pytest.fixture(scope="module")
def sandbox(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """On the machine's loopback; exports at once."""
    place = tmp_path_factory.mktemp("sandbox")
    ready = make_video(place / "ready.mp4", seconds=1)
    with machine.service(place, ready_file=ready, credits=PLENTY) as sandbox:
        yield sandbox
