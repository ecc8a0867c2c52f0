"""`nemowatch doctor` as it is typed: what it prints, for people and for scripts, and what it ends with."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from cli_parts import invoke, type_into
from doctor_house import Installation
from fake_service import FakeService

from nemowatch.doctor.apart import examine_apart
from nemowatch.doctor.finding import Verdict
from nemowatch.service.text import service_path

pytestmark = pytest.mark.slow

NAMES = [
    "version",
    "rules",
    "daemon",
    "service",
    "other instances",
    "state folder",
    "database",
    "watch folder",
    "output folder",
    "watching",
    "token",
    "NemoVideo",
    "clock",
]


def test_healthy_installation_ends_with_0_and_every_check_is_told_once(
    place: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEMO_TOKEN", "nmv_usr_doctor_9876543210")
    done = invoke("doctor", "--rules", str(place.rules), "--json")
    assert done.exit_code == 0, done.stdout
    told = json.loads(done.stdout)
    assert told["healthy"] is True
    assert list(dict.fromkeys(finding["name"] for finding in told["findings"])) == NAMES
    assert all(finding.keys() == {"name", "verdict", "text", "mend"} for finding in told["findings"])
    assert "9876543210" not in done.output
    assert done.stderr == ""


def test_problem_ends_with_1_and_stands_beside_its_cure(place: Installation) -> None:
    place.state.root.chmod(0o755)
    done = invoke("doctor", "--rules", str(place.rules))
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("PROBLEM  state folder"))
    assert lines[at + 1].strip() == f"→ `chmod 700 {place.state.root}`, if it is meant for NemoWatch alone."
    assert lines[-1].startswith("1 problem and ")  # other programs on this machine may add a warning


def test_rules_that_are_wrong_end_with_1_and_the_rest_is_examined_all_the_same(
    place: Installation, service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEMO_API_URL", service.url)
    place.rules.write_text("rules: 3\n")
    done = invoke("doctor", "--rules", str(place.rules), "--json")
    assert done.exit_code == 1
    verdicts = {finding["name"]: finding["verdict"] for finding in json.loads(done.stdout)["findings"]}
    assert verdicts["rules"] == "problem"
    assert verdicts["NemoVideo"] == "ok"
    assert "watch folder" not in verdicts


def test_unit_that_can_not_be_read_is_told_among_the_rest(
    service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEMO_API_URL", service.url)
    unit = service_path("user", Path.home())
    unit.mkdir(parents=True)  # to root, too, a folder is no file
    done = invoke("doctor", "--json")
    assert done.exit_code == 1
    findings = {finding["name"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert findings["rules"]["mend"] == "`nemowatch init` makes a first one."
    assert "Is a directory" in findings["service"]["text"]


def test_nothing_is_made_or_changed_by_looking(place: Installation, service: FakeService) -> None:
    place.keep_token("nmv_usr_doctor_9876543210", time.time() + 1000, service.url)
    before = {path: path.stat().st_mtime_ns for path in place.root.rglob("*")}
    kept = sorted(place.state.root.iterdir())
    invoke("doctor", "--rules", str(place.rules))
    assert {path: path.stat().st_mtime_ns for path in place.root.rglob("*")} == before
    assert sorted(place.state.root.iterdir()) == kept
    assert service.paths() == ["GET /api/credits/balance/simple"]


def test_lines_on_a_terminal_are_no_longer_than_it_is_wide(place: Installation) -> None:
    code, lines = type_into("doctor", "--rules", str(place.rules), columns=80)
    assert code == 0, lines
    assert max(map(len, lines)) <= 80
    assert [line.split("  ")[0] for line in lines if line.startswith(("ok", "warning", "PROBLEM"))]


def test_examination_that_gives_no_answer_is_told(place: Installation) -> None:
    (finding,) = examine_apart(place.rules, limit_seconds=0.01)
    assert finding.verdict is Verdict.PROBLEM
    assert "something hangs before the first check" in finding.text


def test_examination_that_breaks_off_is_told_in_its_own_words(
    place: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHOME", str(place.root))
    (finding,) = examine_apart(place.rules)
    assert finding.verdict is Verdict.PROBLEM
    assert finding.text.startswith("The examination broke off. ")
