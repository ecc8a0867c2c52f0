"""Jobs that are not one recording and one prompt: addresses, dropped tracks, refinements of what is gone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from helpers import make_video
from job_bench import FAST, Bench, open_bench

from nemowatch.jobs.desk import Candidate, make_spec
from nemowatch.jobs.orders import Action
from nemowatch.jobs.records import Cause, SourceFile
from nemowatch.nemo.attribution import Attribution
from nemowatch.rules.rule import Rule
from nemowatch.rules.skills import SKILLS
from nemowatch.sandbox.server import Sandbox

EDIT = "keep only the first 3 seconds"


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    with Sandbox(tmp_path / "service") as sandbox:
        async with open_bench(tmp_path, sandbox) as bench:
            yield bench


async def test_addresses_are_uploaded_in_the_place_of_the_file_that_lists_them(bench: Bench) -> None:
    await bench.run(bench.add_job("export"))
    upload = bench.sandbox.ledger()["uploads"][0]
    listed = bench.root / "talks" / "week.urls"
    session = next(iter(bench.sandbox.ledger()["sessions"]))
    api = bench.workshop.client.as_skill(Attribution("nemowatch", "1.0.0", "unknown"))
    address = (await api.read_state(session)).video_infos[0]["cdn_url"]
    listed.write_text(f"# last week\n{address}\n")
    spec = bench.add_job(EDIT, source=listed, output="week", urls=(address,), duration_seconds=None)
    record = await bench.run(spec)
    assert record.state == "done", record.reason
    assert "week.mp4" in bench.files("week")
    uploads = bench.sandbox.ledger()["uploads"]
    assert [entry["sha256"] for entry in uploads] == [upload["sha256"]] * 2


@pytest.mark.slow
async def test_music_that_the_service_added_by_itself_is_left_out_of_the_export(bench: Bench) -> None:
    bench.workshop = replace(bench.workshop, settings=replace(FAST, still_seconds=3.0))
    spec = bench.add_job("generate a 3 second video of a sunrise", drop_tracks=("music",))
    record = await bench.run(spec)
    assert record.state == "done", record.reason
    assert "Left out of the export" in bench.log(spec)
    assert "music" in bench.log(spec).lower()


async def test_refinement_of_a_session_that_is_gone_asks_and_retry_makes_it_all_again(bench: Bench) -> None:
    spec = bench.add_job("keep only the first 5 seconds")
    await bench.run(spec)
    bench.sandbox.forget_sessions()
    await bench.order(spec, Action.REFINE, EDIT)
    (job_id, _) = bench.rounds.waiting[-1]
    refined = bench.store.read(job_id)
    assert refined is not None
    record = await bench.run(refined.spec)
    assert record.stop is not None
    assert (record.state, record.stop.cause) == ("attention", Cause.SESSION)
    await bench.order(refined.spec, Action.RETRY)
    record = await bench.run_until_final(refined.spec)
    assert record.state == "done", record.reason
    texts = [prompt["text"] for prompt in bench.sandbox.ledger()["prompts"]]
    assert texts == ["keep only the first 5 seconds", "keep only the first 5 seconds", EDIT]
    assert bench.manifest("talk (2)")["outputs"][0]["duration_seconds"] == pytest.approx(3, abs=0.2)


async def test_silent_edit_is_told_in_words(bench: Bench) -> None:
    bench.sandbox.order("prompt:closes after")
    spec = bench.add_job(EDIT)
    record = await bench.run(spec)
    assert record.state == "done", record.reason
    assert "Changed: clip 1 shortened from 6 s to 3 s." in bench.log(spec)
    assert bench.manifest()["prompts"][0]["changes"] == ["clip 1 shortened from 6 s to 3 s"]


async def test_recording_with_a_prompt_file_beside_it_gets_those_prompts(bench: Bench) -> None:
    path = make_video(bench.root / "talks" / "talk.mp4", seconds=2)
    path.with_name("talk.mp4.prompt.txt").write_text('add the title "{stem}"\n\nexport 1080p MP4\n')
    rule = Rule(
        name="shorts",
        watch=(path.parent,),
        match=(),
        ignore=(),
        recursive=False,
        skill=SKILLS["opusclip"],
        prompts=("never",),
        language="en",
        deliver=("video",),
        output="{watch}-output/{rule}/{dir}/{stem}",
        settle_seconds=1.0,
        priority=5,
    )
    facts = path.lstat()
    source = SourceFile(path, facts.st_size, facts.st_mtime_ns, facts.st_ino)
    spec = make_spec(Candidate(rule, path.parent, source, 2.0), "0" * 64, queued_at=0.0)
    assert spec.prompts == ('add the title "talk"', "export 1080p MP4")
