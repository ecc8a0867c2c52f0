from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from bare_client import ATTRIBUTION, BareClient, bare_client, call_on, track_of, video_segments
from helpers import make_video, wait_until
from hypothesis import given, settings
from hypothesis import strategies as st

from nemowatch.sandbox.answers import Refusal
from nemowatch.sandbox.multipart import MultipartReader, ReceivedFile
from nemowatch.sandbox.server import Sandbox


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("service")) as sandbox:
        yield sandbox


@pytest.fixture
def client(service: Sandbox) -> Iterator[BareClient]:
    with call_on(service) as client:
        yield client


def test_uploaded_video_is_measured_and_becomes_the_timeline(client: BareClient, tmp_path: Path) -> None:
    recording = make_video(tmp_path / "talk.mp4", seconds=2)
    answer = client.upload(("talk.mp4", recording))
    draft = client.read_draft()

    (file,) = answer["data"]["files"]
    assert answer["data"]["session_state_applied"] is True
    assert (file["filename"], file["file_type"], file["width"], file["height"]) == (
        "talk.mp4",
        "video",
        160,
        120,
    )
    assert file["duration"] == pytest.approx(2, abs=0.1)
    assert file["fps"] == pytest.approx(10, abs=0.5)
    (segment,) = video_segments(draft)
    assert segment["d"] == pytest.approx(2000, abs=100)
    assert segment["m"]["source"] == "talk.mp4"


def test_uploaded_bytes_are_counted_and_can_be_fetched_again(client: BareClient, tmp_path: Path) -> None:
    recording = make_video(tmp_path / "talk.mp4", seconds=1)
    address = client.upload(("talk.mp4", recording))["data"]["files"][0]["cdn_url"]
    fetched = httpx.get(address)
    ledger = client.sandbox.ledger()

    assert fetched.content == recording.read_bytes()
    assert client.entries("uploads") == [
        {
            "session_id": client.session_id,
            "filename": "talk.mp4",
            "bytes": recording.stat().st_size,
            "sha256": hashlib.sha256(recording.read_bytes()).hexdigest(),
        }
    ]
    assert ledger["sessions"][client.session_id]["uploads"] == 1


def test_several_files_stand_one_after_the_other_in_one_track(client: BareClient, tmp_path: Path) -> None:
    one, two = make_video(tmp_path / "one.mp4", seconds=1), make_video(tmp_path / "two.mp4", seconds=2)
    client.upload(("one.mp4", one), ("二.mp4", two))
    draft = client.read_draft()

    assert [segment["m"]["source"] for segment in video_segments(draft)] == ["one.mp4", "二.mp4"]
    assert video_segments(draft)[1]["start"] == video_segments(draft)[0]["d"]
    assert sum(track["tt"] == 0 for track in draft["t"]) == 1


def test_file_of_another_type_is_refused_and_nothing_is_taken(client: BareClient, tmp_path: Path) -> None:
    recording = make_video(tmp_path / "talk.mp4", seconds=1)
    answer = client.upload(("talk.mp4", recording), ("notes.txt", b"hello"))

    assert answer["code"] == 4001
    assert "mkv" in answer["message"]
    assert client.read_draft() == {}
    assert client.entries("uploads") == []
    assert list(client.folder.iterdir()) == []


def test_file_over_the_limit_is_refused_after_it_was_read(tmp_path: Path) -> None:
    with bare_client(tmp_path, max_file_bytes=1_000_000) as client:
        refused = client.upload(("talk.mp4", bytes(5_000_000)))
        accepted = client.upload(("talk.mp4", bytes(1_000_000)))

    assert refused["code"] == 4002
    assert accepted["code"] == 0


def test_file_that_only_looks_like_media_is_kept_off_the_timeline(client: BareClient) -> None:
    answer = client.upload(("talk.mp4", b"not a video at all"))
    draft = client.read_draft()

    assert answer["code"] == 0
    assert draft == {}


def test_name_from_outside_leads_nowhere_else(client: BareClient) -> None:
    answer = client.upload(("../../evil.mp4", b"x"))

    assert answer["data"]["files"][0]["filename"] == "evil.mp4"
    assert not list(client.sandbox.folder.parent.rglob("evil.mp4"))


def test_addresses_are_fetched_by_the_service(client: BareClient, tmp_path: Path) -> None:
    recording = make_video(tmp_path / "talk.mp4", seconds=1)
    address = client.upload(("talk.mp4", recording))["data"]["files"][0]["cdn_url"]
    client.open_session()
    path = f"/api/upload-video/nemo_agent/me/{client.session_id}"
    answer = client.http.post(path, json={"urls": [address], "source_type": "url"}).json()

    assert answer["data"]["files"][0]["filename"] == "talk.mp4"
    assert len(video_segments(client.read_draft())) == 1
    assert client.sandbox.ledger()["leaked_tokens"] == []


def test_address_on_another_server_is_fetched_too(client: BareClient, tmp_path: Path) -> None:
    recording = make_video(tmp_path / "shared" / "talk.mp4", seconds=1)
    handler = partial(_QuietHandler, directory=str(recording.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        missing, found = client.upload_addresses(f"{base}/a.mp4"), client.upload_addresses(f"{base}/talk.mp4")
        server.shutdown()

    assert (missing["code"], found["code"]) == (4001, 0)
    assert "404" in missing["message"]
    assert client.entries("uploads")[0]["sha256"] == hashlib.sha256(recording.read_bytes()).hexdigest()


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(
    "url", ["file:///etc/hosts.mp4", "ftp://here/a.mp4", "http://127.0.0.1:9/a.mp4", "http://[bad/a.mp4"]
)
def test_address_that_can_not_be_fetched_is_refused_as_unsupported(client: BareClient, url: str) -> None:
    answer = client.upload_addresses(url)

    assert answer["code"] == 4001
    assert url in answer["message"]
    assert client.entries("uploads") == []
    assert list(client.folder.iterdir()) == []


def test_address_whose_file_does_not_come_whole_is_refused(client: BareClient, tmp_path: Path) -> None:
    recording = make_video(tmp_path / "talk.mp4", seconds=1)
    address = client.upload(("talk.mp4", recording))["data"]["files"][0]["cdn_url"]
    client.open_session()
    client.sandbox.order("cdn:truncated")
    broken, whole = client.upload_addresses(address), client.upload_addresses(address)

    assert (broken["code"], whole["code"]) == (4001, 0)
    assert "could not be fetched" in broken["message"]
    assert len(client.entries("uploads")) == 1


def test_addresses_must_come_as_a_list_of_texts_in_json(client: BareClient) -> None:
    path = f"/api/upload-video/nemo_agent/me/{client.session_id}"
    bodies = [b'{"urls": [7]}', b'{"urls": "http://x/a.mp4"}', b"[]", b"no json"]
    answers = [
        client.http.post(path, content=body, headers={"Content-Type": "application/json"}) for body in bodies
    ]

    assert [answer.status_code for answer in answers] == [400] * 4


def test_body_without_files_is_refused(client: BareClient) -> None:
    path = f"/api/upload-video/nemo_agent/me/{client.session_id}"
    plain = client.http.post(path, content=b"raw")
    other_field = client.http.post(path, files={"video": ("talk.mp4", b"x")})

    assert (plain.status_code, other_field.status_code) == (400, 400)


def test_upload_that_breaks_off_counts_for_nothing(client: BareClient) -> None:
    _send_half_an_upload(client)

    wait_until(lambda: not list(client.folder.iterdir()))
    assert client.read_draft() == {}
    assert client.entries("uploads") == []


def _send_half_an_upload(client: BareClient) -> None:
    head = {
        "Host": "x",
        "Authorization": client.http.headers["Authorization"],
        "Content-Type": "multipart/form-data; boundary=b",
        "Content-Length": "5000000",
        **ATTRIBUTION,
    }
    lines = [f"POST /api/upload-video/nemo_agent/me/{client.session_id} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in head.items()]
    part = (
        '--b\r\nContent-Disposition: form-data; name="files"; filename="talk.mp4"\r\n\r\n' + "x" * 2_000_000
    )
    host, port = client.sandbox.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n" + part).encode())
        wait_until(lambda: list(client.folder.glob("upload-*/part-0")))


def test_sound_goes_under_the_picture(client: BareClient, tmp_path: Path) -> None:
    recording = make_video(tmp_path / "voice.m4a", seconds=1)
    client.upload(("voice.m4a", recording))
    draft = client.read_draft()

    assert track_of(draft, 1)["sg"][0]["m"]["title"] == "voice.m4a"


FILES = st.lists(
    st.tuples(st.sampled_from(["a.mp4", "b c.mov", "ü.png"]), st.binary(max_size=400)), max_size=3
)


@settings(max_examples=60, deadline=None)
@given(files=FILES, cuts=st.lists(st.integers(0, 2000), max_size=8))
async def test_body_cut_anywhere_gives_the_same_files(
    tmp_path_factory: pytest.TempPathFactory, files: list[tuple[str, bytes]], cuts: list[int]
) -> None:
    request = httpx.Request("POST", "http://x", files=[("files", file) for file in files] or {"none": b""})
    body = request.read()
    places = sorted({0, len(body), *(cut for cut in cuts if cut < len(body))})

    received = await _read(body, places, request.headers["content-type"], tmp_path_factory.mktemp("parts"))

    expected = [(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in files]
    assert [(file.filename, file.size_bytes, file.sha256) for file in received] == expected
    assert [file.path.read_bytes() for file in received] == [data for _, data in files]


async def _read(body: bytes, places: list[int], content_type: str, folder: Path) -> list[ReceivedFile]:
    async def pieces():
        for start, end in pairwise(places):
            yield body[start:end]

    return await MultipartReader(content_type, folder, 10_000).read(pieces())


@pytest.mark.parametrize(
    "body", [b"what is this", b'--b\r\nContent-Disposition: form-data; name="files"\r\n', b""]
)
async def test_body_that_is_no_whole_multipart_is_refused(tmp_path: Path, body: bytes) -> None:
    with pytest.raises(Refusal, match="multipart"):
        await _read(body, [0, 1, len(body)], "multipart/form-data; boundary=b", tmp_path)
