"""Looking at media in tests: colours, pictures' times, loudness."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]


def read_pictures(path: Path) -> list[tuple[float, NDArray[np.uint8]]]:
    """All pictures of a file with their times."""
    with av.open(str(path)) as container:
        return [(frame.time, frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]


def read_sound(path: Path, rate: int = 16_000) -> NDArray[np.float32]:
    """The sound of a file, mono."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
    with av.open(str(path)) as container:
        blocks = [
            block.to_ndarray().reshape(-1)
            for frame in [*container.decode(audio=0), None]
            for block in resampler.resample(frame)
        ]
    return np.concatenate(blocks)


def corner(picture: NDArray[np.uint8]) -> Colour:
    """The colour at the lower left, where a recording shows nothing but its scene's background."""
    rows = picture.shape[0]
    red, green, blue = np.median(picture[rows - 6 : rows - 2, 2:8].reshape(-1, 3), axis=0)
    return int(red), int(green), int(blue)


def is_near(colour: Colour, expected: Colour, tolerance: int = 14) -> bool:
    """Whether two colours are the same but for the encoder's losses."""
    return all(abs(one - other) <= tolerance for one, other in zip(colour, expected, strict=True))


def loudness(samples: NDArray[np.float32]) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))


def stream_seconds(path: Path) -> dict[str, float]:
    """Each stream's length as the header says."""
    with av.open(str(path)) as container:
        return {stream.type: float((stream.duration or 0) * stream.time_base) for stream in container.streams}
