"""Reading a file's pictures by time, and fitting them to the size of a render.

Called by `render.py`, `stills.py` and `analysis.py`. A reader belongs to one thread. It skips what it can't
decode, as players do, and holds the last picture where the file ends early.
"""

from __future__ import annotations

from contextlib import contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import av.filter
import numpy as np

from nemowatch.media.errors import BrokenMedia
from nemowatch.media.probe import open_media, pick_picture, translate_faults
from nemowatch.media.sniff import identify
from nemowatch.sandbox.decoding import decode_leniently, start_offset

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av.container import InputContainer
    from av.video.stream import VideoStream

    from nemowatch.media.sniff import Format

Size = tuple[int, int]

_EPSILON = 0.0015  # Matroska rounds times to milliseconds: a picture "at 0.0667" is stored as 0.067
_SEEK_AHEAD_SECONDS = 3.0  # nearer pictures are reached sooner by decoding on
_SEEK_BACK_SECONDS = (0.0, 5.0, 30.0)  # some indexes name a keyframe that is too late; try earlier ones


class PictureReader:
    """Gives the picture that a file shows at a time. Made by `open_pictures`."""

    def __init__(self, path: Path, found: Format, container: InputContainer, stream: VideoStream) -> None:
        self._path = path
        self._found = found
        self._container = container
        self._stream = stream
        stream.thread_type = "AUTO"
        self._offset = start_offset(container)
        self._frames = self._decode()
        first = next(self._frames, None)
        if first is None:
            raise BrokenMedia(f"{path.name} has no picture that can be decoded.")
        self._shown = first
        self._next = next(self._frames, None)
        self.size = measure_upright(first[1], stream.sample_aspect_ratio)

    @property
    def fps(self) -> float | None:
        """Pictures a second as the file says; None for stills and where it does not say."""
        rate = self._stream.average_rate or self._stream.guessed_rate
        return float(rate) if rate and self._next is not None else None

    @property
    def sample_aspect_ratio(self) -> Fraction | None:
        """How wide one pixel is for its height; None where the file does not say."""
        return self._stream.sample_aspect_ratio

    def show_at(self, seconds: float) -> av.VideoFrame:
        """The picture on screen at a time: the last one that begins no later. Cheapest with rising times."""
        moment = seconds + _EPSILON
        behind = moment < self._shown[0]
        far_ahead = self._next is not None and moment > self._next[0] + _SEEK_AHEAD_SECONDS
        if behind or far_ahead:
            self._seek(moment)
        while self._next is not None and self._next[0] <= moment:
            self._shown, self._next = self._next, next(self._frames, None)
        return self._shown[1]

    def _seek(self, moment: float) -> None:
        for back in _SEEK_BACK_SECONDS:
            if self._restart(max(moment - back, 0.0)) and self._shown[0] <= moment:
                return
        self._restart(0.0)

    def _restart(self, moment: float) -> bool:
        with translate_faults(self._path, self._found):
            self._container.seek(int((moment + self._offset) * av.time_base))
        self._frames = self._decode()
        first = next(self._frames, None)
        if first is None:
            return False
        self._shown, self._next = first, next(self._frames, None)
        return True

    def _decode(self) -> Iterator[tuple[float, av.VideoFrame]]:
        step = 1 / float(self._stream.average_rate or 25)
        expected = 0.0
        with translate_faults(self._path, self._found):
            for frame in decode_leniently(self._container, self._stream):
                moment = frame.time - self._offset if frame.pts is not None else expected
                expected = moment + step
                yield moment, frame


@contextmanager
def open_pictures(path: Path) -> Iterator[PictureReader | None]:
    """Open a file's picture stream; None for a file without one.

    Raises:
        MediaError: the file is no media, or its pictures can't be decoded.
        OSError: the file can't be read.
    """
    found = identify(path)
    with open_media(path, found) as container:
        stream = pick_picture(container)
        yield PictureReader(path, found, container, stream) if stream is not None else None


class PictureFitter:
    """Turns pictures upright and fits them into one size, centred on black, as yuv420p. For one thread."""

    def __init__(self, size: Size) -> None:
        self._size = size
        self._graph: av.filter.Graph | None = None
        self._graph_key: object = None

    def fit(self, frame: av.VideoFrame, aspect: Fraction | None = None) -> av.VideoFrame:
        """Fit one picture; `aspect` is the width of its pixels for their height. May return the same object."""
        upright = measure_upright(frame, aspect)
        if upright == self._size == (frame.width, frame.height) and frame.format.name == "yuv420p":
            return frame
        key = (frame.width, frame.height, frame.format.name, frame.rotation, aspect)
        if self._graph is None or key != self._graph_key:
            self._graph = _build_graph(frame, upright, self._size)
            self._graph_key = key
        self._graph.push(frame)
        fitted = self._graph.pull()
        if not isinstance(fitted, av.VideoFrame):
            raise TypeError("the picture filter gave no picture")
        return fitted


def fit_within(size: Size, box: Size) -> Size:
    """Shrink a size to fit a box, keeping its shape; never enlarges. Both sides are even and at least 2."""
    scale = min(1.0, box[0] / size[0], box[1] / size[1])
    return _even(size[0] * scale), _even(size[1] * scale)


def measure_upright(frame: av.VideoFrame, aspect: Fraction | None) -> Size:
    """The size a picture is shown at: with square pixels, turned as the recording device asked for."""
    wide = round(frame.width * float(aspect)) if aspect else frame.width
    return (frame.height, wide) if round(frame.rotation / 90) % 2 else (wide, frame.height)


def to_upright_rgb(frame: av.VideoFrame) -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
    """The pixels of a picture, turned upright: rows, columns, red-green-blue."""
    pixels = np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90))
    return np.ascontiguousarray(pixels, dtype=np.uint8)


def make_dark(size: Size) -> av.VideoFrame:
    """A black picture, for where there is nothing to see."""
    planes = np.full((size[1] * 3 // 2, size[0]), 128, dtype=np.uint8)
    planes[: size[1]] = 16
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)


def _build_graph(frame: av.VideoFrame, upright: Size, size: Size) -> av.filter.Graph:
    scale = min(size[0] / upright[0], size[1] / upright[1])
    inner = min(_even(upright[0] * scale), size[0]), min(_even(upright[1] * scale), size[1])
    turns = {1: [("transpose", "cclock")], 2: [("hflip", ""), ("vflip", "")], 3: [("transpose", "clock")]}
    steps = [
        *turns.get(round(frame.rotation / 90) % 4, []),
        ("scale", f"{inner[0]}:{inner[1]}"),
        ("pad", f"{size[0]}:{size[1]}:-1:-1"),
        ("setsar", "1"),
        ("format", "yuv420p"),
    ]
    graph = av.filter.Graph()
    last = graph.add_buffer(
        width=frame.width,
        height=frame.height,
        format=frame.format,
        time_base=frame.time_base or Fraction(1, av.time_base),
    )
    for name, options in [*steps, ("buffersink", "")]:
        following = graph.add(name, options)
        last.link_to(following)
        last = following
    graph.configure()
    return graph
