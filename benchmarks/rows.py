"""What a benchmark measured, as rows of one table: medians of both sides, their ratio, and the bound.

Made by every benchmark, printed by `__main__.py`.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Judged: TypeAlias = Literal["ratio", "median", "p95", "p99", "worst"]

_PERCENTS = {"p95": 95, "p99": 99}
_HEADS = ("what", "NemoWatch", "peer", "ratio", "bound", "", "how")


@dataclass(frozen=True)
class Row:
    """One thing that was measured.

    Attributes:
        what: in a few words.
        unit: of `ours` and `peers`.
        ours: NemoWatch's values, one per repeat.
        peers: the peer's values from the same run; none where nothing compares.
        bound: the greatest value allowed; None where the row only informs.
        judged: what is shown and held against the bound: the ratio of the medians, or of the values alone the
            median, the one that 95 or 99 of 100 don't exceed, or the worst.
        remark: who the peer is, and what else a reader must know.
    """

    what: str
    unit: str
    ours: tuple[float, ...]
    peers: tuple[float, ...] = ()
    bound: float | None = None
    judged: Judged = "ratio"
    remark: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours by the peer's, both as shown."""
        return self._sum_up(self.ours) / self._sum_up(self.peers) if self.peers else None

    @property
    def shown(self) -> float:
        """Our values as one: the median, or what is judged instead."""
        return self._sum_up(self.ours)

    @property
    def verdict(self) -> str:
        """`ok`, `OVER`, or nothing where there is no bound."""
        value = self.ratio if self.judged == "ratio" else self.shown
        if self.bound is None or value is None:
            return ""
        return "ok" if value <= self.bound else "OVER"

    def cells(self) -> tuple[str, ...]:
        """The row's text, one per column."""
        return (
            self.what,
            f"{_show(self.shown)} {self.unit}",
            f"{_show(self._sum_up(self.peers))} {self.unit}" if self.peers else "",
            f"{self.ratio:.2f}" if self.ratio is not None else "",
            self._show_bound(),
            self.verdict,
            "; ".join(part for part in (self._show_count(), self.remark) if part),
        )

    def _sum_up(self, values: Sequence[float]) -> float:
        if self.judged == "worst":
            return max(values)
        if self.judged in _PERCENTS:
            return percentile(values, _PERCENTS[self.judged])
        return statistics.median(values)

    def _show_count(self) -> str:
        if len(self.ours) == 1:
            return ""
        return f"{'median' if self.judged == 'ratio' else self.judged} of {len(self.ours)}"

    def _show_bound(self) -> str:
        if self.bound is None:
            return ""
        if self.judged == "ratio":
            return f"{self.bound:g} x"
        return f"{self.bound:g} {self.unit}"


def print_table(rows: Iterable[Row]) -> None:
    """Print all rows, the columns as wide as they need to be."""
    lines = [_HEADS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADS))]
    for line in lines:
        print(_align(line, widths))


def _align(cells: Sequence[str], widths: Sequence[int]) -> str:
    texts = (0, 5, 6)
    padded = (
        cell.ljust(width) if column in texts else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(padded).rstrip()


def percentile(values: Sequence[float], percent: int) -> float:
    """The value below which so many percent of the values lie, by the nearest rank."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, max(0, -(-len(ranked) * percent // 100) - 1))]


def _show(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
