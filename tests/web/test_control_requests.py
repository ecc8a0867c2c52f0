"""Requests over a real control socket, to an application behind which somebody only notes what is asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from loguru import logger
from noting import JOB, STATUS, Noting

from nemowatch.jobs.errors import DatabaseUnusable
from nemowatch.jobs.orders import Action
from nemowatch.jobs.records import JobState
from nemowatch.jobs.window import NoSuchJob
from nemowatch.nemo.errors import OutOfCredits, ServiceDown, TokenRejected
from nemowatch.places import StateFolder
from nemowatch.web.app import build_app
from nemowatch.web.bodies import (
    Health,
)
from nemowatch.web.client import ControlClient, ControlRefused
from nemowatch.web.server import ControlServer

Value = TypeVar("Value")


class Line:
    """A served socket, and both ends of it."""

    def __init__(self, state: StateFolder) -> None:
        self.behind = Noting()
        self.state = state
        self.server = ControlServer(build_app(self.behind), state.control)

    async def ask(self, question: Callable[[ControlClient], Value]) -> Value:
        """Ask as a command does, which blocks."""

        def asking() -> Value:
            with ControlClient(self.state) as client:
                return question(client)

        return await asyncio.to_thread(asking)

    async def send(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Send what the client would not."""
        transport = httpx.AsyncHTTPTransport(uds=str(self.state.control), verify=False, trust_env=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://nemowatch") as client:
            return await client.request(method, path, **request)


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    line = Line(StateFolder(tmp_path / "state").create())
    await line.server.start()
    yield line
    await line.server.stop()


def refusal_of(answer: httpx.Response) -> dict[str, str]:
    """The one body in which everything is refused."""
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert list(body) == ["error"]
    assert list(body["error"]) == ["code", "message", "hint"]
    assert "Traceback" not in answer.text
    return dict(body["error"])


async def test_client_reads_back_exactly_what_the_daemon_gave(line: Line) -> None:
    assert await line.ask(lambda client: client.status()) == STATUS
    assert await line.ask(lambda client: client.job("0123/../x ö")) == JOB
    wanted = (JobState.HELD, JobState.DONE)
    given = await line.ask(lambda client: client.jobs(states=wanted, rule="a&b=ö", since=1.5, limit=3))
    assert given == (JOB,)
    assert await line.ask(lambda client: client.jobs()) == (JOB,)
    assert (await line.ask(lambda client: client.read_log("01", 5))).next_offset == 18
    outcomes = await line.ask(lambda client: client.order(Action.CANCEL, ["a", "b"]))
    assert [outcome.job_id for outcome in outcomes] == ["a", "b"]
    assert (await line.ask(lambda client: client.pause(" lunch "))).why == "lunch"
    assert (await line.ask(lambda client: client.resume())).paused_at is None
    assert (await line.ask(lambda client: client.reload())).added == ("new",)
    assert (await line.ask(lambda client: client.credits())).credits_per_day is None
    (skipped,) = await line.ask(lambda client: client.skipped("shorts"))
    assert skipped.noted_at == 1_700_000_000.0
    assert await line.ask(lambda client: client.health()) == Health("1.0", 42, 1_700_000_000.0, 0.25)
    assert "nemowatch_loop_lag_seconds 0.25" in await line.ask(lambda client: client.metrics())
    assert line.behind.asked == [
        ("status",),
        ("job", "0123/../x ö"),
        ("jobs", wanted, "a&b=ö", 1.5, 3),
        ("jobs", (), None, None, 50),
        ("log", "01", 5),
        ("order", Action.CANCEL, ("a", "b"), ""),
        ("pause", "lunch"),
        ("resume",),
        ("reload",),
        ("credits",),
        ("skipped", "shorts", 50),
        ("health",),
        ("figures",),
    ]


NOT_UNDERSTOOD: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("GET", "/v1/jobs?state=asleep", {}),
    ("GET", "/v1/jobs?limit=0", {}),
    ("GET", f"/v1/jobs?limit={10**30}", {}),
    ("GET", "/v1/jobs?since=nan", {}),
    ("GET", "/v1/jobs?stat=done", {}),
    ("GET", "/v1/jobs/a/log?offset=-1", {}),
    ("POST", "/v1/orders", {"content": b"{"}),
    ("POST", "/v1/orders", {"content": b"\xff"}),
    ("POST", "/v1/orders", {"json": []}),
    ("POST", "/v1/orders", {"json": {"action": "eat", "jobs": ["a"]}}),
    ("POST", "/v1/orders", {"json": {"action": "retry", "jobs": []}}),
    ("POST", "/v1/orders", {"json": {"action": "answer", "jobs": ["a"]}}),
    ("POST", "/v1/orders", {"json": {"action": "rerun", "jobs": ["a", "b", "a"]}}),
    ("POST", "/v1/orders", {"json": {"action": "retry", "jobs": ["a"], "text": "x"}}),
    ("POST", "/v1/reload", {"json": {"now": True}}),
)


async def test_what_is_not_asked_for_rightly_is_refused_in_one_form_and_reaches_nobody(line: Line) -> None:
    for method, path, request in NOT_UNDERSTOOD:
        answer = await line.send(method, path, **request)
        assert answer.status_code == 422, (path, request)
        assert refusal_of(answer)["code"] == "not_understood"
    large = await line.send("POST", "/v1/pause", content=b" " * 1_000_001)
    assert (large.status_code, refusal_of(large)["code"]) == (413, "too_large")
    for path in ("/", "/v1", "/v1/job", "/v1/status/more", "/v1/status/"):
        answer = await line.send("GET", path)
        assert (answer.status_code, refusal_of(answer)["code"]) == (404, "no_such_address"), path
    strange = await line.send("GET", "/v1/a%3Fb", headers={"host": "["})
    assert refusal_of(strange)["message"] == "There is no /v1/a?b here."
    for method, path in (("POST", "/v1/status"), ("GET", "/v1/orders"), ("DELETE", "/v1/jobs/a")):
        answer = await line.send(method, path)
        assert (answer.status_code, refusal_of(answer)["code"]) == (405, "wrong_method"), path
    assert line.behind.asked == []


async def test_what_is_no_http_is_refused_in_the_same_form_and_hung_up_on(line: Line) -> None:
    reader, writer = await asyncio.open_unix_connection(line.state.control)
    writer.write(b"nonsense\r\n\r\n")
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n")
    assert json.loads(body)["error"]["code"] == "no_http"


async def test_command_that_is_stopped_in_the_middle_of_its_request_is_no_mistake_of_ours(line: Line) -> None:
    logged: list[str] = []
    sink = logger.add(logged.append)
    reader, writer = await asyncio.open_unix_connection(line.state.control)
    writer.write(b"POST /v1/pause HTTP/1.1\r\nhost: nemowatch\r\ncontent-length: 50\r\n\r\n{")
    writer.write_eof()
    assert await reader.read() == b""  # it has hung up, too
    writer.close()
    await line.server.stop()
    logger.remove(sink)
    assert (line.behind.asked, logged) == ([], [])


async def test_refusal_comes_back_with_its_words_its_code_and_what_it_means_to_the_shell(line: Line) -> None:
    for trouble, code, exit_code in (
        (NoSuchJob("There is no job 'x'.", hint="`nemowatch jobs list` shows the ids."), "no_such_job", 2),
        (TokenRejected("The token is refused."), "token_refused", 5),
        (OutOfCredits("None are left."), "payment_needed", 6),
        (ServiceDown("Nobody answers."), "service_down", 1),
        (DatabaseUnusable("The disk is full."), "database_unusable", 1),
    ):
        line.behind.trouble = trouble
        with pytest.raises(ControlRefused) as refused:
            await line.ask(lambda client: client.credits())
        assert (refused.value.code, refused.value.exit_code) == (code, exit_code)
        assert (refused.value.message, refused.value.hint) == (trouble.message, trouble.hint)


async def test_mistake_of_ours_is_answered_without_a_word_of_it_and_the_next_request_as_ever(
    line: Line,
) -> None:
    line.behind.trouble = RuntimeError("token nmv_secret0123 in a local")
    answer = await line.send("GET", "/v1/status")
    assert answer.status_code == 500
    assert refusal_of(answer)["code"] == "broken"
    assert "nmv_" not in answer.text
    line.behind.trouble = None
    given = json.loads((await line.send("GET", "/v1/jobs")).content)
    assert given["jobs"][0]["queued_at"] == "2023-11-14T22:13:20.500+00:00"
    metrics = await line.send("GET", "/metrics?collector=1")
    assert metrics.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
