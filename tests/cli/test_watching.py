"""`status --watch`: on a terminal a screen until q or Ctrl-C; elsewhere a line for each change."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from itertools import chain, repeat
from typing import Self

import pytest
from cli_parts import ID, NOW, PROGRAM, add_job, invoke, number_id
from fake_daemon import FakeDaemon
from helpers import wait_until

from nemowatch.cli.changes import find_lost, list_changes
from nemowatch.cli.keyboard import Keyboard
from nemowatch.cli.lookout import Look, Lookout
from nemowatch.jobs.database import Database
from nemowatch.jobs.records import JobState
from nemowatch.jobs.store import Changes, JobStore
from nemowatch.jobs.views import JobView, StatusView, view_job
from nemowatch.standing import FolderLine, Standing


@pytest.fixture
def queued(store: JobStore) -> JobView:
    return view_job(add_job(store, JobState.QUEUED))


def changes(before: StatusView, after: StatusView, *found: JobView) -> list[str]:
    return list(list_changes(before, after, found, now=NOW))


def test_job_that_goes_on_is_told_and_one_that_does_not_is_not(queued: JobView) -> None:
    other = replace(queued, id="f" * 16)
    before = StatusView(None, "/s", queued=(queued, other))
    after = StatusView(
        None, "/s", running=(replace(queued, state=JobState.EDITING, progress=0.5),), queued=(other,)
    )
    assert changes(before, after) == [f"{ID[:8]} talk.mp4, rule shorts: editing"]
    assert changes(after, replace(after, running=(replace(after.running[0], progress=0.9),))) == []


def test_job_that_is_shown_no_longer_is_looked_up(queued: JobView) -> None:
    before, after = StatusView(None, "/s", running=(queued,)), StatusView(None, "/s")
    assert find_lost(before, after) == [ID]
    failed = replace(queued, state=JobState.FAILED, reason="It is no video.")
    assert changes(before, after, failed) == [f"{ID[:8]} talk.mp4, rule shorts: failed: It is no video."]
    assert find_lost(before, replace(after, recent=(failed,))) == []


def test_daemon_pause_troubles_and_folders_are_told_when_they_change() -> None:
    lines = (FolderLine("/r", "watched", ""), FolderLine("/s", "watched", ""))
    standing = Standing("/rules", lines, (), 0, troubles=("The service does not answer.",))
    before = StatusView({"pid": 5, "since": "then"}, "/s", standing)
    offline = (FolderLine("/r", "offline", "Gone."), lines[1])
    after = replace(
        before,
        daemon={"pid": 6, "since": "now"},
        paused_at=NOW,
        standing=replace(
            standing, folders=offline, troubles=(), rules_error="rules:3: wrong.\nrules:4: too."
        ),
    )
    told = changes(before, after)
    assert told[0] == "NemoWatch runs: process 6, since now."
    assert told[1].startswith("Paused since ")
    assert told[2:] == [
        "Trouble: The rules were edited, and those from before stay in force: rules:3: wrong. rules:4: too.",
        "Over: The service does not answer.",
        "Folder: /r (offline: Gone.)",
    ]
    assert changes(before, before) == []
    assert changes(after, replace(after, paused_at=NOW + 0.0004)) == []
    assert "Jobs may start again." in changes(after, replace(after, paused_at=None))
    assert changes(after, replace(after, daemon=None))[0].startswith("NemoWatch is not running.")


def test_watching_is_for_people() -> None:
    done = invoke("status", "--watch", "--json")
    assert done.exit_code == 2
    assert "--json tells once" in done.stderr


def test_keyboard_leaves_the_terminal_and_the_signals_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "r") as terminal, os.fdopen(ours, "wb", buffering=0) as keys:
        monkeypatch.setattr("sys.stdin", terminal)
        before, handler = termios.tcgetattr(terminal), signal.getsignal(signal.SIGWINCH)
        with suppress(KeyError), Keyboard() as keyboard:
            keys.write(b"xq")
            assert keyboard.wait(5) == "xq"
            keyboard.wake()
            assert keyboard.wait(5) == ""
            signal.raise_signal(signal.SIGWINCH)
            assert keyboard.wait(5) == ""
            assert keyboard.wait(0) == ""
            assert termios.tcgetattr(terminal) != before
            raise KeyError
        assert (termios.tcgetattr(terminal), signal.getsignal(signal.SIGWINCH)) == (before, handler)
        keyboard.wake()  # a thread that is late does no harm


def look_twice(daemon: FakeDaemon, *, finds_lost: bool) -> Look:
    """The second of two looks, between which the jobs that were at work have gone."""
    looks: list[Look] = []
    with Lookout(daemon.state, lambda: None, finds_lost=finds_lost) as lookout:
        wait_until(lambda: looks.extend(lookout.take()) or len(looks) > 1)
    return looks[1]


def test_jobs_that_are_gone_are_looked_up_where_that_is_wanted_and_one_without_a_record_is_passed_over(
    queued: JobView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nemowatch.cli.lookout._EVERY_SECONDS", 0.01)
    monkeypatch.setattr("nemowatch.cli.lookout._TIMES_AS_LONG", 0.0)
    cleared = replace(queued, id="f" * 16)
    before, after = StatusView(None, "/s", running=(queued, cleared)), StatusView(None, "/s")
    for finds_lost, found in ((True, (queued,)), (False, ())):
        with FakeDaemon() as daemon:
            daemon.refuse(f"GET /v1/jobs/{cleared.id}", "no_such_job", "There is none.", status=404)
            daemon.answers[f"GET /v1/jobs/{queued.id}"] = queued.to_json()
            shown = chain([before], repeat(after))
            daemon.answers["GET /v1/status"] = lambda _, shown=shown: next(shown).to_json()
            assert look_twice(daemon, finds_lost=finds_lost).found == found
            assert any("jobs" in request for request, _ in daemon.asked) is finds_lost


class Watcher:
    """The program at a terminal, and what it has written there."""

    def __init__(self, lines: int = 24, columns: int = 80) -> None:
        self.ours, theirs = pty.openpty()
        self.resize(lines, columns)
        os.set_blocking(self.ours, False)
        self.seen = b""
        environment = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
        self.process = subprocess.Popen(
            # The terminal that the leader of a session opens first is that whose Ctrl-C it gets.
            ["sh", "-c", 'exec "$0" status --watch <"$1" >"$1" 2>&1', PROGRAM, os.ttyname(theirs)],
            env=environment | {"TERM": "xterm-256color"},
            start_new_session=True,
        )
        wait_until(lambda: self.has_shown("\x1b[?1049h"))
        os.close(theirs)

    def resize(self, lines: int, columns: int) -> None:
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def has_shown(self, text: str) -> bool:
        with suppress(OSError):
            while piece := os.read(self.ours, 65536):
                self.seen += piece
        return text.encode() in self.seen

    def press(self, keys: bytes) -> int:
        """The exit code that a key leads to."""
        os.write(self.ours, keys)
        return self.end()

    def end(self) -> int:
        wait_until(lambda: self.has_shown("") and self.process.poll() is not None)
        return self.process.wait(10)

    def close(self) -> None:
        self.process.kill()
        self.process.wait(10)
        os.close(self.ours)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("end", "code"),
    [
        (lambda watcher: watcher.press(b"q"), 0),
        (lambda watcher: watcher.press(b"\x03"), 130),
        (lambda watcher: (watcher.process.terminate(), watcher.end())[1], 143),
    ],
)
def test_screen_follows_what_happens_and_leaves_the_terminal_as_it_was(
    end: Callable[[Watcher], int], code: int, store: JobStore
) -> None:
    add_job(store, JobState.EDITING)
    with closing(Watcher()) as watcher:
        wait_until(lambda: watcher.has_shown("editing"))
        store.write(ID, Changes(JobState.DONE, finished_at=NOW), now=NOW)
        wait_until(lambda: watcher.has_shown("Ended last"))
        assert end(watcher) == code
        assert watcher.has_shown("\x1b[?25h")  # the cursor
        assert watcher.seen.index(b"\x1b[?1049h") < watcher.seen.index(b"\x1b[?1049l")
        assert b"Traceback" not in watcher.seen
        assert b"\x1b[2J" not in watcher.seen  # what is drawn over and not wiped out first does not flicker


@pytest.mark.slow
def test_screen_takes_a_new_size_at_once(store: JobStore) -> None:
    with closing(Watcher()) as watcher:
        wait_until(lambda: watcher.has_shown("Ctrl-C ends"))
        watcher.seen = b""
        watcher.resize(30, 132)
        wait_until(lambda: watcher.has_shown("Ctrl-C ends"))
        assert watcher.press(b"q") == 0


class PlainWatcher:
    """The program where its output goes into a pipe."""

    def __enter__(self) -> Self:
        self.process = subprocess.Popen([PROGRAM, "status", "--watch"], stdout=subprocess.PIPE, text=True)
        return self

    def read_line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip()

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(10) == 130
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.mark.slow
def test_outside_of_a_terminal_changes_are_printed_line_by_line(store: JobStore, database: Database) -> None:
    with PlainWatcher() as watcher:
        assert watcher.read_line().startswith("NemoWatch is not running.")
        while watcher.read_line() != "Jobs:         none yet.":
            pass
        add_job(store, JobState.QUEUED, job_id=number_id(1))
        assert watcher.read_line()[8:] == f"  {number_id(1)[:8]} talk.mp4, rule shorts: queued"
        store.write(number_id(1), Changes(JobState.FAILED, "No.", finished_at=NOW), now=NOW + 1)
        assert watcher.read_line()[8:] == f"  {number_id(1)[:8]} talk.mp4, rule shorts: failed: No."
