"""The control API of a real daemon, a process, asked over its socket."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import make_video, wait_until
from living_house import PLENTY, LivingHouse, save_sound
from prometheus_client.parser import text_string_to_metric_families

import nemowatch
from nemowatch.jobs.orders import Action
from nemowatch.jobs.records import JobState
from nemowatch.sandbox.server import Sandbox
from nemowatch.web.bodies import OrderFate
from nemowatch.web.client import ControlClient, ControlRefused, DaemonAbsent

pytestmark = pytest.mark.slow


@pytest.fixture
def house(tmp_path: Path) -> Iterator[LivingHouse]:
    """A house with a service that exports at once."""
    ready = make_video(tmp_path / "ready.mp4", seconds=1)
    with Sandbox(tmp_path / "service", ready_file=ready, credits=PLENTY) as sandbox:
        house = LivingHouse(tmp_path, sandbox)
        house.write_rules(house.rule())
        yield house


def figures_of(client: ControlClient) -> dict[tuple[str, ...], float]:
    """Each sample of the metrics, by its name and the values of its labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(client.metrics())
        for sample in family.samples
    }


def test_daemon_answers_everything_over_its_socket_and_takes_it_away_when_it_stops(
    house: LivingHouse,
) -> None:
    recording = save_sound(house.watched / "talk.wav", 2)
    with house.daemon() as process, ControlClient(house.state) as client:
        assert stat.S_IMODE(house.state.control.stat().st_mode) == 0o600
        wait_until(lambda: client.status().counts.get(JobState.DONE) == 1)
        (job,) = client.jobs(states=[JobState.DONE], rule="shorts", limit=5)
        assert job.source == str(recording or house.watched / "talk.wav")
        assert client.job(job.short_id) == job
        assert client.jobs(since=job.queued_at + 1) == ()
        piece = client.read_log(job.id)
        assert piece.is_ended
        assert piece.text.endswith("\n")
        assert client.read_log(job.id, piece.next_offset).text == ""
        assert client.health().pid == process.pid
        assert client.credits().available == PLENTY
        assert client.status().credits == PLENTY
        (refused,) = client.order(Action.RETRY, [job.id])
        assert refused.fate is OrderFate.REFUSED
        assert "done" in refused.text
        (done,) = client.order(Action.RERUN, [job.id])
        assert done.fate is OrderFate.DONE
        wait_until(lambda: client.status().counts.get(JobState.DONE) == 2)
        figures = figures_of(client)
        assert figures["nemowatch_jobs", "done"] == 2
        assert figures["nemowatch_jobs_of_rule", "shorts"] == 2
        assert figures["nemowatch_jobs_ended_total", "done"] == 2
        assert figures["nemowatch_sent_bytes_total",] == 2 * job.size_bytes
        assert figures["nemowatch_received_bytes_total",] > 0
        assert figures["nemowatch_credits_available",] == PLENTY
        assert figures["nemowatch_build_info", nemowatch.__version__] == 1
        process.terminate()
        assert process.wait(10) == 0
        assert not house.state.control.exists()
        with pytest.raises(DaemonAbsent):
            client.status()


def test_while_paused_no_job_starts_and_it_stays_so_over_a_kill_until_it_is_resumed(
    house: LivingHouse,
) -> None:
    house.sandbox.order("upload:slow=2")
    with house.daemon() as process, ControlClient(house.state) as client:
        make_video(house.watched / "running.mp4", seconds=1)
        house.wait_until(lambda: house.states().get("running.mp4") is JobState.UPLOADING)
        assert client.pause("the line is needed").why == "the line is needed"
        save_sound(house.watched / "later.wav", 2)
        house.wait_done("running.mp4")
        house.wait_jobs("later.wav")
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert house.state.control.exists(), "a killed daemon leaves its socket behind"
    assert house.run("run", "--once").returncode == 0, "what may not start is not waited for"
    assert house.states()["later.wav"] is JobState.QUEUED
    assert not house.state.control.exists()
    with house.daemon(), ControlClient(house.state) as client:
        status = client.status()
        assert status.paused_why == "the line is needed"
        assert status.paused_at is not None
        (job,) = client.jobs(states=[JobState.QUEUED])
        assert client.order(Action.RETRY, [job.id])[0].fate is OrderFate.REFUSED
        assert figures_of(client)["nemowatch_paused",] == 1
        assert client.resume().paused_at is None
        house.wait_done("later.wav")
        assert client.status().paused_at is None
    assert set(house.uploads().values()) == {1}


def test_reload_says_what_changed_or_why_the_rules_from_before_stay_in_force(house: LivingHouse) -> None:
    good = house.rules_text(house.rule(prompt="mute the video"), house.rule("new"))
    with house.daemon(), ControlClient(house.state) as client:
        before = client.status().standing
        house.rules.write_text(good.replace("prompt:", "promt:"))
        with pytest.raises(ControlRefused) as refused:
            client.reload()
        assert refused.value.code == "rules_invalid"
        assert refused.value.exit_code == 4
        assert "promt" in refused.value.message
        house.rules.write_text(good)
        change = client.reload()
        assert (change.added, change.changed, change.removed) == (("new",), ("shorts",), ())
        assert change.rule_count == 2
        after = client.status().standing
        assert before is not None
        assert after is not None
        assert after.rules_loaded_at == pytest.approx(change.loaded_at, abs=0.001) != before.rules_loaded_at
        assert client.reload().changed == ()
