"""Films of which each picture carries its number, so that a still can be told from its neighbours by its pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

_BITS = 8
_SIDE = 20
SIZE = (_BITS * _SIDE, 120)


def draw_number(number: int) -> NDArray[np.uint8]:
    """A grey picture with a moving bar below and eight blocks above, light for one, the lowest bit first."""
    pixels = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)
    for bit in range(_BITS):
        pixels[: 2 * _SIDE, bit * _SIDE : (bit + 1) * _SIDE] = 220 if number >> bit & 1 else 30
    left = number * 7 % (SIZE[0] - 30)
    pixels[60:110, left : left + 30] = (200, 60, 40)
    return pixels


def read_number(pixels: NDArray[np.uint8]) -> int:
    """The number in a picture, which may have been scaled."""
    side = pixels.shape[1] / _BITS
    row = pixels[round(SIZE[1] * 0.05) : round(pixels.shape[0] * 0.25)]
    middles = (slice(round((bit + 0.3) * side), round((bit + 0.7) * side)) for bit in range(_BITS))
    return sum(1 << bit for bit, middle in enumerate(middles) if row[:, middle].mean() > 125)


def make_numbered(
    target: Path,
    begins: Sequence[int],
    *,
    base: Fraction = Fraction(1, 1000),
    codec: str = "libx264",
    options: Mapping[str, str] | None = None,
    container_options: Mapping[str, str] | None = None,
    form: str | None = None,
    rotation: int = 0,
    aspect: Fraction | None = None,
) -> Path:
    """Write a film whose pictures begin at the given ticks of its clock."""
    with av.open(str(target), "w", format=form, container_options=dict(container_options or {})) as output:
        stream = output.add_stream(codec, rate=25, options=dict(options or {}))
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.time_base = base
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if rotation:
            stream.set_display_rotation(rotation)
        for number, begin in enumerate(begins):
            frame = av.VideoFrame.from_ndarray(draw_number(number), format="rgb24")
            frame.pts, frame.time_base = begin, base
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return target


def decode_all(path: Path) -> list[tuple[Fraction, int]]:
    """What a player that reads the whole file shows: when each picture begins, and its number."""
    with av.open(str(path)) as container:
        shown = [
            (frame.pts * frame.time_base, read_number(frame.to_ndarray(format="rgb24")))
            for frame in container.decode(video=0)
        ]
    return sorted(shown)
