"""What a file is, by its first bytes: the gate that keeps everything but media on this machine.

Called by intake before anything else is done with a file, and by `probe.py`, which opens a file with the one
demuxer named here and no other: a playlist or script that calls itself `.mp4` could make a guessing opener
read further files. Never follows a link, never blocks on a pipe, never trusts a name.
"""

from __future__ import annotations

import os
import stat
from typing import IO, TYPE_CHECKING

from nemowatch.media.errors import IncompleteMedia, NotMedia
from nemowatch.media.foreign import recognise_foreign
from nemowatch.media.formats import (
    AAC,
    AVI,
    GIF,
    JPG,
    M4A,
    MKV,
    MOV,
    MP3,
    MP4,
    PNG,
    WAV,
    WEBM,
    WEBP,
    Format,
    Kind,
)
from nemowatch.media.strangers import describe_stranger

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["HEAD_BYTES", "Format", "identify", "open_regular", "read_head", "recognise", "sniff"]

HEAD_BYTES = (
    16_384  # holds two frames of MP3 or ADTS, so that a sync pattern can be checked against the next one
)
_SHORTEST_HEAD = 12  # what telling the RIFF and MP4 families apart takes


_ID3 = b"ID3"
_ID3_HEAD_BYTES = 10
_PREFIXES = (
    (b"\xff\xd8\xff", JPG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (_ID3, MP3),
)
_RIFF_FORMS = {b"AVI ": AVI, b"WAVE": WAV, b"WEBP": WEBP}
_AUDIO_BRANDS = {b"M4A ", b"M4B ", b"M4P ", b"F4A ", b"F4B "}
# ISO base media files that hold pictures or camera raw data, not film: the service takes none of them.
_FOREIGN_BRANDS = {b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"crx "}
_QUICKTIME_BOXES = {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}

_MP3_BITRATES_MPEG1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MP3_BITRATES_MPEG2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_MP3_RATES = (44_100, 48_000, 32_000)
_SYNC_BYTES = 7  # the longer of the two frame headers


def sniff(path: Path) -> Kind:
    """Tell whether a file is a video, a sound or a picture that the service accepts.

    Raises:
        NotMedia: it is something else, a link, folder, pipe or device; the message says what it looks like.
        IncompleteMedia: too little is there to tell: no bytes, a few, or zeros alone (a download's reserve).
        OSError: the file can't be read.
    """
    return identify(path).kind


def identify(path: Path, *, foreign: bool = False) -> Format:
    """The same as `sniff`, with the container and its reader's name. Raises as `sniff` does.

    Args:
        path: the file.
        foreign: whether to name also what the service does not take and libav reads (`is_accepted` tells which).
    """
    head = read_head(path)
    if not head:
        raise IncompleteMedia(f"{path.name} is empty.")
    if not any(head):
        raise IncompleteMedia(f"{path.name} holds nothing but zeros so far.")
    if head.startswith(_ID3):
        head = _read_behind_tag(path, head) or head
    found = recognise(head) or (recognise_foreign(head) if foreign else None)
    if found is not None:
        return found
    if len(head) < _SHORTEST_HEAD:
        raise IncompleteMedia(f"{path.name} has {len(head)} bytes: too few to tell what it is.")
    raise NotMedia(
        f"{path.name} is not a media file that the service accepts: it looks like {describe_stranger(head)}."
    )


def read_head(path: Path) -> bytes:
    """Read the first bytes of a regular file, and of nothing else. Raises as `open_regular` does."""
    with open_regular(path) as file:
        return file.read(HEAD_BYTES)


def open_regular(path: Path) -> IO[bytes]:
    """Open a regular file for reading, and nothing else: no link is followed, no pipe waited for.

    Raises:
        NotMedia: the path is a link, folder, pipe, socket or device.
        OSError: the file can't be read.
    """
    # Looked at before it is opened, because opening a device can already move it; again afterwards, because
    # the path may have been exchanged in between.
    _require_regular(path, path.lstat().st_mode)
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    file = os.fdopen(descriptor, "rb")
    try:
        _require_regular(path, os.fstat(descriptor).st_mode)
    except NotMedia:
        file.close()
        raise
    return file


def recognise(head: bytes) -> Format | None:
    """Find the accepted format that begins like this; None if there is none."""
    for prefix, found in _PREFIXES:
        if head.startswith(prefix):
            return found
    if head[:4] in {b"RIFF", b"RF64"}:
        return _RIFF_FORMS.get(head[8:12])
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return _recognise_ebml(head)
    return _recognise_boxes(head) or _recognise_frames(head)


def _read_behind_tag(path: Path, head: bytes) -> bytes:
    """What follows an ID3 tag (ID3v2.4, 3.1), if it is known: not only MP3 has one. Empty if not."""
    size = 0
    for byte in head[6:_ID3_HEAD_BYTES]:
        size = size << 7 | byte & 0x7F
    with open_regular(path) as file:
        file.seek(_ID3_HEAD_BYTES + size)
        body = file.read(HEAD_BYTES)
    return body if _recognise_frames(body) or recognise_foreign(body) else b""


def _require_regular(path: Path, mode: int) -> None:
    if stat.S_ISREG(mode):
        return
    kinds = {
        stat.S_IFLNK: "a symbolic link; links are not followed",
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket",
    }
    raise NotMedia(f"{path.name} is not a file but {kinds.get(stat.S_IFMT(mode), 'a device')}.")


def _recognise_ebml(head: bytes) -> Format | None:
    doctype = head.find(b"\x42\x82", 0, 128)  # the id of the element that names the document type
    if doctype < 0:
        return None
    name = head[doctype + 3 : doctype + 11]
    if name.startswith(b"webm"):
        return WEBM
    return MKV if name == b"matroska" else None


def _recognise_boxes(head: bytes) -> Format | None:
    box = head[4:8]
    if box == b"ftyp":
        brand = head[8:12]
        if brand in _FOREIGN_BRANDS:
            return None
        if brand in _AUDIO_BRANDS:
            return M4A
        return MOV if brand == b"qt  " else MP4
    return MOV if box in _QUICKTIME_BOXES and not _is_written(head) else None


def _is_written(head: bytes) -> bool:
    # "free", "wide" and "skip" are words too: text with one at this place has letters where a size belongs.
    return all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in head[:4])


def _recognise_frames(head: bytes) -> Format | None:
    for length_of, found in ((_mp3_frame_bytes, MP3), (_adts_frame_bytes, AAC)):
        length = length_of(head)
        if length is None:
            continue
        follower = head[length:]
        if len(follower) < _SYNC_BYTES or length_of(follower) is not None:
            return found
    return None


def _mp3_frame_bytes(head: bytes) -> int | None:
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:  # sync, layer III
        return None
    version = head[1] >> 3 & 3  # 3 is MPEG-1, 2 MPEG-2, 0 MPEG-2.5
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or bitrate in {0, 15} or rate == 3:
        return None
    padding = head[2] >> 1 & 1
    if version == 3:
        return 144_000 * _MP3_BITRATES_MPEG1[bitrate] // _MP3_RATES[rate] + padding
    return 72_000 * _MP3_BITRATES_MPEG2[bitrate] // (_MP3_RATES[rate] >> (1 if version == 2 else 2)) + padding


def _adts_frame_bytes(head: bytes) -> int | None:
    if len(head) < _SYNC_BYTES or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or head[2] >> 2 & 15 > 12:
        return None
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return length if length > _SYNC_BYTES else None
