"""The embedded service with a counter in front: `python -m benchmarks.counted_sandbox FOLDER READY_FILE`.

Every render is READY_FILE at once. The first line it prints is its address; the calls that were made, in their
order, stand under `/_bench/calls`, so that two clients can be held to the same. The counter is put in front from
outside.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from nemowatch.sandbox import server
from nemowatch.sandbox.app import Service, build_app
from nemowatch.sandbox.server import Sandbox

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_NAMES = re.compile(r"/(me|cdn|lambda)/(?!with-session)[^/]+(/[^/]+$)?")
_ENOUGH = 1_000_000


class CallCounter:
    """Notes requests by method and path, ids left out, and passes them on."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._calls: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] == "/_bench/calls":
            body = json.dumps(self._calls).encode()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": body})
        else:
            path = _NAMES.sub(r"/\1/…", scope["path"])
            self._calls.append(f"{scope['method']} {path}")
            await self._app(scope, receive, send)


def build_counted_app(service: Service) -> CallCounter:
    """The sandbox's own application with the counter in front."""
    return CallCounter(build_app(service))


def main() -> None:
    folder, ready_file = map(Path, sys.argv[1:])
    vars(server)["build_app"] = build_counted_app
    with Sandbox(folder, ready_file=ready_file, silent="never", credits=_ENOUGH) as sandbox:
        print(sandbox.url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
