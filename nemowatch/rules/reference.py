"""The reference page of the rules file (`docs/rules.md`), made from the models.

Called by `nemowatch/generate.py` and the tests. What it says stands in the models, the placeholders, the skills and
the built-in ignores; only the words between them are here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from nemowatch.rules import address_list, prompt_file
from nemowatch.rules.address_list import ADDRESS_LIST_TYPE
from nemowatch.rules.ignore import BUILTIN_IGNORES
from nemowatch.rules.keys import PlainDumper, keys_of, write_value
from nemowatch.rules.match import ACCEPTED_TYPES
from nemowatch.rules.model import RulesFile
from nemowatch.rules.prompt_file import PROMPT_FILE_ENDING
from nemowatch.rules.rule_keys import RuleKeys
from nemowatch.rules.skills import OWN_SKILL, SKILLS
from nemowatch.rules.source import Source
from nemowatch.rules.template import OUTPUT_PLACEHOLDERS, PLACEHOLDERS
from nemowatch.rules.tree import read_tree
from nemowatch.rules.validate import validate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nemowatch.rules.ignore import IgnoreGroup
    from nemowatch.rules.keys import Key

_SMALLEST = {
    "watch": "~/Recordings/interviews",
    "prompt": "extract one frame every 5 seconds and save them as images",
}
_NEEDS = {"frames": {"deliver": ["video", "frames"]}}
"""What stands beside a key so that its example loads."""

_BESIDE: dict[str, dict[str, Any]] = {
    "skill": {"source": "my-skill", "version": "1.2.0"},
    "notify": {"url": "ntfy://ntfy.example.org/recordings"},
    "hook": {"run": ["~/bin/publish", "{output}"]},
}
"""What stands beside a key of a section so that its example loads."""

_MISTAKE = "rules:\n  - watch: ~/Recordings/interviews\n    promt: extract the best moments\n    settle: 3\n"

_HEAD = """\
<!-- Made by `python -m nemowatch.generate` from nemowatch/rules/model.py: edit that, not this. -->

# The rules file

`~/.config/nemowatch/rules.yaml`, or the file that `--rules` or `NEMOWATCH_RULES` names. `nemowatch init`
writes a commented example, `nemowatch check` checks it, `nemowatch schema` prints the JSON Schema for
editors.

The smallest useful file:

{smallest}
* Every rule that takes a file makes its own job; `nemowatch check` warns where two take the same files.
* Times are a number and a unit: `250ms`, `3s`, `5m`, `1h30m`, `2d`. A rate is a count and a time: `30/1m`.
* Times of a recording may also be written as players show them, `1:30` or `1:02:03.5`, and count from its end
  with a minus: `-1m`.
* A text needs no quotes only because it looks like a number, a time or a yes: `language: no` is Norwegian.
* Where a list is expected, one value may stand alone.
* Anchors (`&`), aliases (`*`) and merges (`<<`) work. Tags (`!!`) don't.
* The file is UTF-8, at most 1 MiB.
"""


def reference_text() -> str:
    """Make the page."""
    parts = [_HEAD.format(smallest=_block({"rules": [_SMALLEST]}))]
    parts.append("## Top level\n")
    for key in keys_of(RulesFile):
        parts += _describe_key(key, "")
    parts.append("## Keys of a rule\n")
    for key in keys_of(RuleKeys):
        parts += _describe_key(key, "rules")
    parts += [_placeholders(), _prompt_files(), _address_lists(), _skills(), _ignores(), _mistakes()]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _describe_key(key: Key, above: str) -> Iterator[str]:
    inside = above not in {"", "rules"}
    yield f"### `{above}.{key.name}`\n" if inside else f"### `{key.name}`\n"
    yield f"{key.description}\n"
    yield "\n".join(_facts(key)) + "\n"
    yield _block(_whole_file(key, above))
    if key.section and key.section is not RuleKeys:
        for inner in keys_of(key.section):
            yield from _describe_key(inner, key.name)


def _facts(key: Key) -> Iterator[str]:
    yield f"* Value: {key.expects}"
    if key.unit:
        yield f"* Unit: {key.unit}"
    if key.required:
        yield "* Must be set"
    elif key.unset:
        yield f"* Without it: {key.unset}"
    elif key.default is not None:
        yield f"* Default: `{write_value(key.default)}`"


def _whole_file(key: Key, above: str) -> dict[str, Any]:
    """A file that loads as it stands and shows the key."""
    if above == "rules":
        return {"rules": [_SMALLEST | _NEEDS.get(key.name, {}) | {key.name: key.example}]}
    if key.name == "rules":
        return {"rules": key.example}
    shown = {above: _BESIDE.get(above, {}) | {key.name: key.example}} if above else {key.name: key.example}
    if above in RuleKeys.model_fields:
        return {"rules": [_SMALLEST | _NEEDS.get(above, {}) | shown]}
    return {**shown, "rules": [_SMALLEST]}


def _block(content: dict[str, Any]) -> str:
    text = yaml.dump(content, Dumper=_Indented, sort_keys=False, allow_unicode=True, width=100)
    return f"```yaml\n{text}```\n"


class _Indented(PlainDumper):
    """Writes lists indented below their key, as the example does."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 -- PyYAML's signature
        super().increase_indent(flow, indentless=False)


def _placeholders() -> str:
    rows = "\n".join(
        f"| `{{{name}}}` | {meaning} | {'yes' if name in OUTPUT_PLACEHOLDERS else 'no'} |"
        for name, meaning in PLACEHOLDERS.items()
    )
    return (
        "## Placeholders\n\n"
        "They work in `prompt`, and all but one in `output`. A plain brace is doubled: `{{`, `}}`.\n\n"
        f"| placeholder | stands for | in `output` |\n| --- | --- | --- |\n{rows}\n"
    )


def _prompt_files() -> str:
    name = f"talk.mp4{PROMPT_FILE_ENDING}"
    return (
        "## Prompts for one file\n\n"
        f"A text file `{name}` beside `talk.mp4` replaces the prompts of every rule that takes `talk.mp4`:\n\n"
        "```\ncut {stem} down to one minute\nadd burned-in captions\n```\n\n"
        "* One prompt a line; blank lines count for nothing, and there are no comments. Placeholders are filled in, "
        "and a plain brace is doubled, as in the rules.\n"
        "* An empty file changes nothing.\n"
        f"* The file is UTF-8, at most {prompt_file.MAX_BYTES // 1024} KiB and {prompt_file.MAX_PROMPTS} prompts. "
        "It is never an input itself, and never read through a symbolic link.\n"
        "* Where it can't be used, nothing is asked: the recording waits, with the reason in the log and in "
        "`nemowatch status`, until the file is mended or gone.\n"
        "* Save it before the recording. It is read once, when the recording has settled and becomes a job; what is "
        "saved later counts for `nemowatch jobs rerun` alone.\n"
        "* `nemowatch check --files` says which recordings have one.\n"
    )


def _address_lists() -> str:
    return (
        "## Lists of addresses\n\n"
        f"A text file whose name ends in `{ADDRESS_LIST_TYPE}` is an input by itself: one job, whose media the "
        "service fetches from the addresses in it. Nothing is uploaded from this machine but the addresses.\n\n"
        "```\n# Tuesday's talks\nhttps://media.example.org/talks/opening.mp4\n"
        "https://media.example.org/talks/keynote.mp4\n```\n\n"
        "* One address a line, starting with `http://` or `https://`; blank lines and lines that start with `#` "
        "count for nothing, and an address that stands there twice counts once.\n"
        f"* At most {address_list.MAX_ADDRESSES} addresses in {address_list.MAX_BYTES // 1024**2} MiB of UTF-8; none "
        "with a user name or password in it.\n"
        "* Rules take it as they take a recording: without `match`, or by a pattern such as "
        f"`*{ADDRESS_LIST_TYPE}`; after the same quiet time. Without an address in it, it is waited for, as an empty "
        "recording is.\n"
        "* A list with a wrong line is refused as a whole, with its line and the cause in the log. When it is saved "
        "anew it is looked at again.\n"
    )


def _skills() -> str:
    rows = "\n".join(
        f"| `{skill.source}` | {'the version of NemoWatch' if skill is OWN_SKILL else skill.version} "
        f"| {skill.default_prompt or 'none'} |"
        for skill in SKILLS.values()
    )
    return f"## Skills\n\n| skill | version | default prompt |\n| --- | --- | --- |\n{rows}\n"


def _ignores() -> str:
    rows = "\n".join(f"| {group.reason} | {', '.join(_names(group))} |" for group in BUILTIN_IGNORES)
    types = " ".join(sorted(suffix[1:] for suffix in ACCEPTED_TYPES))
    return (
        "## What is never taken\n\n"
        f"* What the service does not accept. It accepts {types}; more is taken by rules with `convert: true`.\n"
        "* What lies in an output folder.\n"
        "* What is hidden: its name, or that of a folder above it, starts with a dot.\n"
        "* What has one of these names, or lies in a folder that has; upper and lower case are the same:\n\n"
        f"| what it is | names |\n| --- | --- |\n{rows}\n"
    )


def _names(group: IgnoreGroup) -> list[str]:
    starts = (f"{prefix}*" for prefix in group.prefixes)
    ends = (f"*{suffix}" for suffix in group.suffixes)
    shapes = (shape.example for shape in group.shapes)
    return [f"`{name}`" for name in (*group.names, *starts, *ends, *shapes)]


def _mistakes() -> str:
    source = Source(Path("rules.yaml"), _MISTAKE, tuple(_MISTAKE.split("\n")))
    shown = "\n".join(str(problem) for problem in validate(read_tree(source)).problems[::-1])
    return (
        "## When something is wrong\n\n"
        "All problems are shown at once, each with its line, column and what was expected; "
        "the exit code is 4:\n\n"
        f"```\n{shown}\n```\n\n"
        "An output folder from which outputs could come back as inputs is refused; so is a watch folder "
        "that does not exist.\n"
    )
