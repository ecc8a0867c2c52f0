"""Whether a delivered file is what it says it is, before a job counts as done.

Called by the job's download step for everything that came from the service, and by the demo for its outputs.
An error page saved as `.mp4`, a download that broke off, a film with holes behind a good header: none of them
passes. Reads the file once, but decodes only at its beginning and end, so a long film costs little more than
reading it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import av
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from nemowatch.media.errors import BrokenMedia, IncompleteMedia, NotMedia
from nemowatch.media.probe import (
    describe_media,
    is_animated_webp,
    is_decodable,
    measure_packets,
    open_media,
    pick_picture,
    pick_sound,
    read_packets,
)
from nemowatch.media.progress import Report, ignore_progress
from nemowatch.media.sniff import identify, read_head
from nemowatch.media.strangers import describe_stranger
from nemowatch.media.wholeness import require_whole
from nemowatch.units import format_bytes, format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream

    from nemowatch.media.formats import Format
    from nemowatch.media.probe import MediaInfo

_FEWEST_SECONDS_SHARE = (
    0.9  # of what the header promises; headers of VFR screen recordings are off by a little
)
_SLACK_SECONDS = 1.0
_TAIL_SECONDS = 1.0
_PROOF_BYTES = 32  # no coded picture begins with so many zeros


def verify_delivered(path: Path, *, report: Report = ignore_progress) -> MediaInfo:
    """Open a file, decode its beginning and end, and measure its length from its packets.

    Args:
        path: the file.
        report: is told how far it is read.

    Returns:
        What `probe` returns, with `duration_seconds` as measured.

    Raises:
        BrokenMedia: it is not whole enough to show to a person; the message says what it is instead.
        OSError: the file can't be read.
    """
    try:
        found = identify(path)
        require_whole(path, found)
        info = _look_inside(path, found)
    except NotMedia as fault:
        raise BrokenMedia(_describe_instead(path)) from fault
    except IncompleteMedia as fault:
        raise BrokenMedia(fault.message) from fault
    if info.kind == "image":
        return info
    return replace(info, duration_seconds=_measure_length(path, found, info.duration_seconds, report))


def _look_inside(path: Path, found: Format) -> MediaInfo:
    with open_media(path, found) as container:
        first = None if is_animated_webp(path, found) else _decode_one(path, container, "beginning")
        info = describe_media(path, found, container, first if isinstance(first, VideoFrame) else None)
        if info.kind == "image" and not (info.width and info.height):
            raise BrokenMedia(f"{path.name} is a picture without a size.")
        return info


def _measure_length(path: Path, found: Format, promised: float | None, report: Report) -> float:
    with open_media(path, found) as container:
        measured = measure_packets(_refuse_holes(path, read_packets(container, report=report)))
        if measured is None or measured <= 0:
            raise BrokenMedia(f"{path.name} plays for no time at all.")
        if promised is not None and measured < promised * _FEWEST_SECONDS_SHARE - _SLACK_SECONDS:
            there, whole = format_duration(measured), format_duration(promised)
            raise BrokenMedia(f"{path.name} is cut off: {there} of {whole} can be played.")
    with open_media(path, found) as container:
        container.seek(int(max(measured - _TAIL_SECONDS, 0.0) * av.time_base))
        _decode_one(path, container, "end")
    return measured


def _refuse_holes(path: Path, packets: Iterable[Packet[Stream]]) -> Iterator[Packet[Stream]]:
    """Pass packets on; a picture that begins with zeros is a piece of the file that never arrived."""
    for packet in packets:
        if packet.size and _is_coded_picture(packet.stream) and not any(memoryview(packet)[:_PROOF_BYTES]):
            at = format_duration(float((packet.pts or 0) * packet.time_base))
            raise BrokenMedia(f"{path.name} has a hole of zeros at {at}.")
        yield packet


def _is_coded_picture(stream: Stream) -> bool:
    return stream.type == "video" and is_decodable(stream) and stream.codec_context.name != "rawvideo"


def _decode_one(path: Path, container: InputContainer, place: str) -> VideoFrame | AudioFrame:
    stream = pick_picture(container) or pick_sound(container)
    frame = None if stream is None else next(iter(container.decode(stream)), None)
    if not isinstance(frame, VideoFrame | AudioFrame):
        raise BrokenMedia(f"{path.name} has nothing to show at its {place}.")
    return frame


def _describe_instead(path: Path) -> str:
    if path.is_symlink() or not path.is_file():
        return f"{path.name} is no file."
    words = describe_stranger(read_head(path))
    return f"{path.name} is not media but {words}, {format_bytes(path.stat().st_size)}."
