"""The demo's recordings are what they say: scenes, a time code, speech, a file that grows."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from media_eyes import corner, is_near, loudness, read_pictures, read_sound

from nemowatch.media.errors import IncompleteMedia
from nemowatch.media.probe import probe
from nemowatch.media.verify import verify_delivered
from nemowatch.sandbox.lettering import draw_letters
from nemowatch.sandbox.recordings import format_time_code, make_recording, plan_scenes, plan_speech


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("recordings") / "talk.mp4"
    return make_recording(target, seconds=10, seed=4, width=240, height=160, fps=10)


def test_a_recording_is_h264_and_aac_of_the_length_asked_for(recording: Path) -> None:
    info = verify_delivered(recording)
    assert (info.video_codec, info.audio_codec) == ("h264", "aac")
    assert info.duration_seconds == pytest.approx(10.0, abs=0.05)
    assert (info.width, info.height, info.fps) == (240, 160, 10.0)


def test_every_scene_has_its_own_background(recording: Path) -> None:
    scenes = plan_scenes(10, 4)
    assert len(scenes) >= 2
    for moment, picture in read_pictures(recording):
        scene = next(scene for scene in scenes if scene.start <= moment + 1e-6 < scene.end + 1e-6)
        assert is_near(corner(picture), scene.colour), moment


def test_the_time_code_can_be_read_from_the_pixels(recording: Path) -> None:
    moment, picture = read_pictures(recording)[57]
    expected = draw_letters(format_time_code(moment))
    rows, columns = expected.shape
    left, top = (240 - columns) // 4 * 2, (160 - rows - 8) // 2 * 2
    seen = picture[top : top + rows, left : left + columns].mean(axis=2) > 128
    assert np.mean(seen == expected) > 0.99


def test_loud_and_quiet_passages_are_where_the_plan_says(recording: Path) -> None:
    samples, rate = read_sound(recording), 16_000
    by_level = {
        passage.level: loudness(samples[round(passage.start * rate) : round(passage.end * rate)])
        for passage in plan_speech(10, 4)
    }
    levels = [by_level[level] for level in sorted(by_level)]
    assert len(levels) >= 2
    assert levels == sorted(levels)
    assert levels[-1] > 3 * levels[0]


def test_the_same_seed_makes_the_same_file(tmp_path: Path) -> None:
    one, other, third = (
        make_recording(tmp_path / f"{name}.mp4", seconds=1, seed=seed, width=160, height=120, fps=5)
        for name, seed in (("one", 7), ("other", 7), ("third", 8))
    )
    assert one.read_bytes() == other.read_bytes()
    assert one.read_bytes() != third.read_bytes()


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_the_file_grows_second_by_second_while_it_is_recorded(tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"talk.{suffix}"
    seen: list[tuple[float, int]] = []
    make_recording(
        target,
        seconds=4,
        width=160,
        height=120,
        fps=10,
        on_second=lambda moment: seen.append((moment, target.stat().st_size)),
    )
    assert [moment for moment, _ in seen] == [1.0, 2.0, 3.0, 4.0]
    sizes = [size for _, size in seen] + [target.stat().st_size]
    assert sizes == sorted(set(sizes))


def test_an_mp4_recorder_has_no_index_until_it_stops(tmp_path: Path) -> None:
    target = tmp_path / "talk.mp4"

    def look(_: float) -> None:
        with pytest.raises(IncompleteMedia, match="no index yet"):
            probe(target)

    make_recording(target, seconds=3, width=160, height=120, fps=10, on_second=look)
    assert probe(target).duration_seconds == pytest.approx(3.0, abs=0.05)


def test_what_an_mkv_recorder_has_written_so_far_can_be_played(tmp_path: Path) -> None:
    target = tmp_path / "talk.mkv"
    lengths: list[float] = []

    def look(moment: float) -> None:
        if moment == 4.0:
            lengths.append(read_pictures(target)[-1][0])
            assert probe(target).kind == "video"

    make_recording(target, seconds=6, width=160, height=120, fps=10, on_second=look)
    assert 2.0 <= lengths[0] <= 4.0


def test_a_recording_that_is_stopped_early_ends_there(tmp_path: Path) -> None:
    class StopError(Exception):
        pass

    def stop(moment: float) -> None:
        if moment == 3.0:
            raise StopError

    target = tmp_path / "talk.mp4"
    with pytest.raises(StopError):
        make_recording(target, seconds=6, width=160, height=120, fps=10, on_second=stop)
    assert probe(target).duration_seconds == pytest.approx(3.0, abs=0.1)


def test_the_container_can_be_chosen_whatever_the_name(tmp_path: Path) -> None:
    target = make_recording(tmp_path / "talk.part", seconds=1, width=160, height=120, fps=5, container="mkv")
    assert verify_delivered(target).container == "mkv"


@given(st.floats(2.0, 4000.0), st.integers(0, 10_000))
def test_scenes_fill_the_recording_without_gaps(seconds: float, seed: int) -> None:
    scenes = plan_scenes(seconds, seed)
    assert scenes[0].start == 0.0
    assert scenes[-1].end == seconds
    for before, after in pairwise(scenes):
        assert before.end == after.start
        assert before.colour != after.colour


@given(st.floats(0, 359_999))
def test_a_time_code_is_twelve_characters(seconds: float) -> None:
    assert len(format_time_code(seconds)) == 12
