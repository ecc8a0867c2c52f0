"""Drafts as people see them; no draft, however strange, is an error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemowatch.nemo.calls import JsonObject
from nemowatch.nemo.timeline import Segment, Timeline

URBAN: JsonObject = {
    "t": [
        {"tt": 0, "sg": [{"st": 0, "d": 10000, "m": {"name": "city timelapse"}}]},
        {"tt": 1, "sg": [{"st": 0, "d": 10000, "m": {"title": "Lo-fi", "volume": 0.35}}]},
        {"tt": 7, "sg": [{"start": 0, "duration": 3000, "m": {"text": "Urban Dreams"}}]},
    ]
}


def test_timeline_is_described_in_one_line() -> None:
    assert Timeline.from_draft(URBAN).describe() == (
        "Timeline (3 tracks): 1. Video: city timelapse (0-10s) 2. BGM: Lo-fi (0-10s, 35%) "
        '3. Title: "Urban Dreams" (0-3s)'
    )


def test_track_of_several_segments_counts_them() -> None:
    clips = [{"d": 4000, "m": {"title": "a", "score": 92}}, {"d": 2500, "m": {"title": "b"}}]
    timeline = Timeline.from_draft({"t": [{"tt": 0, "m": {"title": "talk"}, "sg": clips}]})
    assert timeline.describe() == "Timeline (1 track): 1. Video: talk, 2 clips (0-6.5s)"
    assert timeline.tracks[0].segments == (Segment(0, 4, "a", 92), Segment(4, 6.5, "b"))
    assert timeline.duration == 6.5


@pytest.mark.parametrize(
    ("track", "described"),
    [
        ({"tt": 0, "sg": []}, "Video: empty"),
        ({"tt": 0}, "Video: empty"),
        ({"tt": 0, "sg": [{}]}, "Video: 1 clip (0-0s)"),
        ({"tt": 0, "sg": [{"d": 1000, "src": "https://x/a%20b.mp4?sig=1"}]}, "Video: a b.mp4 (0-1s)"),
        ({"tt": 1, "name": "BGM", "sg": [{"d": 1000, "m": {"volume": 80}}]}, "BGM: untitled (0-1s, 80%)"),
        ({"tt": 1, "sg": [{"d": 1000, "m": {"role": "voiceover", "name": "Ann"}}]}, "Voice: Ann (0-1s)"),
        ({"tt": 7, "name": "Captions", "sg": [{"d": 1000}, {"d": 1000}]}, "Captions: 2 parts (0-2s)"),
        ({"tt": 7, "name": "Subtitle track 1", "sg": [{"d": 1000}]}, "Captions: untitled (0-1s)"),
        ({"tt": 7, "m": {"role": "字幕"}, "sg": [{"d": 1000}]}, "Captions: untitled (0-1s)"),
        ({"tt": 1, "name": "Soundtrack", "sg": [{"d": 1000}]}, "BGM: untitled (0-1s)"),
        ({"tt": 1, "name": "背景音乐", "sg": [{"d": 1000}]}, "BGM: untitled (0-1s)"),
        ({"tt": 1, "sg": [{"d": 1000, "m": {"name": "Voice of spring"}}]}, "BGM: Voice of spring (0-1s)"),
        ({"tt": 0, "title": "Track 1", "sg": [{"d": 1000}]}, "Video: 1 clip (0-1s)"),
        ({"tt": 99, "sg": [{"st": 500, "end": 1500}]}, "Track: untitled (0.5-1.5s)"),
        ({"tt": "video", "sg": [{"d": "long"}]}, "Track: untitled (0-0s)"),
        ({"tt": 7, "sg": [{"d": 1, "m": {"text": "a\nb " + "x" * 99}}]}, f'Title: "a b {"x" * 55}…" (0-0s)'),
    ],
)
def test_unusual_tracks_are_described_as_far_as_they_go(track: JsonObject, described: str) -> None:
    assert Timeline.from_draft({"t": [track]}).describe() == f"Timeline (1 track): 1. {described}"


def test_draft_is_exportable_when_a_track_has_a_segment() -> None:
    assert Timeline.from_draft(URBAN).is_exportable
    assert not Timeline.from_draft({"t": [{"tt": 0, "sg": []}]}).is_exportable
    assert not Timeline.from_draft({}).is_exportable
    assert not Timeline.from_draft(None).is_exportable
    assert Timeline.from_draft(None).describe() == "Timeline (0 tracks): empty"


keys = st.sampled_from(
    [
        "t",
        "tt",
        "sg",
        "d",
        "m",
        "st",
        "start",
        "end",
        "title",
        "name",
        "text",
        "volume",
        "score",
        "role",
        "url",
        "src",
    ]
)
odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.just("http://["),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=15,
)


@given(st.dictionaries(keys, odd), st.lists(st.dictionaries(keys, odd, max_size=5), max_size=3))
def test_no_draft_is_an_error(rest: JsonObject, segments: list[JsonObject]) -> None:
    for draft in (rest, {"t": [{**rest, "sg": segments}]}):
        timeline = Timeline.from_draft(draft)
        assert timeline.describe().startswith("Timeline (")
        assert "\n" not in timeline.describe()
        assert timeline.duration >= 0
