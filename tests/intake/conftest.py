"""Fixtures of the intake tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import make_video
from loguru import logger


@pytest.fixture(scope="session")
def recording(tmp_path_factory) -> Path:
    return make_video(tmp_path_factory.mktemp("media") / "talk.mp4", seconds=1.0)


@pytest.fixture
def told() -> Iterator[list[str]]:
    messages: list[str] = []
    sink = logger.add(lambda message: messages.append(message.record["message"]), level="INFO")
    yield messages
    logger.remove(sink)


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"
