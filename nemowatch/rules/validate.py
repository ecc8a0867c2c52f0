"""From plain values with places to the pydantic model, with every error in words and at its place.

Called by loading. What is wrong is reported and then left out, so that the rest can be checked too: all
errors are shown at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from nemowatch.rules.keys import key_of, level_at, levels_with, suggest_key, write_value
from nemowatch.rules.kinds import Suggestion
from nemowatch.rules.model import RulesFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic_core import ErrorDetails

    from nemowatch.rules.problems import Problem
    from nemowatch.rules.tree import Path, Tree

_MAX_FOUND = 60


@dataclass(frozen=True)
class Checked:
    """What became of the file's values.

    Attributes:
        file: the model, without what was wrong; None when nothing useful is left.
        problems: what was wrong.
        broken: the paths that were left out, (section, key) or ("rules", number, key).
    """

    file: RulesFile | None
    problems: tuple[Problem, ...]
    broken: frozenset[Path]


def validate(tree: Tree) -> Checked:
    """Check the whole file against the models."""
    if not isinstance(tree.data, dict) or not tree.data:
        return Checked(None, (_refuse_top(tree),), frozenset())
    try:
        return Checked(RulesFile.model_validate(tree.data), (), frozenset())
    except ValidationError as error:
        details = [detail for detail in error.errors(include_url=False) if not _is_echo(detail)]
    problems = tuple(_explain(tree, detail) for detail in details)
    broken = frozenset(path for detail in details for path in _broken_by(detail))
    return Checked(_validate_rest(tree.data, broken), problems, broken)


def _refuse_top(tree: Tree) -> Problem:
    found = "the file is empty" if tree.data in (None, {}) else f"found {_describe(tree.data)}"
    message = f'expected a list of rules under the key "rules"; {found}. `nemowatch init` writes an example.'
    return tree.problem((), message)


def _is_echo(detail: ErrorDetails) -> bool:
    """Pydantic counts only the good items of a list: one bad item alone also makes the list "too short"."""
    return detail["type"] == "too_short" and bool(detail["input"])


def _broken_by(detail: ErrorDetails) -> Iterator[Path]:
    """The key at fault; for a misspelt one also the key that was meant, which is then not "missing"."""
    path = detail["loc"]
    if path[0] == "rules":
        yield path[:3]
    else:
        # One of a list of sections that is wrong takes the list with it.
        yield path[:1] if len(path) > 1 and isinstance(path[1], int) else path[:2]
    level = level_at(path[:-1])
    if detail["type"] == "extra_forbidden" and level:
        yield (*path[:-1], suggest_key(level, str(path[-1])))


def _validate_rest(data: dict[str, Any], broken: frozenset[Path]) -> RulesFile | None:
    """Validate what is left without the broken keys; a rule that is no mapping becomes an empty one."""
    try:
        return RulesFile.model_validate(_without(data, (), broken))
    except ValidationError:  # "rules" itself is missing or no list: there is nothing more to check
        return None


def _without(value: object, path: Path, broken: frozenset[Path]) -> object:
    if isinstance(value, dict):
        kept = {key: each for key, each in value.items() if (*path, key) not in broken}
        return {key: _without(each, (*path, key), broken) for key, each in kept.items()}
    if isinstance(value, list) and path == ("rules",):
        return [
            {} if (*path, index) in broken else _without(each, (*path, index), broken)
            for index, each in enumerate(value)
        ]
    return value


def _explain(tree: Tree, detail: ErrorDetails) -> Problem:
    path = _path_in(tree, detail["loc"])
    if detail["type"] == "extra_forbidden":
        return _explain_unknown(tree, path)
    if detail["type"] == "missing":
        return _explain_missing(tree, path)
    while path not in tree.places:  # one text that was read as a list of one has no places of its own
        path = path[:-1]
    cause = detail.get("ctx", {}).get("error")
    if detail["type"] == "value_error" and cause is not None:
        suggestion = cause.suggestion if isinstance(cause, Suggestion) else ""
        return tree.problem(path, f"{cause}.", suggestion=suggestion)
    return _explain_wrong(tree, path)


def _path_in(tree: Tree, location: Path) -> Path:
    """Where a model's location is in the file: what was read as a list of one has no number there."""
    path: Path = ()
    for part in location:
        if not isinstance(part, int) or (*path, part) in tree.places:
            path = (*path, part)
    return path


def _explain_unknown(tree: Tree, path: Path) -> Problem:
    level, name = level_at(path[:-1]), str(path[-1])
    suggestion = suggest_key(level, name) if level else ""
    message = "unknown key."
    if name.lower() in {"token", "nemo_token", "api_key", "key", "password"}:
        message += " A token is never kept in this file: set NEMO_TOKEN in the environment."
        suggestion = ""
    elif belongs := levels_with(name):
        message += f" It belongs {' or '.join(belongs)}."
        suggestion = ""
    elif not suggestion and level:
        message += f" Keys here: {', '.join(level.model_fields)}."
    return tree.problem(path, message, at_key=True, suggestion=suggestion)


def _explain_missing(tree: Tree, path: Path) -> Problem:
    name = str(path[-1])
    level = level_at(path[:-1])
    key = key_of(level, name) if level else None
    example = f", for example `{name}: {write_value(key.example)}`" if key else ""
    return tree.problem(path[:-1], f'the key "{name}" is missing{example}.', at_key=True)


def _explain_wrong(tree: Tree, path: Path) -> Problem:
    value = tree.value_at(path)
    named = path
    while named and isinstance(named[-1], int):
        named = named[:-1]
    name = str(named[-1])
    level = level_at(named[:-1])
    key = key_of(level, name) if level else None
    if key is None:
        return tree.problem(path, f"found {_describe(value)}, which does not belong here.")
    if named != path and key.section:
        one = key.example[0] if isinstance(key.example, list) else key.example
        keys = "a rule's keys" if key.name == "rules" else ", ".join(key.section.model_fields)
        expects, example = f"a mapping of {keys}", write_value(one)
    else:
        expects, example = key.expects, f"{name}: {write_value(key.example)}"
    return tree.problem(path, f"expected {expects}, for example `{example}`; found {_describe(value)}.")


def _describe(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping (key: value)" if value else "an empty mapping"
    if isinstance(value, list | tuple):
        return "a list" if value else "an empty list"
    text = cast("str", value)
    return f'"{text}"' if len(text) <= _MAX_FOUND else f'"{text[:_MAX_FOUND]}…"'
