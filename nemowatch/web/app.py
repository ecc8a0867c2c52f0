"""The control API's requests: read, checked, handed to the daemon, and answered in JSON.

Built by `daemon/control.py`. It knows nothing of how the daemon does what it is asked for. Whatever goes wrong is
answered with one body (`errors.py`), never with a traceback; what is not asked for rightly reaches nobody.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Protocol, TypeVar

from loguru import logger
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from nemowatch.errors import NemoWatchError
from nemowatch.jobs.orders import Action
from nemowatch.jobs.records import JobState  # noqa: TC001 -- pydantic reads the annotations
from nemowatch.web.errors import Refused, refuse
from nemowatch.web.metrics import CONTENT_TYPE, Figures, write_metrics

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from starlette.requests import Request

    from nemowatch.jobs.views import JobView, StatusView
    from nemowatch.web.bodies import (
        Balance,
        Health,
        LogPiece,
        OrderOutcome,
        PauseStanding,
        RulesChange,
        SkippedFile,
    )

MOST_ORDERS = 1000
"""In one request: all of them are carried out before it is answered."""

_MOST_BODY_BYTES = 1_000_000
_DEFAULT_LIMIT = 50
_LARGEST_NUMBER = 2**53
"""Neither the database nor a file takes numbers of any size."""

_Asked = TypeVar("_Asked", bound=BaseModel)


class Controls(Protocol):
    """What the daemon does for the control API; each raises a `NemoWatchError` where it can't."""

    async def status(self) -> StatusView:
        """How the daemon stands, with the jobs that are shown."""
        ...

    async def jobs(
        self, states: Sequence[JobState], rule: str | None, since: float | None, limit: int
    ) -> tuple[JobView, ...]:
        """Jobs, the newest first."""
        ...

    async def job(self, beginning: str) -> JobView:
        """The one job whose id begins like this."""
        ...

    async def read_log(self, beginning: str, offset: int) -> LogPiece:
        """A job's log from an offset on."""
        ...

    async def order(self, action: Action, job_ids: Sequence[str], text: str) -> tuple[OrderOutcome, ...]:
        """Write orders down and carry them out; what became of each."""
        ...

    async def pause(self, why: str) -> PauseStanding:
        """Let no job start."""
        ...

    async def resume(self) -> PauseStanding:
        """Let jobs start again."""
        ...

    async def reload(self) -> RulesChange:
        """Read the rules again."""
        ...

    async def credits(self) -> Balance:
        """Ask the service for the balance."""
        ...

    async def skipped(self, rule: str | None, limit: int) -> tuple[SkippedFile, ...]:
        """Files that make no job."""
        ...

    async def health(self) -> Health:
        """That the daemon answers."""
        ...

    async def figures(self) -> Figures:
        """The figures for Prometheus."""
        ...


class _Asking(BaseModel):
    """What is sent along with a request: nothing that is not known."""

    model_config = ConfigDict(extra="forbid")


class _Nothing(_Asking):
    """Nothing at all."""


class _JobsAsked(_Asking):
    state: list[JobState] = Field(default_factory=list)
    rule: str | None = None
    since: float | None = Field(default=None, allow_inf_nan=False)
    limit: int = Field(default=_DEFAULT_LIMIT, ge=1, le=_LARGEST_NUMBER)


class _LogAsked(_Asking):
    offset: int = Field(default=0, ge=0, le=_LARGEST_NUMBER)


class _SkippedAsked(_Asking):
    rule: str | None = None
    limit: int = Field(default=_DEFAULT_LIMIT, ge=1, le=_LARGEST_NUMBER)


class _OrdersGiven(_Asking):
    action: Action
    jobs: list[Annotated[str, Field(min_length=1, max_length=200)]] = Field(
        min_length=1, max_length=MOST_ORDERS
    )
    text: str = ""


class _PauseGiven(_Asking):
    why: str = Field(default="", max_length=1000)


def build_app(controls: Controls) -> Starlette:
    """The control API as an ASGI application."""
    requests = _Requests(controls)
    gets: dict[str, Callable[[Request], Awaitable[Response]]] = {
        "/v1/status": requests.status,
        "/v1/jobs": requests.jobs,
        # Whatever a person types as an id, with slashes too, is answered with "no such job".
        "/v1/jobs/{job:path}/log": requests.log,
        "/v1/jobs/{job:path}": requests.job,
        "/v1/credits": requests.credits,
        "/v1/skipped": requests.skipped,
        "/v1/health": requests.health,
        "/metrics": requests.metrics,
    }
    posts: dict[str, Callable[[Request], Awaitable[Response]]] = {
        "/v1/orders": requests.orders,
        "/v1/pause": requests.pause,
        "/v1/resume": requests.resume,
        "/v1/reload": requests.reload,
    }
    app = Starlette(
        routes=[
            *(Route(path, _answering(answer), methods=["GET"]) for path, answer in gets.items()),
            *(Route(path, _answering(answer), methods=["POST"]) for path, answer in posts.items()),
        ],
        exception_handlers={HTTPException: _refuse_route},
    )
    # Who follows no redirection would take one for a success that did nothing.
    app.router.redirect_slashes = False
    return app


class _Requests:
    """One method per request: reads what was sent along, asks, answers."""

    def __init__(self, controls: Controls) -> None:
        self._controls = controls

    async def status(self, request: Request) -> Response:
        """How everything stands."""
        _read_query(request, _Nothing)
        status = await self._controls.status()
        return await _answer(status.to_json)

    async def jobs(self, request: Request) -> Response:
        """A list of jobs."""
        asked = _read_query(request, _JobsAsked)
        jobs = await self._controls.jobs(asked.state, asked.rule, asked.since, asked.limit)
        return await _answer(lambda: {"jobs": [job.to_json() for job in jobs]})

    async def job(self, request: Request) -> Response:
        """One job."""
        _read_query(request, _Nothing)
        job = await self._controls.job(request.path_params["job"])
        return await _answer(job.to_json)

    async def log(self, request: Request) -> Response:
        """A piece of a job's log."""
        asked = _read_query(request, _LogAsked)
        piece = await self._controls.read_log(request.path_params["job"], asked.offset)
        return await _answer(piece.to_json)

    async def credits(self, request: Request) -> Response:
        """The balance."""
        _read_query(request, _Nothing)
        balance = await self._controls.credits()
        return await _answer(balance.to_json)

    async def skipped(self, request: Request) -> Response:
        """Files that make no job."""
        asked = _read_query(request, _SkippedAsked)
        files = await self._controls.skipped(asked.rule, asked.limit)
        return await _answer(lambda: {"files": [file.to_json() for file in files]})

    async def health(self, request: Request) -> Response:
        """That it answers."""
        _read_query(request, _Nothing)
        health = await self._controls.health()
        return await _answer(health.to_json)

    async def metrics(self, _request: Request) -> Response:
        """The figures; what a collector adds to the address is its own affair."""
        figures = await self._controls.figures()
        return Response(write_metrics(figures), headers={"content-type": CONTENT_TYPE})

    async def orders(self, request: Request) -> Response:
        """Orders for jobs."""
        given = await _read_body(request, _OrdersGiven)
        _check_orders(given)
        outcomes = await self._controls.order(given.action, given.jobs, given.text.strip())
        return await _answer(lambda: {"outcomes": [outcome.to_json() for outcome in outcomes]})

    async def pause(self, request: Request) -> Response:
        """No job starts."""
        given = await _read_body(request, _PauseGiven)
        standing = await self._controls.pause(given.why.strip())
        return await _answer(standing.to_json)

    async def resume(self, request: Request) -> Response:
        """Jobs start again."""
        await _read_body(request, _Nothing)
        standing = await self._controls.resume()
        return await _answer(standing.to_json)

    async def reload(self, request: Request) -> Response:
        """The rules are read again."""
        await _read_body(request, _Nothing)
        change = await self._controls.reload()
        return await _answer(change.to_json)


def _answering(
    answer: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        try:
            return await answer(request)
        except HTTPException:
            raise
        except ClientDisconnect:
            return Response()  # nobody reads it; who asked was stopped
        except NemoWatchError as error:
            return _body_of(refuse(error))
        except Exception as error:  # noqa: BLE001 -- whoever asks gets an answer, and the log what went wrong
            logger.opt(exception=error).error(f"{request.method} {_path_of(request)} broke.")
            return _body_of(
                Refused(
                    "It broke through a mistake in NemoWatch; the daemon's log has it.",
                    status=500,
                    code="broken",
                )
            )

    return respond


class _Json(JSONResponse):
    """JSON in ASCII: names of files need not be text in any encoding, and pass as escapes."""

    def render(self, content: object) -> bytes:
        """The body."""
        return json.dumps(content, separators=(",", ":")).encode("ascii")


async def _answer(make: Callable[[], dict[str, Any]]) -> Response:
    """The answer's body, made in a thread: of thousands of jobs it takes longer than the event loop may wait."""
    return await run_in_threadpool(lambda: _Json(make()))


def _body_of(refused: Refused) -> Response:
    return _Json(refused.to_json(), status_code=refused.status)


async def _refuse_route(request: Request, error: Exception) -> Response:
    """What no route takes: an unknown address, a method that does not fit it."""
    path = _path_of(request)
    if isinstance(error, HTTPException) and error.status_code == 405:
        message, code = f"{path} does not take {request.method}.", "wrong_method"
        allowed = (error.headers or {}).get("Allow", "")
        refused = Refused(message, hint=f"It takes {allowed}.", status=405, code=code)
    else:
        message = f"There is no {path} here."
        refused = Refused(message, status=404, code="no_such_address")
    return _body_of(refused)


def _path_of(request: Request) -> str:
    """The address that was asked for; `request.url` mixes in the header `Host`, in which anything may stand."""
    return str(request.scope["path"])


def _read_query(request: Request, model: type[_Asked]) -> _Asked:
    query = request.query_params
    lists = {name for name, about in model.model_fields.items() if "list" in str(about.annotation)}
    asked = {key: query.getlist(key) if key in lists else query[key] for key in query}
    return _check(model, asked)


async def _read_body(request: Request, model: type[_Asked]) -> _Asked:
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > _MOST_BODY_BYTES:
            raise Refused(
                f"The request is larger than {_MOST_BODY_BYTES} bytes.", status=413, code="too_large"
            )
        pieces.append(piece)
    try:
        return model.model_validate_json(b"".join(pieces) or b"{}")
    except ValidationError as error:
        raise _not_understood(error) from error


def _check(model: type[_Asked], facts: dict[str, Any]) -> _Asked:
    try:
        return model.model_validate(facts)
    except ValidationError as error:
        raise _not_understood(error) from error


def _not_understood(error: ValidationError) -> Refused:
    problems = "; ".join(_describe(each) for each in error.errors(include_url=False, include_input=False))
    return Refused(f"The request is not understood: {problems}.", status=422, code="not_understood")


def _describe(problem: Any) -> str:
    where = ".".join(str(part) for part in problem["loc"])
    return f"{where}: {problem['msg']}" if where else str(problem["msg"])


def _check_orders(given: _OrdersGiven) -> None:
    """Each job is named once: of one that is made anew twice, both are paid for.

    An answer and a refinement are nothing without a text, and all others have none.

    Raises:
        Refused: it is not so.
    """
    needs_text = given.action in {Action.ANSWER, Action.REFINE}
    if len(set(given.jobs)) < len(given.jobs):
        what = "takes each job once"
    elif needs_text != bool(given.text.strip()):
        what = "needs a text" if needs_text else "takes no text"
    else:
        return
    raise Refused(
        f"The request is not understood: {given.action.value} {what}.", status=422, code="not_understood"
    )
