"""What stands on a contact sheet: which moments of which films, and which pictures.

Used by `sheet.py`. Films and pictures are looked into and decoded here, each picture at the size that it gets; how
they are laid out is said by `sheet_grid.py`, and drawn by `sheet_drawing.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from statistics import median
from typing import TYPE_CHECKING

from nemowatch.media.developing import develop, find_aspect, lay_on, measure_shown
from nemowatch.media.errors import BrokenMedia, MediaError
from nemowatch.media.moments import show_at
from nemowatch.media.reel import open_reel
from nemowatch.media.sheet_grid import MOST_CELLS, Grid, columns_for, plan_grid
from nemowatch.media.sniff import identify
from nemowatch.units import format_count, format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_MOST_CHAPTERS = 4
_SHORTEST_STEP = 0.5
_WHOLE_SECONDS_STEP = 4.0
_MIXED_SHAPES = (0.8, 16 / 9)
_GREY = 128  # behind what is transparent: both white and black are seen on it


@dataclass(frozen=True)
class Source:
    """A film or picture that can be shown.

    Attributes:
        seconds: how long it plays; 0 for a picture.
        width: as shown; so is `height`.
    """

    path: Path
    is_film: bool
    seconds: float
    width: int
    height: int

    @property
    def shape(self) -> float:
        """Width by height."""
        return self.width / self.height


@dataclass(frozen=True)
class Cell:
    """One picture on the sheet, as small as it will be there, and the words under it."""

    pixels: NDArray[np.uint8]
    caption: str


@dataclass(frozen=True)
class Chapter:
    """Cells that belong together, as yet without their pictures.

    Attributes:
        title: the words above them; empty for none.
        detail: more words, less prominent.
        grid: how they stand.
        shots: what they show: a source, a moment of it in seconds, and what is written under it.
    """

    title: str
    detail: str
    grid: Grid
    shots: tuple[tuple[Source, float, str], ...]


def look_into(path: Path) -> Source:
    """What a file has to show.

    Raises:
        MediaError: nothing that can be decoded.
        OSError: it can't be read.
    """
    is_film = identify(path).kind == "video"
    with open_reel(path) as reel:
        if reel.picture is None:
            raise BrokenMedia(f"{path.name} has sound only.")
        aspect = find_aspect(reel.picture)
        (first,) = show_at(reel, [Fraction(0)], is_seekable=is_film, idle=_do_nothing)
        width, height = measure_shown(first.frame, aspect)
        return Source(path, is_film, (reel.duration or 0.0) if is_film else 0.0, width, height)


def plan_chapters(sources: Sequence[Source]) -> list[Chapter]:
    """Choose what is shown: of a few films several moments each, of many one, and pictures as they are."""
    films = [source for source in sources if source.is_film]
    pictures = [source for source in sources if not source.is_film]
    if len(films) > _MOST_CHAPTERS:
        return [_plan_mixed("", [*films, *pictures])]
    chapters = [_plan_film(film, len(films)) for film in films]
    if pictures:
        room = max(MOST_CELLS - sum(len(chapter.shots) for chapter in chapters), columns_for(1))
        chapters.append(_plan_mixed("Pictures" if films else "", pictures, room))
    return chapters


def take_shots(chapter: Chapter, idle: Callable[[], None]) -> Iterator[Cell]:
    """Decode a chapter's pictures. Those that can't be decoded are left out."""
    by_source: dict[Source, list[tuple[float, str]]] = {}
    for source, moment, caption in chapter.shots:
        by_source.setdefault(source, []).append((moment, caption))
    for source, shots in by_source.items():
        try:
            yield from _take_from(source, shots, chapter.grid, idle)
        except MediaError:
            continue  # what else there is can still be shown


def _take_from(
    source: Source, shots: Sequence[tuple[float, str]], grid: Grid, idle: Callable[[], None]
) -> Iterator[Cell]:
    with open_reel(source.path) as reel:
        if reel.picture is None:
            raise BrokenMedia(f"{source.path.name} has no picture any more.")
        aspect = find_aspect(reel.picture)
        moments = [Fraction(moment) for moment, _ in shots]
        shown_pictures = show_at(reel, moments, is_seekable=source.is_film, idle=idle)
        for (_, caption), shown in zip(shots, shown_pictures, strict=True):
            pixels = develop(shown.frame, aspect=aspect, within=(grid.width, grid.height))
            yield Cell(lay_on(pixels, _GREY), caption)


def _plan_film(film: Source, films: int) -> Chapter:
    columns = columns_for(film.shape)
    rows = max(1, MOST_CELLS // columns // films)
    count = min(rows * columns, max(1, math.ceil(film.seconds / _SHORTEST_STEP)))
    if count > columns:
        count -= count % columns
    shots = tuple((film, moment, caption) for moment, caption in spread_moments(film.seconds, count))
    detail = f"{format_duration(film.seconds)}  ·  {film.width} x {film.height}"
    return Chapter(film.path.name, detail, plan_grid(count, film.shape), shots)


def _plan_mixed(title: str, sources: Sequence[Source], room: int = MOST_CELLS) -> Chapter:
    chosen = sources[:room]
    shape = median(source.shape for source in chosen)
    shape = min(max(shape, _MIXED_SHAPES[0]), _MIXED_SHAPES[1]) if len(chosen) > 1 else shape
    left = len(sources) - len(chosen)
    detail = f"and {format_count(left, 'other')} that this sheet has no room for" if left else ""
    shots = tuple((source, source.seconds / 3, _describe(source)) for source in chosen)
    return Chapter(title, detail, plan_grid(len(chosen), shape), shots)


def _describe(source: Source) -> str:
    return f"{source.path.name}  ·  {format_duration(source.seconds)}" if source.is_film else source.path.name


def spread_moments(seconds: float, count: int) -> list[tuple[float, str]]:
    """Moments in the middle of equal parts of a film, and how they are written; what is written is exact."""
    step = seconds / count
    digits = 0 if step >= _WHOLE_SECONDS_STEP else 1
    scale = 10**digits
    moments = (math.floor((number + 0.5) * step * scale) / scale for number in range(count))
    return [(moment, format_moment(moment, digits)) for moment in moments]


def format_moment(seconds: float, digits: int) -> str:
    """A moment as players write it: `0:05`, `1:02:03`, `0:05.5` with one digit."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    whole = f"{hours}:{minutes:02d}:{rest // 10:02d}" if hours else f"{minutes}:{rest // 10:02d}"
    return f"{whole}.{rest % 10}" if digits else whole


def _do_nothing() -> None:
    pass
