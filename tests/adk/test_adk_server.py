"""The prompt call against Google's own ADK API server, whose `/run_sse` the service exposes (nemo-api.md §5)."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from adk_peer import AdkServer, ClientOf, StartAdk, as_skill

from nemowatch.nemo.client import NemoApi
from nemowatch.nemo.errors import PromptFailed, SessionNotFound, StreamCut
from nemowatch.nemo.events import AgentEvent, TextEvent, ToolCall, ToolResult
from nemowatch.nemo.state import SessionState
from nemowatch.nemo.timeline import Timeline

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.xdist_group("adk")]

WHOLE = "I cut 漢字 in three. Done."


@pytest.fixture
def session(adk: AdkServer) -> str:
    return adk.create_session(f"s-{uuid4()}")


async def prompt(
    api: NemoApi, session: str, text: str, then: Callable[[AgentEvent], None] = lambda _: None
) -> list[AgentEvent]:
    """All events of a run; `then` is called with each when it comes."""
    events: list[AgentEvent] = []
    async for event in api.send_prompt(session, text):
        events.append(event)
        then(event)
    return events


async def prompt_until_it_fails(api: NemoApi, session: str, text: str) -> tuple[list[AgentEvent], str]:
    """The events before the failure, and its words."""
    events: list[AgentEvent] = []
    with pytest.raises(PromptFailed) as caught:
        await prompt(api, session, text, events.append)
    return events, str(caught.value)


async def test_text_that_comes_in_pieces_and_then_whole_counts_once(api: NemoApi, session: str) -> None:
    assert await prompt(api, session, "pieces") == [TextEvent(WHOLE)]


async def test_text_that_comes_in_pieces_alone_is_joined(api: NemoApi, session: str) -> None:
    assert await prompt(api, session, "pieces never whole") == [TextEvent(WHOLE)]


async def test_tool_calls_and_results_are_read_beside_the_texts(api: NemoApi, session: str) -> None:
    assert await prompt(api, session, "tools") == [
        TextEvent("Cutting now."),
        ToolCall("cut", {"at": 2.5}),
        ToolResult("cut", {"ok": True}),
        TextEvent("Cut."),
    ]


async def test_thoughts_are_not_shown(api: NemoApi, session: str) -> None:
    assert await prompt(api, session, "thought") == [TextEvent("Answer.")]


async def test_run_that_says_nothing_is_no_error(api: NemoApi, session: str) -> None:
    assert await prompt(api, session, "nothing") == []


@pytest.mark.parametrize("script", ["raises", "refuses"])
async def test_run_that_fails_midway_tells_what_came_before_and_why(
    api: NemoApi, session: str, script: str
) -> None:
    events, words = await prompt_until_it_fails(api, session, script)
    assert events == [TextEvent("I begin.")]
    assert "the model has no quota" in words


async def test_run_that_is_stopped_within_a_text_has_failed(api: NemoApi, session: str) -> None:
    events, words = await prompt_until_it_fails(api, session, "stopped in a text")
    assert events == []
    assert "MAX_TOKENS too long" in words


async def test_session_goes_on_after_a_failed_run(api: NemoApi, session: str) -> None:
    await prompt_until_it_fails(api, session, "raises")
    assert await prompt(api, session, "pieces") == [TextEvent(WHOLE)]


async def test_unknown_session_is_told_as_such(api: NemoApi) -> None:
    with pytest.raises(SessionNotFound):
        await prompt(api, "nowhere", "pieces")


async def test_session_that_was_deleted_is_told_as_such(adk: AdkServer, api: NemoApi, session: str) -> None:
    adk.delete_session(session)
    with pytest.raises(SessionNotFound):
        await prompt(api, session, "pieces")


async def test_state_that_a_run_changes_has_another_fingerprint(
    adk: AdkServer, api: NemoApi, session: str
) -> None:
    def read() -> SessionState:
        return SessionState.from_json(adk.read_session(session)["state"])

    before = read()
    await prompt(api, session, "pieces")
    assert read().fingerprint() == before.fingerprint()
    assert await prompt(api, session, "state") == []
    after = read()
    assert after.fingerprint() != before.fingerprint()
    assert Timeline.from_draft(after.draft).describe() == "Timeline (1 track): 1. Video: city (0-2s)"


async def test_server_that_dies_in_mid_run_is_a_cut_stream(start_adk: StartAdk, client_of: ClientOf) -> None:
    events: list[AgentEvent] = []
    with start_adk() as server:

        def kill(event: AgentEvent) -> None:
            events.append(event)
            server.process.kill()

        session = server.create_session("s1")
        async with client_of(server) as client:
            with pytest.raises(StreamCut):
                await prompt(as_skill(client), session, "never ends", kill)
    assert events == [TextEvent("I begin.")]
