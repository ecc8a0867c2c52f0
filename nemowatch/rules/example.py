"""The commented example: three rules, one for each skill, and every other key with its default.

Made from the models, for `nemowatch init` and for the `rules.example.yaml` of the project. A `#` right
before a key comments it out; without the `#` it holds.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nemowatch.errors import NemoWatchError
from nemowatch.rules.keys import keys_of, write_value
from nemowatch.rules.model import RulesFile
from nemowatch.rules.rule_keys import RuleKeys

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from nemowatch.rules.keys import Key

_WIDTH = 100
_HEAD = """\
# NemoWatch rules: save a recording into a folder; what you asked for appears in the folder beside it.
#
# `nemowatch check --files` says which file would make which job, and why others would not.
# A "#" right before a key: the key's default, or an example where there is none; delete the "#" to set it.
# Editors complete and check this file after `nemowatch schema > rules.schema.json`, with this first line:
# yaml-language-server: $schema=rules.schema.json
"""


@dataclass(frozen=True)
class ExampleRule:
    """One rule of the example: what it shows, and its keys."""

    shows: str
    keys: Mapping[str, Any]


EXAMPLE_RULES = (
    ExampleRule(
        "Stills of interviews. The skill brings its prompt along.",
        {
            "name": "interview-frames",
            "watch": "~/Recordings/interviews",
            "skill": "ai-video-frames",
            "deliver": ["frames"],
        },
    ),
    ExampleRule(
        "Key moments of webinars, as separate clips.",
        {
            "name": "webinar-clips",
            "watch": "~/Recordings/webinars",
            "skill": "video-extractor",
            "prompt": "extract the key highlights and save them as separate clips",
            "deliver": ["video", "clips"],
        },
    ),
    ExampleRule(
        "Short clips of podcasts, each scored, with captions.",
        {
            "name": "podcast-shorts",
            "watch": "~/Recordings/podcasts",
            "skill": "opusclip",
            "prompt": [
                "extract the top 5 viral short clips from this long video",
                "add burned-in captions",
                "export 1080p MP4",
            ],
        },
    ),
)


class RulesExist(NemoWatchError):
    """There is a rules file already; it is never overwritten."""

    exit_code = 2


def write_example(path: Path) -> None:
    """Write the example to a new file, making the folders above it.

    Raises:
        RulesExist: something of that name is there.
        NemoWatchError: the file can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(example_text())
    except FileExistsError as error:
        raise RulesExist(
            f"{path} exists already and is left as it is.",
            hint="Edit it, or name another file with --rules PATH.",
        ) from error
    except OSError as error:
        raise NemoWatchError(f"{path} can't be written: {error.strerror}.") from error


def example_text() -> str:
    """Make the example."""
    lines = [_HEAD, "rules:"]
    for number, example in enumerate(EXAMPLE_RULES):
        lines += [*_comment(example.shows, "  "), *_set_keys(example.keys)]
        if number == 0:
            lines += ["", *_comment("Every other key of a rule:", "    "), *_other_keys(example.keys)]
        lines.append("")
    lines += _comment("For all rules:", "")
    for key in keys_of(RulesFile):
        if key.name != "rules":
            lines += ["", *_setting(key, "")]
    return "\n".join(lines) + "\n"


def _set_keys(keys: Mapping[str, Any]) -> Iterator[str]:
    for number, (name, value) in enumerate(keys.items()):
        lead = "  - " if number == 0 else "    "
        if isinstance(value, list):
            yield f"{lead}{name}:"
            yield from (f"      - {write_value(item)}" for item in value)
        else:
            yield f"{lead}{name}: {write_value(value)}"


def _other_keys(keys: Mapping[str, Any]) -> Iterator[str]:
    for key in keys_of(RuleKeys):
        if key.name not in keys:
            yield from _setting(key, "    ")


def _setting(key: Key, indent: str) -> Iterator[str]:
    """Write one key: what it is, then its line; a section with all its keys below it."""
    without = f" Without it: {key.unset}." if key.unset else ""
    yield from _comment(key.description + without, indent)
    if key.section and key.section is not RuleKeys:
        yield f"{indent}#{key.name}:"
        for inner in keys_of(key.section):
            yield from _setting(inner, f"{indent}  ")
    else:
        value = key.example if key.default is None else key.default
        yield f"{indent}#{key.name}: {write_value(value)}"


def _comment(text: str, indent: str) -> list[str]:
    lead = f"{indent}# "
    return textwrap.wrap(text, _WIDTH, initial_indent=lead, subsequent_indent=lead, break_on_hyphens=False)
