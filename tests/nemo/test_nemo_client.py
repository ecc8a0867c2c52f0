"""The calls against a service on loopback: what is sent, what is understood, what goes wrong and how it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest
from fake_service import FakeService
from raw_server import raw_server
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from nemowatch.nemo import transport
from nemowatch.nemo.answers import Credits, Session
from nemowatch.nemo.attribution import Attribution
from nemowatch.nemo.client import NemoApi, NemoClient
from nemowatch.nemo.errors import (
    ExportBlocked,
    NotFound,
    OutOfCredits,
    RenderExists,
    ServiceDown,
    SessionNotFound,
    TokenRejected,
    UnexpectedAnswer,
)
from nemowatch.nemo.renders import RenderStatus
from nemowatch.nemo.timeouts import Timeouts

MakeClient = Callable[..., NemoClient]
SKILL = Attribution("opusclip", "1.0.0", "cursor")

SESSION = "POST /api/tasks/me/with-session/nemo_agent"
STATE = "GET /api/state/nemo_agent/me/s1/latest"
CREDITS = "GET /api/credits/balance/simple"
RENDER = "/api/render/proxy/lambda"


async def test_every_call_carries_the_token_and_the_three_headers(service: FakeService, api: NemoApi) -> None:
    service.answers |= {
        SESSION: {"code": 0, "data": {"session_id": "s1", "task_id": "t1"}},
        STATE: {"code": 0, "data": {"state": {}}},
        CREDITS: {"code": 0, "data": {"available": 1}},
        f"POST {RENDER}": {"success": True, "data": {"status": "pending"}},
        f"GET {RENDER}/r1": {"status": "pending"},
        f"POST {RENDER}/r1/cancel": {"success": True},
        "POST /api/auth/claim-token": {"code": 0, "data": {"claim_token": "clm_1"}},
        "POST /run_sse": PlainTextResponse("", media_type="text/event-stream"),
    }
    await api.create_session("talk", "de")
    await api.read_state("s1")
    await api.read_credits()
    await api.start_render("r1", "s1", {})
    await api.read_render("r1")
    await api.cancel_render("r1")
    await api.project_link("s1", "t1")
    assert [event async for event in api.send_prompt("s1", "cut it")] == []
    assert len(service.seen) == 8
    for seen in service.seen:
        assert seen.headers["authorization"] == "Bearer own-token-1234"
        assert seen.headers["x-skill-source"] == "opusclip"
        assert seen.headers["x-skill-version"] == "1.0.0"
        assert seen.headers["x-skill-platform"] == "cursor"


async def test_skill_name_that_no_header_can_hold_is_encoded(
    service: FakeService, make_client: MakeClient
) -> None:
    service.answers[CREDITS] = {"code": 0, "data": {"available": 1}}
    async with make_client(service.url) as client:
        await client.as_skill(Attribution("café 100%\n", "1", "x")).read_credits()
    assert service.seen[0].headers["x-skill-source"] == "caf%C3%A9 100%25"


@pytest.mark.parametrize(
    ("answer", "session"),
    [
        ({"code": 0, "data": {"session_id": "5", "task_id": "t", "user_id": "u"}}, Session("5", "t", "u")),
        (
            {"code": 0, "session_id": 5529798706024415232, "data": {"task_id": 7}},
            Session("5529798706024415232", "7", None),
        ),
        ({"session_id": "5"}, Session("5", None, None)),
        (
            {"code": 0, "session_id": "5", "data": {"session_id": None, "extra": [1]}},
            Session("5", None, None),
        ),
    ],
)
async def test_session_is_read_wherever_its_id_stands(
    service: FakeService, api: NemoApi, answer: object, session: Session
) -> None:
    service.answers[SESSION] = answer
    assert await api.create_session("talk", "de") == session
    assert json.loads(service.seen[0].body) == {"task_name": "talk", "language": "de"}


@pytest.mark.parametrize(
    "answer",
    [
        {"code": 0, "data": {}},
        {"code": 0, "data": {"session_id": ""}},
        {"code": 0, "data": {"session_id": ["x"]}},
        [1, 2],
        None,
        PlainTextResponse(""),
        HTMLResponse("<html>Welcome to nginx</html>"),
        Response(b"\xff\xfe\x00", media_type="application/json"),
        Response(b"[" * 200_000),
        Response(status_code=204),
    ],
)
async def test_answer_that_is_not_understood_is_told_with_its_start(
    service: FakeService, api: NemoApi, answer: object
) -> None:
    service.answers[SESSION] = answer if answer is not None else (lambda _request, _body: JSONResponse(None))
    with pytest.raises(UnexpectedAnswer, match="creating a session") as caught:
        await api.create_session("talk", "de")
    assert len(str(caught.value)) < 700


async def test_answer_larger_than_any_should_be_is_refused(
    service: FakeService, api: NemoApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "MAX_ANSWER_BYTES", 10_000)
    service.answers[CREDITS] = PlainTextResponse("x" * 20_000)
    with pytest.raises(UnexpectedAnswer, match="larger"):
        await api.read_credits()


DRAFT = {
    "zz_unknown": {"b": 1, "a": [None, True, {"x": "\ud800"}]},
    "t": [{"tt": 0, "sg": [{"d": 1000, "big": 123456789012345678901234567890, "f": 0.1, "m": {}}]}],
    "a": 1e-7,
}


async def test_draft_goes_back_exactly_as_it_came(service: FakeService, api: NemoApi) -> None:
    text = json.dumps({"code": 0, "data": {"state": {"draft": DRAFT}}})
    service.answers[STATE] = Response(text, media_type="application/json")
    service.answers[f"POST {RENDER}"] = {"taskId": "r1", "status": "pending"}
    state = await api.read_state("s1")
    assert state.draft is not None
    await api.start_render("r1", "s1", state.draft)
    sent = json.loads(service.seen[-1].body)
    assert json.dumps(sent["draft"]) == json.dumps(DRAFT)
    assert {**sent, "draft": 0} == {
        "id": "r1",
        "sessionId": "s1",
        "draft": 0,
        "output": {"format": "mp4", "quality": "high"},
    }


async def test_state_without_a_state_object_is_unexpected(service: FakeService, api: NemoApi) -> None:
    service.answers[STATE] = {"code": 0, "data": {"session_id": "s1"}}
    with pytest.raises(UnexpectedAnswer, match="no state"):
        await api.read_state("s1")


async def test_id_of_a_stranger_cannot_leave_its_place_in_the_path(
    service: FakeService, api: NemoApi
) -> None:
    with pytest.raises(SessionNotFound):
        await api.read_state("../../x?y#z")
    assert service.seen[0].path == "/api/state/nemo_agent/me/..%2F..%2Fx%3Fy%23z/latest"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"available": 25000, "frozen": 40, "total": 25040}, Credits(25000, 40, 25040)),
        ({"available": "7", "frozen": None}, Credits(7, 0, 7)),
        ({"available": 99.9, "frozen": 1}, Credits(99, 1, 100)),
    ],
)
async def test_credits_are_read(service: FakeService, api: NemoApi, data: object, expected: Credits) -> None:
    service.answers[CREDITS] = {"code": 0, "data": data}
    assert await api.read_credits() == expected


async def test_credits_that_are_no_number_are_unexpected(service: FakeService, api: NemoApi) -> None:
    service.answers[CREDITS] = {"code": 0, "data": {"available": "plenty"}}
    with pytest.raises(UnexpectedAnswer, match="available"):
        await api.read_credits()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            {"taskId": "x", "status": "completed", "output": {"url": "u", "duration": 9.5, "size": 12}},
            RenderStatus("r1", "completed", None, "u", 9.5, 12),
        ),
        (
            {"success": True, "data": {"status": "COMPLETED", "progress": 100, "outputUrl": "u"}},
            RenderStatus("r1", "completed", 100, "u"),
        ),
        (
            {"success": True, "data": {"status": "processing", "progress": 41.6}},
            RenderStatus("r1", "processing", 42),
        ),
        ({"status": "failed", "message": "codec"}, RenderStatus("r1", "failed", message="codec")),
        (
            {"success": True, "data": {"status": "failed", "error": {"a": 1}}},
            RenderStatus("r1", "failed", message="{'a': 1}"),
        ),
        ({"status": "pending", "progress": -3, "output": None}, RenderStatus("r1", "pending", 0)),
        ({"status": "queued", "progress": "soon"}, RenderStatus("r1", "pending")),
        ({"status": "cancelled"}, RenderStatus("r1", "failed")),
    ],
)
async def test_render_is_read_in_both_forms(
    service: FakeService, api: NemoApi, answer: object, expected: RenderStatus
) -> None:
    service.answers[f"GET {RENDER}/r1"] = answer
    status = await api.read_render("r1")
    assert status == expected
    assert status.is_final == (status.status in ("completed", "failed"))


@pytest.mark.parametrize("answer", [{"status": "confused"}, {"success": True, "data": {}}, {"status": 7}])
async def test_render_without_a_known_status_is_unexpected(
    service: FakeService, api: NemoApi, answer: object
) -> None:
    service.answers[f"GET {RENDER}/r1"] = answer
    with pytest.raises(UnexpectedAnswer, match="status"):
        await api.read_render("r1")


async def test_render_that_was_never_started_is_not_found(api: NemoApi) -> None:
    with pytest.raises(NotFound) as caught:
        await api.read_render("r1")
    assert caught.value.status == 404


async def test_render_started_twice_is_told(service: FakeService, api: NemoApi) -> None:
    service.answers[f"POST {RENDER}"] = JSONResponse({"success": False, "error": "duplicate id"}, 409)
    with pytest.raises(RenderExists):
        await api.start_render("r1", "s1", {})


async def test_blocked_export_is_told(service: FakeService, api: NemoApi) -> None:
    service.answers[f"POST {RENDER}"] = JSONResponse({"message": "plan"}, 402)
    with pytest.raises(ExportBlocked):
        await api.start_render("r1", "s1", {})


async def test_project_link_is_for_a_person(service: FakeService, api: NemoApi) -> None:
    service.answers["POST /api/auth/claim-token"] = {
        "code": 0,
        "data": {"claim_token": "clm_a&b", "expires_in": 604800},
    }
    assert await api.project_link("s1", "t1") == "https://web.test/workspace/claim?ct=clm_a%26b"
    assert json.loads(service.seen[0].body) == {"task_id": "t1", "session_id": "s1"}


async def test_project_link_is_none_where_there_is_no_such_call(service: FakeService, api: NemoApi) -> None:
    assert await api.project_link("s1", "t1") is None
    assert await api.project_link("s1", None) is None
    assert len(service.seen) == 1


async def test_rejected_anonymous_token_is_renewed_and_the_call_made_again(
    service: FakeService, make_client: MakeClient
) -> None:
    def answer(request: Request, _body: bytes) -> object:
        good = request.headers["authorization"] == "Bearer fresh-token"
        return {"code": 0, "data": {"available": 5}} if good else {"code": 1001, "message": "expired"}

    service.answers[CREDITS] = answer
    async with make_client(service.url, environ={}) as client:
        await client.tokens.get()
        service.answers["POST /api/auth/anonymous-token"] = {"code": 0, "data": {"token": "fresh-token"}}
        assert (await client.as_skill(SKILL).read_credits()).available == 5


async def test_rejected_own_token_is_told_at_once(service: FakeService, api: NemoApi) -> None:
    service.answers[CREDITS] = JSONResponse({}, 401)
    with pytest.raises(TokenRejected):
        await api.read_credits()
    assert service.paths() == [CREDITS]


async def test_out_of_credits_leads_to_the_register_page_of_the_anonymous_account(
    service: FakeService, make_client: MakeClient
) -> None:
    service.answers["POST /run_sse"] = {"code": 2001, "message": "insufficient credits"}
    async with make_client(service.url, environ={}) as client:
        with pytest.raises(OutOfCredits) as caught:
            await anext(client.as_skill(SKILL).send_prompt("s1", "cut"))
    assert "https://web.test/register?bind=anon_1" in caught.value.hint


async def test_service_that_is_away_is_told_with_the_call(make_client: MakeClient) -> None:
    async with make_client("http://127.0.0.1:1") as client:
        with pytest.raises(ServiceDown, match="can't be reached while reading the credits") as caught:
            await client.as_skill(SKILL).read_credits()
    assert caught.value.retryable


async def test_service_that_is_silent_times_out(make_client: MakeClient) -> None:
    async def speak(_writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with raw_server(speak) as url, make_client(url, Timeouts(read=0.1)) as client:
        with pytest.raises(ServiceDown, match="does not answer in time"):
            await client.as_skill(SKILL).read_credits()


async def test_answer_that_drips_for_ever_times_out(make_client: MakeClient) -> None:
    async def speak(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.to_thread(lambda: None)

    async with raw_server(speak) as url, make_client(url, Timeouts(read=5, call=0.2)) as client:
        with pytest.raises(ServiceDown, match=r"longer than 0\.2 s"):
            await client.as_skill(SKILL).read_credits()


async def test_redirect_is_not_followed_so_that_the_token_stays_here(
    service: FakeService, api: NemoApi
) -> None:
    service.answers[CREDITS] = Response(status_code=307, headers={"Location": f"{service.url}/elsewhere"})
    with pytest.raises(UnexpectedAnswer, match="another address"):
        await api.read_credits()
    assert len(service.seen) == 1


@pytest.mark.parametrize("url", ["not-a-url", "ftp://x.test", "http://host:99999999", "http://"])
async def test_address_that_is_none_is_told(make_client: MakeClient, url: str) -> None:
    async with make_client(url) as client:
        with pytest.raises(ServiceDown) as caught:
            await client.as_skill(SKILL).read_credits()
    assert "NEMO_API_URL" in caught.value.hint
