"""The agent that asks, and the agent that only talks of the screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bare_client import BareClient, bare_client, call_on
from helpers import make_video

from nemowatch.sandbox.server import Sandbox

EDIT = "remove the first 1 seconds"


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("recording") / "talk.mp4", seconds=3)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("service"), silent="never") as sandbox:
        yield sandbox


@pytest.fixture
def client(service: Sandbox, recording: Path) -> Iterator[BareClient]:
    service.clear_faults()
    with call_on(service) as client:
        client.upload(("talk.mp4", recording))
        yield client


def words(events: list[dict[str, Any]]) -> str:
    return " ".join(event["content"] for event in events if event.get("type") == "text")


def length(client: BareClient) -> int:
    return round(float(client.read_draft()["d"]) / 1000)


@pytest.mark.parametrize("answer", ["go on with your best judgement", "the beginning", "都可以", EDIT])
def test_question_changes_nothing_and_any_answer_sets_the_first_prompt_going(
    client: BareClient, answer: str
) -> None:
    client.sandbox.order("prompt:question")
    asked = client.send_prompt(EDIT)
    between = (length(client), client.read_credits()["total"])
    done = client.send_prompt(answer)

    assert words(asked) == "Which part should I use: the beginning or the end?"
    assert between == (3, 100)
    assert "Cut the video from 3.0 s to 2.0 s" in words(done)
    assert (length(client), client.read_credits()["total"]) == (2, 95)
    assert [entry["outcome"] for entry in client.entries("prompts")] == ["asked", "changed"]
    assert [entry["carries_out"] for entry in client.entries("prompts")] == ["", EDIT]


def test_edit_of_an_answer_counts_for_the_prompt_that_it_carries_out(client: BareClient) -> None:
    client.sandbox.order("prompt:question")
    client.send_prompt(EDIT)
    client.send_prompt("the end")
    totals = client.sandbox.ledger()["prompt_totals"]
    mine = [entry for entry in totals if entry["session_id"] == client.session_id]

    assert [(entry["text"], entry["received"], entry["applied"], entry["charged"]) for entry in mine] == [
        (EDIT, 1, 1, 5),
        ("the end", 1, 0, 0),
    ]


def test_question_is_asked_in_the_prompts_language(client: BareClient) -> None:
    client.sandbox.order("prompt:question")
    asked = client.send_prompt("剪掉前1秒")
    client.send_prompt("开头")

    assert "开头还是结尾?" in words(asked)
    assert length(client) == 2


def test_question_can_be_asked_again(client: BareClient) -> None:
    client.sandbox.order("prompt:question x2")
    for text in (EDIT, "what?", "the beginning"):
        client.send_prompt(text)

    assert [entry["outcome"] for entry in client.entries("prompts")] == ["asked", "asked", "changed"]
    assert client.read_credits()["total"] == 95


def test_answer_that_can_not_be_paid_leaves_the_question_open(client: BareClient) -> None:
    client.sandbox.order("prompt:question")
    client.send_prompt(EDIT)
    client.sandbox.set_credits(0)
    refused = client.http.post("/run_sse", json=client.prompt_body("the beginning")).json()
    client.sandbox.set_credits(100)
    client.send_prompt("the beginning")

    assert refused["code"] == 2001
    assert length(client) == 2


def test_agent_that_always_asks_is_content_with_one_answer(tmp_path: Path, recording: Path) -> None:
    with bare_client(tmp_path, questions="always", silent="never") as client:
        client.upload(("talk.mp4", recording))
        for text in (EDIT, "go on", "play it at 2x", "go on"):
            client.send_prompt(text)
        nothing = client.send_prompt("make it pop")

        assert [entry["charge"] for entry in client.entries("prompts")] == [0, 5, 0, 5, 0]
        assert "could not find an edit" in words(nothing)


@pytest.mark.parametrize(
    ("prompt", "talk", "instruction"),
    [
        (EDIT, "Drag clip 1", "Drag clip 1 to the start of the timeline"),
        (EDIT, "Drag clip 1", "Please move the clip to the start of the timeline."),
        ("剪掉前1秒", "拖拽到时间线的开头", "将片段移到时间线开头"),
    ],
)
def test_screen_talk_does_nothing_until_its_instruction_comes_as_a_prompt(
    client: BareClient, prompt: str, talk: str, instruction: str
) -> None:
    client.sandbox.order("prompt:screen-only")
    told = client.send_prompt(prompt)
    client.send_prompt("make it pop")
    between = (length(client), client.read_credits()["total"])
    client.send_prompt(instruction)

    assert talk in words(told)
    assert between == (3, 100)
    assert (length(client), client.read_credits()["total"]) == (2, 95)
