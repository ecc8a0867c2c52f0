"""Draws a contact sheet: chapters of cells under each other, dark around them.

Used by `sheet.py` alone. It decodes nothing and writes no file.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from nemowatch.media.sheet_grid import GAP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nemowatch.media.sheet_cells import Cell, Chapter

_PAPER, _CELL = (20, 22, 27), (33, 36, 43)
_TITLE, _DETAIL, _CAPTION = (240, 242, 245), (142, 149, 160), (198, 203, 211)
_MARGIN = 32
_CHAPTER_GAP = 36
_TITLE_SIZE, _DETAIL_SIZE, _CAPTION_SIZE = 24, 17, 16
_TITLE_HEIGHT, _CAPTION_HEIGHT = 48, 30
_TITLE_BASELINE, _CAPTION_BASELINE = 26, 22
_WORD_GAP = 20
_CORNER = 8
_SMOOTHNESS = 4
_NARROWEST = 420

_OWN_LETTERS = frozenset("…·")
_CHINESE_BEGIN = "\u2e80"
_SYSTEM_FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "Arial Unicode.ttf", "Arial.ttf")
_CHINESE_FONTS = ("NotoSansCJK-Regular.ttc", "PingFang.ttc", "Hiragino Sans GB.ttc", "wqy-microhei.ttc")

_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def draw_sheet(chapters: Sequence[tuple[Chapter, Sequence[Cell]]]) -> NDArray[np.uint8]:
    """The whole sheet, height x width x 3.

    Args:
        chapters: each with its cells; there is at least one.
    """
    inner = max(_NARROWEST, *(chapter.grid.full_width for chapter, _ in chapters))
    height = sum(_height_of(chapter, len(cells)) for chapter, cells in chapters)
    height += _CHAPTER_GAP * (len(chapters) - 1) + 2 * _MARGIN
    sheet = Image.new("RGB", (inner + 2 * _MARGIN, height), _PAPER)
    top = _MARGIN
    for chapter, cells in chapters:
        _draw_chapter(sheet, chapter, cells, top)
        top += _height_of(chapter, len(cells)) + _CHAPTER_GAP
    return np.asarray(sheet)


def _height_of(chapter: Chapter, count: int) -> int:
    rows = -(-count // chapter.grid.columns)
    title = _TITLE_HEIGHT if chapter.title or chapter.detail else 0
    return title + rows * (chapter.grid.height + _CAPTION_HEIGHT + GAP) - GAP


def _draw_chapter(sheet: Image.Image, chapter: Chapter, cells: Sequence[Cell], top: int) -> None:
    if chapter.title or chapter.detail:
        _draw_title(sheet, chapter, top)
        top += _TITLE_HEIGHT
    grid = chapter.grid
    for number, cell in enumerate(cells):
        row, column = divmod(number, grid.columns)
        corner = (_MARGIN + column * (grid.width + GAP), top + row * (grid.height + _CAPTION_HEIGHT + GAP))
        _draw_cell(sheet, cell, corner, (grid.width, grid.height))


def _draw_title(sheet: Image.Image, chapter: Chapter, top: int) -> None:
    pen = ImageDraw.Draw(sheet)
    detail, detail_font = _set_type(chapter.detail, _DETAIL_SIZE)
    baseline, left = top + _TITLE_BASELINE, _MARGIN
    if chapter.title:
        title, font = _set_type(chapter.title, _TITLE_SIZE)
        room = sheet.width - 2 * _MARGIN - _WORD_GAP - detail_font.getlength(detail)
        title = shorten(title, font, room)
        pen.text((left, baseline), title, _TITLE, font, anchor="ls")
        left += round(font.getlength(title)) + _WORD_GAP
    pen.text((left, baseline), detail, _DETAIL, detail_font, anchor="ls")


def _draw_cell(sheet: Image.Image, cell: Cell, corner: tuple[int, int], size: tuple[int, int]) -> None:
    left, top = corner
    box = Image.new("RGB", size, _CELL)
    picture = Image.fromarray(cell.pixels)
    box.paste(picture, ((size[0] - picture.width) // 2, (size[1] - picture.height) // 2))
    sheet.paste(box, corner, _round_mask(size))
    caption, font = _set_type(cell.caption, _CAPTION_SIZE)
    middle = (left + size[0] // 2, top + size[1] + _CAPTION_BASELINE)
    ImageDraw.Draw(sheet).text(middle, shorten(caption, font, size[0]), _CAPTION, font, anchor="ms")


@lru_cache(4)
def _round_mask(size: tuple[int, int]) -> Image.Image:
    large = Image.new("L", (size[0] * _SMOOTHNESS, size[1] * _SMOOTHNESS))
    edges = (0, 0, large.width - 1, large.height - 1)
    ImageDraw.Draw(large).rounded_rectangle(edges, _CORNER * _SMOOTHNESS, fill=255)
    return large.resize(size, Image.Resampling.BOX)


def shorten(text: str, font: _Font, room: float) -> str:
    """A text that fits: what is too much is taken from its middle, because names differ at both ends."""
    if font.getlength(text) <= room:
        return text
    for kept in range(len(text) - 1, 1, -1):
        shorter = f"{text[: (kept + 1) // 2]}…{text[len(text) - kept // 2 :]}"
        if font.getlength(shorter) <= room:
            return shorter
    return "…"


def _set_type(text: str, size: int) -> tuple[str, _Font]:
    """What of a text can be written, and in which letters.

    Pillow brings English ones. For others the system's are looked for; where there are none, accents are dropped, and
    what is no letter without them becomes a question mark.
    """
    if text.isascii() or all(sign.isascii() or sign in _OWN_LETTERS for sign in text):
        return text, ImageFont.load_default(size)
    for name in _CHINESE_FONTS if max(text) >= _CHINESE_BEGIN else _SYSTEM_FONTS:
        try:
            return text, ImageFont.truetype(name, size)
        except OSError:
            continue
    plain = (sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    known = (sign if sign.isascii() or sign in _OWN_LETTERS else "?" for sign in plain)
    return "".join(known), ImageFont.load_default(size)
