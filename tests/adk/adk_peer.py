"""What the tests of the ADK peer share: the running server, and how it is started and stopped."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from helpers import wait_until

from nemowatch.nemo.attribution import Attribution
from nemowatch.nemo.client import NemoApi, NemoClient

HERE = Path(__file__).parent
_ADDRESS = re.compile(r"Uvicorn running on (http://127\.0\.0\.1:\d+)")


@dataclass(frozen=True)
class AdkServer:
    """A running `adk api_server`."""

    url: str
    process: subprocess.Popen[bytes]

    def address_of(self, session: str) -> str:
        """Where ADK itself keeps a session."""
        return f"{self.url}/apps/nemo_agent/users/me/sessions/{session}"

    def create_session(self, session: str) -> str:
        httpx.post(self.address_of(session), json={}).raise_for_status()
        return session

    def read_session(self, session: str) -> dict[str, Any]:
        answer = httpx.get(self.address_of(session)).raise_for_status()
        return dict(answer.json())

    def delete_session(self, session: str) -> None:
        httpx.delete(self.address_of(session)).raise_for_status()


StartAdk = Callable[[], AbstractContextManager[AdkServer]]
ClientOf = Callable[[AdkServer], NemoClient]


def as_skill(client: NemoClient) -> NemoApi:
    return client.as_skill(Attribution("opusclip", "1.0.0", "unknown"))


@contextmanager
def run_adk(program: Path, folder: Path) -> Iterator[AdkServer]:
    """Start the server in an empty folder with the scripted agent; it is killed at the end."""
    agents, log = folder / "agents", folder / "log"
    # A copy, because Python and the server write beside what they load.
    shutil.copytree(HERE / "agents", agents, ignore=shutil.ignore_patterns("__pycache__"))
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, "api_server", "--port", "0", "--session_service_uri", "memory://", agents],
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={"HOME": str(folder), "PATH": os.defpath, "LANG": "C.UTF-8"},
        )
    try:
        wait_until(lambda: process.poll() is not None or _ADDRESS.search(log.read_text()), timeout=60)
        address = _ADDRESS.search(log.read_text())
        assert address, log.read_text()
        yield AdkServer(address[1], process)
    finally:
        process.kill()
        process.wait()
