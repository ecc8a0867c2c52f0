"""A genuine ADK API server as the peer: an environment of its own, loopback, no model, no key."""

from __future__ import annotations

import subprocess
import venv
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from adk_peer import HERE, AdkServer, ClientOf, StartAdk, as_skill, run_adk

from nemowatch.clock import SystemClock
from nemowatch.nemo.client import NemoApi, NemoClient
from nemowatch.nemo.token import TokenSource


@pytest.fixture(scope="session")
def adk_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("adk") / "venv"
    venv.create(folder, with_pip=True)
    pip: list[str | Path] = [folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "-r", HERE / "requirements.txt"], check=True)
    return folder / "bin" / "adk"


@pytest.fixture(scope="session")
def start_adk(adk_program: Path, tmp_path_factory: pytest.TempPathFactory) -> StartAdk:
    return lambda: run_adk(adk_program, tmp_path_factory.mktemp("server"))


@pytest.fixture(scope="session")
def adk(start_adk: StartAdk) -> Iterator[AdkServer]:
    with start_adk() as server:
        yield server


@pytest.fixture
def client_of(tmp_path: Path) -> ClientOf:
    def make(server: AdkServer) -> NemoClient:
        tokens = TokenSource(
            api_url=server.url,
            client_id_file=tmp_path / "client_id",
            token_file=tmp_path / "token.json",
            environ={"NEMO_TOKEN": "own-token-1234"},
        )
        return NemoClient(api_url=server.url, web_url="https://web.test", tokens=tokens, clock=SystemClock())

    return make


@pytest.fixture
async def api(adk: AdkServer, client_of: ClientOf) -> AsyncIterator[NemoApi]:
    async with client_of(adk) as client:
        yield as_skill(client)
