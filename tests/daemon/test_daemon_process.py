"""The daemon as users run it: a process of its own, against the sandbox, through its files and exit codes alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from daemon_house import House
from helpers import make_video, wait_until

from nemowatch.sandbox.server import Sandbox


@dataclass(frozen=True)
class Day:
    """A daemon's day: what it said and left, from its start to SIGTERM, and what was asked meanwhile."""

    house: House
    process: int
    outputs: list[str]
    status: Any
    status_shown: str
    second_daemon: subprocess.CompletedProcess[str]
    exit_code: int
    log: str
    ledger: Any


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """One daemon for many looks at it: a recording is saved, then a copy of it, then one that is not complete."""
    root = tmp_path_factory.mktemp("day")
    with Sandbox(root / "service") as sandbox:
        house = House(root, sandbox.url)
        with house.daemon() as process:
            (house.watched / "diary.mp4").write_text("Dear diary, " * 1000)
            recording = make_video(house.watched / "talk.mp4", seconds=4)
            wait_until(house.output.exists, 30)
            outputs = sorted(path.name for path in house.output.iterdir())
            (house.watched / "copy.mp4").write_bytes(recording.read_bytes())
            os.utime(recording)
            (house.watched / "growing.mp4").write_bytes(b"")
            wait_until(lambda: b"not paid for again" in house.log.read_bytes())
            growing = str(house.watched / "growing.mp4")
            wait_until(lambda: house.waiting() == [growing])
            status, shown = house.status(), house.run("status").stdout
            second_daemon = house.run("run")
            process.send_signal(signal.SIGTERM)
            exit_code = process.wait(10)
        log = house.log.read_text()
        ledger = sandbox.ledger()
        yield Day(house, process.pid, outputs, status, shown, second_daemon, exit_code, log, ledger)


def test_recording_that_is_saved_becomes_outputs_in_the_sibling_folder(day: Day) -> None:
    assert day.outputs == [
        "job.json",
        "job.log",
        "overview.jpg",
        "talk.mp4",
        "thumbnail.jpg",
        "timeline.json",
    ]
    job = day.house.job("done")
    assert job["output_folder"] == str(day.house.output)
    assert "Uploaded talk.mp4" in day.house.run("jobs", "show", str(job["id"])[:6]).stdout


def test_status_tells_the_folders_the_waiting_files_and_who_runs(day: Day) -> None:
    assert day.status["daemon"]["pid"] == day.process
    assert [folder["state"] for folder in day.status["standing"]["folders"]] == ["watched"]
    assert day.status["standing"]["waiting"][0]["path"] == str(day.house.watched / "growing.mp4")
    assert "growing.mp4, rule shorts" in day.status_shown
    assert day.house.status()["standing"] is None


def test_second_daemon_is_refused_and_told_who_runs(day: Day) -> None:
    assert day.second_daemon.returncode == 7
    assert str(day.process) in day.second_daemon.stderr


def test_copy_of_a_recording_is_not_paid_for_again(day: Day) -> None:
    assert (len(day.ledger["uploads"]), len(day.ledger["prompts"]), len(day.ledger["renders"])) == (1, 1, 1)
    assert "copy.mp4" in day.log


def test_text_that_calls_itself_a_video_is_never_uploaded(day: Day) -> None:
    assert "diary.mp4" in day.log
    assert [upload["filename"] for upload in day.ledger["uploads"]] == ["talk.mp4"]


def test_sigterm_ends_the_daemon_well(day: Day) -> None:
    assert day.exit_code == 0
    assert day.log.endswith("NemoWatch has stopped.\n")


def test_every_call_says_which_skill_it_is_for_and_no_download_carries_a_token(day: Day) -> None:
    assert day.ledger["leaked_tokens"] == []
    assert day.ledger["unattributed_calls"] == []


def test_no_token_is_written_anywhere_but_into_its_own_file(day: Day) -> None:
    root = day.house.root
    token_file = root / "state" / "token.json"
    assert token_file.stat().st_mode & 0o777 == 0o600
    token = json.loads(token_file.read_text())["token"].encode()
    assert len(token) > 8
    written = [path for path in root.rglob("*") if path.is_file() and "service" not in path.parts]
    assert [path for path in written if token in path.read_bytes()] == [token_file]
    assert token.decode() not in day.log


@pytest.mark.slow
def test_interrupted_job_goes_on_at_the_next_start_and_a_copy_made_meanwhile_is_none_of_its_own(
    house: House, sandbox: Sandbox
) -> None:
    recording = make_video(house.watched / "talk.mp4", seconds=4)
    with house.daemon() as process:
        wait_until(lambda: sandbox.ledger()["renders"], 30)
        process.send_signal(signal.SIGINT)
        asked = time.monotonic()
        assert process.wait(10) == 130
        assert time.monotonic() - asked < 10
    assert house.job()["state"] not in {"done", "failed"}
    (house.watched / "copy.mp4").write_bytes(recording.read_bytes())
    os.utime(recording)
    done = house.run("run", "--once")
    assert done.returncode == 0, done.stderr
    assert "not paid for again" in done.stderr
    assert house.job("done")
    ledger = sandbox.ledger()
    assert (len(ledger["uploads"]), len(ledger["prompts"]), len(ledger["renders"])) == (1, 1, 1)


@pytest.mark.slow
def test_files_that_fail_are_told_by_the_exit_code_and_keep_their_log(house: House) -> None:
    make_video(house.watched / "talk.mp4", seconds=2)
    house.rules.write_text(house.rules.read_text() + "    deliver: media\n")
    done = house.run("run", "--once")
    assert done.returncode == 3, done.stderr
    assert "made none" in str(house.job("failed")["reason"])
    assert {"job.json", "job.log"} <= {path.name for path in house.output.iterdir()}
    assert "made none" in (house.output / "job.log").read_text()


@pytest.mark.slow
def test_token_that_is_refused_is_told_by_the_exit_code_and_nothing_fails(house: House) -> None:
    make_video(house.watched / "talk.mp4", seconds=2)
    done = house.run("run", "--once", NEMO_TOKEN="nmv_usr_not_a_real_token")
    assert done.returncode == 5, done.stderr
    job = house.job("attention")
    assert "NEMO_TOKEN" in str(job["reason"])
    assert "nmv_usr_not_a_real_token" not in done.stderr + json.dumps(job)
    assert house.run("run", "--once").returncode == 0, "with a good token it goes on"
    assert house.job()["state"] == "done"


def test_broken_rules_are_told_with_their_place(house: House) -> None:
    house.rules.write_text(house.rules.read_text().replace("prompt:", "promt:"))
    done = house.run("run")
    assert done.returncode == 4
    assert 'Did you mean "prompt"?' in done.stderr
    assert "rules.yaml:6:" in done.stderr
