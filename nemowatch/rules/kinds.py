"""The kinds of values that the rules hold: how each is read from the text that was written.

Used by the model. A kind raises `ValueError` with its own words where it can say more than "expected …";
a value of a wrong shape (a list for a text) raises `wrong_shape`, and the message comes from the key.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, get_args
from urllib.parse import urlsplit

from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern
from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from nemowatch.rules.address_list import ADDRESS_LIST_TYPE
from nemowatch.rules.condition import check_duration, check_resolution, check_size
from nemowatch.rules.match import ACCEPTED_TYPES, CONVERTIBLE_TYPES, INPUT_TYPES
from nemowatch.rules.moment import parse_moment
from nemowatch.rules.problems import nearest
from nemowatch.rules.rule import Delivery
from nemowatch.rules.schedule import check_schedule
from nemowatch.rules.skills import SKILLS
from nemowatch.rules.streams import check_streams
from nemowatch.rules.template import (
    DISTINCT_PLACEHOLDERS,
    OUTPUT_PLACEHOLDERS,
    PROMPT_PLACEHOLDERS,
    describe_unknown,
    names_in,
)
from nemowatch.units import parse_duration, parse_rate

if TYPE_CHECKING:
    from collections.abc import Callable

DELIVERIES: Final = get_args(Delivery)
"""The words of `deliver`."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LANGUAGE = r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$"
_DURATION = r"^\s*(\d+(\.\d+)?\s*(ms|s|m|h|d)\s*)+$"
_RATE = r"^\s*[1-9]\d*\s*/\s*(\d+(\.\d+)?)?(ms|s|m|h|d).*$"
_CONDITION = r"^\s*[<>=]"
_RESOLUTION = r"^\s*(<=|>=|<|>|=)\s*\d+\s*([pP]|[xX×]\s*\d+)\s*(,.*)?$"
_STREAMS = r"^\s*([nN][oO]\s+)?([vV]ideo|[aA]udio|[sS]ound|[sS]ubtitles?)"
_MOMENT = r"^\s*-?\s*((\d+:)?\d+:\d{1,2}(\.\d+)?|(\d+(\.\d+)?\s*(ms|min|s|m|h|d)\s*)+)\s*$"
_ONLY_A_TYPE = re.compile(r"(?:\*\*/)?\*(\.\w+)")


class Suggestion(ValueError):
    """A value that is wrong, with the one that was most likely meant (empty for none)."""

    def __init__(self, message: str, suggestion: str) -> None:
        super().__init__(message)
        self.suggestion = suggestion


def wrong_shape() -> PydanticCustomError:
    """The value is a list, a mapping or nothing where a text stands, or the other way round."""
    return PydanticCustomError("wrong_shape", "wrong shape")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise wrong_shape()
    return value.strip()


def one_or_many(value: object) -> object:
    """Let a list of one be written as the one."""
    return [value] if isinstance(value, str) else value


def empty_section(value: object) -> object:
    """A section whose keys are all commented out reads as nothing: take it as left out."""
    return {} if value is None else value


def skill_by_name(value: object) -> object:
    """Let a known skill be named by a bare word."""
    if not isinstance(value, str):
        return value
    skill = SKILLS.get(value.strip())
    if skill is None:
        raise Suggestion(
            f'there is no skill "{value}". Skills: {", ".join(SKILLS)}; '
            "a skill of your own is written {source: my-skill, version: 1.2.0}",
            nearest(value, SKILLS),
        )
    return {"source": skill.source, "version": skill.version}


def one_of(*known: str, upper: bool = False) -> BeforeValidator:
    """Take one of some words, in any case."""

    def read(value: object) -> str:
        word = _text(value).upper() if upper else _text(value).lower()
        if word not in known:
            raise Suggestion(f'"{value}" is none of: {", ".join(known)}', nearest(word, known))
        return word

    return BeforeValidator(read)


def _read_duration(value: object) -> float:
    return parse_duration(_text(value))


def _read_duration_or_none(value: object) -> float | None:
    return None if value is None else _read_duration(value)


def _read_moment(value: object) -> float:
    return parse_moment(_text(value))


def _read_rate(value: object) -> tuple[int, float] | None:
    if value is None:
        return None
    count, seconds = parse_rate(_text(value))
    if seconds <= 0:
        raise ValueError("the time of a rate is longer than 0, for example 30/1m")
    return count, seconds


def read_address(value: object) -> str:
    """Read a web address; no slash is left at its end.

    Raises:
        ValueError: it is not one.
    """
    address = _text(value).rstrip("/")
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise wrong_shape()
    if parts.username or parts.password:
        raise ValueError("an address holds no user name or password; the token is set with NEMO_TOKEN")
    return address


def _read_language(value: object) -> str:
    code = _text(value)
    if not re.match(_LANGUAGE, code):
        raise wrong_shape()
    return code


def _read_name(value: object) -> str:
    name = _text(value)
    if not 0 < len(name) <= 80 or name.startswith(".") or re.search(r"[/\\]", name) or _CONTROL.search(name):
        raise wrong_shape()
    return name


def _read_header(value: object) -> str:
    word = _text(value)
    if not re.fullmatch(r"[A-Za-z0-9._+-]{1,64}", word):
        raise wrong_shape()
    return word


def _read_folder(value: object) -> Path:
    written = _text(value)
    if not written or _CONTROL.search(written):
        raise wrong_shape()
    return Path(os.path.normpath(_expand_home(written)))


def _expand_home(written: str) -> str:
    try:
        return str(Path(written).expanduser())
    except RuntimeError as error:
        raise ValueError(f'"{written}" names the home folder of a user who is not known here') from error


def _read_pattern(value: object) -> str:
    pattern = _text(value)
    if not pattern:
        raise wrong_shape()
    if pattern.startswith("#"):
        raise ValueError(
            f'the pattern "{pattern}" is a comment to gitignore; write "\\{pattern}" for a real "#"'
        )
    try:
        understood = GitIgnoreSpecPattern(pattern).include is not None
    except ValueError:
        understood = False
    if not understood:
        raise ValueError(
            f'"{pattern}" is not a gitignore-style pattern; good ones: *.mp4, day1/**, drafts/, !rough-*'
        )
    return pattern


def only_type(pattern: str) -> str:
    """The type of a pattern that takes every file of one type (`*.mp4`), as written; empty for other patterns."""
    found = _ONLY_A_TYPE.fullmatch(pattern)
    return found[1] if found else ""


def _refuse_other_type(pattern: str) -> str:
    suffix = only_type(pattern)
    if suffix and suffix.lower() not in INPUT_TYPES | CONVERTIBLE_TYPES:
        known = " ".join(sorted(each[1:] for each in ACCEPTED_TYPES))
        raise Suggestion(
            f"the service takes no {suffix} files. It takes: {known}; {ADDRESS_LIST_TYPE} files list addresses",
            nearest(pattern, [f"*{each}" for each in sorted(INPUT_TYPES)]),
        )
    return pattern


def _refuse_exceptions_alone(patterns: tuple[str, ...]) -> tuple[str, ...]:
    if patterns and all(pattern.startswith("!") for pattern in patterns):
        raise ValueError('these patterns are exceptions alone, so no file matches; put "*" before them')
    return patterns


def _check_names(template: str, known: frozenset[str]) -> None:
    unknown = describe_unknown(template, known)
    if unknown is not None:
        name, message = unknown
        close = nearest(name, known)
        raise Suggestion(message, f"{{{close}}}" if close else "")


def _read_prompt(value: object) -> str:
    prompt = _text(value)
    if not prompt:
        raise wrong_shape()
    _check_names(prompt, PROMPT_PLACEHOLDERS)
    return prompt


def _read_output(value: object) -> str:
    expanded = _read_place(value, "output")
    if not DISTINCT_PLACEHOLDERS & set(names_in(expanded)):
        raise ValueError("all files of the rule would share this folder; add {stem}, {name} or {job}")
    return expanded


def _read_move_folder(value: object) -> str:
    return _read_place(value, "folder")


def _read_place(value: object, word: str) -> str:
    """Read the template of a whole path; `word` is what it is called."""
    written = _text(value)
    if not written or _CONTROL.search(written):
        raise wrong_shape()
    _check_names(written, OUTPUT_PLACEHOLDERS)
    expanded = _expand_home(written)
    if not expanded.startswith(("/", "{watch}")):
        raise ValueError(
            f'the {word} "{written}" is not a whole path: it must start with "{{watch}}", "/" or "~/"'
        )
    if ".." in expanded.split("/"):
        raise ValueError(f'the {word} goes up with ".."; write the whole path instead')
    return expanded


def _read_schedule(value: object) -> str:
    return "" if value is None else check_schedule(_text(value))


def _read_duration_condition(value: object) -> str:
    return check_duration(_text(value))


def _read_size_condition(value: object) -> str:
    return check_size(_text(value))


def _read_resolution_condition(value: object) -> str:
    return check_resolution(_text(value))


def _read_streams_condition(value: object) -> str:
    return check_streams(_text(value))


def read_after(value: object, read_mapping: Callable[[object], object]) -> object:
    """Take what becomes of a recording: a word, or a mapping of `move` to a folder."""
    if not isinstance(value, str):
        return read_mapping(value)
    word = value.strip().lower()
    known = ("keep", "trash")
    if word == "move":
        raise ValueError('"move" needs a folder: {move: "{watch}-done"}')
    if word not in known:
        raise Suggestion(f'"{value}" is none of: {", ".join(known)}, {{move: FOLDER}}', nearest(word, known))
    return word


def _schema(**keywords: Any) -> WithJsonSchema:
    return WithJsonSchema(keywords)


def _list_schema(description: str) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "string", "minLength": 1}, "description": description}


def _one_or_many_schema(item: dict[str, Any], **limits: int) -> WithJsonSchema:
    return _schema(anyOf=[item, {"type": "array", "items": item, **limits}])


_ONE_TEXT = {"type": "string", "minLength": 1}

Duration = Annotated[float, BeforeValidator(_read_duration), _schema(type="string", pattern=_DURATION)]
DurationOrNone = Annotated[
    float | None,
    BeforeValidator(_read_duration_or_none),
    _schema(anyOf=[{"type": "string", "pattern": _DURATION}, {"type": "null"}]),
]
Moment = Annotated[float, BeforeValidator(_read_moment), _schema(type="string", pattern=_MOMENT)]
Moments = Annotated[
    tuple[Moment, ...],
    BeforeValidator(one_or_many),
    _one_or_many_schema({"type": "string", "pattern": _MOMENT}),
]
Deliveries = Annotated[
    tuple[Annotated[Delivery, one_of(*DELIVERIES)], ...],
    Field(min_length=1),
    BeforeValidator(one_or_many),
    _one_or_many_schema({"enum": list(DELIVERIES)}, minItems=1),
]
Rate = Annotated[
    tuple[int, float] | None,
    BeforeValidator(_read_rate),
    _schema(anyOf=[{"type": "string", "pattern": _RATE}, {"type": "null"}]),
]
Address = Annotated[str, BeforeValidator(read_address), _schema(type="string", pattern="^https?://")]
Language = Annotated[str, BeforeValidator(_read_language), _schema(type="string", pattern=_LANGUAGE)]
Name = Annotated[str, BeforeValidator(_read_name), _schema(type="string", minLength=1, maxLength=80)]
HeaderWord = Annotated[
    str, BeforeValidator(_read_header), _schema(type="string", pattern=r"^[A-Za-z0-9._+-]{1,64}$")
]
Output = Annotated[str, BeforeValidator(_read_output), _schema(type="string", pattern=r"\{(stem|name|job)\}")]
MoveFolder = Annotated[str, BeforeValidator(_read_move_folder), _schema(type="string", minLength=1)]
Schedule = Annotated[
    str,
    BeforeValidator(_read_schedule),
    _schema(anyOf=[{"type": "string", "minLength": 5}, {"type": "null"}]),
]
DurationCondition = Annotated[
    str, BeforeValidator(_read_duration_condition), _schema(type="string", pattern=_CONDITION)
]
SizeCondition = Annotated[
    str, BeforeValidator(_read_size_condition), _schema(type="string", pattern=_CONDITION)
]
ResolutionCondition = Annotated[
    str, BeforeValidator(_read_resolution_condition), _schema(type="string", pattern=_RESOLUTION)
]
StreamsCondition = Annotated[
    str, BeforeValidator(_read_streams_condition), _schema(type="string", pattern=_STREAMS)
]
Folders = Annotated[
    tuple[Annotated[Path, BeforeValidator(_read_folder)], ...],
    Field(min_length=1),
    BeforeValidator(one_or_many),
    _schema(anyOf=[_ONE_TEXT, {**_list_schema("several folders"), "minItems": 1}]),
]
Patterns = Annotated[
    tuple[Annotated[str, BeforeValidator(_read_pattern)], ...],
    BeforeValidator(one_or_many),
    _schema(anyOf=[_ONE_TEXT, _list_schema("several patterns")]),
]
MatchPatterns = Annotated[
    tuple[Annotated[str, BeforeValidator(_read_pattern), AfterValidator(_refuse_other_type)], ...],
    BeforeValidator(one_or_many),
    AfterValidator(_refuse_exceptions_alone),
    _schema(anyOf=[_ONE_TEXT, _list_schema("several patterns")]),
]
Prompts = Annotated[
    tuple[Annotated[str, BeforeValidator(_read_prompt)], ...],
    Field(min_length=1),
    BeforeValidator(one_or_many),
    _schema(anyOf=[_ONE_TEXT, {**_list_schema("several prompts, sent in this order"), "minItems": 1}]),
]
