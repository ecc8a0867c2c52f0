"""The rules file as text: read with a limit, decoded, split into the lines that messages show.

Called by loading. Refuses what can't be a rules file (a folder, 10 MB, binary, another encoding) before any
parser sees it.
"""

from __future__ import annotations

import codecs
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nemowatch.rules.problems import Problem, RulesInvalid

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 1024 * 1024
"""A rules file of a thousand rules has a fifth of this."""

_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")  # exactly YAML's, so that its line numbers fit ours
_NOT_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufeff\uff00-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Source:
    """A rules file as it was read.

    Attributes:
        path: the file.
        text: its content, without a byte order mark.
        lines: the same, split as YAML counts lines.
    """

    path: Path
    text: str
    lines: tuple[str, ...]

    def problem(
        self, line: int, column: int, message: str, *, where: str = "", suggestion: str = ""
    ) -> Problem:
        """Describe a problem at a place (line and column counted from 1), showing its line."""
        shown = self.lines[line - 1] if 1 <= line <= len(self.lines) else ""
        return Problem(self.path, line, column, where, message, shown, suggestion)


def read_source(path: Path) -> Source:
    """Read the file.

    Raises:
        RulesInvalid: it is missing, unreadable, too large, binary, or not UTF-8.
    """
    data = _read_limited(path)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _refuse(path, "the file is saved as UTF-16. Save it as UTF-8.")
    if b"\0" in data:
        raise _refuse(path, "this is a binary file, not YAML.")
    # Not the codec "utf-8-sig": the places in its errors leave the mark out.
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise _refuse_encoding(path, data, error) from error
    source = Source(path, text, tuple(_LINE_BREAK.split(text)))
    _refuse_unprintable(source)
    return source


def _read_limited(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise _refuse(path, "this is not a file.")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise _refuse(
            path,
            "there is no rules file here.",
            hint="`nemowatch init` writes one; `--rules PATH` or NEMOWATCH_RULES names another.",
        ) from error
    except OSError as error:
        raise _refuse(path, f"the file can't be read: {error.strerror}.") from error
    if len(data) > MAX_BYTES:
        raise _refuse(path, "the file is larger than 1 MiB; a rules file is not. Is it the right one?")
    return data


def _refuse(path: Path, message: str, *, hint: str = "") -> RulesInvalid:
    return RulesInvalid([Problem(path, 0, 0, "", message)], hint=hint)


def _refuse_encoding(path: Path, data: bytes, error: UnicodeDecodeError) -> RulesInvalid:
    before = _LINE_BREAK.split(data[: error.start].decode())
    lines = _LINE_BREAK.split(data.decode(errors="replace"))
    message = f"byte 0x{data[error.start]:02x} is not UTF-8. Save the file as UTF-8."
    return RulesInvalid(
        [Problem(path, len(before), len(before[-1]) + 1, "", message, lines[len(before) - 1])]
    )


def _refuse_unprintable(source: Source) -> None:
    problems = [
        source.problem(
            number,
            found.start() + 1,
            f"the character U+{ord(found[0]):04X} can't be printed and is not allowed in YAML. Delete it.",
        )
        for number, line in enumerate(source.lines, start=1)
        for found in _NOT_YAML.finditer(line)
    ]
    if problems:
        raise RulesInvalid(problems)
