"""What the service refuses, forgets and breaks (nemo-api.md §11), and how a job gets on with it.

The slow run tries each in every form that the service is documented in (conftest.py); the default run tries a
quarter of them, in one form.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from contract_parts import OWN_TOKEN
from helpers import async_wait_until
from job_bench import FAST, Bench, open_bench

from nemowatch.jobs.orders import Action
from nemowatch.jobs.records import Cause, JobRecord
from nemowatch.sandbox.server import Sandbox

EDIT = "keep only the first 3 seconds"


def cause_of(record: JobRecord) -> Cause | None:
    return record.stop.cause if record.is_parked and record.stop is not None else None


def applied(bench: Bench) -> int:
    return sum(prompt["outcome"] == "changed" for prompt in bench.sandbox.ledger()["prompts"])


async def test_job_without_credits_is_held_before_it_uploads_and_goes_on_when_there_are_more(
    bench: Bench,
) -> None:
    bench.sandbox.order("prompt:2001")
    first = bench.add_job(EDIT)
    record = await bench.run(first)
    assert (record.state, cause_of(record)) == ("held", Cause.CREDITS)
    assert "https://web.test/register?bind=anon_" in record.reason
    second = bench.add_job("keep only the first 2 seconds")
    record = await bench.run(second)
    assert (record.state, cause_of(record)) == ("held", Cause.CREDITS)
    assert "https://web.test/register?bind=anon_" in record.reason
    assert len(bench.sandbox.ledger()["uploads"]) == 1
    await bench.clerk.look()
    assert bench.record(first).is_parked, "the balance is as it was"
    bench.sandbox.set_credits(500)
    for spec in (first, second):
        record = await bench.run_until_final(spec)
        assert record.state == "done", record.reason
    assert (applied(bench), len(bench.sandbox.ledger()["uploads"])) == (2, 2)


async def test_job_that_exports_alone_needs_no_credits(bench: Bench) -> None:
    bench.workshop.purse.note_refusal(1000)
    record = await bench.run(bench.add_job("export 1080p MP4"))
    assert record.state == "done", record.reason


async def test_released_job_passes_the_guard(tmp_path: Path, sandbox: Sandbox) -> None:
    async with open_bench(tmp_path, sandbox, keep_credits=100) as bench:
        spec = bench.add_job(EDIT)
        record = await bench.run(spec)
        assert (record.state, cause_of(record)) == ("held", Cause.CREDITS)
        assert "keep_credits" in record.reason
        await bench.order(spec, Action.RELEASE)
        record = await bench.run_until_final(spec)
        assert record.state == "done", record.reason


async def test_expired_anonymous_token_is_renewed_in_the_middle_of_a_job(bench: Bench) -> None:
    bench.sandbox.order("upload:1001", "prompt:1001", "render-status:1001")
    record = await bench.run_until_final(bench.add_job(EDIT))
    assert record.state == "done", record.reason
    assert applied(bench) == 1


async def test_own_token_that_is_refused_stops_the_job_until_it_is_accepted_again(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    async with open_bench(tmp_path, sandbox, environ={"NEMO_TOKEN": OWN_TOKEN}) as bench:
        sandbox.order("prompt:1001", "credits:1001 skip 2")
        spec = bench.add_job(EDIT)
        record = await bench.run(spec)
        assert (record.state, cause_of(record)) == ("attention", Cause.TOKEN)
        assert "NEMO_TOKEN" in record.reason
        record = await bench.run_until_final(spec)
        assert record.state == "done", record.reason
        assert applied(bench) == 1


async def test_session_that_is_lost_before_anything_was_paid_is_made_anew(bench: Bench) -> None:
    bench.sandbox.order("upload:1002", "prompt:1002")
    record = await bench.run_until_final(bench.add_job(EDIT))
    assert record.state == "done", record.reason
    ledger = bench.sandbox.ledger()
    assert (len(ledger["sessions"]), applied(bench)) == (3, 1)


async def test_session_that_is_lost_again_and_again_fails_the_job(bench: Bench) -> None:
    bench.sandbox.order("upload:1002 always")
    record = await bench.run_until_final(bench.add_job(EDIT))
    assert record.state == "failed"
    assert len(bench.sandbox.ledger()["sessions"]) == 3


async def test_session_that_is_lost_with_a_paid_edit_asks_and_retry_starts_over(bench: Bench) -> None:
    bench.sandbox.order("render:1002")
    spec = bench.add_job(EDIT)
    record = await bench.run(spec)
    assert (record.state, cause_of(record)) == ("attention", Cause.SESSION)
    assert bench.sandbox.ledger()["renders"] == []
    assert (await bench.order(spec, Action.RELEASE)).is_refused
    await bench.order(spec, Action.RETRY)
    record = await bench.run_until_final(spec)
    assert record.state == "done", record.reason
    ledger = bench.sandbox.ledger()
    assert (len(ledger["sessions"]), len(ledger["uploads"]), applied(bench)) == (2, 2, 2)


async def test_export_that_the_plan_forbids_asks_and_is_tried_again_without_paying(bench: Bench) -> None:
    bench.sandbox.order("render:402 x2")
    spec = bench.add_job(EDIT)
    record = await bench.run(spec)
    assert (record.state, cause_of(record)) == ("attention", Cause.PLAN)
    assert "upgrade your plan" in record.reason
    await bench.order(spec, Action.RELEASE)
    record = await bench.run_until_final(spec)
    assert record.state == "done", record.reason
    assert applied(bench) == 1


async def test_scope_that_is_missing_is_named(bench: Bench) -> None:
    bench.sandbox.order("upload:403=upload")
    spec = bench.add_job(EDIT)
    record = await bench.run(spec)
    assert (record.state, cause_of(record)) == ("attention", Cause.SCOPE)
    assert '"upload"' in record.reason
    await bench.clerk.start()
    assert (await bench.run_until_final(spec)).state == "done"


async def test_too_many_calls_are_waited_out_once_and_then_the_job_steps_aside(bench: Bench) -> None:
    bench.sandbox.order("prompt:429", "state:429 x2 skip 4")
    spec = bench.add_job(EDIT)
    record = await bench.run_until_final(spec)
    assert record.state == "done", record.reason
    assert applied(bench) == 1
    assert "Too many calls" in bench.log(spec)


@pytest.mark.parametrize("call", ["session", "upload", "render"])
async def test_answer_that_is_lost_after_the_work_was_done_does_not_do_it_twice(
    bench: Bench, call: str
) -> None:
    bench.sandbox.order(f"{call}:lost-answer after")
    record = await bench.run_until_final(bench.add_job(EDIT))
    assert record.state == "done", record.reason
    ledger = bench.sandbox.ledger()
    assert (len(ledger["uploads"]), applied(bench), len(ledger["renders"])) == (1, 1, 1)


async def test_one_call_that_fails_and_fails_lets_the_job_step_aside_and_the_others_work(
    bench: Bench,
) -> None:
    bench.sandbox.order("upload:503 x4")
    spec = bench.add_job(EDIT)
    record = await bench.run(spec)
    assert (record.state, cause_of(record)) == ("waiting", Cause.FAULT)
    assert record.stop is not None
    assert record.stop.wake_at is not None
    record = await bench.run_until_final(spec)
    assert record.state == "done", record.reason


async def test_dead_service_makes_all_jobs_wait_and_says_so_until_it_answers(bench: Bench) -> None:
    bench.sandbox.order("any:503 always")
    spec = bench.add_job(EDIT)
    running = asyncio.create_task(bench.run_until_final(spec))
    await async_wait_until(lambda: bench.workshop.watch.outage)
    assert bench.record(spec).state == "waiting"
    assert "all jobs wait" in bench.workshop.watch.outage
    bench.sandbox.clear_faults()
    record = await running
    assert record.state == "done", record.reason
    assert bench.workshop.watch.outage == ""


@pytest.mark.parametrize("moment", ["after", "later=0.05"])
@pytest.mark.parametrize("fault", ["cut=1", "503", "reset", "lost-answer", "wrong", "malformed-event"])
async def test_prompt_that_was_carried_out_is_not_sent_again_when_its_answer_is_lost(
    bench: Bench, fault: str, moment: str
) -> None:
    bench.sandbox.order(f"prompt:{fault} {moment}")
    record = await bench.run_until_final(bench.add_job(EDIT))
    assert record.state == "done", record.reason
    assert len(bench.sandbox.ledger()["prompts"]) == 1
    assert applied(bench) == 1


@pytest.mark.parametrize("fault", ["cut=0", "503", "reset", "lost-answer", "wrong"])
async def test_prompt_that_certainly_was_not_carried_out_is_sent_once_more(bench: Bench, fault: str) -> None:
    bench.sandbox.order(f"prompt:{fault} before")
    record = await bench.run_until_final(bench.add_job(EDIT))
    assert record.state == "done", record.reason
    assert applied(bench) == 1


async def test_prompt_of_which_nobody_can_tell_asks_and_the_user_decides(bench: Bench) -> None:
    bench.workshop = replace(bench.workshop, settings=replace(FAST, look_pauses=(0.5, 0.01)))
    bench.sandbox.order("prompt:503 before")
    spec = bench.add_job(EDIT)
    running = asyncio.create_task(bench.run(spec))
    await async_wait_until(lambda: "Looking at the timeline" in bench.log(spec))
    bench.sandbox.set_credits(50)
    record = await running
    assert (record.state, cause_of(record)) == ("attention", Cause.UNCERTAIN)
    assert "the balance has changed" in record.reason
    assert applied(bench) == 0
    await bench.order(spec, Action.RETRY)
    record = await bench.run_until_final(spec)
    assert record.state == "done", record.reason
    assert applied(bench) == 1


async def test_released_job_goes_on_with_the_timeline_as_it_is(bench: Bench) -> None:
    bench.sandbox.order("prompt:run-error after")
    spec = bench.add_job(EDIT)
    record = await bench.run(spec)
    assert (record.state, cause_of(record)) == ("attention", Cause.UNCERTAIN)
    assert "has changed" in record.reason
    await bench.order(spec, Action.RELEASE)
    record = await bench.run_until_final(spec)
    assert record.state == "done", record.reason
    assert len(bench.sandbox.ledger()["prompts"]) == 1


async def test_run_that_fails_before_it_did_anything_is_tried_once_more(bench: Bench) -> None:
    bench.sandbox.order("prompt:run-error before")
    record = await bench.run_until_final(bench.add_job(EDIT))
    assert record.state == "done", record.reason
    assert applied(bench) == 1


async def test_question_is_answered_once_with_go_on(bench: Bench) -> None:
    bench.sandbox.order("prompt:question")
    spec = bench.add_job(EDIT)
    record = await bench.run(spec)
    assert record.state == "done", record.reason
    assert "The service asked back" in bench.log(spec)
    assert applied(bench) == 1


async def test_question_is_held_for_the_user_where_the_rule_says_so(bench: Bench) -> None:
    bench.sandbox.order("prompt:question")
    spec = bench.add_job(EDIT, question="hold")
    record = await bench.run(spec)
    assert (record.state, cause_of(record)) == ("attention", Cause.QUESTION)
    assert record.stop is not None
    assert record.stop.question.endswith("?")
    answer = await bench.order(spec, Action.ANSWER, "the beginning")
    assert not answer.is_refused
    record = await bench.run_until_final(spec)
    assert record.state == "done", record.reason
    texts = [prompt["text"] for prompt in bench.sandbox.ledger()["prompts"]]
    assert texts == [EDIT, "the beginning"]
    assert applied(bench) == 1


async def test_edit_that_only_a_screen_could_make_is_sent_as_a_prompt(bench: Bench) -> None:
    bench.sandbox.order("prompt:screen-only")
    spec = bench.add_job(EDIT)
    record = await bench.run(spec)
    assert record.state == "done", record.reason
    assert applied(bench) == 1


async def test_render_that_failed_is_made_once_more(bench: Bench) -> None:
    bench.sandbox.order("render:failed")
    record = await bench.run(bench.add_job(EDIT))
    assert record.state == "done", record.reason
    assert [render["status"] for render in bench.sandbox.ledger()["renders"]] == ["failed", "completed"]


async def test_render_that_failed_twice_fails_the_job_and_retry_exports_without_paying(bench: Bench) -> None:
    bench.sandbox.order("render:failed x2")
    spec = bench.add_job(EDIT)
    record = await bench.run(spec)
    assert record.state == "failed"
    assert "jobs retry" in record.reason
    await bench.order(spec, Action.RETRY)
    record = await bench.run_until_final(spec)
    assert record.state == "done", record.reason
    assert applied(bench) == 1


@pytest.mark.slow
async def test_render_that_takes_too_long_gives_up_its_place_and_is_not_lost(bench: Bench) -> None:
    bench.workshop = replace(bench.workshop, settings=replace(FAST, polls=4))
    bench.sandbox.order("render:stuck=30")
    spec = bench.add_job(EDIT)
    record = await bench.run(spec)
    assert (record.state, cause_of(record)) == ("waiting", Cause.RENDER)
    assert "takes longer than usual" in record.reason
    record = await bench.run_until_final(spec, rounds=60)
    assert record.state == "done", record.reason
    assert len(bench.sandbox.ledger()["renders"]) == 1


async def test_render_that_the_service_has_forgotten_is_made_once_more(bench: Bench) -> None:
    bench.sandbox.order("render:vanished=1", "render:stuck=3")
    record = await bench.run_until_final(bench.add_job(EDIT))
    assert record.state == "done", record.reason


async def test_error_page_instead_of_the_video_is_not_delivered(bench: Bench) -> None:
    bench.sandbox.order("cdn:wrong x2")
    record = await bench.run_until_final(bench.add_job(EDIT))
    assert record.state == "done", record.reason
    assert record.outputs[0].duration_seconds == pytest.approx(3, abs=0.2)
