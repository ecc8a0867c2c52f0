"""Films to measure with: a camera that wanders over a grainy landscape, speech, and each picture's number in it.

Called by the benchmarks of stills, clips and compressing. Grain and movement cost a decoder and an encoder what a
camera's pictures cost them; flat ones would cost nearly nothing. The number is read back from a still or a cut, so
that nothing is called fast that shows the wrong moment.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np

from nemowatch.sandbox.speech import make_speech

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

FPS = 25

_SOUND_RATE = 48_000
_SOUND_BITS = 128_000
_BITS_PER_PIXEL = 0.15
"""At 1080p and 25 pictures a second 7.8 Mbit/s: between a screen recorder and a phone."""

_OCTAVES = (120, 40, 12, 4)
_MARGIN = 0.25
_TURNS = (0.023, 0.031)
_GRAINS = 6
_GRAIN_DEPTH = 2.5
_BITS = 16
_BLOCKS_ACROSS = 40
_DARK, _LIGHT = 32, 216


def make_film(
    target: Path, *, seconds: float, size: tuple[int, int] = (1920, 1080), keyframe_seconds: float = 2.0
) -> Path:
    """Write an H.264 MP4 with AAC sound; one of 1080p takes half as long as it plays, and more.

    Args:
        target: the file.
        seconds: how long it plays, at 25 pictures a second.
        size: width and height, both even.
        keyframe_seconds: how far key frames lie apart. Recorders and phones take 1 or 2 s, x264 by itself up to 10 s.
    """
    encoder = {"preset": "superfast", "g": str(round(keyframe_seconds * FPS)), "keyint_min": "1"}
    with av.open(str(target), "w") as output:
        video = output.add_stream("libx264", rate=FPS, options=encoder | {"sc_threshold": "0"})
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        video.bit_rate = round(size[0] * size[1] * FPS * _BITS_PER_PIXEL)
        audio = output.add_stream("aac", rate=_SOUND_RATE, layout="stereo")
        audio.bit_rate = _SOUND_BITS
        sound = make_speech(seconds, 0, _SOUND_RATE)
        for number, planes in enumerate(_draw(round(seconds * FPS), size)):
            picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, FPS)
            output.mux(video.encode(picture))
            first, last = (at * _SOUND_RATE // FPS for at in (number, number + 1))
            samples = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(np.tile(sound[first:last], (2, 1))), format="fltp", layout="stereo"
            )
            samples.sample_rate, samples.pts, samples.time_base = _SOUND_RATE, first, Fraction(1, _SOUND_RATE)
            output.mux(audio.encode(samples))
        output.mux(video.encode())
        output.mux(audio.encode())
    return target


def read_numbers(path: Path) -> Iterator[tuple[float, int]]:
    """Of every picture of a film or still, as shown: its time in seconds and the number that stands in it."""
    with av.open(str(path)) as source:
        source.streams.video[0].thread_type = "AUTO"
        for frame in source.decode(video=0):
            yield frame.time or 0.0, _read_number(frame.to_ndarray(format="gray"))


def _read_number(light: NDArray[np.uint8]) -> int:
    side = light.shape[1] / _BLOCKS_ACROSS
    inner = slice(round(side * 0.3), round(side * 0.7) + 1)
    blocks = [light[inner, round(side * bit) :][:, inner] for bit in range(_BITS)]
    return sum(1 << bit for bit, block in enumerate(blocks) if block.mean() > (_DARK + _LIGHT) / 2)


def _draw(count: int, size: tuple[int, int]) -> Iterator[NDArray[np.uint8]]:
    """Pictures as planar YUV 4:2:0, the same for the same arguments."""
    width, height = size
    chance = np.random.default_rng(0)
    planes = [_paint(chance, size), *(_paint(chance, (width // 2, height // 2)) for _ in "uv")]
    grains = [
        np.clip(chance.normal(0, _GRAIN_DEPTH, size[::-1]), -16, 16).astype(np.int8).view(np.uint8)
        for _ in range(_GRAINS)
    ]
    for number in range(count):
        swings = [(1 + np.sin(2 * np.pi * turns * number)) / 2 * _MARGIN for turns in _TURNS]
        picture = np.empty((height * 3 // 2, width), dtype=np.uint8)
        views = (picture[:height], *picture[height:].reshape(2, height // 2, width // 2))
        for plane, view in zip(planes, views, strict=True):
            left, top = (round(swing * side) for swing, side in zip(swings, view.shape[::-1], strict=True))
            np.copyto(view, plane[top : top + view.shape[0], left : left + view.shape[1]])
        # Adds what is below zero as well: bytes wrap around, and the landscape keeps away from both ends.
        views[0][:] += np.roll(grains[number % _GRAINS], number * 2, axis=0)
        _write_number(views[0], number)
        yield picture


def _paint(chance: np.random.Generator, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A landscape of patches within patches, a quarter larger than the picture to each side; 40 to 215."""
    width, height = (round(side * (1 + _MARGIN)) + 1 for side in size)
    sum_of_all = np.zeros((height, width), dtype=np.float32)
    for step in _OCTAVES:
        patches = chance.normal(0, step, (height // step + 2, width // step + 2)).astype(np.float32)
        sum_of_all += np.kron(patches, np.ones((step, step), dtype=np.float32))[:height, :width]
    sum_of_all -= sum_of_all.min()
    return (40 + 175 * sum_of_all / sum_of_all.max()).astype(np.uint8)


def _write_number(light: NDArray[np.uint8], number: int) -> None:
    """A row of blocks at the upper left, the lowest bit first, light for one."""
    side = light.shape[1] // _BLOCKS_ACROSS
    for bit in range(_BITS):
        light[:side, bit * side : (bit + 1) * side] = _LIGHT if number >> bit & 1 else _DARK
