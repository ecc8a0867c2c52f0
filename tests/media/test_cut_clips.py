"""Clips and trimmed recordings, checked by the time code in their pictures."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from cut_samples import (
    copy_streams,
    find_onset,
    make_beeps,
    make_recording,
    read_codes,
    remake,
)
from hypothesis import given
from hypothesis import strategies as st

from nemowatch.media.cut import Clip, cut_clips, resolve_times, trim
from nemowatch.media.cut_errors import NothingLeft
from nemowatch.media.errors import MediaError
from nemowatch.media.probe import probe

FRAME = 0.04


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("samples")
    plain = make_recording(folder / "plain.mp4", seconds=4, width=240, height=160)
    shuffled = remake(plain, folder / "b-frames.mp4", bf="3", g="50", b_strategy="0")
    return {
        "plain": plain,
        "b-frames": shuffled,
        "open": remake(
            plain, folder / "open.mp4", **{"x264-params": "open-gop=1:keyint=50:scenecut=0:bframes=3"}
        ),
        "mkv": copy_streams(shuffled, folder / "b-frames.mkv"),
        "sparse": remake(plain, folder / "sparse.mp4", keep=lambda index: index % 20 < 3),
    }


def cut_one(source: Path, start: float, end: float, target: Path) -> list[tuple[float, float]]:
    (part,) = cut_clips(source, (Clip(start, end, target),))
    assert part.path == target
    assert part.size_bytes == target.stat().st_size
    return read_codes(target)


@pytest.mark.parametrize(
    "name", ["b-frames", *(pytest.param(name, marks=pytest.mark.slow) for name in ("plain", "open"))]
)
@pytest.mark.parametrize(("start", "end"), [(0.0, 1.0), (2.0, 4.0), (2.0, 2.92), (1.48, 3.52), (3.96, 4.0)])
def test_a_clip_holds_the_pictures_that_were_asked_for_and_no_other(
    samples: dict[str, Path], tmp_path: Path, name: str, start: float, end: float
) -> None:
    codes = cut_one(samples[name], start, end, tmp_path / "clip.mp4")
    expected = [start + FRAME * index for index in range(round((end - start) / FRAME))]
    assert [code for _, code in codes] == pytest.approx(expected)
    assert [moment for moment, _ in codes] == pytest.approx([time - start for time in expected], abs=0.001)


@pytest.mark.slow
def test_a_clip_of_matroska_begins_with_what_is_shown_at_that_time(
    samples: dict[str, Path], tmp_path: Path
) -> None:
    shown = dict(read_codes(samples["mkv"]))
    codes = cut_one(samples["mkv"], 1.5, 2.5, tmp_path / "clip.mp4")
    assert codes[0][1] in {code for moment, code in shown.items() if abs(moment - 1.5) <= FRAME}
    assert codes[-1][1] - codes[0][1] == pytest.approx(24 * FRAME)


@pytest.mark.slow
def test_a_clip_at_a_key_frame_is_copied_and_one_elsewhere_is_not(
    samples: dict[str, Path], tmp_path: Path
) -> None:
    clips = (Clip(2.0, 3.0, tmp_path / "a.mp4"), Clip(2.2, 3.0, tmp_path / "b.mp4"))
    copied, encoded = cut_clips(samples["plain"], clips)
    assert (copied.how, encoded.how) == ("copied", "re-encoded")


@pytest.mark.slow
def test_a_copy_never_holds_a_picture_from_beyond_its_end(samples: dict[str, Path], tmp_path: Path) -> None:
    for number, end in enumerate(2.0 + FRAME * index for index in range(1, 9)):
        codes = cut_one(samples["b-frames"], 2.0, end, tmp_path / f"{number}.mp4")
        assert max(code for _, code in codes) == pytest.approx(end - FRAME)


def test_a_picture_that_stands_when_the_clip_begins_is_its_first(
    samples: dict[str, Path], tmp_path: Path
) -> None:
    codes = cut_one(samples["sparse"], 1.4, 2.0, tmp_path / "clip.mp4")  # nothing new from 0.88 to 1.6
    assert codes[0] == (0.0, pytest.approx(0.88))
    assert codes[1] == (pytest.approx(0.2, abs=0.001), pytest.approx(1.6))
    assert codes[-1][1] == pytest.approx(1.68)
    assert probe(tmp_path / "clip.mp4").duration_seconds == pytest.approx(0.6, abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("codec", ["aac", "pcm_s16le"])
@pytest.mark.parametrize("start", [1.0, 1.32])
def test_sound_stays_with_the_picture(tmp_path: Path, codec: str, start: float) -> None:
    source = make_beeps(tmp_path / "beeps.mkv", codec)
    cut_one(source, start, 3.0, tmp_path / "clip.mp4")
    assert find_onset(tmp_path / "clip.mp4") == pytest.approx(2.0 - start, abs=0.012)


@pytest.mark.slow
def test_how_the_picture_is_turned_and_its_colours_are_kept(samples: dict[str, Path], tmp_path: Path) -> None:
    tags = {"color_primaries": "bt709", "color_trc": "bt709", "colorspace": "bt709"}
    tagged = remake(samples["plain"], tmp_path / "tagged.mp4", turn=90, g="50", **tags)
    for number, start in enumerate((2.0, 2.2)):
        cut_one(tagged, start, 3.0, tmp_path / f"{number}.mp4")
        with av.open(str(tmp_path / f"{number}.mp4")) as film:
            frame = next(film.decode(video=0))
            assert frame.rotation == 90
            assert (frame.color_primaries, frame.color_trc, frame.colorspace) == (1, 1, 1)


@pytest.mark.slow
def test_a_film_without_sound_and_sound_without_a_film_can_be_cut(tmp_path: Path) -> None:
    sound = make_beeps(tmp_path / "beeps.wav", "pcm_s16le", picture=False)
    part = trim(sound, tmp_path / "cut.wav", start=1.5, end=None)
    assert (part.width, part.how) == (None, "copied")
    assert find_onset(part.path) == pytest.approx(0.5, abs=0.03)
    silent = make_beeps(tmp_path / "silent.mp4", None)
    assert len(cut_one(silent, 1.2, 2.0, tmp_path / "clip.mp4")) == 20


def test_a_trimmed_recording_keeps_its_kind_and_all_its_tracks(tmp_path: Path) -> None:
    source = make_beeps(tmp_path / "beeps.mkv", "aac", tracks=2)
    part = trim(source, tmp_path / "cut.mkv", start=2.0, end=None)
    info = probe(part.path)
    assert info.container == "mkv"
    with av.open(str(part.path)) as film:
        assert [stream.type for stream in film.streams] == ["video", "audio", "audio"]


def test_trimming_at_a_key_frame_copies_to_the_end(samples: dict[str, Path], tmp_path: Path) -> None:
    part = trim(samples["b-frames"], tmp_path / "cut.mp4", start=2.0, end=None)
    codes = read_codes(part.path)
    assert part.how == "copied"
    assert (codes[0], codes[-1][1], len(codes)) == ((0.0, 2.0), 3.96, 50)
    assert (part.start, part.end) == (2.0, pytest.approx(4.0, abs=0.02))


@pytest.mark.slow
def test_a_recording_trimmed_elsewhere_is_exact_too(samples: dict[str, Path], tmp_path: Path) -> None:
    part = trim(samples["b-frames"], tmp_path / "cut.mp4", start=0.52, end=3.4)
    codes = read_codes(part.path)
    assert [code for _, code in codes] == pytest.approx([0.52 + FRAME * index for index in range(72)])
    assert [moment for moment, _ in codes] == pytest.approx([FRAME * index for index in range(72)], abs=0.001)


@pytest.mark.slow
def test_a_key_frame_before_the_first_picture_is_no_reason_to_encode(
    samples: dict[str, Path], tmp_path: Path
) -> None:
    assert trim(samples["mkv"], tmp_path / "cut.mkv", start=0.0, end=None).how == "copied"


@pytest.mark.slow
def test_progress_goes_up_to_one_over_all_clips(samples: dict[str, Path], tmp_path: Path) -> None:
    shares: list[float] = []
    clips = tuple(Clip(start, start + 0.5, tmp_path / f"{start}.mp4") for start in (3.0, 0.3, 2.0))
    cut_clips(samples["plain"], clips, report=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_nothing_is_left_of_a_clip_that_is_not_there(samples: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    with pytest.raises(NothingLeft, match="nothing to show between"):
        cut_clips(samples["plain"], (Clip(9.0, 10.0, tmp_path / "clips" / "clip.mp4"),))
    assert list((tmp_path / "clips").iterdir()) == []


def test_a_recording_that_ends_in_noise_leaves_no_scraps(samples: dict[str, Path], tmp_path: Path) -> None:
    broken = tmp_path / "broken.mkv"
    broken.write_bytes(samples["mkv"].read_bytes()[:2_000])
    with pytest.raises(MediaError):
        trim(broken, tmp_path / "cut.mkv", start=1.0, end=2.0)
    assert list(tmp_path.iterdir()) == [broken]


@given(st.floats(-20, 20), st.none() | st.floats(-20, 20), st.floats(0.01, 15))
def test_resolved_times_lie_within_the_recording(start: float, end: float | None, duration: float) -> None:
    try:
        first, last = resolve_times(start, end, duration)
    except NothingLeft:
        return
    assert 0.0 <= first < last <= duration


def test_times_below_zero_count_from_the_end() -> None:
    assert resolve_times(-10.0, -4.0, 60.0) == (50.0, 56.0)
    assert resolve_times(30.0, None, 60.0) == (30.0, 60.0)
    with pytest.raises(NothingLeft, match="there is nothing of a recording"):
        resolve_times(70.0, None, 60.0)
