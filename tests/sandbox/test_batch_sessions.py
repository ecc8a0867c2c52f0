"""Several files in one session, each with its own instructions and its own render; drafts without some tracks."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bare_client import BareClient, call_on, video_segments
from helpers import make_video

from nemowatch.sandbox.server import Sandbox
from nemowatch.sandbox.timeline import Timeline
from nemowatch.sandbox.understanding.prompt import Prompt

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("recordings")
    return [make_video(folder / f"talk-0{number}.mp4", seconds=number + 1) for number in (1, 2)]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("service"), silent="never") as sandbox:
        yield sandbox


@pytest.fixture
def client(service: Sandbox, recordings: list[Path]) -> Iterator[BareClient]:
    with call_on(service) as client:
        client.upload(*((path.name, path) for path in recordings))
        yield client


def sources(draft: dict[str, Any]) -> list[str]:
    return [segment["m"]["source"] for segment in video_segments(draft)]


@pytest.mark.parametrize(
    "prompt",
    [
        'For the file "talk-02.mp4" only: remove the first 1 seconds',
        "for the file “talk-02.mp4” only:remove the first 1 seconds",
        '只处理文件 "talk-02.mp4"：剪掉前1秒',
        "只处理文件「talk-02.mp4」:剪掉前1秒",
    ],
)
def test_prompt_about_one_file_works_on_that_file_alone(client: BareClient, prompt: str) -> None:
    client.send_prompt(prompt)
    state = client.read_state()

    assert sources(state["draft"]) == ["talk-02.mp4"]
    assert state["draft"]["d"] == pytest.approx(2000, abs=150)
    assert [file["filename"] for file in state["video_infos"]] == ["talk-01.mp4", "talk-02.mp4"]
    assert client.read_credits()["total"] == 95


def test_file_is_edited_further_until_it_is_another_files_turn(client: BareClient) -> None:
    for text in ("remove the first 1 seconds", 'add a title "Two"'):
        client.send_prompt(f'For the file "talk-02.mp4" only: {text}')
    second = client.read_draft()
    client.send_prompt('For the file "talk-01.mp4" only: play it at 2x')
    first = client.read_draft()

    assert ([track["name"] for track in second["t"]], round(second["d"] / 1000)) == (["Video", "Title"], 2)
    assert ([track["name"] for track in first["t"]], round(first["d"] / 1000)) == (["Video"], 1)
    assert sources(first) == ["talk-01.mp4"]


def test_each_file_of_a_session_gets_its_own_render(client: BareClient) -> None:
    seconds = {}
    for number, text in ((1, "play it at 2x"), (2, "remove the first 1 seconds")):
        client.send_prompt(f'For the file "talk-0{number}.mp4" only: {text}')
        client.start_render(f"render_{number}", client.read_draft())
        seconds[number] = client.wait_for_render(f"render_{number}")["output"]["duration"]

    assert seconds == {1: pytest.approx(1, abs=0.2), 2: pytest.approx(2, abs=0.2)}


def test_file_that_is_not_there_is_named_with_those_that_are(client: BareClient) -> None:
    before = client.read_draft()
    events = client.send_prompt('For the file "talk-03.mp4" only: play it at 2x')

    assert "no file talk-03.mp4" in events[-1]["content"]
    assert "talk-01.mp4, talk-02.mp4" in events[-1]["content"]
    assert client.read_draft() == before
    assert client.read_credits()["total"] == 100


def test_files_name_is_no_title_and_no_wish() -> None:
    prompt = Prompt.read('For the file "extract 3 clips.mp4" only: add the title "Hello"')

    assert prompt.subject == "extract 3 clips.mp4"
    assert prompt.quotes == ("Hello",)
    assert "clips" not in prompt.text


def test_files_name_may_hold_quotation_marks() -> None:
    assert (
        Prompt.read('For the file "the "big" talk.mp4" only: play it at 2x').subject == 'the "big" talk.mp4'
    )


def shown_timeline(service: Sandbox, client: BareClient, draft: dict[str, Any]) -> Timeline | None:
    """What the service would render for a draft."""
    session = service._service.sessions.find(client.session_id, client.user_id)
    return session.recognise_draft(draft)


def without(draft: dict[str, Any], *names: str) -> dict[str, Any]:
    kept = [track for track in copy.deepcopy(draft["t"]) if track["name"] not in names]
    return {**copy.deepcopy(draft), "t": kept}


def test_draft_of_any_age_without_some_tracks_is_rendered_without_them(
    service: Sandbox, client: BareClient
) -> None:
    client.send_prompt('add captions, a title "Hi" and lo-fi music')
    draft = client.read_draft()
    client.send_prompt("play it at 2x")
    client.read_draft()
    quiet = shown_timeline(service, client, without(draft, "BGM"))
    plain = shown_timeline(service, client, without(draft, "BGM", "Title", "Captions"))

    assert quiet is not None
    assert plain is not None
    assert (quiet.sounds, {words.role for words in quiet.words}) == ((), {"title", "caption"})
    assert (plain.sounds, plain.words) == ((), ())
    assert quiet.segments == plain.segments
    assert len(plain.segments) == 2
    assert plain.duration == pytest.approx(5, abs=0.2)


def test_draft_without_its_music_and_title_is_accepted_and_comes_out_without(
    client: BareClient, tmp_path: Path
) -> None:
    client.send_prompt('keep only the first 1 s, add a title "Hi" and lo-fi music')
    draft = without(client.read_draft(), "BGM", "Title")
    client.start_render("render_1", draft)

    assert client.wait_for_render("render_1")["status"] == "completed"


def test_draft_that_was_changed_otherwise_is_refused(client: BareClient) -> None:
    client.send_prompt('add a title "Hi" and lo-fi music')
    draft = without(client.read_draft(), "Title")
    tracks = draft["t"]
    changed = {
        "another order": tracks[::-1],
        "another length": [{**tracks[0], "d": 1}],
        "a segment less": [{**tracks[0], "sg": tracks[0]["sg"][:1]}],
        "a track twice": [tracks[0], tracks[0]],
        "a new track": [*tracks, {"tt": 7, "sg": [{}]}],
        "no track": [],
    }
    drafts = {how: {**draft, "t": kept} for how, kept in changed.items()} | {"no title": {**draft, "m": {}}}
    answers = {how: client.start_render("render_1", sent).status_code for how, sent in drafts.items()}

    assert answers == dict.fromkeys(drafts, 400)
    assert client.entries("renders") == []
