"""Films for the tests of what the daemon does to them: larger than the service takes, long to encode, or timed.

A large or long one is made cheaply: a few pictures are encoded once, and their packets are written again and again
with rising times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import cycle
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from nemowatch.sandbox.lettering import GLYPH_HEIGHT, GLYPH_WIDTH, draw_letters

Size = tuple[int, int]

_CODE_LENGTH = len("00:01:05.040")
_INK = 128
_DISTINCT = 12
"""So many different noisy pictures follow each other that an encoder finds none of them among those before."""

_LOSSLESS_INTRA = {"preset": "ultrafast", "qp": "0", "g": "1", "forced-idr": "1"}
_CODE_MARGIN = 0.002
"""Times are told in whole milliseconds, on timelines as in pictures."""


def save_long_film(target: Path, pictures: int, *, size: Size = (640, 360), seed: int = 0) -> Path:
    """A film of noise (MPEG-2) that takes a moment to write and long to encode, 25 pictures a second."""
    _write_in_place(
        target, lambda path: _repeat(path, "mpeg2video", pictures, size, {"g": "1", "q": "8"}, seed, "mpegts")
    )
    return target


def save_huge_film(target: Path, min_bytes: int, *, size: Size = (1280, 720)) -> int:
    """An H.264 recording of so many bytes, each picture a key frame; gives the number of pictures."""
    written = 0

    def write(path: Path) -> None:
        nonlocal written
        written = _repeat(path, "libx264", None, size, _LOSSLESS_INTRA, 0, None, min_bytes)

    _write_in_place(target, write)
    return written


def save_raw_film(target: Path, pictures: int, *, size: Size = (1280, 720), fps: int = 25) -> Path:
    """An uncompressed recording of half a picture grey, half a picture blue; 1.4 MB each."""
    planes = np.full((size[1] * 3 // 2, size[0]), 128, np.uint8)
    planes[: size[1], : size[0] // 2] = 60
    planes[size[1] : size[1] * 5 // 4, : size[0] // 4] = 200
    planes[size[1] : size[1] * 5 // 4, size[0] // 2 : size[0] * 3 // 4] = 200
    content = planes.tobytes()

    def write(path: Path) -> None:
        with av.open(str(path), "w", format=_form_of(target)) as output:
            stream = output.add_stream("rawvideo", rate=fps)
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            stream.codec_context.time_base = stream.time_base = Fraction(1, fps)
            for number in range(pictures):
                packet = av.Packet(content)
                packet.stream, packet.time_base = stream, Fraction(1, fps)
                packet.pts = packet.dts = number
                packet.duration, packet.is_keyframe = 1, True
                output.mux(packet)

    _write_in_place(target, write)
    return target


def remake(
    source: Path,
    target: Path,
    codec: str,
    *,
    rotation: int = 0,
    keeps: Callable[[int], bool] = lambda _: True,
    **options: str,
) -> Path:
    """Encode a recording anew, as another device would have made it; the sound goes over as it is.

    Args:
        source: what is shown.
        target: the file.
        codec: of the picture.
        rotation: in degrees counter-clockwise: the pixels lie turned so in the file, and it says how they are shown.
        keeps: which of the pictures, by number, are kept; the others leave a longer pause.
        **options: of the encoder.
    """
    target_form = _form_of(target)
    with av.open(str(source)) as played, av.open(str(target), "w", format=target_form) as output:
        shown = played.streams.video[0]
        stream = output.add_stream(codec, rate=25, options=options)
        stream.width, stream.height = shown.width, shown.height
        if rotation % 180:
            stream.width, stream.height = shown.height, shown.width
        stream.pix_fmt = "yuv420p"
        if codec == "libx265":
            stream.codec_context.codec_tag = "hvc1"
        stream.codec_context.time_base = Fraction(1, 1000)
        if rotation:
            stream.set_display_rotation(rotation)
        sound = output.add_stream_from_template(played.streams.audio[0])
        for number, frame in enumerate(played.decode(shown)):
            if keeps(number):
                pixels = np.rot90(frame.to_ndarray(format="rgb24"), -rotation // 90)
                turned = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
                turned.pts, turned.time_base = round(frame.time * 1000), Fraction(1, 1000)
                output.mux(stream.encode(turned))
        output.mux(stream.encode())
        played.seek(0)
        for packet in played.demux(played.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = sound
                output.mux(packet)
    return target


def read_time_code(picture: NDArray[np.uint8]) -> float:
    """The time that is burned into a picture of `make_recording`, in seconds, by the letters that fit best.

    Raises:
        AssertionError: there is none where it belongs.
    """
    rows, columns = picture.shape[:2]
    scale = max(1, columns // 200)
    wide, high = GLYPH_WIDTH * scale, GLYPH_HEIGHT * scale
    left = (columns - wide * _CODE_LENGTH) // 4 * 2
    top = (rows - high - 8 * scale) // 2 * 2
    ink = picture[top : top + high].mean(axis=2) > _INK
    text = "".join(
        _read_letter(ink[:, left + at * wide : left + (at + 1) * wide], scale) for at in range(_CODE_LENGTH)
    )
    hours, minutes, seconds = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _read_letter(ink: NDArray[np.bool_], scale: int) -> str:
    fits = {letter: float(np.mean(draw_letters(letter, scale) == ink)) for letter in "0123456789:."}
    best = max(fits, key=lambda letter: fits[letter])
    assert fits[best] > 0.9, f"no letter of a time code: {fits[best]:.2f} of {best!r} at most"
    return best


def read_film_codes(path: Path) -> list[float]:
    """The time codes of all pictures of a film, in order, each turned as a player shows it."""
    with av.open(str(path)) as container:
        return [read_time_code(show(frame)) for frame in container.decode(video=0)]


def read_times(path: Path) -> list[float]:
    """When each picture of a film begins."""
    with av.open(str(path)) as container:
        return sorted(frame.time for frame in container.decode(video=0))


def show(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """A picture as a player shows it: turned upright."""
    return np.rot90(frame.to_ndarray(format="rgb24"), frame.rotation // 90)


def shown_between(times: list[float], moment: float) -> tuple[float, float]:
    """The pictures, by when they begin, that may be on the screen at a moment that is known to a millisecond."""
    return tuple(
        max((time for time in times if time <= moment + margin), default=times[0])
        for margin in (-_CODE_MARGIN, _CODE_MARGIN)
    )


def _repeat(
    path: Path,
    codec: str,
    pictures: int | None,
    size: Size,
    options: dict[str, str],
    seed: int,
    form: str | None,
    min_bytes: int = 0,
) -> int:
    """Write the packets of a few pictures of noise again and again; gives how many."""
    with av.open(str(path), "w", format=form or "mp4") as output:
        stream = output.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        contents = [bytes(packet) for packet in _encode_noise(stream, size, seed)]
        total = 0
        for number, content in enumerate(cycle(contents)):
            if number == pictures or (pictures is None and total > min_bytes):
                return number
            packet = av.Packet(content)
            packet.stream, packet.time_base = stream, Fraction(1, 25)
            packet.pts = packet.dts = number
            packet.duration, packet.is_keyframe = 1, True
            output.mux(packet)
            total += len(content)
    raise AssertionError("never reached: pictures are repeated without end")


def _encode_noise(stream: av.VideoStream, size: Size, seed: int) -> Iterator[av.Packet]:
    chance = np.random.default_rng(seed)
    for _ in range(_DISTINCT):
        coarse = chance.integers(40, 216, (size[1] * 3 // 4, size[0] // 2), dtype=np.uint8)
        planes = coarse.repeat(2, axis=0).repeat(2, axis=1)
        yield from stream.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p"))
    yield from stream.encode()


def _write_in_place(target: Path, write: Callable[[Path], object]) -> None:
    """Write it beside the watched folder and move it in: it is whole when it is seen first."""
    aside = target.parent.parent / f"{target.name}.aside"
    write(aside)
    aside.rename(target)


def _form_of(target: Path) -> str:
    suffix = target.suffix.lower().removesuffix(".aside")
    return {".mkv": "matroska", ".avi": "avi", ".mov": "mov", ".ts": "mpegts"}.get(suffix, "mp4")
