"""What is kept of a state is small, survives a restart, and no state is an error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from draft_parts import clip, clips, outline, texts
from hypothesis import given, settings
from hypothesis import strategies as st

from nemowatch.nemo.changes import describe_changes
from nemowatch.nemo.outline import Outline
from nemowatch.nemo.state import SessionState

TALK = clips((0, 10), (20, 12), (40, 8))


@pytest.mark.slow
def test_outline_of_a_huge_draft_is_small_and_still_tells_the_counts() -> None:
    lines = [(number, 1.0, f"\U0001f600{'字' * 80} {number}") for number in range(20_000)]
    before, after = outline(TALK, texts("caption", *lines)), outline(TALK, texts("caption", *lines[1:]))
    assert len(json.dumps(before.to_json())) < 200_000
    assert "captions changed from 20000 to 19999 lines" in describe_changes(before, after)
    reworded = [*lines[:-1], (19_999, 1.0, "The end")]
    assert describe_changes(before, outline(TALK, texts("caption", *reworded))) == ("captions changed",)
    wide = [{"tt": 0, "name": "字" * 500, "sg": [clip(0, 1)]}] * 3_000
    assert (
        len(
            json.dumps(
                outline(*wide, video_infos=[{"url": f"https://c/{n}.mp4"} for n in range(9_000)]).to_json()
            )
        )
        < 200_000
    )


def test_clips_too_many_to_be_listed_are_counted() -> None:
    many = [(float(number), 1.0) for number in range(5_000)]
    before = outline(clips(*many))
    assert (
        describe_changes(before, outline(clips(*many[1:])))[0]
        == "the number of clips changed from 5000 to 4999"
    )
    assert describe_changes(before, outline(clips(*many[:-1], (9_000, 1)))) == (
        "some of the 5000 clips changed",
    )


draft_keys = [
    "t",
    "tt",
    "sg",
    "d",
    "m",
    "st",
    "start",
    "end",
    "id",
    "src",
    "url",
    "in",
    "title",
    "name",
    "text",
    "role",
]
more_keys = [
    "volume",
    "speed",
    "muted",
    "draft",
    "canvas_config",
    "width",
    "height",
    "generated_media",
    "video_infos",
]
kept_keys = ["filename", "tracks", "segments", "generated", "uploads", "label", "count"]
keys = st.sampled_from([*draft_keys, *more_keys, *kept_keys])
odd = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=4)
    | st.sampled_from(["http://[", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=15,
)
tracks = st.lists(
    st.fixed_dictionaries(
        {"tt": st.sampled_from([0, 1, 7, 9, None])},
        optional={
            "id": odd,
            "name": odd,
            "m": odd,
            "sg": st.lists(st.dictionaries(keys, odd, max_size=5), max_size=4) | odd,
        },
    ),
    max_size=3,
)
states = st.fixed_dictionaries(
    {"draft": st.fixed_dictionaries({"t": tracks}) | odd},
    optional={"canvas_config": odd, "generated_media": odd, "video_infos": odd},
)


@settings(max_examples=50)
@given(states, states)
def test_no_two_states_are_an_error(one: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    before, after = (SessionState.from_json(dict(state)) for state in (one, other))
    told = describe_changes(Outline.of(before), Outline.of(after))
    assert bool(told) == (before.fingerprint() != after.fingerprint())
    assert len(told) <= 9
    assert all("\n" not in text for text in told)
    assert describe_changes(Outline.of(before), Outline.of(before)) == ()


@given(states)
def test_outline_survives_being_kept(state: Mapping[str, Any]) -> None:
    made = Outline.of(SessionState.from_json(dict(state)))
    assert Outline.from_json(json.loads(json.dumps(made.to_json()))) == made


@given(odd)
def test_no_kept_outline_is_an_error(kept: Any) -> None:
    read = Outline.from_json(kept)
    assert isinstance(describe_changes(read, outline(TALK)), tuple)
    assert isinstance(describe_changes(outline(TALK), read), tuple)
    json.dumps(read.to_json())
