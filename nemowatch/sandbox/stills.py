"""Still pictures at exact times.

Called by the service when a prompt asks for frames.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Literal

import av

from nemowatch.media.errors import BrokenMedia
from nemowatch.sandbox.pictures import open_pictures, to_upright_rgb

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

StillFormat = Literal["png", "jpg"]

_CODECS = {"png": ("png", "rgb24"), "jpg": ("mjpeg", "yuvj420p")}
_FINE_JPEG = {"qmin": "2", "qmax": "4"}


def still_name(seconds: float, format: StillFormat = "png") -> str:  # noqa: A002 - the word of rules and API
    """A name that sorts by time: `frame_000m05.000s.png`."""
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"frame_{minutes:03d}m{rest // 1000:02d}.{rest % 1000:03d}s.{format}"


def save_stills(
    path: Path,
    times: Sequence[float],
    folder: Path,
    *,
    format: StillFormat = "png",  # noqa: A002 - the word of rules and API
    names: Sequence[str] | None = None,
) -> list[Path]:
    """Save the picture on screen at each time: the last one that begins no later. Blocking.

    Args:
        path: a video or picture.
        times: seconds, in any order; one past the end gives the last picture.
        folder: made if missing; files of the same name are replaced.
        format: lossless `png`, or `jpg`.
        names: one for each time; by default `still_name` gives them.

    Returns:
        The files, in the order of `times`.

    Raises:
        MediaError: the file is no media, has no pictures, or can't be decoded.
        ValueError: there are not as many names as times.
        OSError: a file can't be read or written.
    """
    chosen = [still_name(moment, format) for moment in times] if names is None else names
    targets = [folder / name for name in chosen]
    folder.mkdir(parents=True, exist_ok=True)
    with open_pictures(path) as reader:
        if reader is None:
            raise BrokenMedia(f"{path.name} has sound only: there are no pictures to take from it.")
        for moment, target in sorted(zip(times, targets, strict=True)):
            target.write_bytes(_encode(reader.show_at(moment), format))
    return targets


def _encode(frame: av.VideoFrame, form: StillFormat) -> bytes:
    pixels = av.VideoFrame.from_ndarray(to_upright_rgb(frame), format="rgb24")
    codec, pixel_format = _CODECS[form]
    encoder = av.CodecContext.create(codec, "w")
    if not isinstance(encoder, av.VideoCodecContext):
        raise TypeError(f"{codec} makes no pictures")
    encoder.width, encoder.height, encoder.pix_fmt = pixels.width, pixels.height, pixel_format
    encoder.framerate = Fraction(1)
    if form == "jpg":
        encoder.options = _FINE_JPEG
        # The JPEG encoder wants full-range colours; said here, because the default is video's narrower range.
        pixels = pixels.reformat(format=pixel_format, dst_color_range="JPEG")
    packets = [*encoder.encode(pixels), *encoder.encode(None)]
    return b"".join(bytes(packet) for packet in packets)
