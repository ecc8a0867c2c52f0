"""A service, and a house beside it in which the daemon lives."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from daemon_house import House

from nemowatch.sandbox.server import Sandbox


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path / "service") as sandbox:
        yield sandbox


@pytest.fixture
def house(tmp_path: Path, sandbox: Sandbox) -> House:
    return House(tmp_path, sandbox.url)
