"""The installed service: what it is, whether it runs, and that looking at it disturbs no other check."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest
from doctor_house import Installation

from nemowatch.doctor import installed
from nemowatch.doctor.checks import list_checks
from nemowatch.doctor.examination import examine
from nemowatch.doctor.finding import Verdict
from nemowatch.doctor.installed import look_at_installed
from nemowatch.doctor.online import look_at_token
from nemowatch.service import request
from nemowatch.service.manager import ManagerAbsent, ServiceState
from nemowatch.service.request import Request
from nemowatch.service.text import service_path, write_service

OK, WARNING, PROBLEM = Verdict.OK, Verdict.WARNING, Verdict.PROBLEM
RUNNING = ServiceState(is_running=True, word="active (running)", pid=7, is_enabled=True)
STOPPED = ServiceState(is_running=False, word="inactive (dead)", is_enabled=True, exit_code=0)
NOT_RUN = replace(STOPPED, word="activating (auto-restart)", result="exit-code", exit_code=203)


@pytest.fixture
def unit(place: Installation, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The unit of a user's service that goes by the rules of this place, where no systemd can be asked."""
    monkeypatch.setattr(installed, "find_manager", Mock(side_effect=ManagerAbsent("None is here.")))
    path = service_path("user", Path.home())
    path.parent.mkdir(parents=True)
    path.write_text(write_service(Request.of(system=False, user_name=None, rules=place.rules).plan()))
    return path


def test_service_that_is_current_is_told_with_its_place(place: Installation, unit: Path) -> None:
    (finding,) = place.look(look_at_installed)
    assert (finding.verdict, finding.text) == (OK, f"{unit} is installed and current.")


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (RUNNING, []),
        (STOPPED, [(WARNING, "is stopped.", "`nemowatch service start`.")]),
        (NOT_RUN, [(PROBLEM, "(203/EXEC)", "Mend that, then `nemowatch service start`.")]),
        (
            replace(RUNNING, is_enabled=False),
            [(WARNING, "does not start by itself", "nemowatch service install")],
        ),
    ],
)
def test_how_it_runs_is_told_where_the_service_manager_can_be_asked(
    state: ServiceState, told: list[tuple[Verdict, str, str]],
    place: Installation, unit: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(installed, "find_manager", Mock(**{"return_value.describe.return_value": state}))
    findings = place.look(look_at_installed)[1:]
    assert [finding.verdict for finding in findings] == [verdict for verdict, _, _ in told]
    for finding, (_, text, mend) in zip(findings, told, strict=True):
        assert text in finding.text
        assert mend in finding.mend


def test_state_folder_of_the_service_is_told_where_another_one_is_examined(
    place: Installation, unit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit.write_text(unit.read_text().replace(str(place.state.root), "/data/state"))
    assert (
        "`NEMOWATCH_STATE=/data/state nemowatch doctor` examines that"
        in place.look(look_at_installed)[-1].text
    )


def test_unit_that_can_not_be_read_is_a_problem_of_the_service_alone(
    place: Installation, as_ordinary_user: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(place.root))
    unit = service_path("user", place.root)
    unit.parent.mkdir(parents=True)
    unit.touch(mode=0o000)
    site = place.site()
    (finding,) = look_at_installed(site)
    assert finding.verdict is PROBLEM
    assert "Permission denied" in finding.text
    assert [finding.verdict for finding in look_at_token(site)] == [OK]


def test_no_check_reads_the_rules_of_a_service_beside_the_others(
    place: Installation, unit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While they are read, `~` and HOME are those of the service's user for every thread."""
    site = place.site()
    read = Mock()
    monkeypatch.setattr(request, "load_rules", read)
    examine(list_checks(site))
    read.assert_not_called()
