"""What can go wrong, by name: each kind with the calls that it can strike.

Read by `faults.py`, which checks orders against it, and by the test that holds docs/sandbox.md to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

ANY = "any"
CALLS = (
    "token",
    "session",
    "claim",
    "upload",
    "prompt",
    "state",
    "credits",
    "render",
    "render-status",
    "cancel",
    "download",
    "cdn",
)

Place = Literal["refusal", "wire", "answer", "stream", "service"]


@dataclass(frozen=True)
class Kind:
    """A way to go wrong.

    Attributes:
        calls: where it can happen.
        place: who carries it out: an answer in words (`refusal`), the connection instead of an answer (`wire`)
            or during the true answer (`answer`), the prompt's stream (`stream`), or the service itself, which
            behaves differently (`service`).
        value: what may stand after `=`.
        meaning: what that value says.
    """

    calls: frozenset[str]
    place: Place
    value: Literal["number", "text"] | None = None
    meaning: str = ""


_EVERYWHERE = frozenset(CALLS)
_API = _EVERYWHERE - {"cdn"}
_GUARDED = _API - {"token"}
_FILES = frozenset({"download", "cdn"})
_SESSION = frozenset({"claim", "upload", "prompt", "state", "render"})
_PROMPT = frozenset({"prompt"})
_RENDER = frozenset({"render"})

_EVENTS = "how many events come first"
_LOOKS = "after how many looks at the render"


def _refusals(names: Iterable[str], calls: frozenset[str]) -> dict[str, Kind]:
    return {name: Kind(calls, "refusal") for name in names}


KINDS: dict[str, Kind] = {
    "1001": Kind(_GUARDED, "refusal"),
    "1002": Kind(_SESSION, "refusal"),
    **_refusals(("2001", "4001", "4002", "400", "402"), _API),
    "403": Kind(_EVERYWHERE, "refusal", "text", "the scope that is missing"),
    "404": Kind(_EVERYWHERE, "refusal"),
    "429": Kind(_EVERYWHERE, "refusal", "number", "seconds, sent as Retry-After"),
    **_refusals(("500", "502", "503", "504"), _EVERYWHERE),
    "reset": Kind(_EVERYWHERE, "wire"),
    "lost-answer": Kind(_API - _FILES, "wire"),
    "hang": Kind(_EVERYWHERE, "wire"),
    "wrong": Kind(_EVERYWHERE, "wire"),
    "malformed": Kind(_API, "wire"),
    "empty": Kind(_EVERYWHERE, "wire"),
    "slow": Kind(_EVERYWHERE, "answer", "number", "seconds that the answer takes"),
    "truncated": Kind(_EVERYWHERE, "answer", "number", "bytes of the body that arrive"),
    "forgotten": Kind(_SESSION, "service"),
    "cut": Kind(_PROMPT, "stream", "number", _EVENTS),
    "silence": Kind(_PROMPT, "stream", "number", _EVENTS),
    "heartbeats": Kind(_PROMPT, "stream", "number", "how many, before the answer goes on"),
    "closes": Kind(_PROMPT, "stream"),
    "drip": Kind(_PROMPT, "answer", "number", "seconds between two bytes"),
    "malformed-event": Kind(_PROMPT, "stream"),
    "huge": Kind(_PROMPT, "stream", "number", "its size in MB"),
    "run-error": Kind(_PROMPT, "stream", "text", "the error's message"),
    "trailing-issue": Kind(_PROMPT, "stream"),
    "question": Kind(_PROMPT, "service"),
    "screen-only": Kind(_PROMPT, "service"),
    "failed": Kind(_RENDER, "service", "text", "the render's message"),
    "stuck": Kind(_RENDER, "service", "number", "for how many looks at the render"),
    "vanished": Kind(_RENDER, "service", "number", _LOOKS),
}


def list_kinds_of(call: str) -> list[str]:
    """The names of the kinds that can strike a call; those of all calls for `any`."""
    return [name for name, kind in KINDS.items() if call == ANY or call in kind.calls]
