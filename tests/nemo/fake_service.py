"""A small service on loopback whose every answer a test can replace; it notes what it was asked."""

from __future__ import annotations

import socket
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import uvicorn
from helpers import wait_until
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TOKEN = "nmv_usr_secretsecret"
Handler = Callable[[Request, bytes], Awaitable[Response] | Response]


@dataclass
class Seen:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class FakeService:
    """`answers` maps "METHOD /path" to JSON, a Response, or a function of the request and its body."""

    answers: dict[str, Any] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)

    def reset(self) -> None:
        self.seen = []
        token = {"token": TOKEN, "user_id": "anon_1", "expires_at": "2999-01-01T00:00:00Z"}
        self.answers = {"POST /api/auth/anonymous-token": {"code": 0, "data": token}}

    def __enter__(self) -> Self:
        self.reset()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        app = Starlette(routes=[Route("/{path:path}", self._answer, methods=["GET", "POST"])])
        config = uvicorn.Config(app, log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],))
        self._thread.start()
        wait_until(lambda: self._server.started)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()

    def paths(self) -> list[str]:
        return [f"{request.method} {request.path}" for request in self.seen]

    def last(self, path: str) -> Seen:
        return next(request for request in reversed(self.seen) if request.path == path)

    async def _answer(self, request: Request) -> Response:
        body = await request.body()
        # The raw path: what was quoted must still be so.
        path = request.scope["raw_path"].decode()
        self.seen.append(Seen(request.method, path, dict(request.headers), body))
        answer = self.answers.get(f"{request.method} {path}")
        if answer is None:
            return JSONResponse({"detail": "Not Found"}, 404)
        if callable(answer) and not isinstance(answer, Response):
            answer = answer(request, body)
        if isinstance(answer, Awaitable):
            answer = await answer
        return answer if isinstance(answer, Response) else JSONResponse(answer)
