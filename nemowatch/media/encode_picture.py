"""Still pictures made small enough: as JPEG, with less quality first and fewer pixels then.

Called by `encode.py`.
"""

from __future__ import annotations

import io
import struct
import warnings
from typing import TYPE_CHECKING

from PIL import Image, ImageOps, UnidentifiedImageError

from nemowatch.atomic import write_atomically
from nemowatch.media.bitrate import AIM_SHARE, CannotFit
from nemowatch.media.errors import BrokenMedia
from nemowatch.units import format_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from nemowatch.media.progress import Report

_QUALITIES = (95, 90, 85, 78, 70)
_STEP = 0.75  # of each side
_SMALLEST_SIDE = 64
_LARGEST_SIDE = 65_000  # JPEG counts in 16 bits
_MAX_PIXELS = 300_000_000


def shrink_picture(source: Path, target: Path, max_bytes: int | None, report: Report) -> tuple[int, int]:
    """Write a picture as JPEG: upright, what is transparent on white, colour profile kept.

    Returns:
        Its width and height.

    Raises:
        BrokenMedia: it can't be decoded, or is larger than any picture.
        CannotFit: not even a small one fits.
        OSError: it can't be read or written.
    """
    report(0.0)
    with _open(source) as opened:
        profile = opened.info.get("icc_profile")
        picture = _lay_on_white(_turn_upright(opened))
    report(0.3)
    aim = None if max_bytes is None else int(max_bytes * AIM_SHARE)
    while True:
        for quality in _QUALITIES:
            data = _write_jpeg(picture, quality, profile)
            report(0.6)
            if aim is None or len(data) <= aim:
                write_atomically(target, data)
                report(1.0)
                return picture.size
        width, height = (round(side * _STEP) for side in picture.size)
        if min(width, height) < _SMALLEST_SIDE:
            raise CannotFit(f"{source.name} can't be made to fit under {format_bytes(max_bytes or 0)}.")
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)


def _open(source: Path) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # measured here, below
            opened = Image.open(source)
        if opened.width * opened.height > _MAX_PIXELS or max(opened.size) > _LARGEST_SIDE:
            raise BrokenMedia(f"{source.name} is too large a picture: {opened.width} x {opened.height}.")
        opened.load()
    except (UnidentifiedImageError, Image.DecompressionBombError, SyntaxError, ValueError) as fault:
        raise BrokenMedia(f"{source.name} can't be decoded: {fault}.") from fault
    except OSError as fault:
        if fault.errno is not None:
            raise
        raise BrokenMedia(f"{source.name} can't be decoded: {fault}.") from fault
    return opened


def _turn_upright(opened: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(opened)
    except (SyntaxError, ValueError, struct.error):
        return opened  # the camera's notes are damaged, and the picture is not


def _lay_on_white(picture: Image.Image) -> Image.Image:
    if picture.has_transparency_data:
        layered = picture.convert("RGBA")
        white = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(white, layered).convert("RGB")
    return picture.convert("RGB")


def _write_jpeg(picture: Image.Image, quality: int, profile: bytes | None) -> bytes:
    into = io.BytesIO()
    picture.save(into, "JPEG", quality=quality, optimize=True, icc_profile=profile)
    return into.getvalue()
