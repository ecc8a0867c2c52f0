"""Media that is wrong in one way each: it ends with the right answer or a typed error, soon and in little memory."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from broken_media import (
    big,
    copy_packets,
    little,
    make_flat_film,
    make_gif,
    make_many_streams,
    make_png_bomb,
    make_tiny_pieces,
    overwrite,
)
from helpers import make_video
from media_samples import make_picture, make_sound

from nemowatch.media.errors import BrokenMedia, IncompleteMedia, MediaError
from nemowatch.media.probe import MAX_PIXELS, probe
from nemowatch.media.verify import verify_delivered

WRONG_BY_FAR = 3600 * 1000 * 5  # as milliseconds five hours
MP4_LENGTHS = [
    (b"mvhd", 20, big(WRONG_BY_FAR)),
    (b"tkhd", 24, big(WRONG_BY_FAR)),
    (b"mdhd", 20, big(WRONG_BY_FAR)),
    (b"elst", 12, big(WRONG_BY_FAR)),
]


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Two seconds of a film in a container, made once."""
    folder = tmp_path_factory.mktemp("good")
    made: dict[str, Path] = {}

    def give(suffix: str) -> Path:
        if suffix not in made:
            made[suffix] = make_flat_film(folder / f"film.{suffix}")
        return made[suffix]

    return give


@pytest.mark.parametrize(
    ("suffix", "changes"),
    [
        ("mp4", MP4_LENGTHS),
        ("mov", MP4_LENGTHS),
        ("mkv", [(b"\x44\x89\x88", 3, struct.pack(">d", WRONG_BY_FAR))]),
        ("mkv", [(b"\x44\x89\x88", 3, struct.pack(">d", 1.0))]),
        ("mkv", [(b"\x44\x89\x88", 3, struct.pack(">d", float("nan")))]),
        ("mkv", [(b"\x44\x89\x88", 3, struct.pack(">d", -5.0))]),
        ("mkv", [(b"\x44\x89\x88", 0, b"\xec\x89")]),  # none at all: filled with something that is skipped
        ("avi", [(b"avih", 24, little(40_000)), (b"strh", 40, little(40_000))]),
        ("flv", [(b"duration", 9, struct.pack(">d", 36_000.0))]),
    ],
)
def test_a_header_that_is_wrong_about_the_length_is_not_believed(
    films: Callable[[str], Path], tmp_path: Path, suffix: str, changes: list[tuple[bytes, int, bytes]]
) -> None:
    liar = overwrite(films(suffix), tmp_path / f"liar.{suffix}", *changes)
    assert probe(liar, foreign=True).duration_seconds == pytest.approx(2.0, abs=0.15)


def test_an_mp3_tells_its_length_by_its_frames(tmp_path: Path) -> None:
    # Quiet and then loud: by the bit rate of the beginning it would be several times as long.
    target = tmp_path / "talk.mp3"
    noise = np.random.default_rng(1).integers(-20_000, 20_000, 44_100 * 4, dtype=np.int16)
    with av.open(str(target), "w", format="mp3", options={"write_xing": "0"}) as output:
        stream = output.add_stream(
            "libmp3lame", rate=44_100, layout="mono", options={"compression_level": "9"}
        )
        stream.codec_context.qscale = True
        stream.codec_context.global_quality = 8 * 118  # FF_QP2LAMBDA
        samples = np.concatenate([np.zeros(44_100 * 4, np.int16), noise]).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = 44_100
        resampler = av.AudioResampler(stream.format, "mono", 44_100, frame_size=1152)
        for block in [*resampler.resample(frame), *resampler.resample(None)]:
            output.mux(stream.encode(block))
        output.mux(stream.encode())
    assert probe(target).duration_seconds == pytest.approx(8.0, abs=0.1)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_a_film_that_begins_without_a_key_frame_has_an_end(
    films: Callable[[str], Path], tmp_path: Path, suffix: str
) -> None:
    headless = copy_packets(films("mp4"), tmp_path / f"headless.{suffix}", skip=3)
    info = probe(headless, foreign=True)
    assert (info.kind, info.width, info.height) == ("video", 160, 120)
    assert info.duration_seconds == pytest.approx(1.7, abs=0.4)


def test_a_film_without_any_key_frame_is_not_delivered(tmp_path: Path) -> None:
    whole = make_flat_film(tmp_path / "whole.mp4", count=8)
    headless = copy_packets(whole, tmp_path / "headless.mp4", skip=2)
    assert probe(headless).kind == "video"
    with pytest.raises(BrokenMedia):
        verify_delivered(headless)


@pytest.mark.parametrize(
    ("suffix", "seconds", "shown"),
    [
        ("mp4", -1, 1.0),  # an edit list hides what comes before zero
        ("mkv", -1, 2.0),  # its writer moves all to zero
        ("mp4", 3600, 2.0),
        ("mkv", 3600, 2.0),
        ("ts", 3600, 2.0),
    ],
)
def test_times_that_begin_before_zero_or_hours_later_are_not_taken_for_length(
    films: Callable[[str], Path], tmp_path: Path, suffix: str, seconds: int, shown: float
) -> None:
    moved = copy_packets(films("mp4"), tmp_path / f"moved.{suffix}", shift=seconds * 10_240)
    assert probe(moved, foreign=True).duration_seconds == pytest.approx(shown, abs=0.15)


@pytest.mark.parametrize(
    ("suffix", "changes"),
    [
        ("mp4", [(b"mdhd", 16, big(0)), (b"mvhd", 16, big(0))]),
        ("mp4", [(b"stts", 12, big(0))]),
        ("mp4", [(b"stts", 12, big(0x7FFFFFFF))]),
        ("avi", [(b"avih", 4, little(0)), (b"strh", 24, little(0)), (b"strh", 28, little(0))]),
        ("mkv", [(b"\x23\xe3\x83\x84", 4, big(0)), (b"\x2a\xd7\xb1\x83", 4, big(0, 3))]),
    ],
)
def test_a_clock_that_stands_still_gives_no_nonsense(
    films: Callable[[str], Path], tmp_path: Path, suffix: str, changes: list[tuple[bytes, int, bytes]]
) -> None:
    stopped = overwrite(films(suffix), tmp_path / f"stopped.{suffix}", *changes)
    try:
        info = probe(stopped)
    except BrokenMedia:
        return
    assert info.fps is None or 0.01 <= info.fps <= 1000
    assert info.duration_seconds is None or 0 < info.duration_seconds < 30 * 24 * 3600


@pytest.mark.parametrize("suffix", ["mkv", "mov"])
def test_of_a_thousand_streams_only_some_are_opened(tmp_path: Path, suffix: str) -> None:
    crowd = make_many_streams(tmp_path / f"crowd.{suffix}", 400)
    try:
        assert probe(crowd).audio_streams <= 256
    except BrokenMedia as fault:
        assert "streams" in fault.message  # noqa: PT017  both ends are right


def test_a_picture_of_hundreds_of_millions_of_pixels_is_one_but_is_not_decoded(tmp_path: Path) -> None:
    large = make_png_bomb(tmp_path / "large.png", 16_000)
    assert MAX_PIXELS < 16_000 * 16_000
    assert probe(large).width == 16_000
    with pytest.raises(BrokenMedia):
        verify_delivered(large)


def test_a_picture_of_billions_of_pixels_is_none(tmp_path: Path) -> None:
    with pytest.raises(BrokenMedia, match="60000 x 60000"):
        probe(make_png_bomb(tmp_path / "bomb.png", 60_000))


def test_a_film_whose_header_promises_a_giant_picture_is_measured_by_its_first_one(
    films: Callable[[str], Path], tmp_path: Path
) -> None:
    giant = overwrite(
        films("mp4"), tmp_path / "giant.mp4", (b"avc1\0\0\0\0\0\0\0\1", 28, b"\xff\xff\xff\xff")
    )
    info = probe(giant)
    assert (info.width, info.height) == (160, 120)


def test_a_film_with_a_giant_picture_and_none_to_be_seen_has_no_size(
    films: Callable[[str], Path], tmp_path: Path
) -> None:
    # Of a codec that is only found out by decoding, with nothing that can be decoded.
    giant = overwrite(
        films("mp4"),
        tmp_path / "giant.mp4",
        (b"avc1\0\0\0\0\0\0\0\1", 28, big(16_000, 2) * 2),
        (b"avc1\0\0\0\0\0\0\0\1", 0, b"SVQ3"),
        (b"avcC", 0, b"free"),
    )
    info = probe(giant)
    assert (info.kind, info.width, info.shown_height) == ("video", None, None)
    with pytest.raises(BrokenMedia):
        verify_delivered(giant)


def test_a_stream_that_begins_late_does_no_harm(tmp_path: Path) -> None:
    film = make_flat_film(tmp_path / "late.flv", count=100)
    sound = b"\x2f\xff\xfb\x90\x64" + bytes(413)  # one frame of MP3, and Flash's word for it
    tag = b"\x08" + big(len(sound), 3) + big(10_000, 3) + bytes(4) + sound
    film.write_bytes(film.read_bytes() + tag + big(len(tag)))
    info = probe(film, foreign=True)
    assert (info.kind, info.audio_streams) == ("video", 0)
    assert info.duration_seconds == pytest.approx(10.0, abs=0.1)


def test_a_second_picture_of_an_unknown_codec_is_passed_over(tmp_path: Path) -> None:
    target = tmp_path / "two.mkv"
    with av.open(str(target), "w") as output:
        for _ in range(2):
            output.add_stream("libx264", rate=10, width=160, height=120, pix_fmt="yuv420p")
        for stream in output.streams.video:
            output.mux(stream.encode(av.VideoFrame(160, 120, "yuv420p")))
            output.mux(stream.encode())
    before, mark, behind = target.read_bytes().rpartition(b"V_MPEG4/ISO/AVC")
    target.write_bytes(before + b"V_MPEG4/ISO/XYZ"[: len(mark)] + behind)
    assert probe(target).video_streams == 1
    assert verify_delivered(target).video_codec == "h264"


def test_a_sound_in_a_films_clothes_is_a_sound(tmp_path: Path) -> None:
    info = probe(make_sound(tmp_path / "talk.mkv", "aac", "matroska"))
    assert (info.kind, info.video_streams, info.audio_streams, info.shown_width) == ("audio", 0, 1, None)


def test_a_gif_that_plays_for_ever_is_a_picture(tmp_path: Path) -> None:
    info = probe(make_gif(tmp_path / "loop.gif"))
    assert (info.kind, info.duration_seconds, info.video_streams) == ("image", None, 0)
    assert verify_delivered(tmp_path / "loop.gif").width == 64


@pytest.mark.parametrize(
    ("name", "beginning", "piece"),
    [
        ("boxes.mp4", b"\0\0\0\x18ftypisom" + bytes(12), b"\0\0\0\x08free"),
        ("blocks.gif", b"GIF89a\1\0\1\0\0\0\0\x21\xff", b"\1x"),
        ("chunks.avi", b"RIFF\0\0\0\0AVI ", b"JUNK\1\0\0\0x\0"),
        ("segments.jpg", b"\xff\xd8\xff", b"\xff\xd0"),
        ("elements.mkv", b"\x1a\x45\xdf\xa3\x8b\x42\x82\x88matroska\x18\x53\x80\x67\xff", b"\xec\x80"),
        ("pages.ogg", b"OggS\0", b"OggS\0"),
        ("sync.mp3", b"ID3\3\0\0\0\0\0\0", b"\xff\xfb\x90"),
        ("packets.ts", b"", b"\x47" + bytes(187)),
        ("packs.mpg", b"\0\0\1\xba", b"\0\0\1\xba"),
    ],
)
def test_a_file_of_nothing_but_beginnings_has_an_end(
    tmp_path: Path, name: str, beginning: bytes, piece: bytes
) -> None:
    tiresome = make_tiny_pieces(tmp_path / name, beginning, piece, 300_000)
    with suppress(MediaError):
        probe(tiresome, foreign=True)


def test_more_pieces_than_a_recorder_writes_are_not_counted_to_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nemowatch.media.wholeness._MOST_PIECES", 1_000)
    for name, beginning, piece in (
        ("boxes.mp4", b"\0\0\0\x18ftypisom" + bytes(12), b"\0\0\0\x08free"),
        ("blocks.gif", b"GIF89a\1\0\1\0\0\0\0\x21\xff", b"\1x"),
        ("chunks.avi", b"RIFF\0\0\0\0AVI ", b"JUNK\1\0\0\0x\0"),
        ("segments.jpg", b"\xff\xd8\xff", b"\xff\xd0"),
    ):
        tiresome = make_tiny_pieces(tmp_path / name, beginning, piece, 50_000)
        with pytest.raises(BrokenMedia, match="more pieces"):
            probe(tiresome)


def test_a_title_in_an_old_code_page_is_no_fault(tmp_path: Path) -> None:
    target = tmp_path / "song.mkv"
    with av.open(str(target), "w") as output:
        output.metadata["title"] = "XXXXXXXX"
        stream = output.add_stream("pcm_s16le", rate=8_000, layout="mono")
        stream.metadata["title"] = "XXXXXXXX"
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8_000), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8_000
        output.mux(stream.encode(frame))
    assert (
        probe(
            overwrite(target, tmp_path / "old.mkv", (b"XXXXXXXX", 0, b"\xc3\xfc\xdf\xfe\xff\xe4\xf6\xfc"))
        ).kind
        == "audio"
    )


def test_pictures_are_measured_as_they_are_shown(tmp_path: Path) -> None:
    target = tmp_path / "phone.mp4"
    with av.open(str(target), "w") as output:
        stream = output.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        stream.set_display_rotation(-90)
        output.mux(
            stream.encode(av.VideoFrame.from_ndarray(np.zeros((120, 160, 3), np.uint8), format="rgb24"))
        )
        output.mux(stream.encode())
    info = probe(target)
    assert (info.width, info.height, info.rotation) == (160, 120, 90)
    assert (info.shown_width, info.shown_height) == (120, 213)


def test_streams_are_counted(tmp_path: Path) -> None:
    target = tmp_path / "many.mkv"
    with av.open(str(target), "w") as output:
        film = output.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
        film.width, film.height, film.pix_fmt = 64, 48, "yuv420p"
        sounds = [output.add_stream("pcm_s16le", rate=8_000, layout="mono") for _ in range(2)]
        for stream in sounds:
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 8_000), np.int16), format="s16", layout="mono")
            frame.sample_rate, frame.pts = 8_000, 0
            output.mux(stream.encode(frame))
        output.mux(film.encode(av.VideoFrame(64, 48, "yuv420p")))
        output.mux(film.encode())
    info = probe(target)
    assert (info.video_streams, info.audio_streams, info.subtitle_streams) == (1, 2, 0)


def test_reading_a_long_file_tells_how_far_it_is(tmp_path: Path) -> None:
    film = make_video(tmp_path / "film.mp4", seconds=3)
    shares: list[float] = []
    verify_delivered(film, report=shares.append)
    assert len(shares) > 20
    assert all(0 <= share <= 1 for share in shares)
    told: list[float] = []
    probe(make_sound(tmp_path / "talk.aac", "aac", "adts"), report=told.append)
    assert told


@pytest.mark.slow
def test_no_broken_file_takes_much_memory(films: Callable[[str], Path], tmp_path: Path) -> None:
    """All at once, in a process that may have 180 MB and not more."""
    make_png_bomb(tmp_path / "bomb.png", 16_000)
    make_many_streams(tmp_path / "crowd.mkv", 400)
    overwrite(films("mp4"), tmp_path / "samples.mp4", (b"stsz", 8, big(1) + big(0x7FFFFFFF)))
    overwrite(
        films("mp4"), tmp_path / "chunk.mp4", (b"stsc", 16, big(0x7FFFFFFF)), (b"stts", 8, big(0x7FFFFFFF))
    )
    overwrite(
        films("avi"), tmp_path / "giant.avi", (b"avih", 40, little(65_535)), (b"avih", 44, little(65_535))
    )
    jpeg = make_picture(tmp_path / "sparse.jpg", "mjpeg", "yuvj420p").read_bytes()[:-2]
    (tmp_path / "sparse.jpg").write_bytes(jpeg)
    os.truncate(tmp_path / "sparse.jpg", 200_000_000)
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from nemowatch.media.errors import MediaError\n"
        "from nemowatch.media.probe import probe\n"
        "from nemowatch.media.verify import verify_delivered\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (180 << 20, 180 << 20))\n"
        "for path in sorted(Path(sys.argv[1]).iterdir()):\n"
        "    for work in (probe, verify_delivered):\n"
        "        try:\n"
        "            work(path)\n"
        "        except MediaError:\n"
        "            pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_jpeg_that_is_all_header_is_not_complete(tmp_path: Path) -> None:
    picture = tmp_path / "photo.jpg"
    make_picture(picture, "mjpeg", "yuvj420p")
    picture.write_bytes(picture.read_bytes()[:40])
    with pytest.raises(IncompleteMedia):
        probe(picture)
