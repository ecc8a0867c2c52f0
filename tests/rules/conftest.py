"""Fixtures of the rules' tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from rules_parts import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A folder with a place for a rules file and one watch folder, `in`."""
    return Desk(tmp_path)
