"""How long `nemowatch jobs list` takes with 100,000 jobs in the book, beyond what it takes with none.

Each call is a process of its own, as it is for a user; the same command on an empty book is the start-up that is
taken off. The peer asks the same of the same file with one bare SELECT in Python's sqlite3, in a process that runs
already. With a daemon the answer comes over its control socket; it is asked without one, too.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.rows import Row
from benchmarks.stage import BenchmarkBroke, Stage
from nemowatch.jobs.database import Database
from nemowatch.jobs.records import JobSpec, JobState, SourceFile
from nemowatch.jobs.tables import jobs_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BOUND_SECONDS = 0.5

_FULL = (100_000, 9)
_QUICK = (500, 1)
_RULES = ("shorts", "talks", "stills", "courses")
_EVERY_SECONDS = 60.0
_AT_ONCE = 5000
_NOWHERE = "http://127.0.0.1:9"
_LISTED = "SELECT * FROM nemowatch_jobs {where} ORDER BY queued_at DESC, job_id LIMIT 50"


def run(folder: Path, *, quick: bool) -> list[Row]:
    """List in turn: with few jobs and with many, by filters, with a daemon and without."""
    count, repeats = _QUICK if quick else _FULL
    few, many = Stage(folder / "few", "shorts"), Stage(folder / "many", *_RULES)
    now = time.time()
    for stage, jobs in ((few, 0), (many, count)):
        stage.write_rules(_NOWHERE, prompt="make it shorter")
        keep_all_records(stage)
        fill(stage, jobs, now=now)
    since = now - 0.01 * count * _EVERY_SECONDS
    filters: dict[str, tuple[tuple[str, ...], str]] = {
        "the newest 50": ((), ""),
        "of a rule, failed": (
            ("--rule", "talks", "--state", "failed"),
            "WHERE rule = 'talks' AND state = 'failed'",
        ),
        "since a moment": (("--since", _as_typed(since)), f"WHERE queued_at >= {since:.0f}"),
    }
    rows = []
    for name, (arguments, where) in filters.items():
        rows.append(_measure(f"jobs list, {count:,} jobs: {name}", few, many, arguments, where, repeats))
    with few.running_daemon(), many.running_daemon():
        name = f"jobs list, {count:,} jobs: the newest 50, by the daemon"
        rows.append(_measure(name, few, many, (), "", repeats))
    return rows


def keep_all_records(stage: Stage) -> None:
    """Let the daemon's housekeeping leave the history as it is."""
    rules = json.loads(stage.rules_file.read_text(encoding="utf-8"))
    text = json.dumps(rules | {"history": {"keep": None, "jobs": None}})
    stage.rules_file.write_text(text, encoding="utf-8")


def fill(stage: Stage, count: int, *, now: float) -> None:
    """Write so many jobs that have ended into a new book, a minute between each two; one in ten has failed."""
    with closing(Database(stage.state.create().database)) as database:
        rows = _make_rows(count, now)
        while batch := [row for row, _ in zip(rows, range(_AT_ONCE), strict=False)]:
            with database.engine.begin() as connection:
                connection.execute(jobs_table.insert(), batch)


def _make_rows(count: int, now: float) -> Iterator[dict[str, object]]:
    usual = JobSpec(
        job_id="",
        rule="",
        source=SourceFile(Path(), 48_000_000, 0, 0),
        sha256="",
        duration_seconds=180.0,
        skill_source="opusclip",
        skill_version="1.0.0",
        prompts=("make it shorter and put a title in front", "export"),
        language="en",
        deliver=("video",),
        output_folder=Path("/home/me/outputs"),
        priority=5,
        queued_at=0.0,
    )
    for number in range(count):
        digest = hashlib.sha256(str(number).encode()).hexdigest()
        path, queued_at = Path(f"/home/me/recordings/talk {number:06}.mp4"), now - number * _EVERY_SECONDS
        rule, state = _RULES[number % len(_RULES)], JobState.FAILED if number % 10 == 1 else JobState.DONE
        source = SourceFile(path, 48_000_000 + number, number, number)
        spec = replace(
            usual, job_id=digest[:16], rule=rule, source=source, sha256=digest, queued_at=queued_at
        )
        yield {
            "job_id": spec.job_id,
            "rule": rule,
            "source_path": str(path),
            "spec": spec.to_json(),
            "state": state,
            "reason": "The service refused it." if state is JobState.FAILED else "",
            "note": "",
            "outputs": "[]",
            "queued_at": queued_at,
            "started_at": queued_at + 5,
            "updated_at": queued_at + 60,
            "finished_at": queued_at + 60,
            "priority": 5,
            "is_handed_over": False,
            "round": 1,
            "is_parked": False,
        }


def _measure(what: str, few: Stage, many: Stage, arguments: Sequence[str], where: str, repeats: int) -> Row:
    beyond, peers = [], []
    _list(few, arguments)
    _list(many, arguments)
    for _ in range(repeats):
        start_up = _list(few, arguments)
        beyond.append(max(0.001, _list(many, arguments) - start_up))
        peers.append(_select(many, where))
    own = statistics.median(peers) * 1000
    remark = f"beyond start-up; a bare SELECT of the same: {own:.3g} ms"
    return Row(what, "s", tuple(beyond), tuple(peers), BOUND_SECONDS, "median", remark)


def _list(stage: Stage, arguments: Sequence[str]) -> float:
    command = (str(Path(sys.executable).with_name("nemowatch")), "jobs", "list", *arguments)
    environment = stage.environment() | {"COLUMNS": "120"}
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, check=False, capture_output=True)
    taken = time.perf_counter() - started
    if done.returncode or done.stderr:
        raise BenchmarkBroke(f"jobs list ended with {done.returncode}: {os.fsdecode(done.stderr)}")
    return taken


def _select(stage: Stage, where: str) -> float:
    with closing(sqlite3.connect(stage.state.database)) as connection:
        started = time.perf_counter()
        found = connection.execute(_LISTED.format(where=where)).fetchall()
        taken = time.perf_counter() - started
    if not found:
        raise BenchmarkBroke("The bare SELECT found no jobs.")
    return taken


def _as_typed(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
