"""Films at work in a daemon that is a process: encodes that are killed, cancelled, interrupted, and wait in line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from film_makers import save_long_film
from helpers import make_video, wait_until
from living_house import PLENTY, LivingHouse, save_sound
from worker_eyes import ENCODES, Watch, find_workers, is_writing

from nemowatch.jobs.records import JobRecord, JobState
from nemowatch.sandbox.server import Sandbox

pytestmark = pytest.mark.slow

SHORT, LONG, LONGEST = 20, 300, 4_000
"""Pictures: encoded within a second, in some seconds, and not before the test is over."""
PATIENCE = 90


@pytest.fixture
def house(tmp_path: Path) -> Iterator[LivingHouse]:
    """A house with a service that exports at once, and a rule that converts what it takes."""
    ready = make_video(tmp_path / "ready.mp4", seconds=1)
    with Sandbox(tmp_path / "service", ready_file=ready, credits=PLENTY) as sandbox:
        house = LivingHouse(tmp_path, sandbox)
        house.write_rules(house.rule(convert=True))
        yield house


def job_of(house: LivingHouse, name: str) -> JobRecord | None:
    return next((job for job in house.jobs() if job.spec.source.path.name == name), None)


def wait_encoding(house: LivingHouse, name: str) -> None:
    """Wait until a film is in the middle of its encoding, so that a part of the new one is on the disk."""

    def is_so() -> bool:
        job = job_of(house, name)
        return (
            job is not None and "converting" in job.note and (job.progress or 0.0) > 0 and bool(scraps(house))
        )

    house.wait_until(is_so)


def wait_ended(house: LivingHouse, name: str) -> JobRecord:
    """Wait until a job has ended, however; gives it."""
    house.wait_until(lambda: (job := job_of(house, name)) is not None and job.state.is_final, PATIENCE)
    job = job_of(house, name)
    assert job is not None
    return job


def wait_done(house: LivingHouse, *names: str) -> None:
    """Wait until jobs have ended; all of them well."""
    for name in names:
        ended = wait_ended(house, name)
        assert ended.state is JobState.DONE, ended.reason


def scraps(house: LivingHouse) -> list[str]:
    """What is half made, or kept aside, beside the output folders and in them."""
    outputs = house.root / "talks-output"
    return [
        str(path.relative_to(outputs))
        for path in sorted(outputs.rglob("*"))
        if path.name.endswith(".part")
        or any(part.startswith(".") for part in path.relative_to(outputs).parts)
    ]


def the_encoder(daemon: subprocess.Popen[bytes]) -> int:
    (worker,) = find_workers(daemon.pid, ENCODES)
    return worker


def test_encoder_that_somebody_kills_is_replaced_and_its_film_is_done(house: LivingHouse) -> None:
    with house.daemon() as daemon:
        save_long_film(house.watched / "long.ts", LONG)
        wait_encoding(house, "long.ts")
        first = the_encoder(daemon)
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: find_workers(daemon.pid, ENCODES) not in ([], [first]), 10)
        wait_done(house, "long.ts")
        assert daemon.poll() is None
    assert house.uploads() == {"long.mp4": 1}
    assert scraps(house) == []


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSEGV], ids=lambda blow: blow.name)
def test_encoder_that_goes_down_again_fails_its_job_with_the_reason_and_hurts_nothing_else(
    house: LivingHouse, blow: signal.Signals
) -> None:
    with house.daemon() as daemon:
        save_long_film(house.watched / "long.ts", LONGEST)
        wait_encoding(house, "long.ts")
        save_sound(house.watched / "beside.wav", 1)
        wait_done(house, "beside.wav")
        killed: set[int] = set()

        def kill_until_it_fails() -> bool:
            for worker in {*find_workers(daemon.pid, ENCODES)} - killed:
                if is_writing(worker):
                    os.kill(worker, blow)
                    killed.add(worker)
            job = job_of(house, "long.ts")
            return job is not None and job.state.is_final

        house.wait_until(kill_until_it_fails)
        # A film is given a second chance only where somebody else may have ended the process.
        assert len(killed) == (2 if blow == signal.SIGKILL else 1)
        job = wait_ended(house, "long.ts")
        assert job.state is JobState.FAILED
        assert "long.ts" in job.reason
        assert blow.name in job.reason
        assert scraps(house) == []
        save_long_film(house.watched / "next.ts", SHORT, seed=1)
        wait_done(house, "next.ts")
        assert daemon.poll() is None
    assert house.uploads() == {"beside.wav": 1, "next.mp4": 1}


def test_daemon_killed_while_it_encodes_leaves_no_worker_and_does_all_of_it_once(house: LivingHouse) -> None:
    house.write_rules(house.rule(convert=True, prompt=["keep only the first 1 second", "export 1080p MP4"]))
    save_long_film(house.watched / "long.ts", LONG)
    with house.daemon() as daemon:
        wait_encoding(house, "long.ts")
        assert find_workers(daemon.pid)
        daemon.kill()
        daemon.wait()
        wait_until(lambda: not find_workers(daemon.pid), 5)
    assert house.uploads() == {}
    with house.daemon():
        wait_done(house, "long.ts")
    ledger = house.sandbox.ledger()
    assert (house.uploads(), len(ledger["prompts"]), len(ledger["renders"])) == ({"long.mp4": 1}, 1, 1)
    assert scraps(house) == []


def test_daemon_that_is_stopped_while_it_encodes_ends_at_once_and_goes_on_at_its_next_start(
    house: LivingHouse,
) -> None:
    save_long_film(house.watched / "long.ts", LONG)
    with house.daemon() as daemon:
        wait_encoding(house, "long.ts")
        daemon.terminate()
        assert daemon.wait(10) == 0
        wait_until(lambda: not find_workers(daemon.pid), 5)
    assert house.states() == {"long.ts": JobState.PREPARING}
    assert b"mistake" not in house.log.read_bytes()
    with house.daemon():
        wait_done(house, "long.ts")
    assert house.uploads() == {"long.mp4": 1}


def test_cancel_ends_an_encode_within_a_second_and_leaves_no_scraps(house: LivingHouse) -> None:
    save_long_film(house.watched / "long.ts", LONGEST)
    with house.daemon() as daemon:
        wait_encoding(house, "long.ts")
        job, worker = job_of(house, "long.ts"), the_encoder(daemon)
        assert job is not None
        order = house.run("jobs", "cancel", job.spec.job_id[:8], "--yes")
        assert order.returncode == 0, order.stderr
        started = time.monotonic()
        wait_until(lambda: not Path(f"/proc/{worker}").exists(), 10)
        # The order is taken up within a second; the rest of the bound is for a busy machine.
        assert time.monotonic() - started < 4
        ended = wait_ended(house, "long.ts")
        assert ended.state is JobState.CANCELLED
        assert scraps(house) == []
        assert ended.output_folder is not None
        assert {path.name for path in ended.output_folder.iterdir()} == {"job.json", "job.log"}
        save_long_film(house.watched / "next.ts", SHORT, seed=1)
        wait_done(house, "next.ts")
    assert house.uploads() == {"next.mp4": 1}


def test_status_tells_the_share_and_what_remains_by_the_experience_of_earlier_jobs(
    house: LivingHouse,
) -> None:
    with house.daemon():
        # Nothing follows from a film for one that is more than ten times as long.
        save_long_film(house.watched / "first.ts", LONG // 3, seed=1)
        wait_done(house, "first.ts")
        save_long_film(house.watched / "long.ts", LONG * 3)
        wait_encoding(house, "long.ts")
        early = active(house)
        assert 0 < early["progress"] < 1
        assert early["remaining_seconds"] > 1
        house.wait_until(lambda: active(house)["progress"] >= early["progress"] + 0.02)
        assert "converting" in active(house)["note"]


def active(house: LivingHouse) -> dict[str, Any]:
    (job,) = house.status()["active"]
    return dict(job)


def test_one_encode_at_a_time_and_the_others_say_that_they_wait(house: LivingHouse) -> None:
    house.write_rules(house.rule(convert=True), limits={"starts": None, "jobs": 4, "encodes": 1})
    names = [f"film{number}.ts" for number in range(3)]
    with house.daemon() as daemon, Watch(daemon.pid) as watch:
        for seed, name in enumerate(names):
            save_long_film(house.watched / name, LONG // 2, seed=seed)
        house.wait_until(lambda: sum("waiting for its turn" in job.note for job in house.jobs()) == 2)
        # What needs no encoding does not wait with them.
        save_sound(house.watched / "beside.wav", 1)
        wait_done(house, "beside.wav")
        assert not house.is_done(*names)
        wait_done(house, *names)
        assert watch.most_encoding == 1
    assert house.uploads() == {"beside.wav": 1} | {name.replace(".ts", ".mp4"): 1 for name in names}


def test_limit_of_encodes_that_is_raised_counts_at_once(house: LivingHouse) -> None:
    limits = {"starts": None, "jobs": 4, "encodes": 1}
    house.write_rules(house.rule(convert=True), limits=limits)
    names = [f"film{number}.ts" for number in range(2)]
    with house.daemon() as daemon:
        for seed, name in enumerate(names):
            save_long_film(house.watched / name, LONGEST, seed=seed)
        house.wait_until(lambda: any("waiting for its turn" in job.note for job in house.jobs()))
        assert len(find_workers(daemon.pid, ENCODES)) == 1
        house.write_rules(house.rule(convert=True), limits=limits | {"encodes": 2})
        house.wait_until(lambda: len(find_workers(daemon.pid, ENCODES)) == 2)
        house.wait_until(lambda: all((job.progress or 0) > 0 for job in house.jobs()))


def test_encoder_leaves_the_processor_to_others_and_knows_no_token(house: LivingHouse) -> None:
    house.environment |= {"NEMO_TOKEN": "a-secret-token"}
    with Sandbox(house.root / "own", own_tokens={"a-secret-token": frozenset("*")}) as sandbox:
        house.sandbox = sandbox
        house.write_rules(house.rule(convert=True))
        save_long_film(house.watched / "long.ts", LONGEST)
        with house.daemon() as daemon:
            wait_encoding(house, "long.ts")
            worker = the_encoder(daemon)
            assert os.getpriority(os.PRIO_PROCESS, worker) == 10
            assert b"a-secret-token" in Path(f"/proc/{daemon.pid}/environ").read_bytes()
            assert b"a-secret-token" not in Path(f"/proc/{worker}/environ").read_bytes()


def test_manifest_of_a_converted_film_lists_what_was_delivered(house: LivingHouse) -> None:
    house.write_rules(house.rule(convert=True, deliver=["video", "frames"], frames={"at": ["0:00.5"]}))
    with house.daemon():
        save_long_film(house.watched / "talk.ts", SHORT)
        wait_done(house, "talk.ts")
    outputs = {output["path"]: output["kind"] for output in house.manifest("talk")["outputs"]}
    assert outputs["talk.mp4"] == "video"
    assert outputs["frames/talk-00m00.500s.png"] == "frame"
    assert {"overview.jpg", "thumbnail.jpg", "job.log"} <= outputs.keys()
    log = (house.root / "talks-output" / "shorts" / "talk" / "job.log").read_text()
    assert "Converted talk.ts for the upload" in log
    assert json.dumps(house.manifest("talk")).count(".part") == 0
