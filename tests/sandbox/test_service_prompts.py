from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from bare_client import BareClient, bare_client, call_on, track_of, video_segments
from helpers import make_video, wait_until

from nemowatch.sandbox.manners import add_habits, is_silent
from nemowatch.sandbox.recordings import make_recording
from nemowatch.sandbox.server import Sandbox

pytestmark = pytest.mark.slow

SILENT_PROMPT = next(
    text
    for text in (f"keep only the first {number} seconds" for number in range(1, 99))
    if is_silent(text, "some")
)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve seconds with scenes, loud and quiet parts."""
    target = tmp_path_factory.mktemp("recording") / "talk.mp4"
    return make_recording(target, seconds=12, seed=3, width=160, height=120, fps=10)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("service"), silent="never") as sandbox:
        yield sandbox


@pytest.fixture
def client(service: Sandbox, recording: Path) -> Iterator[BareClient]:
    with call_on(service) as client:
        client.upload(("talk.mp4", recording))
        yield client


def texts(events: list[dict[str, Any]]) -> list[str]:
    return [event["content"] for event in events if event.get("type") == "text"]


def test_frames_are_real_pictures_in_generated_media(client: BareClient) -> None:
    events = client.send_prompt("extract one frame every 5 seconds and save them as images")
    state = client.read_state()

    assert [media["time"] for media in state["generated_media"]] == [0, 5, 10]
    pictures = [httpx.get(media["url"]) for media in state["generated_media"]]
    assert {picture.headers["content-type"] for picture in pictures} == {"image/png"}
    assert all(picture.content.startswith(b"\x89PNG") for picture in pictures)
    assert "Extracted 3 frames" in texts(events)[0]
    assert len(video_segments(state["draft"])) == 1


def test_viral_shorts_are_ranked_and_scored(client: BareClient) -> None:
    client.send_prompt("extract the top 3 viral short clips from this long video")
    segments = video_segments(client.read_draft())

    assert len(segments) == 3
    scores = [segment["m"]["score"] for segment in segments]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 100 for score in scores)
    assert segments[0]["m"]["title"].startswith("Short 1: ")
    assert client.read_state()["video_analyses"]


def test_highlights_stand_in_order_of_time(client: BareClient) -> None:
    client.send_prompt("extract the key highlights and save them as separate clips")
    starts = [segment["src"]["in"] for segment in video_segments(client.read_draft())]

    assert len(starts) > 1
    assert starts == sorted(starts)


def test_highlights_are_taken_from_what_an_earlier_cut_left(client: BareClient) -> None:
    client.send_prompt("remove the first 6 seconds")
    client.send_prompt("extract the 2 best clips")

    assert all(segment["src"]["in"] >= 6000 for segment in video_segments(client.read_draft()))


@pytest.mark.parametrize(
    ("prompt", "milliseconds"),
    [
        ("cut from 0:05 to 0:12", 7000),
        ("remove the first 3 seconds", 9000),
        ("keep only the last 10 s", 10_000),
        ("play it at 2x", 6000),
        ("slow down to half", 24_000),
        ("剪掉前3秒", 9000),
    ],
)
def test_edit_changes_the_length(client: BareClient, prompt: str, milliseconds: int) -> None:
    client.send_prompt(prompt)

    assert client.read_draft()["d"] == pytest.approx(milliseconds, abs=150)


def test_captions_title_and_music_become_tracks(client: BareClient) -> None:
    client.send_prompt('add captions, a title "Urban Dreams" and lo-fi music at 35%')
    state = client.read_state()

    tracks = {track["name"]: track for track in state["draft"]["t"]}
    assert set(tracks) == {"Video", "BGM", "Title", "Captions"}
    assert tracks["Title"]["sg"][0]["m"]["text"] == "Urban Dreams"
    assert tracks["BGM"]["sg"][0]["m"] == {"title": "Lo-fi", "volume": 0.35}
    assert tracks["BGM"]["d"] == state["draft"]["d"]
    assert len(tracks["Captions"]["sg"]) > 1
    assert httpx.get(state["generated_media"][0]).headers["content-type"].startswith("audio/")


def test_tracks_can_be_taken_away_again(client: BareClient) -> None:
    client.send_prompt("add lo-fi music and captions")
    client.send_prompt("remove the music")
    client.send_prompt("remove the captions")

    assert [track["tt"] for track in client.read_draft()["t"]] == [0]


def test_prompt_that_is_not_understood_says_so_and_costs_nothing(client: BareClient) -> None:
    before = client.read_draft()
    events = client.send_prompt("make it pop")

    assert "I can extract frames" in texts(events)[0]
    assert client.read_draft() == before
    assert client.read_credits()["available"] == 100
    assert client.entries("prompts")[0]["outcome"] == "unchanged"


def test_edit_that_can_not_be_made_says_why_and_costs_nothing(client: BareClient) -> None:
    before = client.read_draft()
    events = client.send_prompt("cut from 1:00 to 1:30")

    assert "outside the video" in texts(events)[0]
    assert client.read_draft() == before
    assert client.read_credits() == {"available": 100, "frozen": 0, "total": 100}


def test_edit_of_an_empty_project_asks_for_a_video(tmp_path: Path) -> None:
    with bare_client(tmp_path) as client:
        events = client.send_prompt("extract 3 clips")

    assert "upload one first" in texts(events)[0]


def test_edit_costs_credits_and_is_counted(client: BareClient) -> None:
    client.send_prompt("remove the first 3 seconds")

    assert client.read_credits() == {"available": 95, "frozen": 0, "total": 95}
    assert client.entries("prompts") == [
        {
            "session_id": client.session_id,
            "text": "remove the first 3 seconds",
            "charge": 5,
            "outcome": "changed",
            "carries_out": "",
        }
    ]


def test_prompt_without_credits_is_refused_before_anything_is_done(tmp_path: Path, recording: Path) -> None:
    with bare_client(tmp_path, credits=4) as client:
        client.upload(("talk.mp4", recording))
        answer = client.http.post("/run_sse", json=client.prompt_body("remove the first 3 seconds"))

        assert answer.json()["code"] == 2001
        assert client.entries("prompts") == []


def test_stream_begins_with_a_sign_of_life_and_shows_its_tools(client: BareClient) -> None:
    events = client.send_prompt("remove the first 3 seconds")

    assert [event["type"] for event in events[:3]] == ["heartbeat", "tool_call", "tool_result"]
    assert events[1]["name"] == "cut_timeline"
    assert events[2]["result"]["segments"] == 1


def test_some_edits_end_without_a_word(tmp_path: Path, recording: Path) -> None:
    with bare_client(tmp_path) as client:
        client.upload(("talk.mp4", recording))
        before = client.read_draft()
        events = client.send_prompt(SILENT_PROMPT)

        assert texts(events) == []
        assert client.read_draft() != before


def test_about_three_edits_in_ten_are_silent() -> None:
    silent = sum(is_silent(f"cut from 0:01 to 0:{second}", "some") for second in range(1000))

    assert 250 < silent < 350


def test_backend_talks_of_buttons_half_the_time_in_the_prompts_language() -> None:
    english = [" ".join(add_habits(f"prompt {number}", "Done.", chinese=False)) for number in range(400)]
    chinese = [" ".join(add_habits(f"请求 {number}", "完成。", chinese=True)) for number in range(400)]

    assert 150 < sum("xport" in text or "panel" in text or "account" in text for text in english) < 250
    assert any("导出" in text for text in chinese)
    assert any("temporary issue" in text for text in english)


def test_adk_form_sends_pieces_and_then_the_whole(tmp_path: Path, recording: Path) -> None:
    with bare_client(tmp_path, events="adk", silent="never") as client:
        client.upload(("talk.mp4", recording))
        events = client.send_prompt("remove the first 3 seconds")

    parts = [event["content"]["parts"][0] for event in events]
    assert "functionCall" in parts[0]
    assert parts[1]["functionResponse"]["id"] == parts[0]["functionCall"]["id"]
    pieces = "".join(event["content"]["parts"][0]["text"] for event in events if event.get("partial"))
    whole = "".join(
        event["content"]["parts"][0]["text"]
        for event in events
        if not event.get("partial") and "text" in event["content"]["parts"][0]
    )
    assert pieces == whole
    assert {event["author"] for event in events} == {"nemo_agent"}


def test_chinese_prompt_is_answered_in_chinese(client: BareClient) -> None:
    events = client.send_prompt("每5秒截一帧")

    assert "已提取 3 张画面" in texts(events)[0]


def test_edit_goes_on_when_its_caller_goes_away(client: BareClient) -> None:
    before = client.read_draft()
    body = client.prompt_body("extract the top 3 viral clips")
    with client.http.stream("POST", "/run_sse", json=body) as stream:
        next(stream.iter_raw())

    wait_until(lambda: client.read_draft() != before)
    wait_until(lambda: client.entries("prompts")[0]["outcome"] == "changed")
    assert len(video_segments(client.read_draft())) == 3
    assert len(client.entries("prompts")) == 1


def test_two_prompts_to_one_session_are_made_one_after_the_other(client: BareClient) -> None:
    first = client.http.stream("POST", "/run_sse", json=client.prompt_body("remove the first 2 seconds"))
    second = client.http.stream("POST", "/run_sse", json=client.prompt_body("remove the first 3 seconds"))
    with first as one, second as two:
        list(one.iter_raw())
        list(two.iter_raw())

    assert client.read_draft()["d"] == pytest.approx(7000, abs=150)


def test_file_that_turns_out_broken_fails_the_run_in_words(tmp_path: Path) -> None:
    recording = make_video(tmp_path / "talk.mp4", seconds=1)
    with bare_client(tmp_path) as client:
        client.upload(("talk.mp4", recording))
        for stored in client.folder.glob("upload-*/*.mp4"):
            stored.write_bytes(b"gone")
        events = client.send_prompt("take 3 screenshots")

        assert "error" in events[-1]
        assert events[-1]["error_details"]["message"] == events[-1]["error"]
        assert client.read_credits()["available"] == 100
        assert client.entries("prompts")[0]["outcome"] == "failed"


def test_generated_video_gets_its_music_and_title_by_itself_a_little_later(tmp_path: Path) -> None:
    with bare_client(tmp_path) as client:
        client.send_prompt("generate a 2 second video about a city at night")
        at_once = client.read_draft()
        wait_until(lambda: len(client.read_draft()["t"]) == 3)

        assert [track["tt"] for track in at_once["t"]] == [0]
        assert track_of(client.read_draft(), 7)["sg"][0]["m"]["text"] == "a city at night"
        assert client.read_credits()["available"] == 0
        assert json.dumps(client.read_state()["generated_media"]).count("/cdn/") == 2
