"""A caller that knows nothing but HTTP: the sandbox is tested by its own words, not by NemoWatch's client."""

from __future__ import annotations

import json
import ssl
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from helpers import wait_until

from nemowatch.sandbox.server import Sandbox

ATTRIBUTION = {"X-Skill-Source": "opusclip", "X-Skill-Version": "1.0.0", "X-Skill-Platform": "unknown"}


_NO_TLS = ssl.create_default_context()  # made once: httpx would spend 20 ms on it for each client


class BareClient:
    def __init__(self, sandbox: Sandbox, http: httpx.Client) -> None:
        self.sandbox = sandbox
        self.http = http
        self.session_id = ""
        self.user_id = ""
        self.client_id = str(uuid.uuid4())

    @property
    def folder(self) -> Path:
        """Where the service keeps the session's files."""
        return self.sandbox.folder / self.session_id

    def entries(self, kind: str) -> list[dict[str, Any]]:
        """The ledger's uploads, prompts or renders of this session."""
        return [entry for entry in self.sandbox.ledger()[kind] if entry["session_id"] == self.session_id]

    def make_token(self, client_id: str = "") -> httpx.Response:
        return self.http.post(
            "/api/auth/anonymous-token", headers={"X-Client-Id": client_id or self.client_id}
        )

    def sign_in(self, token: str = "") -> str:
        token = token or self.make_token().json()["data"]["token"]
        self.http.headers["Authorization"] = f"Bearer {token}"
        return token

    def open_session(self, **body: str) -> str:
        answer = self.http.post("/api/tasks/me/with-session/nemo_agent", json=body)
        self.session_id = answer.json()["data"]["session_id"]
        self.user_id = answer.json()["data"]["user_id"]
        return self.session_id

    def upload(self, *files: tuple[str, bytes | Path]) -> dict[str, Any]:
        parts = [
            ("files", (name, data if isinstance(data, bytes) else data.read_bytes())) for name, data in files
        ]
        return self.http.post(f"/api/upload-video/nemo_agent/me/{self.session_id}", files=parts).json()

    def upload_addresses(self, *urls: str) -> dict[str, Any]:
        body = {"urls": list(urls), "source_type": "url"}
        return self.http.post(f"/api/upload-video/nemo_agent/me/{self.session_id}", json=body).json()

    def prompt_body(self, text: str, **changes: Any) -> dict[str, Any]:
        message = {"parts": [{"text": text}]}
        me = {"app_name": "nemo_agent", "user_id": "me"}
        return {**me, "session_id": self.session_id, "new_message": message, **changes}

    def send_prompt(self, text: str) -> list[dict[str, Any]]:
        """The objects of the whole stream, heartbeats included."""
        answer = self.http.post(
            "/run_sse", json=self.prompt_body(text), headers={"Accept": "text/event-stream"}
        )
        assert answer.headers["content-type"].startswith("text/event-stream"), answer.text
        lines = [line[5:].strip() for line in answer.text.splitlines() if line.startswith("data:")]
        return [json.loads(line) for line in lines if line]

    def read_state(self) -> dict[str, Any]:
        answer = self.http.get(f"/api/state/nemo_agent/me/{self.session_id}/latest")
        return answer.json()["data"]["state"]

    def read_draft(self) -> dict[str, Any]:
        return self.read_state()["draft"]

    def read_credits(self) -> dict[str, int]:
        return self.http.get("/api/credits/balance/simple").json()["data"]

    def start_render(self, render_id: str, draft: dict[str, Any], **changes: Any) -> httpx.Response:
        body = {
            "id": render_id,
            "sessionId": self.session_id,
            "draft": draft,
            "output": {"format": "mp4", "quality": "high"},
        }
        return self.http.post("/api/render/proxy/lambda", json=body | changes)

    def read_render(self, render_id: str) -> dict[str, Any]:
        return self.http.get(f"/api/render/proxy/lambda/{render_id}").json()

    def wait_for_render(self, render_id: str) -> dict[str, Any]:
        seen: dict[str, Any] = {}

        def has_ended() -> bool:
            seen.update(self.read_render(render_id))
            return (seen.get("status") or seen["data"]["status"]) in {"completed", "failed"}

        wait_until(has_ended)
        return seen


@contextmanager
def call_on(sandbox: Sandbox, token: str = "") -> Iterator[BareClient]:
    """A new user of a running sandbox, signed in, with an open session."""
    with httpx.Client(base_url=sandbox.url, headers=ATTRIBUTION, timeout=30, verify=_NO_TLS) as http:
        client = BareClient(sandbox, http)
        client.sign_in(token)
        client.open_session()
        yield client


@contextmanager
def bare_client(folder: Path, **switches: Any) -> Iterator[BareClient]:
    """The same with a sandbox of its own."""
    with Sandbox(folder / "service", **switches) as sandbox:
        token = next(iter(switches.get("own_tokens", {})), "")
        with call_on(sandbox, token) as client:
            yield client


def video_segments(draft: dict[str, Any]) -> list[dict[str, Any]]:
    return [segment for track in draft["t"] if track["tt"] == 0 for segment in track["sg"]]


def track_of(draft: dict[str, Any], kind: int) -> dict[str, Any]:
    return next(track for track in draft["t"] if track["tt"] == kind)
