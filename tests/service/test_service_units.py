"""The units: what systemd itself says of them, and what they never hold."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from service_parts import plan_system, plan_user, read_rules, settings_of

from nemowatch.cli.run_command import NEEDS_A_TOKEN
from nemowatch.daemon.state_watch import StateVanished
from nemowatch.places import StateTaken
from nemowatch.rules.problems import RulesInvalid
from nemowatch.service.plan import Plan
from nemowatch.service.systemd import Systemd
from nemowatch.service.units import NEVER_RESTARTED, write_unit

AWKWARD = "watch: '/srv/media/My talks 100% ü $HOME \"so\"'"


@pytest.fixture
def plans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """Both kinds, with an interpreter that is there, and folders that need every kind of quoting."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    book = read_rules(tmp_path, AWKWARD, "watch: /home/me/in")
    return [replace(plan, python=Path("/bin/true")) for plan in (plan_user(book), plan_system(book))]


def test_systemd_has_nothing_against_the_units(plans: list[Plan]) -> None:
    for plan in plans:
        assert Systemd(system=plan.kind == "system").verify(write_unit(plan)) == ""


def test_a_typing_error_in_a_unit_is_found(plans: list[Plan]) -> None:
    broken = write_unit(plans[1]).replace("ProtectClock", "ProtectClok")
    assert "ProtectClok" in Systemd(system=True).verify(broken)


def test_the_system_unit_is_exposed_by_less_than_two_points(tmp_path: Path, plans: list[Plan]) -> None:
    unit = tmp_path / "nemowatch.service"
    unit.write_text(write_unit(plans[1]))
    command = ["systemd-analyze", "security", "--offline=yes", "--threshold=20", "--no-pager", str(unit)]
    answer = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"LC_ALL": "C.UTF-8"}
    )
    found = re.search(r"Overall exposure level for nemowatch.service: ([\d.]+)", answer.stdout)
    assert found, answer.stderr
    assert float(found[1]) <= 2.0
    assert answer.returncode == 0


def test_each_line_that_hardens_has_its_reason(plans: list[Plan]) -> None:
    for plan in plans:
        lines = write_unit(plan).partition("UMask=")[2].partition("[Install]")[0].splitlines()[1:]
        # Those are told with the line before.
        told = {"StateDirectoryMode", "ReadWritePaths", "SystemCallArchitectures", "SystemCallFilter"}
        for before, line in pairwise(["", *lines]):
            name = line.partition("=")[0]
            assert line.startswith("#") or not line or before.startswith("#") or name in told, line


def test_the_folders_of_the_rules_are_all_that_may_be_written(plans: list[Plan]) -> None:
    user, system = (settings_of(write_unit(plan)) for plan in plans)
    assert user["ReadWritePaths"] == [
        "-%h/.config/nemovideo",
        "-%h/.local/state/nemowatch",
        "-%h/in-output",
        "-/srv/media",
    ]
    # Its home, with the state and the client id, is the state directory.
    assert system["ReadWritePaths"] == ["-/home/me/in-output", "-/srv/media"]
    assert system["StateDirectory"] == ["nemowatch"]
    assert user["ProtectSystem"] == system["ProtectSystem"] == ["strict"]
    assert user["ProtectHome"] == system["ProtectHome"] == ["read-only"]
    assert user["PrivateUsers"] == ["yes"]


def test_home_of_another_program_below_var_lib_stays_as_that_program_has_it(tmp_path: Path) -> None:
    """As a `StateDirectory` systemd would shut everybody else out of it."""
    home = Path("/var/lib/mediaserver")
    settings = settings_of(write_unit(plan_system(read_rules(tmp_path, "watch: /srv/media/talks"), home)))
    assert "StateDirectory" not in settings
    assert settings["ReadWritePaths"] == [
        "-/srv/media",
        f"-{home}/.config/nemovideo",
        f"-{home}/.local/state/nemowatch",
    ]


def test_homes_are_hidden_where_nothing_in_them_is_needed(tmp_path: Path) -> None:
    book = replace(read_rules(tmp_path, "watch: /srv/media/talks"), path=Path("/etc/nemowatch/rules.yaml"))
    assert settings_of(write_unit(plan_system(book)))["ProtectHome"] == ["yes"]
    at_home = replace(book, path=Path("/home/me/rules.yaml"))
    assert settings_of(write_unit(plan_system(at_home)))["ProtectHome"] == ["read-only"]


def test_temporary_folders_are_private_unless_a_rule_needs_them(tmp_path: Path) -> None:
    book = replace(read_rules(tmp_path, "watch: /srv/media/talks"), path=Path("/etc/nemowatch/rules.yaml"))
    assert settings_of(write_unit(plan_user(book)))["PrivateTmp"] == ["yes"]
    in_tmp = replace(read_rules(tmp_path, "watch: /tmp/talks"), path=Path("/etc/nemowatch/rules.yaml"))
    assert "PrivateTmp" not in settings_of(write_unit(plan_user(in_tmp)))


def test_no_token_is_ever_written(tmp_path: Path) -> None:
    book = read_rules(tmp_path, "watch: /srv/media/talks")
    text = write_unit(plan_user(book, NEMO_TOKEN="nmt-secret", NEMO_CLIENT_ID="id-secret"))
    assert "secret" not in text
    assert settings_of(text)["EnvironmentFile"] == ["-%h/.config/nemowatch/environment"]


def test_what_a_restart_cannot_help_is_not_restarted() -> None:
    gone, taken, invalid = StateVanished.exit_code, StateTaken.exit_code, RulesInvalid.exit_code
    assert {2, invalid, taken, gone} == set(NEVER_RESTARTED)
    assert NEEDS_A_TOKEN not in NEVER_RESTARTED
