"""Which packets of a picture can be copied so that nothing is shown but what was asked for.

Used by the modules that `cut.py` is made of. A run of packets can be copied if decoding can begin at its first, and
if no packet in it is there only to help others that are shown earlier: pictures are often stored out of order, and
one from beyond the end would be shown in every player that does not follow edit lists.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from nemowatch.media.h264 import is_fresh_start, read_parameter_sets
from nemowatch.media.reel import length_of, shown_at, snap_of, usual_length

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from av.packet import Packet
    from av.video.stream import VideoStream

    from nemowatch.media.reel import Reel

_LONG_SECONDS = 30
_PLAIN_PROFILES = frozenset({"Baseline", "Constrained Baseline", "Main", "High"})
_PLAIN_PIXELS = frozenset({"yuv420p", "yuvj420p"})


def is_played_everywhere(stream: VideoStream) -> bool:
    """Whether a picture is coded in the way that every player of MP4 has learnt: plain H.264, 8 bits, 4:2:0."""
    context = stream.codec_context
    return (
        context.name == "h264"
        and context.profile in _PLAIN_PROFILES
        and context.pix_fmt in _PLAIN_PIXELS
        and read_parameter_sets(context.extradata) is not None
    )


def find_run(reel: Reel, start: Fraction, end: Fraction, *, idle: Callable[[], None]) -> Fraction | None:
    """Where a copy of the picture between two moments would begin; None if it can't be copied alone.

    Args:
        reel: a recording with a picture; nobody else may read it meanwhile.
        start: where the cut begins; a key frame within half a frame of it will do.
        end: where it ends; None of the pictures from there on may be needed.
        idle: called for each packet that is looked at.
    """
    stream = reel.picture
    if stream is None:
        return None
    packets = reel.read_picture(start + snap_of(usual_length(stream)))
    key = next(packets, None)
    if key is None or not is_clean_start(stream, key):
        return None
    ticks = shown_at(key) or 0
    begin = reel.to_moment(stream, ticks)
    if begin > start and ticks <= (stream.start_time or 0):
        begin = (
            start  # nothing is shown before the first picture: it comes as late as it does in the recording
        )
    if not -snap_of(length_of(key)) < begin - start <= snap_of(length_of(key)):
        return None
    if end - begin > _LONG_SECONDS and reel.duration is not None:
        # What lies between needs no look: only near the end can something be missing.
        packets = reel.read_picture(min(end, Fraction(reel.duration)) - 1)
    return begin if _ends_cleanly(reel, packets, end, idle) else None


def is_clean_start(stream: VideoStream, packet: Packet[Any]) -> bool:
    """Whether every player can begin with a packet, knowing nothing but the stream's header."""
    if not packet.is_keyframe or packet.has_sidedata("new_extradata"):
        return False
    if stream.codec_context.name != "h264":
        return True
    sets = read_parameter_sets(stream.codec_context.extradata)
    return sets is not None and is_fresh_start(bytes(packet), sets.length_bytes)


def find_clean_end(reel: Reel, end: Fraction, *, idle: Callable[[], None]) -> Fraction:
    """The last moment at or before `end` at which a copy can stop without a picture too many or one missing.

    Never before the key frame that comes before `end`.
    """
    times: list[Fraction] = []
    for packet in reel.read_picture(end - Fraction(1, 1000)):
        idle()
        if is_over(reel, packet, end):
            break
        stays = is_shown_before(reel, packet, end)
        times.append(reel.to_moment(packet.stream, shown_at(packet) or 0) if stays else end)
    clean = end
    while True:
        late = next((number for number, moment in enumerate(times) if moment >= clean), len(times))
        missing = min((moment for moment in times[late:] if moment < clean), default=clean)
        if missing == clean:
            return clean
        clean = missing


def copy_run(reel: Reel, start: Fraction, end: Fraction) -> Iterator[Packet[Any]]:
    """The packets of a run that `find_run` has found to begin at `start`."""
    if reel.picture is None:
        return
    first = reel.to_ticks(reel.picture, start)
    for packet in reel.read_picture(start):
        if is_over(reel, packet, end):
            return
        # Pictures that are shown before the key frame they follow belong to the one before it.
        if first <= (shown_at(packet) or 0) and is_shown_before(reel, packet, end):
            yield packet


def is_shown_before(reel: Reel, packet: Packet[VideoStream], end: Fraction) -> bool:
    """Whether a picture is in a cut that ends there."""
    begin = reel.to_moment(packet.stream, shown_at(packet) or 0)
    return end - begin > snap_of(length_of(packet))


def is_over(reel: Reel, packet: Packet[VideoStream], end: Fraction) -> bool:
    """Whether neither a packet nor any that comes after it in the file can be in a cut that ends there."""
    ticks = packet.dts if packet.dts is not None else shown_at(packet) or 0
    return reel.to_moment(packet.stream, ticks) >= end


def _ends_cleanly(
    reel: Reel, packets: Iterator[Packet[VideoStream]], end: Fraction, idle: Callable[[], None]
) -> bool:
    is_past = False
    for packet in packets:
        idle()
        if is_over(reel, packet, end):
            return True
        if packet.has_sidedata("new_extradata"):
            return False
        if not is_shown_before(reel, packet, end):
            is_past = True
        elif is_past:
            return False
    return True
