"""A service, a client of it, and the client's calls in the name of a skill."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fake_service import FakeService

from nemowatch.clock import SystemClock
from nemowatch.nemo.attribution import Attribution
from nemowatch.nemo.client import NemoApi, NemoClient
from nemowatch.nemo.timeouts import Timeouts
from nemowatch.nemo.token import TokenSource

MakeClient = Callable[..., NemoClient]


@pytest.fixture(scope="session")
def running_service() -> Iterator[FakeService]:
    with FakeService() as running:
        yield running


@pytest.fixture
def service(running_service: FakeService) -> FakeService:
    """As if it had just been started; starting one for each test would take most of the time."""
    running_service.reset()
    return running_service


@pytest.fixture
def make_client(tmp_path: Path) -> MakeClient:
    def make(url: str, timeouts: Timeouts | None = None, environ: dict[str, str] | None = None) -> NemoClient:
        tokens = TokenSource(
            api_url=url,
            client_id_file=tmp_path / "config" / "client_id",
            token_file=tmp_path / "token.json",
            environ={"NEMO_TOKEN": "own-token-1234"} if environ is None else environ,
        )
        return NemoClient(
            api_url=url, web_url="https://web.test/", tokens=tokens, timeouts=timeouts, clock=SystemClock()
        )

    return make


@pytest.fixture
async def api(service: FakeService, make_client: MakeClient) -> AsyncIterator[NemoApi]:
    async with make_client(service.url) as client:
        yield client.as_skill(Attribution("opusclip", "1.0.0", "cursor"))
