"""State folders that earlier versions left behind in the middle of their work, taken over by today's daemon."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from old_recordings import POINTS
from old_state import SCHEMAS, TOKEN, read_fingerprints, read_sessions, restore

from nemowatch.jobs.orders import Action, open_order_book
from nemowatch.jobs.reading import open_book
from nemowatch.jobs.records import Cause, JobRecord, JobState
from nemowatch.nemo.state import SessionState
from nemowatch.sandbox.server import Sandbox

DAEMON = Path(__file__).parents[1] / "crash" / "killed_daemon.py"
INTERRUPTED = {stem for stem, point in POINTS.items() if point}


def run_daemon(root: Path) -> None:
    """Run today's daemon until nothing is left to do."""
    with (root / "daemon.log").open("wb") as log:
        done = subprocess.run(
            [sys.executable, DAEMON, root / "rules.yaml", root / "state", "none"],
            env=os.environ | {"HOME": str(root), "NEMO_TOKEN": TOKEN, "NEMO_CLIENT_ID": "upgrade"},
            stdout=log,
            stderr=log,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, (root / "daemon.log").read_text()


def read_records(root: Path) -> dict[str, JobRecord]:
    with open_book(root / "state" / "nemowatch.db") as book:
        assert book is not None
        return {record.spec.source.path.stem: record for record in book.list_jobs()}


def order_retry(root: Path, record: JobRecord) -> None:
    assert record.stop is not None
    assert (record.state, record.stop.cause) == (JobState.ATTENTION, Cause.UNCERTAIN), record.reason
    with open_order_book(root / "state" / "nemowatch.db") as orders:
        assert orders is not None
        orders.give(record.spec.job_id, Action.RETRY, now=record.updated_at)


def count_by_file(ledger: dict[str, Any]) -> dict[str, Counter[str]]:
    """How often each recording was uploaded, edited and rendered."""
    name = {session: facts["task_name"] for session, facts in ledger["sessions"].items()}
    return {
        "uploads": Counter(name[entry["session_id"]] for entry in ledger["uploads"]),
        "edits": Counter(
            name[entry["session_id"]] for entry in ledger["prompts"] if entry["outcome"] == "changed"
        ),
        "renders": Counter(name[entry["session_id"]] for entry in ledger["renders"]),
    }


def assert_output_is_whole(record: JobRecord) -> None:
    assert record.output_folder is not None
    manifest = json.loads((record.output_folder / "job.json").read_text())
    assert manifest["state"] == "done"
    for output in manifest["outputs"]:
        content = (record.output_folder / output["path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == output["sha256"], output["path"]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_session_as_an_earlier_version_saw_it_is_recognised(schema: int) -> None:
    """Else a prompt that was written down and not sent would be taken for one that has changed something."""
    fingerprints = read_fingerprints(schema)
    untouched = [
        session
        for session in read_sessions(schema)
        if session["name"] in fingerprints
        and all(outcome in {"asked", "unchanged"} for _, outcome in session["prompts"])
    ]
    assert {"wednesday", "joke"} <= {session["name"] for session in untouched}
    for session in untouched:
        state = SessionState.from_json(session["state"]["state"])
        assert state.fingerprint() == fingerprints[session["name"]], session["name"]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("schema", SCHEMAS)
def test_jobs_that_an_earlier_version_was_at_finish_and_nothing_is_paid_twice(
    tmp_path: Path, schema: int
) -> None:
    own = {TOKEN: frozenset("*")}
    with Sandbox(tmp_path / "service", own_tokens=own, credits=1000, silent="never") as sandbox:
        restore(schema, tmp_path, sandbox)
        run_daemon(tmp_path)
        # The old daemon ended between writing down that it sends this prompt, and sending it.
        order_retry(tmp_path, read_records(tmp_path)["wednesday"])
        run_daemon(tmp_path)
        ledger = sandbox.ledger()

    records = read_records(tmp_path)
    finished = {*INTERRUPTED, *(["asked"] if schema > 1 else [])}
    assert {stem: record.state.value for stem, record in records.items()} == {
        "monday": "done",
        "joke": "failed",
        **dict.fromkeys(finished, "done"),
    }, {stem: record.reason for stem, record in records.items()}
    for stem in finished:
        assert_output_is_whole(records[stem])
    once = Counter([*finished, "monday"])
    counts = count_by_file(ledger)
    assert counts["uploads"] == once + Counter(["joke"])
    assert counts["edits"] == once
    assert counts["renders"] == once
    outputs = [path.name for path in (tmp_path / "talks-output" / "shorts").iterdir()]
    assert sorted(outputs) == sorted(INTERRUPTED), (
        "nothing half-made is left, and what was done is not made again"
    )
