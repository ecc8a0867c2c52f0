"""The service's bodies as values: the edge where pydantic reads what a stranger wrote.

Called by `client.py` and `token.py` alone. Extra keys are no error, ids may be numbers, an optional number
that is no number counts as absent; only what a job can't go on without is insisted on. Drafts never pass
through a model: they stay the parsed JSON that came.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from nemowatch.nemo.calls import clip
from nemowatch.nemo.errors import raise_unexpected
from nemowatch.nemo.renders import STATES, RenderStatus

if TYPE_CHECKING:
    from nemowatch.nemo.calls import Answer, JsonObject

_Model = TypeVar("_Model", bound=BaseModel)

_GREATEST_WHOLE = 2**53  # beyond it, JSON's readers do not agree on a number, and none of ours means anything


@dataclass(frozen=True)
class Session:
    """A place on the service's side that keeps one timeline.

    Attributes:
        session_id: names it in every call.
        task_id: needed for the project link; None where the service gave none.
        user_id: the account's id as the service knows it.
    """

    session_id: str
    task_id: str | None
    user_id: str | None


@dataclass(frozen=True)
class UploadedFile:
    """A file as the service has taken it; what it did not tell is None."""

    filename: str
    file_type: str | None
    url: str | None
    duration_seconds: float | None
    width: int | None
    height: int | None
    fps: float | None


@dataclass(frozen=True)
class Credits:
    """The balance: `frozen` is reserved for work in progress, `total` is both together."""

    available: int
    frozen: int
    total: int


@dataclass(frozen=True)
class AnonymousToken:
    """A token for an account without a person; `expires_at` in seconds since the epoch, None if untold."""

    token: str
    user_id: str | None
    expires_at: float | None


def _as_number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _is_writable(text: str) -> bool:
    """False for a text that no file, address or screen can take: JSON may hold half a character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _as_whole(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        whole = value
    else:
        number = _as_number(value)
        if number is None:
            return None
        whole = math.floor(number)
    return whole if abs(whole) <= _GREATEST_WHOLE else None


def _as_id(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and _is_writable(value) else None


def _as_optional_text(value: object) -> str | None:
    text = _as_id(value)
    return text if isinstance(text, str) and text else None


_Id = Annotated[str, BeforeValidator(_as_id), Field(min_length=1)]
_OptionalText = Annotated[str | None, BeforeValidator(_as_optional_text)]
_OptionalNumber = Annotated[float | None, BeforeValidator(_as_number)]
_OptionalWhole = Annotated[int | None, BeforeValidator(_as_whole)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class _SessionBody(_Body):
    session_id: _Id
    task_id: _OptionalText = None
    user_id: _OptionalText = None


class _FileBody(_Body):
    filename: _OptionalText = None
    file_type: _OptionalText = None
    cdn_url: _OptionalText = Field(None, validation_alias=AliasChoices("cdn_url", "url"))
    duration: _OptionalNumber = None
    width: _OptionalWhole = None
    height: _OptionalWhole = None
    fps: _OptionalNumber = None


class _UploadBody(_Body):
    files: list[_FileBody]


class _CreditsBody(_Body):
    available: Annotated[int, BeforeValidator(_as_whole)]
    frozen: _OptionalWhole = None
    total: _OptionalWhole = None


class _TokenBody(_Body):
    token: Annotated[str, Field(min_length=1)]
    user_id: _OptionalText = None
    expires_at: Any = None


class _RenderOutput(_Body):
    url: _OptionalText = None
    duration: _OptionalNumber = None
    size: _OptionalWhole = None


class _RenderBody(_Body):
    status: str
    progress: _OptionalNumber = None
    output: Annotated[
        _RenderOutput, BeforeValidator(lambda value: value if isinstance(value, dict) else {})
    ] = _RenderOutput()
    url: _OptionalText = Field(None, validation_alias=AliasChoices("outputUrl", "output_url", "url"))
    duration: _OptionalNumber = None
    size: _OptionalWhole = None
    message: Any = None
    error: Any = None


def read_session(answer: Answer) -> Session:
    """Read the answer to a new session; its id may stand at the top level.

    Raises:
        UnexpectedAnswer: there is no session id.
    """
    body = _read(_SessionBody, answer, _merged(answer))
    return Session(body.session_id, body.task_id, body.user_id)


def read_uploads(answer: Answer) -> tuple[UploadedFile, ...]:
    """Read which files the service has taken.

    Raises:
        UnexpectedAnswer: it does not say.
    """
    body = _read(_UploadBody, answer, data_of(answer))
    return tuple(
        UploadedFile(
            filename=file.filename or "",
            file_type=file.file_type,
            url=file.cdn_url,
            duration_seconds=file.duration,
            width=file.width,
            height=file.height,
            fps=file.fps,
        )
        for file in body.files
    )


def read_credits(answer: Answer) -> Credits:
    """Read the balance; a total that is missing is made from its parts.

    Raises:
        UnexpectedAnswer: there is no number of available credits.
    """
    body = _read(_CreditsBody, answer, data_of(answer))
    frozen = body.frozen or 0
    total = body.available + frozen if body.total is None else body.total
    return Credits(body.available, frozen, total)


def read_token(answer: Answer) -> AnonymousToken:
    """Read a new anonymous token.

    Raises:
        UnexpectedAnswer: there is none; the message never quotes the body, which may hold one in an unknown
            place.
    """
    try:
        body = _TokenBody.model_validate(data_of(answer))
    except ValidationError:
        raise_unexpected(answer.call, "there is no token in it", "", status=answer.status)
    return AnonymousToken(body.token, body.user_id, parse_moment(body.expires_at))


def read_claim(answer: Answer) -> str | None:
    """Read the claim token of a project link; None where there is none, since the link is optional."""
    return _as_optional_text(data_of(answer).get("claim_token"))


def read_render(answer: Answer, render_id: str) -> RenderStatus:
    """Read an export's status in either form: at the top level, or under `data`.

    Raises:
        UnexpectedAnswer: there is no status, or one that is not known.
    """
    body = _read(_RenderBody, answer, _merged(answer))
    state = STATES.get(body.status.strip().lower())
    if state is None:
        raise_unexpected(answer.call, "the status is not known", body.status, status=answer.status)
    words = next((text for text in (body.message, body.error) if text), "")
    return RenderStatus(
        render_id=render_id,
        status=state,
        progress=None if body.progress is None else round(min(100.0, max(0.0, body.progress))),
        url=body.output.url or body.url,
        duration_seconds=body.output.duration if body.output.duration is not None else body.duration,
        size_bytes=body.output.size if body.output.size is not None else body.size,
        message=clip(words if isinstance(words, str) else str(words)),
    )


def data_of(answer: Answer) -> JsonObject:
    """The object under `data`, or the whole body where a deployment leaves the envelope away.

    Raises:
        UnexpectedAnswer: the body is no JSON object.
    """
    if not isinstance(answer.parsed, dict):
        raise_unexpected(answer.call, "it is no JSON object", answer.body, status=answer.status)
    data = answer.envelope.get("data")
    return data if isinstance(data, dict) else answer.envelope


def parse_moment(value: object) -> float | None:
    """Read an ISO moment (UTC where it names no zone), or seconds or milliseconds since the epoch."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value.strip())
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            pass
    number = _as_number(value)
    if number is None:
        return None
    # Seconds pass 10^11 in the year 5138; what is greater counts milliseconds.
    return number / 1000 if number > 1e11 else number


def _merged(answer: Answer) -> JsonObject:
    """What stands under `data`, and what stands beside it; `data` wins unless it says nothing."""
    data = data_of(answer)
    return {**answer.envelope, **{key: value for key, value in data.items() if value is not None}}


def _read(model: type[_Model], answer: Answer, data: JsonObject) -> _Model:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise_unexpected(answer.call, f"{where}: {first['msg']}", answer.body, status=answer.status)
