"""A mount namespace of the tests' own, and in it a house whose watched folder is a mounted disk."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "daemon"))
sys.path.insert(0, str(Path(__file__).parent))

from helpers import make_video
from living_house import PLENTY, LivingHouse
from mounts import KINDS, Disk, Kind, enter_own_mount_namespace, mounted_disk

from nemowatch.sandbox.server import Sandbox


@pytest.fixture(scope="session")
def own_mounts() -> None:
    enter_own_mount_namespace()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[LivingHouse]:
    """A house with a service that exports at once."""
    ready = make_video(tmp_path / "ready.mp4", seconds=1)
    with Sandbox(tmp_path / "service", ready_file=ready, credits=PLENTY) as sandbox:
        house = LivingHouse(tmp_path, sandbox)
        house.write_rules(house.rule(recursive=True))
        yield house


@pytest.fixture(params=KINDS, ids=str)
def disk(request: pytest.FixtureRequest, own_mounts: None, house: LivingHouse) -> Iterator[Disk]:
    """A disk of each kind, mounted at the watched folder."""
    kind: Kind = request.param
    with mounted_disk(kind, house.root / "disk", house.watched) as disk:
        yield disk
