"""An installation to examine: two folders, rules, a state folder, and a service that answers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "nemo"))
sys.path.insert(0, str(Path(__file__).parents[1] / "cli"))

from doctor_house import Installation
from fake_service import FakeService


@pytest.fixture(scope="session")
def answering_service() -> Iterator[FakeService]:
    with FakeService() as running:
        yield running


@pytest.fixture
def service(answering_service: FakeService) -> FakeService:
    """A service that takes any token."""
    answering_service.reset()
    balance = {"available": 250, "frozen": 0, "total": 250}
    answering_service.answers["GET /api/credits/balance/simple"] = {"code": 0, "data": balance}
    return answering_service


@pytest.fixture
def place(tmp_path: Path, service: FakeService) -> Installation:
    return Installation(tmp_path, service.url)
