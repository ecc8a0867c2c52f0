"""What the tests of the commands share: running them, jobs in every state, a stand-in for the daemon."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from job_specs import make_job_spec
from sqlalchemy import insert
from typer.testing import CliRunner, Result

from nemowatch.cli.app import app
from nemowatch.jobs.database import Database
from nemowatch.jobs.meter import Meter
from nemowatch.jobs.orders import Order, OrderAnswer, OrderBook
from nemowatch.jobs.records import Cause, Clears, JobRecord, JobSpec, JobState, SourceFile, Stop
from nemowatch.jobs.rows import path_to_text
from nemowatch.jobs.spending import Ledger, Spent
from nemowatch.jobs.store import Changes, JobStore
from nemowatch.jobs.tables import first_looks_table, known_files_table
from nemowatch.places import InstanceLock, StateFolder

PROGRAM = Path(sys.executable).with_name("nemowatch")
ID = "0123456789abcdef"
NOW = 1_700_000_000.0
NO_REQUESTS = (
    "nemowatch: NemoWatch runs and takes no requests yet, or is of an earlier version; what follows is from its "
    "database.\n"
)
"""What is said on stderr where somebody holds the lock, and nobody listens on the control socket."""


def invoke(*arguments: str, columns: int = 80) -> Result:
    """Run a command within this process; what it prints goes to no terminal."""
    environment = {"COLUMNS": str(columns)}
    return CliRunner().invoke(app, arguments, env=environment, prog_name="nemowatch")


def type_into(*arguments: str, typed: str = "", columns: int = 80) -> tuple[int, list[str]]:
    """The exit code, and the lines that a person sees at a terminal, without their colours."""
    code, written = write_to_terminal(*arguments, typed=typed, columns=columns)
    return code, without_colours(written).splitlines()


def without_colours(written: str) -> str:
    """What a terminal shows of what was written to it."""
    return re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", written)


def write_to_terminal(*arguments: str, typed: str = "", columns: int = 80) -> tuple[int, str]:
    """The exit code, and all that the program writes to a terminal."""
    ours, theirs = pty.openpty()
    environment = os.environ | {"COLUMNS": str(columns), "TERM": "xterm-256color"}
    process = subprocess.Popen(
        [PROGRAM, *arguments],
        env=environment, stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    seen = b""
    try:
        while piece := os.read(ours, 65536):
            seen += piece
            if typed and b"[y/N]" in seen:
                os.write(ours, typed.encode())
                typed = ""
    except OSError:  # Linux says so when the other end is closed
        pass
    finally:
        os.close(ours)
    return process.wait(10), seen.decode()


def run_on_terminal(*arguments: str, columns: int = 80) -> list[str]:
    """The lines that a person sees of a command that succeeds."""
    code, lines = type_into(*arguments, columns=columns)
    assert code == 0, lines
    return lines


def make_spec(
    job_id: str = ID,
    *,
    path: Path = Path("/r/talk.mp4"),
    rule: str = "shorts",
    queued_at: float = 1e9,
    sha256: str = "0" * 64,
) -> JobSpec:
    return make_job_spec(
        job_id,
        rule=rule,
        source=version_of(path),
        sha256=sha256,
        prompts=("cut it", "export"),
        deliver=("video", "media"),
        queued_at=queued_at,
    )


def version_of(path: Path) -> SourceFile:
    """The version that stands at a path; a made-up one where nothing does."""
    if not path.exists():
        return SourceFile(path, 10, 20, 30)
    facts = path.stat()
    return SourceFile(path, facts.st_size, facts.st_mtime_ns, facts.st_ino)


def number_id(number: int) -> str:
    """An id whose first eight characters tell it from the others."""
    return f"{number:08x}".ljust(16, "0")


def add_job(
    store: JobStore,
    state: JobState,
    *,
    job_id: str = ID,
    rule: str = "shorts",
    path: Path = Path("/r/talk.mp4"),
    sha256: str = "",
    reason: str = "",
    stop: Stop | None = None,
) -> JobRecord:
    """A job in this state: parked where `stop` has a cause."""
    queued_at = 1e9 + len(store.list_jobs())
    store.add(make_spec(job_id, rule=rule, path=path, queued_at=queued_at, sha256=sha256 or job_id * 4))
    if stop is not None and stop.cause is not None:
        store.park(job_id, state, reason, stop, now=NOW)
    elif state is not JobState.QUEUED:
        finished = NOW if state.is_final else None
        store.write(job_id, Changes(state, reason, NOW - 8, finished, stop=stop), now=NOW)
    record = store.read(job_id)
    assert record is not None
    return record


def parked(cause: Cause, *, clears: Clears = "", wake_at: float | None = None, question: str = "") -> Stop:
    """Where a job stands still for this cause, at its first edit."""
    return Stop(4, "edit-1", cause, wake_at, clears, answers="answer:prompt:1", question=question)


def ended(*, name: str = "edit-1", clears: Clears = "") -> Stop:
    """Where a job ended."""
    return Stop(4, name, clears=clears)


def spend(database: Database, credits_each: int, *, rule: str = "shorts", spent_at: float = NOW) -> None:
    """Let a job of a rule, which nobody sees, have cost so much."""
    row = Spent(f"earlier-{rule}-{spent_at}", "prompt:1", rule, credits_each, spent_at)
    Ledger(database).write([row], Meter())


def orders_in(database: Database) -> list[tuple[str, str, str]]:
    """The orders that nobody has answered: job, action, text."""
    return [(each.job_id, each.action.value, each.text) for each in OrderBook(database.engine).open_orders()]


class StandIn:
    """In the daemon's place: holds its lock, and answers every order in the same words."""

    def __init__(self, database: Database, text: str = "It goes on.", *, is_refused: bool = False) -> None:
        self._book = OrderBook(database.engine)
        self._answer = OrderAnswer(text, is_refused)
        self._lock = InstanceLock(StateFolder.locate())
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self.seen: list[Order] = []

    @property
    def orders(self) -> list[tuple[str, str, str]]:
        """What was ordered: job, action, text."""
        return [(order.job_id, order.action.value, order.text) for order in self.seen]

    def __enter__(self) -> Self:
        self._lock.__enter__()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join(10)
        self._lock.__exit__(kind, error, trace)

    def _work(self) -> None:
        while not self._end.wait(0.01):
            for order in self._book.open_orders():
                self.seen.append(order)
                self._book.answer(order.order_id, replace(self._answer), now=NOW)


def remember(database: Database, path: Path, **facts: Any) -> None:
    """Let the version of a file that stands there now be known."""
    source = version_of(path)
    row = {
        "rule": "shorts",
        "path": path_to_text(path),
        "size_bytes": source.size_bytes,
        "modified_ns": source.modified_ns,
        "inode": source.inode,
        "noted_at": NOW,
    }
    with database.engine.begin() as connection:
        connection.execute(insert(known_files_table).values(row | facts))


def note_first_look(database: Database, rule: str, folder: Path) -> None:
    row = {"rule": rule, "folder": str(folder), "decision": "take", "is_finished": True}
    with database.engine.begin() as connection:
        connection.execute(insert(first_looks_table).values(row))
