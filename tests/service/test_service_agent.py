"""The launchd agent, parsed back and held against what launchd.plist(5) documents."""

from __future__ import annotations

import os
import plistlib
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from service_parts import HOME, PROGRAM, read_rules

from nemowatch.service.plan import Account, Plan, make_plan
from nemowatch.service.plist import AGENT_LABEL
from nemowatch.service.text import service_path, write_service

DOCUMENTED = {
    "Label": str,
    "ProgramArguments": list,
    "EnvironmentVariables": dict,
    "WorkingDirectory": str,
    "RunAtLoad": bool,
    "KeepAlive": dict,
    "ThrottleInterval": int,
    "ProcessType": str,
    "ExitTimeOut": int,
    "Umask": int,
    "SoftResourceLimits": dict,
    "StandardOutPath": str,
    "StandardErrorPath": str,
}
"""Keys of launchd.plist(5), with their types."""


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    book = read_rules(tmp_path, "watch: '/Users/me/My <talks> & ü'")
    environ = {"NEMO_TOKEN": "nmt-secret", "NEMO_API_URL": "http://127.0.0.1:1", "NEMOWATCH_STATE": "/data/s"}
    plan = make_plan("agent", Account("ada", 501, 20, HOME), book, environ=environ, program=PROGRAM)
    return replace(plan, rules=Path("/Users/me/My rules & more.yaml"))


def test_every_key_is_documented_and_has_its_type(plan: Plan) -> None:
    keys = plistlib.loads(write_service(plan).encode())
    assert {key: type(value) for key, value in keys.items()} == DOCUMENTED


def test_it_starts_at_login_is_kept_alive_and_writes_whole_paths(plan: Plan) -> None:
    keys = plistlib.loads(write_service(plan).encode())
    assert keys["Label"] == AGENT_LABEL
    program = keys["ProgramArguments"]
    assert program[:2] == ["/bin/sh", "-c"]
    assert program[4:] == list(plan.command)
    assert all(argument.startswith("/") for argument in (program[0], program[3], program[4], program[-1]))
    assert keys["RunAtLoad"] is True
    assert keys["KeepAlive"] == {"SuccessfulExit": False}
    assert keys["ProcessType"] == "Adaptive"
    assert keys["StandardErrorPath"] == keys["StandardOutPath"] == "/data/s/logs/launchd.log"
    assert keys["SoftResourceLimits"]["Core"] == 0


def test_its_environment_holds_no_secret(plan: Plan) -> None:
    text = write_service(plan)
    assert plistlib.loads(text.encode())["EnvironmentVariables"] == {
        "NEMO_API_URL": "http://127.0.0.1:1",
        "NEMOWATCH_SERVICE": "launchd",
        "NEMOWATCH_STATE": "/data/s",
    }
    assert "secret" not in text


def test_it_lies_where_launchd_looks_under_its_label() -> None:
    assert service_path("agent", HOME) == HOME / f"Library/LaunchAgents/{AGENT_LABEL}.plist"


def test_the_shell_hands_the_token_on_and_becomes_the_daemon(plan: Plan, tmp_path: Path) -> None:
    secrets = tmp_path / "my environment"
    shown = replace(plan, secrets=secrets)
    shell = plistlib.loads(write_service(shown).encode())["ProgramArguments"][:4]
    command = [*shell, "/bin/sh", "-c", 'echo "$NEMO_TOKEN $$ $PPID"']
    without = subprocess.run(command, capture_output=True, text=True, check=True, env={})
    secrets.write_text("NEMO_TOKEN=nmt-secret\n")
    with_token = subprocess.run(command, capture_output=True, text=True, check=True, env={})
    assert without.stdout.split()[-1] == str(os.getpid())
    assert with_token.stdout.split()[0] == "nmt-secret"
    assert with_token.stdout.split()[-1] == str(os.getpid())
