"""What the agent does while it works on a prompt (nemo-api.md §5).

Made by `stream.py`, read by the job runner.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from nemowatch.nemo.calls import JsonObject


@dataclass(frozen=True)
class TextEvent:
    """The agent says something; the text still assumes a screen (see `screen_talk.translate`)."""

    text: str


@dataclass(frozen=True)
class ToolCall:
    """The agent calls a tool of its own. Internal: never shown as text."""

    name: str
    args: JsonObject


@dataclass(frozen=True)
class ToolResult:
    """What a tool of the agent's answered. Internal: never shown as text."""

    name: str
    result: Any


@dataclass(frozen=True)
class Heartbeat:
    """The service is still there, and has nothing to say."""


AgentEvent: TypeAlias = TextEvent | ToolCall | ToolResult | Heartbeat
