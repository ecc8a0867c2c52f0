"""Light of films that were made for other screens, as sRGB: HDR (PQ, HLG) and wide colours (BT.2020, P3).

Used by `developing.py` alone. Arithmetic on arrays; it knows no files.

HDR has no one right look on a usual screen. Here white paper (203 nits, ITU-R BT.2408) stays a light grey, what is
brighter is pressed together up to 1000 nits, which most HDR films are made on, and hues stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PQ, _HLG = 16, 18  # AVColorTransferCharacteristic
_BT2020, _P3_DCI, _P3 = 9, 11, 12  # AVColorPrimaries
_CODES = 1 << 16

_PAPER_NITS = 203.0
_PEAK_NITS = 1000.0
_HLG_GAMMA = 1.2
_SCREEN_GAMMA = 2.2

# To the primaries of BT.709, which are sRGB's, from linear light: ITU-R BT.2087; SMPTE EG 432-1.
_FROM_BT2020 = (
    (1.660491, -0.587641, -0.072850),
    (-0.124550, 1.132900, -0.008349),
    (-0.018151, -0.100579, 1.118730),
)
_FROM_P3 = (
    (1.224940, -0.224940, 0.0),
    (-0.042057, 1.042057, 0.0),
    (-0.019638, -0.078636, 1.098274),
)
_LUMINANCE_BT2020 = np.array((0.2627, 0.6780, 0.0593), np.float32)


@dataclass(frozen=True)
class Light:
    """How a film's colours are meant.

    Attributes:
        transfer: libav's number of what the codes stand for.
        primaries: libav's number of what its red, green and blue are.
    """

    transfer: int
    primaries: int

    def show(self, codes: NDArray[np.uint16]) -> NDArray[np.uint8]:
        """Make sRGB of it.

        Args:
            codes: height x width x 3, full range.
        """
        linear = _decoding_table(self.transfer)[codes]
        if self.transfer == _HLG:
            brightness = np.maximum(linear @ _LUMINANCE_BT2020, 1e-6)
            linear *= (brightness ** (_HLG_GAMMA - 1))[..., np.newaxis] * np.float32(_PEAK_NITS / _PAPER_NITS)
        matrix = _FROM_BT2020 if self.primaries == _BT2020 else _FROM_P3
        linear = linear @ np.array(matrix, np.float32).T
        np.maximum(linear, 0.0, out=linear)
        if self.is_hdr:
            linear *= _press(linear.max(axis=-1))[..., np.newaxis]
        table = _encoding_table(is_hdr=self.is_hdr)
        np.minimum(linear, 1.0, out=linear)
        return table[(linear * (_CODES - 1) + 0.5).astype(np.uint16)]

    @property
    def is_hdr(self) -> bool:
        """Whether its white is not the brightest that there is."""
        return self.transfer in {_PQ, _HLG}


def find_light(transfer: int, primaries: int) -> Light | None:
    """What has to be done to a film's light; None where it is that of usual screens already, or does not say.

    Args:
        transfer: libav's AVColorTransferCharacteristic.
        primaries: libav's AVColorPrimaries.
    """
    if transfer in {_PQ, _HLG}:
        return Light(transfer, _P3 if primaries in {_P3, _P3_DCI} else _BT2020)
    if primaries in {_BT2020, _P3}:
        return Light(transfer, primaries)
    return None


def _press(brightest: NDArray[np.float32]) -> NDArray[np.float32]:
    """By what to multiply light, in papers, so that the peak becomes 1 (Reinhard's curve, extended by a white)."""
    white = np.float32(_PEAK_NITS / _PAPER_NITS)
    return (1 + brightest / white**2) / (1 + brightest)


@lru_cache
def _decoding_table(transfer: int) -> NDArray[np.float32]:
    """Linear light by code: PQ in papers, HLG of the scene from 0 to 1, all others of the screen from 0 to 1."""
    codes = np.linspace(0.0, 1.0, _CODES)
    if transfer == _PQ:  # SMPTE ST 2084
        power = codes ** (32 / 2523)
        linear = 10_000 * (np.maximum(power - 107 / 128, 0) / (2413 / 128 - 2392 / 128 * power)) ** (
            8192 / 1305
        )
        linear /= _PAPER_NITS
    elif transfer == _HLG:  # ARIB STD-B67, ITU-R BT.2100
        bright = (np.exp((codes - 0.55991073) / 0.17883277) + 0.28466892) / 12
        linear = np.where(codes <= 0.5, codes**2 / 3, bright)
    else:
        linear = codes**_SCREEN_GAMMA
    return linear.astype(np.float32)


@lru_cache
def _encoding_table(*, is_hdr: bool) -> NDArray[np.uint8]:
    """8 bits by linear light in 65536 steps; light of usual screens goes back the way it came."""
    light = np.linspace(0.0, 1.0, _CODES)
    if is_hdr:  # IEC 61966-2-1
        codes = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    else:
        codes = light ** (1 / _SCREEN_GAMMA)
    return np.round(codes * 255).astype(np.uint8)
