"""The kinds of values under `notify` and `hook`: events, addresses of notices, commands.

Used by `telling_keys.py`. An address is hidden from every log and message from the moment it is read: most hold a
password or a token.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final, get_args
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from nemowatch.logs import hide_secret
from nemowatch.rules.kinds import Suggestion, one_of, one_or_many, wrong_shape
from nemowatch.rules.problems import nearest
from nemowatch.rules.rule import JobEvent, NoticeEvent
from nemowatch.rules.template import names_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

JOB_EVENTS: Final = get_args(JobEvent)
NOTICE_EVENTS: Final[tuple[str, ...]] = (*JOB_EVENTS, "daemon")

HOOK_PLACEHOLDERS: Mapping[str, str] = MappingProxyType(
    {
        "event": "what happened: `done`, `failed`, `attention`, `held` or `cancelled`",
        "job": "the job's id",
        "rule": "the rule's name",
        "source": "the recording, whole path",
        "name": "the recording's name",
        "stem": "the recording's name without its type",
        "output": "the output folder, whole path; empty where there is none",
        "reason": "why it came to that, in words; empty where there is nothing to say",
    }
)
"""Every placeholder of a hook's arguments, with what it stands for."""

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S(.*\S)?")
_NAME_OF_HOST = re.compile(r"localhost|[\w-]+(\.[\w-]+)+|\[[0-9a-fA-F:]+\]|[a-z-]{1,40}")
_LEAST_SECRET, _SURELY_SECRET = 8, 16


def read_notice_address(value: object) -> str:
    """Read an address that Apprise may understand, and see that no log or message ever shows it.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, str):
        raise wrong_shape()
    address = value.strip()
    if not _ADDRESS.fullmatch(address) or re.search(r"[\x00-\x1f\x7f]", address):
        hide_secret(address)
        raise ValueError(
            "this is no address of Apprise's: one starts with the service's name, such as tgram://, mailtos:// or "
            "ntfy:// (https://github.com/caronc/apprise/wiki)"
        )
    for secret in _secrets_in(address):
        hide_secret(secret)
    return address


def show_address(address: str) -> str:
    """What may be shown of an address: its service alone."""
    return f"{address.partition('://')[0]}://…"


def _secrets_in(address: str) -> Iterator[str]:
    """The address, and each part of it that may be a password or a token."""
    yield address
    try:
        parts = urlsplit(address)
        host, password = parts.hostname or "", parts.password or ""
    except ValueError:  # a port or a bracket that is none: Apprise may still know what is meant
        yield address.partition("://")[2]
        return
    if len(password) >= 4:
        yield password
        yield unquote(password)
    pieces = [parts.username or "", *parts.path.split("/"), *(text for _, text in parse_qsl(parts.query))]
    if not _NAME_OF_HOST.fullmatch(host):
        pieces += parts.netloc.rpartition("@")[2].split(":")
    yield from (form for piece in pieces if _looks_secret(piece) for form in {piece, unquote(piece)})


def _looks_secret(piece: str) -> bool:
    """Whether a part is more than a word: it is not to blank out `nemowatch` wherever that stands in a log."""
    has_digit = any(character.isdigit() for character in piece)
    return len(piece) >= (_LEAST_SECRET if has_digit else _SURELY_SECRET)


def _read_argument(value: object) -> str:
    if not isinstance(value, str):
        raise wrong_shape()
    if "\x00" in value:
        raise ValueError("an argument holds no NUL character")
    unknown = next((name for name in names_in(value) if name not in HOOK_PLACEHOLDERS), None)
    if unknown is not None:
        close = nearest(unknown, HOOK_PLACEHOLDERS)
        listed = " ".join(f"{{{name}}}" for name in HOOK_PLACEHOLDERS)
        raise Suggestion(
            f"{{{unknown}}} is not a placeholder here. Placeholders: {listed}; plain braces are doubled",
            f"{{{close}}}" if close else "",
        )
    return value


def _check_command(command: tuple[str, ...]) -> tuple[str, ...]:
    """The program first, `~` expanded; it is named, not made of placeholders."""
    program = command[0].strip()
    if not program:
        raise wrong_shape()
    if names_in(program):
        raise ValueError(
            "the program can't be chosen by a placeholder; name it, and give placeholders as its arguments"
        )
    if program.startswith("~"):
        try:
            program = str(Path(program).expanduser())
        except RuntimeError as error:
            raise ValueError(f'"{program}" names the home folder of a user who is not known here') from error
    if os.sep in program and not program.startswith(os.sep):
        raise ValueError(f'"{program}" is neither a whole path nor the bare name of a program')
    if " " in program and len(command) == 1 and not Path(program).exists():
        words = ", ".join(program.split())
        raise ValueError(
            f"no shell takes this apart: write the program and each argument by itself, [{words}]"
        )
    return (program, *command[1:])


def one_section_or_many(value: object) -> object:
    """Let a list of one section be written as the one; a section that is commented out whole is none."""
    if value is None:
        return []
    return [value] if isinstance(value, dict) else value


def sections_schema(section: Callable[[], dict[str, Any]]) -> WithJsonSchema:
    """The JSON Schema of one section, or a list of them."""
    one = section()
    return WithJsonSchema({"anyOf": [one, {"type": "array", "items": one}]})


def _events_schema(events: tuple[str, ...]) -> WithJsonSchema:
    event = {"enum": list(events)}
    return WithJsonSchema({"anyOf": [event, {"type": "array", "items": event, "minItems": 1}]})


_ADDRESS_SCHEMA: Any = {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9+.-]*://"}
_ARGUMENT_SCHEMA: Any = {"type": "string"}

Addresses = Annotated[
    tuple[Annotated[str, BeforeValidator(read_notice_address)], ...],
    Field(min_length=1),
    BeforeValidator(one_or_many),
    WithJsonSchema({"anyOf": [_ADDRESS_SCHEMA, {"type": "array", "items": _ADDRESS_SCHEMA, "minItems": 1}]}),
]
JobEvents = Annotated[
    tuple[Annotated[JobEvent, one_of(*JOB_EVENTS)], ...],
    Field(min_length=1),
    BeforeValidator(one_or_many),
    _events_schema(JOB_EVENTS),
]
NoticeEvents = Annotated[
    tuple[Annotated[NoticeEvent, one_of(*NOTICE_EVENTS)], ...],
    Field(min_length=1),
    BeforeValidator(one_or_many),
    _events_schema(NOTICE_EVENTS),
]
Command = Annotated[
    tuple[Annotated[str, BeforeValidator(_read_argument)], ...],
    Field(min_length=1),
    BeforeValidator(one_or_many),
    AfterValidator(_check_command),
    WithJsonSchema(
        {"anyOf": [_ARGUMENT_SCHEMA, {"type": "array", "items": _ARGUMENT_SCHEMA, "minItems": 1}]}
    ),
]
