"""Background music made here: a calm loop of chords, a bass and a soft beat.

Called by the service when a prompt asks for music. The same seed gives the same tune.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_RATE = 48_000
_BAR_SECONDS = 4 * 60 / 80  # four beats at 80 a minute
_PROGRESSIONS = (
    ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14)),
    ((0, 3, 7), (8, 12, 15), (3, 7, 10), (10, 14, 17)),
    ((0, 4, 7), (7, 11, 14), (9, 12, 16), (5, 9, 12)),
)
_LOWEST_KEY_HZ = 110.0
_BLOCK = 1024


def make_music(target: Path, *, seconds: float = 12.0, seed: int = 0) -> Path:
    """Write a loop as AAC in an MP4 container (`.m4a`). Blocking.

    Args:
        target: the file; its folder must exist.
        seconds: at least so long; whole bars of 3 s are written, so that it can be repeated.
        seed: chooses key and chords.

    Returns:
        `target`.

    Raises:
        OSError: the file can't be written.
    """
    samples = _compose(max(1, int(np.ceil(seconds / _BAR_SECONDS))), seed)
    with av.open(str(target), "w", format="ipod", options={"movflags": "+faststart"}) as output:
        stream = output.add_stream("aac", rate=_RATE, layout="stereo")
        for first in range(0, samples.shape[1], _BLOCK):
            block = np.ascontiguousarray(samples[:, first : first + _BLOCK])
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
            frame.sample_rate = _RATE
            frame.pts, frame.time_base = first, Fraction(1, _RATE)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return target


def _compose(bars: int, seed: int) -> NDArray[np.float32]:
    chance = np.random.default_rng(seed)
    key = _LOWEST_KEY_HZ * 2 ** (int(chance.integers(0, 8)) / 12)
    chords = _PROGRESSIONS[int(chance.integers(len(_PROGRESSIONS)))]
    played = [_play_bar(key, chords[bar % len(chords)], chance) for bar in range(bars)]
    return np.concatenate(played, axis=1).astype(np.float32)


def _play_bar(key: float, chord: tuple[int, int, int], chance: np.random.Generator) -> NDArray[np.float64]:
    """One bar: the chord swelling and fading, its root as bass, a brush on every beat; left and right."""
    time = np.arange(round(_BAR_SECONDS * _RATE)) / _RATE
    swell = np.sin(np.pi * time / _BAR_SECONDS) ** 0.5
    bass = 0.22 * np.sin(2 * np.pi * key / 2 * 2 ** (chord[0] % 12 / 12) * time)
    sides = []
    for detune in (0.9985, 1.0015):
        notes = (2 * key * detune * 2 ** (step / 12) for step in chord)
        sides.append(
            sum(0.09 * (np.sin(2 * np.pi * f * time) + 0.3 * np.sin(4 * np.pi * f * time)) for f in notes)
        )
    beat = time % (_BAR_SECONDS / 4)
    brush = chance.normal(0, 0.05, len(time)) * np.exp(-beat / 0.04)
    return np.array([(side + bass) * swell + brush for side in sides])
