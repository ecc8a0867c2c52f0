"""Files that the service does not take and libav reads, by their first bytes: what a rule with `convert` may take.

Called by `sniff.py` where its caller asks for them, after it found nothing that is accepted. Like there, a format is
named only where its own mark is there, so that it is opened with one reader and nothing is guessed.
"""

from __future__ import annotations

from nemowatch.media.formats import (
    AC3,
    AIFF,
    AMR,
    ASF,
    CAF,
    EAC3,
    FLAC,
    FLV,
    M2TS,
    M2V,
    MPG,
    MXF,
    OGG,
    OGV,
    OPUS,
    TS,
    WV,
    Format,
)

_PREFIXES = (
    (b"fLaC", FLAC),
    (b"FLV\x01", FLV),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c", ASF),
    (b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01", MXF),  # SMPTE 377: a header partition
    (b"\x00\x00\x01\xba", MPG),
    (b"\x00\x00\x01\xb3", M2V),
    (b"caff\x00\x01", CAF),
    (b"#!AMR\n", AMR),
    (b"#!AMR-WB\n", AMR),
    (b"wvpk", WV),
)
_AIFF_FORMS = {b"AIFF", b"AIFC"}
_OGG_PAGE_BYTES = 512  # its first page holds one header, of a codec that gives its name there
_OGG_CODECS = ((b"\x80theora", OGV), (b"OpusHead", OPUS))
_TS_SYNC = 0x47
_TS_FORMS = ((188, 0, TS), (192, 4, M2TS), (204, 0, TS))  # bytes of a packet, of them before its sync, format
_FEWEST_TS_PACKETS = 5

_AC3_SYNC = b"\x0b\x77"
_AC3_RATES = (48_000, 44_100, 32_000)
# ATSC A/52, table 5.18: kilobits a second by half of `frmsizecod`.
_AC3_BITRATES = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)
_AC3_HEAD_BYTES = 6
_FIRST_EAC3_ID, _LAST_EAC3_ID = 11, 16


def recognise_foreign(head: bytes) -> Format | None:
    """Find the format that begins like this among those the service does not take; None if there is none."""
    for prefix, found in _PREFIXES:
        if head.startswith(prefix):
            return found
    if head[:4] == b"FORM":
        return AIFF if head[8:12] in _AIFF_FORMS else None
    if head.startswith(b"OggS\x00"):
        return _recognise_ogg(head[:_OGG_PAGE_BYTES])
    return _recognise_transport(head) or _recognise_ac3(head)


def _recognise_ogg(page: bytes) -> Format:
    return next((found for mark, found in _OGG_CODECS if mark in page), OGG)


def _recognise_transport(head: bytes) -> Format | None:
    """A transport stream has no header; its packets begin with the same byte, at the same distance, all of them."""
    for length, lead, found in _TS_FORMS:
        marks = head[lead::length]
        if len(marks) >= _FEWEST_TS_PACKETS and marks.count(_TS_SYNC) == len(marks):
            return found
    return None


def _recognise_ac3(head: bytes) -> Format | None:
    measured = _measure_ac3(head)
    if measured is None:
        return None
    length, found = measured
    follower = head[length : length + len(_AC3_SYNC)]
    return found if follower == _AC3_SYNC or not follower else None


def _measure_ac3(head: bytes) -> tuple[int, Format] | None:
    """Bytes of the frame that begins here, and which of the two kinds of AC-3 it is (ATSC A/52, 5.3 and E.1.2)."""
    if not head.startswith(_AC3_SYNC) or len(head) < _AC3_HEAD_BYTES:
        return None
    stream_id = head[5] >> 3
    if _FIRST_EAC3_ID <= stream_id <= _LAST_EAC3_ID:
        return 2 * (((head[2] & 7) << 8 | head[3]) + 1), EAC3
    rate, size = head[4] >> 6, head[4] & 0x3F
    if stream_id >= _FIRST_EAC3_ID or rate >= len(_AC3_RATES) or size // 2 >= len(_AC3_BITRATES):
        return None
    words = _AC3_BITRATES[size // 2] * 96_000 // _AC3_RATES[rate]
    # Only at 44.1 kHz do the frames not come out even: the odd code is one word longer.
    return 2 * (words + (size % 2 if _AC3_RATES[rate] == 44_100 else 0)), AC3
