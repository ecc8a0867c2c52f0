"""One logger for everything: loguru, with the standard library's loggers led into it.

Called once by each command that logs; the daemon's goes to the system's journal where systemd runs it, else to stderr
and a file of its own. No secret passes: every message and traceback is cleaned on its way out, and tracebacks never
show local variables (loguru's `diagnose` is off). A log that can't be written never stops what is logged.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from loguru import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from loguru import Message

_TOKEN_SHAPES = re.compile(r"nmv_[A-Za-z0-9_\-]{4,}|(?<=[Bb]earer )\S{4,}|(?<=[?&]token=)[^&\s]{4,}")
_HIDDEN = "[secret]"
# What moves the cursor, ends a line or turns its direction: C0 and C1 controls, line separators, bidi marks.
_UNSHOWABLE = (
    *range(0x20), *range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A),
)  # fmt: skip
_AS_ESCAPES = {code: chr(code).encode("unicode_escape").decode("ascii") for code in _UNSHOWABLE}
_AS_JSON_ESCAPES = {code: f"\\u{code:04x}" for code in _UNSHOWABLE if code >= 0x20}

_FILE_BYTES = 5_000_000
_OLD_FILES = 4
"""Ten thousand jobs fill about one file; plain text, so that any editor and `grep` read the old ones too."""

_PRIORITIES = ((50, 2), (40, 3), (30, 4), (25, 5), (20, 6))
"""From which severity of loguru on which priority of the journal holds; anything less is 7 (sd-daemon(3))."""

_secrets: set[str] = set()


def hide_secret(secret: str) -> None:
    """Name a secret that must never be written: from now on each message shows `[secret]` in its place."""
    if len(secret) >= 4:
        _secrets.add(secret)


def redact(text: str) -> str:
    """Take every known secret, and everything shaped like a token, out of a text."""
    # The longest first, so that none is left with a known piece taken out.
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, _HIDDEN)
    return _TOKEN_SHAPES.sub(_HIDDEN, text)


def show_controls(text: str) -> str:
    r"""A text in one line that no terminal obeys: control characters as `\n` or `\x1b`, bidi marks as `\u202e`.

    For what others have chosen, such as names of files.
    """
    return text.translate(_AS_ESCAPES)


def configure_logs(
    level: str = "INFO", style: Literal["text", "json"] = "text", *, file: LogFile | None = None
) -> None:
    """Write all log messages, in one line each, and lead the libraries' loggers to the same places.

    They go to stderr. Where that is the system's journal, each has its priority and leaves the time to the journal;
    elsewhere they go to the file too, and under launchd, which would let stderr grow for ever, to the file alone.

    Args:
        level: the least severe level shown (`DEBUG` … `CRITICAL`).
        style: `text` for people, `json` for machines (one object a line).
        file: the daemon's own file. Once given it stays, until another one is.
    """
    environment_token = os.environ.get("NEMO_TOKEN")
    if environment_token:
        hide_secret(environment_token)
    if file is not None:
        _kept_files[:] = [file]
    logger.remove()
    for sink in _choose_sinks(_as_json if style == "json" else _as_text):
        logger.add(sink, level=level, format="{message}", diagnose=False, backtrace=False)
    logging.basicConfig(handlers=[_LibraryHandler()], level=logging.WARNING, force=True)


class LogFile(RotatingFileHandler):
    """The daemon's log in a file of mode 0600: at 5 MB it is put aside as `.1`, and four old ones are kept.

    Nothing is made before the first message. A failure to write is told on stderr, once, until it works again.

    Args:
        path: the file; its folder is made where it is missing, the folder above must exist.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(
            path,
            maxBytes=_FILE_BYTES,
            backupCount=_OLD_FILES,
            encoding="utf-8",
            errors="backslashreplace",
            delay=True,
        )
        self._failure: BaseException | None = None

    def write_line(self, line: str) -> None:
        """Add a line. Never raises."""
        self.handle(logging.makeLogRecord({"msg": line}))

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line, in a new file when the present one is full."""
        before, self._failure = self._failure, None
        if self.stream and not Path(self.baseFilename).exists():
            self.close()  # somebody has tidied up: begin a new one instead of writing to no name
        super().emit(record)
        self._tell_failure(before)

    def _tell_failure(self, before: BaseException | None) -> None:
        if self._failure is not None and before is None:
            why = getattr(self._failure, "strerror", None) or self._failure
            _say(f"The log {self.baseFilename} can't be written: {why}. It is tried again with each message.")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 -- logging's own name for it
        """Remember what went wrong; logging itself would print a traceback for every line."""
        self._failure = sys.exc_info()[1]

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).parent.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return TextIOWrapper(os.fdopen(descriptor, "ab"), encoding=self.encoding, errors=self.errors)


_kept_files: list[LogFile] = []


def _choose_sinks(render: _Render) -> Iterator[Callable[[Message], None]]:
    if _is_journal():
        yield partial(_write_journal, render)
        return
    yield from (partial(_write_file, render, file) for file in _kept_files)
    if not (_kept_files and os.environ.get("NEMOWATCH_SERVICE") == "launchd"):
        yield partial(_write_stderr, render)


def _is_journal() -> bool:
    """Whether stderr leads to the journal: systemd names its device and inode (systemd.exec(5), JOURNAL_STREAM)."""
    try:
        facts = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{facts.st_dev}:{facts.st_ino}"


def _write_journal(render: _Render, message: Message) -> None:
    number = message.record["level"].no
    priority = next((priority for least, priority in _PRIORITIES if number >= least), 7)
    # The journal makes an entry of every line, and each is as severe as its own beginning says.
    lines = render(message, with_time=False, ascii_only=_needs_ascii()).split("\n")
    _say("\n".join(f"<{priority}>{line}" for line in lines))


def _write_stderr(render: _Render, message: Message) -> None:
    _say(render(message, with_time=True, ascii_only=_needs_ascii()))


def _write_file(render: _Render, file: LogFile, message: Message) -> None:
    file.write_line(render(message, with_time=True, ascii_only=False))


def _needs_ascii() -> bool:
    # Where stderr can't show a character, it would write an escape that JSON does not know.
    return sys.stderr.encoding.lower() != "utf-8"


def _say(text: str) -> None:
    # Nobody may read stderr any more; the work goes on all the same.
    with suppress(OSError, ValueError):
        sys.stderr.write(text + "\n")


class _Render(Protocol):
    """Makes what is written of a message, cleaned, without the last line end."""

    def __call__(self, message: Message, /, *, with_time: bool, ascii_only: bool) -> str: ...


def _as_text(message: Message, /, *, with_time: bool, ascii_only: bool) -> str:  # noqa: ARG001 -- text has its escapes
    record = message.record
    job = record["extra"].get("job")
    where = f"[{job}] " if job else ""
    said = show_controls(record["message"])
    # Only a traceback takes more than one line, and none of its lines begins like a message.
    further = message[len(record["message"]) :].rstrip().splitlines()
    traceback_text = "".join(f"\n    {show_controls(line)}" for line in further if line)
    stamp = f"{record['time']:YYYY-MM-DD HH:mm:ss.SSS} {record['level'].name:<8} " if with_time else ""
    return redact(f"{stamp}{where}{said}{traceback_text}")


def _as_json(message: Message, /, *, with_time: bool, ascii_only: bool) -> str:  # noqa: ARG001 -- a key costs nobody a column
    record = message.record
    entry = {
        "time": datetime.fromtimestamp(record["time"].timestamp(), UTC).isoformat(timespec="milliseconds"),
        "level": record["level"].name,
        # Each text is cleaned before it becomes JSON: an escape within a secret would hide it from `redact`, and what
        # looks like a token would end after the quotation mark.
        "message": redact(record["message"]),
        **{
            key: redact(value) if isinstance(value, str) else value
            for key, value in record["extra"].items()
            if isinstance(value, str | int | float)
        },
    }
    failure = record["exception"]
    if failure is not None and failure.value is not None:
        lines = traceback.format_exception(failure.type, failure.value, failure.traceback)
        entry["exception"] = redact("".join(lines))
    return json.dumps(entry, ensure_ascii=ascii_only).translate(_AS_JSON_ESCAPES)


class _LibraryHandler(logging.Handler):
    """Passes what libraries log with the standard module on to loguru."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            level: str | int = logger.level(record.levelname).name
        except ValueError:
            level = record.levelno
        logger.opt(exception=record.exc_info).log(level, f"{record.name}: {record.getMessage()}")
