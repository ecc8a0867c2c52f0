"""Tracks that the service adds by itself are left out where a rule says so; all others stay."""

from __future__ import annotations

import copy
from collections.abc import Collection
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemowatch.nemo.outline import Outline
from nemowatch.nemo.state import SessionState
from nemowatch.nemo.tracks import DroppedKind, drop_tracks

Json = dict[str, Any]
BOTH: Collection[DroppedKind] = ("music", "title")
UPLOAD = {"filename": "talk.mp4", "cdn_url": "https://cdn.test/up/talk.mp4", "hash": "abc"}
VIDEO = {
    "id": "t1",
    "tt": 0,
    "sg": [{"d": 10_000, "src": {"url": "https://cdn.test/up/talk.mp4?sig=1"}}],
    "x": 1,
}
MUSIC = {
    "id": "t2",
    "tt": 1,
    "sg": [{"d": 10_000, "m": {"title": "Lo-fi", "url": "https://cdn.test/gen/lofi.mp3"}}],
}
TITLE = {"id": "t3", "tt": 7, "sg": [{"d": 3_000, "m": {"text": "Urban Dreams"}}]}
CAPTIONS = {"id": "t4", "tt": 7, "name": "Captions", "sg": [{"d": 1_000, "m": {"text": "hello"}}]}


def draft_of(*tracks: Json) -> Json:
    return {"v": 7, "t": list(tracks), "x_hints": {"lanes": [1, 2]}}


def before_of(*tracks: Json, uploads: tuple[Json, ...] = (UPLOAD,)) -> Outline:
    state = {"draft": draft_of(*tracks) if tracks else {}, "video_infos": list(uploads)}
    return Outline.of(SessionState.from_json(state))


def dropped(
    *tracks: Json,
    before: Outline | None = None,
    kinds: Collection[DroppedKind] = BOTH,
    asked: tuple[str, ...] = ("make it short",),
) -> tuple[str, ...]:
    return drop_tracks(draft_of(*tracks), before or before_of(), kinds, asked)[1]


def test_music_and_titles_that_nobody_asked_for_are_left_out_and_nothing_else_changes() -> None:
    draft = draft_of(VIDEO, MUSIC, "no track", TITLE, CAPTIONS)  # type: ignore[arg-type]  # a stranger's draft
    given_draft = copy.deepcopy(draft)
    fewer, told = drop_tracks(draft, before_of(), BOTH, ["make it short"])
    assert told == ('music "Lo-fi"', 'title "Urban Dreams"')
    assert fewer == {**draft, "t": [VIDEO, "no track", CAPTIONS]}
    assert list(fewer) == list(draft)
    assert draft == given_draft


def test_only_the_kinds_that_the_rule_names_are_left_out() -> None:
    assert dropped(VIDEO, MUSIC, TITLE, kinds=["music"]) == ('music "Lo-fi"',)
    assert dropped(VIDEO, MUSIC, TITLE, kinds=["title"]) == ('title "Urban Dreams"',)
    assert dropped(VIDEO, MUSIC, TITLE, kinds=[]) == ()


def test_tracks_that_were_there_before_the_first_prompt_stay() -> None:
    assert dropped(VIDEO, MUSIC, TITLE, before=before_of(VIDEO, MUSIC, TITLE)) == ()
    other = {**MUSIC, "id": "t9", "sg": [{"d": 1, "m": {"title": "Jazz"}}]}
    assert dropped(VIDEO, other, MUSIC, before=before_of(VIDEO, MUSIC)) == ('music "Jazz"',)


def test_nothing_is_left_out_where_nothing_is_known_of_before() -> None:
    assert dropped(VIDEO, MUSIC, before=Outline.from_json({})) == ()


@pytest.mark.parametrize(
    "prompt",
    [
        "add upbeat music",
        "Add BGM",
        "with a lo-fi soundtrack",
        "put a song under it",
        "add an audio bed",
        "添加背景音乐",
        "配乐要轻快",
        "remove the music and add a new song",
        "ＢＧＭ　please",
    ],
)
def test_music_that_a_prompt_speaks_of_stays(prompt: str) -> None:
    assert dropped(VIDEO, MUSIC, kinds=["music"], asked=("cut it", prompt)) == ()


@pytest.mark.parametrize(
    "prompt",
    [
        "add a title",
        "with the headline 'News'",
        "add a text overlay",
        "show the text 'Hi'",
        "添加标题",
        "加片头",
        "add an intro",
    ],
)
def test_title_that_a_prompt_speaks_of_stays(prompt: str) -> None:
    assert dropped(VIDEO, TITLE, kinds=["title"], asked=(prompt,)) == ()


@pytest.mark.parametrize(
    "prompt",
    [
        "no music, no titles",
        "without background music",
        "add captions",
        "加字幕",
        "不要音乐，不要标题",
        "add subtitles",
        "fine-tune the cuts",
    ],
)
def test_prompt_that_asks_for_neither_keeps_neither(prompt: str) -> None:
    assert len(dropped(VIDEO, MUSIC, TITLE, asked=(prompt,))) == 2


@pytest.mark.parametrize(
    "track",
    [
        {"tt": 1, "name": "Voice-over", "sg": [{"d": 1}]},
        {"tt": 1, "sg": [{"d": 1, "m": {"role": "tts", "title": "Ann"}}]},
        {"tt": 1, "name": "配音", "sg": [{"d": 1}]},
        {"tt": 1, "sg": [{"d": 1, "type": "sfx"}]},
        {"tt": 1, "name": "原声", "sg": [{"d": 1}]},
        {"tt": 1, "sg": [{"d": 1}, {"d": 1, "m": {"role": "narration"}}]},
        # The recording's own sound, taken from the picture; by its address, and by the upload's file name.
        {"tt": 1, "sg": [{"d": 1, "src": {"url": "https://cdn.test/up/talk.mp4?sig=2"}}]},
        {"tt": 1, "sg": [{"d": 1, "m": {"source": "talk.mp4"}}]},
        {"tt": 1, "sg": []},
        {"tt": 7, "name": "字幕", "sg": [{"d": 1}]},
        {"tt": 7, "sg": [{"d": 1, "m": {"role": "subtitle", "text": "hello"}}]},
        # Captions that do not say so.
        {"tt": 7, "sg": [{"d": 1, "m": {"text": word}} for word in "abcd"]},
        {"tt": 9, "name": "music", "sg": [{"d": 1}]},
    ],
)
def test_track_that_is_neither_music_nor_title_stays(track: Json) -> None:
    assert dropped(VIDEO, track) == ()


def test_titles_are_named_shortly() -> None:
    words = ["One", "Two", "Three", "Four", "x" * 99]
    track = {"tt": 7, "name": "Title", "sg": [{"d": 1, "m": {"text": word}} for word in words]}
    assert dropped(VIDEO, track) == ('title "One", "Two", "Three" and 2 more',)
    assert dropped(VIDEO, {"tt": 1, "sg": [{"d": 1}]}) == ("music without a name",)


def test_draft_of_nothing_else_stays_whole() -> None:
    draft = draft_of(TITLE)
    assert drop_tracks(draft, before_of(), BOTH, []) == (draft, ())


keys = st.sampled_from(["t", "tt", "sg", "d", "m", "id", "name", "role", "src", "url", "text"])
odd = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["bgm", "voice", "http://[", "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["t", "tt", "sg", "d", "m", "id", "name", "role", "src", "url", "text"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
track_like = st.fixed_dictionaries(
    {"tt": st.sampled_from([0, 1, 7])}, optional={"sg": odd, "m": odd, "name": odd}
)


@given(st.lists(track_like | odd, max_size=5) | odd, odd, st.lists(st.text(), max_size=2))
def test_no_draft_is_an_error_and_what_stays_is_as_it_was(tracks: Any, before: Any, asked: list[str]) -> None:
    draft = {"t": tracks, "x": before}
    kept = copy.deepcopy(draft)
    earlier = Outline.of(SessionState.from_json({"draft": before}))
    fewer, told = drop_tracks(draft, earlier, BOTH, asked)
    assert draft == kept
    assert bool(told) == (fewer != draft)
    if told:
        assert {**fewer, "t": None} == {**draft, "t": None}
        assert all(any(entry is other for other in tracks) for entry in fewer["t"])
        assert len(fewer["t"]) < len(tracks)
