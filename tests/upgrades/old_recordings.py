"""The recordings that the old versions worked on: one tiny film, each time with another word at its end."""

from __future__ import annotations

import os
from pathlib import Path

_FILM = Path(__file__).with_name("recording.mp4")
_MODIFIED_NS = 1_700_000_000_000_000_000

POINTS = {
    "monday": "",
    "tuesday": "before:upload",
    "wednesday": "marked:prompt:1",
    "thursday": "midway:prompt",
    "friday": "after:export-1",
    "saturday": "kept:download-1",
    "sunday": "before:deliver-done",
}
"""Where the job of each recording stood when the old daemon ended: nowhere, it was done."""


def save_recording(path: Path) -> None:
    """Write the recording of this name: the same content every time, and no other one's."""
    word = path.stem.encode()
    # A box of the kind that players pass over (ISO/IEC 14496-12, `free`).
    box = (8 + len(word)).to_bytes(4, "big") + b"free" + word
    arriving = path.with_name(f".{path.name}.part")
    arriving.write_bytes(_FILM.read_bytes() + box)
    os.utime(arriving, ns=(_MODIFIED_NS, _MODIFIED_NS))
    arriving.rename(path)
