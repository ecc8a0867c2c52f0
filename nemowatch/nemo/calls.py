"""The calls of the API in one table, and what an answer to one of them is.

Used by the transport, the token source and the errors. Sends nothing itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import quote

from nemowatch.logs import redact

JsonObject: TypeAlias = dict[str, Any]
"""A parsed JSON object, exactly as the service sent it."""

_CLIP = 300
_DEEPEST = 200
_GREATEST_CODE = 10**9
_CONTAINERS = (dict, list)


@dataclass(frozen=True)
class Call:
    """One endpoint.

    Attributes:
        method: HTTP method.
        path: with `{name}` places, filled by `path_for`.
        doing: what the call does, in words that fit after "while".
        scope: the token scope that it needs (nemo-api.md §2).
        names_session: it is about a session, so that "not found" may mean the session.
    """

    method: str
    path: str
    doing: str
    scope: str
    names_session: bool = False

    def path_for(self, **names: str) -> str:
        """The path with its places filled; values are quoted, so that none can leave its place."""
        return self.path.format(**{name: quote(value, safe="") for name, value in names.items()})


_RENDER = "/api/render/proxy/lambda"

ANONYMOUS_TOKEN = Call("POST", "/api/auth/anonymous-token", "asking for an anonymous token", "")
CLAIM_TOKEN = Call("POST", "/api/auth/claim-token", "asking for the project link", "read")
CREATE_SESSION = Call("POST", "/api/tasks/me/with-session/nemo_agent", "creating a session", "write")
UPLOAD = Call(
    "POST", "/api/upload-video/nemo_agent/me/{session_id}", "uploading", "upload", names_session=True
)
PROMPT = Call("POST", "/run_sse", "sending the prompt", "write", names_session=True)
STATE = Call(
    "GET", "/api/state/nemo_agent/me/{session_id}/latest", "reading the state", "read", names_session=True
)
CREDITS = Call("GET", "/api/credits/balance/simple", "reading the credits", "read")
START_RENDER = Call("POST", _RENDER, "starting the export", "render")
READ_RENDER = Call("GET", _RENDER + "/{render_id}", "looking at the export", "render")
CANCEL_RENDER = Call("POST", _RENDER + "/{render_id}/cancel", "cancelling the export", "render")
DOWNLOAD_RENDER = Call("GET", "/api/render/proxy/{render_id}/download", "downloading the export", "render")


@dataclass(frozen=True)
class Account:
    """Whose calls they are: it decides which hint helps.

    Attributes:
        web_url: where a person registers, without a slash at the end.
        user_id: the anonymous account's id, where it is known.
        is_anonymous: False for a token that the user has set.
    """

    web_url: str
    user_id: str | None
    is_anonymous: bool


@dataclass(frozen=True)
class Answer:
    """A whole HTTP answer.

    Attributes:
        call: what was asked.
        status: HTTP status.
        body: the text as it came.
        parsed: the body as JSON, or None where it is none (JSON's own `null` counts as none).
        retry_after_seconds: from the `Retry-After` header.
    """

    call: Call
    status: int
    body: str
    parsed: object = None
    retry_after_seconds: float | None = None

    @property
    def envelope(self) -> JsonObject:
        """The JSON object of the body; empty where the body is something else."""
        return self.parsed if isinstance(self.parsed, dict) else {}

    @property
    def code(self) -> int | None:
        """The envelope's `code` as a number; None where there is none."""
        return as_code(self.envelope.get("code"))

    @property
    def words(self) -> str:
        """What the service says about it, cleaned and clipped; empty where it says nothing."""
        for key in ("message", "msg", "error", "detail", "error_message", "errorMessage"):
            said = _as_words(self.envelope.get(key))
            if said:
                return clip(said)
        return clip(self.body) if not self.envelope else ""

    @property
    def is_success(self) -> bool:
        """HTTP says yes, and the envelope does not say no."""
        refused = self.envelope.get("success") is False
        return 200 <= self.status < 300 and self.code in (None, 0, 200) and not refused


def parse_json(text: str) -> object:
    """Read JSON that a stranger wrote; None for `null`.

    Raises:
        ValueError: it is no JSON, nests too deep, or holds a number that nobody could mean.
    """
    try:
        parsed = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if text.count("[") + text.count("{") > _DEEPEST:
        _check_depth(parsed)
    return parsed


def _check_depth(parsed: Any) -> None:
    """What was read must also be shown, compared and sent back, with less of the stack left than here."""
    level = [parsed] if isinstance(parsed, _CONTAINERS) else []
    for _ in range(_DEEPEST):
        if not level:
            return
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, _CONTAINERS)
        ]
    raise ValueError("nested too deep")


def clip(text: str) -> str:
    """One line of at most 300 characters with no secret in it, fit for a message."""
    # Cut before cleaning: a body may be megabytes. The margin keeps a token that straddles the cut whole.
    line = " ".join(redact(text[: 20 * _CLIP]).split())
    printable = "".join(character if character.isprintable() else "?" for character in line)
    return printable if len(printable) <= _CLIP else printable[: _CLIP - 1] + "…"


def mend(text: str) -> str:
    """A text that can be written anywhere: JSON may cut a character into two halves, or hold one half alone."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def as_code(value: object) -> int | None:
    """A code as a number, also where it came as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        code = int(value)
    except ValueError:
        return None
    # One that is longer than any code still refuses, and must fit into a message.
    return max(-_GREATEST_CODE, min(code, _GREATEST_CODE))


def _as_words(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return next(
            (value[key] for key in ("message", "msg", "detail") if isinstance(value.get(key), str)), ""
        )
    return "" if value is None else clip(str(value))
