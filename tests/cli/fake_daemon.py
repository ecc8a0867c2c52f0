"""In the daemon's place for the commands: holds the lock, and answers on the control socket what a test says."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingUnixStreamServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from nemowatch.places import InstanceLock, StateFolder


class FakeDaemon:
    """Answers by method and path: a body, which is a success, or a status and a body.

    Attributes:
        answers: what to say, such as `{"GET /v1/jobs": {"jobs": []}}`.
        hangs_up: whether it closes a connection after its answer.
        asked: what came, such as `("GET /v1/jobs", {"limit": ["50"]})`, or with the body of a POST.
    """

    def __init__(self, **answers: Any) -> None:
        self.answers: dict[str, Any] = dict(answers)
        self.hangs_up = False
        self.asked: list[tuple[str, Any]] = []
        self.state = StateFolder.locate().create()
        self._lock = InstanceLock(self.state)
        daemon = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                path = urlsplit(self.path)
                daemon._answer(self, f"GET {path.path}", parse_qs(path.query))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                daemon._answer(self, f"POST {self.path}", json.loads(body))

            def log_message(self, *args: Any) -> None:
                pass

        class Server(ThreadingUnixStreamServer):
            daemon_threads = True

            def get_request(self) -> Any:
                return self.socket.accept()[0], ("", 0)

        self._server = Server(str(self.state.control), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def refuse(self, request: str, code: str, message: str, *, status: int = 409, hint: str = "") -> None:
        """Let a request be refused."""
        self.answers[request] = (status, {"error": {"code": code, "message": message, "hint": hint}})

    def __enter__(self) -> Self:
        self._lock.__enter__()
        self._has_lock = True
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()
        self.state.control.unlink(missing_ok=True)
        self.let_go_of_lock()

    def let_go_of_lock(self) -> None:
        """As a daemon that ends."""
        if self._has_lock:
            self._lock.__exit__(None, None, None)
        self._has_lock = False

    def _answer(self, request: BaseHTTPRequestHandler, name: str, sent: Any) -> None:
        self.asked.append((name, sent))
        answer = self.answers[name]
        if callable(answer):
            answer = answer(sent)
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        text = json.dumps(body).encode()
        request.send_response(status)
        request.send_header("content-type", "application/json")
        request.send_header("content-length", str(len(text)))
        if self.hangs_up:
            request.send_header("connection", "close")
        request.end_headers()
        request.wfile.write(text)
