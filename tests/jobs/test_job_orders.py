"""What the user orders for a job: retry, cancel, release, answer, refine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from helpers import async_wait_until
from job_bench import Bench, open_bench

from nemowatch.jobs.orders import Action
from nemowatch.jobs.records import JobRecord, JobSpec
from nemowatch.sandbox.server import Sandbox

EDIT = "keep only the first 3 seconds"


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    with Sandbox(tmp_path / "service") as sandbox:
        async with open_bench(tmp_path, sandbox) as bench:
            yield bench


def prompts_of(bench: Bench) -> list[str]:
    return [prompt["text"] for prompt in bench.sandbox.ledger()["prompts"]]


async def test_job_that_has_not_begun_is_cancelled_at_once(bench: Bench) -> None:
    spec = bench.add_job(EDIT)
    answer = await bench.order(spec, Action.CANCEL)
    assert (answer.text, answer.is_refused) == ("Cancelled.", False)
    record = await bench.run(spec)
    assert record.state == "cancelled"
    assert bench.sandbox.ledger()["sessions"] == {}


async def test_job_that_is_cancelled_at_work_ends_told_and_can_be_taken_up_again(bench: Bench) -> None:
    spec = bench.add_job(EDIT)
    running = asyncio.create_task(bench.run(spec))
    await async_wait_until(lambda: bench.record(spec).state == "editing")
    assert not (await bench.order(spec, Action.CANCEL)).is_refused
    record = await asyncio.wait_for(running, 2)
    assert (record.state, record.reason) == ("cancelled", "Cancelled by the user.")
    assert bench.manifest()["state"] == "cancelled"
    assert "Cancelled" in (bench.root / "out" / "talk" / "job.log").read_text()

    assert not (await bench.order(spec, Action.RETRY)).is_refused
    record = await bench.run_until_final(spec)
    assert record.state == "done", record.reason
    assert len(prompts_of(bench)) == 1
    assert bench.manifest("talk (2)")["attempt"] == 2


async def test_order_that_does_not_fit_is_refused_and_changes_nothing(bench: Bench) -> None:
    spec = bench.add_job(EDIT)
    done = await bench.run(spec)
    for action in (Action.CANCEL, Action.RETRY, Action.RELEASE, Action.ANSWER):
        answer = await bench.order(spec, action, "the beginning")
        assert answer.is_refused, action
        assert bench.record(spec) == done
    queued = bench.add_job("keep only the first 2 seconds")
    assert (await bench.order(queued, Action.RETRY)).is_refused
    assert (await bench.order(queued, Action.RELEASE)).is_refused


async def test_prompt_that_changed_nothing_is_sent_again_only_when_the_user_says_so(bench: Bench) -> None:
    spec = bench.add_job("keep only the first 4 seconds", "tell me who you are")
    assert (await bench.run(spec)).state == "failed"
    assert (await bench.order(spec, Action.RETRY)).text == "It goes on from the step edit-2."
    record = await bench.run_until_final(spec)
    assert (record.state, record.attempt) == ("failed", 2)
    assert prompts_of(bench) == ["keep only the first 4 seconds", *["tell me who you are"] * 2]
    assert sorted(path.name for path in (bench.root / "out").iterdir()) == ["talk", "talk (2)"]


async def test_retry_brings_what_the_first_attempt_delivered_and_pays_for_nothing_twice(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = bench.add_job("keep only the first 4 seconds", "export", "keep only the first 2 seconds")

    def no_second(path: Path) -> None:
        if path.name == "talk-2.mp4":
            raise ZeroDivisionError

    verify = "nemowatch.jobs.steps.download.sync_file"
    with monkeypatch.context() as broken:
        broken.setattr(verify, no_second)
        assert (await bench.run(spec)).state == "failed"
    assert "talk.mp4" in bench.files()
    await bench.order(spec, Action.RETRY)
    record = await bench.run_until_final(spec)
    assert record.state == "done", record.reason
    assert {"talk.mp4", "talk-2.mp4"} <= set(bench.files("talk (2)"))
    assert len(prompts_of(bench)) == 2


async def refine(bench: Bench, spec: JobSpec, text: str) -> JobSpec:
    answer = await bench.order(spec, Action.REFINE, text)
    assert not answer.is_refused, answer.text
    (job_id, _) = bench.rounds.waiting[-1]
    record = bench.store.read(job_id)
    assert record is not None
    return record.spec


async def test_refinement_goes_on_in_the_session_and_lands_beside_the_first_version(bench: Bench) -> None:
    spec = bench.add_job("keep only the first 4 seconds")
    await bench.run(spec)
    refined = await refine(bench, spec, "keep only the first 2 seconds")
    record = await bench.run(refined)
    assert record.state == "done", record.reason
    ledger = bench.sandbox.ledger()
    assert (len(ledger["sessions"]), len(ledger["uploads"])) == (1, 1)
    lengths = [bench.manifest(name)["outputs"][0]["duration_seconds"] for name in ("talk", "talk (2)")]
    assert lengths == [pytest.approx(4, abs=0.2), pytest.approx(2, abs=0.2)]
    assert bench.manifest("talk (2)")["refines"] == spec.job_id
    again = await bench.run(await refine(bench, refined, "keep only the first 1 second"))
    assert again.state == "done", again.reason
    assert len(ledger["sessions"]) == 1


async def test_refinement_does_not_need_the_recording_any_more(bench: Bench) -> None:
    spec = bench.add_job("keep only the first 4 seconds")
    await bench.run(spec)
    spec.source.path.unlink()
    record = await bench.run(await refine(bench, spec, "keep only the first 2 seconds"))
    assert record.state == "done", record.reason


async def run_side_by_side(bench: Bench, *specs: JobSpec) -> list[JobRecord]:
    return list(await asyncio.gather(*(bench.run_until_final(spec) for spec in specs)))


async def test_refinements_of_one_session_wait_for_each_other(bench: Bench) -> None:
    spec = bench.add_job("keep only the first 5 seconds")
    await bench.run(spec)
    first = await refine(bench, spec, "remove the first 1 seconds")
    second = await refine(bench, spec, "remove the first 2 seconds")
    records = await run_side_by_side(bench, first, second)
    assert [record.state for record in records] == ["done", "done"]
    assert "that both share" in bench.log(first) + bench.log(second)
