"""Looks into damaged files, in a process of its own: what kills it must not take the tests along.

    python media_fuzzing.py FOLDER FIRST LAST

For every number from FIRST to before LAST it damages one of the folder's files in a way that the number decides, and
looks into it. It prints the number before, and what it should not have raised after. Used by `test_media_fuzz.py`.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import traceback
from pathlib import Path

from nemowatch.media.errors import MediaError
from nemowatch.media.probe import probe
from nemowatch.media.verify import verify_delivered

_MEMORY_BYTES = 1 << 30
_NEAR_BYTES = 4_000  # from either end: where headers and indexes are
_NUMBERS = (b"\xff" * 4, b"\x7f\xff\xff\xff", bytes(4), b"\0\0\0\1", b"\x80\0\0\0", b"\xff\xff\xff\x7f")


def damage(data: bytes, seed: int) -> bytes:
    """The same damage for the same number: bytes flipped, numbers written, pieces lost, doubled or made zero."""
    dice = random.Random(seed)
    broken = bytearray(data)
    kind = dice.choice(("flip", "flip", "number", "number", "zero", "lose", "double"))
    if kind == "flip":
        for _ in range(dice.choice((1, 3, 10, 60))):
            broken[_place(dice, len(broken))] = dice.randrange(256)
        return bytes(broken)
    place = _place(dice, len(broken))
    if kind == "number":
        broken[place : place + 4] = dice.choice(_NUMBERS)
        return bytes(broken)
    end = min(len(broken), place + dice.choice((1, 7, 50, 3_000)))
    piece = bytes(broken[place:end])
    broken[place:end] = {"zero": bytes(len(piece)), "lose": b"", "double": piece * 2}[kind]
    return bytes(broken)


def look(path: Path) -> list[str]:
    """What was raised that nobody who calls for media expects."""
    faults = []
    for work in (lambda: probe(path, foreign=True), lambda: verify_delivered(path)):
        try:
            work()
        except MediaError:
            continue
        except Exception:  # noqa: BLE001  the test says what it was
            faults.append(traceback.format_exc())
    return faults


def main() -> None:
    folder, first, last = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY_BYTES, _MEMORY_BYTES))
    good = sorted(folder.iterdir())
    with tempfile.TemporaryDirectory() as scratch:
        for seed in range(first, last):
            source = good[seed % len(good)]
            broken = Path(scratch, source.name)
            broken.write_bytes(damage(source.read_bytes(), seed))
            print(f"{seed} {source.name}", flush=True)
            for fault in look(broken):
                print(f"FAULT {fault}", flush=True)


def _place(dice: random.Random, length: int) -> int:
    near = min(length, _NEAR_BYTES)
    return dice.choice((dice.randrange(near), length - 1 - dice.randrange(near), dice.randrange(length)))


if __name__ == "__main__":
    main()
