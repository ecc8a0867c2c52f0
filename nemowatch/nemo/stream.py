"""What the agent's stream means: one event's text in, `AgentEvent`s out, both event forms mixed.

See nemo-api.md §5. Pure: no I/O and no time. Used by `sse.py`, which brings the events. It never yields a text
twice: the pieces that ADK sends with `partial` are held until the event that repeats them whole.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from nemowatch.nemo.calls import Answer, as_code, clip, mend, parse_json
from nemowatch.nemo.errors import SERVICE_CODES, ApiError, PromptFailed, raise_for_answer, raise_unexpected
from nemowatch.nemo.events import AgentEvent, Heartbeat, TextEvent, ToolCall, ToolResult

if TYPE_CHECKING:
    from nemowatch.nemo.calls import Account, Call, JsonObject

MAX_HELD_CHARACTERS = 8_000_000

_TROUBLE = re.compile(
    r"(?:^|(?<=[.!?。！？\n]))[^.!?。！？\n]*\bI encountered a temporary issue\b", re.IGNORECASE
)


class EventReader:
    """Reads the events of one run in their order; `finish` gives what was held back.

    Args:
        call: names the call in messages.
        account: decides the hints of errors.
    """

    def __init__(self, call: Call, account: Account) -> None:
        self._call = call
        self._account = account
        self._pieces: dict[str, list[str]] = {}
        self._held_characters = 0
        self._trouble = ""
        self._has_answered = False
        self._has_begun = False

    def feed(self, data: str, *, is_error: bool = False) -> list[AgentEvent]:
        """Read one event's data; an empty list for what says nothing that anyone waits for.

        Args:
            data: the event's data lines, joined.
            is_error: the event is named `error`.

        Raises:
            UnexpectedAnswer: it is no JSON object.
            PromptFailed: the run failed.
            ApiError: it is an envelope that refuses (say, no credits); `run_had_begun` unless it came first.
        """
        try:
            return self._read(data, is_error=is_error)
        except ApiError as error:
            error.run_had_begun = self._has_begun
            raise
        finally:
            self._has_begun = True

    def _read(self, data: str, *, is_error: bool) -> list[AgentEvent]:
        if not data.strip() and not is_error:
            return [Heartbeat()]
        event = self._parse(data, is_error=is_error)
        self._raise_for_failure(event, data, is_error=is_error)
        if isinstance(event.get("type"), str):
            return self._read_flat(event)
        return self._read_adk(event)

    def finish(self) -> list[AgentEvent]:
        """What is left at the end: pieces never repeated whole, a complaint that was the only text."""
        events: list[AgentEvent] = []
        for author in list(self._pieces):
            events += self._say(self._take_pieces(author))
        if self._trouble and not self._has_answered:
            events.append(TextEvent(self._trouble))
        self._trouble = ""
        return events

    def _parse(self, data: str, *, is_error: bool) -> JsonObject:
        try:
            event = parse_json(data)
        except ValueError:
            if is_error:
                return {"error": data or "it gave no reason"}
            raise_unexpected(self._call, "an event is no JSON", data)
        if is_error and isinstance(event, str):
            return {"error": event}
        if not isinstance(event, dict):
            raise_unexpected(self._call, "an event is no JSON object", data)
        return event

    def _raise_for_failure(self, event: JsonObject, data: str, *, is_error: bool) -> None:
        if "type" not in event and "content" not in event:
            raise_for_answer(Answer(self._call, 200, data[:1000], event), self._account)
        words = _failure_of(event)
        if words is None and is_error:
            words = data
        if words is None:
            return
        code = _refusal_of(event)
        if code is not None:
            envelope = {"code": code, "message": words}
            raise_for_answer(Answer(self._call, 200, data[:1000], envelope), self._account)
        raise PromptFailed(
            f"The run of the prompt failed inside NemoVideo: {clip(words) or 'it gave no reason'}.",
            hint="Part of the edit may have been applied; look at the timeline before trying again.",
        )

    def _read_flat(self, event: JsonObject) -> list[AgentEvent]:
        kind = event["type"]
        if kind == "heartbeat":
            return [Heartbeat()]
        if kind == "text":
            content = event.get("content")
            return self._say(content if isinstance(content, str) else "")
        if kind == "tool_call":
            return [_tool_call(event, "args")]
        if kind == "tool_result":
            return [self._tool_result(event, "result")]
        return []

    def _read_adk(self, event: JsonObject) -> list[AgentEvent]:
        parts = _parts_of(event)
        text = "".join(
            part["text"] for part in parts if isinstance(part.get("text"), str) and not part.get("thought")
        )
        author = str(event.get("author"))[:200]
        if event.get("partial") is True:
            self._hold(author, text)
            return []
        events = self._say_whole(author, text) if text else []
        for part in parts:
            call, result = _first_object(part, "functionCall"), _first_object(part, "functionResponse")
            if call is not None:
                events.append(_tool_call(call, "args"))
            if result is not None:
                events.append(self._tool_result(result, "response"))
        return events

    def _hold(self, author: str, text: str) -> None:
        if not text:
            return
        self._held_characters += len(text)
        if self._held_characters > MAX_HELD_CHARACTERS:
            raise_unexpected(self._call, "the agent's text has no end", text)
        self._pieces.setdefault(author, []).append(text)

    def _take_pieces(self, author: str) -> str:
        text = "".join(self._pieces.pop(author, ()))
        self._held_characters -= len(text)
        return text

    def _say_whole(self, author: str, text: str) -> list[AgentEvent]:
        """A text that repeats the pieces before it; pieces of another text, never repeated, go before it."""
        pieces = self._take_pieces(author)
        if pieces.strip() in text:
            return self._say(text)
        return [*self._say(pieces), *self._say(text)]

    def _say(self, text: str) -> list[AgentEvent]:
        """A text; a complaint about a temporary issue is held: after an answer, at the end, it means nothing."""
        text = mend(text)
        if not text.strip():
            return []
        events: list[AgentEvent] = [TextEvent(self._trouble)] if self._trouble else []
        self._trouble = ""
        # Only the last line is looked at, and once: a text may have megabytes.
        end = len(text.rstrip())
        found = _TROUBLE.search(text, text.rfind("\n", 0, end) + 1, end)
        if found is not None:
            self._trouble = text[found.start() :].strip()
            text = text[: found.start()].rstrip()
        if text.strip():
            events.append(TextEvent(text))
        self._has_answered = self._has_answered or bool(events)
        return events

    def _tool_result(self, fields: JsonObject, key: str) -> ToolResult:
        self._has_answered = True
        return ToolResult(_name_of(fields), fields.get(key))


def _failure_of(event: JsonObject) -> str | None:
    """The words of an event that says that the run failed; None for any other event."""
    if event.get("type") == "error":
        told: Any = next((event[key] for key in ("message", "error", "content") if event.get(key)), "")
    elif event.get("error"):
        told = event["error"]
    elif event.get("errorCode") or event.get("error_code"):
        code = event.get("errorCode") or event.get("error_code")
        told = f"{code} {event.get('errorMessage') or event.get('error_message') or ''}"
    else:
        return None
    if isinstance(told, dict):
        told = told.get("message") or told
    return str(told)


def _refusal_of(event: JsonObject) -> int | None:
    """The service's code in an event that tells of a failure; None where the run itself failed.

    An HTTP status counts as the service's own only at the top: deeper it may be that of a model or a tool
    that the run has called.
    """
    code = as_code(event.get("code"))
    if code in SERVICE_CODES or 400 <= (code or 0) < 500:
        return code
    error = event.get("error")
    deeper = (
        event.get("errorCode"),
        event.get("error_code"),
        error.get("code") if isinstance(error, dict) else None,
    )
    return next((code for code in map(as_code, deeper) if code in SERVICE_CODES), None)


def _parts_of(event: JsonObject) -> list[JsonObject]:
    content = event.get("content")
    parts = content.get("parts") if isinstance(content, dict) else None
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def _first_object(part: JsonObject, key: str) -> JsonObject | None:
    """A part's field under its JSON name or its Python one; deployments send either."""
    snake = re.sub(r"[A-Z]", lambda letter: "_" + letter[0].lower(), key)
    value = part.get(key, part.get(snake))
    return value if isinstance(value, dict) else None


def _tool_call(fields: JsonObject, key: str) -> ToolCall:
    args = fields.get(key)
    return ToolCall(_name_of(fields), args if isinstance(args, dict) else {})


def _name_of(fields: JsonObject) -> str:
    name = fields.get("name")
    return name if isinstance(name, str) else ""
