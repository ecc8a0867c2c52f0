"""`POST /run_sse`: a prompt in, the agent's events out as they happen.

Called by `app.py`. The body is the agent server's, all in snake case; a camel-case one is refused as it is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import StreamingResponse

from nemowatch.sandbox.answers import NotFoundInAdk, Refusal
from nemowatch.sandbox.events import choose_writer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from nemowatch.sandbox.accounts import Account
    from nemowatch.sandbox.agent import Agent, Run
    from nemowatch.sandbox.options import SandboxOptions
    from nemowatch.sandbox.sessions import Session, Sessions

APP_NAME = "nemo_agent"
ME = "me"


def start_run(
    body: Any, account: Account, sessions: Sessions, agent: Agent, options: SandboxOptions
) -> StreamingResponse:
    """Begin a run and stream it.

    Raises:
        Refusal: 422 for a body of another shape, 2001 without the credits.
        NotFoundInAdk: another app, user or session than this account's.
    """
    text = _read_text(body)
    if body["app_name"] != APP_NAME or body["user_id"] != ME:
        raise NotFoundInAdk(f"App or user not found: {body['app_name']}/{body['user_id']}")
    session = _find_session(body["session_id"], account, sessions)
    run = agent.start(session, account, text)
    return StreamingResponse(
        _stream(run, options), media_type="text/event-stream", headers={"Cache-Control": "no-cache"}
    )


async def _stream(run: Run, options: SandboxOptions) -> AsyncIterator[str]:
    writer = choose_writer(options.events)
    async for event in run.follow(options.heartbeat_seconds):
        yield writer.write(event)


def _find_session(session_id: Any, account: Account, sessions: Sessions) -> Session:
    try:
        return sessions.find(session_id, account.user_id)
    except Refusal as refusal:
        raise NotFoundInAdk(f"Session not found: {session_id}") from refusal


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
