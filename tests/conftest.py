"""Fixtures that every test may use."""

from __future__ import annotations

import gc
import itertools
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no failure, and the default run has ninety seconds.
settings.register_profile("nemowatch", max_examples=40, deadline=None)
settings.load_profile("nemowatch")

sys.path.insert(0, str(Path(__file__).parent))


_HOMES = itertools.count()


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the home folder, or is led by the environment, of the person who runs it."""
    # `mktemp` would look through all folders made so far for the next number.
    home = tmp_path_factory.getbasetemp() / "homes" / str(next(_HOMES))
    home.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    for name in (
        "NEMO_TOKEN",
        "NEMO_API_URL",
        "NEMO_WEB_URL",
        "NEMO_CLIENT_ID",
        "SKILL_SOURCE",
        "NEMOWATCH_RULES",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NEMOWATCH_STATE", str(home / "state"))


_NOBODY = 65534


@pytest.fixture
def as_ordinary_user(tmp_path: Path) -> Iterator[None]:
    """Permissions mean nothing to root, so a test about them runs as nobody where the tests run as root."""
    if os.geteuid() != 0:
        yield
        return
    for folder in tmp_path.parents:
        if folder.stat().st_mode & 0o011 != 0o011:
            folder.chmod(folder.stat().st_mode | 0o011)
    for folder, _, files in os.walk(tmp_path):
        for path in (Path(folder), *(Path(folder, name) for name in files)):
            os.chown(path, _NOBODY, _NOBODY)
    os.setresuid(_NOBODY, _NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


def pytest_collection_finish() -> None:
    """What was collected stays to the end: it need not be gone through for garbage again and again."""
    gc.collect()
    gc.freeze()
