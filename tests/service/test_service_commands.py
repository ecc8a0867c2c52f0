"""`nemowatch service …` as it is typed, where no service manager is needed or none is there."""

from __future__ import annotations

import pwd
from pathlib import Path

import pytest
from service_parts import RememberingManager, write_rules
from typer.testing import CliRunner, Result

from nemowatch.cli import service_report
from nemowatch.cli.app import app
from nemowatch.service.manager import ServiceState


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["service", *arguments], prog_name="nemowatch")


def test_print_shows_the_unit_and_writes_nothing(tmp_path: Path) -> None:
    rules = write_rules(tmp_path, "watch: /srv/media/talks")
    done = invoke("print", "--rules", str(rules))
    assert done.exit_code == 0, done.stderr
    assert f"-m nemowatch run --rules {rules}\n" in done.stdout
    assert "WantedBy=default.target" in done.stdout
    assert not (Path.home() / ".config/systemd").exists()


def test_print_reads_a_system_services_rules_with_its_users_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NEMOWATCH_STATE")
    rules = write_rules(tmp_path, "watch: ~/in, output: '/data/films/{stem}', after: trash")
    done = invoke("print", "--system", "--user-name", "root", "--rules", str(rules))
    assert "User=root\n" in done.stdout
    assert "ReadWritePaths=-/data/films\n" in done.stdout
    assert f"ReadWritePaths=-{pwd.getpwnam('root').pw_dir}/in\n" in done.stdout
    assert str(Path.home()) not in done.stdout


def test_print_of_invalid_rules_ends_with_their_problems(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("rules: []\n")
    done = invoke("print", "--rules", str(rules))
    assert done.exit_code == 4
    assert done.stdout == ""


@pytest.mark.parametrize("verb", ["start", "stop", "restart", "status", "uninstall"])
def test_without_a_service_the_command_that_installs_one_is_named(verb: str) -> None:
    done = invoke(verb)
    assert done.exit_code == 1
    assert "`nemowatch service install` installs it." in done.stderr


def test_a_service_that_works_is_not_stopped_for_rules_that_can_not_be_used(tmp_path: Path) -> None:
    rules = write_rules(tmp_path, "watch: /srv/media/talks")
    unit = Path.home() / ".config/systemd/user/nemowatch.service"
    unit.parent.mkdir(parents=True)
    unit.write_text(invoke("print", "--rules", str(rules)).stdout)
    rules.write_text("rules: [{promt: x}]\n")
    done = invoke("restart")
    assert done.exit_code == 4
    assert done.stderr.endswith("Nothing was stopped or started.\n")


def test_status_says_why_a_service_does_not_run_and_ends_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = write_rules(tmp_path, "watch: /srv/media/talks")
    unit = Path.home() / ".config/systemd/user/nemowatch.service"
    unit.parent.mkdir(parents=True)
    unit.write_text(invoke("print", "--rules", str(rules)).stdout)
    running = ServiceState(is_running=True, word="active (running)", pid=7, is_enabled=True, exit_code=0)
    failed = ServiceState(is_running=False, word="failed (failed)", result="exit-code", exit_code=203)
    for state, code in ((running, 0), (failed, 1)):
        manager = RememberingManager(state=state)
        monkeypatch.setattr(service_report, "find_manager", lambda *_, manager=manager: manager)
        done = invoke("status")
        assert done.exit_code == code, done.output
        assert ("203/EXEC" in done.stdout) is (state is failed)


def test_a_user_name_without_system_is_wrong_use(tmp_path: Path) -> None:
    done = invoke("install", "--user-name", "ada", "--rules", str(write_rules(tmp_path, "watch: /srv/in")))
    assert done.exit_code == 2
    assert "--user-name goes with --system alone." in done.stderr
