"""Writes down the state folder of a version of NemoWatch, with jobs at every stage: the folders beside this file.

Run by hand, once, before SCHEMA_VERSION changes: `python write_old_state.py TREE TARGET`. TREE is a checkout of the
version, whose own daemon and sandbox run here; TARGET becomes a folder like `schema4`. The daemon works on eight
recordings at once. Each is brought to its point and stays there; when all are there, what a crash would leave behind
is kept: the database as SQL, the job logs, the staging folders, and what the service had been told.
"""

from __future__ import annotations

import asyncio
import contextvars
import dataclasses
import json
import os
import shutil
import sqlite3
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

TREE, TARGET = Path(sys.argv[1]).absolute(), Path(sys.argv[2]).absolute()
sys.path.insert(0, str(TREE))

from functools import partialmethod  # noqa: E402 -- the old version's package must come first

import yaml  # noqa: E402
from old_recordings import POINTS, save_recording  # noqa: E402

from nemowatch.daemon import Daemon  # noqa: E402
from nemowatch.jobs.database import SCHEMA_VERSION, Database  # noqa: E402
from nemowatch.jobs.engine import Engine  # noqa: E402
from nemowatch.jobs.markers import Markers  # noqa: E402
from nemowatch.jobs.run import JobSettings  # noqa: E402
from nemowatch.jobs.store import JobStore  # noqa: E402
from nemowatch.jobs.workflow import RecordingWorkflow  # noqa: E402
from nemowatch.nemo.client import NemoApi  # noqa: E402
from nemowatch.places import StateFolder  # noqa: E402
from nemowatch.rules.load import load_rules  # noqa: E402
from nemowatch.sandbox.server import Sandbox  # noqa: E402

TOKEN = "upgrade-token-0123456789"
HOLDS = SCHEMA_VERSION >= 2

FAST: dict[str, Any] = {
    "poll_seconds": 0.05,
    "polls": 100,
    "look_pauses": (0.1, 0.2, 0.4),
    "still_seconds": 0.05,
    "trouble_pause": 0.05,
}

job_at_work: contextvars.ContextVar[str] = contextvars.ContextVar("job_at_work", default="")
stem_of: dict[str, str] = {}
reached: set[str] = set()


def stays_at(here: str) -> bool:
    """Whether the job at work has come to its point."""
    stem = stem_of.get(job_at_work.get(), "")
    if POINTS.get(stem) != here:
        return False
    reached.add(stem)
    return True


def replace(owner: type, name: str, method: Any) -> None:
    setattr(owner, name, method)


async def stay_if(here: str) -> None:
    if stays_at(here):
        await asyncio.Event().wait()


def put_points() -> None:
    """Let each job stay at its point for ever."""
    put_points_into_steps()
    put_points_into_calls()
    run, add = RecordingWorkflow.run, JobStore.add

    async def run_knowing_the_job(self: Any, job_id: str, *number: int) -> str:
        job_at_work.set(job_id)
        return await run(self, job_id, *number)

    def add_and_note(self: Any, spec: Any, **how: Any) -> bool:
        stem_of[spec.job_id] = spec.source.path.stem
        return add(self, spec, **how)

    replace(Engine, "__init__", partialmethod(Engine.__init__, polling_seconds=0.05))
    replace(RecordingWorkflow, "run", run_knowing_the_job)
    replace(JobStore, "add", add_and_note)


def put_points_into_steps() -> None:
    """`before:STEP`, `after:STEP` (done, not yet checkpointed), `kept:STEP`."""
    checkpoint = Engine.checkpoint

    async def checkpoint_with_points(self: Any, name: str, step: Any) -> Any:
        async def step_with_points() -> Any:
            await stay_if(f"before:{name}")
            answer = await step()
            await stay_if(f"after:{name}")
            return answer

        answer = await checkpoint(self, name, step_with_points)
        await stay_if(f"kept:{name}")
        return answer

    replace(Engine, "checkpoint", checkpoint_with_points)


def put_points_into_calls() -> None:
    """`marked:NAME` (a marker is on the disk, its call not yet made), `midway:prompt` (an event has arrived)."""
    set_marker, send = Markers.set, NemoApi.send_prompt

    def set_with_points(self: Any, job_id: str, name: str, facts: Any, *, now: float) -> None:
        set_marker(self, job_id, name, facts, now=now)
        if stays_at(f"marked:{name}"):
            threading.Event().wait()

    async def send_with_points(self: Any, session_id: str, text: str) -> AsyncIterator[Any]:
        async for event in send(self, session_id, text):
            await stay_if("midway:prompt")
            yield event

    replace(Markers, "set", set_with_points)
    replace(NemoApi, "send_prompt", send_with_points)


def write_rules(root: Path, url: str) -> Path:
    rules = [
        {"name": "shorts", "watch": str(root / "talks"), "prompt": "keep only the first 2 seconds"},
        {"name": "jokes", "watch": str(root / "jokes"), "prompt": "tell me a joke"},
        {"name": "asks", "watch": str(root / "asks"), "prompt": "keep only the first 2 seconds"}
        | ({"question": "hold"} if HOLDS else {}),
    ]
    for rule in rules:
        Path(rule["watch"]).mkdir()
    settings = {
        "nemo": {"api_url": url, "poll": "1s"},
        "limits": {"jobs": 8, "starts": None},
        "defaults": {"settle": "100ms"},
    }
    path = root / "rules.yaml"
    path.write_text(yaml.safe_dump(settings | {"rules": rules}))
    return path


def wait_for(what: str, holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        if time.monotonic() > deadline:
            raise SystemExit(f"Never came to this: {what}. Reached: {sorted(reached)}")
        time.sleep(0.05)


def states(database: Path) -> dict[str, str]:
    if not database.exists():
        return {}
    with sqlite3.connect(database) as connection:
        rows = connection.execute("SELECT source_path, state FROM nemowatch_jobs").fetchall()
    return {Path(path).stem: state for path, state in rows}


def save_in_turn(root: Path, sandbox: Sandbox, database: Path) -> None:
    """Save the recordings, and wait until each has come to its point."""
    wait_for("a database", database.exists)
    wait_for("rules at work", (root / "state" / "lock").exists)
    time.sleep(2)  # a file that was there before its rule is another matter
    if HOLDS:
        sandbox.order("prompt:question x1")
        save_recording(root / "asks" / "asked.mp4")
        wait_for("a question", lambda: states(database).get("asked") == "attention")
        sandbox.clear_faults()
    save_recording(root / "jokes" / "joke.mp4")
    wait_for("a failure", lambda: states(database).get("joke") == "failed")
    for stem in POINTS:
        save_recording(root / "talks" / f"{stem}.mp4")
    stay = {stem for stem, point in POINTS.items() if point}
    wait_for("every point", lambda: reached >= stay)
    wait_for("the end of one", lambda: states(database).get("monday") == "done")
    wait_for("edits", lambda: all(entry["outcome"] != "running" for entry in sandbox.ledger()["prompts"]))


def keep(root: Path, sandbox: Sandbox) -> None:
    """Write down what a crash in this moment would leave behind."""
    shutil.rmtree(TARGET, ignore_errors=True)
    copy = root / "copy.db"
    with sqlite3.connect(root / "state" / "nemowatch.db") as source, sqlite3.connect(copy) as target:
        source.backup(target)
    if HOLDS:
        order_release(copy)
    with sqlite3.connect(copy) as connection:
        dump = "\n".join(connection.iterdump())
    hidden = {str(root): "@root@", sandbox.url: "@service@"}
    for text, name in hidden.items():
        dump = dump.replace(text, name)
    TARGET.mkdir()
    (TARGET / "database.sql").write_text(dump + "\n")
    shutil.copytree(root / "state" / "jobs", TARGET / "jobs")
    for log in (TARGET / "jobs").iterdir():
        log.write_text(log.read_text().replace(str(root), "@root@").replace(sandbox.url, "@service@"))
    for folder in root.glob("*-output/*/.*.partial"):
        shutil.copytree(folder, TARGET / "staging" / folder.relative_to(root).parent / folder.name[1:])
    facts = {"schema": SCHEMA_VERSION, "address": sandbox.url, "sessions": read_sessions(sandbox)}
    text = json.dumps(facts, indent=1, ensure_ascii=False)
    (TARGET / "service.json").write_text(text + "\n")


def order_release(copy: Path) -> None:
    """An order that the daemon had not got to: to let the job go on that has a question."""
    from nemowatch.jobs.orders import Action, OrderBook

    database = Database(copy)
    (job_id,) = (job for job, stem in stem_of.items() if stem == "asked")
    OrderBook(database.engine).give(job_id, Action.RELEASE, now=time.time())
    database.close()


def read_sessions(sandbox: Sandbox) -> list[dict[str, object]]:
    """What was done in each session, and how it stands."""
    ledger = sandbox.ledger()
    sessions = []
    for session, facts in ledger["sessions"].items():
        of_it = {
            kind: [entry for entry in ledger[kind] if entry["session_id"] == session]
            for kind in ("uploads", "prompts", "renders")
        }
        sessions.append(
            {
                "name": facts["task_name"],
                "uploads": [entry["filename"] for entry in of_it["uploads"]],
                "prompts": [[entry["text"], entry["outcome"]] for entry in of_it["prompts"]],
                "renders": [entry["id"] for entry in of_it["renders"]],
                "state": read_state(sandbox, session),
            }
        )
    return sessions


def read_state(sandbox: Sandbox, session: str) -> object:
    request = urllib.request.Request(
        f"{sandbox.url}/api/state/nemo_agent/me/{session}/latest",
        headers={
            "Authorization": f"Bearer {TOKEN}",
            "X-Skill-Source": "upgrade",
            "X-Skill-Version": "1.0.0",
            "X-Skill-Platform": "unknown",
        },
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["data"]


def main() -> None:
    root = Path(tempfile.mkdtemp())
    os.environ |= {"HOME": str(root), "NEMO_TOKEN": TOKEN, "NEMO_CLIENT_ID": "upgrade"}
    put_points()
    sandbox = Sandbox(root / "service", own_tokens={TOKEN: frozenset("*")}, credits=1000, silent="never")
    sandbox.__enter__()
    rules = write_rules(root, sandbox.url)
    state = StateFolder(root / "state")

    def watch() -> None:
        try:
            save_in_turn(root, sandbox, state.database)
            keep(root, sandbox)
            print(f"{TARGET}: schema {SCHEMA_VERSION}, {states(state.database)}")
            code = 0
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- this thread alone can end the process
            print(repr(error))
            code = 1
        shutil.rmtree(root, ignore_errors=True)
        os._exit(code)

    known = {field.name for field in dataclasses.fields(JobSettings)}
    settings = JobSettings(**{name: value for name, value in FAST.items() if name in known})
    threading.Thread(target=watch).start()
    asyncio.run(Daemon(load_rules(rules), state, settings=settings).run())


if __name__ == "__main__":
    main()
