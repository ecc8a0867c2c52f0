"""One logger for everything: loguru, with the standard library's loggers led into it.

Called once by each command that logs. No secret passes: every message and traceback is cleaned on its way
out, and tracebacks never show local variables (loguru's `diagnose` is off).
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from loguru import logger

if TYPE_CHECKING:
    from loguru import Message

_TOKEN_SHAPES = re.compile(r"nmv_[A-Za-z0-9_\-]{4,}|(?<=[Bb]earer )\S{4,}|(?<=[?&]token=)[^&\s]{4,}")
_HIDDEN = "[secret]"
# What moves the cursor, ends a line or turns its direction: C0 and C1 controls, line separators, bidi marks.
_UNSHOWABLE = (
    *range(0x20), *range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A),
)  # fmt: skip
_AS_ESCAPES = {code: chr(code).encode("unicode_escape").decode("ascii") for code in _UNSHOWABLE}
_AS_JSON_ESCAPES = {code: f"\\u{code:04x}" for code in _UNSHOWABLE if code >= 0x20}

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


def configure_logs(level: str = "INFO", style: Literal["text", "json"] = "text") -> None:
    """Send all log messages to stderr, in one line each, and lead the libraries' loggers there too.

    Args:
        level: the least severe level shown (`DEBUG` … `CRITICAL`).
        style: `text` for people, `json` for machines (one object a line).
    """
    environment_token = os.environ.get("NEMO_TOKEN")
    if environment_token:
        hide_secret(environment_token)
    logger.remove()
    logger.add(
        _write_json if style == "json" else _write_text,
        level=level,
        format="{message}",
        diagnose=False,
        backtrace=False,
    )
    logging.basicConfig(handlers=[_LibraryHandler()], level=logging.WARNING, force=True)


def _write_text(message: Message) -> None:
    record = message.record
    job = record["extra"].get("job")
    where = f" [{job}]" if job else ""
    said = show_controls(record["message"])
    # Only a traceback takes more than one line, and none of its lines begins like a message.
    further = message[len(record["message"]) :].rstrip().splitlines()
    traceback_text = "".join(f"\n    {show_controls(line)}" for line in further if line)
    text = f"{record['time']:YYYY-MM-DD HH:mm:ss.SSS} {record['level'].name:<8}{where} {said}{traceback_text}"
    sys.stderr.write(redact(text) + "\n")


def _write_json(message: Message) -> None:
    record = message.record
    entry = {
        "time": datetime.fromtimestamp(record["time"].timestamp(), UTC).isoformat(timespec="milliseconds"),
        "level": record["level"].name,
        "message": record["message"],
        **{key: value for key, value in record["extra"].items() if isinstance(value, str | int | float)},
    }
    failure = record["exception"]
    if failure is not None and failure.value is not None:
        entry["exception"] = "".join(
            traceback.format_exception(failure.type, failure.value, failure.traceback)
        )
    # Where stderr can't show a character, it would write an escape that JSON does not know.
    is_readable = sys.stderr.encoding.lower() == "utf-8"
    line = json.dumps(entry, ensure_ascii=not is_readable).translate(_AS_JSON_ESCAPES)
    sys.stderr.write(redact(line) + "\n")


class _LibraryHandler(logging.Handler):
    """Passes what libraries log with the standard module on to loguru."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            level: str | int = logger.level(record.levelname).name
        except ValueError:
            level = record.levelno
        logger.opt(exception=record.exc_info).log(level, f"{record.name}: {record.getMessage()}")
