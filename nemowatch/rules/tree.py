"""YAML as plain values that know their places: dicts, lists, texts and None, with line and column of each.

Called by loading. Every scalar stays the text that was written (`5`, `on`, `0:30`, `1.10`): the model knows
what it wants and reads it so, where YAML's own guessing would turn a version into a number and a country code
into "false". Anchors, aliases and merges work; their unfolding is counted before anything is built, so that
a file can never grow in memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import yaml

from nemowatch.rules.problems import Problem, RulesInvalid

if TYPE_CHECKING:
    from nemowatch.rules.source import Source

Path = tuple[str | int, ...]
"""Where a value stands: ("rules", 2, "prompt")."""

MAX_DEPTH = 20
MAX_VALUES = 50_000

# libyaml where PyYAML was built with it (its wheels are): 20 times as fast.
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_EMPTY_WORDS = frozenset({"", "~", "null", "Null", "NULL"})
_PLAIN_ENGLISH = (
    ("mapping values are not allowed", 'a ":" is not allowed here: put a text that holds ": " in quotes'),
    ("cannot start any token", "this character can't start a value here: put the text in quotes"),
    ("could not find expected ':'", 'a ":" is missing after this key'),
    ("unexpected end of stream", "a quote is opened here or above and never closed"),
    ("undefined alias", "this alias (*) names an anchor (&) that is not set above it"),
    ("another document", "a second document (---) starts here: the rules are one"),
    ("expected ',' or ']'", 'a "," or the closing "]" is missing; quote texts that hold brackets or braces'),
    ("expected ',' or '}'", 'a "," or the closing "}" is missing; quote texts that hold brackets or braces'),
    ("block collection", "this line is not part of the list above it: check the spaces before it"),
    ("block mapping", "this line does not fit the keys above it: check the spaces before it"),
    ("unknown directive", "a line that starts with % is not understood here"),
    ("node content", "a value is missing here; perhaps a bracket is left open"),
)


@dataclass(frozen=True)
class Place:
    """Line and column, counted from 1, of a value and of its key (None for an item of a list)."""

    value: tuple[int, int]
    key: tuple[int, int] | None = None


@dataclass
class Tree:
    """The file's content.

    Attributes:
        data: dicts with text keys, lists, texts and None.
        places: where each value stands, by path.
        problems: what is wrong already (keys set twice, wrong merges).
    """

    source: Source
    data: object = None
    places: dict[Path, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place_of(self, path: Path) -> Place:
        """Where a value stands; for one that is not in the file, where what holds it stands."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place((1, 1)))

    def value_at(self, path: Path) -> object:
        """The value that stands at a path of the file."""
        value: Any = self.data
        for part in path:
            value = value[part]
        return value

    def problem(self, path: Path, message: str, *, at_key: bool = False, suggestion: str = "") -> Problem:
        """Describe a problem of the value at a path, or of its key."""
        place = self.place_of(path)
        line, column = (place.key or place.value) if at_key else place.value
        return self.source.problem(line, column, message, where=show_path(path), suggestion=suggestion)


def show_path(path: Path) -> str:
    """Write a path as people read it: `rules[2].prompt`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def read_tree(source: Source) -> Tree:
    """Read the text as one YAML document.

    Raises:
        RulesInvalid: it is not YAML, or nested, long or unfolding beyond all reason.
    """
    try:
        _Guard(source).watch()
        node = yaml.compose(source.text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        raise RulesInvalid(_explain(source, error)) from error
    tree = Tree(source)
    if node is not None:
        tree.data = _Builder(tree).build(node, (), None)
    return tree


def _explain(source: Source, error: yaml.MarkedYAMLError) -> list[Problem]:
    """Say a YAML error in plain English; where tabs indent, they are named: they are the usual cause."""
    tabs = [
        source.problem(number, line.index("\t") + 1, "a tab indents this line; YAML allows spaces alone.")
        for number, line in enumerate(source.lines, start=1)
        if "\t" in line[: len(line) - len(line.lstrip())]
    ]
    if tabs:
        return tabs
    said = f"{error.problem} {error.context or ''}"
    meaning = next((words for sign, words in _PLAIN_ENGLISH if sign in said), str(error.problem))
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if line > len(source.lines) or not source.lines[line - 1].strip():
        line = next((n for n in range(min(line, len(source.lines)), 0, -1) if source.lines[n - 1].strip()), 1)
        column = len(source.lines[line - 1]) + 1
    return [source.problem(line, column, f"this is not YAML: {meaning}.")]


class _Guard:
    """Walks the parser's events, building nothing, and stops at the first sign of a bomb."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._anchors: dict[str, int] = {}
        self._open: list[tuple[str | None, int]] = []
        self._values = 0

    def watch(self) -> None:
        for event in yaml.parse(self._source.text, Loader=_LOADER):
            self._refuse_tag(event)
            if isinstance(event, yaml.AliasEvent):
                self._unfold(event)
            elif isinstance(event, yaml.ScalarEvent):
                self._count(1, event)
                self._anchors.update({event.anchor: 1} if event.anchor else {})
            elif isinstance(event, yaml.CollectionStartEvent):
                self._open.append((event.anchor, self._values))
                self._count(1, event)
                if len(self._open) > MAX_DEPTH:
                    raise self._refuse(event, f"nested deeper than {MAX_DEPTH} levels")
            elif isinstance(event, yaml.CollectionEndEvent):
                anchor, before = self._open.pop()
                if anchor:
                    self._anchors[anchor] = self._values - before

    def _unfold(self, event: yaml.AliasEvent) -> None:
        if any(anchor == event.anchor for anchor, _ in self._open):
            raise self._refuse(event, f"the alias *{event.anchor} stands inside its own anchor")
        self._count(self._anchors.get(event.anchor or "", 1), event)

    def _count(self, values: int, event: yaml.Event) -> None:
        self._values += values
        if self._values > MAX_VALUES:
            raise self._refuse(event, f"the file holds more than {MAX_VALUES:,} values, aliases unfolded")

    def _refuse_tag(self, event: yaml.Event) -> None:
        tag = getattr(event, "tag", None)
        if tag not in (None, "!"):
            short = tag.replace("tag:yaml.org,2002:", "!!")
            raise self._refuse(event, f"tags ({short}) are not understood in the rules. Leave it out")

    def _refuse(self, event: yaml.Event, message: str) -> RulesInvalid:
        mark = event.start_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return RulesInvalid([self._source.problem(line, column, f"{message}.")])


class _Builder:
    """Turns the node graph into plain values, noting the place of each."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def build(self, node: yaml.Node, path: Path, key: yaml.Node | None) -> object:
        self._tree.places[path] = Place(_mark(node), _mark(key) if key is not None else None)
        if isinstance(node, yaml.MappingNode):
            return self._build_mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, index), None) for index, item in enumerate(node.value)]
        is_plain = isinstance(node, yaml.ScalarNode) and not node.style
        return None if is_plain and node.value in _EMPTY_WORDS else str(node.value)

    def _build_mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        merged: dict[str, object] = {}
        for key, value in node.value:
            if _is_merge(key):
                merged |= self._merge(value, path)
        own: dict[str, object] = {}
        for key, value in node.value:
            if not _is_merge(key):
                self._add(own, key, value, path)
        return merged | own

    def _add(self, own: dict[str, object], key: yaml.Node, value: yaml.Node, path: Path) -> None:
        if not isinstance(key, yaml.ScalarNode):
            self._complain(key, path, "a key must be a word, not a list or a mapping.")
        elif key.value in own:
            first = self._tree.places[*path, key.value].key
            line = first[0] if first else 0
            self._complain(key, (*path, key.value), f"this key is set already, on line {line}.")
        else:
            own[key.value] = self.build(value, (*path, key.value), key)

    def _merge(self, node: yaml.Node, path: Path) -> dict[str, object]:
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        merged: dict[str, object] = {}
        for source in reversed(sources):  # YAML's rule: of several, the first one named wins
            if isinstance(source, yaml.MappingNode):
                merged |= self._build_mapping(source, path)
            else:
                self._complain(source, (*path, "<<"), "only a mapping can be merged.")
        return merged

    def _complain(self, node: yaml.Node, path: Path, message: str) -> None:
        line, column = _mark(node)
        self._tree.problems.append(self._tree.source.problem(line, column, message, where=show_path(path)))


def _is_merge(key: yaml.Node) -> bool:
    return bool(key.tag == "tag:yaml.org,2002:merge")


def _mark(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1
