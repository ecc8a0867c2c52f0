"""What the tests of the service share: rules, plans, and a service manager that remembers what it was asked for."""

from __future__ import annotations

from pathlib import Path

from nemowatch.rules.load import load_rules
from nemowatch.rules.rule import RuleBook
from nemowatch.service.manager import ServiceFailed, ServiceState
from nemowatch.service.plan import OWN_HOME, Account, Plan, make_plan

HOME = Path("/home/me")
STOPPED = ServiceState(is_running=False, word="inactive (dead)", is_enabled=True)
PROGRAM = (Path("/opt/nemowatch/bin/python"), Path("/opt/nemowatch/lib/nemowatch"))


def put_program(folder: Path, name: str, script: str) -> None:
    """A program of the system, as a shell script that runs in the folder."""
    path = folder / name
    path.write_text(f"#!/bin/sh\ncd {folder}\n{script}\n")
    path.chmod(0o755)


def write_rules(folder: Path, *rules: str) -> Path:
    """A rules file with these rules, each as YAML in braces."""
    path = folder / "rules.yaml"
    listed = "".join(f"  - {{skill: ai-video-frames, {rule}}}\n" for rule in rules)
    path.write_text(f"rules:\n{listed}", encoding="utf-8")
    return path


def read_rules(folder: Path, *rules: str) -> RuleBook:
    return load_rules(write_rules(folder, *rules))


def plan_user(book: RuleBook, **environ: str) -> Plan:
    """A user's own service, of a user who is not of this machine."""
    return make_plan("user", Account("ada", 1001, 1001, HOME), book, environ=environ, program=PROGRAM)


def plan_system(book: RuleBook, home: Path = OWN_HOME) -> Plan:
    return make_plan("system", Account("nemowatch", None, None, home), book, environ={}, program=PROGRAM)


def settings_of(text: str) -> dict[str, list[str]]:
    """Each setting of a unit with its values, in their order."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


class RememberingManager:
    """In the place of systemd: there, willing, and remembers."""

    def __init__(self, refuses: str = "", state: ServiceState = STOPPED) -> None:
        self.calls: list[str] = []
        self.does_not_start: tuple[str, ...] = ()
        """Words of units that do not start."""
        self._refuses = refuses
        self._state = state

    def check(self) -> None:
        self.calls.append("check")

    def verify(self, text: str) -> str:
        self.calls.append("verify")
        return self._refuses

    def install(self, path: Path) -> None:
        self.calls.append(f"install {path.name}")
        if any(word in path.read_text() for word in self.does_not_start):
            raise ServiceFailed(
                "The service does not start: why. It was stopped.", hint="Its last words: ..."
            )

    def uninstall(self, path: Path) -> None:
        path.unlink()

    def start(self) -> None:
        self.calls.append("start")

    def stop(self) -> None:
        self.calls.append("stop")

    def restart(self) -> None:
        self.calls.append("restart")

    def describe(self) -> ServiceState:
        return self._state

    def read_last_words(self) -> str:
        return ""
