"""The models, looked at by path: which keys stand at a level, and what is known about each.

Used by error messages and the generators. Reads the models, never a rules file.
"""

from __future__ import annotations

import difflib
import functools
import typing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import BaseModel

from nemowatch.rules.model import RulesFile
from nemowatch.rules.rule_keys import RuleKeys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

# What people write who come from other programs.
_OTHER_WORDS = {
    "folder": "watch", "folders": "watch", "path": "watch", "paths": "watch",
    "dir": "watch", "input": "watch",
    "directory": "watch", "pattern": "match", "patterns": "match", "include": "match", "glob": "match",
    "files": "match", "exclude": "ignore", "recurse": "recursive", "subfolders": "recursive", "ask": "prompt",
    "out": "output", "target": "output", "destination": "output", "quiet": "settle", "debounce": "settle",
    "lang": "language", "url": "api_url", "base_url": "api_url", "interval": "scan", "workers": "jobs",
    "concurrency": "jobs", "logging": "log", "id": "name", "title": "name",
    "hours": "schedule", "cron": "schedule", "window": "schedule", "times": "schedule", "archive": "after",
    "on_done": "after", "cleanup": "after", "delete": "after", "backfill": "existing", "initial": "existing",
    "dedupe": "duplicates", "deduplicate": "duplicates", "use_polling": "polling", "force_polling": "polling",
    "parallel": "jobs", "max_jobs": "jobs", "stills": "frames", "screenshots": "frames", "cut": "trim",
    "compress": "oversize", "split": "oversize", "too_large": "oversize", "transcode": "convert",
    "from": "start", "to": "end",
}  # fmt: skip


@dataclass(frozen=True)
class Key:
    """What is known about one key.

    Attributes:
        name: as written in the file.
        description: one or two sentences.
        expects: ends the sentence "expected …".
        example: a value as it would be written.
        default: the same; None when `unset` or nothing says what happens without it.
        unit: how its value is counted or written; empty where that says nothing.
        unset: what happens without it, where no default says it.
        required: whether it must be set.
        section: the model of its own keys, if it has any.
    """

    name: str
    description: str
    expects: str
    example: Any
    default: Any
    unit: str
    unset: str
    required: bool
    section: type[BaseModel] | None


def keys_of(model: type[BaseModel]) -> tuple[Key, ...]:
    """List a level's keys in their order."""
    return tuple(_key(name, info) for name, info in model.model_fields.items())


def level_at(path: tuple[str | int, ...]) -> type[BaseModel] | None:
    """The model of the mapping at a path; None where no mapping belongs."""
    level: type[BaseModel] | None = RulesFile
    for part in path:
        if isinstance(part, str):
            key = key_of(level, part) if level else None
            level = key.section if key else None
    return level


@functools.cache
def key_of(level: type[BaseModel], name: str) -> Key | None:
    """The key of this name at a level, if there is one."""
    info = level.model_fields.get(name)
    return _key(name, info) if info else None


@functools.lru_cache(maxsize=1000)
def suggest_key(level: type[BaseModel], name: str) -> str:
    """The key that was most likely meant at a level: near in spelling, or another program's word for it."""
    known = tuple(level.model_fields)
    other = _OTHER_WORDS.get(name.lower(), "")
    if other in known:
        return other
    near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    return near[0] if near else ""


@functools.lru_cache(maxsize=1000)
def levels_with(name: str) -> tuple[str, ...]:
    """Where a key of exactly this name belongs, in words."""
    return tuple(_levels_with(name))


def _levels_with(name: str) -> Iterator[str]:
    if name in RulesFile.model_fields:
        yield "at the top level"
    for key in keys_of(RulesFile):
        if key.section and name in key.section.model_fields and key.name != "defaults":
            yield "in a rule" if key.name == "rules" else f"under `{key.name}`"
    for key in keys_of(RuleKeys):
        if key.section and name in key.section.model_fields:
            yield f"under a rule's `{key.name}`"


def _resolvers() -> dict[Any, Any]:
    """PyYAML's, by the first letter of what they know; none takes `on` and `off` for yes and no."""
    return {
        first: [each for each in kinds if first not in "oO" or each[0] != "tag:yaml.org,2002:bool"]
        for first, kinds in yaml.SafeDumper.yaml_implicit_resolvers.items()
    }


class PlainDumper(yaml.SafeDumper):
    """Writes the key `on` without quotes: it is no yes here (tree.py), nor in YAML 1.2."""


PlainDumper.yaml_implicit_resolvers = _resolvers()


def write_value(value: Any) -> str:
    """Write a value in YAML, on one line."""
    text = yaml.dump(
        value, Dumper=PlainDumper, default_flow_style=True, width=10_000, allow_unicode=True, sort_keys=False
    )
    return text.removesuffix("\n").removesuffix("\n...")


def _key(name: str, info: FieldInfo) -> Key:
    extra: dict[str, Any] = {"default": info.default}
    if callable(info.json_schema_extra):
        info.json_schema_extra(extra)
    section = _section_of(info)
    return Key(
        name=name,
        description=info.description or "",
        expects=extra["expects"],
        example=(info.examples or [None])[0],
        default=None if info.is_required() or section else extra.get("default"),
        unit=extra.get("unit", ""),
        unset=extra.get("unset", ""),
        required=info.is_required(),
        section=section,
    )


def _section_of(info: FieldInfo) -> type[BaseModel] | None:
    for candidate in (info.annotation, *typing.get_args(info.annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None
