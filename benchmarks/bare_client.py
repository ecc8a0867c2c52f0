"""The least that the same work can cost: the API's calls in a row with plain httpx, and nothing else.

    python -m benchmarks.bare_client URL PROMPT FOLDER CALL ...

The calls are those that the daemon made for one job, in their order, as counted_sandbox.py names them. Waits for a
line with a count on its stdin, runs so many jobs on the files of FOLDER, and prints what they cost: CPU seconds of
this process, its start left out. No queue, no database, no checks, no folders to watch.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN_CALL = "POST /api/auth/anonymous-token"  # a call's name, no secret

_HEADERS = {"X-Skill-Source": "nemowatch", "X-Skill-Version": "0", "X-Skill-Platform": "unknown"}
_SECONDS = 60.0


def connect(url: str) -> httpx.Client:
    """A connection pool with an anonymous token."""
    http = httpx.Client(base_url=url, timeout=_SECONDS, headers=_HEADERS)
    answer = http.post("/api/auth/anonymous-token", headers={"X-Client-Id": "bare"})
    http.headers["Authorization"] = f"Bearer {answer.json()['data']['token']}"
    return http


class BareJob:
    """The calls of one job; each method makes one and keeps what later ones need."""

    def __init__(self, http: httpx.Client, file: Path, prompt: str, target: Path) -> None:
        self._http = http
        self._file = file
        self._prompt = prompt
        self._target = target
        self._session: dict[str, Any] = {}
        self._draft: object = None
        self._render: dict[str, Any] = {}

    def open_session(self, name: str = "project") -> None:
        body = {"task_name": name, "language": "en"}
        self._session = self._post("/api/tasks/me/with-session/nemo_agent", body)["data"]

    def claim(self) -> None:
        wanted = ("task_id", "session_id")
        self._post("/api/auth/claim-token", {name: self._session[name] for name in wanted})

    def read_credits(self) -> None:
        self._get("/api/credits/balance/simple")

    def read_state(self) -> None:
        answer = self._get(f"/api/state/nemo_agent/me/{self._session['session_id']}/latest")
        self._draft = answer["data"]["state"]["draft"]

    def upload(self) -> None:
        with self._file.open("rb") as content:
            path = f"/api/upload-video/nemo_agent/me/{self._session['session_id']}"
            self._http.post(path, files={"files": content}).raise_for_status()

    def send_prompt(self) -> None:
        message = {"parts": [{"text": self._prompt}]}
        session_id = self._session["session_id"]
        body = {"app_name": "nemo_agent", "user_id": "me", "session_id": session_id, "new_message": message}
        with self._http.stream("POST", "/run_sse", json=body) as events:
            for line in events.iter_lines():
                if line.startswith("data:") and line[5:].strip():
                    json.loads(line[5:])

    def start_render(self) -> None:
        body = {
            "id": f"render_{uuid.uuid4().hex}",
            "sessionId": self._session["session_id"],
            "draft": self._draft,
            "output": {"format": "mp4", "quality": "high"},
        }
        self._render = self._post("/api/render/proxy/lambda", body)

    def read_render(self) -> None:
        self._render = self._get(f"/api/render/proxy/lambda/{self._render['taskId']}")

    def download(self) -> None:
        request = self._http.build_request("GET", self._render["output"]["url"])
        del request.headers["Authorization"]  # as NemoWatch: no token for a download host
        with self._target.open("wb") as file:
            for piece in self._http.send(request, stream=True).iter_raw():
                file.write(piece)

    def _get(self, path: str) -> Any:
        return self._http.get(path).raise_for_status().json()

    def _post(self, path: str, body: object) -> Any:
        return self._http.post(path, json=body).raise_for_status().json()


CALLS: dict[str, Callable[[BareJob], None]] = {
    "POST /api/tasks/me/with-session/nemo_agent": BareJob.open_session,
    "POST /api/auth/claim-token": BareJob.claim,
    "GET /api/credits/balance/simple": BareJob.read_credits,
    "GET /api/state/nemo_agent/me/…": BareJob.read_state,
    "POST /api/upload-video/nemo_agent/me/…": BareJob.upload,
    "POST /run_sse": BareJob.send_prompt,
    "POST /api/render/proxy/lambda": BareJob.start_render,
    "GET /api/render/proxy/lambda/…": BareJob.read_render,
    "GET /cdn/…": BareJob.download,
}
"""What makes each call, by its name in counted_sandbox.py."""


def main() -> None:
    url, prompt, folder, *names = sys.argv[1:]
    http = connect(url)
    files = iter(sorted(Path(folder).iterdir()))
    for line in sys.stdin:
        before = time.process_time()
        for _ in range(int(line)):
            job = BareJob(http, next(files), prompt, Path(folder).parent / "bare-download.mp4")
            for name in names:
                CALLS[name](job)
        print(time.process_time() - before, flush=True)


if __name__ == "__main__":
    main()
