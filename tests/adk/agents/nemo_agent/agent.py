"""An agent that needs no model: a prompt names a script, and the script's events come in their order.

Loaded by `adk api_server`, in an environment of its own that has google-adk; no test imports it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from google.adk.agents import BaseAgent
from google.adk.agents.invocation_context import InvocationContext
from google.adk.events import Event, EventActions
from google.genai.types import Content, FunctionCall, FunctionResponse, Part

FOREVER = asyncio.Event()
WHOLE = "I cut 漢字 in three. Done."


class ScriptedAgent(BaseAgent):
    """Plays the script that the prompt names."""

    async def _run_async_impl(self, ctx: InvocationContext) -> AsyncGenerator[Event, None]:
        prompt = ctx.user_content or Content()
        words = "".join(part.text or "" for part in prompt.parts or ())
        for step in SCRIPTS[words]:
            if isinstance(step, asyncio.Event):
                await step.wait()
            elif isinstance(step, Exception):
                raise step
            else:
                yield step.model_copy(update={"invocation_id": ctx.invocation_id})


def say(*parts: Part, **fields: Any) -> Event:
    content = Content(role="model", parts=list(parts)) if parts else None
    return Event(author="nemo_agent", content=content, **fields)


def text(words: str, **fields: Any) -> Event:
    return say(Part(text=words), **fields)


PIECES: list[Event | Exception | asyncio.Event] = [
    text(WHOLE[start : start + 9], partial=True) for start in range(0, len(WHOLE), 9)
]
DRAFT = {"t": [{"tt": 0, "sg": [{"d": 2000, "m": {"name": "city"}}]}]}
SCRIPTS: dict[str, list[Event | Exception | asyncio.Event]] = {
    "pieces": [*PIECES, text(WHOLE)],
    "pieces never whole": PIECES,
    "tools": [
        say(
            Part(text="Cutting now."), Part(function_call=FunctionCall(id="1", name="cut", args={"at": 2.5}))
        ),
        say(Part(function_response=FunctionResponse(id="1", name="cut", response={"ok": True}))),
        text("Cut."),
    ],
    "thought": [say(Part(text="hmm", thought=True), Part(text="Answer."))],
    "nothing": [],
    "state": [say(actions=EventActions(state_delta={"draft": DRAFT}))],
    "raises": [text("I begin."), RuntimeError("the model has no quota")],
    "refuses": [text("I begin."), say(error_code="429", error_message="the model has no quota")],
    "never ends": [text("I begin."), FOREVER],
    "stopped in a text": [text("Half an ans", error_code="MAX_TOKENS", error_message="too long")],
}

root_agent = ScriptedAgent(name="nemo_agent")
