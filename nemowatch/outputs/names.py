"""Names for files and folders that every file system takes, whatever the recording was called.

Called wherever a name from outside (a recording's, the service's) becomes a name in an output folder. Pure: nothing
here looks at the disk.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from nemowatch.outputs.errors import BadFolderName

MAX_NAME_BYTES = 200
"""File systems take 255 bytes of UTF-8; the rest is room for what is added later: ` (2)`, `.part`, a job's id."""

_NAMELESS = "unnamed"
_SEPARATORS_AND_WILDCARDS = frozenset('/\\:*?"<>|')
# Cc: control characters. Cs: bytes that are no UTF-8 (Python's surrogate escapes). Cn: not assigned, refused by APFS.
_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Cn"})
# Emoji and several scripts are written with these two; all other invisible ones (Cf) only disguise a name.
_JOINERS = frozenset("\u200c\u200d")
_EDGES = re.compile(r"^[\s.]+|[\s.]+$")
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,12}$")
# Device names on Windows, with any extension: a share refuses them or swallows what is written.
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_DEVICE = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(?:\.|$)", re.IGNORECASE
)


def safe_name(text: str) -> str:
    """Make one path component of a text: visible, never empty, at most 200 bytes of UTF-8, in form NFC.

    What ext4, APFS, NTFS or SMB refuse or change in silence (separators, control characters, wildcards, `CON`, spaces
    and dots around the name) is replaced or dropped. The extension survives the cut. A safe name stays as it is.
    """
    name = unicodedata.normalize("NFC", "".join(map(_replace, text)))
    name = _clip(_EDGES.sub("", name)) or _NAMELESS
    return _clip(f"_{name}") if _DEVICE.match(name) else name


def safe_folder(rendered: str, *, fixed: Path | None = None) -> Path:
    """Make a folder's path of a filled-in output template; empty parts (an empty `{dir}`) vanish.

    Args:
        rendered: an absolute path, filled in with names that may hold anything.
        fixed: the part of it that the user wrote, the same for every file of the rule; it is kept to the letter. The
            rest, and all of it where this is None, is cleaned part by part like `safe_name`; a leading dot stays.

    Raises:
        BadFolderName: the path is not absolute, or climbs with `..`.
    """
    parts = [part for part in rendered.split("/") if part not in ("", ".")]
    if not rendered.startswith("/") or ".." in parts:
        raise BadFolderName(
            f'The output folder "{rendered}" can\'t be used: it must be a whole path without "..".',
            hint="Change the rule's `output`.",
        )
    kept = [] if fixed is None else list(fixed.parts[1:])
    if parts[: len(kept)] != kept:
        kept = []
    return Path("/", *kept, *map(_safe_part, parts[len(kept) :]))


def split_suffix(name: str) -> tuple[str, str]:
    """Take a name apart into stem and extension (`.mp4`; empty where what follows the last dot is none)."""
    found = _SUFFIX.search(name, 1)
    return (name[: found.start()], found[0]) if found else (name, "")


def clip_bytes(text: str, max_bytes: int) -> str:
    """The longest beginning of a text that fits into so many bytes of UTF-8; never half a character."""
    return text.encode("utf-8", "surrogateescape")[:max_bytes].decode("utf-8", "ignore")


def _replace(character: str) -> str:
    category = unicodedata.category(character)
    if character in _SEPARATORS_AND_WILDCARDS or category in _REFUSED_CATEGORIES:
        return "_"
    if category in ("Zl", "Zp"):
        return " "
    return "" if category == "Cf" and character not in _JOINERS else character


def _clip(name: str) -> str:
    if len(name.encode()) <= MAX_NAME_BYTES:
        return name
    stem, suffix = split_suffix(name)
    return _EDGES.sub("", clip_bytes(stem, MAX_NAME_BYTES - len(suffix))) + suffix


def _safe_part(part: str) -> str:
    return f".{safe_name(part)}" if part.startswith(".") else safe_name(part)
