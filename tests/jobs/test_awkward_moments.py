"""Orders and faults at moments at which they are least expected."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from helpers import async_wait_until, make_video
from job_bench import Bench, Step, open_bench
from sqlalchemy.exc import OperationalError

from nemowatch.jobs.orders import Action
from nemowatch.jobs.records import SHARED_BY_RULE, Cause, JobRecord, JobSpec
from nemowatch.jobs.workflow import RecordingWorkflow
from nemowatch.outputs.staging import Staging
from nemowatch.sandbox.server import Sandbox

pytestmark = pytest.mark.slow

EDIT = "keep only the first 3 seconds"
NOTHING = "tell me who you are"


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return Sandbox(tmp_path / "service")


@pytest.fixture
async def bench(tmp_path: Path, sandbox: Sandbox) -> AsyncIterator[Bench]:
    with sandbox:
        async with open_bench(tmp_path, sandbox) as bench:
            yield bench


def texts_of(bench: Bench) -> list[str]:
    return [prompt["text"] for prompt in bench.sandbox.ledger()["prompts"]]


def newest(bench: Bench) -> JobSpec:
    (job_id, _) = bench.rounds.waiting[-1]
    record = bench.store.read(job_id)
    assert record is not None
    return record.spec


def shared(bench: Bench, name: str, *prompts: str) -> JobSpec:
    path = make_video(bench.root / "talks" / name, seconds=5, seed=len(name))
    output = name.removesuffix(".mp4")
    return bench.add_job(*prompts, source=path, output=output, session_key=f"{SHARED_BY_RULE}shorts")


async def test_retried_refinement_sends_its_own_prompt_again_and_nothing_else(bench: Bench) -> None:
    spec = bench.add_job(EDIT)
    await bench.run(spec)
    await bench.order(spec, Action.REFINE, NOTHING)
    refined = newest(bench)
    assert (await bench.run(refined)).state == "failed"
    await bench.order(refined, Action.RETRY)
    await bench.run_until_final(refined)
    assert texts_of(bench) == [EDIT, NOTHING, NOTHING]
    assert len(bench.sandbox.ledger()["sessions"]) == 1


async def test_job_is_not_retried_on_a_timeline_that_another_has_changed(bench: Bench) -> None:
    first = shared(bench, "monday.mp4", EDIT, NOTHING)
    second = shared(bench, "friday.mp4", "keep only the first 1 seconds")
    assert (await bench.run(first)).state == "failed"
    assert (await bench.run_until_final(second)).state == "done"
    answer = await bench.order(first, Action.RETRY)
    assert answer.is_refused
    assert "rerun" in answer.text


async def test_order_that_is_carried_out_twice_makes_one_job(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = bench.add_job(EDIT)
    await bench.run(spec)
    answer, failures = bench.orders.answer, []

    def locked_at_first(*args: object, **facts: object) -> None:
        if len(failures) < 2:
            failures.append(args)
            raise OperationalError("UPDATE", {}, Exception("database is locked"))
        answer(*args, **facts)  # type: ignore[arg-type]

    monkeypatch.setattr(bench.orders, "answer", locked_at_first)
    bench.orders.give(spec.job_id, Action.REFINE, "keep only the first 1 seconds", now=0.0)
    for _ in range(2):
        with pytest.raises(OperationalError):
            await bench.clerk.look()
    await bench.clerk.look()
    assert len(bench.store.list_jobs()) == 2


async def test_job_of_which_a_prompt_was_taken_back_is_still_known_to_have_been_paid(bench: Bench) -> None:
    spec = bench.add_job(NOTHING)
    await bench.run(spec)
    await bench.order(spec, Action.RETRY)
    bench.sandbox.order("state:4001 always")
    record = await bench.run_until_final(spec)
    assert record.state == "failed"
    assert "Nothing was paid" not in record.reason


async def test_delivery_that_failed_once_is_made_good_by_a_retry(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(_: Staging) -> Path:
        raise PermissionError(errno.EACCES, "Permission denied")

    spec = bench.add_job(EDIT)
    with monkeypatch.context() as locked:
        locked.setattr(Staging, "_rename", forbidden)
        record = await bench.run(spec)
    assert record.state == "failed"
    assert "Permission denied" in record.reason
    await bench.order(spec, Action.RETRY)
    record = await bench.run_until_final(spec)
    assert record.state == "done", record.reason
    assert "talk.mp4" in bench.files()
    assert len(texts_of(bench)) == 1
    assert len(bench.sandbox.ledger()["renders"]) == 1


async def test_render_that_was_downloaded_is_delivered_although_the_session_is_gone(bench: Bench) -> None:
    spec = bench.add_job(EDIT)
    bench.sandbox.order("cdn:slow=0.3")
    running = asyncio.create_task(bench.run(spec))
    await async_wait_until(lambda: bench.record(spec).state == "downloading")
    bench.sandbox.forget_sessions()
    record = await running
    assert record.state == "done", record.reason
    assert "talk.mp4" in bench.files()


async def test_cancel_that_comes_while_the_job_is_being_parked_is_not_forgotten(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.sandbox.order("prompt:question")
    spec = bench.add_job(EDIT, question="hold")
    park = bench.store.park

    def cancelled_meanwhile(*args: object, **facts: object) -> None:
        bench.store.mark_unwanted(spec.job_id, now=0.0)
        park(*args, **facts)  # type: ignore[arg-type]

    monkeypatch.setattr(bench.store, "park", cancelled_meanwhile)
    assert (await bench.run(spec)).is_parked
    record = await bench.run_until_final(spec)
    assert record.state == "cancelled"


async def test_job_that_was_cancelled_in_the_instant_of_its_start_stays_so(bench: Bench) -> None:
    spec = bench.add_job(EDIT)
    read = bench.store.read
    assert read(spec.job_id) is not None

    def cancelled_after_the_look(job_id: str) -> JobRecord | None:
        record = read(job_id)
        bench.store.cancel_queued(job_id, "Cancelled.", now=0.0)
        return record

    bench.store.read = cancelled_after_the_look  # type: ignore[method-assign]
    record = await bench.run(spec)
    assert record.state == "cancelled"
    assert bench.sandbox.ledger()["sessions"] == {}


async def test_balance_that_nobody_tells_does_not_stop_a_job(bench: Bench) -> None:
    bench.sandbox.order("credits:503 always")
    record = await bench.run_until_final(bench.add_job(EDIT))
    assert record.state == "done", record.reason
    assert bench.workshop.watch.outage == ""
    assert bench.manifest()["credits"]["before"] is None


async def test_lost_answer_without_a_balance_to_ask_is_left_to_the_user(bench: Bench) -> None:
    bench.sandbox.order("credits:404 always", "prompt:503 before")
    spec = bench.add_job(EDIT)
    record = await bench.run(spec)
    assert record.stop is not None
    assert (record.state, record.stop.cause) == ("attention", Cause.UNCERTAIN)
    assert len(texts_of(bench)) == 0


async def test_release_lets_one_prompt_past_the_guard(tmp_path: Path, sandbox: Sandbox) -> None:
    with sandbox:
        async with open_bench(tmp_path, sandbox, keep_credits=100) as bench:
            spec = bench.add_job("keep only the first 4 seconds", EDIT)
            assert (await bench.run(spec)).state == "held"
            await bench.order(spec, Action.RELEASE)
            record = await bench.run(spec)
            assert (record.state, len(texts_of(bench))) == ("held", 1)
            await bench.order(spec, Action.RELEASE)
            assert (await bench.run_until_final(spec)).state == "done"


@pytest.mark.slow
async def test_cancelled_job_does_not_wait_for_a_balance_that_never_comes(bench: Bench) -> None:
    bench.sandbox.order("prompt:silence")
    spec = bench.add_job(EDIT)
    running = asyncio.create_task(bench.run(spec))
    await async_wait_until(lambda: bench.record(spec).state == "editing" and "Prompt:" in bench.log(spec))
    bench.sandbox.order("credits:hang always")
    await bench.order(spec, Action.CANCEL)
    record = await asyncio.wait_for(running, 8)
    assert record.state == "cancelled"


def locked_twice(work: Callable[..., Any]) -> Callable[..., Any]:
    """The same work, on a database that refuses it at first."""
    failures: list[object] = []

    def at_last(*args: object) -> Any:
        if len(failures) < 2:
            failures.append(args)
            raise OperationalError("SELECT", {}, Exception("database is locked"))
        return work(*args)

    return at_last


async def test_job_is_run_although_the_book_cannot_be_read_at_first(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = bench.add_job(EDIT)
    await bench.dispatcher.offer()
    monkeypatch.setattr(bench.store, "read", locked_twice(bench.store.read))
    workflow = RecordingWorkflow(bench.workshop, bench.rounds.checkpoint_of(spec.job_id, 1))
    assert await workflow.run(spec.job_id) == "done"


async def test_job_ends_as_it_should_although_its_end_cannot_be_written_at_first(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.workshop.shared, "_run", locked_twice(bench.workshop.shared._run))
    record = await bench.run(bench.add_job(EDIT))
    assert record.state == "done", record.reason


@pytest.mark.parametrize("name", ["edit-1", "deliver-done"])
async def test_job_waits_where_the_end_of_a_step_cannot_be_kept_and_does_nothing_twice(
    bench: Bench, name: str
) -> None:
    spec = bench.add_job(EDIT)
    await bench.dispatcher.offer()
    keep = bench.rounds.checkpoint_of(spec.job_id, 1)

    async def full(step_name: str, step: Step) -> dict[str, Any]:
        if step_name != name:
            return await keep(step_name, step)
        await step()
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    assert await RecordingWorkflow(bench.workshop, full).run(spec.job_id) == "waiting"
    waiting = bench.record(spec)
    assert "database or disk is full" in waiting.reason
    assert waiting.stop is not None
    assert waiting.stop.wake_at is not None
    await async_wait_until(lambda: bench.workshop.clock.now() >= (waiting.stop.wake_at or 0))
    await bench.clerk.look()
    assert (await bench.run_until_final(spec)).state == "done"
    assert texts_of(bench) == [EDIT]
    assert [folder.name for folder in (bench.root / "out").iterdir()] == ["talk"]
