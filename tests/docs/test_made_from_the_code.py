"""The files that are made from the code are those of the project; a stale one is named with what mends it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nemowatch.generate import MENDING_COMMAND, generated_files, main, stale_files

PROJECT = Path(__file__).parents[2]


def test_generated_files_of_the_project_are_fresh() -> None:
    assert list(stale_files(PROJECT)) == [], f"run: {MENDING_COMMAND}"


def test_stale_file_is_named_with_the_mending_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0
    (tmp_path / "docs" / "rules.md").write_text("old")
    capsys.readouterr()
    assert main(["--check"], tmp_path) == 1
    assert capsys.readouterr().err == f"docs/rules.md is stale. Run: {MENDING_COMMAND}\n"
    assert (tmp_path / "docs" / "rules.md").read_text() == "old"


def test_mending_command_runs(tmp_path: Path) -> None:
    command = [sys.executable, *MENDING_COMMAND.split()[1:]]
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    subprocess.run(command, check=True, cwd=tmp_path, env=environment, capture_output=True)
    assert list(stale_files(tmp_path)) == []
    assert set(generated_files()) == {
        "rules.example.yaml",
        "docs/rules.md",
        "systemd/nemowatch.service",
        "systemd/user/nemowatch.service",
    }
