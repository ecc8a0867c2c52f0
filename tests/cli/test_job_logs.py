"""`jobs logs` and `jobs open`: a log that is followed while it grows, and the link to the project."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from cli_parts import ID, NOW, PROGRAM, add_job, invoke
from helpers import wait_until

from nemowatch.cli.log_reader import read_log
from nemowatch.cli.reader import Reader
from nemowatch.jobs.database import Database
from nemowatch.jobs.records import JobState
from nemowatch.jobs.store import Changes, JobStore
from nemowatch.outputs.manifest import (
    Credits,
    Manifest,
    RuleUsed,
    SessionUsed,
    Source,
    Versions,
    write_manifest,
)
from nemowatch.places import StateFolder

LINK = "https://nemovideo.com/workspace/claim?ct=clm_1"


@pytest.fixture
def log(database: Database) -> Path:
    return Path(os.environ["NEMOWATCH_STATE"], "jobs", f"{ID}.log")


def test_log_is_printed_as_it_stands(store: JobStore, log: Path) -> None:
    add_job(store, JobState.EDITING)
    log.write_text("12:00:01  Uploaded.\n12:00:02  A \x1b[2J in a name.\n")
    done = invoke("jobs", "logs", ID[:5])
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "12:00:01  Uploaded.\n12:00:02  A \N{REPLACEMENT CHARACTER}[2J in a name.\n"


def test_log_that_is_not_there_yet_is_told(store: JobStore, log: Path) -> None:
    add_job(store, JobState.QUEUED)
    done = invoke("jobs", "logs", ID)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "Nothing is written in its log yet.\n"


def test_log_is_followed_in_whole_lines_until_the_job_has_ended(store: JobStore, log: Path) -> None:
    add_job(store, JobState.EDITING)
    log.write_text("one\nhal")
    pauses: list[float] = []

    def go_on(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            log.write_text("one\nhalf\nthree\n")
        if len(pauses) == 4:
            with log.open("a") as file:
                file.write("the end\n")
            store.write(ID, Changes(JobState.DONE, finished_at=NOW), now=NOW)

    told = list(read_log(Reader(StateFolder.locate()), ID[:4], follow=True, pause=go_on))
    assert told == ["one\n", "half\nthree\n", "the end\n"]
    assert len(pauses) == 4


def test_log_of_a_job_that_has_ended_is_not_waited_for(store: JobStore, log: Path) -> None:
    add_job(store, JobState.FAILED)
    log.write_text("one\n")
    assert invoke("jobs", "logs", ID, "--follow").stdout == "one\n"


def write_job_json(folder: Path, link: str | None, *, job_id: str = ID) -> None:
    folder.mkdir()
    manifest = Manifest(
        job_id=job_id,
        state="done",
        reason="",
        source=Source("/r/talk.mp4", 10, "", "0" * 64),
        rule=RuleUsed("shorts", "opusclip", "1.0.0", "en", ("video",)),
        prompts=(),
        session=SessionUsed("1", "task_1", link),
        renders=(),
        timeline="",
        outputs=(),
        credits=Credits(None, None),
        queued="",
        finished="",
        timings={},
        versions=Versions("", "", ""),
    )
    write_manifest(folder, manifest)


@pytest.fixture
def outputs(store: JobStore, tmp_path: Path) -> Path:
    """The output folder, not yet made, of a job that is done."""
    add_job(store, JobState.DONE)
    folder = tmp_path / "talk"
    store.write(ID, Changes(output_folder=folder), now=NOW)
    return folder


def test_project_link_is_printed_and_no_browser_opened(outputs: Path) -> None:
    write_job_json(outputs, LINK)
    done = invoke("jobs", "open", ID)
    assert (done.exit_code, done.stdout, done.stderr) == (0, f"{LINK}\n", "")


def test_browser_is_opened_where_it_is_asked_for(
    outputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_job_json(outputs, LINK)
    opened, programs = tmp_path / "opened", tmp_path / "bin"
    programs.mkdir()
    for name in ("xdg-open", "open"):  # Linux, macOS
        program = programs / name
        program.write_text(f'#!/bin/sh\nprintf %s "$1" > "{opened}.part"\nmv "{opened}.part" "{opened}"\n')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    assert subprocess.check_output([PROGRAM, "jobs", "open", ID, "--browser"], text=True) == f"{LINK}\n"
    wait_until(opened.exists)
    assert opened.read_text() == LINK


def test_job_without_a_link_says_why_that_is_no_fault(outputs: Path) -> None:
    write_job_json(outputs, None)
    done = invoke("jobs", "open", ID)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "the service gave none, which is no fault of the job" in done.stderr


def test_link_that_is_no_web_address_is_not_opened(outputs: Path) -> None:
    write_job_json(outputs, "file:///etc/passwd")
    assert invoke("jobs", "open", ID, "--browser").exit_code == 1


def test_job_that_has_not_ended_has_no_link_yet(store: JobStore) -> None:
    add_job(store, JobState.UPLOADING)
    done = invoke("jobs", "open", ID)
    assert done.exit_code == 1
    assert "has no project link yet: it is in job.json" in done.stderr
    assert "this one is uploading" in done.stderr


def test_output_folder_that_was_moved_or_is_another_job_s_is_told(outputs: Path) -> None:
    gone = invoke("jobs", "open", ID)
    assert gone.exit_code == 1
    assert "the output folder, which may have been moved" in gone.stderr
    write_job_json(outputs, LINK, job_id="f" * 16)
    assert "now holds the outputs of job ffffffff" in invoke("jobs", "open", ID).stderr
    (outputs / "job.json").write_text(json.dumps({"nonsense": 1}))
    assert invoke("jobs", "open", ID).exit_code == 1
