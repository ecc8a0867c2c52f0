"""What is asked of cutting, and what comes of it. Values only; `cut.py` hands them on to callers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Clip:
    """A stretch that is wanted as a film of its own, and where that goes: an `.mp4`."""

    start: float
    end: float
    target: Path


@dataclass(frozen=True)
class CutPart:
    """A film that was cut out of another.

    Attributes:
        path: where it is.
        start: the moment of the recording that is its first, in seconds of playing time.
        end: the one where it stops.
        size_bytes: of the file.
        duration_seconds: how long it plays.
        width: of the picture in pixels, as coded; None for sound alone. So is `height`.
        height: see `width`.
        how: `copied`, or how much was encoded anew, in a few words.
    """

    path: Path
    start: float
    end: float
    size_bytes: int
    duration_seconds: float
    width: int | None
    height: int | None
    how: str
