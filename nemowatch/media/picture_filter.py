"""Pictures of a recording made ready for H.264: upright, progressive, square pixels, eight bits, nothing transparent.

Used by `picture_line.py`. A picture that is so already passes untouched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from av.error import BlockingIOError as NothingYet
from av.error import EOFError as NothingMore
from av.filter import Graph

from nemowatch.media.survey import (
    BT709,
    FULL_RANGE,
    SMPTE_170M,
    UNSPECIFIED,
    Colours,
    Picture,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

    from av.video.frame import VideoFrame

_Steps = tuple[tuple[str, str], ...]

PIXELS = "yuv420p"
_ALL_709 = Colours(BT709, BT709, BT709)
_KEPT_MATRICES = frozenset({BT709, UNSPECIFIED, 4, 5, SMPTE_170M, 7})
_MATRIX_NAMES = {BT709: "bt709", 4: "fcc", 5: "bt470bg", SMPTE_170M: "smpte170m", 7: "smpte240m"}
_HD_LINES = 720


def pick_colours(picture: Picture, height: int) -> Colours:
    """The colours that a film of such a height is written in: the recording's own wherever they are usual."""
    seen = picture.colours
    if picture.is_wide or picture.is_rgb or seen.matrix not in _KEPT_MATRICES:
        return _ALL_709
    # Players take large pictures without a note for BT.709 and small ones for BT.601: what becomes small says it.
    if seen.matrix == UNSPECIFIED and min(picture.shown_width, picture.shown_height) >= _HD_LINES > height:
        return _ALL_709
    return seen


class PictureFilter:
    """Takes pictures as decoded, gives them as encoded.

    Recordings change in their middle: size, kind of pixels, interlaced or not. Each change begins a new chain.
    """

    def __init__(self, picture: Picture, size: tuple[int, int], clock: Fraction) -> None:
        """`size` is what is written; `clock` what the pictures' times are counted in, in seconds."""
        self._picture, self._clock = picture, clock
        self._size = (size[1], size[0]) if picture.is_sideways else size
        self._colours = pick_colours(picture, min(size))
        self._graph: Graph | None = None
        self._made_for: tuple[object, ...] | None = None
        self._is_interlaced = False

    def take(self, frame: VideoFrame) -> Iterator[VideoFrame]:
        """What is ready once this picture, whose time is set, has been seen."""
        self._is_interlaced = self._is_interlaced or frame.interlaced_frame
        facts = (frame.format.name, frame.width, frame.height, frame.color_range, self._is_interlaced)
        if facts != self._made_for:
            yield from self.finish()
            self._made_for = facts
            self._graph = self._build(frame)
        if self._graph is None:
            yield frame
            return
        self._graph.push(frame)
        yield from self._pull(self._graph)

    def finish(self) -> Iterator[VideoFrame]:
        """What was held back."""
        if self._graph is not None:
            self._graph.push(None)
            yield from self._pull(self._graph)
        self._graph = None
        self._made_for = None

    def _pull(self, graph: Graph) -> Iterator[VideoFrame]:
        while True:
            try:
                frame = graph.vpull()
            except (NothingYet, NothingMore):
                return
            if frame.time_base != self._clock and frame.pts is not None and frame.time_base is not None:
                frame.pts = round(frame.pts * frame.time_base / self._clock)
                frame.time_base = self._clock
            yield frame

    def _build(self, frame: VideoFrame) -> Graph | None:
        steps = self._plan(frame)
        if not steps:
            return None
        graph = Graph()
        source = graph.add("buffer", self._describe_source(frame))
        nodes = [graph.add(name, args or None) for name, args in steps]
        graph.link_nodes(source, *nodes, graph.add("buffersink"))
        graph.configure()
        return graph

    def _describe_source(self, frame: VideoFrame) -> str:
        return (
            f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}:pixel_aspect=1/1"
            f":time_base={self._clock}:colorspace={frame.colorspace}:range={frame.color_range}"
        )

    def _plan(self, frame: VideoFrame) -> _Steps:
        steps: list[tuple[str, str]] = []
        if self._is_interlaced:
            steps.append(("bwdif", "mode=send_frame:parity=auto:deint=interlaced"))
        steps += _flatten(frame)
        width, height = frame.width // 2 * 2, frame.height // 2 * 2
        if (width, height) != (frame.width, frame.height) and (width, height) == self._size:
            steps.append(("crop", f"{width}:{height}:0:0:exact=1"))
        if (width, height) != self._size or self._needs_colours(frame):
            steps += self._scale()
        if frame.format.name != PIXELS or steps:
            steps.append(("format", PIXELS))
        steps += self._picture.turns
        return tuple(steps)

    def _needs_colours(self, frame: VideoFrame) -> bool:
        return (
            frame.color_range == FULL_RANGE
            or frame.format.is_rgb
            or frame.format.name.startswith(("yuvj", "gray", "ya", "mono"))
            or self._picture.is_wide
            or frame.colorspace not in _KEPT_MATRICES
        )

    def _scale(self) -> _Steps:
        width, height = self._size
        words = f"{width}:{height}:flags=bicubic+accurate_rnd:out_range=tv"
        if (matrix := _MATRIX_NAMES.get(self._colours.matrix)) is not None:
            words += f":out_color_matrix={matrix}"
        if not self._picture.is_wide:
            return (("scale", words),)
        # Perceptual: what is brighter than a screen is bent into its range instead of cut off at white.
        seen = self._picture.colours
        note = f"color_primaries={seen.primaries}:color_trc={seen.transfer}:colorspace={seen.matrix}"
        return (
            ("setparams", note),
            ("scale", f"{words}:out_primaries=bt709:out_transfer=bt709:intent=perceptual"),
        )


def _flatten(frame: VideoFrame) -> _Steps:
    """Lay what is transparent upon black, as players do; left alone, whatever lies beneath would show."""
    if not any(part.is_alpha for part in frame.format.components):
        return ()
    pixels = () if frame.format.name.startswith("yuva") else (("format", "gbrap"),)
    return (*pixels, ("premultiply", "inplace=1"))
