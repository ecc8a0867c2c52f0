"""What comes out when a recording is made to fit: its size, its times, its pictures and its sound."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from nemowatch.media.bitrate import AIM_SHARE, CannotFit
from nemowatch.media.cut_errors import NothingLeft
from nemowatch.media.encode import compress, convert, needs_convert, suffix_for
from nemowatch.media.errors import BrokenMedia
from nemowatch.media.probe import probe

SIZE = (160, 120)
FPS = 25


def grey(level: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    return np.full((size[1], size[0], 3), level, np.uint8)


def record(
    target: Path,
    pictures: list[np.ndarray],
    *,
    times: list[int] | None = None,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    sound: np.ndarray | None = None,
    layout: str = "mono",
    options: dict[str, str] | None = None,
) -> Path:
    """A film of these pictures (RGB), one each 40 ms or at these milliseconds; and its sound at 48 kHz."""
    with av.open(str(target), "w") as output:
        stream = output.add_stream(codec, rate=FPS, options=options or {})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = pixels
        clock = Fraction(1, 1000 if times else FPS)
        stream.codec_context.time_base = clock
        heard = output.add_stream("aac", rate=48_000, layout=layout) if sound is not None else None
        for index, picture in enumerate(pictures):
            form = "rgba" if picture.shape[2] == 4 else "rgb24"
            frame = av.VideoFrame.from_ndarray(picture, format=form).reformat(format=pixels)
            frame.pts, frame.time_base = times[index] if times else index, clock
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
        if heard is not None and sound is not None:
            block = av.AudioFrame.from_ndarray(sound.astype(np.float32), format="fltp", layout=layout)
            block.sample_rate, block.pts, block.time_base = 48_000, 0, Fraction(1, 48_000)
            output.mux(heard.encode(block))
            output.mux(heard.encode())
    return target


def read_pictures(path: Path) -> list[tuple[float, np.ndarray]]:
    with av.open(str(path)) as film:
        return [(frame.time, frame.to_ndarray(format="rgb24")) for frame in film.decode(video=0)]


def read_sound(path: Path) -> np.ndarray:
    """The sound, mono, 16,000 samples a second."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=16_000)
    with av.open(str(path)) as film:
        blocks = [b for frame in [*film.decode(audio=0), None] for b in resampler.resample(frame)]
    return np.concatenate([block.to_ndarray().reshape(-1) for block in blocks])


def level(picture: np.ndarray) -> int:
    return round(float(np.mean(picture)))


def boxes(path: Path) -> list[bytes]:
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        found.append(data[at + 4 : at + 8])
        at += int.from_bytes(data[at : at + 4], "big")
    return found


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds that no encoder finds easy, with two channels of noise."""
    chance = np.random.default_rng(1)
    still = chance.integers(0, 255, (SIZE[1], SIZE[0], 3), np.uint8)
    pictures = [np.roll(still, 3 * n, n // 30 % 2) for n in range(100)]
    sound = chance.normal(0, 0.1, (2, 4 * 48_000))
    folder = tmp_path_factory.mktemp("noisy")
    return record(
        folder / "noisy.mp4",
        pictures,
        sound=sound,
        layout="stereo",
        options={"crf": "12", "preset": "ultrafast"},
    )


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds; each picture is by two levels brighter than the one before. A click at one second."""
    sound = np.zeros((1, 96_000))
    sound[0, 48_000:48_480] = 0.8
    pictures = [grey(20 + 4 * n) for n in range(50)]
    options = {"crf": "4", "preset": "veryfast", "bf": "3", "g": "30"}
    return record(tmp_path_factory.mktemp("steps") / "steps.mp4", pictures, sound=sound, options=options)


@pytest.mark.parametrize("share", [0.35, 0.15])
def test_result_is_within_three_per_cent_of_what_was_aimed_at_and_under_the_limit(
    noisy: Path, tmp_path: Path, share: float
) -> None:
    limit = int(noisy.stat().st_size * share)
    told: list[float] = []
    done = compress(noisy, tmp_path / "small.mp4", max_bytes=limit, report=told.append)
    assert done.size_bytes == (tmp_path / "small.mp4").stat().st_size <= limit
    assert done.size_bytes == pytest.approx(limit * AIM_SHARE, rel=0.03)
    assert done.duration_seconds == pytest.approx(4.0, abs=0.05)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert [path.name for path in tmp_path.iterdir()] == ["small.mp4"]


def test_easy_film_is_not_blown_up_to_the_limit(steps: Path, tmp_path: Path) -> None:
    done = compress(steps, tmp_path / "small.mp4", max_bytes=5_000_000)
    assert done.size_bytes < 200_000
    assert (done.width, done.height) == SIZE


def test_result_can_be_played_while_it_arrives(steps: Path, tmp_path: Path) -> None:
    compress(steps, tmp_path / "small.mp4", max_bytes=100_000)
    found = boxes(tmp_path / "small.mp4")
    assert found.index(b"moov") < found.index(b"mdat")
    with av.open(str(tmp_path / "small.mp4")) as film:
        assert film.streams.video[0].codec_context.profile == "High"
        assert film.streams.video[0].codec_context.pix_fmt == "yuv420p"


def test_pictures_keep_their_order_times_and_levels(steps: Path, tmp_path: Path) -> None:
    convert(steps, tmp_path / "new.mp4")
    old, new = read_pictures(steps), read_pictures(tmp_path / "new.mp4")
    assert [time for time, _ in new] == pytest.approx([time for time, _ in old], abs=1e-3)
    assert [level(picture) for _, picture in new] == pytest.approx([level(p) for _, p in old], abs=3)


def test_trimmed_film_begins_with_the_picture_shown_then_and_stops_in_time(
    steps: Path, tmp_path: Path
) -> None:
    done = convert(steps, tmp_path / "new.mp4", start=0.5, end=1.5)
    old, new = read_pictures(steps), read_pictures(tmp_path / "new.mp4")
    assert done.duration_seconds == pytest.approx(1.0, abs=0.03)
    assert new[0][0] == 0.0
    # 0.5 s lies in the middle of the thirteenth picture.
    assert [level(p) for _, p in new] == pytest.approx([level(p) for _, p in old[12:38]], abs=3)
    assert new[1][0] == pytest.approx(0.02, abs=1e-3)


@pytest.mark.parametrize("how", [{}, {"start": 0.48}, {"start": 0.5, "end": 1.9}])
def test_sound_stays_in_step(steps: Path, tmp_path: Path, how: dict[str, float]) -> None:
    convert(steps, tmp_path / "new.mp4", **how)
    sound = np.abs(read_sound(tmp_path / "new.mp4"))
    click = int(np.argmax(sound > 0.3)) / 16_000
    assert click == pytest.approx(1.0 - how.get("start", 0.0), abs=0.004)


def test_uneven_times_stay_as_they_are(tmp_path: Path) -> None:
    times = [0, 40, 500, 510, 1_400, 1_440, 2_000]
    source = record(tmp_path / "film.mkv", [grey(30 * n + 20) for n in range(7)], times=times)
    convert(source, tmp_path / "new.mp4")
    new = read_pictures(tmp_path / "new.mp4")
    assert [time for time, _ in new] == pytest.approx([time / 1000 for time in times], abs=1e-3)
    convert(source, tmp_path / "part.mp4", start=1.0, end=1.9)
    part = read_pictures(tmp_path / "part.mp4")
    assert [time for time, _ in part] == pytest.approx([0.0, 0.4, 0.44, 0.86], abs=1e-3)
    assert level(part[0][1]) == pytest.approx(110, abs=4)
    assert probe(tmp_path / "part.mp4").duration_seconds == pytest.approx(0.9, abs=0.03)


@pytest.mark.parametrize(("quarters", "corner"), [(1, (-5, 5)), (2, (-5, -5)), (3, (5, -5))])
def test_film_that_says_how_to_turn_it_is_turned(
    tmp_path: Path, quarters: int, corner: tuple[int, int]
) -> None:
    picture = grey(20)
    picture[:60, :80] = 230  # upper left as coded
    source = record(tmp_path / "film.mp4", [picture] * 5)
    one, zero = (1 << 16).to_bytes(4, "big"), bytes(4)
    minus = (-(1 << 16)).to_bytes(4, "big", signed=True)
    plain = one + zero * 3 + one
    # Clockwise, as phones note it: a b u c d.
    turned = {
        1: zero + one + zero + minus + zero,
        2: minus + zero * 3 + minus,
        3: zero + minus + zero + one + zero,
    }
    data = source.read_bytes()
    head = data.index(b"tkhd")
    at = data.index(plain, head)
    source.write_bytes(data[:at] + turned[quarters] + data[at + 20 :])
    done = convert(source, tmp_path / "new.mp4")
    assert (done.width, done.height) == (SIZE if quarters == 2 else SIZE[::-1])
    upright = read_pictures(tmp_path / "new.mp4")[0][1]
    expected = np.rot90(picture, -quarters)
    assert level(upright[corner]) == pytest.approx(level(expected[corner]), abs=6)
    assert np.abs(upright.astype(int) - expected).mean() < 8
    with av.open(str(tmp_path / "new.mp4")) as film:
        assert next(film.decode(video=0)).rotation == 0


@pytest.mark.parametrize(
    ("codec", "pixels", "name"),
    [
        ("libx264", "yuv422p", "film.mp4"),
        ("libx264", "yuv444p", "film.mp4"),
        ("libx264", "yuv420p10le", "film.mp4"),
        ("libx264", "yuvj420p", "film.mp4"),
        ("prores_ks", "yuv422p10le", "film.mov"),
        ("ffv1", "bgr0", "film.mkv"),
        ("mpeg2video", "yuv420p", "film.ts"),
        ("gif", "rgb8", "film.gif"),
    ],
)
def test_other_codecs_and_pixels_keep_their_levels(
    tmp_path: Path, codec: str, pixels: str, name: str
) -> None:
    source = record(tmp_path / name, [grey(40 + 15 * n) for n in range(10)], codec=codec, pixels=pixels)
    convert(source, tmp_path / "new.mp4")
    old, new = read_pictures(source), read_pictures(tmp_path / "new.mp4")
    assert [level(p) for _, p in new] == pytest.approx([level(p) for _, p in old], abs=4)
    with av.open(str(tmp_path / "new.mp4")) as film:
        assert film.streams.video[0].codec_context.pix_fmt == "yuv420p"


def test_sides_of_odd_length_lose_a_line_instead_of_being_smeared(tmp_path: Path) -> None:
    picture = np.random.default_rng(2).integers(0, 255, (61, 97, 1), np.uint8).repeat(3, axis=2)
    source = record(tmp_path / "film.mkv", [picture] * 3, codec="ffv1", pixels="bgr0")
    done = convert(source, tmp_path / "new.mp4")
    assert (done.width, done.height) == (96, 60)
    new = read_pictures(tmp_path / "new.mp4")[0][1]
    assert np.corrcoef(new.mean(axis=2).ravel(), picture[:60, :96].mean(axis=2).ravel())[0, 1] > 0.95


def test_what_is_transparent_is_laid_upon_black(tmp_path: Path) -> None:
    picture = np.full((120, 160, 4), 230, np.uint8)
    picture[:, :80, 3] = 0
    picture[:, 80:, 3] = 255
    source = record(tmp_path / "film.mov", [picture] * 3, codec="qtrle", pixels="argb")
    convert(source, tmp_path / "new.mp4")
    new = read_pictures(tmp_path / "new.mp4")[0][1]
    assert level(new[:, :70]) < 6
    assert level(new[:, 90:]) > 224


@pytest.mark.slow  # libav makes its colour table first, which takes seconds
def test_hdr_becomes_standard_colours_in_which_bright_differs_from_brighter(tmp_path: Path) -> None:
    # Codes of the PQ curve for 1, 100, 400 and 1000 candelas (SMPTE ST 2084), as ten bits of narrow range.
    codes = [195, 509, 636, 723]
    with av.open(str(tmp_path / "film.mkv"), "w") as output:
        stream = output.add_stream("ffv1", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p10le"
        context = stream.codec_context
        context.color_primaries, context.color_trc, context.colorspace, context.color_range = 9, 16, 9, 1
        for index in range(5):
            frame = av.VideoFrame(160, 120, "yuv420p10le")
            light = np.repeat(np.array(codes, np.uint16), 40)
            for plane, row in zip(frame.planes, (light, np.full(80, 512), np.full(80, 512)), strict=True):
                line = np.zeros(plane.line_size // 2, np.uint16)
                line[: len(row)] = row
                plane.update(np.tile(line, plane.height).tobytes())
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    done = convert(tmp_path / "film.mkv", tmp_path / "new.mp4")
    assert "HDR" in done.note
    with av.open(str(tmp_path / "new.mp4")) as film:
        frame = next(film.decode(video=0))
        assert (frame.color_primaries, frame.color_trc, frame.colorspace) == (1, 1, 1)
        light = frame.to_ndarray(format="gray")[60, 20::40].astype(int)
    assert np.all(np.diff(light) > 12)
    assert light[0] < 60
    assert 150 < light[-1] < 240


def test_interlaced_film_is_written_without_combs(tmp_path: Path) -> None:
    pictures = []
    for index in range(12):
        picture = grey(40)
        for field in (0, 1):
            left = 10 + 8 * (2 * index + field) % 120
            picture[field::2, left : left + 24] = 220
        pictures.append(picture)
    options = {"flags": "+ildct", "x264-params": "tff=1", "crf": "8"}
    source = record(tmp_path / "film.mp4", pictures, options=options)
    convert(source, tmp_path / "new.mp4")
    combs = []
    for path in (source, tmp_path / "new.mp4"):
        picture = read_pictures(path)[5][1].astype(int).mean(axis=2)
        combs.append(np.abs(picture[1:-1] - (picture[:-2] + picture[2:]) / 2)[20:100].mean())
    assert combs[1] < combs[0] / 3
    with av.open(str(tmp_path / "new.mp4")) as film:
        assert not any(frame.interlaced_frame for frame in film.decode(video=0))


def test_converted_film_is_under_the_limit_too(noisy: Path, tmp_path: Path) -> None:
    limit = noisy.stat().st_size // 4
    done = convert(noisy, tmp_path / "new.mp4", max_bytes=limit)
    assert done.size_bytes <= limit


@pytest.mark.slow
def test_surround_stays_surround_until_bits_are_few(tmp_path: Path) -> None:
    sound = np.random.default_rng(3).normal(0, 0.1, (6, 96_000))
    source = record(tmp_path / "film.mkv", [grey(90)] * 50, sound=sound, layout="5.1")
    convert(source, tmp_path / "good.mp4")
    compress(source, tmp_path / "small.mp4", max_bytes=60_000)
    channels = []
    for name in ("good.mp4", "small.mp4"):
        with av.open(str(tmp_path / name)) as film:
            channels.append(film.streams.audio[0].channels)
    assert channels == [6, 2]


def test_sound_that_begins_late_stays_late(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "film.mkv"), "w") as output:
        stream, heard = (
            output.add_stream("libx264", rate=FPS),
            output.add_stream("pcm_s16le", rate=48_000, layout="mono"),
        )
        stream.width, stream.height = SIZE
        for index in range(50):
            frame = av.VideoFrame.from_ndarray(grey(90), format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
        block = av.AudioFrame.from_ndarray(
            np.full((1, 24_000), 20_000, np.int16), format="s16", layout="mono"
        )
        block.sample_rate, block.pts, block.time_base = 48_000, 36_000, Fraction(1, 48_000)
        output.mux(heard.encode(block))
        output.mux(heard.encode())
    convert(tmp_path / "film.mkv", tmp_path / "new.mp4")
    sound = np.abs(read_sound(tmp_path / "new.mp4"))
    assert int(np.argmax(sound > 0.2)) / 16_000 == pytest.approx(0.75, abs=0.005)


def test_sound_alone_becomes_an_m4a_that_fits(tmp_path: Path) -> None:
    sound = (np.random.default_rng(4).normal(0, 4_000, (1, 10 * 44_100))).astype(np.int16)
    with av.open(str(tmp_path / "talk.flac"), "w") as output:
        heard = output.add_stream("flac", rate=44_100, layout="mono")
        block = av.AudioFrame.from_ndarray(sound, format="s16", layout="mono")
        block.sample_rate, block.pts = 44_100, 0
        output.mux(heard.encode(block))
        output.mux(heard.encode())
    info = probe(tmp_path / "talk.flac", foreign=True)
    assert needs_convert(info)
    assert suffix_for(info) == ".m4a"
    done = compress(tmp_path / "talk.flac", tmp_path / "talk.m4a", max_bytes=80_000)
    assert done.size_bytes <= 80_000
    assert done.duration_seconds == pytest.approx(10.0, abs=0.05)
    assert (done.width, done.height) == (None, None)
    assert probe(tmp_path / "talk.m4a").audio_codec == "aac"


def test_still_picture_becomes_a_smaller_jpeg(tmp_path: Path) -> None:
    pixels = np.random.default_rng(5).integers(0, 255, (300, 400, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    info = probe(tmp_path / "photo.png")
    assert suffix_for(info) == ".jpg"
    done = compress(tmp_path / "photo.png", tmp_path / "photo.jpg", max_bytes=60_000)
    assert done.size_bytes <= 60_000
    assert probe(tmp_path / "photo.jpg").width == done.width


def test_film_too_long_for_the_limit_is_refused_at_once(noisy: Path, tmp_path: Path) -> None:
    with pytest.raises(CannotFit, match="too long to fit"):
        compress(noisy, tmp_path / "small.mp4", max_bytes=6_000)
    assert not list(tmp_path.iterdir())


def test_times_behind_the_end_leave_nothing(steps: Path, tmp_path: Path) -> None:
    with pytest.raises(NothingLeft):
        convert(steps, tmp_path / "new.mp4", start=5.0)
    assert not list(tmp_path.iterdir())


def test_film_without_one_good_picture_is_broken_and_leaves_no_scraps(steps: Path, tmp_path: Path) -> None:
    data = bytearray(steps.read_bytes())
    at = data.index(b"mdat")
    size = int.from_bytes(data[at - 4 : at], "big") - 8
    data[at + 4 : at + 4 + size] = b"\xff" * size
    source = tmp_path / "film.mp4"
    source.write_bytes(data)
    with pytest.raises(BrokenMedia):
        compress(source, tmp_path / "small.mp4", max_bytes=100_000)
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]
