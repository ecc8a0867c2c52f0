from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemowatch.sandbox.timeline import (
    Material,
    Segment,
    Sound,
    Timeline,
    Words,
    change_speed,
    keep_ranges,
    remove_ranges,
    replace_segments,
)

TALK = Material("mat_1", Path("talk.mp4"), "talk.mp4", "video", "/cdn/1/talk.mp4", 1, "", duration=20.0)
DEMO = Material("mat_2", Path("demo.mp4"), "demo.mp4", "video", "/cdn/2/demo.mp4", 1, "", duration=10.0)
BOTH = Timeline(
    segments=(Segment(TALK, 0, 20), Segment(DEMO, 0, 10)),
    sounds=(Sound(TALK, "Lo-fi", 0, 30),),
    words=(Words("Hello", 0, 3, "title"), Words("Speech", 18, 22, "caption")),
)


def places(timeline: Timeline) -> list[tuple[str, float, float]]:
    return [(piece.material.filename, piece.start, piece.end) for piece in timeline.segments]


def test_range_across_two_files_keeps_a_piece_of_each() -> None:
    kept = keep_ranges(BOTH, [(15, 23)])

    assert places(kept) == [("talk.mp4", 15, 20), ("demo.mp4", 0, 3)]
    assert kept.duration == 8
    assert kept.words == (Words("Speech", 3, 7, "caption"),)
    assert kept.sounds[0].end == 8


def test_removed_beginning_moves_everything_forward() -> None:
    left = remove_ranges(BOTH, [(0, 3)])

    assert places(left) == [("talk.mp4", 3, 20), ("demo.mp4", 0, 10)]
    assert left.words == (Words("Speech", 15, 19, "caption"),)


def test_overlapping_ranges_are_removed_once() -> None:
    assert remove_ranges(BOTH, [(5, 12), (10, 15), (11, 12)]).duration == 20


def test_faster_picture_is_shorter_and_its_words_come_earlier() -> None:
    fast = change_speed(BOTH, 2)

    assert fast.duration == 15
    assert fast.words[1] == Words("Speech", 9, 11, "caption")
    assert fast.locate(5.0) == (fast.segments[0], 10.0)


def test_cut_of_a_faster_picture_is_measured_on_the_timeline() -> None:
    assert places(keep_ranges(change_speed(BOTH, 2), [(1, 2)])) == [("talk.mp4", 2, 4)]


def test_new_segments_lose_the_old_captions_and_keep_the_title() -> None:
    fresh = replace_segments(BOTH, [Segment(DEMO, 2, 4)])

    assert fresh.words == (Words("Hello", 0, 2, "title"),)
    assert fresh.sounds[0].end == 2


def test_nothing_plays_past_the_end() -> None:
    assert BOTH.locate(30.0) is None
    assert BOTH.locate(29.9) is not None


moments = st.floats(0, 30, allow_nan=False)


@given(
    st.lists(st.tuples(moments, moments).map(sorted).filter(lambda pair: pair[1] - pair[0] > 0.1), max_size=4)
)
def test_what_is_kept_and_what_is_removed_make_up_the_whole(ranges: list[list[float]]) -> None:
    disjoint = []
    for start, end in sorted(map(tuple, ranges)):
        if not disjoint or start > disjoint[-1][1]:
            disjoint.append((start, end))

    kept, left = keep_ranges(BOTH, disjoint), remove_ranges(BOTH, disjoint)

    # Slivers of less than a frame are dropped at each cut.
    assert kept.duration + left.duration == pytest.approx(30, abs=0.05 * (4 * len(disjoint) + 1))
    assert all(0 <= words.start < words.end <= kept.duration + 0.2 for words in kept.words)
