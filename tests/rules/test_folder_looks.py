"""What stands at the folders of the rules; a disk that hangs is waited for only a moment."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from nemowatch.rules import disk
from nemowatch.rules.disk import Look, look_at


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A folder whose disk does not answer before the test is over."""
    folder, is_over, really = tmp_path / "hanging", threading.Event(), disk._look

    def look(path: Path) -> Look:
        if path.is_relative_to(folder):
            is_over.wait()
        return really(path)

    monkeypatch.setattr(disk, "_look", look)
    monkeypatch.setattr(disk, "ANSWER_SECONDS", 0.05)
    yield folder
    is_over.set()


def test_links_are_resolved_and_files_known(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").touch()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    missing, link, film = (tmp_path / name for name in ("missing", "link", "film.mp4"))
    assert look_at([missing, link, film, link]) == {
        missing: Look(missing),
        link: Look(tmp_path / "real"),
        film: Look(film, is_file=True),
    }


def test_ring_of_links_is_taken_as_written(tmp_path: Path) -> None:
    ring = tmp_path / "ring"
    ring.symlink_to(ring)
    assert look_at([ring]) == {ring: Look(ring)}


def test_those_after_one_that_hangs_are_looked_at_all_the_same(tmp_path: Path, hanging: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    before, after = tmp_path / "before", tmp_path / "link"
    looks = look_at([before, hanging, hanging / "below", after])
    assert looks[hanging] == Look(hanging)
    assert looks[hanging / "below"] == Look(hanging / "below")
    assert looks[after] == Look(tmp_path / "real")


def test_many_that_hang_are_given_up_together(hanging: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "_ALL_SECONDS", 0.2)
    folders = [hanging / str(number) for number in range(1_000)]
    assert look_at(folders) == {folder: Look(folder) for folder in folders}
