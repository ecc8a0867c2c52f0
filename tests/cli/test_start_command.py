"""What is said to start NemoWatch, where a service is installed and where none is."""

from __future__ import annotations

from pathlib import Path

import pytest

from nemowatch.cli.running import find_start_command
from nemowatch.service.text import service_path


def test_foreground_is_proposed_where_no_service_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_start_command() == "nemowatch run"


@pytest.mark.parametrize("kind", ["user", "agent"])
def test_installed_service_is_proposed(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    path = service_path(kind, tmp_path)
    path.parent.mkdir(parents=True)
    path.write_text("")
    assert find_start_command() == "nemowatch service start"


@pytest.mark.usefixtures("as_ordinary_user")
def test_home_that_may_not_be_looked_into_is_no_reason_to_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.joinpath("home").mkdir(mode=0)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert find_start_command() == "nemowatch run"
