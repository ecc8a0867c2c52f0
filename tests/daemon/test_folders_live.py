"""Watch folders that go away, come back, are closed to us, or get everything at once; the daemon is a process."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import make_video
from living_house import PLENTY, LivingHouse, save_sound

from nemowatch.sandbox.server import Sandbox

pytestmark = pytest.mark.slow

_BURST = 2_000


@pytest.fixture
def house(tmp_path: Path) -> Iterator[LivingHouse]:
    """A house with a service that exports at once."""
    ready = make_video(tmp_path / "ready.mp4", seconds=1)
    with Sandbox(tmp_path / "service", ready_file=ready, credits=PLENTY) as sandbox:
        house = LivingHouse(tmp_path, sandbox)
        house.write_rules(house.rule(recursive=True))
        yield house


def test_folder_that_is_deleted_and_made_again_is_watched_again(house: LivingHouse) -> None:
    # The scans by the timer are far off: whatever notices the new folder, it is none of them.
    house.write_rules(house.rule(recursive=True), scan="1h")
    save_sound(house.watched / "first.wav", 1)
    with house.daemon():
        house.wait_done("first.wav")
        shutil.rmtree(house.watched)
        house.wait_folder("offline")
        house.watched.mkdir()
        save_sound(house.watched / "first again.wav", 1)
        save_sound(house.watched / "second.wav", 2)
        house.wait_jobs("second.wav")
        house.wait_folder("watched")
        (house.watched / "sub").mkdir()
        save_sound(house.watched / "sub" / "third.wav", 3)
        house.wait_done("second.wav", "third.wav")
    assert house.uploads() == {"first.wav": 1, "second.wav": 1, "third.wav": 1}
    assert house.job_names() == house.uploads(), "the same content is one job, whatever folder it lies in"


def test_folder_that_is_renamed_away_and_back_loses_nothing_and_has_nothing_new(house: LivingHouse) -> None:
    house.write_rules(house.rule(recursive=True), scan="1h")
    away = house.root / "away"
    (house.watched / "sub").mkdir()
    save_sound(house.watched / "first.wav", 1)
    save_sound(house.watched / "sub" / "second.wav", 2)
    with house.daemon():
        house.wait_done("first.wav", "second.wav")
        house.watched.rename(away)
        house.wait_folder("offline")
        # The watch, which lives on, hears of a new folder under a name that leads nowhere.
        (away / "new").mkdir()
        save_sound(away / "new" / "meanwhile.wav", 3)
        away.rename(house.watched)
        house.wait_done("meanwhile.wav")
        house.wait_folder("watched")
        save_sound(house.watched / "sub" / "afterwards.wav", 4)
        house.wait_done("afterwards.wav")
    expected = {"first.wav": 1, "second.wav": 1, "meanwhile.wav": 1, "afterwards.wav": 1}
    assert house.uploads() == house.job_names() == expected


def test_subfolder_that_is_renamed_away_and_back_is_still_looked_into(house: LivingHouse) -> None:
    house.write_rules(house.rule(recursive=True), scan="1h")
    sub, away = house.watched / "sub", house.root / "away"
    sub.mkdir()
    save_sound(sub / "first.wav", 1)
    with house.daemon():
        house.wait_done("first.wav")
        sub.rename(away)
        save_sound(away / "outside.wav", 2)
        away.rename(sub)
        house.wait_done("outside.wav")
        # The name is another now, and so is the place that the watch knows.
        sub.rename(house.watched / "renamed")
        save_sound(house.watched / "renamed" / "third.wav", 3)
        house.wait_done("third.wav")
    assert house.uploads() == house.job_names() == {"first.wav": 1, "outside.wav": 1, "third.wav": 1}


def test_folder_that_may_not_be_read_is_offline_and_its_files_are_not_new_afterwards(
    house: LivingHouse,
) -> None:
    save_sound(house.watched / "first.wav", 1)
    with house.daemon(obeys_permissions=True):
        house.wait_done("first.wav")
        house.watched.chmod(0)
        house.wait_folder("offline")
        house.watched.chmod(0o755)
        house.wait_folder("watched")
        unreadable = save_sound(house.watched / "closed.wav.tmp", 2)
        unreadable.chmod(0)
        unreadable = unreadable.rename(house.watched / "closed.wav")
        save_sound(house.watched / "second.wav", 3)
        house.wait_done("second.wav")
        assert "closed.wav" not in house.job_names()
        unreadable.chmod(0o644)
        house.wait_done("closed.wav")
    assert house.uploads() == house.job_names() == {"first.wav": 1, "second.wav": 1, "closed.wav": 1}


def test_two_thousand_recordings_saved_at_once_all_become_jobs_once(house: LivingHouse) -> None:
    """None of them is begun: the book is what is looked at here."""
    house.write_rules(
        house.rule(recursive=True), limits={"jobs": 1, "starts": "1/1h"}, scan="1h", log={"level": "INFO"}
    )
    content = save_sound(house.root / "content.wav", 1).read_bytes()
    names = [f"{number:04}.wav" for number in range(_BURST)]
    with house.daemon():
        house.wait_folder("watched")
        for number, name in enumerate(names):
            folder = house.watched / f"card {number % 20}"
            folder.mkdir(exist_ok=True)
            # The last bytes are the number: no two have the same content.
            (folder / name).write_bytes(content[:-4] + number.to_bytes(4, "big"))
        house.wait_until(lambda: len(house.jobs()) >= _BURST, 90)
        house.wait_until(lambda: (standing := house.standing()) and standing.waiting_in_all == 0)
    assert house.job_names() == dict.fromkeys(names, 1)
