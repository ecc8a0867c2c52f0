"""Rules that are edited while the daemon, a process, follows them; and the keys that say when and what it takes."""

from __future__ import annotations

import json
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

import pytest
from helpers import make_video
from living_house import PLENTY, LivingHouse, save_sound

from nemowatch.jobs.records import Cause, JobState
from nemowatch.sandbox.server import Sandbox
from nemowatch.standing import digest_rules

pytestmark = pytest.mark.slow

_PROMISED_SECONDS = 2.0
_FIRST, _SECOND = "mute the video", "remove the first 0.2 seconds"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[LivingHouse]:
    """A house with a service that exports at once."""
    ready = make_video(tmp_path / "ready.mp4", seconds=1)
    with Sandbox(tmp_path / "service", ready_file=ready, credits=PLENTY) as sandbox:
        house = LivingHouse(tmp_path, sandbox)
        house.write_rules(house.rule())
        yield house


def test_edits_take_effect_within_two_seconds_however_the_file_is_saved(house: LivingHouse) -> None:
    talks, more = house.watched, house.root / "more"
    more.mkdir()
    one, both = house.rules_text(house.rule()), house.rules_text(house.rule("shorts", talks, more))
    with house.daemon():
        house.wait_folder("watched")
        in_place = seconds_until_in_force(house, both, house.rules.write_text)
        save_sound(more / "added.wav", 1)
        house.wait_jobs("added.wav")
        by_rename = seconds_until_in_force(house, one, lambda text: replace_by_rename(house.rules, text))
        save_sound(more / "after removal.wav", 2)
        save_sound(talks / "goes on.wav", 3)
        house.wait_jobs("goes on.wav")
        assert house.folder_state(more) == "not told", "a folder that no rule names is told of no more"
        house.rules.unlink()
        save_sound(talks / "without a file.wav", 4)
        house.wait_jobs("without a file.wav")
        assert "after removal.wav" not in house.job_names()
        restored = seconds_until_in_force(house, both, house.rules.write_text)
        house.wait_done("added.wav", "goes on.wav", "without a file.wav", "after removal.wav")
    # A busy machine may delay one of them; none may take as long every time.
    assert min(in_place, by_rename, restored) < _PROMISED_SECONDS, (in_place, by_rename, restored)
    assert set(house.uploads().values()) == set(house.job_names().values()) == {1}


def test_broken_edit_leaves_the_old_rules_in_force_and_status_says_so(house: LivingHouse) -> None:
    good = house.rules.read_text()
    with house.daemon() as process:
        house.wait_folder("watched")
        house.rules.write_text(good.replace("prompt:", "promt:"))
        house.wait_until(lambda: (standing := house.standing()) and "promt" in standing.rules_error)
        save_sound(house.watched / "meanwhile.wav", 1)
        house.wait_done("meanwhile.wav")
        assert "promt" in house.run("status").stdout
        assert house.run("reload").returncode == 4
        assert 'Did you mean "prompt"?' in house.log.read_text()
        assert process.poll() is None
        house.rules.write_text(good + "# as it was\n")
        house.wait_until(lambda: (standing := house.standing()) and not standing.rules_error)


def test_sighup_and_reload_have_the_rules_read_at_once(house: LivingHouse) -> None:
    with house.daemon() as process:
        house.wait_folder("watched")
        for ask in (
            lambda: process.send_signal(signal.SIGHUP),
            lambda: house.run("reload").check_returncode(),
        ):
            before = loaded_at(house)
            ask()
            house.wait_until(lambda before=before: loaded_at(house) > before)
        assert process.poll() is None
        save_sound(house.watched / "afterwards.wav", 1)
        house.wait_jobs("afterwards.wav")


def test_job_that_runs_keeps_the_prompt_that_it_began_with(house: LivingHouse) -> None:
    house.write_rules(house.rule(prompt=_FIRST))
    house.sandbox.order("upload:slow=8")
    with house.daemon():
        make_video(house.watched / "running.mp4", seconds=1, seed=1)
        house.wait_until(lambda: house.states().get("running.mp4") is JobState.UPLOADING)
        seconds_until_in_force(house, house.rules_text(house.rule(prompt=_SECOND)), house.rules.write_text)
        assert house.states()["running.mp4"] is JobState.UPLOADING
        make_video(house.watched / "later.mp4", seconds=1, seed=2)
        house.wait_done("running.mp4", "later.mp4")
    asked = {name: house.manifest(name)["prompts"][0]["text"] for name in ("running", "later")}
    assert asked == {"running": _FIRST, "later": _SECOND}


def test_files_from_before_a_rule_are_skipped_taken_or_held_as_it_says(house: LivingHouse) -> None:
    rules = []
    for number, existing in enumerate(("skip", "process", "auto")):
        folder = house.root / existing
        folder.mkdir()
        rules.append(house.rule(existing, folder, existing=existing))
        for index in range(5):
            save_sound(folder / f"{existing}{index}.wav", 10 * number + index)
    house.write_rules(*rules, limits={"backlog": 3, "starts": None})
    skipped, processed, held = (tuple(f"{rule['name']}{index}.wav" for index in range(5)) for rule in rules)
    with house.daemon():
        house.wait_done(*processed)
        house.wait_jobs(*held)
        assert {job.stop.cause for job in house.jobs() if job.spec.rule == "auto" and job.stop} == {
            Cause.BACKLOG
        }
        assert {house.states()[name] for name in held} == {JobState.HELD}
        save_sound(house.root / "skip" / "new.wav", 100)
        save_sound(house.root / "auto" / "one more.wav", 101)
        house.wait_done("new.wav", "one more.wav")
    with house.daemon():
        released = house.run("jobs", "release", "--rule", "auto", "--yes")
        assert released.returncode == 0, released.stdout + released.stderr
        house.wait_done(*held)
    expected = dict.fromkeys((*processed, *held, "new.wav", "one more.wav"), 1)
    assert house.uploads() == house.job_names() == expected
    assert not house.job_names().keys() & set(skipped)


def test_recording_goes_where_its_rule_says_only_after_its_outputs_stand(house: LivingHouse) -> None:
    moved, binned, kept = (house.root / name for name in ("moved", "binned", "kept"))
    for folder in (moved, binned, kept):
        folder.mkdir()
    house.write_rules(
        house.rule("move", moved, after={"move": "{watch}-done"}),
        house.rule("trash", binned, after="trash"),
        # A plain export generates no media: there is nothing to deliver.
        house.rule("fails", kept, after="trash", deliver="media"),
    )
    sources = {
        rule: save_sound(folder / "talk.wav", number)
        for number, (rule, folder) in enumerate((("move", moved), ("trash", binned), ("fails", kept)))
    }
    contents = {rule: source.read_bytes() for rule, source in sources.items()}
    outputs = {
        rule: source.parent.with_name(f"{source.parent.name}-output") / rule / "talk" / "job.json"
        for rule, source in sources.items()
    }

    def are_gone() -> bool:
        gone = {rule for rule, source in sources.items() if not source.exists()}
        assert all(outputs[rule].exists() for rule in gone), "a recording went before its outputs stood"
        return gone == {"move", "trash"}

    with house.daemon():
        house.wait_until(are_gone)
        house.wait_until(lambda: any(job.state is JobState.FAILED for job in house.jobs()))
        done = house.root / "moved-done" / "talk.wav"
        house.wait_until(done.exists)
    assert done.read_bytes() == contents["move"]
    trash = house.root / ".local" / "share" / "Trash" / "files"
    assert [path.read_bytes() for path in trash.iterdir()] == [contents["trash"]]
    assert sources["fails"].read_bytes() == contents["fails"], "a recording without outputs stays"


def test_jobs_wait_outside_of_their_hours_and_go_when_they_are_released(house: LivingHouse) -> None:
    closed, open_ = house.root / "closed", house.root / "open"
    closed.mkdir()
    open_.mkdir()
    house.write_rules(
        house.rule("closed", closed, schedule=hours(begin=2, end=4)),
        house.rule("open", open_, schedule=hours(begin=-2, end=2)),
    )
    with house.daemon():
        save_sound(closed / "later.wav", 1)
        house.wait_jobs("later.wav")
        save_sound(open_ / "now.wav", 2)
        house.wait_done("now.wav")
        (job,) = (job for job in house.jobs() if job.spec.rule == "closed")
        assert job.state is JobState.WAITING
        assert job.stop is not None
        assert job.stop.cause is Cause.SCHEDULE
        assert job.stop.wake_at is not None
        assert 3600 < job.stop.wake_at - time.time() <= 2 * 3600
        assert house.uploads() == {"now.wav": 1}
        assert house.run("jobs", "release", job.spec.job_id).returncode == 0
        house.wait_done("later.wav")


def test_no_more_jobs_of_a_rule_run_at_once_than_its_limit_allows(house: LivingHouse) -> None:
    names = tuple(f"talk{number}.wav" for number in range(5))
    for number, name in enumerate(names):
        save_sound(house.watched / name, number)
    house.write_rules(house.rule(), limits={"jobs": 4, "per_rule": 1, "starts": None})
    with house.daemon():
        house.wait_done(*names)
    at_work = [session for session, _ in groupby(sessions_called(house.sandbox))]
    assert len(at_work) == len(set(at_work)) == 5, "each session was over before the next one was worked in"


def seconds_until_in_force(house: LivingHouse, text: str, save: Callable[[str], object]) -> float:
    """Save rules, wait until they are in force, and say how long the daemon took."""
    save(text)
    saved_at = time.time()
    digest = digest_rules(text.encode())
    house.wait_until(lambda: (standing := house.standing()) and standing.rules_digest == digest, 10)
    return loaded_at(house) - saved_at


def loaded_at(house: LivingHouse) -> float:
    """When the rules in force were read, as `nemowatch status` tells it."""
    standing = house.standing()
    return 0.0 if standing is None else standing.rules_loaded_at


def replace_by_rename(path: Path, text: str) -> None:
    """Save as most editors do."""
    aside = path.with_name("rules.yaml~")
    aside.write_text(text)
    aside.replace(path)


def hours(begin: int, end: int) -> str:
    """A schedule that opens and closes so many hours from now."""
    now = datetime.now().astimezone()
    return "-".join((now + timedelta(hours=offset)).strftime("%H:%M") for offset in (begin, end))


def sessions_called(sandbox: Sandbox) -> list[str]:
    """The session of each call that names one, in the order in which they were answered."""
    with urllib.request.urlopen(f"{sandbox.url}/_sandbox/calls") as answer:
        paths = [str(call["path"]) for call in json.load(answer)]
    sessions = sandbox.ledger()["sessions"]
    return [session for path in paths for session in sessions if session in path]
