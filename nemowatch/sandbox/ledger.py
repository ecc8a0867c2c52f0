"""What the service did for whom: every side effect counted once, for tests in other processes to look at.

Written by the parts of the service as they act, read at `GET /_sandbox/ledger` and by `Sandbox.ledger()`. It
decides nothing. Its one lock is because renders end in a worker thread.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from nemowatch.sandbox.answers import JsonObject

_CALLS_KEPT = 50_000  # the only list that grows while nothing but polling happens

Outcome = Literal["running", "changed", "unchanged", "failed", "asked"]


@dataclass(frozen=True)
class UploadEntry:
    """One file that arrived whole."""

    session_id: str
    filename: str
    bytes: int
    sha256: str


@dataclass
class PromptEntry:
    """One prompt that was accepted; `charge` is in credits, 0 when nothing came of it.

    `carries_out` is the earlier prompt that this message, an answer to the agent, set going; else empty.
    """

    session_id: str
    text: str
    charge: int
    outcome: Outcome = "running"
    carries_out: str = ""


@dataclass
class RenderEntry:
    """One export that was accepted."""

    session_id: str
    id: str
    status: str = "pending"


@dataclass(frozen=True)
class CallEntry:
    """One API call and who it said it came from; a missing header is an empty text.

    `fault` is what struck it, in text form; empty for a call that went well.
    """

    method: str
    path: str
    status: int
    source: str
    version: str
    platform: str
    fault: str = ""


class Ledger:
    """Counts and lists; every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._totals: Counter[str] = Counter()
        self._sessions: dict[str, JsonObject] = {}
        self._uploads: list[UploadEntry] = []
        self._prompts: list[PromptEntry] = []
        self._renders: list[RenderEntry] = []
        self._arrivals: Counter[tuple[str, str]] = Counter()
        self._strikes: Counter[tuple[str, str]] = Counter()
        self._calls: deque[CallEntry] = deque(maxlen=_CALLS_KEPT)
        self._leaks: list[JsonObject] = []

    def record_token(self) -> None:
        """Count an anonymous token."""
        with self._lock:
            self._totals["tokens"] += 1

    def record_session(self, session_id: str, task_name: str, language: str) -> None:
        """Open a session's page."""
        with self._lock:
            self._sessions[session_id] = {"task_name": task_name, "language": language}

    def record_upload(self, entry: UploadEntry) -> None:
        """Count a file that arrived whole."""
        with self._lock:
            self._uploads.append(entry)

    def record_arrival(self, session_id: str, text: str) -> None:
        """Count a prompt that reached the service, whatever becomes of it."""
        with self._lock:
            self._arrivals[session_id, text] += 1

    def record_strike(self, call: str, fault: str) -> None:
        """Count a call that was struck by a fault; `fault` in its text form."""
        with self._lock:
            self._strikes[call, fault] += 1

    def record_prompt(self, entry: PromptEntry) -> None:
        """Count a prompt when it is accepted, before anything comes of it."""
        with self._lock:
            self._prompts.append(entry)

    def close_prompt(self, entry: PromptEntry, outcome: Outcome, charge: int) -> None:
        """Say what became of a prompt, and what it cost in the end."""
        with self._lock:
            entry.outcome, entry.charge = outcome, charge

    def record_render(self, entry: RenderEntry) -> None:
        """Count an export when it is accepted."""
        with self._lock:
            self._renders.append(entry)

    def close_render(self, entry: RenderEntry, status: str) -> None:
        """Say how an export ended."""
        with self._lock:
            entry.status = status

    def record_download(self) -> None:
        """Count a request for a delivered file."""
        with self._lock:
            self._totals["downloads"] += 1

    def record_leak(self, path: str) -> None:
        """Note that a token was sent to a download address, where it has no business."""
        with self._lock:
            self._leaks.append({"path": path})

    def record_call(self, entry: CallEntry) -> None:
        """Note an API call with its attribution."""
        with self._lock:
            self._calls.append(entry)

    def calls(self) -> list[JsonObject]:
        """Every API call so far, oldest first."""
        with self._lock:
            return [asdict(call) for call in self._calls]

    def count_calls(self) -> int:
        """How many API calls there were so far."""
        with self._lock:
            return len(self._calls)

    def snapshot(self) -> JsonObject:
        """The whole ledger as JSON; shape: docs/sandbox.md, "The ledger"."""
        with self._lock:
            return {
                "totals": self._sum_up(),
                "sessions": self._pages(),
                "uploads": [asdict(entry) for entry in self._uploads],
                "prompts": [asdict(entry) for entry in self._prompts],
                "prompt_totals": self._sum_up_prompts(),
                "renders": [asdict(entry) for entry in self._renders],
                "faults": [
                    {"call": call, "fault": fault, "struck": struck}
                    for (call, fault), struck in self._strikes.items()
                ],
                "unattributed_calls": [_unattributed(call) for call in self._calls if _missing(call)],
                "leaked_tokens": list(self._leaks),
            }

    def _sum_up(self) -> JsonObject:
        return {
            "tokens": self._totals["tokens"],
            "sessions": len(self._sessions),
            "uploads": len(self._uploads),
            "prompts": len(self._prompts),
            "renders": len(self._renders),
            "charges": sum(entry.charge for entry in self._prompts),
            "downloads": self._totals["downloads"],
        }

    def _sum_up_prompts(self) -> list[JsonObject]:
        """One entry for each text in each session: an answer's edit counts for the prompt that it carries out."""
        applied: Counter[tuple[str, str]] = Counter()
        charged: Counter[tuple[str, str]] = Counter()
        for entry in self._prompts:
            key = (entry.session_id, entry.carries_out or entry.text)
            applied[key] += entry.outcome == "changed"
            charged[key] += entry.charge if entry.outcome == "changed" else 0
        return [
            {
                "session_id": key[0],
                "text": key[1],
                "received": self._arrivals[key],
                "applied": applied[key],
                "charged": charged[key],
            }
            for key in dict.fromkeys([*self._arrivals, *applied])
        ]

    def _pages(self) -> JsonObject:
        uploads = Counter(entry.session_id for entry in self._uploads)
        prompts = Counter(entry.session_id for entry in self._prompts)
        renders = Counter(entry.session_id for entry in self._renders)
        charges: Counter[str] = Counter()
        for entry in self._prompts:
            charges[entry.session_id] += entry.charge
        return {
            session_id: {
                **facts,
                "uploads": uploads[session_id],
                "prompts": prompts[session_id],
                "renders": renders[session_id],
                "charges": charges[session_id],
            }
            for session_id, facts in self._sessions.items()
        }


def _missing(call: CallEntry) -> list[str]:
    named = {"source": call.source, "version": call.version, "platform": call.platform}
    return [name for name, value in named.items() if not value]


def _unattributed(call: CallEntry) -> JsonObject:
    return {"method": call.method, "path": call.path, "missing": _missing(call)}
