"""Letters and digits as pixels: libav in PyAV's wheel can't draw text, so the sandbox brings its own.

Called by `captions.py` for words burned into a render and by `recordings.py` for the running time code. It
knows printable ASCII; accents are dropped (`é` is drawn as `e`), and what has no letter here, such as Chinese,
is drawn as a box.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

GLYPH_WIDTH = 6  # five columns and a gap, before scaling
GLYPH_HEIGHT = 8  # seven rows and one for descenders

_FIRST = 0x20
# One letter is five columns from left to right, a byte each; the lowest bit is the top row.
_COLUMNS = """
0000000000 00005F0000 0007000700 147F147F14 242A7F2A12 2313086462 3649562050 0008070300
001C224100 0041221C00 2A1C7F1C2A 08083E0808 0080703000 0808080808 0000606000 2010080402
3E5149453E 00427F4000 7249494946 2141494D33 1814127F10 2745454539 3C4A494931 4121110907
3649494936 464949291E 0000140000 0040340000 0008142241 1414141414 0041221408 0201590906
3E415D594E 7C1211127C 7F49494936 3E41414122 7F4141413E 7F49494941 7F09090901 3E41415173
7F0808087F 00417F4100 2040413F01 7F08142241 7F40404040 7F021C027F 7F0408107F 3E4141413E
7F09090906 3E4151215E 7F09192946 2649494932 03017F0103 3F4040403F 1F2040201F 3F4038403F
6314081463 0304780403 6159494D43 007F414141 0204081020 004141417F 0402010204 4040404040
0003070800 2054547840 7F28444438 3844444428 384444287F 3854545418 00087E0902 18A4A49C78
7F08040478 00447D4000 2040403D00 7F10284400 00417F4000 7C04780478 7C08040478 3844444438
FC18242418 18242418FC 7C08040408 4854545424 04043F4424 3C4040207C 1C2040201C 3C4030403C
4428102844 4C9090907C 4464544C44 0008364100 0000770000 0041360800 0201020402
""".split()  # noqa: SIM905 - a table that is read in rows of eight, not a list of strings
_BOX = "7F4141417F"


def draw_letters(text: str, scale: int = 1) -> NDArray[np.bool_]:
    """Draw one line of text: True where there is ink.

    Returns:
        An array of 8 * scale rows and 6 * scale columns per character.
    """
    codes = [_find_glyph(letter) for letter in to_drawable(text)]
    blank = np.zeros((GLYPH_HEIGHT, 0), dtype=bool)
    line = np.concatenate([blank, *(_decode_glyph(code) for code in codes)], axis=1)
    return line.repeat(scale, axis=0).repeat(scale, axis=1)


def to_drawable(text: str) -> str:
    """Take accents off, so that what is left is what will be drawn, one character a letter."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _find_glyph(letter: str) -> str:
    index = ord(letter) - _FIRST
    return _COLUMNS[index] if 0 <= index < len(_COLUMNS) else _BOX


@lru_cache(maxsize=256)
def _decode_glyph(code: str) -> NDArray[np.bool_]:
    columns = np.frombuffer(bytes.fromhex(code + "00"), dtype=np.uint8)
    return np.unpackbits(columns.reshape(1, -1), axis=0, bitorder="little").astype(bool)
