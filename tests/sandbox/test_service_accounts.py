from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bare_client import BareClient, bare_client, call_on
from helpers import FakeClock

from nemowatch.sandbox.server import Sandbox

DAY = 24 * 3600.0


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("service")) as sandbox:
        yield sandbox


@pytest.fixture
def client(service: Sandbox) -> Iterator[BareClient]:
    with call_on(service) as client:
        yield client


def test_anonymous_token_comes_with_a_user_credits_and_an_end(tmp_path: Path) -> None:
    with bare_client(tmp_path, clock=FakeClock(1_700_000_000.0)) as client:
        data = client.make_token("another").json()["data"]

    assert data["token"].startswith("nmv_usr_")
    assert data["user_id"].startswith("anon_")
    assert data["expires_at"] == "2023-11-21T22:13:20Z"
    assert data["credits"] == 100


def test_token_without_a_client_id_is_refused(client: BareClient) -> None:
    answer = client.http.post("/api/auth/anonymous-token")

    assert (answer.status_code, answer.json()["code"]) == (400, 400)


def test_client_gets_one_token_in_seven_days(client: BareClient) -> None:
    before = client.sandbox.ledger()["totals"]["tokens"]

    assert client.make_token("one").status_code == 200
    assert client.make_token("one").status_code == 429
    assert client.make_token("other").status_code == 200
    assert client.sandbox.ledger()["totals"]["tokens"] == before + 2


def test_token_ends_after_seven_days_and_is_renewed_for_the_same_user(tmp_path: Path) -> None:
    clock = FakeClock()
    with bare_client(tmp_path, clock=clock) as client:
        session_id = client.session_id
        clock.move(7 * DAY)
        ended = client.http.get("/api/credits/balance/simple")
        client.sign_in()
        renewed = client.http.get(f"/api/state/nemo_agent/me/{session_id}/latest")

    assert (ended.status_code, ended.json()["code"]) == (401, 1001)
    assert renewed.json()["code"] == 0


@pytest.mark.parametrize("header", ["", "Bearer nonsense", "Basic abc"])
def test_every_other_call_needs_a_good_token(client: BareClient, header: str) -> None:
    client.http.headers["Authorization"] = header
    answers = [
        client.http.post("/api/tasks/me/with-session/nemo_agent", json={}),
        client.http.get(f"/api/state/nemo_agent/me/{client.session_id}/latest"),
        client.http.post("/run_sse", json=client.prompt_body("hello")),
        client.http.get("/api/credits/balance/simple"),
        client.start_render("render_1", {}),
        client.http.get("/api/render/proxy/render_1/download"),
    ]

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(401, 1001)}


def test_hand_made_token_may_do_what_its_scopes_say(tmp_path: Path) -> None:
    with bare_client(tmp_path, own_tokens={"nmv_own": frozenset({"read", "write"})}) as client:
        assert client.read_credits() == {"available": 100, "frozen": 0, "total": 100}
        refused = client.start_render("render_1", {})

    assert (refused.status_code, refused.json()["code"]) == (403, 403)
    assert "render" in refused.json()["message"]


def test_session_of_another_user_is_not_found(client: BareClient) -> None:
    client.sign_in(client.make_token("somebody else").json()["data"]["token"])
    state = client.http.get(f"/api/state/nemo_agent/me/{client.session_id}/latest")
    run = client.http.post("/run_sse", json=client.prompt_body("hello"))

    assert state.json()["code"] == 1002
    assert (run.status_code, run.json()) == (404, {"detail": f"Session not found: {client.session_id}"})


def test_session_keeps_its_name_and_can_be_claimed(client: BareClient) -> None:
    client.open_session(task_name="talk", language="de")
    state = client.http.get(f"/api/state/nemo_agent/me/{client.session_id}/latest").json()["data"]
    claim = client.http.post("/api/auth/claim-token", json={"session_id": client.session_id})
    page = client.sandbox.ledger()["sessions"][client.session_id]

    assert state["task_name"] == "talk"
    assert state["state"]["draft"] == {}
    assert claim.json()["data"]["claim_token"].startswith("clm_")
    assert (page["task_name"], page["language"]) == ("talk", "de")


def test_deployment_without_project_links_answers_404(tmp_path: Path) -> None:
    with bare_client(tmp_path, project_links=False) as client:
        claim = client.http.post("/api/auth/claim-token", json={"session_id": client.session_id})

    assert claim.status_code == 404


def test_calls_without_attribution_are_noted(tmp_path: Path) -> None:
    with bare_client(tmp_path) as client:
        assert client.sandbox.ledger()["unattributed_calls"] == []
        del client.http.headers["X-Skill-Version"]
        client.read_credits()
        calls = client.http.get("/_sandbox/calls").json()
        noted = client.http.get("/_sandbox/ledger").json()["unattributed_calls"]

    assert noted == [{"method": "GET", "path": "/api/credits/balance/simple", "missing": ["version"]}]
    assert calls[0]["source"] == "opusclip"


@pytest.mark.parametrize(
    "body",
    [b"", b"[1]", b"no json", b'{"app_name":"nemo_agent","user_id":"me","sessionId":"1","newMessage":{}}'],
)
def test_body_of_another_shape_is_refused_in_words(client: BareClient, body: bytes) -> None:
    answer = client.http.post("/run_sse", content=body)

    assert answer.status_code in {400, 422}
    assert answer.json()["message"]
