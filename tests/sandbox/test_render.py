"""Renders are made for real: right pictures at the right times, right sound, right length."""

from __future__ import annotations

import threading
from pathlib import Path

import av
import numpy as np
import pytest
from helpers import make_video
from media_eyes import corner, is_near, loudness, read_pictures, read_sound, stream_seconds

from nemowatch.media.errors import MediaError
from nemowatch.media.verify import verify_delivered
from nemowatch.sandbox.music import make_music
from nemowatch.sandbox.recordings import make_recording, plan_scenes, plan_speech
from nemowatch.sandbox.render import Caption, Clip, SoundTrack, render_timeline
from nemowatch.sandbox.stills import save_stills

pytestmark = pytest.mark.slow

FPS, SEED, SECONDS = 10, 2, 12
THIRDS = slice(0, 40), slice(40, 80), slice(80, 120)


@pytest.fixture(scope="module", params=["mp4", pytest.param("mkv", marks=pytest.mark.slow)])
def recording(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("render") / f"talk.{request.param}"
    return make_recording(target, seconds=SECONDS, seed=SEED, width=160, height=120, fps=FPS)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return make_video(tmp_path / "film.mp4", seconds=2)


def make_plain(target: Path, size: tuple[int, int], *, rotation: int = 0, seconds: float = 1.0) -> Path:
    """A film without sound: white in its left eighth, else grey."""
    with av.open(str(target), "w") as output:
        stream = output.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        if rotation:
            stream.set_display_rotation(rotation)
        pixels = np.full((size[1], size[0], 3), 100, np.uint8)
        pixels[:, : size[0] // 8] = 255
        for _ in range(int(seconds * FPS)):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        output.mux(stream.encode())
    return target


def difference(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


def count_changed(one: np.ndarray, other: np.ndarray, rows: slice) -> int:
    return int((np.abs(one[rows].astype(int) - other[rows].astype(int)).max(axis=2) > 40).sum())


def test_cuts_are_exact_to_the_frame(recording: Path, tmp_path: Path) -> None:
    source = [pixels for _, pixels in read_pictures(recording)]
    clips = [Clip(recording, 7.3, 8.5), Clip(recording, 1.1, 2.0)]
    result = render_timeline(clips, tmp_path / "out.mp4")
    assert result.duration_seconds == pytest.approx(2.1)
    made = [pixels for _, pixels in read_pictures(tmp_path / "out.mp4")]
    expected = source[73:85] + source[11:20]
    assert len(made) == len(expected)
    for index, (seen, wanted) in enumerate(zip(made, expected, strict=True)):
        assert difference(seen, wanted) < 4, index
        # The time code moves on with every frame, so a neighbour is always a worse match.
        neighbour = source[(73 + index if index < 12 else index - 1) + 1]
        assert difference(seen, wanted) < difference(seen, neighbour), index


def test_each_clip_shows_its_scene(recording: Path, tmp_path: Path) -> None:
    scenes = plan_scenes(SECONDS, SEED)[::-1]
    render_timeline([Clip(recording, scene.start, scene.start + 1) for scene in scenes], tmp_path / "out.mp4")
    stills = save_stills(tmp_path / "out.mp4", [index + 0.5 for index in range(len(scenes))], tmp_path)
    for scene, still in zip(scenes, stills, strict=True):
        assert is_near(corner(read_pictures(still)[0][1]), scene.colour)


def test_picture_and_sound_are_of_one_length(recording: Path, tmp_path: Path) -> None:
    clips = [
        Clip(recording, 0.33, 2.4),
        Clip(recording, 5.0, 6.77, speed=1.5),
        Clip(recording, 3, 4, muted=True),
    ]
    result = render_timeline(clips, tmp_path / "out.mp4")
    lengths = stream_seconds(tmp_path / "out.mp4")
    assert result.duration_seconds == pytest.approx(2.07 + 1.18 + 1.0, abs=0.05)
    assert lengths["video"] == pytest.approx(result.duration_seconds, abs=0.01)
    assert lengths["audio"] == pytest.approx(result.duration_seconds, abs=0.025)
    info = verify_delivered(tmp_path / "out.mp4")
    assert info.duration_seconds == pytest.approx(result.duration_seconds, abs=0.05)
    assert (info.video_codec, info.audio_codec) == ("h264", "aac")
    assert result.size_bytes == info.size_bytes


def test_sound_stays_with_its_picture(recording: Path, tmp_path: Path) -> None:
    start, end, rate = 3.2, 7.2, 16_000
    render_timeline([Clip(recording, 0, 1), Clip(recording, start, end)], tmp_path / "out.mp4")
    made = read_sound(tmp_path / "out.mp4")[rate : 5 * rate]
    source = read_sound(recording)[round(start * rate) : round(end * rate)]
    length = min(len(made), len(source))
    spectrum = np.fft.rfft(made[:length], 2 * length) * np.conj(np.fft.rfft(source[:length], 2 * length))
    lag = int(np.argmax(np.fft.irfft(spectrum)))
    assert abs(lag if lag < length else lag - 2 * length) <= 0.01 * rate


def test_a_muted_clip_is_silent_and_its_neighbour_is_not(recording: Path, tmp_path: Path) -> None:
    loudest = max(plan_speech(SECONDS, SEED), key=lambda passage: passage.level)
    start = loudest.start + 0.3
    clips = [Clip(recording, start, start + 1, muted=True), Clip(recording, start, start + 1)]
    render_timeline(clips, tmp_path / "out.mp4")
    sound = read_sound(tmp_path / "out.mp4")
    assert loudness(sound[:14_000]) < 0.001
    assert loudness(sound[18_000:30_000]) > 0.02


@pytest.mark.parametrize("speed", [0.4, 0.5, 2.0, 3.0])
def test_speed_changes_picture_and_sound_alike(recording: Path, tmp_path: Path, speed: float) -> None:
    result = render_timeline([Clip(recording, 2.0, 8.0, speed=speed)], tmp_path / "out.mp4")
    assert result.duration_seconds == pytest.approx(6 / speed, abs=0.05)
    middle = 3 / speed
    (still,) = save_stills(tmp_path / "out.mp4", [middle], tmp_path)
    (expected,) = save_stills(recording, [2 + round(middle * FPS) / FPS * speed], tmp_path / "source")
    assert difference(read_pictures(still)[0][1], read_pictures(expected)[0][1]) < 5
    # The pitch stays: the speech's energy lies where it lay.
    centres = []
    for path in (recording, tmp_path / "out.mp4"):
        spectrum = np.abs(np.fft.rfft(read_sound(path)))
        centres.append(float((spectrum * np.arange(spectrum.size)).sum() / spectrum.sum() / spectrum.size))
    assert centres[1] == pytest.approx(centres[0], rel=0.35)


def test_a_film_without_sound_gets_silence(tmp_path: Path) -> None:
    silent = make_video(tmp_path / "silent.mp4", seconds=1, audio=False)
    render_timeline([Clip(silent, 0, 1)], tmp_path / "out.mp4")
    assert loudness(read_sound(tmp_path / "out.mp4")) == 0


def test_a_still_picture_stands_for_as_long_as_asked(film: Path, tmp_path: Path) -> None:
    (picture,) = save_stills(film, [1.0], tmp_path)
    result = render_timeline([Clip(picture, 0, 3.0), Clip(film, 0, 1)], tmp_path / "out.mp4")
    assert result.duration_seconds == pytest.approx(4.0)
    made = read_pictures(tmp_path / "out.mp4")
    assert difference(made[2][1], read_pictures(picture)[0][1]) < 3
    assert difference(made[28][1], made[2][1]) < 2


def test_a_clip_that_ends_after_its_file_holds_the_last_picture(film: Path, tmp_path: Path) -> None:
    result = render_timeline([Clip(film, 1.5, 3.5)], tmp_path / "out.mp4")
    assert result.duration_seconds == pytest.approx(2.0)
    assert loudness(read_sound(tmp_path / "out.mp4")[-8000:]) < 0.01


def test_other_shapes_are_fitted_with_bars(film: Path, tmp_path: Path) -> None:
    wide = make_plain(tmp_path / "wide.mp4", (320, 60))
    render_timeline([Clip(film, 0, 1), Clip(wide, 0, 1)], tmp_path / "out.mp4")
    picture = read_pictures(tmp_path / "out.mp4")[15][1]
    assert picture.shape == (120, 160, 3)
    assert picture[:30].mean() < 20
    assert picture[52:68, 40:].mean() > 90
    assert picture[52:68, :16].mean() > 225


@pytest.mark.parametrize(
    ("size", "fitted"),
    [
        ((2560, 1440), (1920, 1080)),
        ((1440, 2560), (1080, 1920)),
        ((1200, 1200), (1080, 1080)),
        ((162, 122), (162, 122)),
    ],
)
def test_the_size_is_shrunk_to_what_the_service_allows_and_never_grows(
    tmp_path: Path, size: tuple[int, int], fitted: tuple[int, int]
) -> None:
    source = make_plain(tmp_path / "source.mp4", size, seconds=0.3)
    result = render_timeline([Clip(source, 0, 0.2)], tmp_path / "out.mp4")
    assert (result.width, result.height) == fitted


def test_a_phones_upright_film_stays_upright(tmp_path: Path) -> None:
    phone = make_plain(tmp_path / "phone.mp4", (160, 120), rotation=-90)
    result = render_timeline([Clip(phone, 0, 1)], tmp_path / "out.mp4")
    assert (result.width, result.height) == (120, 160)
    picture = read_pictures(tmp_path / "out.mp4")[3][1]
    assert picture[:16].mean() > 200
    assert picture[30:].mean() < 130


def test_words_are_burned_in_while_they_are_due(film: Path, tmp_path: Path) -> None:
    captions = [Caption("Hello there", 0.5, 1.0), Caption("Urban Dreams", 1.2, 1.8, "title")]
    render_timeline([Clip(film, 0, 2)], tmp_path / "plain.mp4")
    render_timeline([Clip(film, 0, 2)], tmp_path / "words.mp4", captions=captions)
    plain, words = (
        [pixels for _, pixels in read_pictures(tmp_path / name)] for name in ("plain.mp4", "words.mp4")
    )
    changed = [
        [count_changed(one, other, rows) for rows in THIRDS] for one, other in zip(plain, words, strict=True)
    ]
    assert [index for index, (_, _, foot) in enumerate(changed) if foot > 100] == [5, 6, 7, 8, 9]
    assert [index for index, (_, middle, _) in enumerate(changed) if middle > 100] == [12, 13, 14, 15, 16, 17]
    assert all(top == 0 for top, _, _ in changed)


def test_words_in_any_script_and_of_any_length_do_no_harm(film: Path, tmp_path: Path) -> None:
    captions = [Caption("城市之梦 " * 60, 0, 1), Caption("   ", 0, 1), Caption("ÀÉÎ\n\tõü", 0, 1, "title")]
    render_timeline([Clip(film, 0, 1)], tmp_path / "out.mp4", captions=captions, size=(64, 48))
    assert verify_delivered(tmp_path / "out.mp4").width == 64


def test_music_plays_where_and_as_loudly_as_asked_and_repeats(film: Path, tmp_path: Path) -> None:
    tune = make_music(tmp_path / "tune.m4a", seconds=3)
    clips = [Clip(film, 0, 2, muted=True)] * 4
    tracks = [SoundTrack(tune, 1.0, 8.0, volume=0.5, repeat=True)]
    render_timeline(clips, tmp_path / "out.mp4", sounds=tracks)
    sound = read_sound(tmp_path / "out.mp4")
    assert loudness(sound[:14_000]) < 0.001
    once, again = sound[20_000:60_000], sound[20_000 + 48_000 : 60_000 + 48_000]
    assert loudness(once) == pytest.approx(loudness(again), rel=0.15)
    render_timeline(clips, tmp_path / "loud.mp4", sounds=[SoundTrack(tune, 1.0, 8.0, volume=1.0)])
    loud = read_sound(tmp_path / "loud.mp4")
    assert loudness(loud[20_000:60_000]) == pytest.approx(2 * loudness(once), rel=0.1)
    assert loudness(loud[70_000:]) < 0.001  # not repeated: silent after three seconds of it


def test_sound_alone_is_rendered_with_a_dark_picture(tmp_path: Path) -> None:
    tune = make_music(tmp_path / "tune.m4a", seconds=3)
    for clips, sounds in (([Clip(tune, 0, 1)], []), ([], [SoundTrack(tune, 0, 1)])):
        result = render_timeline(clips, tmp_path / "out.mp4", sounds=sounds)
        assert result.duration_seconds == pytest.approx(1.0)
        assert read_pictures(tmp_path / "out.mp4")[5][1].mean() < 5
        assert loudness(read_sound(tmp_path / "out.mp4")) > 0.01


def test_progress_rises_to_one(film: Path, tmp_path: Path) -> None:
    seen: list[float] = []
    render_timeline([Clip(film, 0, 2)], tmp_path / "out.mp4", progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert len(seen) > 5


def test_a_cancelled_render_leaves_nothing(film: Path, tmp_path: Path) -> None:
    class CancelledError(Exception):
        pass

    def cancel(done: float) -> None:
        if done > 0.4:
            raise CancelledError

    with pytest.raises(CancelledError):
        render_timeline([Clip(film, 0, 2)], tmp_path / "out.mp4", progress=cancel)
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.parametrize("suffix", ["mp3", "wav", "aac", "m4a"])
def test_every_kind_of_sound_can_be_started_late_and_repeated(
    film: Path, tmp_path: Path, suffix: str
) -> None:
    codec = {"mp3": "libmp3lame", "wav": "pcm_s16le"}.get(suffix, "aac")
    tune = tmp_path / f"tune.{suffix}"
    with (
        av.open(str(make_music(tmp_path / "made.m4a", seconds=3))) as source,
        av.open(str(tune), "w") as output,
    ):
        stream = output.add_stream(codec, rate=48_000, layout="stereo")
        resampler = av.AudioResampler(format=stream.format, layout="stereo", rate=48_000)
        for frame in source.decode(audio=0):
            for block in resampler.resample(frame):
                output.mux(stream.encode(block))
        output.mux(stream.encode())
    clips = [Clip(tune, 1.5, 3.5), Clip(film, 0, 2, muted=True), Clip(film, 0, 2, muted=True)]
    sounds = [SoundTrack(tune, 2.0, 6.0, repeat=True)]
    render_timeline(clips, tmp_path / "out.mp4", sounds=sounds)
    sound = read_sound(tmp_path / "out.mp4")
    assert loudness(sound[4_000:20_000]) > 0.01  # the clip's own second half
    assert loudness(sound[26_000:30_000]) < 0.001  # past the end of the file
    assert loudness(sound[84_000:94_000]) > 0.01  # the second time round


def test_a_damaged_film_is_shown_as_far_as_it_goes(recording: Path, tmp_path: Path) -> None:
    data = bytearray(recording.read_bytes())
    for position in range(len(data) // 3, len(data) * 2 // 3, 997):
        data[position] ^= 0x5A
    damaged = tmp_path / recording.name
    damaged.write_bytes(data)
    result = render_timeline([Clip(damaged, 0, 12)], tmp_path / "out.mp4")
    assert result.duration_seconds == pytest.approx(12.0)
    assert difference(read_pictures(tmp_path / "out.mp4")[5][1], read_pictures(recording)[5][1]) < 4


def test_nothing_to_render_is_the_callers_mistake(film: Path, tmp_path: Path) -> None:
    for clips in ([], [Clip(film, 1, 1)], [Clip(film, 0, 1, speed=0)]):
        with pytest.raises(ValueError, match=r"empty|no stretch of time"):
            render_timeline(clips, tmp_path / "out.mp4")


def test_a_source_that_is_no_media_is_named(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_text("only words in here")
    with pytest.raises(MediaError, match=r"film\.mp4"):
        render_timeline([Clip(tmp_path / "film.mp4", 0, 1)], tmp_path / "out.mp4")
    assert not (tmp_path / "out.mp4").exists()


def test_the_index_stands_in_front_so_that_players_can_start_at_once(film: Path, tmp_path: Path) -> None:
    render_timeline([Clip(film, 0, 1)], tmp_path / "out.mp4")
    data = (tmp_path / "out.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_renders_in_several_threads_do_not_disturb_each_other(film: Path, tmp_path: Path) -> None:
    targets = [tmp_path / f"out-{index}.mp4" for index in range(4)]
    threads = [
        threading.Thread(target=render_timeline, args=([Clip(film, 0, 2), Clip(film, 0.5, 1.5)], target))
        for target in targets
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len({target.read_bytes() for target in targets}) == 1
