"""Trouble ordered from another process, over `/_sandbox`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from bare_client import BareClient, bare_client, call_on
from helpers import FakeClock, make_video
from typer.testing import CliRunner

from nemowatch.cli.app import app
from nemowatch.sandbox.server import Sandbox


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("service")) as sandbox:
        yield sandbox


@pytest.fixture
def client(service: Sandbox) -> Iterator[BareClient]:
    service.clear_faults()
    service.forget_sessions()
    with call_on(service) as client:
        yield client


def order(client: BareClient, body: object) -> httpx.Response:
    return httpx.post(client.sandbox.url + "/_sandbox/faults", json=body)


def test_faults_are_ordered_looked_at_and_taken_back(client: BareClient) -> None:
    added = order(client, {"faults": ["credits:503 x2"], "seed": 7}).json()
    answer = client.http.get("/api/credits/balance/simple")
    looked_at = client.http.get("/_sandbox/faults").json()
    replaced = order(client, {"faults": ["state:500"], "replace": True}).json()
    cleared = client.http.request("DELETE", "/_sandbox/faults").json()

    assert (added["seed"], added["faults"][0]["left"]) == (7, 2)
    assert answer.status_code == 503
    assert (looked_at["faults"][0]["struck"], looked_at["faults"][0]["left"]) == (1, 1)
    assert [fault["fault"] for fault in replaced["faults"]] == ["state:500 x1"]
    assert cleared["faults"] == []
    assert looked_at == {"seed": 7, "faults": [{**looked_at["faults"][0]}]}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"faults": ["state:nonsense"]}, "known there"),
        ({"faults": "state:500"}, "expected"),
        ({"faults": [7]}, "expected"),
        ({}, "expected"),
        ([], "object"),
        ({"faults": [], "seed": "x"}, "seed"),
    ],
)
def test_bad_order_is_refused_in_words(client: BareClient, body: object, words: str) -> None:
    answer = order(client, body)

    assert answer.status_code == 400
    assert words in answer.json()["message"]
    assert client.sandbox.faults()["faults"] == []


def test_body_that_is_no_json_is_refused_in_words(client: BareClient) -> None:
    answer = client.http.post("/_sandbox/credits", content=b"forty")

    assert (answer.status_code, answer.json()["message"]) == (400, "the body is not JSON")


def test_sessions_are_forgotten_one_or_all(client: BareClient) -> None:
    first, second = client.open_session(), client.open_session()
    one = client.http.post("/_sandbox/forget-sessions", json={"session_id": first}).json()

    assert one == {"forgotten": 1}
    assert client.http.get(f"/api/state/nemo_agent/me/{first}/latest").json()["code"] == 1002
    assert client.http.get(f"/api/state/nemo_agent/me/{second}/latest").json()["code"] == 0
    assert client.http.post("/_sandbox/forget-sessions").json()["forgotten"] == 2


def test_forgotten_session_is_unknown_to_every_call(client: BareClient, tmp_path: Path) -> None:
    client.upload(("talk.mp4", make_video(tmp_path / "talk.mp4", seconds=1)))
    draft = client.read_draft()
    client.sandbox.forget_sessions()
    prompt = client.http.post("/run_sse", json=client.prompt_body("play it at 2x"))

    assert client.upload(("talk.mp4", b"x"))["code"] == 1002
    assert client.start_render("render_1", draft).json()["code"] == 1002
    assert client.http.post("/api/auth/claim-token", json={"session_id": "x"}).json()["code"] == 1002
    assert prompt.status_code == 404
    assert prompt.json() == {"detail": f"Session not found: {client.session_id}"}


def test_tokens_end_and_credits_are_set_for_all_or_for_one(tmp_path: Path) -> None:
    with (
        bare_client(tmp_path, own_tokens={"nmv_mine": frozenset({"*"})}) as own,
        call_on(own.sandbox) as other,
    ):
        every = own.http.post("/_sandbox/credits", json={"credits": 40}).json()
        one = own.http.post("/_sandbox/credits", json={"credits": 0, "user_id": own.user_id}).json()
        token = other.http.headers["Authorization"].removeprefix("Bearer ")
        too_early = other.make_token().status_code
        ended = own.http.post("/_sandbox/expire-tokens", json={"token": token}).json()

        assert (every, one) == ({"accounts": 2}, {"accounts": 1})
        assert own.read_credits()["available"] == 0
        assert (too_early, ended) == (429, {"expired": 1})
        assert other.http.get("/api/credits/balance/simple").status_code == 401
        assert other.sign_in() != token
        assert other.read_credits()["available"] == 40
        assert own.http.post("/_sandbox/expire-tokens").json() == {"expired": 3}
        assert own.http.get("/api/credits/balance/simple").json()["code"] == 1001


@pytest.mark.parametrize("amount", [-1, "many", None, True])
def test_credits_must_be_a_whole_number(client: BareClient, amount: object) -> None:
    assert client.http.post("/_sandbox/credits", json={"credits": amount}).status_code == 400


def test_prompt_to_a_session_of_weeks_ago_refines_its_timeline(tmp_path: Path) -> None:
    clock = FakeClock()
    with bare_client(tmp_path, clock=clock, silent="never") as client:
        client.upload(("talk.mp4", make_video(tmp_path / "talk.mp4", seconds=3)))
        client.send_prompt("remove the first 1 s")
        clock.move(21 * 24 * 3600)
        client.sign_in()
        client.send_prompt('add a title "Again"')
        draft = client.read_draft()

        assert [track["name"] for track in draft["t"]] == ["Video", "Title"]
        assert round(draft["d"] / 1000) == 2
        assert client.start_render("render_1", draft).json()["taskId"] == "render_1"


def test_command_refuses_an_unknown_fault_with_the_list_of_known_ones() -> None:
    done = CliRunner().invoke(app, ["sandbox", "--fault", "state:501"])

    assert done.exit_code == 2
    assert "unknown kind '501'" in done.output


def test_switches_of_a_sandbox_refuse_an_unknown_fault_too(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="known: token"), Sandbox(tmp_path, faults=["stat:503"]):
        pass
