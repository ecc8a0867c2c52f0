"""Which piece of a timeline after an edit is which piece before it.

Called by `changes.py` alone. The service may number pieces anew at each edit, so what a piece plays says more than
its id. Linear in the number of pieces.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from nemowatch.nemo.outline import SegmentOutline, TrackOutline

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Pairing:
    """Places in two sequences, from 0.

    Attributes:
        pairs: before and after, in the order before.
        removed: the places before that have no partner.
        added: the places after that have none.
    """

    pairs: tuple[tuple[int, int], ...]
    removed: tuple[int, ...]
    added: tuple[int, ...]

    def find_moved(self) -> tuple[tuple[int, int], ...]:
        """The fewest pairs that must be moved to get the order after from the order before."""
        targets = [after for _, after in self.pairs]
        kept = _find_longest_rise(targets)
        return tuple(pair for index, pair in enumerate(self.pairs) if index not in kept)


def pair_segments(before: Sequence[SegmentOutline], after: Sequence[SegmentOutline]) -> Pairing:
    """Pair equal segments first, then the likest; what is left pairs with what stands in the same place."""
    return _pair(before, after, _SEGMENT_LIKENESSES)


def pair_tracks(before: Sequence[TrackOutline], after: Sequence[TrackOutline]) -> Pairing:
    """Pair tracks of one label: by title and id, by title, by id, by place."""
    return _pair(before, after, _TRACK_LIKENESSES)


# Each gives what two must have in common to be paired; None pairs with nothing.
_SEGMENT_LIKENESSES: tuple[Callable[[SegmentOutline], Hashable], ...] = (
    lambda item: (item.key, item.source, item.name, item.offset, item.duration, item.start),
    lambda item: (item.source, item.name, item.offset, item.duration),
    # Cut at its end, then at its beginning.
    lambda item: None if item.offset is None else (item.source, item.name, item.offset),
    lambda item: None if item.offset is None else (item.source, item.name, item.offset + item.duration),
    lambda item: (item.key, item.source, item.name) if item.key else None,
    lambda item: (item.source, item.name) if item.source or item.name else None,
    lambda item: (item.key, item.source) if item.key else None,
    lambda item: item.source or None,
    lambda item: item.key or None,
)
_TRACK_LIKENESSES: tuple[Callable[[TrackOutline], Hashable], ...] = (
    lambda track: (track.title, track.key),
    lambda track: track.title or None,
    lambda track: track.key or None,
)


def _pair(
    before: Sequence[_Item], after: Sequence[_Item], likenesses: Sequence[Callable[[_Item], Hashable]]
) -> Pairing:
    partners: dict[int, int] = {}
    left, right = list(range(len(before))), list(range(len(after)))
    for likeness in likenesses:
        waiting: defaultdict[Hashable, deque[int]] = defaultdict(deque)
        for place in right:
            waiting[likeness(after[place])].append(place)
        for place in left:
            common = likeness(before[place])
            if common is not None and waiting[common]:
                partners[place] = waiting[common].popleft()
        left, right = _without_partners(left, right, partners)
    partners |= {place: place for place in set(left) & set(right)}
    left, right = _without_partners(left, right, partners)
    return Pairing(tuple(sorted(partners.items())), tuple(left), tuple(right))


def _without_partners(
    left: Sequence[int], right: Sequence[int], partners: dict[int, int]
) -> tuple[list[int], list[int]]:
    taken = set(partners.values())
    return [place for place in left if place not in partners], [
        place for place in right if place not in taken
    ]


def _find_longest_rise(numbers: Sequence[int]) -> frozenset[int]:
    """The places of a longest rising run of numbers, not necessarily side by side; all numbers differ."""
    ends: list[int] = []  # the smallest last number of a run of each length
    places: list[int] = []
    before: list[int | None] = []
    for place, number in enumerate(numbers):
        length = bisect_left(ends, number)
        before.append(places[length - 1] if length else None)
        ends[length : length + 1] = [number]
        places[length : length + 1] = [place]
    rise: set[int] = set()
    place_or_none = places[-1] if places else None
    while place_or_none is not None:
        rise.add(place_or_none)
        place_or_none = before[place_or_none]
    return frozenset(rise)
