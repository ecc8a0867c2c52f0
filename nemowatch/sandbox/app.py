"""The service's HTTP face: routes, who may call them, and every error in the form that the API documents.

Built by `server.py`. It decides nothing about projects: each route checks the caller, asks the part that knows,
and wraps the answer.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from nemowatch.sandbox.accounts import Account, Accounts
from nemowatch.sandbox.agent import Agent
from nemowatch.sandbox.answers import JsonObject, NotFoundInAdk, Refusal, accept, refuse, refuse_as_adk
from nemowatch.sandbox.breaking import FaultLayer, strike_of
from nemowatch.sandbox.control import Control
from nemowatch.sandbox.fault_book import FaultBook
from nemowatch.sandbox.ledger import CallEntry, Ledger
from nemowatch.sandbox.renders import Render, RenderFarm, describe_nested, describe_top
from nemowatch.sandbox.runs import RunDesk, read_prompt
from nemowatch.sandbox.sessions import Session, Sessions
from nemowatch.sandbox.shelf import Shelf
from nemowatch.sandbox.uploads import UploadDesk
from nemowatch.sandbox.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from nemowatch.clock import Clock
    from nemowatch.sandbox.options import SandboxOptions

CLAIM_SECONDS = 604_800

_ATTRIBUTION = ("X-Skill-Source", "X-Skill-Version", "X-Skill-Platform")


class _LargeFileResponse(FileResponse):
    """Starlette reads 64 KiB per hop to a thread; a video goes out several times faster in larger pieces."""

    chunk_size = 1024 * 1024


class _WholeFileResponse(_LargeFileResponse):
    """A file from a server that knows no ranges: all of it, whatever was asked for."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it as if no range had been asked for."""
        del self.headers["accept-ranges"]
        headers = [(name, value) for name, value in scope["headers"] if name != b"range"]
        await super().__call__({**scope, "headers": headers}, receive, send)


@dataclass(frozen=True)
class Call:
    """One authenticated request."""

    request: Request
    account: Account

    @property
    def base_url(self) -> str:
        """This server's address as the caller knows it."""
        return _base_url(self.request)

    async def read_object(self) -> JsonObject:
        """The body, which must be a JSON object."""
        body = await _read_json(self.request)
        if not isinstance(body, dict):
            raise Refusal(400, "a JSON object is expected")
        return body


class Service:
    """The parts of one sandbox, and a method for each route."""

    def __init__(self, folder: Path, options: SandboxOptions, clock: Clock) -> None:
        self._options = options
        self.ledger = Ledger()
        self.closing = asyncio.Event()
        self.faults = FaultBook(options.faults, options.seed)
        self.workshop = Workshop()
        self._shelf = Shelf()
        self.accounts = Accounts(options, clock, self.ledger)
        self.sessions = Sessions(folder)
        self._uploads = UploadDesk(options, self._shelf, self.ledger)
        self._renders = RenderFarm(options, self._shelf, self.ledger, self.workshop)
        self.agent = Agent(options, self.ledger, self._shelf, self.workshop)
        self._runs = RunDesk(self.sessions, self.agent, options, self.closing)

    def authenticate(self, request: Request, scope: str) -> Call:
        """Check the caller's token."""
        account = self.accounts.authenticate(request.headers.get("Authorization", ""), scope)
        return Call(request, account)

    def reject(self, request: Request) -> None:
        """Take it that the caller's token is no good."""
        self.accounts.reject(request.headers.get("Authorization", ""))

    def refuse(self, error: Refusal | NotFoundInAdk) -> Response:
        """Put a refusal into the form that was chosen."""
        if isinstance(error, NotFoundInAdk):
            return refuse_as_adk(error, self._options.errors)
        return refuse(error, self._options.errors)

    async def close(self) -> None:
        """End what hangs, and give up every run."""
        self.closing.set()
        await self.agent.close()

    async def make_token(self, request: Request) -> Response:
        """`POST /api/auth/anonymous-token`."""
        return accept(self.accounts.issue_anonymous(request.headers.get("X-Client-Id")))

    async def make_session(self, call: Call) -> Response:
        """`POST /api/tasks/me/with-session/nemo_agent`."""
        body = await call.read_object()
        session = self.sessions.create(
            call.account.user_id, str(body.get("task_name") or "project"), str(body.get("language") or "en")
        )
        self.ledger.record_session(session.session_id, session.task_name, session.language)
        return accept(
            {"task_id": session.task_id, "session_id": session.session_id, "user_id": session.user_id}
        )

    async def make_claim(self, call: Call) -> Response:
        """`POST /api/auth/claim-token`."""
        if not self._options.project_links:
            raise NotFoundInAdk("Not Found")
        session = self._find_session((await call.read_object()).get("session_id"), call)
        return accept({"claim_token": f"clm_{session.task_id[5:]}", "expires_in": CLAIM_SECONDS})

    async def take_upload(self, call: Call) -> Response:
        """`POST /api/upload-video/nemo_agent/me/<session>`."""
        session = self._find_session(call.request.path_params["session_id"], call)
        return accept(await self._uploads.receive(call.request, session, call.base_url))

    async def run_prompt(self, call: Call) -> Response:
        """`POST /run_sse`."""
        return self._runs.start(await _read_json(call.request), call.account, call.request)

    async def show_state(self, call: Call) -> Response:
        """`GET /api/state/nemo_agent/me/<session>/latest`."""
        session = self._find_session(call.request.path_params["session_id"], call)
        return accept(session.describe(call.base_url))

    async def show_credits(self, call: Call) -> Response:
        """`GET /api/credits/balance/simple`."""
        return accept(call.account.describe_credits())

    async def start_render(self, call: Call) -> Response:
        """`POST /api/render/proxy/lambda`; without attribution the export is blocked."""
        if not all(call.request.headers.get(name) for name in _ATTRIBUTION):
            raise Refusal(402, "export is not available on the free plan")
        body = await call.read_object()
        session = self._find_session(body.get("sessionId"), call)
        strike = strike_of(call.request)
        trouble = strike if strike is not None and strike.fault.traits.place == "service" else None
        return self._show(self._renders.start(body, session, call.base_url, trouble), call)

    async def show_render(self, call: Call) -> Response:
        """`GET /api/render/proxy/lambda/<id>`."""
        render_id = call.request.path_params["render_id"]
        return self._show(self._renders.look(render_id, call.account.user_id), call)

    async def cancel_render(self, call: Call) -> Response:
        """`POST /api/render/proxy/lambda/<id>/cancel`."""
        render = self._find_render(call)
        self._renders.cancel(render)
        return self._show(render, call)

    async def download_render(self, call: Call) -> Response:
        """`GET /api/render/proxy/<id>/download`."""
        render = self._find_render(call)
        if render.path is None:
            raise Refusal(404, f"render {render.id} has no output: it is {render.status}")
        self.ledger.record_download()
        return self._send_file(render.path, filename=f"{render.id}.mp4")

    async def deliver(self, request: Request) -> Response:
        """`GET /cdn/<key>/<filename>`: the download host, which must never see a token."""
        if "Authorization" in request.headers:
            self.ledger.record_leak(request.url.path)
        path = self._shelf.find(request.path_params["key"])
        if path is None:
            return Response("not found", 404, media_type="text/plain")
        self.ledger.record_download()
        return self._send_file(path)

    def _send_file(self, path: Path, filename: str | None = None) -> Response:
        kind = _LargeFileResponse if self._options.ranges else _WholeFileResponse
        return kind(path, filename=filename)

    def _show(self, render: Render, call: Call) -> Response:
        describe = describe_top if self._options.render == "top" else describe_nested
        return JSONResponse(describe(render, call.base_url))

    def _find_session(self, session_id: Any, call: Call) -> Session:
        strike = strike_of(call.request)
        if strike is not None and strike.fault.kind == "forgotten":
            self.sessions.forget(str(session_id))
        return self.sessions.find(session_id, call.account.user_id)

    def _find_render(self, call: Call) -> Render:
        return self._renders.find(call.request.path_params["render_id"], call.account.user_id)


def build_app(service: Service) -> Starlette:
    """The ASGI application of one sandbox."""
    upload = "/api/upload-video/nemo_agent/me/{session_id}"
    state = "/api/state/nemo_agent/me/{session_id}/latest"
    renders = "/api/render/proxy/lambda"
    guarded: list[tuple[str, str, str, str, Handler]] = [
        ("session", "POST", "/api/tasks/me/with-session/nemo_agent", "write", service.make_session),
        ("claim", "POST", "/api/auth/claim-token", "write", service.make_claim),
        ("upload", "POST", upload, "upload", service.take_upload),
        ("prompt", "POST", "/run_sse", "write", service.run_prompt),
        ("state", "GET", state, "read", service.show_state),
        ("credits", "GET", "/api/credits/balance/simple", "read", service.show_credits),
        ("render", "POST", renders, "render", service.start_render),
        ("render-status", "GET", renders + "/{render_id}", "render", service.show_render),
        ("cancel", "POST", renders + "/{render_id}/cancel", "render", service.cancel_render),
        ("download", "GET", "/api/render/proxy/{render_id}/download", "render", service.download_render),
    ]
    faults = FaultLayer(service.faults, service.ledger, service.closing, service.reject)
    routes = [
        Route(path, _note(service, faults.around(call, _guard(service, scope, handler))), methods=[method])
        for call, method, path, scope, handler in guarded
    ]
    make_token = _note(service, faults.around("token", service.make_token))
    open_routes = [
        Route("/api/auth/anonymous-token", make_token, methods=["POST"]),
        Route("/cdn/{key}/{filename}", faults.around("cdn", service.deliver), methods=["GET"]),
    ]
    control = Control(service.ledger, service.faults, service.accounts, service.sessions)
    return Starlette(routes=[*control.routes(), *open_routes, *routes])


if TYPE_CHECKING:
    Handler = Callable[[Call], Awaitable[Response]]
    Endpoint = Callable[[Request], Awaitable[Response]]


def _guard(service: Service, scope: str, handler: Handler) -> Endpoint:
    """An endpoint that asks for a token first."""

    async def endpoint(request: Request) -> Response:
        return await handler(service.authenticate(request, scope))

    return endpoint


def _note(service: Service, endpoint: Endpoint) -> Endpoint:
    """The same endpoint with its refusals put into words and each call noted in the ledger."""

    async def noted(request: Request) -> Response:
        if request.url.path == "/run_sse":
            await _count_prompt(service, request)
        try:
            response = await endpoint(request)
        except (Refusal, NotFoundInAdk) as error:
            response = service.refuse(error)
        source, version, platform = (request.headers.get(name, "") for name in _ATTRIBUTION)
        strike = strike_of(request)
        fault = "" if strike is None else strike.fault.text
        service.ledger.record_call(
            CallEntry(
                request.method, request.url.path, response.status_code, source, version, platform, fault
            )
        )
        return response

    return noted


async def _count_prompt(service: Service, request: Request) -> None:
    """Count a prompt that has arrived, before anything can go wrong with it."""
    try:
        session_id, text = read_prompt(await _read_json(request))
    except Refusal:
        return
    if text:
        service.ledger.record_arrival(session_id, text)


def _base_url(request: Request) -> str:
    return str(request.base_url).rstrip("/")


async def _read_json(request: Request) -> Any:
    try:
        return json.loads(await request.body() or b"{}")
    except ValueError as error:
        raise Refusal(400, "the body is not JSON") from error
