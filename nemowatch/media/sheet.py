"""A contact sheet of what a job delivers, and a thumbnail: for people who look before they read.

Called by the job's last step, in a worker process. Nothing depends on either picture: what can't be shown is left
out, and only where nothing can be shown that is an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from nemowatch.atomic import sync_folder
from nemowatch.media.errors import BrokenMedia, MediaError
from nemowatch.media.picture_files import encode_jpeg, write_picture
from nemowatch.media.progress import Report, ignore_progress
from nemowatch.media.sheet_cells import Cell, look_into, plan_chapters, take_shots
from nemowatch.media.sheet_drawing import draw_sheet

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

THUMBNAIL_SIDE = 320
_SHEET_QUALITY, _THUMBNAIL_QUALITY = 88, 86
_LOOKING_SHARE = 0.2


@dataclass(frozen=True)
class Overview:
    """Both pictures.

    Attributes:
        width: of the sheet, in pixels; so is `height`.
        size_bytes: of the sheet.
        stills: how many pictures stand on it.
        thumbnail_width: in pixels; so is `thumbnail_height`.
    """

    width: int
    height: int
    size_bytes: int
    stills: int
    thumbnail_width: int
    thumbnail_height: int
    thumbnail_bytes: int


def make_overview(
    sources: tuple[Path, ...], target: Path, thumbnail: Path, *, report: Report = ignore_progress
) -> Overview:
    """Draw a contact sheet and a thumbnail, both JPEG. Blocking.

    Args:
        sources: films, of which stills are taken that are spread over them, and pictures; in the order in which they
            are to stand. Those without a picture that can be decoded are left out.
        target: where the sheet goes; replaced if there.
        thumbnail: where the thumbnail goes, whose longest side has 320 pixels or fewer; replaced if there.
        report: is told the share that is done.

    Raises:
        BrokenMedia: none of them has a picture that can be decoded.
        OSError: a file can't be read or written.
    """
    seen = []
    for number, path in enumerate(sources):
        report(_LOOKING_SHARE * number / len(sources))
        try:
            seen.append(look_into(path))
        except MediaError:
            continue
    chapters = plan_chapters(seen)
    wanted = sum(len(chapter.shots) for chapter in chapters)
    drawn: list[list[Cell]] = []

    def idle() -> None:
        taken = sum(len(cells) for cells in drawn)
        report(_LOOKING_SHARE + (1 - _LOOKING_SHARE) * taken / wanted)

    for chapter in chapters:
        drawn.append([])
        for cell in take_shots(chapter, idle):
            drawn[-1].append(cell)
    pages = [(chapter, cells) for chapter, cells in zip(chapters, drawn, strict=True) if cells]
    if not pages:
        raise BrokenMedia("Nothing of what was made has a picture that can be decoded.")
    sheet = draw_sheet(pages)
    small = _shrink(_pick_telling(pages[0][1]))
    sheet_bytes = _write(target, encode_jpeg(sheet, _SHEET_QUALITY))
    thumbnail_bytes = _write(thumbnail, encode_jpeg(small, _THUMBNAIL_QUALITY))
    report(1.0)
    return Overview(
        sheet.shape[1],
        sheet.shape[0],
        sheet_bytes,
        sum(len(cells) for _, cells in pages),
        small.shape[1],
        small.shape[0],
        thumbnail_bytes,
    )


def _pick_telling(cells: Iterable[Cell]) -> NDArray[np.uint8]:
    """The picture with the most contrast: one of a fade, or of a plain title, tells nothing."""
    return max((cell.pixels for cell in cells), key=lambda pixels: float(pixels.std()))


def _shrink(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    picture = Image.fromarray(pixels)
    picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    return np.asarray(picture)


def _write(target: Path, data: bytes) -> int:
    write_picture(target, data)
    sync_folder(target.parent)
    return len(data)
