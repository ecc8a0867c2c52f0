"""Taking a file into a project: its measures, its download address, its identity.

Called by uploads and by edits that make files. Blocking: it opens the file.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

from nemowatch.media.errors import MediaError
from nemowatch.media.probe import probe
from nemowatch.sandbox.answers import UNSUPPORTED_TYPE, Refusal
from nemowatch.sandbox.timeline import Material

if TYPE_CHECKING:
    from pathlib import Path

    from nemowatch.sandbox.shelf import Shelf

FileKind = Literal["video", "audio", "image"]

_KINDS: dict[str, FileKind] = {
    **dict.fromkeys((".mp4", ".mov", ".avi", ".webm", ".mkv"), "video"),
    **dict.fromkeys((".jpg", ".png", ".gif", ".webp"), "image"),
    **dict.fromkeys((".mp3", ".wav", ".m4a", ".aac"), "audio"),
}


def kind_of(filename: str) -> FileKind:
    """What a file is, by its name's ending: the service looks no deeper before it has the file.

    Raises:
        Refusal: 4001, the ending is none of the accepted ones.
    """
    kind = _KINDS.get(PurePath(filename).suffix.lower())
    if kind is None:
        accepted = " ".join(suffix[1:] for suffix in _KINDS)
        raise Refusal(UNSUPPORTED_TYPE, f"unsupported file type: {filename} (accepted: {accepted})")
    return kind


def make_material(
    path: Path, filename: str, kind: FileKind, shelf: Shelf, *, sha256: str | None = None
) -> Material:
    """Measure a file and offer it for download.

    A file that can't be read as media is taken in with no length: it is stored, and never reaches the timeline.
    """
    material = Material(
        key=f"mat_{secrets.token_hex(6)}",
        path=path,
        filename=filename,
        kind=kind,
        address=shelf.put(path, filename),
        size_bytes=path.stat().st_size,
        sha256=sha256 or hashlib.sha256(path.read_bytes()).hexdigest(),
    )
    try:
        info = probe(path)
    except MediaError:
        return material
    return replace(
        material,
        duration=info.duration_seconds or 0.0,
        width=info.width or 0,
        height=info.height or 0,
        fps=info.fps or 0.0,
    )
