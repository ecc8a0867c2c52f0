"""What goes between this process and a worker: work to be done, its result or its error, one JSON text a line.

Used by both ends, `worker_link.py` and `worker.py`. The worker reads what strangers made, so what it answers is not
trusted: an answer can name records and errors of this package and of modules that are loaded, and nothing else.
"""

from __future__ import annotations

import json
import sys
import traceback
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from nemowatch.errors import NemoWatchError
from nemowatch.media.errors import MediaCrashed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PACKAGE = "nemowatch.media"
_PLAIN = (type(None), bool, int, float, str)

BEGUN, SHARE, RESULT, ERROR = "begun", "share", "result", "error"
"""The keys of a worker's lines; each line has one of them."""


def write_line(message: Mapping[str, Any]) -> bytes:
    """One message, ready to be written."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def pack_work(work: Callable[..., Any], args: tuple[Any, ...], named: Mapping[str, Any]) -> bytes:
    """The line that asks for a function to be called.

    Raises:
        TypeError: an argument is of a type that does not travel.
    """
    return write_line(
        {
            "work": _name(work),
            "args": [pack_value(value) for value in args],
            "named": {key: pack_value(value) for key, value in named.items()},
        }
    )


def unpack_work(line: bytes) -> tuple[Callable[..., Any], list[Any], dict[str, Any]]:
    """The opposite of `pack_work`; imports the module of the function, so only the worker may do it."""
    message = json.loads(line)
    module, _, name = message["work"].partition(":")
    named = {key: unpack_value(value) for key, value in message["named"].items()}
    return getattr(import_module(module), name), [unpack_value(value) for value in message["args"]], named


def pack_value(value: Any) -> Any:
    """A value as JSON: plain ones, paths, lists, tuples and dataclasses of such.

    Raises:
        TypeError: it is of another type.
    """
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Path):
        return {"path": str(value)}
    if type(value) is list:
        return [pack_value(item) for item in value]
    if type(value) is tuple:
        return {"tuple": [pack_value(item) for item in value]}
    if is_dataclass(value) and not isinstance(value, type):
        facts = {field.name: pack_value(getattr(value, field.name)) for field in fields(value) if field.init}
        return {"record": _name(type(value)), "fields": facts}
    raise TypeError(f"a {type(value).__name__} does not travel to a worker and back")


def unpack_value(packed: Any) -> Any:
    """The opposite of `pack_value`.

    Raises:
        LookupError, ValueError: it names something that no answer may name.
    """
    if isinstance(packed, list):
        return [unpack_value(item) for item in packed]
    if not isinstance(packed, dict):
        return packed
    if "path" in packed:
        return Path(packed["path"])
    if "tuple" in packed:
        return tuple(unpack_value(item) for item in packed["tuple"])
    record = _find_class(packed["record"])
    if not is_dataclass(record):
        raise ValueError(f"{packed['record']} is no record")
    return record(**{name: unpack_value(value) for name, value in packed["fields"].items()})


def pack_error(error: BaseException) -> dict[str, Any]:
    """What was raised, as JSON."""
    if isinstance(error, NemoWatchError):
        return {"class": _name(type(error)), "message": error.message, "hint": error.hint}
    if isinstance(error, OSError) and error.errno is not None:
        named = error.filename if isinstance(error.filename, str) else None
        return {"errno": error.errno, "message": error.strerror or "", "filename": named}
    kind = "MemoryError" if isinstance(error, MemoryError) else type(error).__name__
    return {"defect": kind, "message": str(error), "traceback": "".join(traceback.format_exception(error))}


def raise_error(packed: Mapping[str, Any], file_name: str) -> NoReturn:
    """Raise what was raised in the worker.

    Args:
        packed: as `pack_error` made it.
        file_name: what was worked on.

    Raises:
        NemoWatchError: as raised there.
        OSError: as raised there, with its number.
        MediaCrashed: it was neither of them; how it came about is in its notes.
    """
    if "class" in packed:
        kind = _find_class(packed["class"])
        if not issubclass(kind, NemoWatchError):
            raise ValueError(f"{packed['class']} is no error of NemoWatch's")
        raise kind(packed["message"], hint=packed["hint"])
    if "errno" in packed:
        raise OSError(packed["errno"], packed["message"], packed["filename"])
    if packed["defect"] == "MemoryError":
        raise MediaCrashed(f"{file_name} needs more memory than a worker may use.")
    crash = MediaCrashed(f"The work on {file_name} broke: {packed['defect']}: {packed['message']}")
    crash.add_note(packed["traceback"])
    raise crash


def _name(thing: Any) -> str:
    if "." in thing.__qualname__ or "<" in thing.__qualname__:
        raise TypeError(
            f"{thing.__qualname__} does not travel to a worker: it is not at the top of its module"
        )
    return f"{thing.__module__}:{thing.__qualname__}"


def _find_class(name: str) -> type:
    module_name, _, class_name = name.partition(":")
    module = sys.modules.get(module_name)
    if module is None and module_name.startswith(f"{_PACKAGE}."):
        module = import_module(module_name)
    found = getattr(module, class_name, None)
    if isinstance(found, type):
        return found
    raise LookupError(f"{name} is not known here")
