"""Are the folders that the rules name folders, and could an output ever come back as an input?

Called by loading, once per reading of the rules. Looks at the disk (kind of a folder, symbolic links) and
changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nemowatch.rules.disk import look_at
from nemowatch.rules.template import fixed_root

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from nemowatch.rules.disk import Look


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


def find_wrong_folders(rules: Sequence[Placed]) -> list[Finding]:
    """Report whatever is wrong with the folders; looks at each of them once, and waits for none for long."""
    looks = look_at(_named(rules))
    return [
        *_find_relative(rules),
        *_find_unusable(rules, looks),
        *_find_loops(rules, looks),
        *_find_moves(rules, looks),
    ]


def _named(rules: Iterable[Placed]) -> Iterator[Path]:
    """All folders that have a say: those watched, those of outputs, those into which recordings are moved."""
    for rule in rules:
        yield from filter(Path.is_absolute, rule.watch)
        yield from _roots_of(rule, rule.output)
        yield from _roots_of(rule, rule.move)


def _find_relative(rules: Iterable[Placed]) -> Iterator[Finding]:
    """Report each watch folder that is no whole path: a daemon has no current folder to start from."""
    for rule in rules:
        for item, folder in enumerate(rule.watch):
            if not folder.is_absolute():
                message = f'the folder "{folder}" is not a whole path; it starts with "/" or "~/".'
                yield Finding(rule.index, "watch", item, message)


def _find_unusable(rules: Iterable[Placed], looks: Mapping[Path, Look]) -> Iterator[Finding]:
    """Report each watch folder that is no folder, or is named twice in one rule.

    One that does not exist may be on a disk that is not there yet: it is offline, and `check` warns of it.
    """
    for rule in rules:
        first: dict[Path, int] = {}
        for item, folder in enumerate(rule.watch):
            if not folder.is_absolute():
                continue
            look = looks[folder]
            if look.is_file:
                yield Finding(rule.index, "watch", item, f"{folder} is a file, not a folder.")
                continue
            twin = first.setdefault(look.place, item)
            if twin != item:
                message = f"this is the same folder as {rule.watch[twin]}. Name it once."
                yield Finding(rule.index, "watch", item, message)


def _find_loops(rules: Sequence[Placed], looks: Mapping[Path, Look]) -> Iterator[Finding]:
    """Report each output folder from which outputs could be taken as inputs, of the same or another rule."""
    watched = _Watched(rules, looks)
    for rule in rules:
        places = [looks[root].place for root in _roots_of(rule, rule.output)]
        trouble = next(filter(None, (watched.describe_loop(rule, place) for place in places)), None)
        if trouble:
            message = (
                f"outputs could be taken as new recordings: the output folder {trouble}. "
                "Choose a folder beside it, such as {watch}-output/{stem}."
            )
            yield Finding(rule.index, "output", 0, message)


def _find_moves(rules: Sequence[Placed], looks: Mapping[Path, Look]) -> Iterator[Finding]:
    """Report each folder into which recordings are moved where they could be taken again, or mix with outputs."""
    watched = _Watched(rules, looks)
    outputs = {looks[root].place: rule for rule in rules for root in _roots_of(rule, rule.output)}
    for rule in rules:
        for root in (looks[root].place for root in _roots_of(rule, rule.move)):
            loop = watched.describe_loop(rule, root)
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


def _roots_of(rule: Placed, template: str) -> Iterator[Path]:
    for folder in filter(Path.is_absolute, rule.watch if template else ()):
        yield fixed_root(template, {"watch": str(folder), "rule": rule.name})


class _Watched:
    """All watch folders, found by themselves and by the folders above them."""

    def __init__(self, rules: Sequence[Placed], looks: Mapping[Path, Look]) -> None:
        self._at: dict[Path, list[tuple[Placed, Path]]] = {}
        self._below: dict[Path, tuple[Placed, Path]] = {}
        for rule in rules:
            for folder in filter(Path.is_absolute, rule.watch):
                place = looks[folder].place
                self._at.setdefault(place, []).append((rule, folder))
                for above in place.parents:
                    self._below.setdefault(above, (rule, folder))

    def describe_loop(self, rule: Placed, root: Path) -> str:
        """Say how an output folder and a watch folder lie, if outputs could become inputs; else nothing.

        Another rule's folder that is not looked into deeper may hold an output folder (`~/Recordings` beside
        `~/Recordings/talks` is common); a rule's own may not, or one key more (`recursive`) would close the
        loop.
        """
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
