"""Words of systemd's unit files: how any path or argument is written there, and how a line of them is read back.

Used by the units and by whoever reads an installed one (systemd.syntax(7), "Quoting"; systemd.service(5), "Command
lines"). Text in, text out: no I/O.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What needs no quotes anywhere in a unit. Everything else is quoted, for the next reader's sake, too.
_PLAIN = re.compile(r"[A-Za-z0-9_/.,:=@+-]+")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "%": "%%"}
_WORD = re.compile(rb'(-?)(?:"((?:[^"\\]|\\.)*)"|(\S+))')
_ESCAPED = re.compile(rb"\\x([0-9a-fA-F]{2})|\\(.)|%(.)")
_CONTROLS = {b"n": b"\n", b"t": b"\t", b"r": b"\r"}


def quote(text: str) -> str:
    """Write a word so that systemd reads exactly this text: spaces, quotes, `%`, control characters, any language."""
    written = "".join(_escape(character) for character in text)
    return written if _PLAIN.fullmatch(written) else f'"{written}"'


def quote_argument(text: str) -> str:
    """The same for a word of a command line, where `$` begins a variable, too."""
    return quote(text).replace("$", "$$")


def quote_path(path: Path, home: Path | None = None) -> str:
    """Write a path; as `%h/…` where it lies in the home folder that is given, so that the unit moves with it."""
    if home is None or not path.is_relative_to(home):
        return quote(str(path))
    if path == home:
        return "%h"
    written = quote(f"/{path.relative_to(home)}")
    return f'"%h{written[1:]}' if written.startswith('"') else f"%h{written}"


def write_value(text: str) -> str:
    """Write a value that systemd does not split into words, such as a `WorkingDirectory`."""
    return text.replace("%", "%%")


def split_words(line: str, home: Path) -> Iterator[str]:
    """Read the words of a line that was written like this; `%h` is the home folder that is given."""
    for found in _WORD.finditer(os.fsencode(line)):
        word = found[3] if found[2] is None else found[2]
        yield os.fsdecode(found[1] + _ESCAPED.sub(lambda escape: _read_escape(escape, home), word))


def _read_escape(escape: re.Match[bytes], home: Path) -> bytes:
    byte, control, specifier = escape.groups()
    if byte is not None:
        return bytes([int(byte, 16)])
    if control is not None:
        return _CONTROLS.get(control, control)
    return os.fsencode(home) if specifier == b"h" else specifier


def _escape(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if "\udc80" <= character <= "\udcff":  # a byte of a name that is no valid UTF-8
        return f"\\x{ord(character) - 0xDC00:02x}"
    return f"\\x{ord(character):02x}" if character < " " or character == "\x7f" else character
