"""Several files in one session of the service, one after the other, each with its own prompts and its own export."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from helpers import make_video
from job_bench import Bench, open_bench

from nemowatch.jobs.orders import Action
from nemowatch.jobs.records import SHARED_BY_RULE, Cause, JobRecord, JobSpec
from nemowatch.sandbox.server import Sandbox

pytestmark = pytest.mark.slow

KEY = f"{SHARED_BY_RULE}shorts"


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    with Sandbox(tmp_path / "service") as sandbox:
        async with open_bench(tmp_path, sandbox) as bench:
            yield bench


def add(bench: Bench, name: str, *prompts: str, seconds: int = 4, **facts: Any) -> JobSpec:
    """A job for a recording of its own, in the session that all of them share."""
    path = make_video(bench.root / "talks" / name, seconds=seconds, seed=len(name) + seconds)
    return bench.add_job(*prompts, source=path, output=name.removesuffix(".mp4"), session_key=KEY, **facts)


async def run_all(bench: Bench, *specs: JobSpec) -> list[JobRecord]:
    return list(await asyncio.gather(*(bench.run_until_final(spec) for spec in specs)))


async def test_files_of_a_rule_share_a_session_and_each_gets_its_own_export(bench: Bench) -> None:
    specs = [
        add(bench, f"talk-{number}.mp4", f"keep only the first {number} seconds", seconds=3 + number)
        for number in (1, 2, 3)
    ]
    records = await run_all(bench, *specs)
    assert [record.state for record in records] == ["done"] * 3, [record.reason for record in records]
    ledger = bench.sandbox.ledger()
    assert (len(ledger["sessions"]), len(ledger["uploads"]), len(ledger["renders"])) == (1, 3, 3)
    lengths = [record.outputs[0].duration_seconds for record in records]
    assert lengths == [pytest.approx(number, abs=0.2) for number in (1, 2, 3)]
    assert ledger["prompts"][0]["text"].startswith('For the file "talk-')


async def test_two_recordings_of_one_name_are_told_apart(bench: Bench) -> None:
    first = add(bench, "monday/talk.mp4", "keep only the first 1 seconds")
    second = add(bench, "tuesday/talk.mp4", "keep only the first 2 seconds", seconds=5)
    records = await run_all(bench, first, second)
    assert [record.outputs[0].duration_seconds for record in records] == [
        pytest.approx(1, abs=0.2),
        pytest.approx(2, abs=0.2),
    ]
    names = sorted(upload["filename"] for upload in bench.sandbox.ledger()["uploads"])
    assert names == ["talk-2.mp4", "talk.mp4"]


async def test_media_of_one_file_do_not_land_with_another(bench: Bench) -> None:
    prompt = "extract one frame every 2 seconds and save them as images"
    specs = [add(bench, f"talk-{number}.mp4", prompt, seconds=3 + number) for number in (1, 3)]
    records = await run_all(bench, *specs)
    assert [record.state for record in records] == ["done"] * 2, [record.reason for record in records]
    stills = [[output for output in record.outputs if output.kind == "media"] for record in records]
    assert [len(found) for found in stills] == [2, 3]


async def test_job_that_stands_still_keeps_its_turn_and_the_others_say_whom_they_wait_for(
    bench: Bench,
) -> None:
    bench.sandbox.order("prompt:question")
    first = add(bench, "talk-1.mp4", "keep only the first 1 seconds", question="hold")
    second = add(bench, "talk-2.mp4", "keep only the first 2 seconds", seconds=5)
    assert (await bench.run(first)).state == "attention"
    waiting = await bench.run(second)
    assert waiting.stop is not None
    assert (waiting.state, waiting.stop.cause) == ("waiting", Cause.TURN)
    assert first.job_id[:8] in waiting.reason
    await bench.clerk.look()
    assert bench.record(second).is_parked
    await bench.order(first, Action.ANSWER, "the beginning")
    records = await run_all(bench, first, second)
    assert [record.state for record in records] == ["done", "done"]


async def test_cancelled_job_lets_the_next_one_in(bench: Bench) -> None:
    bench.sandbox.order("prompt:question")
    first = add(bench, "talk-1.mp4", "keep only the first 1 seconds", question="hold")
    second = add(bench, "talk-2.mp4", "keep only the first 2 seconds", seconds=5)
    await bench.run(first)
    await bench.run(second)
    await bench.order(first, Action.CANCEL)
    records = await run_all(bench, first, second)
    assert [record.state for record in records] == ["cancelled", "done"], records[1].reason


async def test_session_that_was_forgotten_is_made_anew_for_the_next_file(bench: Bench) -> None:
    first = add(bench, "talk-1.mp4", "keep only the first 1 seconds")
    await bench.run(first)
    bench.sandbox.forget_sessions()
    record = await bench.run(add(bench, "talk-2.mp4", "keep only the first 2 seconds", seconds=5))
    assert record.state == "done", record.reason
    assert len(bench.sandbox.ledger()["sessions"]) == 2
