"""Are the folders that the rules name folders, and could an output ever come back as an input?

Called by loading, once per reading of the rules. Looks at the disk (kind of a folder, symbolic links) and
changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nemowatch.rules.template import fixed_root

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


@dataclass(frozen=True)
class Placed:
    """What the folder checks need of one rule.

    Attributes:
        index: the rule's number in the file, from 0.
        name: the rule's name.
        watch: its folders.
        recursive: whether it looks into subfolders.
        output: its output template; empty when that is broken.
        move: the template of the folder into which recordings are moved; empty when none is, or it is broken.
    """

    index: int
    name: str
    watch: tuple[Path, ...]
    recursive: bool
    output: str
    move: str = ""


@dataclass(frozen=True)
class Finding:
    """Something wrong with a rule's folders.

    Attributes:
        index: the rule's number in the file, from 0.
        key: `watch`, `output` or `after`.
        item: which of the rule's folders, or the key below `after`; 0 for `output`.
        message: what is wrong and how to mend it.
    """

    index: int
    key: str
    item: int | str
    message: str


def find_relative(rules: Iterable[Placed]) -> Iterator[Finding]:
    """Report each watch folder that is no whole path: a daemon has no current folder to start from."""
    for rule in rules:
        for item, folder in enumerate(rule.watch):
            if not folder.is_absolute():
                message = f'the folder "{folder}" is not a whole path; it starts with "/" or "~/".'
                yield Finding(rule.index, "watch", item, message)


def find_unusable(rules: Iterable[Placed]) -> Iterator[Finding]:
    """Report each watch folder that is no folder, or is named twice in one rule.

    One that does not exist may be on a disk that is not there yet: it is offline, and `check` warns of it.
    """
    for rule in rules:
        first: dict[Path, int] = {}
        for item, folder in enumerate(rule.watch):
            message = _look_at(folder) if folder.is_absolute() else ""
            if message:
                yield Finding(rule.index, "watch", item, message)
                continue
            twin = first.setdefault(_resolved(folder), item)
            if twin != item:
                message = f"this is the same folder as {rule.watch[twin]}. Name it once."
                yield Finding(rule.index, "watch", item, message)


def find_loops(rules: Sequence[Placed]) -> Iterator[Finding]:
    """Report each output folder from which outputs could be taken as inputs, of the same or another rule."""
    watched = _Watched(rules)
    for rule in rules:
        trouble = next(filter(None, map(watched.describe_loop, _roots_of(rule, rule.output))), None)
        if trouble:
            message = (
                f"outputs could be taken as new recordings: the output folder {trouble}. "
                "Choose a folder beside it, such as {watch}-output/{stem}."
            )
            yield Finding(rule.index, "output", 0, message)


def find_moves(rules: Sequence[Placed]) -> Iterator[Finding]:
    """Report each folder into which recordings are moved where they could be taken again, or mix with outputs."""
    watched = _Watched(rules)
    outputs = {root: rule for rule in rules for _, root in _roots_of(rule, rule.output)}
    for rule in rules:
        for _, root in _roots_of(rule, rule.move):
            loop = watched.describe_loop((rule, root))
            if loop:
                message = (
                    f"recordings that were moved there could be taken again: the folder {loop}. "
                    "Choose a folder beside it, such as {watch}-done."
                )
                yield Finding(rule.index, "after", "move", message)
                break
            owner = next((outputs[place] for place in (root, *root.parents) if place in outputs), None)
            if owner is not None:
                message = (
                    f'the folder {root} lies among the outputs of the rule "{owner.name}". '
                    "Choose a folder beside them, such as {watch}-done."
                )
                yield Finding(rule.index, "after", "move", message)
                break


def _roots_of(rule: Placed, template: str) -> Iterator[tuple[Placed, Path]]:
    for folder in filter(Path.is_absolute, rule.watch if template else ()):
        yield rule, _resolved(fixed_root(template, {"watch": str(folder), "rule": rule.name}))


class _Watched:
    """All watch folders, found by themselves and by the folders above them."""

    def __init__(self, rules: Sequence[Placed]) -> None:
        self._at: dict[Path, list[tuple[Placed, Path]]] = {}
        self._below: dict[Path, tuple[Placed, Path]] = {}
        for rule in rules:
            for folder in filter(Path.is_absolute, rule.watch):
                place = _resolved(folder)
                self._at.setdefault(place, []).append((rule, folder))
                for above in place.parents:
                    self._below.setdefault(above, (rule, folder))

    def describe_loop(self, output: tuple[Placed, Path]) -> str:
        """Say how an output folder and a watch folder lie, if outputs could become inputs; else nothing.

        Another rule's folder that is not looked into deeper may hold an output folder (`~/Recordings` beside
        `~/Recordings/talks` is common); a rule's own may not, or one key more (`recursive`) would close the
        loop.
        """
        rule, root = output
        if root in self._at:
            return f"{root} is {_whose(rule, *self._at[root][0])}"
        if root in self._below:
            return f"{root} holds {_whose(rule, *self._below[root])}"
        for above in root.parents:
            for other, folder in self._at.get(above, ()):
                if other is rule or other.recursive:
                    return f"{root} lies inside {_whose(rule, other, folder)}"
        return ""


def _whose(rule: Placed, other: Placed, folder: Path) -> str:
    owner = "this rule" if other is rule else f'the rule "{other.name}"'
    return f"{folder}, which {owner} watches"


def _look_at(folder: Path) -> str:
    try:
        return "" if folder.is_dir() or not folder.exists() else f"{folder} is a file, not a folder."
    except OSError:  # what can't be looked at now is offline
        return ""


def _resolved(folder: Path) -> Path:
    try:
        return folder.resolve()
    except (OSError, RuntimeError):  # a ring of links, a folder above that can't be read: compare as written
        return folder
