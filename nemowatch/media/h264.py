"""What H.264 says in its own bytes, as far as cutting needs it.

Called by the modules that `cut.py` is made of. Pure: bytes in, facts out. Source: ITU-T H.264, clause 7.3.1 and
annex B; ISO/IEC 14496-15, clause 5.3.3 (`avcC`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

IDR_SLICE = 5
SEQUENCE_SET = 7
PICTURE_SET = 8
_HIGH_PROFILE = 100
_PARTITIONS_AND_SLICES = range(1, 6)


@dataclass(frozen=True)
class ParameterSets:
    """What a decoder has to know before the first picture.

    Attributes:
        head: profile, constraints, level: the three bytes after the first.
        length_bytes: how many bytes tell a unit's length in the packets; 0 where start codes part them.
        sequence: sequence parameter sets, each with its header byte.
        picture: picture parameter sets, likewise.
    """

    head: bytes
    length_bytes: int
    sequence: tuple[bytes, ...]
    picture: tuple[bytes, ...]


def read_parameter_sets(extradata: bytes | None) -> ParameterSets | None:
    """Take a stream's global header apart, be it `avcC` or start codes; None if it is neither or holds no set."""
    if not extradata or len(extradata) < 7:
        return None
    if extradata[0] == 1:
        try:
            return _read_box(extradata)
        except IndexError:
            return None
    units = list(split_units(extradata, 0))
    sequence = tuple(unit for unit in units if unit[0] & 31 == SEQUENCE_SET)
    picture = tuple(unit for unit in units if unit[0] & 31 == PICTURE_SET)
    return ParameterSets(sequence[0][1:4], 0, sequence, picture) if sequence and picture else None


def split_units(data: bytes, length_bytes: int) -> Iterator[bytes]:
    """The units of a packet, each with its header byte and without what parts them."""
    if length_bytes:
        at = 0
        while at + length_bytes < len(data):
            length = int.from_bytes(data[at : at + length_bytes], "big")
            at += length_bytes
            if unit := data[at : at + length]:
                yield unit
            at += length
        return
    for unit in data.split(b"\0\0\1")[1:]:
        if stripped := unit.rstrip(b"\0"):
            yield stripped


def is_fresh_start(data: bytes, length_bytes: int) -> bool:
    """Whether the first picture in a packet makes decoders forget all before it (IDR)."""
    for unit in split_units(data, length_bytes):
        if unit[0] & 31 in _PARTITIONS_AND_SLICES:
            return unit[0] & 31 == IDR_SLICE
    return False


def merge_sets(first: ParameterSets, second: ParameterSets) -> bytes:
    """One `avcC` for pictures of two encoders, in the profile and at the level of the first; lengths take four bytes.

    The ids of the sets must differ, else one hides the other.
    """
    profile, level = first.head[0], first.head[2]
    constraints = first.head[1] & second.head[1]
    sequence, picture = first.sequence + second.sequence, first.picture + second.picture
    box = bytes((1, profile, constraints, level, 0xFC | first.length_bytes - 1, 0xE0 | len(sequence)))
    box += b"".join(len(unit).to_bytes(2, "big") + unit for unit in sequence)
    box += bytes((len(picture),)) + b"".join(len(unit).to_bytes(2, "big") + unit for unit in picture)
    # High profile says of the samples what is so for every plain picture: 4:2:0, 8 bits.
    return box + (b"\xfd\xf8\xf8\x00" if profile >= _HIGH_PROFILE else b"")


def find_free_id(sets: ParameterSets) -> int:
    """An id that no set of a stream has, neither of sequences nor of pictures."""
    taken = {_read_number(unit[4:]) for unit in sets.sequence} | {
        _read_number(unit[1:]) for unit in sets.picture
    }
    return next(number for number in range(1, 32) if number not in taken)


def with_lengths(packet: bytes, length_bytes: int) -> bytes:
    """A packet whose units are parted by start codes, with their lengths instead and without parameter sets."""
    units = (unit for unit in split_units(packet, 0) if unit[0] & 31 not in {SEQUENCE_SET, PICTURE_SET})
    return b"".join(len(unit).to_bytes(length_bytes, "big") + unit for unit in units)


def _read_number(data: bytes) -> int:
    """The Exp-Golomb number that some bytes begin with."""
    bits = "".join(f"{byte:08b}" for byte in data[:8])
    zeros = bits.index("1")
    return int(bits[zeros : 2 * zeros + 1], 2) - 1


def _read_box(box: bytes) -> ParameterSets | None:
    sets: list[bytes] = []
    at, counts = 5, []
    for mask in (31, 255):
        counts.append(box[at] & mask)
        at += 1
        for _ in range(counts[-1]):
            length = int.from_bytes(box[at : at + 2], "big")
            sets.append(box[at + 2 : at + 2 + length])
            at += 2 + length
    sequence, picture = tuple(sets[: counts[0]]), tuple(sets[counts[0] :])
    if not all(sets) or not sequence or not picture:
        return None
    return ParameterSets(box[1:4], (box[4] & 3) + 1, sequence, picture)
