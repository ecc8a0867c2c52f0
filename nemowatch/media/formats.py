"""The kinds of file that this package tells apart, each with the one reader that it is opened with.

Named by `sniff.py` and `foreign.py`, which tell them by their first bytes, and by whoever opens a file. Nothing is
decided here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["video", "audio", "image"]


@dataclass(frozen=True)
class Format:
    """One kind of file.

    Attributes:
        name: its usual suffix without the dot.
        kind: what it holds at most; a film's container may hold sound alone.
        demuxer: libav's name for its reader.
        is_accepted: whether the service takes it; otherwise it can only be converted.
    """

    name: str
    kind: Kind
    demuxer: str
    is_accepted: bool = True


MP4 = Format("mp4", "video", "mov")
MOV = Format("mov", "video", "mov")
M4A = Format("m4a", "audio", "mov")
AVI = Format("avi", "video", "avi")
WEBM = Format("webm", "video", "matroska")
MKV = Format("mkv", "video", "matroska")
JPG = Format("jpg", "image", "jpeg_pipe")
PNG = Format("png", "image", "png_pipe")
GIF = Format("gif", "image", "gif")
WEBP = Format("webp", "image", "webp_pipe")
MP3 = Format("mp3", "audio", "mp3")
WAV = Format("wav", "audio", "wav")
AAC = Format("aac", "audio", "aac")

TS = Format("ts", "video", "mpegts", is_accepted=False)
M2TS = Format("m2ts", "video", "mpegts", is_accepted=False)
MPG = Format("mpg", "video", "mpeg", is_accepted=False)
M2V = Format("m2v", "video", "mpegvideo", is_accepted=False)
ASF = Format("asf", "video", "asf", is_accepted=False)
FLV = Format("flv", "video", "flv", is_accepted=False)
MXF = Format("mxf", "video", "mxf", is_accepted=False)
OGV = Format("ogv", "video", "ogg", is_accepted=False)
OGG = Format("ogg", "audio", "ogg", is_accepted=False)
OPUS = Format("opus", "audio", "ogg", is_accepted=False)
FLAC = Format("flac", "audio", "flac", is_accepted=False)
AIFF = Format("aiff", "audio", "aiff", is_accepted=False)
CAF = Format("caf", "audio", "caf", is_accepted=False)
AC3 = Format("ac3", "audio", "ac3", is_accepted=False)
EAC3 = Format("eac3", "audio", "eac3", is_accepted=False)
AMR = Format("amr", "audio", "amr", is_accepted=False)
WV = Format("wv", "audio", "wv", is_accepted=False)
