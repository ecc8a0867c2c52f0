from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path

import av
import httpx
import pytest
from bare_client import BareClient, bare_client, call_on, video_segments
from helpers import make_video, wait_until

from nemowatch.sandbox.server import Sandbox

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("service")) as sandbox:
        yield sandbox


@pytest.fixture
def client(service: Sandbox, tmp_path: Path) -> Iterator[BareClient]:
    with call_on(service) as client:
        client.upload(("talk.mp4", make_video(tmp_path / "talk.mp4", seconds=3)))
        yield client


def test_render_runs_to_a_real_video_of_the_drafts_length(client: BareClient, tmp_path: Path) -> None:
    client.send_prompt('cut from 0:01 to 0:03, add a title "Hi" and music')
    accepted = client.start_render("render_1", client.read_draft()).json()
    done = client.wait_for_render("render_1")

    assert (accepted["taskId"], accepted["progress"]) == ("render_1", 5)
    assert (done["status"], done["progress"]) == ("completed", 100)
    video = tmp_path / "out.mp4"
    video.write_bytes(httpx.get(done["output"]["url"]).content)
    assert video.stat().st_size == done["output"]["size"]
    with av.open(str(video)) as container:
        assert container.duration / av.time_base == pytest.approx(2.0, abs=0.2)
        assert {stream.codec_context.name for stream in container.streams} >= {"h264", "aac"}
    assert done["output"]["duration"] == pytest.approx(2.0, abs=0.2)
    assert client.entries("renders") == [
        {"session_id": client.session_id, "id": "render_1", "status": "completed"}
    ]


def test_nested_form_has_everything_under_data(tmp_path: Path) -> None:
    with bare_client(tmp_path, render="nested") as client:
        client.upload(("talk.mp4", make_video(tmp_path / "talk.mp4", seconds=1)))
        accepted = client.start_render("render_1", client.read_draft()).json()
        done = client.wait_for_render("render_1")

        assert (accepted["success"], accepted["data"]["id"]) == (True, "render_1")
        assert set(done["data"]) == {"id", "status", "progress", "outputUrl"}
        assert httpx.get(done["data"]["outputUrl"]).status_code == 200


def test_export_is_free(client: BareClient) -> None:
    client.start_render("render_1", client.read_draft())

    assert client.read_credits()["available"] == 100


def test_render_id_is_used_once(client: BareClient) -> None:
    client.start_render("render_1", client.read_draft())
    again = client.start_render("render_1", client.read_draft())

    assert (again.status_code, again.json()["code"]) == (409, 409)
    assert len(client.entries("renders")) == 1


def test_export_without_attribution_is_blocked(client: BareClient) -> None:
    draft = client.read_draft()
    del client.http.headers["X-Skill-Source"]
    answer = client.start_render("render_1", draft)

    assert (answer.status_code, answer.json()["code"]) == (402, 402)
    assert client.entries("renders") == []


def test_draft_that_lost_a_key_is_refused_and_the_key_is_named(client: BareClient) -> None:
    draft = copy.deepcopy(client.read_draft())
    del draft["x_render_hints"]["loudness"]
    answer = client.start_render("render_1", draft)

    assert answer.status_code == 400
    assert "draft.x_render_hints.loudness is missing" in answer.json()["message"]


def test_draft_that_was_shown_before_a_later_edit_can_still_be_exported(client: BareClient) -> None:
    draft = client.read_draft()
    client.send_prompt("keep only the first 1 s")
    client.start_render("render_1", draft)

    assert client.wait_for_render("render_1")["output"]["duration"] == pytest.approx(3.0, abs=0.2)


def test_empty_draft_is_not_exported(tmp_path: Path) -> None:
    with bare_client(tmp_path) as client:
        answer = client.start_render("render_1", client.read_draft())

    assert answer.status_code == 400
    assert "nothing to export" in answer.json()["message"]


@pytest.mark.parametrize(
    "changes", [{"id": ""}, {"id": 7}, {"id": "a/b"}, {"sessionId": "1"}, {"draft": None}]
)
def test_request_that_lacks_something_is_refused(client: BareClient, changes: dict[str, object]) -> None:
    answer = client.start_render("render_1", **{"draft": client.read_draft(), **changes})

    assert answer.json()["code"] in {400, 1002}
    assert client.entries("renders") == []


def test_unknown_render_is_not_found(client: BareClient) -> None:
    assert client.http.get("/api/render/proxy/lambda/render_9").status_code == 404


def test_waiting_render_can_be_cancelled_and_one_in_hand_can_not(client: BareClient, tmp_path: Path) -> None:
    client.upload(("long.mp4", make_video(tmp_path / "long.mp4", seconds=60, width=320, height=240)))
    draft = client.read_draft()
    client.start_render("render_1", draft)
    client.start_render("render_2", draft)
    wait_until(lambda: client.read_render("render_1")["status"] == "processing")

    cancelled = client.http.post("/api/render/proxy/lambda/render_2/cancel")
    too_late = client.http.post("/api/render/proxy/lambda/render_1/cancel")

    assert (cancelled.json()["status"], cancelled.json()["error"]) == ("failed", "cancelled")
    assert too_late.status_code == 409


def test_render_whose_source_is_gone_fails_in_words(client: BareClient, tmp_path: Path) -> None:
    for stored in client.folder.glob("upload-*/*.mp4"):
        stored.write_bytes(b"gone")
    client.start_render("render_1", client.read_draft())
    failed = client.wait_for_render("render_1")

    assert failed["status"] == "failed"
    assert failed["error"]


def test_ready_file_completes_every_render_at_once(tmp_path: Path) -> None:
    ready = make_video(tmp_path / "ready.mp4", seconds=2)
    with bare_client(tmp_path, ready_file=ready) as client:
        client.upload(("talk.mp4", make_video(tmp_path / "talk.mp4", seconds=1)))
        done = client.start_render("render_1", client.read_draft()).json()

        assert done["status"] == "completed"
        assert done["output"]["duration"] == pytest.approx(2.0, abs=0.1)
        assert httpx.get(done["output"]["url"]).content == ready.read_bytes()


def test_download_supports_ranges_and_needs_no_token(client: BareClient) -> None:
    client.start_render("render_1", client.read_draft())
    url = client.wait_for_render("render_1")["output"]["url"]
    whole = httpx.get(url)
    part = httpx.get(url, headers={"Range": "bytes=100-199"})

    assert whole.headers["content-type"] == "video/mp4"
    assert part.status_code == 206
    assert part.content == whole.content[100:200]
    assert httpx.URL(url).path not in [leak["path"] for leak in client.sandbox.ledger()["leaked_tokens"]]


def test_token_that_reaches_the_download_address_is_noted(client: BareClient) -> None:
    client.start_render("render_1", client.read_draft())
    url = client.wait_for_render("render_1")["output"]["url"]
    client.http.get(url)

    assert {"path": httpx.URL(url).path} in client.sandbox.ledger()["leaked_tokens"]


def test_second_way_to_download_wants_the_token(client: BareClient) -> None:
    client.start_render("render_1", client.read_draft())
    url = client.wait_for_render("render_1")["output"]["url"]
    path = "/api/render/proxy/render_1/download"

    assert client.http.get(path).content == httpx.get(url).content
    assert httpx.get(client.sandbox.url + path).status_code == 401


def test_clips_are_rendered_in_their_order(client: BareClient) -> None:
    client.send_prompt("extract the 2 best clips")
    draft = client.read_draft()
    client.start_render("render_1", draft)
    seconds = sum(segment["d"] for segment in video_segments(draft)) / 1000

    assert client.wait_for_render("render_1")["output"]["duration"] == pytest.approx(seconds, abs=0.3)
