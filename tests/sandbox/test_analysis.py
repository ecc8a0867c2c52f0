"""Highlights come from what can be measured, and the choice is sound."""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path

import pytest
from helpers import make_video
from hypothesis import given, settings
from hypothesis import strategies as st

from nemowatch.media.errors import NotMedia
from nemowatch.sandbox.analysis import Analysis, Highlight, analyse, choose_highlights, find_highlights
from nemowatch.sandbox.music import make_music
from nemowatch.sandbox.recordings import make_recording, plan_scenes, plan_speech

pytestmark = pytest.mark.slow

SECONDS, SEED = 20, 0


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("analysis") / "talk.mp4"
    return make_recording(target, seconds=SECONDS, seed=SEED, width=160, height=120, fps=10)


@pytest.fixture(scope="module")
def analysis(recording: Path) -> Analysis:
    return analyse(recording)


def make_analysis(
    duration: float,
    *,
    loudness: tuple[float, ...] = (),
    motion: tuple[float, ...] = (),
    scene_changes: tuple[float, ...] = (),
    pauses: tuple[tuple[float, float], ...] = (),
) -> Analysis:
    return Analysis(duration, 0.1, loudness, motion, scene_changes, pauses)


def test_every_cut_between_scenes_is_found(analysis: Analysis) -> None:
    cuts = [scene.start for scene in plan_scenes(SECONDS, SEED)][1:]
    assert analysis.scene_changes == pytest.approx(cuts, abs=0.11)


def test_pauses_in_speech_are_found(analysis: Analysis) -> None:
    speech = plan_speech(SECONDS, SEED)
    for before, after in pairwise(speech):
        middle = (before.end + after.start) / 2
        assert any(start <= middle <= end for start, end in analysis.pauses), middle


def test_loud_passages_measure_louder_than_quiet_ones(analysis: Analysis) -> None:
    passages = sorted(plan_speech(SECONDS, SEED), key=lambda passage: passage.level)

    def measure(start: float, end: float) -> float:
        levels = analysis.loudness[int(start * 10) + 1 : int(end * 10)]
        return sum(levels) / len(levels)

    assert measure(passages[-1].start, passages[-1].end) > 1.5 * measure(passages[0].start, passages[0].end)


def test_the_best_highlight_lies_in_the_loudest_speech(recording: Path) -> None:
    best = find_highlights(recording, 3)[0]
    loudest = [passage for passage in plan_speech(SECONDS, SEED) if passage.level > 0.9]
    shared = max(min(best.end, passage.end) - max(best.start, passage.start) for passage in loudest)
    assert shared > 0.6 * (best.end - best.start)


def test_the_same_file_gives_the_same_highlights(recording: Path, analysis: Analysis) -> None:
    assert find_highlights(recording, 5) == choose_highlights(analysis, 5)


def test_highlights_begin_or_end_where_something_else_does(analysis: Analysis) -> None:
    borders = [0.0, float(SECONDS), *analysis.scene_changes, *(t for pause in analysis.pauses for t in pause)]
    for highlight in choose_highlights(analysis, 3):
        assert highlight.start in borders or highlight.end in borders


def test_a_film_without_sound_is_judged_by_its_pictures(tmp_path: Path) -> None:
    analysis = analyse(make_video(tmp_path / "silent.mp4", seconds=3, audio=False))
    assert analysis.loudness == ()
    assert len(choose_highlights(analysis, 2)) == 2


def test_sound_alone_is_judged_by_ear(tmp_path: Path) -> None:
    analysis = analyse(make_music(tmp_path / "tune.m4a", seconds=9))
    assert analysis.motion == ()
    assert analysis.scene_changes == ()
    assert len(choose_highlights(analysis, 3)) == 3


def test_text_is_not_analysed(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_text("only words in here")
    with pytest.raises(NotMedia):
        analyse(tmp_path / "film.mp4")


def test_a_loud_minute_in_a_quiet_hour_is_found() -> None:
    loudness = tuple(1.0 if 20_000 <= window < 20_600 else 0.2 for window in range(36_000))
    (best,) = choose_highlights(make_analysis(3600.0, loudness=loudness), 1)
    assert best.start >= 1990
    assert best.end <= 2070
    assert best.reason.startswith("loud")


def test_a_file_shorter_than_the_shortest_clip_is_one_clip() -> None:
    (only,) = choose_highlights(make_analysis(4.0), 3, min_seconds=10)
    assert (only.start, only.end) == (0.0, 4.0)


def test_nothing_is_chosen_from_nothing(analysis: Analysis) -> None:
    assert choose_highlights(make_analysis(0.0), 3) == []
    assert choose_highlights(analysis, 0) == []


def test_limits_are_kept(analysis: Analysis) -> None:
    for highlight in choose_highlights(analysis, 4, min_seconds=2, max_seconds=3):
        assert 2 - 1e-3 <= highlight.end - highlight.start <= 3 + 1e-3


def lie_apart(highlights: list[Highlight]) -> bool:
    return all(a.end <= b.start + 1e-3 or b.end <= a.start + 1e-3 for a, b in combinations(highlights, 2))


@settings(deadline=None, max_examples=60)
@given(
    windows=st.integers(10, 600),
    count=st.integers(1, 8),
    longest=st.one_of(st.none(), st.floats(0.5, 30)),
    data=st.data(),
)
def test_as_many_highlights_as_asked_for_and_none_overlaps(
    windows: int, count: int, longest: float | None, data: st.DataObject
) -> None:
    duration = windows / 10
    loudness = data.draw(st.lists(st.floats(0, 1), min_size=windows, max_size=windows))
    changes = data.draw(st.lists(st.floats(0.1, duration - 0.1), max_size=6, unique=True).map(sorted))
    made = make_analysis(duration, loudness=tuple(loudness), scene_changes=tuple(changes))
    highlights = choose_highlights(made, count, max_seconds=longest)
    assert len(highlights) == count
    assert lie_apart(highlights)
    assert all(0 <= each.start < each.end <= duration + 1e-3 for each in highlights)
    assert all(0 <= each.score <= 100 and each.reason for each in highlights)
    assert [each.score for each in highlights] == sorted((each.score for each in highlights), reverse=True)
    if longest is not None:
        assert all(each.end - each.start <= longest + 1e-3 for each in highlights)
