"""systemd and launchd, as their programs answer: what takes its time, and what is told when they can't be asked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from service_parts import put_program

from nemowatch.service import launchd, systemd
from nemowatch.service.launchd import Launchd
from nemowatch.service.linger import enable_linger
from nemowatch.service.manager import ManagerAbsent, ServiceFailed, TakesTooLong
from nemowatch.service.systemd import Systemd

# The file `loaded` stands for the agent; the file `ending` is there while its daemon ends, as long as it has lines.
LAUNCHCTL = """\
case "$1" in
    bootout) [ -e loaded ] && printf '1\\n2\\n' > ending && exit 36; exit 3;;
    bootstrap) [ ! -e loaded ] || { echo 'Bootstrap failed: 5: Input/output error' >&2; exit 5; }; touch loaded;;
    print-disabled) cat disabled 2>/dev/null; exit 0;;
    print)
        if [ -e ending ]; then sed -i 1d ending; [ -s ending ] || rm ending loaded; fi
        [ -e loaded ] || exit 113
        printf '\\tstate = running\\n\\tpid = 7\\n';;
esac
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose programs are found before those of the system."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path


@pytest.fixture
def agent(programs: Path, monkeypatch: pytest.MonkeyPatch) -> Launchd:
    """An agent that is loaded."""
    put_program(programs, "launchctl", LAUNCHCTL)
    (programs / "loaded").touch()
    monkeypatch.setattr(launchd, "_PAUSE_SECONDS", 0)
    return Launchd(programs / "agent.plist")


def test_agent_is_loaded_anew_when_its_daemon_has_ended_and_not_before(
    agent: Launchd, programs: Path
) -> None:
    agent.install(programs / "agent.plist")
    assert agent.describe().is_running
    agent.restart()
    assert agent.describe().is_running


def test_agent_that_does_not_end_is_told(agent: Launchd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launchd, "_END_SECONDS", 0)
    with pytest.raises(ServiceFailed, match="does not end the agent"):
        agent.stop()


def test_agent_that_was_stopped_starts_with_the_next_login_unless_it_was_disabled(
    agent: Launchd, programs: Path
) -> None:
    agent.stop()
    state = agent.describe()
    assert (state.is_running, state.word, state.is_enabled) == (False, "not loaded", True)
    (programs / "disabled").write_text('\t"ai.nemowatch.agent" => disabled\n')
    assert agent.describe().is_enabled is False


def test_stopping_what_is_not_loaded_is_no_failure(agent: Launchd) -> None:
    agent.stop()
    agent.stop()


def test_systemd_that_can_not_be_reached_is_told_with_what_helps_whatever_it_was_asked_for(
    programs: Path,
) -> None:
    put_program(programs, "systemctl", "echo 'Failed to connect to bus: No medium found' >&2; exit 1")
    user = Systemd(system=False)
    for ask in (user.check, user.start, user.stop, user.restart, user.describe):
        with pytest.raises(ManagerAbsent) as told:
            ask()
        assert told.value.hint


def test_lingering_that_needs_more_rights_is_told_with_who_has_them(programs: Path) -> None:
    put_program(programs, "loginctl", "echo 'Could not enable linger: Access denied' >&2; exit 1")
    with pytest.raises(ServiceFailed, match="Access denied") as told:
        enable_linger("ada")
    assert told.value.hint.endswith("sudo loginctl enable-linger ada")


def test_start_that_takes_its_time_is_no_failure_and_is_not_broken_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def run_program(command: list[str], **_: object) -> None:
        asked.append(command)
        raise TakesTooLong("It does not end.")

    monkeypatch.setattr(systemd, "run_program", run_program)
    with pytest.raises(TakesTooLong, match="is still starting") as told:
        Systemd(system=True).start()
    assert "`nemowatch service status --system`" in told.value.hint
    assert len(asked) == 1
