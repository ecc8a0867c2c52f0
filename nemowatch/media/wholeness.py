"""Whether a file is all there, by its own account: the sizes and end marks that containers carry.

libav opens a half-copied film with its index in front, and shows the first half of a half-written picture,
without a word. So this looks at the structure itself, called by `probe.py` before anything is decoded. It
reads headers and a tail, never the whole of a film, and gives up on one that is made of more pieces than any
recorder writes: a few bytes each would keep it busy for hours.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from nemowatch.media.errors import BrokenMedia, IncompleteMedia
from nemowatch.media.formats import AIFF, ASF, AVI, GIF, JPG, PNG, WAV, WEBP, Format
from nemowatch.media.sniff import open_regular
from nemowatch.units import format_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_UNKNOWN_RIFF_SIZES = {0, 0xFFFFFFFF}  # written by programs that never came back to fill it in
_GIF_IMAGE, _GIF_EXTENSION = b"\x2c", b"\x21"
_STANDALONE_JPEG_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})
_START_OF_SCAN = 0xDA
_END_OF_IMAGE = b"\xff\xd9"
_TAIL_BYTES = 65_536
_AVI_HEAD_BYTES = 512
_AVI_HAS_INDEX = 0x10  # AVIF_HASINDEX in the main header (Microsoft, AVIMAINHEADER)
_BLOCK_BYTES = 1 << 20
_MOST_PIECES = 3_000_000  # a day of fragments of a tenth of a second; a GIF as large as an upload may be
_ASF_HEAD_BYTES = 65_536
_ASF_PROPERTIES = b"\xa1\xdc\xab\x8c\x47\xa9\xcf\x11\x8e\xe4\x00\xc0\x0c\x20\x53\x65"
_ASF_BROADCAST = 1
_EBML_HEAD_BYTES = 512
_EBML_SEGMENT = b"\x18\x53\x80\x67"


def require_whole(path: Path, found: Format) -> None:
    """Raise unless the file has everything that its container announces.

    Formats without such an account (Matroska while recording, MP3, ADTS) pass.

    Raises:
        IncompleteMedia: something announced is missing: the rest of the bytes, the index, the end mark.
        BrokenMedia: the structure makes no sense.
        OSError: the file can't be read.
    """
    with open_regular(path) as file:
        size = file.seek(0, 2)
        file.seek(0)
        if found.demuxer == "mov":
            _require_boxes(path, file, size)
        elif found == AVI:
            _require_avi(path, file, size)
        elif found in {WAV, WEBP}:
            _require_riff(path, file, size)
        elif found.demuxer == "matroska":
            _require_segment(path, file, size)
        elif found == PNG:
            _require_mark(path, file, size, b"IEND")
        elif found == GIF:
            _require_gif_end(path, file)
        elif found == JPG:
            _require_jpeg_end(path, file)
        elif found == AIFF:
            _require_aiff(path, file, size)
        elif found == ASF:
            _require_asf(path, file, size)


def _require_boxes(path: Path, file: IO[bytes], size: int) -> None:
    position = 0
    seen: set[bytes] = set()
    last = b""
    for _ in _count_pieces(path):
        if position >= size:
            break
        file.seek(position)
        head = file.read(16)
        if len(head) < 8:
            break  # a few stray bytes after the last box hurt nobody
        length = _box_bytes(head, size - position)
        if length < 8:
            if b"moov" in seen:
                break
            raise BrokenMedia(f"{path.name} has a damaged structure at byte {position}.")
        if position + length > size:
            raise _cut_off(path, size, position + length)
        last = head[4:8]
        seen.add(last)
        position += length
    if b"moov" not in seen:
        raise IncompleteMedia(f"{path.name} has no index yet: it is still being recorded.")
    # A fragmented film begins with an empty index, and each fragment with a list of what comes then.
    if b"mdat" not in seen or last == b"moof":
        raise IncompleteMedia(f"{path.name} announces more than is there: it is still being recorded.")


def _box_bytes(head: bytes, rest: int) -> int:
    length = int.from_bytes(head[:4], "big")
    if length == 0:
        return rest
    return int.from_bytes(head[8:16], "big") if length == 1 else length


def _require_riff(path: Path, file: IO[bytes], size: int) -> None:
    head = file.read(28)
    announced = int.from_bytes(head[4:8], "little")
    if head[:4] == b"RF64" and head[12:16] == b"ds64":  # a WAV too large for four bytes (EBU Tech 3306)
        announced = int.from_bytes(head[20:28], "little")
    if announced not in _UNKNOWN_RIFF_SIZES and announced + 8 > size:
        raise _cut_off(path, size, announced + 8)


def _require_avi(path: Path, file: IO[bytes], size: int) -> None:
    """AVI: one RIFF chunk after the other, of about a gigabyte each (OpenDML)."""
    position = 0
    for _ in _count_pieces(path):
        if position + 8 > size:
            return
        file.seek(position)
        head = file.read(8)
        announced = int.from_bytes(head[4:], "little")
        if head[:4] != b"RIFF":
            return  # stray bytes after the film
        if announced in _UNKNOWN_RIFF_SIZES:
            _require_avi_index(path, file, position, size)
            return
        position += 8 + announced + announced % 2
        if position - announced % 2 > size:
            raise _cut_off(path, size, position)


def _require_avi_index(path: Path, file: IO[bytes], start: int, size: int) -> None:
    """Raise if an AVI of unknown size announces the index that its recorder writes last, and has none.

    One that was streamed announces none, and is whole as it is.
    """
    file.seek(start)
    main_header = file.read(_AVI_HEAD_BYTES).partition(b"avih")[2]
    flags = int.from_bytes(main_header[16:20], "little")
    position = start + 12
    for _ in _count_pieces(path):
        if position + 8 > size:
            break
        file.seek(position)
        head = file.read(8)
        if head[:4] == b"idx1":
            return
        length = int.from_bytes(head[4:], "little")
        if length in _UNKNOWN_RIFF_SIZES:
            break
        position += 8 + length + length % 2
    if start or flags & _AVI_HAS_INDEX:
        raise IncompleteMedia(f"{path.name} has no index yet: it is still being recorded.")


def _require_segment(path: Path, file: IO[bytes], size: int) -> None:
    """Matroska: a header element, then one segment with everything, of unknown size while recording."""
    head = file.read(_EBML_HEAD_BYTES)
    header_bytes, body = _read_ebml_size(head, 4)
    segment = body + (header_bytes or 0)
    if head[segment : segment + 4] != _EBML_SEGMENT:
        if len(head) < _EBML_HEAD_BYTES:
            raise IncompleteMedia(f"{path.name} ends before its first picture.")
        return
    segment_bytes, body = _read_ebml_size(head, segment + 4)
    if segment_bytes is not None and body + segment_bytes > size:
        raise _cut_off(path, size, body + segment_bytes)


def _read_ebml_size(head: bytes, position: int) -> tuple[int | None, int]:
    """Read a size of 1 to 8 bytes (leading zeros tell how many): (None if unknown, where the body begins)."""
    first = head[position] if position < len(head) else 0
    width = 9 - first.bit_length()
    value = int.from_bytes(head[position : position + width], "big") & ((1 << 7 * width) - 1)
    return (None if value == (1 << 7 * width) - 1 else value), position + width


def _require_mark(path: Path, file: IO[bytes], size: int, mark: bytes) -> None:
    file.seek(max(0, size - _TAIL_BYTES))
    if mark not in file.read():
        raise IncompleteMedia(f"{path.name} is cut off: its end mark is missing.")


def _require_gif_end(path: Path, file: IO[bytes]) -> None:
    """GIF: blocks one after the other up to a trailer, which is a byte that stands everywhere (GIF89a, 17-27)."""
    file.seek(10)
    file.seek(13 + _gif_table_bytes(file.read(1)))
    pieces = _count_pieces(path)
    while (mark := file.read(1)) in {_GIF_IMAGE, _GIF_EXTENSION}:
        # One byte before the data of both: a label, or the size of codes.
        table_bytes = _gif_table_bytes(file.read(9)[8:]) if mark == _GIF_IMAGE else 0
        file.seek(table_bytes + 1, 1)
        while (length := file.read(1)) not in {b"", b"\0"}:
            file.seek(length[0], 1)
            next(pieces)
    if not mark:
        raise IncompleteMedia(f"{path.name} is cut off: the end of the picture is missing.")


def _gif_table_bytes(flags: bytes) -> int:
    """How long a colour table is, by the byte that announces it."""
    return 3 << ((flags[0] & 7) + 1) if flags and flags[0] & 0x80 else 0


def _require_jpeg_end(path: Path, file: IO[bytes]) -> None:
    # The preview inside the header has an end mark of its own, and phones append a film after the picture: so
    # the header's segments are skipped one by one, and the mark may stand anywhere behind them.
    file.seek(2)
    pieces = _count_pieces(path)
    while len(head := file.read(4)) == 4 and head[0] == 0xFF:
        marker = head[1]
        if marker == _START_OF_SCAN:
            if _holds_mark(file, _END_OF_IMAGE):
                return
            break
        if marker in _STANDALONE_JPEG_MARKERS or marker == 0xFF:
            file.seek(-3 if marker == 0xFF else -2, 1)
        else:
            file.seek(int.from_bytes(head[2:], "big") - 2, 1)
        next(pieces)
    raise IncompleteMedia(f"{path.name} is cut off: the end of the picture is missing.")


def _holds_mark(file: IO[bytes], mark: bytes) -> bool:
    rest = b""
    while block := file.read(_BLOCK_BYTES):
        if mark in rest + block:
            return True
        rest = block[1 - len(mark) :]
    return False


def _require_aiff(path: Path, file: IO[bytes], size: int) -> None:
    announced = int.from_bytes(file.read(8)[4:], "big")
    if announced + 8 > size:
        raise _cut_off(path, size, announced + 8)


def _require_asf(path: Path, file: IO[bytes], size: int) -> None:
    """ASF: a header that tells the file's size, but not while it is streamed (ASF Specification, 3.2)."""
    properties = file.read(_ASF_HEAD_BYTES).partition(_ASF_PROPERTIES)[2]
    # Behind its own length and the file's number; the flags come last but three.
    announced = int.from_bytes(properties[24:32], "little")
    is_streamed = not properties[72:73] or bool(properties[72] & _ASF_BROADCAST)
    if not is_streamed and announced > size:
        raise _cut_off(path, size, announced)


def _count_pieces(path: Path) -> Iterator[int]:
    """Counts as long as a recording can have so many pieces. Raises BrokenMedia when it can't."""
    yield from range(_MOST_PIECES)
    raise BrokenMedia(f"{path.name} is made of more pieces than any recorder writes.")


def _cut_off(path: Path, size: int, announced: int) -> IncompleteMedia:
    return IncompleteMedia(
        f"{path.name} is cut off: {format_bytes(size)} of {format_bytes(announced)} are there.",
    )
