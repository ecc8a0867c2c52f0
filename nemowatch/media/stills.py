"""Stills of a film at exact times: the picture that a player shows at each, upright and in right colours.

Called by the job's step that delivers frames, in a worker process. It never guesses a picture by a frame rate, and
never holds more than a few pictures, however many are asked for.
"""

from __future__ import annotations

import math
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Self

from nemowatch.atomic import sync_folder
from nemowatch.media.developing import develop, find_aspect, lay_on
from nemowatch.media.errors import BrokenMedia
from nemowatch.media.moments import Shown, show_at
from nemowatch.media.picture_files import encode_jpeg, encode_png, write_picture
from nemowatch.media.progress import Report, ignore_progress
from nemowatch.media.reel import open_reel
from nemowatch.media.sniff import identify

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_HOUR = 3600
_HALF_MILLISECOND = 0.0005
_JPEG_QUALITY = 92
_BLACK = 0
_MOST_UNWRITTEN = 2
_NOISE = 1e-6  # of a division; nobody asks for microseconds


@dataclass(frozen=True)
class Still:
    """One picture.

    Attributes:
        name: of the file; carries the time.
        seconds: the moment of playing that was asked for.
        shown_at: the moment at which this picture begins to be shown.
        width: as shown: upright, with square pixels; so is `height`.
    """

    name: str
    seconds: float
    shown_at: float
    width: int
    height: int
    size_bytes: int


def still_times(duration: float, *, every: float | None, at: tuple[float, ...]) -> tuple[float, ...]:
    """At which moments of a film stills are made, in their order, each once.

    Args:
        duration: of the film, in seconds.
        every: one at 0, and one every so many seconds before the end; None for none of these.
        at: further moments; below zero they count from the end. What lies outside of the film is left out; its very
            end is its last picture.
    """
    count = max(1, math.ceil(duration / every - _NOISE)) if every else 0
    regular = (number * (every or 0.0) for number in range(count))
    named = (moment if moment >= 0 else duration + moment for moment in at)
    moments = sorted([*regular, *(moment for moment in named if 0 <= moment <= duration)])
    return tuple({_milliseconds(moment): moment for moment in reversed(moments)}.values())[::-1]


def still_name(stem: str, seconds: float, form: str, *, has_hours: bool) -> str:
    """`talk-00m05.000s.png`; `talk-01h02m03.000s.png` of a film of an hour and more, so that names sort by time."""
    minutes, milliseconds = divmod(_milliseconds(seconds), 60_000)
    within_hour = f"{minutes % 60:02d}m{milliseconds // 1000:02d}.{milliseconds % 1000:03d}s"
    hours = f"{minutes // 60:02d}h" if has_hours else ""
    return f"{stem}-{hours}{within_hour}.{form}"


def make_stills(
    source: Path,
    folder: Path,
    times: tuple[float, ...],
    *,
    stem: str,
    form: str,
    report: Report = ignore_progress,
) -> tuple[Still, ...]:
    """Write the picture that is shown at each of some moments. Blocking.

    Args:
        source: a film, or a picture, which is shown at any moment.
        folder: is there already; files of the same names are replaced.
        times: seconds of playing, in any order. One before the first picture gets the first, one at or after the end
            the last. Of those that are the same to a millisecond, and so would have one name, the first counts.
        stem: how the names begin.
        form: `png`, without loss and with transparency where the film has it, or `jpg`, on black.
        report: is told the share that is done.

    Returns:
        What was written, by time; the names sort the same way.

    Raises:
        NotMedia, IncompleteMedia: as `probe` does.
        BrokenMedia: the source has no picture that can be decoded.
        OSError: a file can't be read or written; what was written before is left, and no part of a file.
    """
    wanted = sorted({_milliseconds(moment): max(0.0, moment) for moment in reversed(times)}.values())
    stills: list[Still] = []

    def idle() -> None:
        report(len(stills) / len(wanted))

    with open_reel(source) as reel, _Writer(folder, form) as writer:
        if reel.picture is None:
            raise BrokenMedia(f"{source.name} has sound only: there are no pictures to take from it.")
        aspect = find_aspect(reel.picture)
        has_hours = max(reel.duration or 0.0, *wanted, 0.0) >= _HOUR - _HALF_MILLISECOND
        names = [still_name(stem, moment, form, has_hours=has_hours) for moment in wanted]
        is_film = identify(source).kind == "video"
        moments = [Fraction(moment) for moment in wanted]
        shown_pictures = show_at(reel, moments, is_seekable=is_film, idle=idle)
        for name, seconds, shown in zip(names, wanted, shown_pictures, strict=True):
            writer.add(name, seconds, shown, aspect)
            stills += writer.take_written(_MOST_UNWRITTEN)
        stills += writer.take_written(0)
    sync_folder(folder)
    report(1.0)
    return tuple(stills)


class _Writer:
    """Develops and writes pictures beside the decoder, a few at a time.

    When the block is left, nothing is being written any more.
    """

    def __init__(self, folder: Path, form: str) -> None:
        self._folder = folder
        self._form = form
        self._thread = ThreadPoolExecutor(1, "stills")
        self._unwritten: deque[Future[Still]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown(cancel_futures=True)

    def add(self, name: str, seconds: float, shown: Shown, aspect: Fraction | None) -> None:
        """Have one written."""
        self._unwritten.append(self._thread.submit(self._write, name, seconds, shown, aspect))

    def take_written(self, left: int) -> Sequence[Still]:
        """What has been written since; waits until at most so many are left.

        Raises:
            OSError: one of them can't be written.
        """
        count = len(self._unwritten) - left
        return [self._unwritten.popleft().result() for _ in range(count)]

    def _write(self, name: str, seconds: float, shown: Shown, aspect: Fraction | None) -> Still:
        pixels = develop(shown.frame, aspect=aspect)
        is_png = self._form == "png"
        data = encode_png(pixels) if is_png else encode_jpeg(lay_on(pixels, _BLACK), _JPEG_QUALITY)
        write_picture(self._folder / name, data)
        height, width = pixels.shape[:2]
        return Still(name, seconds, max(0.0, float(shown.at)), width, height, len(data))


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
