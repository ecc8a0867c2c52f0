"""What a struck call looks like on the wire, and what the service did."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from bare_client import ATTRIBUTION, BareClient, bare_client, call_on, video_segments
from helpers import make_video, wait_until

from nemowatch.sandbox.fault_kinds import KINDS
from nemowatch.sandbox.server import Sandbox

REFUSALS = [name for name, kind in KINDS.items() if kind.place == "refusal"]
MIXED = {
    "1001": (401, 1001),
    "1002": (200, 1002),
    "2001": (200, 2001),
    "4001": (200, 4001),
    "4002": (200, 4002),
}
HTTP = {"1001": 401, "1002": 404, "2001": 402, "4001": 415, "4002": 413}


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("recording") / "talk.mp4", seconds=2)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("service"), silent="never") as sandbox:
        yield sandbox


@pytest.fixture
def client(service: Sandbox) -> Iterator[BareClient]:
    service.clear_faults()
    with call_on(service) as client:
        client.http.timeout = httpx.Timeout(5.0)
        yield client
    service.clear_faults()


def state_of(client: BareClient) -> httpx.Response:
    return client.http.get(f"/api/state/nemo_agent/me/{client.session_id}/latest")


def upload_to(client: BareClient, recording: Path) -> httpx.Response:
    path = f"/api/upload-video/nemo_agent/me/{client.session_id}"
    return client.http.post(path, files=[("files", ("talk.mp4", recording.read_bytes()))])


@pytest.mark.parametrize("kind", REFUSALS)
def test_refusal_by_habit_has_the_codes_own_form(client: BareClient, kind: str) -> None:
    client.sandbox.order(f"state:{kind}")
    answer, next_answer = state_of(client), None
    if kind != "1001":
        next_answer = state_of(client)

    assert (answer.status_code, answer.json()["code"]) == MIXED.get(kind, (int(kind), int(kind)))
    assert answer.json()["message"]
    assert next_answer is None or next_answer.json()["code"] == 0


@pytest.fixture(scope="module", params=["http", "envelope"])
def other_form(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("service"), errors=request.param) as sandbox:
        yield sandbox


def test_refusals_come_as_the_status_alone_or_as_the_code_alone(
    other_form: Sandbox, request: pytest.FixtureRequest
) -> None:
    form = request.node.callspec.params["other_form"]
    with call_on(other_form) as client:
        for kind in REFUSALS:
            for call, send in (("state", state_of), ("prompt", prompt)):
                other_form.order(f"{call}:{kind}")
                answer = send(client)
                if form == "http":
                    assert answer.status_code == HTTP.get(kind, int(kind) if len(kind) == 3 else 0)
                    assert answer.json().get("code") == (2001 if kind == "2001" else None)
                else:
                    assert (answer.status_code, answer.json()["code"]) == (200, int(kind))
                if kind == "1001":
                    client.sign_in()
                    client.open_session()


def prompt(client: BareClient) -> httpx.Response:
    return client.http.post("/run_sse", json=client.prompt_body("remove the first 1 seconds"))


def test_refusals_that_are_no_faults_follow_the_same_form(tmp_path: Path) -> None:
    with bare_client(tmp_path, errors="envelope") as client:
        client.session_id = "unknown"
        answers = [state_of(client), prompt(client), client.http.get("/api/render/proxy/lambda/none")]
        no_client_id = client.http.post("/api/auth/anonymous-token")

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (200, 1002),
        (200, 1002),
        (200, 404),
    ]
    assert (no_client_id.status_code, no_client_id.json()["code"]) == (200, 400)


def test_prompt_to_a_session_that_is_gone_is_answered_as_the_agent_server_does(client: BareClient) -> None:
    client.sandbox.order("prompt:1002")
    answer = prompt(client)

    assert (answer.status_code, list(answer.json())) == (404, ["detail"])
    assert "Session not found" in answer.json()["detail"]


def test_rate_limit_tells_when_to_come_back_only_if_told_to(client: BareClient) -> None:
    client.sandbox.order("state:429=7", "state:429")
    told, untold = state_of(client), state_of(client)

    assert (told.status_code, told.headers["retry-after"]) == (429, "7")
    assert (untold.status_code, "retry-after" in untold.headers) == (429, False)


def test_missing_scope_is_named(client: BareClient) -> None:
    client.sandbox.order("render:403=render")

    assert "'render'" in client.start_render("render_1", {}).json()["message"]


def test_anonymous_token_that_was_rejected_can_be_renewed_and_brings_no_fresh_credits(
    client: BareClient,
) -> None:
    client.sandbox.set_credits(40)
    client.sandbox.order("credits:1001")
    rejected = client.http.get("/api/credits/balance/simple")
    client.sign_in()

    assert rejected.status_code == 401
    assert client.read_credits()["available"] == 40
    assert state_of(client).json()["code"] == 0


def test_hand_made_token_that_was_rejected_once_is_good_again(tmp_path: Path) -> None:
    with bare_client(tmp_path, own_tokens={"nmv_mine": frozenset({"*"})}) as client:
        client.sandbox.order("state:1001")

        assert [state_of(client).status_code for _ in range(2)] == [401, 200]


@pytest.mark.parametrize(
    "call", ["token", "session", "claim", "upload", "state", "credits", "cancel", "download"]
)
def test_each_call_can_be_struck_and_only_that_one(client: BareClient, recording: Path, call: str) -> None:
    client.sandbox.order(f"{call}:504")
    requests: dict[str, Callable[[], httpx.Response]] = {
        "token": lambda: client.make_token("another"),
        "session": lambda: client.http.post("/api/tasks/me/with-session/nemo_agent", json={}),
        "claim": lambda: client.http.post("/api/auth/claim-token", json={"session_id": client.session_id}),
        "upload": lambda: upload_to(client, recording),
        "state": lambda: state_of(client),
        "credits": lambda: client.http.get("/api/credits/balance/simple"),
        "cancel": lambda: client.http.post("/api/render/proxy/lambda/none/cancel"),
        "download": lambda: client.http.get("/api/render/proxy/none/download"),
    }
    answers = {name: send().status_code for name, send in requests.items()}

    assert [name for name, status in answers.items() if status == 504] == [call]
    assert client.sandbox.faults()["faults"][0]["struck"] == 1


def test_struck_calls_stand_in_the_list_of_calls_with_their_fault(client: BareClient) -> None:
    client.sandbox.order("state:503")
    state_of(client)
    last = client.http.get("/_sandbox/calls").json()[-1]

    assert (last["status"], last["fault"], last["source"]) == (503, "state:503 x1", "opusclip")


@pytest.mark.parametrize(("moment", "uploads"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize("kind", ["reset", "503", "malformed"])
def test_upload_that_goes_wrong_was_kept_or_not_by_the_moment(
    client: BareClient, recording: Path, kind: str, moment: str, uploads: int
) -> None:
    client.sandbox.order(f"upload:{kind} {moment}")
    if kind == "reset":
        with pytest.raises(httpx.TransportError):
            upload_to(client, recording)
    else:
        assert upload_to(client, recording).status_code in {200, 503}

    assert len(client.entries("uploads")) == uploads
    assert len(video_segments({"t": [], **client.read_draft()})) == uploads


def test_large_upload_is_reset_in_the_middle(client: BareClient) -> None:
    client.sandbox.order("upload:reset")
    path = f"/api/upload-video/nemo_agent/me/{client.session_id}"
    with pytest.raises(httpx.TransportError):
        client.http.post(path, files=[("files", ("talk.mp4", bytes(8_000_000)))])

    assert client.entries("uploads") == []


def test_large_upload_that_is_refused_gets_to_read_the_refusal(client: BareClient) -> None:
    client.sandbox.order("upload:4002")
    path = f"/api/upload-video/nemo_agent/me/{client.session_id}"
    answer = client.http.post(path, files=[("files", ("talk.mp4", bytes(8_000_000)))])

    assert answer.json()["code"] == 4002


def test_reset_is_a_reset_and_no_end(client: BareClient) -> None:
    client.sandbox.order("state:reset")
    with _raw_state_call(client) as connection, pytest.raises(ConnectionResetError):
        connection.recv(1)


def _raw_state_call(client: BareClient) -> socket.socket:
    head: dict[str, Any] = {"Host": "x", "Authorization": client.http.headers["Authorization"], **ATTRIBUTION}
    lines = [f"GET /api/state/nemo_agent/me/{client.session_id}/latest HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in head.items()]
    host, port = client.sandbox.url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=5)
    connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    return connection


def test_answer_that_is_lost_was_given(client: BareClient) -> None:
    client.sandbox.order("session:lost-answer")
    before = len(client.sandbox.ledger()["sessions"])
    with pytest.raises(httpx.ReadError):
        client.http.post("/api/tasks/me/with-session/nemo_agent", json={})

    assert len(client.sandbox.ledger()["sessions"]) == before + 1


def test_hanging_call_is_never_answered(client: BareClient) -> None:
    client.sandbox.order("state:hang")
    with pytest.raises(httpx.ReadTimeout):
        client.http.get(f"/api/state/nemo_agent/me/{client.session_id}/latest", timeout=0.3)

    assert state_of(client).json()["code"] == 0


def test_service_stops_at_once_while_calls_hang(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with bare_client(tmp_path, faults=["state:hang", "prompt:silence"]) as client:
        with (
            _raw_state_call(client) as connection,
            client.http.stream("POST", "/run_sse", json=client.prompt_body("remove the first second")),
        ):
            wait_until(lambda: len(client.sandbox.ledger()["faults"]) == 2)
            began = time.monotonic()
            client.sandbox.close()
        assert connection.fileno() == -1

    assert time.monotonic() - began < 5
    assert capfd.readouterr().err == ""


def test_wrong_malformed_and_empty_answers_say_that_all_is_well(client: BareClient) -> None:
    client.sandbox.order("state:wrong", "state:malformed", "state:empty")
    wrong, malformed, empty = (state_of(client) for _ in range(3))

    assert (wrong.status_code, wrong.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert (malformed.status_code, malformed.headers["content-type"]) == (200, "application/json")
    assert malformed.text.startswith('{"code": 0')
    with pytest.raises(ValueError, match="Unterminated"):
        malformed.json()
    assert (empty.status_code, empty.content) == (200, b"")


@pytest.mark.parametrize("fault", ["state:truncated", "state:truncated=7"])
def test_truncated_answer_is_shorter_than_it_promised(client: BareClient, fault: str) -> None:
    whole = state_of(client).content
    client.sandbox.order(fault)
    wanted = 7 if "=" in fault else len(whole) // 2
    with client.http.stream("GET", f"/api/state/nemo_agent/me/{client.session_id}/latest") as answer:
        pieces = answer.iter_raw(wanted)
        came = next(pieces)
        with pytest.raises(httpx.RemoteProtocolError):
            next(pieces)

    assert answer.headers["content-length"] == str(len(whole))
    assert came == whole[:wanted]


def test_slow_answer_comes_in_pieces_and_whole(client: BareClient) -> None:
    whole = state_of(client).content
    client.sandbox.order("state:slow=0.2")
    began = time.monotonic()
    with client.http.stream("GET", f"/api/state/nemo_agent/me/{client.session_id}/latest") as answer:
        pieces = list(answer.iter_raw())

    assert b"".join(pieces) == whole
    assert len(pieces) >= 10
    assert time.monotonic() - began >= 0.15


def test_dead_service_is_dead_for_every_call(client: BareClient) -> None:
    client.sandbox.order("any:503 always")
    answers = [state_of(client), prompt(client), client.make_token("one more")]
    client.sandbox.clear_faults()

    assert [answer.status_code for answer in answers] == [503] * 3
    assert state_of(client).status_code == 200


def test_session_can_be_forgotten_in_the_middle(client: BareClient) -> None:
    client.sandbox.order("prompt:forgotten")
    answer = prompt(client)

    assert answer.status_code == 404
    assert state_of(client).json()["code"] == 1002
