"""A recording taken apart at key frames, packet by packet: each ends up in exactly one part, unchanged.

Used by `cut.py`. The file is read twice: once to find where it can be parted and what lies between, once to write.
Nothing is sought for in the second reading, so nothing can be missed or taken twice.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from nemowatch.media.cut_errors import CutImpossible, PieceTooLarge
from nemowatch.media.cutter import COPIED, describe, fill
from nemowatch.media.film import place, write_film
from nemowatch.media.reel import shown_at, time_base_of
from nemowatch.media.runs import is_clean_start
from nemowatch.media.tracks import Span
from nemowatch.units import format_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from av.packet import Packet
    from av.stream import Stream

    from nemowatch.media.cut_parts import CutPart
    from nemowatch.media.cutter import Advance
    from nemowatch.media.film import Film
    from nemowatch.media.reel import Reel

_FILLED_SHARE = 0.97
_HEADER_BYTES = 4_096
_BYTES_PER_PACKET = 24
"""What an index says of a packet. MP4's tables take the most, with a time of decoding and one of showing each."""

_SOUND_PIECE = Fraction(1, 4)
_PATIENCE = Fraction(5)
_HINT = "Set the rule's `oversize` to `compress`: that encodes it anew, smaller."


@dataclass
class Piece:
    """What lies between two neighbouring places where a recording can be parted.

    Attributes:
        begin: the moment of its first packet.
        ticks: the same, as the packet's stream counts it.
        size_bytes: of its packets, with what an index says of them.
    """

    begin: Fraction
    ticks: int
    size_bytes: int = 0


@dataclass(frozen=True)
class Share:
    """The pieces of one part: where the first begins, and the one after the last; `next_ticks` is None at the end."""

    begin: Fraction
    end: Fraction
    next_ticks: int | None


def plan_shares(reel: Reel, max_bytes: int, advance: Advance) -> tuple[Share, ...]:
    """Read a recording through and find how it can be parted, into as few parts as possible of about one size.

    Raises:
        PieceTooLarge: what lies between two key frames does not fit.
        CutImpossible: there is no place to begin with.
    """
    pieces, end = _find_pieces(reel, advance)
    if not pieces:
        raise CutImpossible(f"{reel.path.name} has no place at which it can be parted.", hint=_HINT)
    room = int(max_bytes * _FILLED_SHARE) - _HEADER_BYTES * (2 + len(reel.others))
    largest = max(piece.size_bytes for piece in pieces)
    if largest > room:
        raise PieceTooLarge(
            f"{reel.path.name} can't be parted small enough: between two places where it can be cut lie "
            f"{format_bytes(largest)}, and a part has at most {format_bytes(max_bytes)}.",
            hint=_HINT,
        )
    firsts = share_out([piece.size_bytes for piece in pieces], room)
    heads = [pieces[first] for first in firsts]
    # What is heard before the first picture belongs to the first part.
    begins = [Fraction(0), *(head.begin for head in heads[1:])]
    nexts: list[int | None] = [*(head.ticks for head in heads[1:]), None]
    return tuple(
        Share(begin, stop, ticks)
        for begin, stop, ticks in zip(begins, [*begins[1:], end], nexts, strict=True)
    )


def share_out(sizes: Sequence[int], room: int) -> list[int]:
    """Which pieces begin a part, so that no part is over `room`, there are as few as can be, and none is tiny.

    Args:
        sizes: of the pieces in order; none is over `room`.
        room: for a part.
    """
    count = len(_fill_up(sizes, room))
    low, high = max(sizes), room
    while low < high:
        middle = (low + high) // 2
        if len(_fill_up(sizes, middle)) <= count:
            high = middle
        else:
            low = middle + 1
    return _fill_up(sizes, high)


def write_parts(
    pictures: Reel, sounds: Reel, shares: Sequence[Share], targets: Sequence[Path], advance: Advance
) -> list[CutPart]:
    """Write the parts. The reels are of the same recording and have not been read. Raises as `split` does."""
    frames, rest = _Pictures(pictures), _Rest(sounds)
    parts = []
    for share, target in zip(shares, targets, strict=True):
        with write_film(target) as film:
            film.take_tags(pictures)
            origin = pictures.origin + share.begin
            end = None if share.next_ticks is None else share.end
            sources = (
                _placed(
                    film,
                    [pictures.picture] if pictures.picture else [],
                    frames.take(share.next_ticks),
                    origin,
                ),
                _placed(film, sounds.others, rest.take(end), origin),
            )
            fill(film, sources, advance)
        advance.finish(float(share.end - share.begin))
        parts.append(describe(target, pictures, Span(share.begin, share.end), COPIED))
    return parts


class _Pictures:
    """The picture's packets, handed out up to one key frame after the other."""

    def __init__(self, reel: Reel) -> None:
        self._packets = reel.read_all([reel.picture] if reel.picture else [])
        self._held: Packet[Any] | None = None

    def take(self, until: int | None) -> Iterator[Packet[Any]]:
        """Those before the key frame at a time of the stream; all that are left for None."""
        if self._held is not None:
            yield self._held
            self._held = None
        for packet in self._packets:
            if packet.is_keyframe and until is not None and shown_at(packet) == until:
                self._held = packet
                return
            yield packet


class _Rest:
    """Packets of sound and subtitles, handed out up to one moment after the other.

    A file keeps them near the pictures that they go with, not exactly beside them: what is read too early is kept.
    """

    def __init__(self, reel: Reel) -> None:
        self._reel = reel
        self._packets = reel.read_all(reel.others)
        self._kept: list[Packet[Any]] = []
        heard = {stream.index for stream in reel.others if stream.type == "audio"}
        self._clocks = heard or {stream.index for stream in reel.others}

    def take(self, end: Fraction | None) -> Iterator[Packet[Any]]:
        """Those that begin before a moment; all that are left for None."""
        kept, self._kept = self._kept, []
        waiting = set(self._clocks)
        for packet in kept:
            if self._keep(packet, end):
                waiting.discard(packet.stream.index)
            else:
                yield packet
        # Not asked for a packet more than it takes to be past the moment: the next call goes on from there.
        for packet in self._packets if waiting else ():
            if not self._keep(packet, end):
                yield packet
                continue
            waiting.discard(packet.stream.index)
            if not waiting or (end is not None and self._begin(packet) >= end + _PATIENCE):
                return

    def _keep(self, packet: Packet[Any], end: Fraction | None) -> bool:
        if end is None or self._begin(packet) < end:
            return False
        self._kept.append(packet)
        return True

    def _begin(self, packet: Packet[Any]) -> Fraction:
        return self._reel.to_moment(packet.stream, shown_at(packet) or 0)


def _placed(
    film: Film, sources: Sequence[Stream], packets: Iterator[Packet[Any]], origin: Fraction
) -> Iterator[Packet[Any]]:
    """Add streams for some of a recording's, and make packets of those theirs."""
    streams = {source.index: film.add_copy(source) for source in sources}
    return (
        place(packet, stream, origin)
        for packet in packets
        if (stream := streams[packet.stream.index]) is not None
    )


def _find_pieces(reel: Reel, advance: Advance) -> tuple[list[Piece], Fraction]:
    """The pieces, and the moment at which the recording ends."""
    lead = reel.picture or next((stream for stream in reel.others if stream.type == "audio"), None)
    pieces: list[Piece] = []
    begins: list[Fraction] = []
    end = Fraction(0)
    for packet in reel.read_all([*([reel.picture] if reel.picture else []), *reel.others]):
        ticks = shown_at(packet) or 0
        begin = reel.to_moment(packet.stream, ticks)
        end = max(end, begin + (packet.duration or 0) * time_base_of(packet.stream))
        advance.reach(float(begin))
        is_lead = lead is not None and packet.stream.index == lead.index
        if is_lead and _opens_piece(packet, begin, pieces):
            pieces.append(Piece(begin, ticks))
            begins.append(begin)
        elif is_lead and len(pieces) > 1 and ticks < pieces[-1].ticks:
            # Shown before the key frame it follows, it is drawn with the pictures before that: no place to part.
            late = pieces.pop()
            begins.pop()
            pieces[-1].size_bytes += late.size_bytes
        if pieces:
            at = len(pieces) if is_lead else max(1, bisect_right(begins, begin))
            pieces[at - 1].size_bytes += packet.size + _BYTES_PER_PACKET
    return pieces, end


def _opens_piece(packet: Packet[Any], begin: Fraction, pieces: Sequence[Piece]) -> bool:
    if packet.stream.type != "video":
        return not pieces or begin >= pieces[-1].begin + _SOUND_PIECE
    is_later = not pieces or begin > pieces[-1].begin
    return is_later and is_clean_start(packet.stream, packet)


def _fill_up(sizes: Sequence[int], room: int) -> list[int]:
    firsts, filled = [0], 0
    for number, size in enumerate(sizes):
        if filled + size > room and number > firsts[-1]:
            firsts.append(number)
            filled = 0
        filled += size
    return firsts
