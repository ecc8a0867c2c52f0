"""All that can go wrong with the service, and the one place that decides what an answer means.

    ApiError                      row of nemo-api.md §11
    ├── TokenRejected             1001, HTTP 401
    ├── SessionNotFound           1002, 404 of the agent
    ├── OutOfCredits              2001
    ├── UnsupportedType           4001, HTTP 415
    ├── FileTooLarge              4002, HTTP 413
    ├── ClientIdMissing           400
    ├── ExportBlocked             402
    ├── ScopeMissing              403
    ├── RateLimited               429
    ├── ServiceDown               5xx, time-outs, connection errors
    ├── NotFound                  404 of anything but a session
    ├── RenderExists              a render with this id was started before (§8.2)
    ├── CallRefused               any other "no" that the service gives in words
    ├── UnexpectedAnswer          not what the contract says: no JSON, wrong shape, a web page
    ├── PromptFailed              the agent's run failed (§5)
    ├── PromptTimedOut            15 minutes, or only heartbeats for 10 (§5)
    ├── StreamCut                 the connection dropped after the prompt was sent: it may have been applied
    ├── FileChanged               the file was changed while it was being uploaded
    └── DownloadFailed            an address did not give the whole file

Every message says what failed on which call; the hint says what to do. Raised here and in the rest of `nemo`;
the job runner decides what is done about each. All of them can be pickled, since the job engine stores them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import quote

from nemowatch.errors import NemoWatchError
from nemowatch.nemo.calls import ANONYMOUS_TOKEN, START_RENDER, clip

if TYPE_CHECKING:
    from collections.abc import Callable

    from nemowatch.nemo.calls import Account, Answer, Call

_ACCEPTED = "mp4 mov avi webm mkv, jpg png gif webp, mp3 wav m4a aac"
_SCOPE = re.compile(r"\b(read|write|upload|render)\b|(?<![\w*])\*(?![\w*])", re.IGNORECASE)
_NO_SESSION = re.compile(
    r"session.{0,80}(not found|does not exist|expired)|(no such|unknown|invalid) session",
    re.IGNORECASE | re.DOTALL,
)
_NO_CLIENT_ID = re.compile(r"client.?id", re.IGNORECASE)
_DUPLICATE = re.compile(r"duplicate|already (exists|started|used|in use)", re.IGNORECASE)


class ApiError(NemoWatchError):
    """The service refused, failed or could not be reached.

    Attributes:
        code: the envelope's code, where there was one.
        status: the HTTP status; None when there was no answer at all.
        retryable: the same call may be made again by itself after a pause. It says nothing about a prompt:
            see `is_certainly_not_applied`.
        never_left: the request did not leave this machine: there was no token for it, or no connection.
        run_had_begun: of a prompt: it came inside the stream of a run, after something else.
    """

    retryable = False
    never_left = False
    run_had_begun = False

    def __init__(
        self, message: str, *, hint: str = "", code: int | None = None, status: int | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.code = code
        self.status = status


class TokenRejected(ApiError):
    """The token is bad or has expired."""

    exit_code = 5


class SessionNotFound(ApiError):
    """The service does not know the session (any more); what was in it is gone."""


class OutOfCredits(ApiError):
    """The account's credits are used up."""

    exit_code = 6


class UnsupportedType(ApiError):
    """The service does not take files of this type."""


class FileTooLarge(ApiError):
    """The file is over the service's limit of 500 MB."""


class ClientIdMissing(ApiError):
    """The client id, without which there is no anonymous token, is missing or can't be kept."""

    exit_code = 5


class ExportBlocked(ApiError):
    """The plan does not include exports; a matter of subscription, not of credits."""

    exit_code = 6


class ScopeMissing(ApiError):
    """The token may not do this.

    Attributes:
        scope: the scope that is missing: `read`, `write`, `upload` or `render`.
    """

    exit_code = 5
    scope = ""


class RateLimited(ApiError):
    """Too many calls.

    Attributes:
        retry_after_seconds: what the service asks for; None when it does not say (nemo-api.md §11: 30 s).
    """

    retryable = True
    retry_after_seconds: float | None = None


class ServiceDown(ApiError):
    """The service can't be reached, fails, or takes too long; it passes.

    For a prompt: with `status` None it never left this machine, and `never_left` says so; with a 5xx it may
    have been applied.
    """

    retryable = True


class NotFound(ApiError):
    """What was asked for is not there, and it is no session."""


class RenderExists(ApiError):
    """A render with this id was started before: it can be looked at under its id."""


class CallRefused(ApiError):
    """The service says no, for a reason that only its words tell."""


class UnexpectedAnswer(ApiError):
    """The answer is not what the API's contract says."""


class PromptFailed(ApiError):
    """The agent's run failed; part of the edit may have been applied."""


class PromptTimedOut(ApiError):
    """The agent gave no sign for too long; the edit may have been applied."""


class StreamCut(ApiError):
    """The connection dropped after the prompt was sent; the edit may have been applied."""


class FileChanged(ApiError):
    """A file was changed, or is no regular file any more, while it was being uploaded."""


class DownloadFailed(ApiError):
    """An address did not give the whole file; what came may be kept beside the target, to go on from there."""


# Each is said before a run begins, and instead of one (nemo-api.md §11).
_REFUSALS = (
    TokenRejected,
    SessionNotFound,
    OutOfCredits,
    UnsupportedType,
    FileTooLarge,
    ClientIdMissing,
    ExportBlocked,
    ScopeMissing,
    RateLimited,
    NotFound,
)


def is_certainly_not_applied(error: ApiError) -> bool:
    """Whether a prompt that ended with this error did nothing for certain, and so may be sent again.

    True for what never left this machine and for refusals before a run began; False wherever doubt is left: a
    5xx, a cut, a time-out, an answer that nobody understands (a proxy may have put it in the place of a
    stream), and a refusal inside a stream after something else. Errors that `NemoApi.send_prompt` does not
    raise count as doubtful.
    """
    if error.never_left:
        return True
    if error.run_had_begun:
        return False
    if isinstance(error, CallRefused):
        # An unknown code in a success may mean anything; HTTP's own "your fault" does not.
        return 400 <= (error.status or 0) < 500
    return isinstance(error, _REFUSALS)


def credits_hint(account: Account) -> str:
    """Where more credits come from: a register link for an anonymous account (nemo-api.md §11, row 2001)."""
    if not account.is_anonymous:
        return "Top up credits in your account."
    bind = f"?bind={quote(account.user_id, safe='')}" if account.user_id else ""
    return f"Register to get more credits: {account.web_url}/register{bind}"


def raise_for_answer(answer: Answer, account: Account) -> None:
    """Do nothing for a success; else raise what the answer means.

    The envelope's code is asked first, then the HTTP status; codes that are HTTP statuses count as such.

    Raises:
        ApiError: the fitting one of its subclasses.
    """
    if answer.is_success:
        return
    decide = (
        _BY_CODE.get(answer.code or 0) or _BY_STATUS.get(answer.code or 0) or _BY_STATUS.get(answer.status)
    )
    if decide is None:
        decide = _service_down if answer.status >= 500 or 500 <= (answer.code or 0) < 600 else _refused
    raise decide(answer, account)


def raise_unexpected(call: Call, what: str, body: str, *, status: int | None = None) -> NoReturn:
    """Raise UnexpectedAnswer with the start of the body, cleaned.

    Raises:
        UnexpectedAnswer: always.
    """
    shown = clip(body)
    came = f": {shown}" if shown else " (nothing at all)"
    raise UnexpectedAnswer(
        f"NemoVideo's answer is not understood while {call.doing}: {what}{came}.",
        hint="Check NEMO_API_URL; if it is right, the service has changed or has a fault.",
        status=status,
    )


def _describe(answer: Answer) -> str:
    facts = f"code {answer.code}" if answer.code else f"HTTP {answer.status}"
    return f"({facts}: {answer.words})" if answer.words else f"({facts})"


def _build(kind: type[ApiError], answer: Answer, what: str, hint: str) -> ApiError:
    message = f"{what} while {answer.call.doing} {_describe(answer)}."
    return kind(message, hint=hint, code=answer.code, status=answer.status)


def _token_rejected(answer: Answer, account: Account) -> ApiError:
    if account.is_anonymous:
        hint = "It is renewed with the same client id."
    else:
        hint = "Set a new token in NEMO_TOKEN (for a service, in its token file) and start NemoWatch again."
    return _build(TokenRejected, answer, "NemoVideo does not accept the token", hint)


def _session_not_found(answer: Answer, _account: Account) -> ApiError:
    hint = "It has expired or was deleted; a new session and a new upload are needed."
    return _build(SessionNotFound, answer, "NemoVideo does not know the session", hint)


def _out_of_credits(answer: Answer, account: Account) -> ApiError:
    return _build(OutOfCredits, answer, "There are not enough credits", credits_hint(account))


def _unsupported_type(answer: Answer, _account: Account) -> ApiError:
    hint = f"Accepted are {_ACCEPTED}; MP4 with H.264 works best."
    return _build(UnsupportedType, answer, "NemoVideo does not take this type of file", hint)


def _too_large(answer: Answer, _account: Account) -> ApiError:
    hint = "At most 500 MB a file: compress it (H.264, lower bit rate) or split it."
    return _build(FileTooLarge, answer, "The file is too large", hint)


def _bad_request(answer: Answer, account: Account) -> ApiError:
    if answer.call is not ANONYMOUS_TOKEN and not _NO_CLIENT_ID.search(answer.words):
        return _refused(answer, account)
    hint = "Set NEMO_CLIENT_ID to a UUID of your own, or unset it to have one made."
    return _build(ClientIdMissing, answer, "NemoVideo misses the client id", hint)


def _export_blocked(answer: Answer, account: Account) -> ApiError:
    hint = f"Register or upgrade your plan to unlock export: {account.web_url}"
    return _build(
        ExportBlocked, answer, "Your plan does not include export (credits are not the matter)", hint
    )


def _scope_missing(answer: Answer, _account: Account) -> ApiError:
    named = _SCOPE.search(answer.words)
    scope = named[0].lower() if named else answer.call.scope
    which = f'the scope "{scope}"' if scope else "a scope"
    hint = f"Make a token that has {which} and set it in NEMO_TOKEN."
    error = ScopeMissing(
        f"The token lacks {which} while {answer.call.doing} {_describe(answer)}.",
        hint=hint,
        code=answer.code,
        status=answer.status,
    )
    error.scope = scope
    return error


def _not_found(answer: Answer, account: Account) -> ApiError:
    # An agent says so in JSON; a web page instead means that the address is not the API's.
    if _NO_SESSION.search(answer.words) or (answer.call.names_session and answer.envelope):
        return _session_not_found(answer, account)
    return _build(
        NotFound, answer, "NemoVideo has no such thing", "Check NEMO_API_URL if this happens every time."
    )


def _rate_limited(answer: Answer, _account: Account) -> ApiError:
    wait = answer.retry_after_seconds
    if answer.call is ANONYMOUS_TOKEN:
        what = "No anonymous token: the service gives one per client in 7 days, and 10 per network address"
        hint = "Wait until the last one has expired, or set NEMO_TOKEN to a token of your own."
    else:
        what = "Too many calls"
        hint = "Wait 30 seconds before the next one." if wait is None else f"Wait {wait:.0f} seconds."
    error = RateLimited(
        f"{what}, while {answer.call.doing} {_describe(answer)}.",
        hint=hint,
        code=answer.code,
        status=answer.status,
    )
    error.retry_after_seconds = wait
    return error


def _service_down(answer: Answer, _account: Account) -> ApiError:
    hint = "It usually passes; try again later."
    return _build(ServiceDown, answer, "NemoVideo has a fault", hint)


def _refused(answer: Answer, _account: Account) -> ApiError:
    is_taken = 409 in (answer.status, answer.code) or _DUPLICATE.search(answer.words)
    if answer.call is START_RENDER and is_taken:
        return _build(
            RenderExists, answer, "A render with this id was started before", "Look at it under its id."
        )
    if 300 <= answer.status < 400:
        hint = "Set NEMO_API_URL to the address that it points to, if you trust it."
        return _build(UnexpectedAnswer, answer, "NemoVideo points to another address", hint)
    return _build(CallRefused, answer, "NemoVideo refuses", "")


_BY_CODE: dict[int, Callable[[Answer, Account], ApiError]] = {
    1001: _token_rejected,
    1002: _session_not_found,
    2001: _out_of_credits,
    4001: _unsupported_type,
    4002: _too_large,
}

SERVICE_CODES = frozenset(_BY_CODE)
"""The codes that are the service's own, and no HTTP status."""

_BY_STATUS: dict[int, Callable[[Answer, Account], ApiError]] = {
    400: _bad_request,
    401: _token_rejected,
    402: _export_blocked,
    403: _scope_missing,
    404: _not_found,
    408: _service_down,
    413: _too_large,
    415: _unsupported_type,
    425: _service_down,
    429: _rate_limited,
}
