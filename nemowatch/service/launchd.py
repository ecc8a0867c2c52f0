"""launchd of macOS, asked through launchctl(1). Used by whatever installs, starts and looks.

The agent belongs to the user's login session (`gui/UID`): only there does it have the rights on folders that the
user has granted.
"""

from __future__ import annotations

import os
import plistlib
import re
import time
from typing import TYPE_CHECKING

from nemowatch.service.manager import ManagerAbsent, ServiceFailed, ServiceState, expect, run_program
from nemowatch.service.plist import AGENT_LABEL

if TYPE_CHECKING:
    from pathlib import Path

_PID = re.compile(r"^\s*pid = (\d+)$", re.MULTILINE)
_STATE = re.compile(r"^\s*state = (.+)$", re.MULTILINE)
_EXIT_CODE = re.compile(r"^\s*last exit code = (\d+)", re.MULTILINE)
_DISABLED = re.compile(rf'"{re.escape(AGENT_LABEL)}" => (?:disabled|true)')
_END_SECONDS = 30.0
"""The agent gives its daemon 20 seconds to end."""

_PAUSE_SECONDS = 0.2


class Launchd:
    """The launchd of the user who asks.

    Args:
        path: of the agent, installed or not.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._domain = f"gui/{os.getuid()}"
        self._target = f"{self._domain}/{AGENT_LABEL}"

    def check(self) -> None:
        """See that the user is logged in, at the screen."""
        answer = run_program(["launchctl", "print", self._domain])
        if answer.returncode:
            raise ManagerAbsent(
                "launchd has no login session of this user.",
                hint="Log in at the screen, and install it from there.",
            )

    def verify(self, text: str) -> str:
        """Whether the text is a property list."""
        try:
            plistlib.loads(text.encode())
        except plistlib.InvalidFileException as error:
            return str(error)
        return ""

    def install(self, path: Path) -> None:
        """Load it; one that is loaded is taken out first, since launchd reads an agent only then."""
        self._take_out()
        expect(run_program(["launchctl", "enable", self._target]))
        expect(run_program(["launchctl", "bootstrap", self._domain, str(path)]))

    def uninstall(self, path: Path) -> None:
        """Take it out, and remove it."""
        self._take_out()
        path.unlink(missing_ok=True)

    def start(self) -> None:
        """Start it, loaded or not."""
        if not self._is_loaded():
            expect(run_program(["launchctl", "bootstrap", self._domain, str(self._path)]))
        expect(run_program(["launchctl", "kickstart", self._target]))

    def stop(self) -> None:
        """Take it out: until the next login, or `start`."""
        self._take_out()

    def restart(self) -> None:
        """Stop and start it."""
        self.stop()
        self.start()

    def describe(self) -> ServiceState:
        """How it stands, as far as `launchctl print` tells: it is for people, and its form is not promised."""
        answer = run_program(["launchctl", "print", self._target])
        if answer.returncode:
            return ServiceState(is_running=False, word="not loaded", is_enabled=self._is_enabled())
        pid, state, code = (found.search(answer.stdout) for found in (_PID, _STATE, _EXIT_CODE))
        return ServiceState(
            is_running=pid is not None,
            word=state[1] if state else "unknown",
            pid=int(pid[1]) if pid else None,
            is_enabled=self._is_enabled(),
            exit_code=int(code[1]) if code else None,
        )

    def read_last_words(self) -> str:
        """Nothing: the daemon's log is a file, which the installer names."""
        return ""

    def _take_out(self) -> None:
        """Take it out, and wait until it has ended: until then launchd refuses to load it again.

        Raises:
            ServiceFailed: it is not taken out.
        """
        # What is not loaded can't be taken out, and of what takes its time it says that it is "in progress" (36).
        answer = run_program(["launchctl", "bootout", self._target])
        deadline = time.monotonic() + _END_SECONDS
        while self._is_loaded():
            if time.monotonic() > deadline:
                raise ServiceFailed(f"launchd does not end the agent. {answer.stderr.strip()}".rstrip())
            time.sleep(_PAUSE_SECONDS)

    def _is_enabled(self) -> bool:
        """Whether it starts at login; nobody may have said otherwise to launchd."""
        listed = run_program(["launchctl", "print-disabled", self._domain]).stdout
        return _DISABLED.search(listed) is None

    def _is_loaded(self) -> bool:
        return run_program(["launchctl", "print", self._target]).returncode == 0
