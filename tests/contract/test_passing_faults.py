"""Every call that may be repeated, under every fault that passes: the job is done, and nothing is done twice."""

from __future__ import annotations

import pytest
from job_bench import Bench

pytestmark = pytest.mark.slow

CALLS = ("session", "upload", "state", "credits", "render", "render-status", "cdn")
FAULTS = ("503", "500", "reset", "malformed", "wrong", "empty", "truncated=20")
IN_EVERY_RUN = {
    ("upload", "reset"),
    ("state", "malformed"),
    ("render", "503"),
    ("cdn", "wrong"),
    ("credits", "empty"),
}


def every_case() -> list[object]:
    """Each call with each fault that it knows; most of them in the slow run alone."""
    cases = [
        (call, "404" if call == "cdn" and fault == "malformed" else fault)
        for call in CALLS
        for fault in FAULTS
    ]
    return [
        pytest.param(
            call, fault, id=f"{call}-{fault}", marks=() if (call, fault) in IN_EVERY_RUN else pytest.mark.slow
        )
        for call, fault in cases
    ]


@pytest.mark.parametrize(("call", "fault"), every_case())
async def test_fault_of_a_call_that_may_be_repeated_passes(bench: Bench, call: str, fault: str) -> None:
    bench.sandbox.order(f"{call}:{fault} x2")
    record = await bench.run_until_final(bench.add_job("keep only the first 3 seconds"))
    assert record.state == "done", record.reason
    ledger = bench.sandbox.ledger()
    assert sum(prompt["outcome"] == "changed" for prompt in ledger["prompts"]) == 1
    assert (len(ledger["uploads"]), len(ledger["renders"])) == (1, 1)
