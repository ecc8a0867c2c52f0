"""Titles and captions burned into a render's pictures.

Called by `render.py` for every picture. Titles stand in the middle, captions at the foot, white on a darkened
strip, wrapped to the picture's width.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import av
import numpy as np

from nemowatch.sandbox.lettering import GLYPH_HEIGHT, GLYPH_WIDTH, draw_letters, to_drawable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_MOST_LINES = 4
_INK, _NEUTRAL = 235, 128  # white and colourless, as video counts them
_STRIP_DARKNESS = 4  # the picture's light behind the words is divided by this


@dataclass(frozen=True)
class Caption:
    """Words to show. `start` and `end` are seconds on the timeline."""

    text: str
    start: float
    end: float
    role: Literal["title", "caption"] = "caption"


class CaptionPainter:
    """Paints the words that are due on pictures of one size."""

    def __init__(self, captions: Sequence[Caption], size: tuple[int, int]) -> None:
        self._captions = [caption for caption in captions if caption.text.strip()]
        self._size = size
        self._ink: dict[Caption, NDArray[np.bool_]] = {}

    def paint(self, frame: av.VideoFrame, seconds: float) -> av.VideoFrame:
        """The picture with what is due at this time; the same object when nothing is."""
        due = [caption for caption in self._captions if caption.start <= seconds < caption.end]
        if not due:
            return frame
        planes = frame.to_ndarray().astype(np.uint8, copy=False)
        for caption in due:
            if caption not in self._ink:
                self._ink[caption] = self._draw(caption)
            self._stamp(planes, self._ink[caption], caption.role)
        painted = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        painted.pts, painted.time_base = frame.pts, frame.time_base
        return painted

    def _draw(self, caption: Caption) -> NDArray[np.bool_]:
        width, height = self._size
        scale = max(1, round(min(width, height) / (110 if caption.role == "title" else 180)))
        columns = max(4, int(width * 0.9) // (GLYPH_WIDTH * scale))
        lines = textwrap.wrap(to_drawable(caption.text), columns)[:_MOST_LINES]
        drawn = [draw_letters(line, scale) for line in lines]
        gap = 2 * scale
        ink = np.zeros(
            (
                len(lines) * (GLYPH_HEIGHT * scale + gap) + gap,
                max(line.shape[1] for line in drawn) + 4 * scale,
            ),
            dtype=bool,
        )
        for index, line in enumerate(drawn):
            top = gap + index * (GLYPH_HEIGHT * scale + gap)
            left = (ink.shape[1] - line.shape[1]) // 2
            ink[top : top + line.shape[0], left : left + line.shape[1]] = line
        return ink[:height, :width]

    def _stamp(self, planes: NDArray[np.uint8], ink: NDArray[np.bool_], role: str) -> None:
        """Write into planar YUV 4:2:0: the light above, the two quarter-size colour planes below it."""
        width, height = self._size
        rows, columns = ink.shape
        left = (width - columns) // 4 * 2
        top = (height - rows) // 4 * 2 if role == "title" else max(0, (height * 19 // 20 - rows) // 2 * 2)
        light = planes[top : top + rows, left : left + columns]
        light[:] = np.where(ink, _INK, 16 + (light.clip(16) - 16) // _STRIP_DARKNESS)
        colours = planes[height:].reshape(2, height // 2, width // 2)
        colours[:, top // 2 : (top + rows) // 2, left // 2 : (left + columns) // 2] = _NEUTRAL
