"""`job.log`: the whole story of a job in plain language, a line each, with local times.

Written by the job runner while the job goes on, in the state folder, and copied into the output folder at its end;
read by `nemowatch jobs show`. No secret gets in, and no text from outside can forge a line or steer a terminal.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nemowatch.atomic import write_atomically
from nemowatch.clock import SystemClock
from nemowatch.logs import redact
from nemowatch.outputs.errors import FolderUnusable

if TYPE_CHECKING:
    from pathlib import Path

    from nemowatch.clock import Clock

LOG_NAME = "job.log"

_LINE_BREAK = re.compile(r"\s*[\n\v\f\r\x85\u2028\u2029]\s*")
_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class JobLog:
    """A job's log; opened anew for each line, so that it survives restarts and holds no file open for hours."""

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        self._path = path
        self._clock = clock or SystemClock()

    def append(self, text: str) -> None:
        r"""Write one line: the local time, two spaces, the text with its secrets taken out.

        Line breaks are shown as `⏎`, other control characters as `\x1b`.

        Raises:
            OSError: the log can't be written.
        """
        moment = datetime.fromtimestamp(self._clock.now(), UTC).astimezone()
        line = f"{moment:%Y-%m-%d %H:%M:%S}  {_show(redact(text))}\n"
        with self._path.open("ab") as file:
            if file.tell() == 0:
                line = f"Times are local, UTC{moment.isoformat()[-6:]}.\n{line}"
            file.write(line.encode("utf-8", "backslashreplace"))

    def read(self) -> str:
        """All lines so far; nothing where there is no log."""
        try:
            return self._path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""

    def read_from(self, offset: int, *, most_bytes: int = 1_000_000) -> tuple[str, int]:
        """The whole lines from an offset on, and the offset after them; both in bytes.

        A last line that is still being written is left for the next time.
        """
        try:
            with self._path.open("rb") as file:
                file.seek(offset)
                piece = file.read(most_bytes)
        except FileNotFoundError:
            return "", offset
        # A line that fills all of it is given as it is, so that it is got past.
        end = piece.rfind(b"\n") + 1 or (len(piece) if len(piece) == most_bytes else 0)
        return piece[:end].decode("utf-8", "replace"), offset + end

    def copy_to(self, target: Path) -> None:
        """Write all lines so far into another file, all or nothing.

        Raises:
            FolderUnusable: the target can't be written.
            OSError: the log can't be read.
        """
        text = self.read()
        try:
            write_atomically(target, text.encode(), mode=0o666)
        except OSError as error:
            raise FolderUnusable.because(error, target.parent) from error


def _show(text: str) -> str:
    """The text in one line, everything in it visible."""
    return "".join(map(_show_character, _LINE_BREAK.sub(" ⏎ ", text.strip())))


def _show_character(character: str) -> str:
    if character == "\t":
        return " "
    if character in _BIDI_CONTROLS or unicodedata.category(character) == "Cc":
        return character.encode("unicode_escape").decode("ascii")
    return character
