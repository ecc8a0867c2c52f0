"""Which files a rule takes, and in words why it does not take the others.

A `Matcher` is compiled once per rule and asked by intake for every path of every scan (100,000 of them in a
large folder), so the cheap questions come first and answers about folders are kept. It never touches the
disk: links, kinds and contents are intake's business.
"""

from __future__ import annotations

import os
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from nemowatch.rules.address_list import ADDRESS_LIST_TYPE
from nemowatch.rules.ignore import ignored_part
from nemowatch.rules.prompt_file import PROMPT_FILE_ENDING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from pathlib import Path

    from nemowatch.rules.rule import Rule

ACCEPTED_TYPES = frozenset(
    {".mp4", ".mov", ".avi", ".webm", ".mkv"}
    | {".jpg", ".png", ".gif", ".webp"}
    | {".mp3", ".wav", ".m4a", ".aac"}
)
"""What the service accepts, as file name suffixes in lower case."""

CONVERTIBLE_TYPES = frozenset(
    {".ts", ".m2ts", ".mts", ".mpg", ".mpeg", ".vob", ".wmv", ".asf", ".flv", ".mxf", ".3gp", ".3g2", ".m4v"}
    | {".flac", ".ogg", ".oga", ".opus", ".wma", ".aiff", ".aif", ".caf", ".ac3", ".mka", ".amr", ".wv"}
)
"""What the service does not accept, and a rule with `convert` takes: it is converted before the upload."""

INPUT_TYPES = ACCEPTED_TYPES | {ADDRESS_LIST_TYPE}
"""What every rule may take: what the service accepts, and lists of addresses."""

_MAX_KEPT_FOLDERS = 20_000
_ONLY_AN_ENDING = re.compile(r"\*[^\s*?\[\]\\!]+")
"""A star and then plain characters, as in `*-final.mp4`."""


@dataclass(frozen=True)
class Verdict:
    """Whether a rule takes a file, and why, in words for a person."""

    matches: bool
    reason: str


class Matcher:
    """The compiled form of a rule's `watch`, `match`, `ignore` and `recursive`.

    Args:
        rule: the rule.
        keep_out: output folders of all rules; nothing inside one is ever taken.
    """

    def __init__(self, rule: Rule, keep_out: Collection[Path] = ()) -> None:
        self._rule = rule
        self._types = input_types(rule)
        self._type_check = _compile_type_check(self._types)
        deepest_first = sorted(rule.watch, key=lambda folder: len(folder.parts), reverse=True)
        self._folders = tuple((_with_slash(folder), folder) for folder in deepest_first)
        self._keep_out = tuple(_with_slash(folder) for folder in keep_out)
        self._match = _Patterns(rule.match)
        self._match_any_case = _Patterns(pattern.lower() for pattern in rule.match)
        self._ignore = _Patterns(rule.ignore)
        self._folder_reasons: dict[str, str] = {}

    def folder_of(self, path: Path) -> Path | None:
        """The watch folder of this rule that looks at a path: the deepest one that holds it.

        None when no folder holds it, or when it lies in a subfolder and the rule is not recursive.
        """
        found = self._locate(os.fspath(path))
        return found[1] if found else None

    def may_match(self, path: str) -> bool:
        """A quick question to ask before `match`, which finds words for its answer: False where it is a no for sure.

        Of a path that a pattern takes, one part at least has a name that the pattern's last name takes: the file
        itself, or a folder that is taken as a whole.
        """
        prefix = next((prefix for prefix, _ in self._folders if path.startswith(prefix)), None)
        if prefix is None or not self._match:
            return prefix is not None
        return any(map(self._match.part_check, path[len(prefix) :].split("/")))

    def match(self, path: Path) -> Verdict:
        """Decide about a file by its path alone."""
        text = os.fspath(path)
        found = self._locate(text)
        if found:
            return self._judge(text, _normal(text[len(found[0]) :]))
        if any(text.startswith(prefix) for prefix, _ in self._folders):
            return Verdict(matches=False, reason="lies in a subfolder, and the rule is not recursive")
        return Verdict(matches=False, reason="lies in none of the rule's folders")

    def name_check(self, folder: str) -> Callable[[str], object] | None:
        """A quick question to ask about each name in a folder, before `match` is asked about its path.

        It lets on whatever `match` would take, and most often nothing else. None when no file that lies in the
        folder itself is taken, whatever its name.
        """
        found = self._locate(f"{folder.rstrip('/')}/.")
        if found is None:
            return None
        prefix = found[0]
        relative = _normal(folder[len(prefix) :])
        if self._folder_reason(_with_slash(folder), relative):
            return None
        if not self._match or (relative and self._match.deciding(f"{relative}/")):
            return self._type_check
        return self._match.name_check

    def may_contain(self, folder: Path) -> bool:
        """Whether a scan must look into a folder.

        False for hidden, ignored and output folders, and for subfolders when the rule is not recursive.
        """
        return not self.refuse_folder(folder)

    def refuse_folder(self, folder: Path) -> str:
        """Why a scan need not look into a folder, in words for a person; empty when it must."""
        text = os.fspath(folder)
        if any(text == os.fspath(watched) for _, watched in self._folders):
            return ""
        prefix = next((prefix for prefix, _ in self._folders if text.startswith(prefix)), None)
        if prefix is None:
            return "lies in none of the rule's folders"
        reason = self._folder_reason(f"{text}/", _normal(text[len(prefix) :]))
        return reason or ("" if self._rule.recursive else "a subfolder, and the rule is not recursive")

    def _locate(self, text: str) -> tuple[str, Path] | None:
        for prefix, folder in self._folders:
            if text.startswith(prefix) and (self._rule.recursive or "/" not in text[len(prefix) :]):
                return prefix, folder
        return None

    def _judge(self, text: str, relative: str) -> Verdict:
        parent, _, name = relative.rpartition("/")
        reason = (
            ignored_part((name,))
            or _refuse_type(name, self._types)
            or self._folder_reason(f"{text.rpartition('/')[0]}/", parent)
            or self._ignore.reason("ignored by the rule's pattern", relative)
        )
        if reason:
            return Verdict(matches=False, reason=reason)
        return self._judge_by_patterns(relative, name)

    def _judge_by_patterns(self, relative: str, name: str) -> Verdict:
        if not self._match:
            return Verdict(matches=True, reason=_accepted(_suffix(name)))
        pattern = self._match.deciding(relative)
        if pattern and not pattern.startswith("!"):
            return Verdict(matches=True, reason=f"matches the rule's pattern '{pattern}'")
        if pattern:
            return Verdict(matches=False, reason=f"left out by the rule's pattern '{pattern}'")
        other_case = self._match_any_case.deciding(relative.lower())
        if other_case and not other_case.startswith("!"):
            return Verdict(
                matches=False, reason="matches none of the rule's patterns: upper and lower case differ"
            )
        return Verdict(matches=False, reason="matches none of the rule's patterns")

    def _folder_reason(self, text: str, relative: str) -> str:
        """Why nothing in a folder is taken (`text` ends with a slash); empty when something may be."""
        known = self._folder_reasons.get(text)
        if known is None:
            known = self._find_folder_reason(text, relative)
            if len(self._folder_reasons) >= _MAX_KEPT_FOLDERS:
                self._folder_reasons.clear()
            self._folder_reasons[text] = known
        return known

    def _find_folder_reason(self, text: str, relative: str) -> str:
        if self._keep_out and text.startswith(self._keep_out):
            return "lies in an output folder"
        if not relative:
            return ""
        above, _, name = relative.rpartition("/")
        return (
            self._folder_reason(text[: text[:-1].rindex("/") + 1], above)
            or ignored_part((name,))
            or self._ignore.reason("ignored by the rule's pattern", f"{relative}/")
        )


class _Patterns:
    """Gitignore-style patterns, with the one that decided."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._texts = tuple(_normal(pattern) for pattern in patterns)
        self._spec = GitIgnoreSpec.from_lines(self._texts, backend="simple") if self._texts else None
        self.name_check = _compile_name_check(self._texts)
        self.part_check = _compile_part_check(self._texts)

    def __bool__(self) -> bool:
        return self._spec is not None

    def deciding(self, relative: str) -> str:
        """The pattern that decides about a path, with its `!` if it leaves the path out; empty if none."""
        if self._spec is None:
            return ""
        index = self._spec.check_file(relative).index
        return "" if index is None else self._texts[index]

    def reason(self, words: str, relative: str) -> str:
        """The words and the pattern, when one of them takes the path."""
        pattern = self.deciding(relative)
        return f"{words} '{pattern}'" if pattern and not pattern.startswith("!") else ""


def input_types(rule: Rule) -> frozenset[str]:
    """What a rule may take, as file name suffixes in lower case."""
    return INPUT_TYPES | CONVERTIBLE_TYPES if rule.convert else INPUT_TYPES


def _refuse_type(name: str, types: frozenset[str]) -> str:
    suffix = _suffix(name)
    if suffix in types:
        return ""
    if suffix in CONVERTIBLE_TYPES:
        return f"the service takes no {suffix} files, and the rule converts none (`convert`)"
    if name.endswith(PROMPT_FILE_ENDING):
        return f"holds the prompts for {name.removesuffix(PROMPT_FILE_ENDING)}, and is no input itself"
    return f"the service takes no {suffix} files" if suffix else "has no file type in its name"


def _accepted(suffix: str) -> str:
    if suffix in CONVERTIBLE_TYPES:
        return f"a type that the rule converts ({suffix})"
    return "a list of addresses" if suffix == ADDRESS_LIST_TYPE else f"an accepted type ({suffix})"


def _suffix(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    return f".{suffix.lower()}" if dot and stem else ""


def _compile_type_check(types: Collection[str]) -> Callable[[str], object]:
    """A question about a name, to which one of a file of these types answers yes."""
    return lambda name: name[name.rfind(".") :].lower() in types


_has_some_type = _compile_type_check(INPUT_TYPES | CONVERTIBLE_TYPES)


def _compile_name_check(patterns: Iterable[str]) -> Callable[[str], object]:
    """A question about the last name of a path, to which a path that one of the patterns takes answers yes.

    True for files in folders that no pattern takes as a whole. Then the part of a pattern behind its last slash must
    take the file's name.
    """
    endings: set[str] = set()
    searches: list[Callable[[str], object]] = []
    for pattern in patterns:
        last = pattern.rpartition("/")[2]
        if pattern.startswith(("!", "#")) or not last:
            continue
        if _ONLY_AN_ENDING.fullmatch(last):
            endings.add(last[1:])
        else:
            # What ends oddly, such as with an escaped space, is asked about as if it took all.
            compiled = GitIgnoreSpecPattern(last).regex if last[-1].isalnum() else None
            searches.append(compiled.search if compiled else _has_some_type)
    plain = tuple(endings)

    def may_match(name: str) -> object:
        normal = name if name.isascii() else _normal(name)
        return normal.endswith(plain) or any(search(normal) for search in searches)

    return may_match if searches else lambda name: (name if name.isascii() else _normal(name)).endswith(plain)


def _compile_part_check(patterns: Sequence[str]) -> Callable[[str], object]:
    """The same question about any part of a path, for patterns that take whole folders too."""
    plain = [pattern.rstrip("/") for pattern in patterns if not pattern.startswith(("!", "#"))]
    if not all(pattern and pattern[-1].isalnum() for pattern in plain):
        return lambda _name: True
    return _compile_name_check(plain)


def _with_slash(folder: Path | str) -> str:
    text = os.fspath(folder)
    return text if text.endswith("/") else f"{text}/"


def _normal(text: str) -> str:
    """Compose accented letters: macOS hands out names decomposed, editors write patterns composed."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)
