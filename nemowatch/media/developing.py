"""A decoded picture as a screen shows it: red, green and blue, upright, with square pixels.

Used by `stills.py` and `sheet.py`. Films keep their pictures as cameras and encoders like them: lying on their
side with a note to turn them, in one of several kinds of colour, squeezed, in ten bits, for screens of 1000 nits.
What comes out here is the plain sRGB that every viewer of pictures takes for granted. It decodes nothing and writes
nothing.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from av.buffer import Buffer
from av.video.reformatter import Interpolation

from nemowatch.media.light import find_light

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

_NARROW, _FULL = 1, 2  # AVCOL_RANGE_MPEG, AVCOL_RANGE_JPEG
_BT709, _BT601 = 1, 5  # AVColorSpace
_FCC, _SMPTE240M, _BT2020 = 4, 7, 9
_MATRICES = {
    _BT709: _BT709,
    _FCC: _FCC,
    _BT601: _BT601,
    6: _BT601,
    _SMPTE240M: _SMPTE240M,
    _BT2020: _BT2020,
    10: _BT2020,
}
_STANDARD_DEFINITION = (1280, 576)
"""A film that does not say how its colours are meant has those of HDTV where it is larger; players do the same."""

_SMOOTH = Interpolation.BICUBIC | Interpolation.FULL_CHR_H_INT | Interpolation.ACCURATE_RND
_SANE_ASPECTS = (Fraction(1, 8), Fraction(8))
_STRIP_PIXELS = 1 << 20
_MOST_ENLARGED = Fraction(2)


def develop(
    frame: VideoFrame, *, aspect: Fraction | None = None, within: tuple[int, int] | None = None
) -> NDArray[np.uint8]:
    """Turn a picture into what is seen.

    Args:
        frame: as decoded.
        aspect: width of a pixel by its height; None for square ones.
        within: the greatest width and height of what comes out. It keeps its proportions, and is made twice as large
            at most.

    Returns:
        Height x width x 3, or x 4 where the film has transparency (not premultiplied).
    """
    turns, is_mirrored = _read_turn(frame)
    limit = within[::-1] if within is not None and turns % 2 else within
    width, height = _fit(*_square(frame, aspect), limit)
    pixels = _to_srgb(frame, width, height)
    if is_mirrored:
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(np.rot90(pixels, -turns))


def lay_on(pixels: NDArray[np.uint8], ground: int) -> NDArray[np.uint8]:
    """A picture without transparency: what shines through is a grey, 0 to 255."""
    if pixels.shape[2] == 3:
        return pixels
    share = pixels[..., 3:].astype(np.uint16)
    mixed = (pixels[..., :3] * share + ground * (255 - share) + 127) // 255
    return mixed.astype(np.uint8)


def find_aspect(stream: VideoStream) -> Fraction | None:
    """How wide a film's pixels are by their height; the container's word counts more than the codec's."""
    return stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio or None


def measure_shown(frame: VideoFrame, aspect: Fraction | None) -> tuple[int, int]:
    """Width and height of a picture as it is shown, upright and with square pixels."""
    width, height = _square(frame, aspect)
    return (height, width) if _read_turn(frame)[0] % 2 else (width, height)


def _square(frame: VideoFrame, aspect: Fraction | None) -> tuple[int, int]:
    # Lines stay lines, and get longer or shorter, as in players.
    if aspect is None or not _SANE_ASPECTS[0] <= aspect <= _SANE_ASPECTS[1]:
        return frame.width, frame.height
    return max(1, round(frame.width * aspect)), frame.height


def _fit(width: int, height: int, within: tuple[int, int] | None) -> tuple[int, int]:
    if within is None:
        return width, height
    scale = min(Fraction(within[0], width), Fraction(within[1], height), _MOST_ENLARGED)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _to_srgb(frame: VideoFrame, width: int, height: int) -> NDArray[np.uint8]:
    light = find_light(frame.color_trc, frame.color_primaries)
    if light is None:
        return _drop_full_alpha(_convert(frame, width, height, "rgba" if _has_alpha(frame) else "rgb24"))
    deep = _convert(frame, width, height, "rgb48le")
    pixels = np.empty(deep.shape, np.uint8)
    rows = max(1, _STRIP_PIXELS // width)
    for top in range(
        0, height, rows
    ):  # a strip at a time: the arithmetic takes six times the picture's memory
        pixels[top : top + rows] = light.show(deep[top : top + rows])
    return pixels


def _convert(frame: VideoFrame, width: int, height: int, form: str) -> NDArray[Any]:
    has_own_colours = frame.format.is_rgb or frame.format.has_palette
    converted = frame.reformat(
        width,
        height,
        format=form,
        interpolation=_SMOOTH,
        src_colorspace=None if has_own_colours else _find_matrix(frame),
        src_color_range=None if has_own_colours else _find_range(frame),
        dst_color_range=_FULL,
    )
    return converted.to_ndarray()


def _find_matrix(frame: VideoFrame) -> int:
    known = _MATRICES.get(frame.colorspace)
    if known is not None:
        return known
    is_large = frame.width >= _STANDARD_DEFINITION[0] or frame.height > _STANDARD_DEFINITION[1]
    return _BT709 if is_large else _BT601


def _find_range(frame: VideoFrame) -> int:
    is_full = frame.color_range == _FULL or frame.format.name.startswith("yuvj")
    return _FULL if is_full else _NARROW


def _has_alpha(frame: VideoFrame) -> bool:
    name = frame.format.name
    return name.startswith(("yuva", "rgba", "bgra", "argb", "abgr", "gbrap", "ya", "pal8"))


def _drop_full_alpha(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Many a film and picture could be transparent, and is not anywhere."""
    return pixels[..., :3] if pixels.shape[2] == 4 and pixels[..., 3].min() == 255 else pixels


def _read_turn(frame: VideoFrame) -> tuple[int, bool]:
    """Quarters of a turn clockwise, after it was mirrored left to right, by the display matrix.

    Its first two rows are where the right and the down of the coded picture point to, in 16.16 fixed point
    (libavutil/display.h); what is no multiple of a quarter is shown as it is, as most players do.
    """
    try:
        matrix = frame.side_data.get("DISPLAYMATRIX")
    except ValueError:
        # PyAV gives nothing of a photo with camera notes that it has no name for, but how it is turned. That some
        # are mirrored as well gets lost; cameras do not write such.
        return -frame.rotation // 90 % 4, False
    if not isinstance(matrix, Buffer):
        return 0, False
    a, b, _, c, d, *_ = np.frombuffer(bytes(matrix), np.int32).tolist()
    return _TURNS.get((_direction(a), _direction(b), _direction(c), _direction(d)), (0, False))


def _direction(value: int) -> int:
    return 0 if abs(value) < _HALF else 1 if value > 0 else -1


_HALF = 1 << 15
_TURNS = {
    (1, 0, 0, 1): (0, False),
    (0, 1, -1, 0): (1, False),
    (-1, 0, 0, -1): (2, False),
    (0, -1, 1, 0): (3, False),
    (-1, 0, 0, 1): (0, True),
    (0, -1, -1, 0): (1, True),
    (1, 0, 0, -1): (2, True),
    (0, 1, 1, 0): (3, True),
}
"""What becomes of a step right and a step down, to how that is done: quarters of a turn clockwise, mirrored first."""
