"""A state folder with a database, for the commands to look into."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "nemo"))

from explain_desk import Desk
from fake_service import FakeService
from helpers import make_video

from nemowatch.jobs.database import Database
from nemowatch.jobs.store import JobStore


@pytest.fixture
def database() -> Iterator[Database]:
    root = Path(os.environ["NEMOWATCH_STATE"])
    root.mkdir(mode=0o700)
    (root / "jobs").mkdir()
    database = Database(root / "nemowatch.db")
    yield database
    database.close()


@pytest.fixture
def store(database: Database) -> JobStore:
    return JobStore(database.engine)


@pytest.fixture(scope="session")
def running_service() -> Iterator[FakeService]:
    with FakeService() as running:
        yield running


@pytest.fixture
def service(running_service: FakeService, monkeypatch: pytest.MonkeyPatch) -> FakeService:
    """A service with 250 credits left, to which the environment leads."""
    running_service.reset()
    balance = {"available": 250, "frozen": 40, "total": 290}
    running_service.answers["GET /api/credits/balance/simple"] = {"code": 0, "data": balance}
    monkeypatch.setenv("NEMO_API_URL", running_service.url)
    return running_service


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_video(tmp_path_factory.mktemp("recording") / "talk.mp4").read_bytes()


@pytest.fixture
def desk(tmp_path: Path, recording: bytes) -> Desk:
    """A watch folder with two rules."""
    return Desk(tmp_path, recording)
