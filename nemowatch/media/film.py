"""A film that is being written: aside first, and under its name when it is whole.

Used by the modules that `cut.py` is made of. What libav says of a full disk leaves it as an OSError of the system's
own kind, so that nobody takes it for a fault of the recording that is read.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import av

from nemowatch.atomic import sync_file, sync_folder
from nemowatch.media.errors import BrokenMedia
from nemowatch.media.reel import shown_at, time_base_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from fractions import Fraction
    from pathlib import Path

    from av.container import OutputContainer
    from av.packet import Packet
    from av.stream import Stream

    from nemowatch.media.reel import Reel

_MUXERS = {
    ".mp4": "mp4",
    ".m4v": "mp4",
    ".mov": "mov",
    ".m4a": "ipod",
    ".mkv": "matroska",
    ".mka": "matroska",
    ".webm": "webm",
    ".avi": "avi",
    ".ts": "mpegts",
    ".mp3": "mp3",
    ".wav": "wav",
    ".aac": "adts",
}
_TAGS = ("creation_time", "title", "artist", "comment")
_HAVE_EDIT_LISTS = frozenset({"mp4", "mov", "ipod"})
_TAKE_H264 = _HAVE_EDIT_LISTS | {"matroska", "mpegts"}


class Film:
    """One file that is being written.

    Attributes:
        output: libav's writer.
        has_edit_lists: whether the form can say that what comes before zero is decoded and not played.
    """

    def __init__(self, output: OutputContainer) -> None:
        self.output = output
        self.has_edit_lists = output.format.name.split(",")[0] in _HAVE_EDIT_LISTS

    def add_copy(self, template: Stream) -> Stream | None:
        """A stream that takes the packets of another as they are; None where this kind of film can't hold it."""
        try:
            stream = self.output.add_stream_from_template(template, opaque=True)
        except ValueError:
            return None
        if self.has_edit_lists and template.codec_context.name == "hevc":
            stream.codec_context.codec_tag = (
                "hvc1"  # under libav's own tag, hev1, Apple's players show nothing
            )
        stream.metadata.update(template.metadata)
        stream.disposition = template.disposition
        return stream

    def take_tags(self, reel: Reel) -> None:
        """Keep what the recording says of itself: when it was made, its title."""
        found = reel.container.metadata
        self.output.metadata.update({name: found[name] for name in _TAGS if name in found})

    def write(self, packets: Iterable[Packet[Any]]) -> None:
        """Add packets that belong to streams of this film already.

        Raises:
            OSError: the disk is full, or the file can't be written for another reason.
        """
        for packet in packets:
            with _blame_the_disk():
                self.output.mux(packet)


@contextmanager
def write_film(target: Path) -> Iterator[Film]:
    """Open a film for writing; it appears under its name when the block ends well, and not at all otherwise.

    Raises:
        OSError: it can't be written.
    """
    aside = target.with_name(f"{target.name}.part")
    form = muxer_of(target)
    options = {"movflags": "+faststart"} if form in _HAVE_EDIT_LISTS else {}
    try:
        with _blame_the_disk():
            output = av.open(f"file:{aside}", "w", format=form, container_options=options)
        try:
            yield Film(output)
        except BaseException:
            _abandon(output)
            raise
        with _blame_the_disk():
            output.close()
        sync_file(aside)
        aside.replace(target)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def muxer_of(target: Path) -> str:
    """The name that libav has for the kind of file that a name's suffix stands for; MP4 where it says nothing."""
    return _MUXERS.get(target.suffix.lower(), "mp4")


def can_hold(target: Path, stream: Stream) -> bool:
    """Whether the kind of file that a name stands for can hold a stream as it is."""
    return stream.codec_context.name in _codecs_of(muxer_of(target))


def for_h264(target: Path) -> Path:
    """The same name where that stands for a file that H.264 goes into well, else the name of an MP4."""
    return target if muxer_of(target) in _TAKE_H264 else target.with_suffix(".mp4")


@lru_cache
def _codecs_of(form: str) -> frozenset[str]:
    with av.open(os.devnull, "w", format=form) as output:
        return frozenset(output.supported_codecs)


def place(packet: Packet[Any], stream: Stream, origin: Fraction) -> Packet[Any]:
    """Make a packet of a reel one of a film that begins at `origin`, seconds of the reel's own time."""
    base = time_base_of(packet.stream)
    shift = round(origin / base)
    packet.pts = shown_at(packet)
    if packet.pts is not None:
        packet.pts -= shift
    if packet.dts is not None:
        packet.dts -= shift
    packet.time_base = base
    packet.stream = stream
    return packet


def _abandon(output: OutputContainer) -> None:
    """Close what will be thrown away; it has no end to be written, and a fault in trying is of no interest."""
    try:
        output.close()
    except (av.FFmpegError, ValueError):
        return


@contextmanager
def _blame_the_disk() -> Iterator[None]:
    try:
        yield
    except av.error.OSError as fault:
        number = fault.errno or 0
        raise OSError(number, os.strerror(number)) from fault
    except av.FFmpegError as fault:
        # What a damaged recording says of itself, such as its times, may be more than a film can hold.
        raise BrokenMedia(f"What was read makes no film: {fault.strerror}.") from fault
