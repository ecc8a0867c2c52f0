"""What the agent says while it works, and the two forms in which the stream carries it.

The agent makes the events, `runs.py` streams them. `flat` is the service's own form, `adk` the one of a Google ADK
agent server (as seen on a real one): pieces marked `partial`, then the whole text again.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from nemowatch.sandbox.answers import JsonObject
    from nemowatch.sandbox.options import EventsForm

_PIECE = re.compile(r".{1,24}(?:\s|$)|.{1,24}", re.DOTALL)


@dataclass(frozen=True)
class Said:
    """A text for the person."""

    text: str


@dataclass(frozen=True)
class ToolCalled:
    """The agent begins one edit."""

    call_id: str
    name: str
    args: JsonObject


@dataclass(frozen=True)
class ToolAnswered:
    """The edit is made."""

    call_id: str
    name: str
    result: JsonObject


@dataclass(frozen=True)
class RunBroke:
    """The run failed; nothing follows."""

    message: str


@dataclass(frozen=True)
class StillWorking:
    """A sign of life."""


AgentEvent = Said | ToolCalled | ToolAnswered | RunBroke | StillWorking


class EventWriter(Protocol):
    """Turns events into the text of an event stream."""

    def write(self, event: AgentEvent) -> str:
        """The stream's text for one event: one or more blocks, each ended by an empty line."""
        ...


def choose_writer(form: EventsForm) -> EventWriter:
    """A writer for one run."""
    return AdkWriter() if form == "adk" else FlatWriter()


class FlatWriter:
    """`{"type": "text", "content": …}` and its kin."""

    def write(self, event: AgentEvent) -> str:
        """One `data:` line."""
        return _data(self._describe(event))

    def _describe(self, event: AgentEvent) -> JsonObject:
        match event:
            case Said(text):
                return {"type": "text", "content": text}
            case ToolCalled(_, name, args):
                return {"type": "tool_call", "name": name, "args": args}
            case ToolAnswered(_, name, result):
                return {"type": "tool_result", "name": name, "result": result}
            case RunBroke(message):
                return _describe_failure(message)
            case StillWorking():
                return {"type": "heartbeat"}


class AdkWriter:
    """Events of an agent server; it has no heartbeat of its own, so comments and empty data lines come by turns."""

    def __init__(self) -> None:
        self._invocation = f"e-{secrets.token_hex(16)}"
        self._beats = 0

    def write(self, event: AgentEvent) -> str:
        """One or more `data:` lines."""
        match event:
            case Said(text):
                return self._write_text(text)
            case ToolCalled(call_id, name, args):
                part = {"functionCall": {"id": call_id, "name": name, "args": args}}
                return _data(self._describe(part, "model") | {"longRunningToolIds": []})
            case ToolAnswered(call_id, name, result):
                part = {"functionResponse": {"id": call_id, "name": name, "response": result}}
                return _data(self._describe(part, "user"))
            case RunBroke(message):
                return _data(_describe_failure(message))
            case StillWorking():
                self._beats += 1
                return ": heartbeat\n\n" if self._beats % 2 else "data:\n\n"

    def _write_text(self, text: str) -> str:
        pieces = _PIECE.findall(text)
        partial = [_data(self._describe({"text": piece}, "model") | {"partial": True}) for piece in pieces]
        return "".join(partial) + _data(self._describe({"text": text}, "model"))

    def _describe(self, part: JsonObject, role: str) -> JsonObject:
        return {
            "content": {"parts": [part], "role": role},
            "invocationId": self._invocation,
            "author": "nemo_agent",
            "actions": {"stateDelta": {}, "artifactDelta": {}, "requestedAuthConfigs": {}},
            "id": secrets.token_hex(18),
            "timestamp": time.time(),
        }


def _describe_failure(message: str) -> JsonObject:
    return {"error": message, "error_details": {"type": "ToolError", "message": message}}


def _data(body: JsonObject) -> str:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"
