"""The token: the user's own, or an anonymous one that is kept; never asked for twice, never shown."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fake_service import TOKEN, FakeService
from helpers import FakeClock
from starlette.responses import JSONResponse, Response

from nemowatch.clock import Clock
from nemowatch.logs import redact
from nemowatch.nemo.errors import ClientIdMissing, RateLimited, ServiceDown, TokenRejected, UnexpectedAnswer
from nemowatch.nemo.token import TokenSource

ASK = "POST /api/auth/anonymous-token"


def make(
    service: FakeService, folder: Path, environ: dict[str, str] | None = None, clock: Clock | None = None
) -> TokenSource:
    return TokenSource(
        api_url=service.url,
        client_id_file=folder / "config" / "client_id",
        token_file=folder / "token.json",
        environ=environ or {},
        clock=clock or FakeClock(),
    )


async def test_own_token_is_used_as_it_is_without_any_call(service: FakeService, tmp_path: Path) -> None:
    tokens = make(service, tmp_path, {"NEMO_TOKEN": "my-own-token"})
    assert await tokens.get() == "my-own-token"
    assert not tokens.is_anonymous
    assert service.seen == []
    assert not (tmp_path / "config").exists()


async def test_own_token_that_no_header_can_hold_is_refused_without_being_shown(
    service: FakeService, tmp_path: Path
) -> None:
    with pytest.raises(TokenRejected) as caught:
        await make(service, tmp_path, {"NEMO_TOKEN": "my own\ntoken"}).get()
    assert "my own" not in str(caught.value)


async def test_anonymous_token_is_asked_for_once_and_kept(service: FakeService, tmp_path: Path) -> None:
    assert await make(service, tmp_path).get() == TOKEN
    again = make(service, tmp_path)
    assert await again.get() == TOKEN
    assert again.user_id == "anon_1"
    assert service.paths() == [ASK]


async def test_token_request_carries_the_client_id_and_the_attribution_but_no_token(
    service: FakeService, tmp_path: Path
) -> None:
    await make(service, tmp_path).get()
    headers = service.seen[0].headers
    assert headers["x-client-id"] == (tmp_path / "config" / "client_id").read_text().strip()
    assert headers["x-skill-source"] == "nemowatch"
    assert "authorization" not in headers
    assert service.seen[0].body == b""


async def test_token_file_is_readable_by_its_owner_alone(service: FakeService, tmp_path: Path) -> None:
    await make(service, tmp_path).get()
    assert stat.S_IMODE((tmp_path / "token.json").stat().st_mode) == 0o600


async def test_token_is_never_shown(service: FakeService, tmp_path: Path) -> None:
    service.answers[ASK] = {"code": 0, "data": {"token": "plain-secret-0001"}}
    tokens = make(service, tmp_path)
    await tokens.get()
    assert "plain-secret" not in repr(tokens)
    assert "plain-secret" not in repr(vars(tokens))
    assert redact("plain-secret-0001") == "[secret]"


async def test_many_at_once_make_one_call(service: FakeService, tmp_path: Path) -> None:
    tokens = make(service, tmp_path)
    assert set(await asyncio.gather(*(tokens.get() for _ in range(20)))) == {TOKEN}
    assert service.paths() == [ASK]


async def test_expired_token_is_renewed_with_the_same_client_id(service: FakeService, tmp_path: Path) -> None:
    clock = FakeClock()
    service.answers[ASK] = {"code": 0, "data": {"token": "first-token", "user_id": "anon_1"}}
    tokens = make(service, tmp_path, clock=clock)
    assert await tokens.get() == "first-token"
    clock.move(7 * 24 * 3600)
    service.answers[ASK] = {"code": 0, "data": {"token": "second-token", "user_id": "anon_2"}}
    assert await tokens.get() == "second-token"
    assert tokens.user_id == "anon_2"
    assert len({seen.headers["x-client-id"] for seen in service.seen}) == 1


async def test_account_is_still_known_when_the_answer_leaves_its_id_out(
    service: FakeService, tmp_path: Path
) -> None:
    tokens = make(service, tmp_path)
    old = await tokens.get()
    service.answers[ASK] = {"code": 0, "data": {"token": "new-token"}}
    assert await tokens.renew(rejected=old) == "new-token"
    assert tokens.user_id == "anon_1"
    again = make(service, tmp_path)
    await again.get()
    assert again.user_id == "anon_1"


async def test_account_is_still_known_when_its_token_has_expired_and_no_other_is_given(
    service: FakeService, tmp_path: Path
) -> None:
    clock = FakeClock()
    service.answers[ASK] = {"code": 0, "data": {"token": "first-token", "user_id": "anon_1"}}
    await make(service, tmp_path, clock=clock).get()
    clock.move(7 * 24 * 3600)
    service.answers[ASK] = JSONResponse({}, 429)
    tokens = make(service, tmp_path, clock=clock)
    with pytest.raises(RateLimited):
        await tokens.get()
    assert tokens.user_id == "anon_1"


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "töken", "\ud800"])
async def test_token_that_no_header_can_hold_is_unexpected_and_not_shown(
    service: FakeService, tmp_path: Path, token: str
) -> None:
    body = json.dumps({"code": 0, "data": {"token": token}})
    service.answers[ASK] = Response(body, media_type="application/json")
    with pytest.raises(UnexpectedAnswer) as caught:
        await make(service, tmp_path).get()
    assert token not in str(caught.value)
    assert not (tmp_path / "token.json").exists()


async def test_rejected_token_is_renewed_once_for_all_jobs(service: FakeService, tmp_path: Path) -> None:
    tokens = make(service, tmp_path)
    old = await tokens.get()
    service.answers[ASK] = {"code": 0, "data": {"token": "new-token"}}
    assert set(await asyncio.gather(*(tokens.renew(rejected=old) for _ in range(5)))) == {"new-token"}
    assert service.paths() == [ASK, ASK]


async def test_token_that_another_process_has_renewed_is_not_asked_for_again(
    service: FakeService, tmp_path: Path
) -> None:
    ours, theirs = make(service, tmp_path), make(service, tmp_path)
    old = await ours.get()
    assert await theirs.get() == old
    service.answers[ASK] = {"code": 0, "data": {"token": "new-token", "user_id": "anon_2"}}
    assert await theirs.renew(rejected=old) == "new-token"
    service.answers[ASK] = JSONResponse({}, 429)
    assert await ours.renew(rejected=old) == "new-token"
    assert await ours.get() == "new-token"
    assert ours.user_id == "anon_2"


async def test_expired_token_that_another_process_has_renewed_is_not_asked_for_again(
    service: FakeService, tmp_path: Path
) -> None:
    clock = FakeClock()
    service.answers[ASK] = {"code": 0, "data": {"token": "first-token"}}
    ours, theirs = make(service, tmp_path, clock=clock), make(service, tmp_path, clock=clock)
    await ours.get()
    clock.move(7 * 24 * 3600)
    service.answers[ASK] = {"code": 0, "data": {"token": "second-token"}}
    await theirs.get()
    service.answers[ASK] = JSONResponse({}, 429)
    assert await ours.get() == "second-token"


async def test_own_token_is_not_renewed(service: FakeService, tmp_path: Path) -> None:
    with pytest.raises(TokenRejected):
        await make(service, tmp_path, {"NEMO_TOKEN": "my-own-token"}).renew()


async def test_kept_token_of_another_api_is_not_used(service: FakeService, tmp_path: Path) -> None:
    facts = {"token": "foreign-token", "user_id": "x", "expires_at": 9e9, "api_url": "https://elsewhere.test"}
    (tmp_path / "token.json").write_text(json.dumps(facts))
    assert await make(service, tmp_path).get() == TOKEN


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"[]", b'{"token": 7}', b"\xff\xfe", b'{"token":"x","expires_at":null}'),
        b'{"token":"two words","expires_at":9e9,"api_url":"API"}',
    ],
)
async def test_damaged_token_file_is_replaced(service: FakeService, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "token.json").write_bytes(content.replace(b"API", service.url.encode()))
    assert await make(service, tmp_path).get() == TOKEN
    assert json.loads((tmp_path / "token.json").read_text())["token"] == TOKEN


async def test_client_id_of_the_environment_wins(service: FakeService, tmp_path: Path) -> None:
    await make(service, tmp_path, {"NEMO_CLIENT_ID": "my-id"}).get()
    assert service.seen[0].headers["x-client-id"] == "my-id"
    assert not (tmp_path / "config").exists()


async def test_client_id_file_of_another_tool_is_used_and_left_alone(
    service: FakeService, tmp_path: Path
) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "client_id").write_text("shared-id\n")
    await make(service, tmp_path).get()
    assert service.seen[0].headers["x-client-id"] == "shared-id"
    assert (tmp_path / "config" / "client_id").read_text() == "shared-id\n"


@pytest.mark.parametrize("content", [b"", b"  \n", b"two words", b"\xff\xff"])
async def test_unusable_client_id_file_is_replaced(
    service: FakeService, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "config" / "client_id"
    path.parent.mkdir()
    path.write_bytes(content)
    await make(service, tmp_path).get()
    assert service.seen[0].headers["x-client-id"] == path.read_text().strip() != ""


def test_many_at_once_make_one_client_id(service: FakeService, tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        ids = set(pool.map(lambda _: make(service, tmp_path)._find_client_id(), range(64)))
    assert ids == {(tmp_path / "config" / "client_id").read_text().strip()}
    assert [path.name for path in (tmp_path / "config").iterdir()] == ["client_id"]


def test_client_id_is_made_also_where_links_are_not_possible(
    service: FakeService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_source: Path, _target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    made = make(service, tmp_path)._find_client_id()
    assert make(service, tmp_path)._find_client_id() == made


@pytest.mark.parametrize("status", [400, 200])
async def test_client_id_that_the_service_misses_is_made_anew(
    service: FakeService, tmp_path: Path, status: int
) -> None:
    path = tmp_path / "config" / "client_id"
    path.parent.mkdir()
    path.write_text("stale")

    def answer(request: object, _body: bytes) -> object:
        if request.headers["x-client-id"] == "stale":  # type: ignore[attr-defined]  # a Starlette request
            return JSONResponse({"code": 400, "message": "X-Client-Id is missing"}, status)
        return {"code": 0, "data": {"token": TOKEN}}

    service.answers[ASK] = answer
    assert await make(service, tmp_path).get() == TOKEN
    assert path.read_text().strip() != "stale"


async def test_new_client_id_that_is_refused_too_is_told(service: FakeService, tmp_path: Path) -> None:
    service.answers[ASK] = JSONResponse({"message": "X-Client-Id is missing"}, 400)
    with pytest.raises(ClientIdMissing):
        await make(service, tmp_path).get()
    assert service.paths() == [ASK, ASK]


async def test_client_id_of_the_environment_that_is_refused_is_told(
    service: FakeService, tmp_path: Path
) -> None:
    service.answers[ASK] = JSONResponse({"message": "X-Client-Id is missing"}, 400)
    with pytest.raises(ClientIdMissing) as caught:
        await make(service, tmp_path, {"NEMO_CLIENT_ID": "mine"}).get()
    assert "NEMO_CLIENT_ID" in caught.value.hint


async def test_client_id_that_cannot_be_kept_is_told(service: FakeService, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file where the folder should be")
    with pytest.raises(ClientIdMissing, match="can't be kept"):
        await make(service, tmp_path).get()
    assert service.seen == []


async def test_second_token_within_seven_days_is_explained(service: FakeService, tmp_path: Path) -> None:
    service.answers[ASK] = JSONResponse({"code": 429}, 429, headers={"Retry-After": "120"})
    with pytest.raises(RateLimited) as caught:
        await make(service, tmp_path).get()
    assert caught.value.retry_after_seconds == 120
    assert "NEMO_TOKEN" in caught.value.hint


async def test_answer_without_a_token_is_unexpected_and_not_quoted(
    service: FakeService, tmp_path: Path
) -> None:
    service.answers[ASK] = {"code": 0, "data": {"Token": "hidden-somewhere"}}
    with pytest.raises(UnexpectedAnswer) as caught:
        await make(service, tmp_path).get()
    assert "hidden-somewhere" not in str(caught.value)


async def test_token_that_cannot_be_kept_still_works(service: FakeService, tmp_path: Path) -> None:
    (tmp_path / "token.json").mkdir()
    assert await make(service, tmp_path).get() == TOKEN


async def test_service_that_is_away_is_told(tmp_path: Path) -> None:
    tokens = TokenSource(
        api_url="http://127.0.0.1:1",
        client_id_file=tmp_path / "client_id",
        token_file=tmp_path / "token.json",
        environ={},
    )
    with pytest.raises(ServiceDown, match="can't be reached while asking for an anonymous token"):
        await tokens.get()
