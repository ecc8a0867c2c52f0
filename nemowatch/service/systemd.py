"""systemd, of a user or of the machine, asked through its own programs. Used by what installs, starts and looks."""

from __future__ import annotations

import os
import pwd
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from nemowatch.service.manager import (
    PATIENCE_SECONDS,
    ManagerAbsent,
    ServiceFailed,
    ServiceState,
    TakesTooLong,
    expect,
    run_program,
)
from nemowatch.service.units import UNIT_NAME

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping

_SHOWN = (
    "ActiveState", "SubState", "MainPID", "StatusText", "UnitFileState", "NRestarts", "Result", "ExecMainStatus",
    "ExecMainCode",
)  # fmt: skip
_EXITED = "1"  # CLD_EXITED of waitid(2): the status is an exit code, no signal's number
_UNREACHED = "Failed to connect to bus"
_QUICK_SECONDS = 20.0


class Systemd:
    """A systemd.

    Args:
        system: the machine's; else that of the user who asks.
    """

    def __init__(self, *, system: bool) -> None:
        self._scope = [] if system else ["--user"]

    def check(self) -> None:
        """See that it can be asked, as `Manager` has it."""
        answer = self._ask("show", "--property=Version", seconds=_QUICK_SECONDS)
        if answer.returncode:
            raise _absence(answer.stderr.strip())

    def verify(self, text: str) -> str:
        """What `systemd-analyze` says against a unit; typing errors alone would be let pass without the option."""
        with tempfile.TemporaryDirectory(prefix="nemowatch-unit-") as folder:
            path = Path(folder, UNIT_NAME)
            path.write_text(text, encoding="utf-8", errors="surrogateescape")
            command = [
                "systemd-analyze",
                *self._scope,
                "--man=no",
                "--recursive-errors=yes",
                "verify",
                str(path),
            ]
            answer = run_program(command, seconds=_QUICK_SECONDS)
        return (answer.stderr.strip() or f"exit code {answer.returncode}") if answer.returncode else ""

    def install(self, path: Path) -> None:  # noqa: ARG002 -- systemd finds the unit by its name
        """Enable and start it."""
        expect(self._ask("daemon-reload"))
        expect(self._ask("enable", "--quiet", UNIT_NAME))
        self.restart()

    def uninstall(self, path: Path) -> None:
        """Stop and disable it, and take the unit away."""
        if path.exists():
            expect(self._ask("disable", "--quiet", "--now", UNIT_NAME))
        path.unlink(missing_ok=True)
        expect(self._ask("daemon-reload"))
        self._ask("reset-failed", UNIT_NAME)  # what never failed can't be reset, and that is well

    def start(self) -> None:
        """Start it; it has when its folders are watched."""
        self._begin("start")

    def stop(self) -> None:
        """Stop it."""
        expect(self._ask("stop", UNIT_NAME))

    def restart(self) -> None:
        """Stop and start it."""
        self._begin("restart")

    def describe(self) -> ServiceState:
        """How it stands."""
        shown = expect(self._ask("show", f"--property={','.join(_SHOWN)}", UNIT_NAME, seconds=_QUICK_SECONDS))
        return _read_state(dict(line.split("=", 1) for line in shown.splitlines() if "=" in line))

    def read_last_words(self) -> str:
        """The last lines of its journal."""
        unit = f"--user-unit={UNIT_NAME}" if self._scope else f"--unit={UNIT_NAME}"
        command = ["journalctl", *self._scope, unit, "--lines=15", "--output=cat", "--no-pager", "--quiet"]
        return run_program(command, seconds=_QUICK_SECONDS).stdout.strip()

    def _begin(self, verb: str) -> None:
        """Start it, and wait; what keeps it from starting is told by its exit code."""
        scope = "" if self._scope else " --system"
        try:
            answer = self._ask(verb, UNIT_NAME)
        except TakesTooLong as error:
            # It is given the time that it asks for, such as minutes for the database of many years.
            raise TakesTooLong(
                "The service is still starting.",
                hint=f"`nemowatch service status{scope}` shows how far it is.",
            ) from error
        if answer.returncode == 0:
            return
        state = self.describe()
        self._ask("stop", UNIT_NAME)  # or it would be tried again and again
        look = f"journalctl {'--user ' if self._scope else ''}-u nemowatch"
        last = self.read_last_words()
        raise ServiceFailed(
            f"The service does not start: {state.why_ended} It was stopped.",
            hint=f"Its last words:\n{last}" if last else f"`{look}` shows what it said.",
        )

    def _ask(self, *words: str, seconds: float = PATIENCE_SECONDS) -> subprocess.CompletedProcess[str]:
        answer = run_program(["systemctl", *self._scope, "--no-pager", *words], seconds=seconds)
        if answer.returncode and _UNREACHED in answer.stderr:
            raise _absence(answer.stderr.strip())
        return answer


def _read_state(shown: Mapping[str, str]) -> ServiceState:
    is_exit = shown.get("ExecMainCode") == _EXITED
    result = shown.get("Result", "")
    return ServiceState(
        is_running=shown.get("ActiveState") in {"active", "reloading"},
        word=f"{shown.get('ActiveState', 'unknown')} ({shown.get('SubState', 'unknown')})",
        pid=int(shown.get("MainPID", "0")) or None,
        says=shown.get("StatusText", ""),
        is_enabled=shown.get("UnitFileState", "").startswith("enabled"),
        restarts=int(shown["NRestarts"]) if shown.get("NRestarts", "").isdigit() else None,
        result="" if result == "success" else result,
        exit_code=int(shown.get("ExecMainStatus", "0")) if is_exit else None,
    )


def _absence(said: str) -> ManagerAbsent:
    """That it can't be asked, and what helps."""
    if not Path("/run/systemd/system").is_dir():
        hint = "Keep `nemowatch run` alive with what starts services here."
        return ManagerAbsent("This machine was not started by systemd.", hint=hint)
    return ManagerAbsent(
        f"Your systemd can't be reached ({said}).",
        hint="Log in as the user itself, not with su or sudo; or: "
        f"sudo loginctl enable-linger {_user_name()}, and export XDG_RUNTIME_DIR=/run/user/{os.getuid()}",
    )


def _user_name() -> str:
    return pwd.getpwuid(os.getuid()).pw_name
