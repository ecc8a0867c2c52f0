"""Prompts that go wrong: what arrives of the stream, whether the edit was made, what it cost."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from bare_client import BareClient, bare_client, call_on
from helpers import make_video, wait_until

from nemowatch.sandbox.server import Sandbox

EDIT = "remove the first 1 seconds"


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("recording") / "talk.mp4", seconds=3)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("service"), silent="never", heartbeat_seconds=0.02) as sandbox:
        yield sandbox


@pytest.fixture
def client(service: Sandbox, recording: Path) -> Iterator[BareClient]:
    service.clear_faults()
    with call_on(service) as client:
        client.upload(("talk.mp4", recording))
        yield client


class Outcome:
    """What a caller saw of one prompt."""

    def __init__(self, client: BareClient, text: str = EDIT, seconds: float = 5.0) -> None:
        self.body = b""
        self.error: httpx.TransportError | None = None
        self.status = 0
        try:
            body = client.prompt_body(text)
            with client.http.stream("POST", "/run_sse", json=body, timeout=seconds) as answer:
                self.status = answer.status_code
                for piece in answer.iter_raw():
                    self.body += piece
        except httpx.TransportError as error:
            self.error = error

    @property
    def blocks(self) -> list[str]:
        return [block for block in self.body.decode().split("\n\n") if block]

    @property
    def events(self) -> list[Any]:
        lines = [block.removeprefix("data:").strip() for block in self.blocks if block.startswith("data:")]
        return [json.loads(line) for line in lines if line]

    @property
    def texts(self) -> list[str]:
        flat = [event["content"] for event in self.events if event.get("type") == "text"]
        whole = [event for event in self.events if "author" in event and not event.get("partial")]
        parts = [part for event in whole for part in event["content"]["parts"]]
        return flat + [part["text"] for part in parts if "text" in part]


def totals(client: BareClient, text: str = EDIT) -> tuple[int, int, int]:
    """Received, applied, charged."""
    (entry,) = [
        entry
        for entry in client.sandbox.ledger()["prompt_totals"]
        if (entry["session_id"], entry["text"]) == (client.session_id, text)
    ]
    return entry["received"], entry["applied"], entry["charged"]


def length(client: BareClient) -> int:
    return round(float(client.read_draft()["d"]) / 1000)


STREAMS_THAT_LOSE = ["reset", "cut", "cut=3", "malformed", "502", "closes", "run-error"]


@pytest.mark.parametrize("kind", STREAMS_THAT_LOSE)
def test_prompt_that_was_lost_before_it_was_made_changed_and_cost_nothing(
    client: BareClient, kind: str
) -> None:
    client.sandbox.order(f"prompt:{kind}")
    Outcome(client)

    assert length(client) == 3
    assert client.read_credits() == {"available": 100, "frozen": 0, "total": 100}
    assert totals(client) == (1, 0, 0)
    assert client.entries("prompts") == []


@pytest.mark.parametrize("kind", [*STREAMS_THAT_LOSE, "lost-answer"])
def test_prompt_that_was_lost_after_it_was_made_is_applied_when_the_caller_knows(
    client: BareClient, kind: str
) -> None:
    client.sandbox.order(f"prompt:{kind} after")
    outcome = Outcome(client)

    assert length(client) == 2
    assert client.read_credits() == {"available": 95, "frozen": 0, "total": 95}
    assert totals(client) == (1, 1, 5)
    assert outcome.texts == []


@pytest.mark.parametrize("kind", [*STREAMS_THAT_LOSE, "silence"])
def test_edit_of_a_lost_prompt_can_come_later_and_its_credits_are_frozen_until_then(
    client: BareClient, kind: str
) -> None:
    client.sandbox.order(f"prompt:{kind} later=60")
    Outcome(client, seconds=0.3 if kind == "silence" else 5)
    at_once = (length(client), client.read_credits(), client.entries("prompts")[0]["outcome"])
    client.sandbox.clear_faults()
    wait_until(lambda: length(client) == 2)

    assert at_once == (3, {"available": 95, "frozen": 5, "total": 100}, "running")
    wait_until(lambda: client.read_credits() == {"available": 95, "frozen": 0, "total": 95})
    assert totals(client) == (1, 1, 5)


@pytest.mark.parametrize("moment", ["before", "after", "later=0"])
def test_cut_stream_ends_the_connection_after_so_many_events(client: BareClient, moment: str) -> None:
    client.sandbox.order(f"prompt:cut=2 {moment}")
    outcome = Outcome(client)

    assert isinstance(outcome.error, httpx.RemoteProtocolError)
    assert len(outcome.blocks) == 2


def test_stream_cut_after_no_event_has_begun_all_the_same(client: BareClient) -> None:
    client.sandbox.order("prompt:cut=0")
    outcome = Outcome(client)

    assert (outcome.status, outcome.body) == (200, b"")
    assert isinstance(outcome.error, httpx.RemoteProtocolError)


@pytest.mark.parametrize(("moment", "applied"), [("before", 0), ("after", 1)])
def test_silent_stream_stays_open_without_an_event(client: BareClient, moment: str, applied: int) -> None:
    client.sandbox.order(f"prompt:silence {moment}")
    outcome = Outcome(client, seconds=0.3)

    assert isinstance(outcome.error, httpx.ReadTimeout)
    assert (outcome.status, outcome.body) == (200, b"")
    wait_until(lambda: totals(client)[1] == applied)


def test_stream_can_fall_silent_after_some_events(client: BareClient) -> None:
    client.sandbox.order("prompt:silence=2 after")
    outcome = Outcome(client, seconds=0.3)

    assert len(outcome.blocks) == 2


def test_so_many_signs_of_life_come_before_the_answer(client: BareClient) -> None:
    client.sandbox.order("prompt:heartbeats=4")
    outcome = Outcome(client)

    assert len(outcome.blocks) > 5
    assert not any("author" in block or "tool" in block for block in outcome.blocks[:4])
    assert "Cut the video" in outcome.texts[0]
    assert totals(client) == (1, 1, 5)


def test_signs_of_life_go_on_until_the_fault_is_taken_back(client: BareClient) -> None:
    client.sandbox.order("prompt:heartbeats")
    body = b""
    with client.http.stream("POST", "/run_sse", json=client.prompt_body(EDIT)) as answer:
        pieces = answer.iter_raw()
        for _ in range(5):
            body += next(pieces)
        assert b"tool" not in body
        assert client.entries("prompts") == []
        client.sandbox.clear_faults()
        body += b"".join(pieces)

    assert b"Cut the video" in body
    assert length(client) == 2


def test_held_back_prompt_that_can_not_be_paid_ends_in_an_error(client: BareClient) -> None:
    client.sandbox.set_credits(4)
    client.sandbox.order("prompt:heartbeats=1")

    assert "insufficient credits" in Outcome(client).events[-1]["error"]


def test_stream_without_a_text_shows_the_tools_at_most(client: BareClient) -> None:
    client.sandbox.order("prompt:closes after", "prompt:closes")
    made, not_made = Outcome(client), Outcome(client)

    assert (made.error, made.texts) == (None, [])
    assert (not_made.error, not_made.body) == (None, b"")
    assert totals(client) == (2, 1, 5)


def test_stream_that_comes_byte_by_byte_is_whole(client: BareClient) -> None:
    client.sandbox.order("prompt:drip")
    body = client.prompt_body(EDIT)
    with client.http.stream("POST", "/run_sse", json=body) as answer:
        pieces = list(answer.iter_raw())

    assert max(map(len, pieces)) < 60
    assert b"Cut the video" in b"".join(pieces)


def test_slow_stream_is_whole_and_slow(client: BareClient) -> None:
    client.sandbox.order("prompt:slow=0.4")
    began = time.monotonic()
    outcome = Outcome(client)

    assert time.monotonic() - began >= 0.06
    assert outcome.texts


def test_truncated_stream_ends_inside_an_event(client: BareClient) -> None:
    client.sandbox.order("prompt:truncated")
    outcome = Outcome(client)

    assert isinstance(outcome.error, httpx.RemoteProtocolError)
    assert len(outcome.body) == 20


def test_event_that_is_no_json_comes_before_the_good_ones(client: BareClient) -> None:
    client.sandbox.order("prompt:malformed-event")
    outcome = Outcome(client)

    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(outcome.blocks[0].removeprefix("data: "))
    assert b"Cut the video" in outcome.body
    assert totals(client) == (1, 1, 5)


def test_huge_event_has_the_size_that_was_ordered(client: BareClient) -> None:
    client.sandbox.order("prompt:huge=2")
    outcome = Outcome(client)

    assert 2_000_000 < len(outcome.blocks[0]) < 2_001_000
    assert "Cut the video" in outcome.texts[0]


def test_run_ends_in_an_error_of_the_agents_form(client: BareClient) -> None:
    client.sandbox.order("prompt:run-error=Boom")
    failed = Outcome(client).events[-1]

    assert (failed["error"], failed["error_details"]["message"]) == ("Boom", "Boom")


def test_false_alarm_comes_last(client: BareClient) -> None:
    client.sandbox.order("prompt:trailing-issue")
    outcome = Outcome(client)

    assert len(outcome.texts) >= 2
    assert outcome.texts[-1] == "I encountered a temporary issue"
    assert totals(client) == (1, 1, 5)


def test_prompt_that_was_sent_again_is_counted_twice(client: BareClient) -> None:
    client.sandbox.order("prompt:cut after")
    Outcome(client)
    Outcome(client)

    assert totals(client) == (2, 2, 10)
    assert client.sandbox.ledger()["sessions"][client.session_id]["charges"] == 10


def test_edit_comes_later_by_itself(client: BareClient) -> None:
    client.sandbox.order("prompt:closes later=0.05")
    Outcome(client)
    wait_until(lambda: totals(client) == (1, 1, 5))

    assert length(client) == 2


def test_broken_streams_of_an_agent_server_have_its_own_form(tmp_path: Path, recording: Path) -> None:
    with bare_client(tmp_path, events="adk", silent="never", heartbeat_seconds=0.02) as client:
        client.upload(("talk.mp4", recording))
        client.sandbox.order(
            "prompt:heartbeats=2", "prompt:trailing-issue", "prompt:run-error", "prompt:cut=3"
        )
        beats, alarm, failed, cut = (Outcome(client, "play it at 2x") for _ in range(4))

    assert beats.blocks[:2] == [": heartbeat", "data:"]
    assert alarm.texts[-1] == "I encountered a temporary issue"
    assert "overloaded" in failed.events[-1]["error"]
    assert (len(cut.blocks), type(cut.error)) == (3, httpx.RemoteProtocolError)


def test_prompt_without_credits_is_refused_before_its_stream_breaks(tmp_path: Path) -> None:
    with bare_client(tmp_path, credits=1, faults=["prompt:cut after"]) as client:
        answer = client.http.post("/run_sse", json=client.prompt_body(EDIT))

    assert answer.json()["code"] == 2001
