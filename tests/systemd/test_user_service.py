"""NemoWatch under a real systemd, installed by its command as the service of a user who is not logged in."""

from __future__ import annotations

from pathlib import Path

import pytest
from machine import Machine
from services import UNIT, Service

from nemowatch.sandbox.server import Sandbox

pytestmark = pytest.mark.slow


def test_service_of_a_user_who_is_not_logged_in_works_from_install_to_uninstall(
    machine: Machine, sandbox: Sandbox, tmp_path: Path
) -> None:
    make_lingering_user(machine, "me")
    service = Service(machine, sandbox, tmp_path, user="me")
    service.write_rules(service.rule())
    service.command("install")
    assert service.is_running()
    assert machine.run("loginctl", "list-sessions", "--no-legend") == ""
    service.save("talk.mp4", seed=1)
    service.wait_done("talk.mp4")
    assert service.output("talk.mp4").stat().st_uid == service.watched.stat().st_uid

    home = Path("/home/me")
    read_only = (Path("/etc"), home, home / ".config/nemowatch")
    assert [path for path in (*read_only, home / "films") if can_be_written(service, path)] == [
        home / "films"
    ]

    service.write_rules(service.rule(), service.rule("more", existing="skip"))
    service.systemctl("reload", UNIT)
    service.wait_until(lambda: "added: more" in service.said())
    service.override("sooner", "RestartSec=100ms")
    before = service.pid
    service.kill("SIGKILL")
    service.wait_started_anew(before)
    assert service.status == "no job running, 1 folder watched"

    service.command("stop")
    assert (service.show("Result"), service.show("ActiveState")) == ("success", "inactive")
    service.command("uninstall")
    assert service.show("LoadState") == "not-found"
    assert service.output("talk.mp4").exists()


def make_lingering_user(machine: Machine, name: str) -> None:
    """Make a user whose services run without a log-in, and wait until they can be started."""
    machine.run("useradd", "--create-home", name)
    machine.run("loginctl", "enable-linger", name)
    machine.run("systemctl", "start", f"user@{machine.run('id', '-u', name).strip()}.service")


def can_be_written(service: Service, path: Path) -> bool:
    """Whether the service sees a folder on a mount that can be written."""
    mounts = service.machine.path(f"/proc/{service.pid}/mountinfo").read_text().splitlines()
    options = {Path(fields[4]): fields[5].split(",") for fields in map(str.split, mounts)}
    return "rw" in next(options[above] for above in (path, *path.parents) if above in options)
