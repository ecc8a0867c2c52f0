"""Words for content that is not accepted media, so that a refusal says what the file is instead.

Called by `sniff.py` and `verify.py`. A guess for a person to read; nothing is decided by it.
"""

from __future__ import annotations

import re

from nemowatch.media.foreign import recognise_foreign

_PREFIXES = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or office document"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a Windows program"),
    (b"\xcf\xfa\xed\xfe", "a macOS program"),
    (b"\xca\xfe\xba\xbe", "a macOS program or Java class"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old office document"),
    (b"{\\rtf", "a rich text document"),
    (b"%!PS", "a PostScript document"),
    (b"8BPS", "a Photoshop document"),
    (b"BM", "a BMP picture"),
    (b"II*\x00", "a TIFF picture or camera raw file"),
    (b"MM\x00*", "a TIFF picture or camera raw file"),
    (b".RMF", "a RealMedia file"),
    (b"MThd", "a MIDI file"),
    (b"#EXTM3U", "a playlist"),
    (b"ffconcat", "a playlist"),
    (b"#!", "a script"),
    (b"\x1a\x45\xdf\xa3", "an EBML document other than Matroska"),
)
_FOREIGN = {
    "ts": "an MPEG transport stream",
    "m2ts": "an MPEG transport stream",
    "mpg": "an MPEG program stream",
    "m2v": "an MPEG video stream",
    "asf": "a Windows Media file",
    "flv": "a Flash video",
    "mxf": "an MXF file",
    "ogv": "an Ogg file",
    "ogg": "an Ogg file",
    "opus": "an Ogg file",
    "flac": "FLAC audio",
    "aiff": "AIFF audio",
    "caf": "a Core Audio file",
    "ac3": "AC-3 audio",
    "eac3": "AC-3 audio",
    "amr": "AMR audio",
    "wv": "WavPack audio",
}
_FOREIGN_BRANDS = {b"avi": "an AVIF picture", b"hei": "a HEIC picture", b"crx": "a camera raw file"}
_HTML = re.compile(rb"<!doctype\s+html|<html|<head|<body|<script", re.IGNORECASE)
_CONTROLS = frozenset(range(32)) - {9, 10, 12, 13, 27}


def describe_stranger(head: bytes) -> str:
    """Say in a few words what a file that begins like this is: `an HTML page`, `text`, `unknown data`."""
    if not head:
        return "an empty file"
    if not any(head):
        return "nothing but zeros"
    foreign = recognise_foreign(head)
    if foreign is not None:
        return _FOREIGN[foreign.name]
    for prefix, words in _PREFIXES:
        if head.startswith(prefix):
            return words
    if head[4:8] == b"ftyp":
        return _FOREIGN_BRANDS.get(head[8:11], "a picture in an ISO media file")
    return _describe_text(head)


def _describe_text(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "text"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not _is_text(head):
        return "unknown data"
    if _HTML.search(text[:1024]):
        return "an HTML page"
    if text.startswith((b"<?xml", b"<svg")):
        return "an XML or SVG document"
    return "JSON" if text[:1] in {b"{", b"["} else "text"


def _is_text(head: bytes) -> bool:
    if _CONTROLS & set(head):
        return False
    # The head may end inside a character: three bytes are as many as can be missing.
    return any(_decodes(head[: len(head) - cut]) for cut in range(min(4, len(head))))


def _decodes(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
