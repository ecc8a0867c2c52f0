"""What an error says about the prompt that met it: surely nothing was done, or perhaps it was applied."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from fake_service import FakeService
from helpers import make_video
from raw_server import raw_server
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from stream_parts import ACCOUNT

from nemowatch.nemo import errors
from nemowatch.nemo.attribution import Attribution
from nemowatch.nemo.calls import PROMPT
from nemowatch.nemo.client import NemoApi, NemoClient
from nemowatch.nemo.errors import ApiError, is_certainly_not_applied
from nemowatch.nemo.events import AgentEvent, TextEvent
from nemowatch.nemo.sse import stream_errors
from nemowatch.nemo.stream import EventReader
from nemowatch.sandbox.server import Sandbox

pytestmark = pytest.mark.slow

MakeClient = Callable[..., NemoClient]
SKILL = Attribution("opusclip", "1.0.0", "cursor")
TOKEN_CALL = "POST /api/auth/anonymous-token"


async def prompt(api: NemoApi) -> list[AgentEvent]:
    return [event async for event in api.send_prompt("s1", "cut")]


async def error_of_prompt(api: NemoApi) -> ApiError:
    with pytest.raises(ApiError) as caught:
        await prompt(api)
    return caught.value


def stream_of(*events: object) -> Response:
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
    return PlainTextResponse(body, media_type="text/event-stream")


@pytest.mark.parametrize(
    ("answer", "kind", "is_certain"),
    [
        (JSONResponse({}, 401), errors.TokenRejected, True),
        (JSONResponse({"code": 1001}), errors.TokenRejected, True),
        (JSONResponse({"detail": "Session not found: s1"}, 404), errors.SessionNotFound, True),
        (JSONResponse({"code": 1002}), errors.SessionNotFound, True),
        (HTMLResponse("<html>nginx</html>", 404), errors.NotFound, True),
        (JSONResponse({"code": 2001}), errors.OutOfCredits, True),
        (JSONResponse({"code": 2001}, 402), errors.OutOfCredits, True),
        (JSONResponse({"code": 2001}, 503), errors.OutOfCredits, True),
        (JSONResponse({"message": "plan"}, 402), errors.ExportBlocked, True),
        (JSONResponse({"message": "scope: write"}, 403), errors.ScopeMissing, True),
        (JSONResponse({}, 429), errors.RateLimited, True),
        (JSONResponse({"code": 429}), errors.RateLimited, True),
        (JSONResponse({"message": "X-Client-Id is missing"}, 400), errors.ClientIdMissing, True),
        (JSONResponse({"message": "what?"}, 400), errors.CallRefused, True),
        (JSONResponse({"message": "busy"}, 409), errors.CallRefused, True),
        (JSONResponse({"detail": []}, 422), errors.CallRefused, True),
        (JSONResponse({"code": 4001}), errors.UnsupportedType, True),
        (JSONResponse({}, 413), errors.FileTooLarge, True),
        (JSONResponse({"code": 9999}), errors.CallRefused, False),
        (JSONResponse({"success": False, "error": "no"}), errors.CallRefused, False),
        (JSONResponse({}, 408), errors.ServiceDown, False),
        (JSONResponse({}, 500), errors.ServiceDown, False),
        (HTMLResponse("<html>bad gateway</html>", 502), errors.ServiceDown, False),
        (JSONResponse({"code": 503}), errors.ServiceDown, False),
        (HTMLResponse("<html>Please log in</html>"), errors.UnexpectedAnswer, False),
        (JSONResponse({"code": 0, "data": {}}), errors.UnexpectedAnswer, False),
        (Response(status_code=302, headers={"Location": "/login"}), errors.UnexpectedAnswer, False),
        (stream_of({"code": 2001}), errors.OutOfCredits, True),
        (stream_of({"code": 1002, "message": "gone"}), errors.SessionNotFound, True),
        (stream_of({"type": "error", "code": 2001, "message": "none left"}), errors.OutOfCredits, True),
        (stream_of({"type": "error", "code": 429}), errors.RateLimited, True),
        (stream_of({"error": "no credits", "error_code": "2001"}), errors.OutOfCredits, True),
        (stream_of({"error": {"code": 1001, "message": "expired"}}), errors.TokenRejected, True),
        (stream_of({"type": "error", "code": 400, "message": "what?"}), errors.CallRefused, False),
        (stream_of({"error": {"code": 429, "message": "the model is busy"}}), errors.PromptFailed, False),
        (stream_of({"type": "error", "code": 500, "message": "oops"}), errors.PromptFailed, False),
        (stream_of({"error": "oops"}), errors.PromptFailed, False),
        (stream_of({"type": "text", "content": "Working"}, {"code": 2001}), errors.OutOfCredits, False),
        (stream_of({"type": "heartbeat"}, {"code": 2001}), errors.OutOfCredits, False),
        (stream_of({"type": "tool_call", "name": "cut"}, {"code": 1001}), errors.TokenRejected, False),
        (stream_of([1]), errors.UnexpectedAnswer, False),
        (PlainTextResponse("data: {", media_type="text/event-stream"), errors.StreamCut, False),
    ],
)
async def test_each_answer_to_a_prompt_says_whether_it_may_have_been_applied(
    service: FakeService, api: NemoApi, answer: Response, kind: type[ApiError], is_certain: bool
) -> None:
    service.answers["POST /run_sse"] = answer
    error = await error_of_prompt(api)
    assert type(error) is kind
    assert is_certainly_not_applied(error) is is_certain
    assert service.paths() == ["POST /run_sse"]


@pytest.mark.parametrize(
    ("failure", "kind", "is_certain"),
    [
        (httpx.ConnectError("refused"), errors.ServiceDown, True),
        (httpx.ConnectTimeout("slow"), errors.ServiceDown, True),
        (httpx.PoolTimeout("full"), errors.ServiceDown, True),
        (httpx.ProxyError("no"), errors.ServiceDown, True),
        (httpx.UnsupportedProtocol("ftp"), errors.ServiceDown, True),
        (httpx.InvalidURL("port"), errors.ServiceDown, True),
        (httpx.WriteError("reset"), errors.StreamCut, False),
        (httpx.WriteTimeout("slow"), errors.PromptTimedOut, False),
        (httpx.ReadError("reset"), errors.StreamCut, False),
        (httpx.ReadTimeout("slow"), errors.PromptTimedOut, False),
        (httpx.RemoteProtocolError("closed"), errors.StreamCut, False),
        (httpx.LocalProtocolError("header"), errors.StreamCut, False),
        (httpx.CloseError("closed"), errors.StreamCut, False),
        (httpx.DecodingError("gzip"), errors.StreamCut, False),
        (httpx.StreamClosed(), errors.StreamCut, False),
    ],
)
def test_each_failure_of_the_connection_says_whether_the_prompt_may_have_left(
    failure: Exception, kind: type[ApiError], is_certain: bool
) -> None:
    with pytest.raises(ApiError) as caught, stream_errors(PROMPT):
        raise failure
    assert type(caught.value) is kind
    assert is_certainly_not_applied(caught.value) is is_certain
    assert caught.value.never_left is is_certain


def test_every_failure_that_httpx_knows_is_in_the_table() -> None:
    def leaves(kind: type[Exception]) -> set[type[Exception]]:
        return set.union({kind}, *(leaves(below) for below in kind.__subclasses__()))

    certain = {httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError}
    certain |= {httpx.UnsupportedProtocol}
    for kind in leaves(httpx.TransportError):
        with pytest.raises(ApiError) as caught, stream_errors(PROMPT):
            raise kind("why")
        assert is_certainly_not_applied(caught.value) is (kind in certain)


@pytest.mark.parametrize("kind", ApiError.__subclasses__())
def test_error_of_no_answer_at_all_is_certain_only_for_refusals(kind: type[ApiError]) -> None:
    doubtful = {
        "ServiceDown",
        "StreamCut",
        "PromptTimedOut",
        "PromptFailed",
        "UnexpectedAnswer",
        "CallRefused",
    }
    elsewhere = {"RenderExists", "FileChanged", "DownloadFailed"}
    assert is_certainly_not_applied(kind("why")) is (kind.__name__ not in doubtful | elsewhere)


async def test_connection_that_is_reset_after_the_prompt_was_read_leaves_doubt(
    make_client: MakeClient,
) -> None:
    async def speak(writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with raw_server(speak) as url, make_client(url) as client:
        error = await error_of_prompt(client.as_skill(SKILL))
    assert type(error) is errors.StreamCut
    assert not is_certainly_not_applied(error)


async def test_prompt_to_a_service_that_is_away_never_left(make_client: MakeClient) -> None:
    async with make_client("http://127.0.0.1:1") as client:
        error = await error_of_prompt(client.as_skill(SKILL))
    assert (type(error), error.status) == (errors.ServiceDown, None)
    assert is_certainly_not_applied(error)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (JSONResponse({}, 503), errors.ServiceDown),
        (JSONResponse({}, 429), errors.RateLimited),
        (HTMLResponse("<html>"), errors.UnexpectedAnswer),
        (JSONResponse({"code": 0, "data": {}}), errors.UnexpectedAnswer),
        (JSONResponse({"code": 9999}), errors.CallRefused),
    ],
)
async def test_prompt_that_gets_no_token_never_left(
    service: FakeService, make_client: MakeClient, answer: Response, kind: type[ApiError]
) -> None:
    service.answers[TOKEN_CALL] = answer
    async with make_client(service.url, environ={}) as client:
        error = await error_of_prompt(client.as_skill(SKILL))
    assert type(error) is kind
    assert is_certainly_not_applied(error)
    assert "POST /run_sse" not in service.paths()


async def test_prompt_whose_token_was_rejected_and_is_not_renewed_was_not_applied(
    service: FakeService, make_client: MakeClient
) -> None:
    service.answers["POST /run_sse"] = JSONResponse({}, 401)
    async with make_client(service.url, environ={}) as client:
        await client.tokens.get()
        service.answers[TOKEN_CALL] = JSONResponse({}, 502)
        error = await error_of_prompt(client.as_skill(SKILL))
    assert (type(error), error.status) == (errors.ServiceDown, 502)
    assert is_certainly_not_applied(error)


async def test_token_that_is_rejected_in_the_stream_is_not_renewed_behind_the_prompt(
    service: FakeService, make_client: MakeClient
) -> None:
    service.answers["POST /run_sse"] = stream_of({"type": "text", "content": "Working"}, {"code": 1001})
    async with make_client(service.url, environ={}) as client:
        error = await error_of_prompt(client.as_skill(SKILL))
    assert type(error) is errors.TokenRejected
    assert not is_certainly_not_applied(error)
    assert service.paths().count("POST /run_sse") == 1


@pytest.mark.parametrize(
    "refusal",
    [JSONResponse({}, 401), JSONResponse({"code": 1001}), stream_of({"code": 1001, "message": "expired"})],
)
async def test_prompt_that_is_refused_for_its_token_is_sent_with_a_new_one(
    service: FakeService, make_client: MakeClient, refusal: Response
) -> None:
    def answer(request: Request, _body: bytes) -> Response:
        is_fresh = request.headers["authorization"] == "Bearer fresh-token"
        return stream_of({"type": "text", "content": "Done"}) if is_fresh else refusal

    service.answers["POST /run_sse"] = answer
    async with make_client(service.url, environ={}) as client:
        await client.tokens.get()
        service.answers[TOKEN_CALL] = {"code": 0, "data": {"token": "fresh-token"}}
        assert await prompt(client.as_skill(SKILL)) == [TextEvent("Done")]
    assert service.paths().count("POST /run_sse") == 2


async def test_prompt_that_is_refused_for_its_new_token_too_is_told(
    service: FakeService, make_client: MakeClient
) -> None:
    service.answers["POST /run_sse"] = stream_of({"code": 1001})
    async with make_client(service.url, environ={}) as client:
        error = await error_of_prompt(client.as_skill(SKILL))
    assert type(error) is errors.TokenRejected
    assert is_certainly_not_applied(error)
    assert service.paths().count("POST /run_sse") == 2


def test_error_event_after_an_empty_one_leaves_doubt() -> None:
    reader = EventReader(PROMPT, ACCOUNT)
    reader.feed("")
    with pytest.raises(errors.OutOfCredits) as caught:
        reader.feed('{"code": 2001}', is_error=True)
    assert caught.value.run_had_begun


async def test_hint_for_credits_names_the_register_link_also_after_a_restart(
    service: FakeService, make_client: MakeClient
) -> None:
    service.answers["GET /api/credits/balance/simple"] = {"code": 0, "data": {"available": 5}}
    for _ in range(2):  # the second time, the token comes from the file
        async with make_client(service.url, environ={}) as client:
            api = client.as_skill(SKILL)
            await api.read_credits()
            assert api.credits_hint() == (
                "Register to get more credits: https://web.test/register?bind=anon_1"
            )
    assert service.paths().count(TOKEN_CALL) == 1


async def test_hint_for_credits_of_an_own_token_says_to_top_up(api: NemoApi) -> None:
    assert api.credits_hint() == "Top up credits in your account."


# Said or done in the place of a run, or during one; the rest behave like a run that goes well.
REFUSALS = ["1001", "1002", "2001", "4001", "4002", "400", "402", "403", "404", "429"]
FAILURES = ["500", "502", "503", "504", "reset", "lost-answer", "wrong", "malformed", "empty"]
BROKEN_RUNS = ["cut=0", "cut=1", "malformed-event", "run-error"]
FAULTS = [
    *(f"prompt:{kind}" for kind in (*REFUSALS, *FAILURES, *BROKEN_RUNS)),
    *(f"prompt:{kind} after" for kind in (*FAILURES, *BROKEN_RUNS)),
]


@pytest.fixture(scope="module", params=["flat", "adk"])
def sandbox(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("sandbox"), events=request.param) as running:
        yield running


async def test_what_is_certain_is_true_of_every_fault_of_the_sandbox(
    sandbox: Sandbox, make_client: MakeClient, tmp_path: Path
) -> None:
    recording = make_video(tmp_path / "talk.mp4", seconds=1.0)
    certain: list[str] = []
    applied: list[str] = []
    async with make_client(sandbox.url, environ={}) as client:
        api = client.as_skill(SKILL)
        session = (await api.create_session("talk", "en")).session_id
        await api.upload(session, [recording], lambda _done, _total: None)
        for fault in FAULTS:
            before = (await api.read_state(session)).fingerprint(), await api.read_credits()
            # Twice, since an anonymous token that is rejected is renewed and the prompt sent again.
            sandbox.order(fault.replace(" ", " x2 ", 1) if " " in fault else f"{fault} x2", replace=True)
            with pytest.raises(ApiError) as caught:
                async for _ in api.send_prompt(session, f'add the title "{len(certain)} {fault}"'):
                    pass
            sandbox.clear_faults()
            after = (await api.read_state(session)).fingerprint(), await api.read_credits()
            if after != before:
                applied.append(fault)
            if is_certainly_not_applied(caught.value):
                certain.append(fault)
    assert {"prompt:503 after", "prompt:reset after", "prompt:cut=1 after"} <= set(applied)
    assert set(certain).isdisjoint(applied)
    assert certain == [f"prompt:{kind}" for kind in REFUSALS]
