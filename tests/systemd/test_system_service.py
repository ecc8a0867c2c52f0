"""NemoWatch under a real systemd, installed by its command as a service of the whole machine."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from machine import Machine
from services import UNIT, Service

from nemowatch.sandbox.server import Sandbox
from nemowatch.service.words import quote_path

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("system service")]


@pytest.fixture(scope="module")
def machines_service(machine: Machine, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Service:
    return Service(machine, sandbox, tmp_path_factory.mktemp("samples"))


@pytest.fixture
def service(machines_service: Service) -> Iterator[Service]:
    """It is installed and runs, with the usual rules, and nothing is wrong with NemoVideo."""
    machines_service.write_rules(machines_service.rule())
    if machines_service.show("LoadState") == "not-found":
        machines_service.command("install", "--rules", str(machines_service.rules))
        machines_service.override("sooner", "RestartSec=100ms")
    machines_service.systemctl("start", UNIT)
    yield machines_service
    machines_service.sandbox.clear_faults()


def test_start_is_over_when_the_folders_are_watched(service: Service) -> None:
    service.systemctl("stop", UNIT)
    before = service.said().count("watches 1 folder")
    service.systemctl("start", UNIT)
    assert service.said().count("watches 1 folder") == before + 1
    assert service.is_running()
    assert service.status == "no job running, 1 folder watched"


def test_recording_becomes_outputs_of_the_services_own_user(service: Service) -> None:
    service.save("talk.mp4", seed=1)
    service.wait_done("talk.mp4")
    output = service.output("talk.mp4")
    assert {"job.json", "talk.mp4"} <= {path.name for path in output.iterdir()}
    assert output.stat().st_uid == int(service.machine.run("id", "-u", "nemowatch"))


def test_unit_has_no_faults_and_exposes_little(service: Service) -> None:
    service.machine.run("systemd-analyze", "verify", "--recursive-errors=yes", f"/etc/systemd/system/{UNIT}")
    # In tenths: 2.0 of 10.
    service.machine.run("systemd-analyze", "security", "--threshold=20", UNIT)


def test_systemd_reads_the_very_paths_that_are_written(machine: Machine) -> None:
    names = ("My talks 100% ü $HOME", 'so "called"', "it's", "back\\slash", "a;b #c", "\u2028 *?[a]")
    paths = [f"/srv/{name}" for name in names]
    lines = ["[Service]", "ExecStart=true", *(f"ReadWritePaths=-{quote_path(Path(path))}" for path in paths)]
    machine.path("/etc/systemd/system/paths.service").write_text("\n".join(lines))
    machine.run("systemctl", "daemon-reload")
    unit = ("org.freedesktop.systemd1", "/org/freedesktop/systemd1/unit/paths_2eservice")
    asked = ("get-property", *unit, "org.freedesktop.systemd1.Service", "ReadWritePaths")
    assert json.loads(machine.run("busctl", "--json=short", *asked))["data"] == [f"-{path}" for path in paths]


def test_folder_that_goes_offline_is_named_in_the_status(service: Service) -> None:
    away = service.watched.with_name("away")
    service.watched.rename(away)
    service.wait_until(lambda: service.status == "no job running, talks offline")
    away.rename(service.watched)
    service.wait_until(lambda: service.status == "no job running, 1 folder watched")


def test_reload_is_told_to_systemd_and_puts_new_rules_in_force(service: Service) -> None:
    service.systemctl("log-level", "debug")
    service.write_rules(service.rule(), service.rule("more", existing="skip"))
    service.systemctl("reload", UNIT)
    service.wait_until(lambda: "added: more" in service.said() and service.is_running())
    service.systemctl("log-level", "info")
    told = service.said()
    assert "RELOADING=1, MONOTONIC_USEC=" in told
    assert told.rindex("READY=1") > told.rindex("RELOADING=1")
    service.write_rules(service.rule())
    service.systemctl("reload", UNIT)
    service.wait_until(lambda: "removed: more" in service.said())


def test_broken_rules_are_told_in_the_status_and_the_work_goes_on(service: Service) -> None:
    service.write_rules(service.rule(promt="?"))
    service.systemctl("reload", UNIT)
    service.wait_until(lambda: "the rules were changed and are wrong" in service.status)
    service.wait_until(service.is_running)
    service.save("despite.mp4", seed=2)
    service.wait_done("despite.mp4")


def test_killed_service_is_started_again_and_its_job_goes_on_where_it_was(service: Service) -> None:
    before, asked = service.pid, service.asked()
    service.sandbox.order("render:stuck=100000")
    service.save("killed.mp4", seed=3)
    service.wait_until(lambda: service.asked()["renders"] > asked["renders"])
    service.kill("SIGKILL")
    service.wait_started_anew(before)
    service.sandbox.clear_faults()
    service.wait_done("killed.mp4")
    assert service.asked() - asked == Counter(uploads=1, renders=1)


def test_event_loop_that_hangs_is_a_restart_and_the_journal_shows_where_it_hung(service: Service) -> None:
    service.let_hang_on_demand()
    service.systemctl("restart", UNIT)
    before = service.pid
    service.kill("SIGUSR1")
    service.wait_started_anew(before)
    told = service.said()
    assert "Watchdog timeout" in told
    assert "in hang_here" in told


def test_stop_during_an_upload_ends_well_and_in_time(service: Service) -> None:
    service.sandbox.order("upload:hang always")
    service.save("cut off.mp4", seed=5)
    service.wait_until(lambda: service.status == "1 job running, 1 folder watched")
    asked = time.monotonic()
    service.systemctl("stop", UNIT)
    assert time.monotonic() - asked < 10
    assert (service.show("Result"), service.show("ActiveState")) == ("success", "inactive")
    assert service.said().rstrip().rpartition("NemoWatch has stopped.")[1]


def test_uninstalled_service_leaves_rules_state_and_outputs(service: Service) -> None:
    service.save("kept.mp4", seed=6)
    service.wait_done("kept.mp4")
    service.command("uninstall")
    assert service.show("LoadState") == "not-found"
    assert service.machine.path(service.rules).exists()
    assert service.machine.path("/var/lib/nemowatch/.local/state/nemowatch/nemowatch.db").exists()
    assert service.output("kept.mp4").exists()
