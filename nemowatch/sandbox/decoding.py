"""Decoding as players do: what is damaged is skipped, the rest is shown.

Called by `pictures.py`, `sounds.py` and `measuring.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

import av
from av.video.stream import VideoStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.audio.stream import AudioStream
    from av.container import InputContainer


@overload
def decode_leniently(container: InputContainer, stream: VideoStream) -> Iterator[av.VideoFrame]: ...
@overload
def decode_leniently(container: InputContainer, stream: AudioStream) -> Iterator[av.AudioFrame]: ...
def decode_leniently(
    container: InputContainer, stream: VideoStream | AudioStream
) -> Iterator[av.VideoFrame] | Iterator[av.AudioFrame]:
    """The frames of a stream from where the container stands; a packet that can't be decoded gives none.

    Raises:
        av.FFmpegError: the file can't be read on.
    """
    wanted = av.VideoFrame if isinstance(stream, VideoStream) else av.AudioFrame
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.FFmpegError:
            continue  # libav has many words for damage, and the next packet may be whole
        yield from (frame for frame in frames if isinstance(frame, wanted))


def start_offset(container: InputContainer) -> float:
    """Seconds that a file's own times are ahead of its beginning."""
    return max(container.start_time or 0, 0) / av.time_base
