"""The demo as a user runs it: a process of its own, judged by what it prints, leaves and ends with."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import psutil
import pytest
from helpers import make_video, wait_until

from nemowatch.media.verify import verify_delivered

TOKEN = "nmv_usr_0123456789abcdef0123456789abcdef"
PROGRAM = Path(sys.executable).with_name("nemowatch")


def run_demo(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run it with a token in the environment, which is the user's and none of the demo's business."""
    return subprocess.run(
        [PROGRAM, "demo", *map(str, arguments)],
        env=os.environ | {"NEMO_TOKEN": TOKEN, "NEMO_API_URL": "http://127.0.0.1:9"},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def table_of(shown: str) -> list[list[str]]:
    """The final table: file, rule, state, seconds, outputs."""
    _, _, table = shown.partition("\n\nfile ")
    return [re.split(r"  +", line) for line in table.partition("\n\n")[0].splitlines()[1:]]


def outputs_of(root: Path) -> dict[str, Path]:
    """The output folders by rule; one recording each."""
    return {folder.parent.name: folder for folder in root.glob("Recordings/*-output/*/*")}


def assert_everything_was_delivered(folder: Path) -> None:
    manifest = json.loads((folder / "job.json").read_text())
    assert manifest["state"] == "done"
    kinds = {output["kind"] for output in manifest["outputs"]}
    assert kinds & {"video", "media"}
    for output in manifest["outputs"]:
        if output["kind"] in {"video", "media"}:
            assert verify_delivered(folder / output["path"]).size_bytes == output["size_bytes"]


def assert_token_is_nowhere(root: Path) -> None:
    for path in root.rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes(), path


@pytest.mark.slow
def test_three_recordings_are_made_saved_in_three_ways_and_become_outputs(tmp_path: Path) -> None:
    done = run_demo("--keep", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = table_of(done.stdout)
    assert [row[:3] for row in rows] == [
        ["webinar.mp4", "highlights", "done"],
        ["talk.mp4", "shorts", "done"],
        ["interview.mkv", "stills", "done"],
    ]
    assert re.fullmatch(r"webinar\.mp4 \([\d.]+ [KM]B, [\d.]+ s\)", rows[0][4])
    assert re.fullmatch(r"5 × PNG \([\d.]+ KB\)", rows[2][4])
    for manner in ("copied in slowly", "renamed from .part", "written by a recorder"):
        assert f"saving ({manner})" in done.stdout
    assert str(tmp_path) in done.stdout
    outputs = outputs_of(tmp_path)
    assert set(outputs) == {"highlights", "shorts", "stills"}
    for folder in outputs.values():
        assert_everything_was_delivered(folder)
    assert (outputs["highlights"] / "webinar.mp4").exists()
    assert (outputs["shorts"] / "talk.mp4").exists()
    assert len(list((outputs["stills"] / "media").glob("*.png"))) == 5
    for recording in tmp_path.glob("Recordings/*/*.m*"):
        assert verify_delivered(recording).duration_seconds == pytest.approx(24, abs=1)
    assert_token_is_nowhere(tmp_path)


@pytest.mark.slow
def test_own_recording_goes_through_every_rule_and_stays_as_it_was(tmp_path: Path) -> None:
    own = make_video(tmp_path / "my talk [1].mp4", seconds=12)
    content = own.read_bytes()
    done = run_demo("--keep", tmp_path / "demo", own)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [row[:3] for row in table_of(done.stdout)] == [
        [own.name, rule, "done"] for rule in ("highlights", "shorts", "stills")
    ]
    outputs = outputs_of(tmp_path / "demo")
    assert {folder.name for folder in outputs.values()} == {own.stem}
    for folder in outputs.values():
        assert_everything_was_delivered(folder)
    assert own.read_bytes() == content
    assert_token_is_nowhere(tmp_path)


def test_folder_with_something_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("mine")
    done = run_demo("--keep", tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"nemowatch: {tmp_path} is there already, and not empty. Name a new folder.\n"
    assert [path.name for path in tmp_path.iterdir()] == ["diary.txt"]


@pytest.mark.slow
def test_recordings_that_would_never_become_jobs_are_refused_at_once(tmp_path: Path) -> None:
    text = tmp_path / "talk.mp4"
    text.write_text("Dear diary, " * 1000)
    notes = tmp_path / "notes.txt"
    notes.write_text("mine")
    namesake = make_video(tmp_path / "a" / "talk.mp4", seconds=1)
    for files, code in (([text], 1), ([notes], 1), ([text, namesake], 2)):
        done = run_demo("--keep", tmp_path / "demo", *files)
        assert done.returncode == code, done.stderr
        assert files[0].name in done.stderr
        assert not (tmp_path / "demo").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.slow
def test_interrupted_demo_ends_soon_and_leaves_no_process_behind(
    tmp_path: Path, number: signal.Signals
) -> None:
    with (tmp_path / "shown").open("wb") as shown:
        demo = subprocess.Popen([PROGRAM, "demo", "--keep", tmp_path / "demo"], stdout=shown, stderr=shown)
    try:
        log = tmp_path / "demo" / "daemon.log"
        wait_until(lambda: demo.poll() is not None or (log.exists() and b"watches" in log.read_bytes()))
        children = psutil.Process(demo.pid).children(recursive=True)
        assert len(children) >= 2
        demo.send_signal(number)
        assert demo.wait(25) == 130
        lines = log.read_text().splitlines()
        began, ended = (
            datetime.fromisoformat(line[:23])
            for line in lines
            if "stopping; what is running" in line or "NemoWatch has stopped" in line
        )
        assert (ended - began).total_seconds() < 10
    finally:
        demo.kill()
        demo.wait()
    _, left = psutil.wait_procs(children, timeout=1)
    assert left == []
    assert "Traceback" not in (tmp_path / "shown").read_text()
