"""The control API as the commands use it: one method per request, values back, three ways to go wrong.

    ControlError
    ├── DaemonAbsent    nobody listens: no daemon runs, or one of an earlier version
    ├── DaemonSilent    somebody listens, and gives no answer in time, or none that this version understands
    └── ControlRefused  the daemon says no, and why

Blocks; called by the commands, never in the daemon. Opens one connection and keeps it until it is closed.
"""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self, TypeVar

import httpx

from nemowatch.errors import NemoWatchError
from nemowatch.jobs.views import JobView, StatusView
from nemowatch.web.address import AddressTooLong, short_address
from nemowatch.web.bodies import (
    Balance,
    Health,
    LogPiece,
    OrderOutcome,
    PauseStanding,
    RulesChange,
    SkippedFile,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import TracebackType

    from nemowatch.jobs.orders import Action
    from nemowatch.jobs.records import JobState
    from nemowatch.places import StateFolder

_Value = TypeVar("_Value")

_RELOAD_SECONDS = 30.0
"""New rules are in force when the answer comes; large folders that are watched anew take their time."""

_SERVICE_SECONDS = 30.0
"""The daemon asks the service before it answers."""

_SECONDS_PER_ROW = 0.0005
_LONGEST_LIST_SECONDS = 60.0
"""The daemon reads a long list whole before it answers."""

_ORDER_SECONDS = 15.0
"""Longer than the daemon waits itself before it says that an order is kept (`daemon/control.py`)."""

_EXIT_CODES = {
    "no_such_job": 2,
    "rules_invalid": 4,
    "token_refused": 5,
    "payment_needed": 6,
}
"""What a refusal means to the shell (README, "Exit codes"); 1 for any other."""


class ControlError(NemoWatchError):
    """The running daemon can't be asked, or says no."""


class DaemonAbsent(ControlError):
    """Nobody listens on the control socket."""


class DaemonSilent(ControlError):
    """The daemon does not answer in time, breaks off, or answers in a form of another version."""


class ControlRefused(ControlError):
    """The daemon refuses, in words.

    Attributes:
        code: the reason as a word for programs, such as `no_such_job` (docs/control.md).
        status: the HTTP status.
    """

    def __init__(self, message: str, *, hint: str = "", code: str, status: int) -> None:
        super().__init__(message, hint=hint)
        self.code = code
        self.status = status
        self.exit_code = _EXIT_CODES.get(code, 1)


class ControlClient:
    """The running daemon of a state folder.

    Every method raises `DaemonAbsent`, `DaemonSilent` or `ControlRefused` where it can't give its answer.

    Args:
        state: the state folder.
        timeout_seconds: how long to wait for an answer that the daemon has at hand.
    """

    def __init__(self, state: StateFolder, *, timeout_seconds: float = 5.0) -> None:
        self._state = state
        self._timeout = timeout_seconds
        self._open = ExitStack()
        self._http: httpx.Client | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the connection go; the next request opens another."""
        self._http = None
        self._open.close()

    def status(self) -> StatusView:
        """How the daemon stands, with the jobs that are shown."""
        return self._get("/v1/status", StatusView.from_json)

    def jobs(
        self,
        *,
        states: Iterable[JobState] = (),
        rule: str | None = None,
        since: float | None = None,
        limit: int | None = None,
    ) -> tuple[JobView, ...]:
        """Jobs, the newest first.

        Args:
            states: only jobs in one of these; all where none is named.
            rule: only jobs of this rule.
            since: only jobs that were queued at this moment or later, seconds since the epoch.
            limit: at most so many; None leaves it to the daemon, which gives 50.
        """
        asked: dict[str, Any] = {"state": [state.value for state in states]}
        asked |= {"rule": rule, "since": since, "limit": limit}
        return self._get(
            "/v1/jobs",
            lambda facts: tuple(JobView.from_json(job) for job in facts["jobs"]),
            timeout=_patience_for(limit),
            **asked,
        )

    def job(self, beginning: str) -> JobView:
        """The one job whose id begins like this; refused with `no_such_job` where there is none, or several."""
        return self._get(f"/v1/jobs/{_as_segment(beginning)}", JobView.from_json)

    def read_log(self, job_id: str, offset: int = 0) -> LogPiece:
        """The log of exactly this job from an offset on (bytes), in whole lines, at most a megabyte of it."""
        return self._get(f"/v1/jobs/{_as_segment(job_id)}/log", LogPiece.from_json, offset=offset)

    def order(self, action: Action, job_ids: Sequence[str], text: str = "") -> tuple[OrderOutcome, ...]:
        """Give the same order for each job; what became of it, in the jobs' order."""
        body = {"action": action.value, "jobs": list(job_ids), "text": text}
        return self._post(
            "/v1/orders",
            lambda facts: tuple(OrderOutcome.from_json(outcome) for outcome in facts["outcomes"]),
            body,
            timeout=_ORDER_SECONDS,
        )

    def pause(self, why: str = "") -> PauseStanding:
        """Let no job start from now on; those at work go on."""
        return self._post("/v1/pause", PauseStanding.from_json, {"why": why})

    def resume(self) -> PauseStanding:
        """Let jobs start again."""
        return self._post("/v1/resume", PauseStanding.from_json, {})

    def reload(self) -> RulesChange:
        """Read the rules again, now; refused with `rules_invalid` where they are wrong, and nothing changes."""
        return self._post("/v1/reload", RulesChange.from_json, {}, timeout=_RELOAD_SECONDS)

    def credits(self, *, patience_seconds: float = _SERVICE_SECONDS) -> Balance:
        """The account's credits, asked of the service by the daemon."""
        return self._get("/v1/credits", Balance.from_json, timeout=patience_seconds)

    def skipped(self, rule: str | None = None, limit: int | None = None) -> tuple[SkippedFile, ...]:
        """Files that make no job, those that were found last at the front."""
        return self._get(
            "/v1/skipped",
            lambda facts: tuple(SkippedFile.from_json(file) for file in facts["files"]),
            timeout=_patience_for(limit),
            rule=rule,
            limit=limit,
        )

    def health(self) -> Health:
        """That the daemon answers, and how quickly it gets round to things."""
        return self._get("/v1/health", Health.from_json)

    def metrics(self) -> str:
        """The figures for Prometheus, in its text format."""
        return self._ask("GET", "/metrics").text

    def _get(
        self, path: str, read: Callable[[Any], _Value], *, timeout: float | None = None, **asked: Any
    ) -> _Value:
        query = {key: value for key, value in asked.items() if value is not None}
        return _read(self._ask("GET", path, params=query, timeout=timeout), read)

    def _post(
        self, path: str, read: Callable[[Any], _Value], body: dict[str, Any], *, timeout: float | None = None
    ) -> _Value:
        return _read(self._ask("POST", path, json=body, timeout=timeout), read)

    def _ask(self, method: str, path: str, *, timeout: float | None = None, **request: Any) -> httpx.Response:
        patience = max(self._timeout, timeout or 0.0)
        try:
            answer = self._connect().request(method, path, timeout=patience, **request)
        except (
            httpx.ConnectError,
            ConnectionRefusedError,
            FileNotFoundError,
            NotADirectoryError,
            AddressTooLong,  # where the daemon could not listen either
        ) as error:
            raise DaemonAbsent(
                "NemoWatch is not running, or takes no requests.", hint="`nemowatch run` starts it."
            ) from error
        except (httpx.TimeoutException, BlockingIOError) as error:
            raise DaemonSilent(
                f"NemoWatch runs, and has not answered for {patience:g} s.", hint=_WHAT_HELPS
            ) from error
        except (httpx.HTTPError, OSError) as error:
            raise DaemonSilent(f"NemoWatch broke off its answer: {error}.", hint=_WHAT_HELPS) from error
        if answer.is_error:
            raise _refusal(answer)
        return answer

    def _connect(self) -> httpx.Client:
        """The way to a daemon that listens.

        Raises:
            OSError: nobody listens. `BlockingIOError`: so many wait already that no more are let in.
        """
        # httpcore leaves a socket open that it could not connect (httpcore/_backends/sync.py), so look first.
        with (
            short_address(self._state.control) as address,
            socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe,
        ):
            probe.settimeout(0.0)
            probe.connect(address)
        if self._http is None:
            # The name of a long path goes through an open folder; it must stay open as long as it is connected to.
            address = self._open.enter_context(short_address(self._state.control))
            # No TLS and no proxy on a socket, so nothing of either is to be read from the system or its environment.
            transport = httpx.HTTPTransport(uds=address, verify=False, trust_env=False)
            self._http = self._open.enter_context(
                httpx.Client(transport=transport, base_url="http://nemowatch", trust_env=False)
            )
        return self._http


_WHAT_HELPS = "If that lasts, stop it and start it again: what is running goes on where it was."


def _patience_for(rows: int | None) -> float:
    """How long a list of so many rows may take, in seconds."""
    return min(_LONGEST_LIST_SECONDS, (rows or 0) * _SECONDS_PER_ROW)


def _read(answer: httpx.Response, read: Callable[[Any], _Value]) -> _Value:
    try:
        return read(answer.json())
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DaemonSilent(
            "NemoWatch answers in a form of another version.", hint="Stop it, and start it again."
        ) from error


def _refusal(answer: httpx.Response) -> ControlError:
    try:
        facts = answer.json()["error"]
        return ControlRefused(
            str(facts["message"]),
            hint=str(facts["hint"]),
            code=str(facts["code"]),
            status=answer.status_code,
        )
    except (KeyError, TypeError, ValueError):
        return DaemonSilent(
            f"NemoWatch answers in a form of another version (HTTP {answer.status_code}).",
            hint="Stop it, and start it again.",
        )


def _as_segment(text: str) -> str:
    """A text as one segment of a path, whatever is in it."""
    return "".join(
        chr(byte) if chr(byte).isalnum() and byte < 128 else f"%{byte:02X}"
        for byte in text.encode("utf-8", "replace")
    )
