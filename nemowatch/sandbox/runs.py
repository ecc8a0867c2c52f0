"""`POST /run_sse`: a prompt in, the agent's events out as they happen.

Called by `app.py`. The body is the agent server's, all in snake case; a camel-case one is refused as it is there.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict

from starlette.responses import StreamingResponse

from nemowatch.sandbox.answers import SESSION_NOT_FOUND, NotFoundInAdk, Refusal
from nemowatch.sandbox.breaking import strike_of
from nemowatch.sandbox.broken_streams import BrokenStream
from nemowatch.sandbox.events import choose_writer

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request

    from nemowatch.sandbox.accounts import Account
    from nemowatch.sandbox.agent import Agent, Run
    from nemowatch.sandbox.conversation import Evasion
    from nemowatch.sandbox.events import EventWriter
    from nemowatch.sandbox.fault_book import Strike
    from nemowatch.sandbox.options import SandboxOptions
    from nemowatch.sandbox.sessions import Session, Sessions

APP_NAME = "nemo_agent"
ME = "me"


class RunDesk:
    """Takes prompts in and streams what becomes of them.

    Args:
        sessions: every session of the service.
        agent: does the work.
        options: the form of the events, and their pace.
        closing: set when the service stops.
    """

    def __init__(
        self, sessions: Sessions, agent: Agent, options: SandboxOptions, closing: asyncio.Event
    ) -> None:
        self._sessions = sessions
        self._agent = agent
        self._options = options
        self._closing = closing

    def start(self, body: Any, account: Account, request: Request) -> StreamingResponse:
        """Begin a run and stream it, well or as the fault that strikes the request wants it.

        Raises:
            Refusal: 422 for a body of another shape, 2001 without the credits.
            NotFoundInAdk: another app, user or session than this account's.
        """
        text = _read_text(body)
        if body["app_name"] != APP_NAME or body["user_id"] != ME:
            raise NotFoundInAdk(f"App or user not found: {body['app_name']}/{body['user_id']}")
        strike = strike_of(request)
        if strike is not None and strike.fault.kind == "forgotten":
            self._sessions.forget(str(body["session_id"]))
        session = _find_session(body["session_id"], account, self._sessions)
        begin = partial(self._agent.start, session, account, text, **_read_manner(strike))
        stream = (
            self._stream(begin(), self._writer()) if strike is None else self._break(strike, begin, request)
        )
        return StreamingResponse(
            stream, media_type="text/event-stream", headers={"Cache-Control": "no-cache"}
        )

    def _break(self, strike: Strike, begin: Callable[[], Run], request: Request) -> AsyncIterator[str]:
        if strike.fault.traits.place != "stream":
            return self._stream(begin(), self._writer())
        broken = BrokenStream(
            strike,
            begin,
            self._writer(),
            scope=request.scope,
            heartbeat_seconds=self._options.heartbeat_seconds,
            closing=self._closing,
        )
        return broken.play()

    def _writer(self) -> EventWriter:
        return choose_writer(self._options.events)

    async def _stream(self, run: Run, writer: EventWriter) -> AsyncIterator[str]:
        async for event in run.follow(self._options.heartbeat_seconds):
            yield writer.write(event)


class _Manner(TypedDict, total=False):
    """How the agent is to take a prompt; see `Agent.start`."""

    hold: Callable[[], Awaitable[None]]
    evasion: Evasion


def _read_manner(strike: Strike | None) -> _Manner:
    if strike is None:
        return {}
    manner: _Manner = {"hold": strike.hold} if strike.fault.moment == "later" else {}
    if strike.fault.kind == "question":
        manner["evasion"] = "question"
    elif strike.fault.kind == "screen-only":
        manner["evasion"] = "screen-only"
    return manner


def read_prompt(body: Any) -> tuple[str, str]:
    """A prompt's session and text, as far as they can be read; for counting what arrives."""
    try:
        return str(body["session_id"]), _read_text(body)
    except (Refusal, TypeError, KeyError):
        return "", ""


def _find_session(session_id: Any, account: Account, sessions: Sessions) -> Session:
    try:
        return sessions.find(session_id, account.user_id)
    except Refusal as refusal:
        raise NotFoundInAdk(f"Session not found: {session_id}", code=SESSION_NOT_FOUND) from refusal


def _read_text(body: Any) -> str:
    names = ("app_name", "user_id", "session_id", "new_message")
    missing = [name for name in names if not isinstance(body, dict) or name not in body]
    if missing:
        raise Refusal(422, f"field required: {missing[0]}")
    parts = body["new_message"].get("parts") if isinstance(body["new_message"], dict) else None
    texts = [part.get("text") for part in parts or [] if isinstance(part, dict)]
    text = "\n".join(text for text in texts if isinstance(text, str)).strip()
    if not text:
        raise Refusal(422, "new_message.parts needs a text")
    return text
