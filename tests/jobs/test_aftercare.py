"""What becomes of a recording when its job is done: it stays, is moved, or goes into the trash."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from after_bench import CONTENT, Yard, make_trash, manifest_of, names, version_of
from helpers import async_wait_until
from send2trash.plat_other import send2trash as plain_send2trash

from nemowatch.jobs import relocation
from nemowatch.jobs.records import Base, JobState
from nemowatch.jobs.source import find_source
from nemowatch.jobs.store import Changes
from nemowatch.outputs.manifest import write_manifest


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[Yard]:
    yard = Yard(tmp_path)
    yield yard
    yard.database.close()


@pytest.fixture
def trash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return make_trash(tmp_path, monkeypatch)


async def test_recording_goes_into_the_trash_when_its_outputs_stand(yard: Yard, trash: Path) -> None:
    spec = yard.done()
    await yard.aftercare.look()
    assert not spec.source.path.exists()
    assert (trash / "talk.mp4").read_bytes() == CONTENT
    assert yard.after(spec) == "done"
    assert "put into the trash" in yard.log(spec)


async def test_prompts_beside_a_recording_go_into_the_trash_with_it(yard: Yard, trash: Path) -> None:
    (yard.talks / "talk.mp4.prompt.txt").write_text("shorter\n")
    yard.done()
    await yard.aftercare.look()
    assert names(yard.talks) == []
    assert names(trash) == ["talk.mp4", "talk.mp4.prompt.txt"]


async def test_recording_for_which_there_is_no_trash_stays(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relocation, "send2trash", plain_send2trash)
    monkeypatch.setenv("HOME", "/nonexistent")
    spec = yard.done()
    await yard.aftercare.look()
    assert spec.source.path.read_bytes() == CONTENT
    assert yard.after(spec) == "kept"
    assert "there is no trash for it" in yard.log(spec)


async def test_recording_that_is_to_be_kept_is_never_looked_at(yard: Yard) -> None:
    spec = yard.done(after="keep")
    await yard.aftercare.look()
    assert spec.source.path.exists()
    assert (yard.after(spec), yard.log(spec)) == ("", "")


async def test_recording_and_its_prompts_are_moved(yard: Yard) -> None:
    (yard.talks / "talk.mp4.prompt.txt").write_text("shorter\n")
    spec = yard.move()
    await yard.aftercare.look()
    done = yard.root / "talks-done"
    assert names(yard.talks) == []
    assert (done / "talk.mp4").read_bytes() == CONTENT
    assert (done / "talk.mp4.prompt.txt").read_text() == "shorter\n"
    assert yard.after(spec) == "done"
    assert f"moved to {done / 'talk.mp4'}" in yard.log(spec)


async def test_moved_recording_is_found_again_by_its_job(yard: Yard) -> None:
    spec = yard.move()
    await yard.aftercare.look()
    places = yard.store.places_of(spec.job_id)
    assert find_source(spec, places) == yard.root / "talks-done" / "talk.mp4"


async def test_recording_that_was_written_again_stays(yard: Yard, trash: Path) -> None:
    spec = yard.done()
    spec.source.path.write_bytes(b"a new recording")
    await yard.aftercare.look()
    assert spec.source.path.read_bytes() == b"a new recording"
    assert yard.after(spec) == "kept"
    assert "written again" in yard.log(spec)


async def test_recording_that_was_only_touched_is_taken_away(yard: Yard) -> None:
    spec = yard.move()
    spec.source.path.touch()
    await yard.aftercare.look()
    assert yard.after(spec) == "done"
    assert not spec.source.path.exists()


async def test_recording_that_was_renamed_is_taken_away_under_its_new_name(yard: Yard) -> None:
    spec = yard.move()
    renamed = spec.source.path.rename(yard.talks / "renamed.mp4")
    yard.store.add(replace(spec, source=replace(spec.source, path=renamed)))
    await yard.aftercare.look()
    assert names(yard.root / "talks-done") == ["renamed.mp4"]


async def test_copy_of_a_recording_stays_when_the_recording_itself_is_gone(yard: Yard) -> None:
    spec = yard.move()
    copy = Path(shutil.copy2(spec.source.path, yard.talks / "copy.mp4"))
    yard.store.add(replace(spec, source=version_of(copy)))
    spec.source.path.unlink()
    await yard.aftercare.look()
    assert names(yard.talks) == ["copy.mp4"]
    assert yard.after(spec) == "kept"


async def test_recording_stays_when_an_output_is_not_whole(yard: Yard) -> None:
    spec = yard.move()
    (spec.output_folder / "talk.mp4").write_bytes(b"cut")
    await yard.aftercare.look()
    assert spec.source.path.exists()
    assert yard.after(spec) == "kept"
    assert "no longer stand, whole" in yard.log(spec)


async def test_recording_stays_when_another_jobs_outputs_stand_in_the_place_of_its_own(yard: Yard) -> None:
    spec = yard.move()
    stranger = replace(spec, job_id="f" * 16)
    write_manifest(spec.output_folder, manifest_of(stranger, spec.output_folder))
    await yard.aftercare.look()
    assert yard.after(spec) == "kept"


async def test_nothing_is_decided_while_the_outputs_or_the_watch_folder_are_offline(yard: Yard) -> None:
    spec = yard.move(output_folder=yard.root / "talks-output" / "talk")
    (yard.root / "talks-output").rename(yard.root / "away")
    yard.offline = "The folder is offline."
    await yard.aftercare.look()
    assert yard.after(spec) == "due"
    (yard.root / "away").rename(yard.root / "talks-output")
    yard.talks.rename(yard.root / "away")
    yard.clock.move(61)
    await yard.aftercare.look()
    assert yard.after(spec) == "due"
    (yard.root / "away").rename(yard.talks)
    yard.offline = ""
    await yard.aftercare.look()
    assert yard.after(spec) == "done"


async def test_two_rules_on_one_file_wait_for_each_other_and_move_it_once(yard: Yard) -> None:
    yard.rules = ["shorts", "stills"]
    first = yard.move()
    second = yard.job(rule="stills", after="trash")
    await yard.aftercare.look()
    assert (first.source.path.exists(), yard.log(first)) == (True, "")
    yard.end(second)
    await yard.aftercare.look()
    assert names(yard.talks) == []
    assert names(yard.root / "talks-done") == ["talk.mp4"]
    assert (yard.after(first), yard.after(second)) == ("done", "done")
    for spec in (first, second):
        assert find_source(spec, yard.store.places_of(spec.job_id)).parent.name == "talks-done"


async def test_recording_waits_for_a_rule_that_has_not_looked_at_it_yet(yard: Yard) -> None:
    yard.rules = ["shorts", "stills"]
    spec = yard.move()
    await yard.aftercare.look()
    assert yard.after(spec) == "due"
    yard.known.write_refusal("stills", spec.source, "too long", now=0.0)
    await yard.aftercare.look()
    assert yard.after(spec) == "done"


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.HELD, JobState.ATTENTION])
async def test_recording_that_another_job_may_still_need_stays_and_that_is_told_once(
    yard: Yard, state: JobState
) -> None:
    spec = yard.move()
    other = yard.job(rule="stills")
    yard.store.write(other.job_id, Changes(state, "no credits"), now=0.0)
    for _ in range(3):
        await yard.aftercare.look()
    assert spec.source.path.exists()
    assert yard.log(spec).count(other.job_id[:8]) == (2 if state is JobState.FAILED else 1)
    assert len(yard.log(spec).splitlines()) == 2
    yard.end(other)
    yard.clock.move(601)
    await yard.aftercare.look()
    assert yard.after(spec) == "done"


async def test_failed_job_is_forgotten_when_a_later_one_of_its_rule_was_done(yard: Yard) -> None:
    failed = yard.job(job_id="0" * 16)
    yard.store.write(failed.job_id, Changes(JobState.FAILED, "the service is down"), now=0.0)
    spec = yard.move()
    await yard.aftercare.look()
    assert yard.after(spec) == "done"


async def test_failed_refinement_does_not_hold_the_recording(yard: Yard) -> None:
    spec = yard.move()
    base = Base(spec.job_id, "session", None, spec.prompts)
    refined = yard.job(job_id="0" * 16, after="keep", base=base)
    yard.store.write(refined.job_id, Changes(JobState.FAILED, "changed nothing"), now=0.0)
    await yard.aftercare.look()
    assert yard.after(spec) == "done"


async def test_job_that_ends_stirs_the_aftercare(yard: Yard) -> None:
    running = asyncio.create_task(yard.aftercare.run())
    try:
        await async_wait_until(lambda: yard.clock._sleepers)
        spec = yard.move()
        yard.aftercare.stir()
        await async_wait_until(lambda: yard.after(spec) == "done")
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_two_looks_at_once_move_a_recording_once(yard: Yard) -> None:
    spec = yard.move()
    await asyncio.gather(yard.aftercare.look(), yard.aftercare.look())
    assert names(yard.root / "talks-done") == ["talk.mp4"]
    assert yard.log(spec).count("moved to") == 1
