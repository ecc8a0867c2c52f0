"""The database as `nemowatch doctor` sees it."""

from __future__ import annotations

from pathlib import Path

import pytest

from nemowatch.jobs.database import SCHEMA_VERSION, Database
from nemowatch.jobs.health import examine_database


def test_log_that_the_daemon_removes_at_this_moment_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "nemowatch.db"
    assert examine_database(path) is None
    Database(path).close()
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    monkeypatch.setattr(Path, "exists", lambda _self: True)  # what was there when it was looked for
    health = examine_database(path)
    assert health is not None
    assert (health.size_bytes, health.version) == (path.stat().st_size, SCHEMA_VERSION)
