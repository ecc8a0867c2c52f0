"""Recordings of any size, made at once: a real, short MP4 with a box of filling behind it.

Players and probes skip a `free` box, so the file stays a whole and valid recording; what is sent, hashed and
written is every byte of it. The filling is random: nothing on the way can make it smaller.
"""

from __future__ import annotations

import os
import struct
import wave
from typing import TYPE_CHECKING

from nemowatch.sandbox.recordings import make_recording

if TYPE_CHECKING:
    from pathlib import Path

MEGABYTE = 1_000_000

_BOX_HEAD_BYTES = 8
_SOUND_RATE = 8000
_SOUND_SAMPLES = 1200
_PIECE = os.urandom(MEGABYTE)
_NONCE_BYTES = 16


def make_small(target: Path) -> Path:
    """Write a real recording of two seconds, some tens of kilobytes."""
    return make_recording(target, seconds=2.0, width=160, height=96, fps=10)


def make_large(target: Path, small: Path, total_bytes: int) -> Path:
    """Write a recording of exactly this size, at most 4 GB, from a small one."""
    head = small.read_bytes()
    left = total_bytes - len(head)
    with target.open("wb") as file:
        file.write(head + struct.pack(">I4s", left, b"free"))
        left -= _BOX_HEAD_BYTES
        while left > 0:
            left -= file.write(_PIECE[:left])
    return target


def make_unique(target: Path, small: Path) -> Path:
    """Write a copy of a small recording whose content no other file has; it appears closed and whole."""
    with target.open("wb") as file:
        file.write(small.read_bytes())
        file.write(struct.pack(">I4s", _BOX_HEAD_BYTES + _NONCE_BYTES, b"free") + os.urandom(_NONCE_BYTES))
    return target


def make_sound(target: Path) -> Path:
    """Write a whole recording of 1.2 kB, 0.15 seconds of noise, whose content no other file has."""
    with wave.open(os.fspath(target), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(_SOUND_RATE)
        file.writeframes(os.urandom(_SOUND_SAMPLES))
    return target


def stir(path: Path) -> None:
    """Change the last bytes of a filled recording, so that its content is new and its size the same."""
    with path.open("r+b") as file:
        file.seek(-_NONCE_BYTES, os.SEEK_END)
        file.write(os.urandom(_NONCE_BYTES))
