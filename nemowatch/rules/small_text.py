"""Small text files that lie among the recordings: read with a limit, never through a link, never blocking.

Called by `address_list.py` and `prompt_file.py`. What it can't read as text it refuses with a reason; it never
guesses an encoding.
"""

from __future__ import annotations

import codecs
import os
import re
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# No other character ends a line here: `str.splitlines` would also cut a prompt at a form feed.
_LINE_END = re.compile("\r\n|[\r\n]")


class NotSmallText(Exception):
    """A file that is no small text file; its message goes on after the file's name: "is a folder"."""


def read_lines(path: Path, max_bytes: int) -> list[str]:
    """Read the lines of a text file, without line ends, a byte order mark, and spaces around each.

    Raises:
        NotSmallText: it is a link, a folder or another kind of file, too large, binary, or not UTF-8.
        OSError: it can't be read, or is not there.
    """
    data = _read_regular(path, max_bytes + 1)
    if len(data) > max_bytes:
        raise NotSmallText(f"is larger than {max_bytes // 1024} KiB")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise NotSmallText("is saved as UTF-16; save it as UTF-8")
    # Not the codec "utf-8-sig": the places in its errors leave the mark out.
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = len(_LINE_END.split(data[: error.start].decode()))
        raise NotSmallText(
            f"is not UTF-8 (byte 0x{data[error.start]:02x} on line {line}); save it as UTF-8"
        ) from error
    if "\0" in text:
        raise NotSmallText("is a binary file, not text")
    return [line.strip() for line in _LINE_END.split(text)]


def _read_regular(path: Path, max_bytes: int) -> bytes:
    # Looked at before it is opened, because opening a device can already move it; again afterwards, because
    # the path may have been exchanged in between.
    _require_regular(path.lstat().st_mode)
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        _require_regular(os.fstat(file.fileno()).st_mode)
        return file.read(max_bytes)


def _require_regular(mode: int) -> None:
    if stat.S_ISLNK(mode):
        raise NotSmallText("is a symbolic link, and links are never followed; put the file itself there")
    if not stat.S_ISREG(mode):
        raise NotSmallText(f"is {'a folder' if stat.S_ISDIR(mode) else 'a pipe or device'}, not a text file")
