"""How large the pictures on a contact sheet are, and how many stand beside each other.

Used by `sheet_cells.py`, which makes pictures of that size, and `sheet_drawing.py`. Lengths are pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

MOST_CELLS = 20
GAP = 16

_SHAPES = (0.5, 2.6)
_WIDE, _NEARLY_SQUARE = 1.15, 0.85
_COLUMNS = {4: 404, 5: 320, 6: 264}
"""How wide so many cells beside each other are: each row fills 1664 pixels, which a screen shows as they are."""

_FEW = {1: 800, 2: 640, 3: 544}
_HIGHEST = 640


@dataclass(frozen=True)
class Grid:
    """Cells of one size. A picture of another shape stands in the middle of its cell."""

    columns: int
    width: int
    height: int

    @property
    def full_width(self) -> int:
        """Of a full row."""
        return self.columns * (self.width + GAP) - GAP


def columns_for(shape: float) -> int:
    """How many pictures of a shape, width by height, stand beside each other in a full row."""
    if shape >= _WIDE:
        return 4
    return 5 if shape >= _NEARLY_SQUARE else 6


def plan_grid(count: int, shape: float) -> Grid:
    """Cells for some pictures of about one shape, width by height: a few are larger than many."""
    columns = min(count, columns_for(shape))
    shape = min(max(shape, _SHAPES[0]), _SHAPES[1])
    width = min((_FEW | _COLUMNS)[columns], round(_HIGHEST * shape))
    return Grid(columns, width, round(width / shape))
