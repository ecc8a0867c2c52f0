"""Recordings to be cut, and how to read the time code in their pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
from media_eyes import read_pictures
from numpy.typing import NDArray

from nemowatch.sandbox.lettering import draw_letters
from nemowatch.sandbox.recordings import make_recording

__all__ = ["copy_streams", "find_onset", "make_beeps", "make_recording", "read_codes", "remake"]

DIGITS = "0123456789"
RATE = 48_000


def read_time_code(picture: NDArray[np.uint8]) -> float:
    """The seconds that are written in a recording's picture."""
    height, width = picture.shape[:2]
    scale = max(1, width // 200)
    ink = draw_letters("00:00:00.000", scale)
    left, top = (width - ink.shape[1]) // 4 * 2, (height - ink.shape[0] - 8 * scale) // 2 * 2
    seen = picture[top : top + ink.shape[0], left : left + ink.shape[1]].mean(axis=2) > 128
    cells = np.split(seen, 12, axis=1)
    text = "".join(_read_digit(cell, scale) for number, cell in enumerate(cells) if number not in {2, 5, 8})
    hours, minutes, seconds, thousandths = (int(part) for part in (text[:2], text[2:4], text[4:6], text[6:]))
    return hours * 3600 + minutes * 60 + seconds + thousandths / 1000


def _read_digit(cell: NDArray[np.bool_], scale: int) -> str:
    return max(DIGITS, key=lambda digit: np.mean(draw_letters(digit, scale) == cell))


def read_codes(path: Path) -> list[tuple[float, float]]:
    """For each picture of a film: when it is shown, and the time code in it."""
    return [(moment, read_time_code(picture)) for moment, picture in read_pictures(path)]


def remake(
    source: Path,
    target: Path,
    *,
    codec: str = "libx264",
    keep: Callable[[int], bool] = lambda index: True,
    turn: int = 0,
    **options: str,
) -> Path:
    """Encode a recording's picture otherwise, its sound copied; pictures may be left out."""
    with av.open(str(source)) as reader, av.open(str(target), "w") as writer:
        picture, sound = reader.streams.video[0], reader.streams.audio[0]
        stream = writer.add_stream(
            codec, rate=picture.average_rate, options={"preset": "ultrafast", **options}
        )
        stream.width, stream.height, stream.pix_fmt = picture.width, picture.height, "yuv420p"
        stream.codec_context.time_base = picture.time_base
        if turn:
            stream.set_display_rotation(turn)
        copied = writer.add_stream_from_template(sound)
        index = 0
        for packet in reader.demux(picture, sound):
            if packet.stream is sound:
                if packet.size:
                    packet.stream = copied
                    writer.mux(packet)
                continue
            for frame in packet.decode():
                frame.pict_type = 0
                if keep(index):
                    writer.mux(stream.encode(frame))
                index += 1
        writer.mux(stream.encode(None))
    return target


def make_beeps(target: Path, codec: str | None, *, picture: bool = True, tracks: int = 1) -> Path:
    """Four seconds with a key frame each second, silent until 2.0, then a tone."""
    tone = np.where(np.arange(4 * RATE) < 2 * RATE, 0.0, np.sin(np.arange(4 * RATE) * 0.1) * 0.5)
    samples = (tone * 32_000).astype(np.int16).reshape(1, -1)
    with av.open(str(target), "w") as writer:
        stream = (
            writer.add_stream("libx264", rate=25, options={"g": "25", "preset": "ultrafast"})
            if picture
            else None
        )
        if stream is not None:
            stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        sounds = [writer.add_stream(codec, rate=RATE, layout="mono") for _ in range(tracks)] if codec else []
        for second in range(100):
            if stream is not None:
                frame = av.VideoFrame.from_ndarray(np.full((120, 160, 3), second, np.uint8), format="rgb24")
                frame.pts = second
                writer.mux(stream.encode(frame.reformat(format="yuv420p")))
            block = np.ascontiguousarray(samples[:, second * RATE // 25 : (second + 1) * RATE // 25])
            for sound in sounds:
                piece = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
                piece.sample_rate, piece.pts = RATE, second * RATE // 25
                writer.mux(sound.encode(piece))
        for one in [*([stream] if stream is not None else []), *sounds]:
            writer.mux(one.encode(None))
    return target


def find_onset(path: Path) -> float:
    """When a film's sound begins to be loud, in seconds of playing."""
    with av.open(str(path)) as film:
        begin = (film.start_time or 0) / av.time_base
        resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
        for frame in film.decode(audio=0):
            moment = frame.time
            for block in resampler.resample(frame):
                loud = np.abs(block.to_ndarray().reshape(-1)) > 0.1
                if loud.any():
                    return moment + int(loud.argmax()) / RATE - begin
    raise AssertionError(f"{path.name} is silent")


def copy_streams(source: Path, target: Path) -> Path:
    """The same packets in another container."""
    with av.open(str(source)) as reader, av.open(str(target), "w") as writer:
        streams = {
            stream.index: writer.add_stream_from_template(stream, opaque=True) for stream in reader.streams
        }
        for packet in reader.demux():
            if packet.size:
                packet.stream = streams[packet.stream.index]
                writer.mux(packet)
    return target
