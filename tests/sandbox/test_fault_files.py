"""Renders and downloads that go wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from bare_client import BareClient, bare_client, call_on
from helpers import make_video

from nemowatch.sandbox.server import Sandbox


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("recording") / "talk.mp4", seconds=2)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, recording: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("service"), ready_file=recording) as sandbox:
        yield sandbox


@pytest.fixture
def client(service: Sandbox, recording: Path) -> Iterator[BareClient]:
    service.clear_faults()
    with call_on(service) as client:
        client.upload(("talk.mp4", recording))
        yield client


def start(client: BareClient, *faults: str) -> httpx.Response:
    client.sandbox.order(*faults)
    return client.start_render("render_1", client.read_draft())


def statuses(client: BareClient, count: int) -> list[str]:
    return [client.read_render("render_1")["status"] for _ in range(count)]


def test_render_is_accepted_and_fails(client: BareClient) -> None:
    accepted = start(client, "render:failed=Boom").json()
    failed = client.read_render("render_1")

    assert accepted["status"] == "pending"
    assert (failed["status"], failed["error"]) == ("failed", "Boom")
    assert client.entries("renders")[0]["status"] == "failed"


def test_render_is_stuck_for_some_looks_and_then_done(client: BareClient) -> None:
    start(client, "render:stuck=3")
    cancelled = client.http.post("/api/render/proxy/lambda/render_1/cancel")

    assert statuses(client, 4) == ["processing", "processing", "processing", "completed"]
    assert cancelled.status_code == 409
    assert client.entries("renders")[0]["status"] == "completed"


def test_render_is_stuck_until_the_fault_is_taken_back(client: BareClient) -> None:
    start(client, "render:stuck")
    stuck = statuses(client, 20)
    client.sandbox.clear_faults()

    assert set(stuck) == {"processing"}
    assert client.entries("renders")[0]["status"] == "pending"
    assert statuses(client, 1) == ["completed"]


def test_render_vanishes_after_some_looks(client: BareClient) -> None:
    start(client, "render:vanished=2")
    looks = [client.http.get("/api/render/proxy/lambda/render_1").status_code for _ in range(4)]
    download = client.http.get("/api/render/proxy/render_1/download")

    assert looks == [200, 200, 404, 404]
    assert download.status_code == 404
    assert len(client.entries("renders")) == 1


def test_render_whose_answer_was_lost_is_found_under_its_id(client: BareClient) -> None:
    draft = client.read_draft()
    client.sandbox.order("render:lost-answer")
    with pytest.raises(httpx.ReadError):
        client.start_render("render_1", draft)

    assert statuses(client, 1) == ["completed"]
    assert client.start_render("render_1", draft).status_code == 409
    assert len(client.entries("renders")) == 1


@pytest.mark.parametrize("kind", ["402", "reset", "503"])
def test_render_that_was_refused_was_never_started(client: BareClient, kind: str) -> None:
    draft = client.read_draft()
    client.sandbox.order(f"render:{kind}")
    try:
        assert client.start_render("render_1", draft).status_code == int(kind)
    except httpx.ReadError:
        assert kind == "reset"

    assert client.http.get("/api/render/proxy/lambda/render_1").status_code == 404
    assert client.entries("renders") == []


def test_one_look_at_a_render_can_fail(client: BareClient) -> None:
    start(client, "render-status:502")

    assert client.http.get("/api/render/proxy/lambda/render_1").status_code == 502
    assert statuses(client, 1) == ["completed"]


def address(client: BareClient) -> str:
    start(client)
    return str(client.read_render("render_1")["output"]["url"])


def fetch(url: str) -> tuple[bytes, str]:
    """What came, and the error that ended it, if one did."""
    came = b""
    try:
        with httpx.stream("GET", url) as answer:
            for piece in answer.iter_raw():
                came += piece
    except httpx.TransportError as error:
        return came, type(error).__name__
    return came, ""


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("cdn:truncated", "RemoteProtocolError"),
        ("cdn:truncated=500", "RemoteProtocolError"),
        ("cdn:reset after", "ReadError"),
    ],
)
def test_file_breaks_off_in_the_middle(client: BareClient, recording: Path, fault: str, error: str) -> None:
    url, whole = address(client), recording.read_bytes()
    client.sandbox.order(fault)
    came, how = fetch(url)

    assert how == error
    assert came == whole[: 500 if "=" in fault else len(whole) // 2]
    assert fetch(url) == (whole, "")


def test_rest_of_a_broken_file_can_be_fetched_by_range(client: BareClient, recording: Path) -> None:
    url, whole = address(client), recording.read_bytes()
    client.sandbox.order("cdn:reset after")
    came, _ = fetch(url)
    rest = httpx.get(url, headers={"Range": f"bytes={len(came)}-"})

    assert rest.status_code == 206
    assert came + rest.content == whole


def test_service_without_ranges_gives_the_whole_file_to_every_request(
    tmp_path: Path, recording: Path
) -> None:
    with bare_client(tmp_path, ready_file=recording, ranges=False) as client:
        client.upload(("talk.mp4", recording))
        answer = httpx.get(address(client), headers={"Range": "bytes=100-"})

    assert answer.status_code == 200
    assert "accept-ranges" not in answer.headers
    assert answer.content == recording.read_bytes()


def test_error_page_comes_as_a_video(client: BareClient) -> None:
    url = address(client)
    client.sandbox.order("cdn:wrong")
    answer = httpx.get(url)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
    assert answer.text.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("status", [403, 404, 429, 503])
def test_download_address_refuses_by_status(client: BareClient, status: int) -> None:
    url = address(client)
    client.sandbox.order(f"cdn:{status}=9" if status == 429 else f"cdn:{status}")
    answer = httpx.get(url)

    assert answer.status_code == status
    assert answer.headers.get("retry-after") == ("9" if status == 429 else None)


def test_second_way_to_download_can_fail_as_well(client: BareClient, recording: Path) -> None:
    address(client)
    client.sandbox.order("download:reset after", "download:wrong", "download:500")
    path = "/api/render/proxy/render_1/download"
    with pytest.raises(httpx.ReadError):
        client.http.get(path)
    wrong, failed, whole = (client.http.get(path) for _ in range(3))

    assert (wrong.status_code, wrong.headers["content-type"]) == (200, "video/mp4")
    assert failed.status_code == 500
    assert whole.content == recording.read_bytes()
