"""`nemowatch reload`: the rules are checked, the right process is asked, and what changed is said."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import pytest
from cli_parts import invoke
from helpers import FakeClock

from nemowatch.cli.reloading import NotReloaded, reload_rules
from nemowatch.places import InstanceLock, StateFolder
from nemowatch.standing import RuleLine, Standing, digest_rules, write_standing

BEFORE = (RuleLine("clips", "1"), RuleLine("stills", "1"))


class Daemon:
    """In the daemon's place, in this very process: holds the lock, and does on SIGHUP what a test says."""

    def __init__(self, rules: Path) -> None:
        self.rules = rules
        self.state = StateFolder.locate().create()
        self.on_hangup: Callable[[], None] = lambda: self.tell(2.0, *BEFORE)
        self.hangups = 0
        self.tell(1.0, *BEFORE)

    def tell(
        self, loaded_at: float, *lines: RuleLine, error: str = "", troubles: tuple[str, ...] = ()
    ) -> None:
        """Write how it stands."""
        standing = Standing(
            str(self.rules),
            (),
            (),
            0,
            troubles,
            error,
            loaded_at,
            digest_rules(self.rules.read_bytes()),
            lines,
        )
        write_standing(self.state.standing, standing)

    def hang_up(self, _number: int, _frame: FrameType | None) -> None:
        """Called when the signal comes."""
        self.hangups += 1
        self.on_hangup()


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    (tmp_path / "in").mkdir()
    rules = tmp_path / "rules.yaml"
    rules.write_text(f"rules: [{{watch: {tmp_path}/in, prompt: make clips, name: clips}}]\n")
    daemon = Daemon(rules)
    before = signal.signal(signal.SIGHUP, daemon.hang_up)
    with InstanceLock(daemon.state):
        yield daemon
    signal.signal(signal.SIGHUP, before)


def test_rules_are_read_again_and_the_differences_told(daemon: Daemon) -> None:
    trouble = "nemo.api_url counts from the next start on."
    after = (RuleLine("clips", "2"), RuleLine("new one", "1"))
    daemon.on_hangup = lambda: daemon.tell(2.0, *after, troubles=(trouble,))
    done = invoke("reload")
    assert done.exit_code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"In force: 2 rules of {daemon.rules}, read 1970-01-01 ")
    assert lines[1:] == ["  added: new one", "  changed: clips", "  removed: stills", f"Trouble: {trouble}"]


def test_rules_that_are_in_force_already_differ_in_nothing(daemon: Daemon) -> None:
    assert invoke("reload").stdout.splitlines()[1:] == ["  No rule differs from before."]
    assert daemon.hangups == 1


def test_invalid_rules_are_told_and_nothing_is_sent(daemon: Daemon) -> None:
    daemon.rules.write_text("rules:\n  - {promt: a, watch: 5}\n")
    done = invoke("reload")
    assert done.exit_code == 4
    assert 'Did you mean "prompt"?' in done.stderr
    assert "rules[0].watch" in done.stderr
    assert daemon.hangups == 0


def test_without_a_daemon_it_says_so(daemon: Daemon, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NEMOWATCH_STATE", str(tmp_path / "other"))
    done = invoke("reload")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        "nemowatch: NemoWatch is not running. `nemowatch run` starts it, with the rules as they are.\n"
    )
    assert not (tmp_path / "other").exists()


def test_daemon_that_refuses_the_rules_is_heard(daemon: Daemon) -> None:
    daemon.on_hangup = lambda: daemon.tell(1.0, *BEFORE, error="rules.yaml:3: wrong.")
    done = invoke("reload")
    assert done.exit_code == 1
    assert "keeps the rules from before. rules.yaml:3: wrong." in done.stderr


def test_process_that_does_not_hold_the_lock_gets_no_signal(daemon: Daemon) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        daemon.state.lock.write_text(json.dumps({"pid": other.pid, "host": os.uname().nodename}))
        done = invoke("reload")
        assert done.exit_code == 1
        assert f"The process {other.pid} is not the NemoWatch that holds" in done.stderr
        assert other.poll() is None
        other.communicate(b"\n")
        assert other.returncode == 0  # not ended by a signal
    assert "has just ended" in invoke("reload").stderr


@pytest.mark.parametrize(
    "facts", ["", '{"pid": null}', '{"pid": "5"}', '{"pid": 1, "host": "far.example"}', "[1]"]
)
def test_lock_that_names_nobody_here_is_told(daemon: Daemon, facts: str) -> None:
    daemon.state.lock.write_text(facts)
    done = invoke("reload")
    assert done.exit_code == 1
    assert "NemoWatch runs elsewhere" in done.stderr


def test_daemon_of_an_earlier_version_is_left_alone(daemon: Daemon) -> None:
    write_standing(daemon.state.standing, Standing(str(daemon.rules), (), (), 0))
    done = invoke("reload")
    assert done.exit_code == 1
    assert "of an earlier version" in done.stderr
    assert daemon.hangups == 0  # it would end of it


def test_daemon_that_has_told_nothing_yet_is_left_alone(daemon: Daemon) -> None:
    daemon.state.standing.unlink()
    assert "has just started" in invoke("reload").stderr
    assert daemon.hangups == 0


def test_daemon_that_does_not_come_to_it_is_not_waited_for_forever(daemon: Daemon) -> None:
    clock, pauses = FakeClock(), []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        clock.move(seconds)

    daemon.on_hangup = lambda: None
    daemon.rules.write_text(daemon.rules.read_text().replace("make clips", "make stills"))
    with pytest.raises(NotReloaded, match="has not read the rules yet"):
        reload_rules(daemon.state, clock=clock, pause=pause)
    assert sum(pauses) == pytest.approx(10, abs=0.2)
