"""Files as recorders leave them on the disk while they record, and as they are when they are finished."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import numpy as np
import pytest
from helpers import make_video
from media_samples import make_picture, make_sound

from nemowatch.media.errors import IncompleteMedia
from nemowatch.media.probe import probe

NOISE = np.random.default_rng(1).integers(0, 255, (240, 320, 3), np.uint8)


def boxes_of(data: bytes) -> list[tuple[bytes, int]]:
    """Kinds of the boxes of an MP4, and where each ends."""
    position, found = 0, []
    while position < len(data):
        kind = data[position + 4 : position + 8]
        position += int.from_bytes(data[position : position + 4], "big")
        found.append((kind, position))
    return found


def record(target: Path, codec: str, form: str, options: dict[str, str] | None = None) -> tuple[bytes, bytes]:
    """Record a noisy film; what was on the disk shortly before the end, and what was there after it."""
    with av.open(str(target), "w", format=form, options={"flush_packets": "1"} | (options or {})) as output:
        stream = output.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for index in range(16):
            frame = av.VideoFrame.from_ndarray(np.roll(NOISE, index, 0), format="rgb24")
            frame.pts = index
            output.mux(stream.encode(frame))
        recorded = target.read_bytes()
        output.mux(stream.encode())
    return recorded, target.read_bytes()


@pytest.fixture(scope="module")
def fragmented(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    target = tmp_path_factory.mktemp("fragments") / "film.mp4"
    source = make_video(target.with_name("source.mp4"), seconds=2)
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "frag_duration": "500000"}
    with av.open(str(source)) as film, av.open(str(target), "w", options=options) as output:
        streams = {stream.index: output.add_stream_from_template(stream) for stream in film.streams}
        for packet in film.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                output.mux(packet)
    return target.read_bytes()


@pytest.mark.parametrize(("form", "codec"), [("mp4", "mpeg4"), ("mov", "mpeg4"), ("avi", "mpeg4")])
def test_film_without_the_index_that_its_recorder_writes_last_is_still_being_recorded(
    tmp_path: Path, form: str, codec: str
) -> None:
    target = tmp_path / f"film.{form}"
    recorded, finished = record(target, codec, form)
    assert probe(target).duration_seconds == pytest.approx(1.6, abs=0.1)
    assert len(finished) > len(recorded)
    target.write_bytes(recorded)
    with pytest.raises(IncompleteMedia, match="still being recorded"):
        probe(target)


def test_avi_that_was_streamed_has_no_index_and_is_whole(tmp_path: Path) -> None:
    class Pipe:
        """Takes what is written, and can't go back."""

        name = "pipe"
        written = b""

        def write(self, data: bytes) -> int:
            self.written += data
            return len(data)

    pipe = Pipe()
    source = tmp_path / "source.avi"
    record(source, "mpeg4", "avi")
    with av.open(str(source)) as film, av.open(pipe, "w", format="avi") as output:
        stream = output.add_stream_from_template(film.streams.video[0])
        for packet in film.demux(film.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                output.mux(packet)
    streamed = tmp_path / "film.avi"
    streamed.write_bytes(pipe.written)
    assert b"idx1" not in pipe.written
    assert probe(streamed).kind == "video"


@pytest.mark.parametrize("length_of_second", [0, 5_000])
def test_second_gigabyte_of_an_avi_that_is_missing_is_missed(tmp_path: Path, length_of_second: int) -> None:
    target = tmp_path / "film.avi"
    _, finished = record(target, "mpeg4", "avi")
    second = struct.pack("<4sI4s", b"RIFF", length_of_second, b"AVIX") + b"\0" * 4_000
    target.write_bytes(finished + second)
    with pytest.raises(IncompleteMedia):
        probe(target)
    target.write_bytes(finished + struct.pack("<4sI4s", b"RIFF", 4_004, b"AVIX") + b"\0" * 4_000)
    assert probe(target).kind == "video"


def test_fragmented_film_is_waited_for_until_its_last_fragment_is_whole(
    tmp_path: Path, fragmented: bytes
) -> None:
    target = tmp_path / "film.mp4"
    boxes = boxes_of(fragmented)
    assert {b"moof", b"mfra"} <= {kind for kind, _ in boxes}
    for kind, end in boxes:
        for length in {end, end - 1}:
            target.write_bytes(fragmented[:length])
            if kind in {b"mdat", b"mfra"} and length == end:
                # Whether another fragment comes is told by the quiet time, and by who has it open.
                assert probe(target).kind == "video"
            else:
                with pytest.raises(IncompleteMedia):
                    probe(target)


def test_matroska_that_is_being_recorded_is_readable_and_shows_no_difference(tmp_path: Path) -> None:
    # OBS records so on purpose: after a crash the film so far is there. Only its quiet time, and who has it
    # open, tell that it is not finished.
    target = tmp_path / "film.mkv"
    recorded, _ = record(target, "mpeg4", "matroska", {"live": "1"})
    target.write_bytes(recorded)
    assert probe(target).kind == "video"


@pytest.mark.parametrize("announced_more", [1, 10_000])
def test_wave_file_that_announces_more_sound_than_is_there_is_incomplete(
    tmp_path: Path, announced_more: int
) -> None:
    target = make_sound(tmp_path / "sound.wav", "pcm_s16le", "wav")
    data = target.read_bytes()
    target.write_bytes(data[:4] + struct.pack("<I", len(data) - 8 + announced_more) + data[8:])
    with pytest.raises(IncompleteMedia, match="cut off"):
        probe(target)


def test_half_a_wave_file_of_the_large_form_is_incomplete(tmp_path: Path) -> None:
    target = tmp_path / "sound.wav"
    with av.open(str(target), "w", format="wav", options={"rf64": "always"}) as output:
        stream = output.add_stream("pcm_s16le", rate=44_100, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 44_100), np.int16), format="s16", layout="mono")
        frame.sample_rate = 44_100
        output.mux(stream.encode(frame))
    data = target.read_bytes()
    assert data[:4] == b"RF64"
    assert probe(target).duration_seconds == pytest.approx(1.0)
    target.write_bytes(data[: len(data) // 2])
    with pytest.raises(IncompleteMedia, match="cut off"):
        probe(target)


@pytest.mark.parametrize("suffix", ["mp3", "aac"])
def test_growing_sound_without_an_end_mark_is_readable_at_any_time(tmp_path: Path, suffix: str) -> None:
    codec, form = {"mp3": ("libmp3lame", "mp3"), "aac": ("aac", "adts")}[suffix]
    target = make_sound(tmp_path / f"sound.{suffix}", codec, form)
    data = target.read_bytes()
    target.write_bytes(data[: len(data) * 2 // 3])
    assert probe(target).kind == "audio"


def test_picture_whose_end_mark_occurs_early_is_not_taken_for_whole(tmp_path: Path) -> None:
    target = tmp_path / "noise.gif"
    with av.open(str(target), "w", format="gif") as output:
        stream = output.add_stream("gif", rate=5)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "rgb8"
        for index in range(2):
            frame = av.VideoFrame.from_ndarray(np.roll(NOISE, index, 0), format="rgb24").reformat(
                format="rgb8"
            )
            frame.pts = index
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    data = target.read_bytes()
    assert probe(target).kind == "image"
    for length in (len(data) - 1, len(data) // 2, len(data) // 3, 20, 14):
        assert length <= 20 or b"\x3b" in data[:length]
        target.write_bytes(data[:length])
        with pytest.raises(IncompleteMedia):
            probe(target)


def test_bytes_after_a_picture_do_no_harm(tmp_path: Path) -> None:
    for name, codec, pixels, form in (
        ("a.gif", "gif", "rgb8", "gif"),
        ("a.png", "png", "rgb24", "image2"),
        ("a.jpg", "mjpeg", "yuvj420p", "image2"),
    ):
        picture = make_picture(tmp_path / name, codec, pixels, form)
        picture.write_bytes(picture.read_bytes() + b"\0" * 100)
        assert probe(picture).kind == "image"
