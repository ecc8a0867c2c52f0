"""Installing: everything is checked before anything is written; what speaks against it is told with what helps."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from service_parts import RememberingManager, put_program, write_rules

from nemowatch.places import InstanceLock, StateFolder
from nemowatch.rules.problems import RulesInvalid
from nemowatch.service import checks, in_time
from nemowatch.service.checks import check_ground, keeping_command, note_token, run_as
from nemowatch.service.in_time import InTime
from nemowatch.service.install import Installed, NotInstallable, install_service
from nemowatch.service.manager import ServiceFailed
from nemowatch.service.plan import Account, Kind
from nemowatch.service.request import Request, ServiceMisused
from nemowatch.service.text import service_path


@pytest.fixture
def request_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Request:
    """A service for whoever runs the tests, whose home is a folder of the tests."""
    monkeypatch.delenv("NEMOWATCH_STATE")
    entry = pwd.getpwuid(os.getuid())
    home = Path.home()
    monkeypatch.setattr(pwd, "getpwuid", lambda _uid: pwd.struct_passwd((*entry[:5], str(home), entry[6])))
    (tmp_path / "in").mkdir()
    return Request.of(system=False, user_name=None, rules=write_rules(tmp_path, f"watch: {tmp_path}/in"))


def install(request: Request, **environ: str) -> Installed:
    return install_service(request, environ, RememberingManager())


def test_the_unit_is_written_and_its_folders_are_made(request_: Request, tmp_path: Path) -> None:
    manager = RememberingManager()
    done = install_service(request_, {}, manager)
    assert done.path == service_path("user", Path.home())
    assert f"--rules {request_.rules}" in done.path.read_text()
    assert manager.calls == ["check", "verify", "install nemowatch.service"]
    state = Path.home() / ".local/state/nemowatch"
    assert state.stat().st_mode & 0o777 == 0o700
    assert (Path.home() / ".config/nemovideo").is_dir()
    assert (tmp_path / "in-output/in").is_dir()
    assert [note.text.partition(":")[0] for note in done.notes] == ["There is no token yet"]


def test_invalid_rules_are_not_installed(request_: Request) -> None:
    request_.rules.write_text("rules: []\n")
    with pytest.raises(RulesInvalid):
        install(request_)
    assert not service_path("user", Path.home()).exists()


def test_the_token_of_the_shell_is_refused_until_it_is_kept_for_the_service(request_: Request) -> None:
    with pytest.raises(NotInstallable, match="NEMO_TOKEN is set in this shell") as told:
        install(request_, NEMO_TOKEN="nmt-very-secret")
    assert "nmt-very-secret" not in str(told.value)
    secrets = Path.home() / ".config/nemowatch/environment"
    secrets.parent.mkdir(parents=True)
    secrets.write_text("NEMO_TOKEN=nmt-very-secret\n")
    secrets.chmod(0o644)
    with pytest.raises(NotInstallable, match=f"chmod 600 {secrets}"):
        install(request_, NEMO_TOKEN="nmt-very-secret")
    secrets.chmod(0o600)
    plan = request_.plan()
    assert check_ground(plan, None, {"NEMO_TOKEN": "nmt-very-secret"}) == ()
    assert list(note_token(plan)) == []


def test_a_daemon_that_runs_already_is_in_the_way(request_: Request) -> None:
    with (
        InstanceLock(StateFolder(Path.home() / ".local/state/nemowatch").create()),
        pytest.raises(NotInstallable, match=f"NemoWatch runs already.*process {os.getpid()}"),
    ):
        install(request_)


def test_folders_that_cannot_be_written_are_told_and_nothing_is_written(
    request_: Request, tmp_path: Path
) -> None:
    (tmp_path / "in-output").write_text("a file in its place")
    with pytest.raises(NotInstallable, match="in-output is a file, so outputs can't be written below it"):
        install(request_)
    assert not service_path("user", Path.home()).exists()


def test_a_service_that_worked_is_put_back_where_the_new_one_does_not_start(request_: Request) -> None:
    manager, path = RememberingManager(), service_path("user", Path.home())
    install_service(request_, {}, manager)
    former = path.read_text()
    manager.does_not_start = ("NEMO_API_URL",)
    with pytest.raises(ServiceFailed, match="The one from before was put back, and runs") as told:
        install_service(request_, {"NEMO_API_URL": "http://127.0.0.1:1"}, manager)
    assert told.value.hint.startswith("Its last words")
    assert path.read_text() == former
    manager.does_not_start = ("ExecStart",)
    with pytest.raises(ServiceFailed, match="was put back, and does not start either"):
        install_service(request_, {"NEMO_API_URL": "http://127.0.0.1:1"}, manager)


def test_a_first_service_that_does_not_start_stays_for_whoever_looks_why(request_: Request) -> None:
    manager = RememberingManager()
    manager.does_not_start = ("ExecStart",)
    with pytest.raises(ServiceFailed, match=r"It was stopped\. Its last words"):
        install_service(request_, {}, manager)
    assert service_path("user", Path.home()).exists()


def test_a_unit_is_readable_by_its_daemon_whatever_the_umask(request_: Request) -> None:
    before = os.umask(0o077)
    try:
        done = install(request_)
    finally:
        os.umask(before)
    assert done.path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("kind", ["user", "system"])
def test_the_command_that_keeps_a_token_shuts_the_file_and_not_the_rules_beside_it(
    kind: Kind, request_: Request, tmp_path: Path
) -> None:
    put_program(tmp_path, "sudo", 'exec "$@"')
    secrets = tmp_path / "kept/environment"
    plan = replace(request_.plan(), kind=kind, secrets=secrets)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "NEMO_TOKEN": "nmt-x"}
    subprocess.run(["bash", "-c", keeping_command(plan, "NEMO_TOKEN")], env=environment, check=True)
    assert secrets.read_text() == "NEMO_TOKEN=nmt-x\n"
    assert secrets.stat().st_mode & 0o777 == 0o600
    assert (secrets.parent.stat().st_mode & 0o005 == 0o005) is (kind == "system")


@pytest.mark.slow
def test_a_unit_that_systemd_refuses_is_not_written(request_: Request) -> None:
    with pytest.raises(NotInstallable, match="Unknown key"):
        install_service(request_, {}, RememberingManager(refuses="Unknown key"))
    assert not service_path("user", Path.home()).exists()


def test_an_interpreter_that_its_user_cannot_run_is_told_with_what_helps(
    request_: Request, tmp_path: Path
) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 0\n")  # may not be run by anybody
    plan = replace(request_.plan(), python=python)
    (found,) = check_ground(plan, None, {})
    assert found.text.startswith(f"The interpreter {python} can't be run by the user")
    assert "203/EXEC" in found.text
    assert "/opt/nemowatch/bin/nemowatch service install --system" in found.mend


def test_a_check_that_can_not_even_be_killed_is_not_waited_for(
    request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a share that hangs: a call that never comes back ends with no signal."""
    left: list[subprocess.Popen[str]] = []

    def refuse_to_end(process: subprocess.Popen[str]) -> None:
        left.append(process)

    kill = subprocess.Popen.kill
    monkeypatch.setattr(checks, "_SECONDS", 0.1)
    monkeypatch.setattr(in_time, "_END_SECONDS", 0.1)
    monkeypatch.setattr(subprocess.Popen, "kill", refuse_to_end)
    checking = InTime(lambda: run_as(request_.account, ["sleep", "100"], {}))
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            assert checking.wait(10) is not None, "it is still waited for"
    finally:
        for process in left:
            kill(process)
            process.wait(10)


def test_an_installation_in_a_cache_does_not_last(request_: Request) -> None:
    plan = replace(request_.plan(), package=Path("/home/me/.cache/uv/archive-v0/x/nemowatch"))
    (found,) = check_ground(plan, None, {})
    assert "a cache that is emptied some day" in found.text


def test_a_home_that_is_not_the_users_is_told(request_: Request) -> None:
    plan = request_.plan()
    elsewhere = replace(plan, account=replace(plan.account, home=Path("/elsewhere")))
    assert [found.mend for found in check_ground(elsewhere, None, {})] == [f"export HOME={Path.home()}"]


def test_a_named_user_goes_with_the_system_alone_and_must_be_there() -> None:
    with pytest.raises(ServiceMisused, match="--user-name goes with --system"):
        Request.of(system=False, user_name="ada", rules=None)
    with pytest.raises(ServiceMisused, match="There is no user nobody-of-that-name"):
        Request.of(system=True, user_name="nobody-of-that-name", rules=None)


def test_a_system_service_has_its_own_user_and_rules() -> None:
    request = Request.of(system=True, user_name=None, rules=None)
    assert request.account == Account("nemowatch", None, None, Path("/var/lib/nemowatch"))
    assert request.rules == Path("/etc/nemowatch/rules.yaml")
