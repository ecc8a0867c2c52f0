"""Read and check `rules.yaml`: one call from a path to a `RuleBook`, or to every problem at once.

Called by the daemon and the commands. Reads the file and looks at the folders it names; changes nothing.
"""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from nemowatch.rules.folders import Placed, find_wrong_folders
from nemowatch.rules.keys import write_value
from nemowatch.rules.kinds import only_type, read_address
from nemowatch.rules.match import CONVERTIBLE_TYPES
from nemowatch.rules.problems import Problem, RulesInvalid
from nemowatch.rules.rule import (
    After,
    DroppedTrack,
    Frames,
    History,
    Hook,
    Limits,
    NemoSettings,
    Notify,
    Rule,
    RuleBook,
    Skill,
    Trim,
    When,
)
from nemowatch.rules.skills import SKILLS
from nemowatch.rules.source import read_source
from nemowatch.rules.tree import read_tree
from nemowatch.rules.validate import Checked, validate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from nemowatch.rules.file_keys import NemoKeys
    from nemowatch.rules.folders import Finding
    from nemowatch.rules.model import RulesFile
    from nemowatch.rules.rule_keys import RuleKeys
    from nemowatch.rules.section_keys import FrameKeys, MoveKeys, TrimKeys, WhenKeys
    from nemowatch.rules.telling_keys import HookKeys
    from nemowatch.rules.tree import Path as TreePath
    from nemowatch.rules.tree import Tree

_ENVIRONMENT = {"NEMO_API_URL": "api_url", "NEMO_WEB_URL": "web_url"}


def load_rules(path: Path) -> RuleBook:
    """Read the rules.

    A watch folder that does not exist is no problem: it is offline, and may be on a disk that comes later.

    Raises:
        RulesInvalid: with every problem of the file, its places and what was expected.
    """
    source = read_source(path)
    tree = read_tree(source)
    checked = validate(tree)
    problems = [*tree.problems, *checked.problems]
    file = checked.file
    if file is None:
        raise RulesInvalid(problems)
    drafts = [_Draft(tree, checked, file, index) for index in range(len(file.rules))]
    names = _name_rules(drafts)
    problems += [problem for draft in drafts for problem in draft.problems()]
    problems += _idle_default_frames(drafts)
    problems += _repeated_names(drafts, names)
    problems += _folder_problems(drafts, names)
    problems += _notices_without_apprise(tree, file)
    nemo, nemo_problems = _settings(path, file.nemo)
    problems += nemo_problems
    if problems:
        raise RulesInvalid(_once_per_place(problems))
    return RuleBook(
        path=path,
        rules=tuple(draft.finish(name, nemo.language) for draft, name in zip(drafts, names, strict=True)),
        nemo=nemo,
        limits=Limits(
            jobs=file.limits.jobs,
            starts=file.limits.starts,
            keep_credits=file.limits.keep_credits,
            credits_per_day=file.limits.credits_per_day,
            per_rule=file.limits.per_rule,
            backlog=file.limits.backlog,
            encodes=file.limits.encodes,
        ),
        scan_seconds=file.scan,
        log_level=file.log.level,
        log_format=file.log.format,
        polling=file.polling,
        history=History(file.history.keep, file.history.jobs),
        notices=tuple(Notify(each.url, tuple(dict.fromkeys(each.on)), each.pause) for each in file.notify),
    )


_TRACKS: tuple[DroppedTrack, ...] = ("music", "title")


@dataclass(frozen=True)
class _Draft:
    """One rule on its way: its own keys over the defaults."""

    tree: Tree
    checked: Checked
    file: RulesFile
    index: int

    def has(self, key: str) -> bool:
        """Whether the key is set, here or in the defaults, and good."""
        return any(key in keys.model_fields_set for keys in (self._own, self.file.defaults))

    def get(self, key: str) -> Any:
        """The key's value: the rule's own, else the defaults' one, else the built-in default."""
        return getattr(self._own if key in self._own.model_fields_set else self.file.defaults, key)

    def place(self, key: str) -> TreePath:
        """The path of the key's value in the file; the rule itself when it is not set."""
        if key in self._own.model_fields_set:
            return ("rules", self.index, key)
        if key in self.file.defaults.model_fields_set:
            return ("defaults", key)
        return ("rules", self.index)

    def item_place(self, key: str, item: int | str) -> TreePath:
        """The path of one item of the key's value; of the value itself where it stands alone."""
        path = self.place(key)
        return (*path, item) if (*path, item) in self.tree.places else path

    def is_broken(self, key: str) -> bool:
        """Whether the key, or the whole rule, has been found wrong already."""
        paths: set[TreePath] = {
            ("rules", self.index),
            ("rules", self.index, key),
            ("defaults", key),
            ("defaults",),
        }
        return bool(paths & self.checked.broken)

    def problems(self) -> list[Problem]:
        """What is missing although no single key is wrong."""
        problems = []
        if self._lacks("watch"):
            problems.append(self._missing("watch", "`watch: ~/Recordings/interviews`"))
        if self._lacks("prompt") and self.skill.default_prompt is None and not self.is_broken("skill"):
            problems.append(
                self._missing("prompt", "`prompt: extract the best moments`; some skills bring one")
            )
        if self.get("group") == "folder" and self.get("session") == "rule":
            message = (
                '"session: rule" puts all files of the rule into one session, "group: folder" those of each folder '
                'into one of their own. Choose one: "session: file" or "group: none".'
            )
            problems.append(self.tree.problem(self.place("session"), message))
        return [*problems, *self._idle_frames(), *self._unconverted()]

    def _idle_frames(self) -> Iterator[Problem]:
        """The rule says which stills are made, and delivers none."""
        if self.makes_frames or self.is_broken("deliver") or not self._own.frames.model_fields_set:
            return
        written = write_value([*dict.fromkeys(self.get("deliver")), "frames"])
        message = f"these stills are not delivered; name them too, `deliver: {written}`."
        yield self.tree.problem(self.place("frames"), message, at_key=True)

    def _unconverted(self) -> Iterator[Problem]:
        """Patterns that take one type alone, which the service does not take unless it is converted."""
        if self.get("convert") or self.is_broken("convert"):
            return
        for number, pattern in enumerate(self.get("match")):
            if only_type(pattern).lower() in CONVERTIBLE_TYPES:
                message = (
                    f"the service takes no {only_type(pattern)} files; "
                    "`convert: true` has them converted before the upload."
                )
                yield self.tree.problem(self.item_place("match", number), message)

    @property
    def makes_frames(self) -> bool:
        """Whether stills of its videos are delivered."""
        return "frames" in self.get("deliver")

    @property
    def skill(self) -> Skill:
        """As whom its jobs speak; a skill's default prompt goes with its name, whatever the version."""
        keys = self.get("skill")
        known = SKILLS.get(keys.source)
        return Skill(keys.source, keys.version, known.default_prompt if known else None)

    @property
    def after(self) -> After:
        """What becomes of its recordings."""
        written: Literal["keep", "trash"] | MoveKeys = self.get("after")
        return After(written) if isinstance(written, str) else After("move", written.move)

    @property
    def when(self) -> When:
        """The conditions on its recordings."""
        keys: WhenKeys = self.get("when")
        return When(keys.duration, keys.size, keys.resolution, keys.streams)

    @property
    def frames(self) -> Frames:
        """Which stills it makes: moments that are named replace the regular ones, where those are not named too."""
        keys: FrameKeys = self.get("frames")
        is_regular = "every" not in keys.model_fields_set and not keys.at
        return Frames(Frames.every_seconds if is_regular else keys.every, keys.at, keys.format)

    @property
    def trim(self) -> Trim | None:
        """Which part of its recordings is uploaded; None for all."""
        keys: TrimKeys = self.get("trim")
        trim = Trim(keys.start, keys.end)
        return None if trim == Trim() else trim

    @property
    def hooks(self) -> tuple[Hook, ...]:
        """The commands that are run when its jobs get somewhere."""
        hooks: tuple[HookKeys, ...] = self.get("hook")
        return tuple(Hook(tuple(dict.fromkeys(each.on)), each.run, each.timeout) for each in hooks)

    def placed(self, name: str) -> Placed:
        """The part of the rule that the folder checks look at."""
        output = "" if self.is_broken("output") else self.get("output")
        move = "" if self.is_broken("after") else self.after.folder
        return Placed(self.index, name, self.get("watch"), self.get("recursive"), output, move)

    def finish(self, name: str, language: str) -> Rule:
        """Make the rule, once nothing is wrong."""
        default_prompt = self.skill.default_prompt
        return Rule(
            name=name,
            watch=self.get("watch"),
            match=self.get("match"),
            ignore=self.get("ignore"),
            recursive=self.get("recursive"),
            skill=self.skill,
            prompts=self.get("prompt") or ((default_prompt,) if default_prompt else ()),
            language=self.get("language") or language,
            deliver=tuple(dict.fromkeys(self.get("deliver"))),
            output=self.get("output"),
            settle_seconds=self.get("settle"),
            priority=self.get("priority"),
            drop_tracks=tuple(kind for kind in _TRACKS if getattr(self.get("tracks"), kind) == "drop"),
            question=self.get("question"),
            group=self.get("group"),
            session=self.get("session"),
            retries=self.get("retries"),
            existing=self.get("existing"),
            duplicates=self.get("duplicates"),
            schedule=self.get("schedule"),
            after=self.after,
            when=self.when,
            frames=self.frames,
            oversize=self.get("oversize"),
            convert=self.get("convert"),
            trim=self.trim,
            hooks=self.hooks,
        )

    @property
    def _own(self) -> RuleKeys:
        return self.file.rules[self.index]

    def _lacks(self, key: str) -> bool:
        return not self.has(key) and not self.is_broken(key)

    def _missing(self, key: str, example: str) -> Problem:
        message = f'the key "{key}" is missing, for example {example}.'
        return self.tree.problem(("rules", self.index), message)


def _name_rules(drafts: Iterable[_Draft]) -> list[str]:
    """Give each rule its name; one without takes its folder's."""
    return [draft.get("name") or _folder_name(draft.get("watch")) for draft in drafts]


def _folder_name(watch: tuple[Path, ...]) -> str:
    return (watch[0].name.lstrip(".").replace("\\", "-")[:70] if watch else "") or "rule"


def _repeated_names(drafts: Iterable[_Draft], names: Iterable[str]) -> list[Problem]:
    """Two rules never share a name: it says which files a rule has had, so it must not depend on their order."""
    first: dict[str, int] = {}
    problems = []
    for draft, name in zip(drafts, names, strict=True):
        if not (draft.has("name") or draft.has("watch")):
            continue  # it is told already that the folder is missing
        other = first.setdefault(name.casefold(), draft.index)
        if other == draft.index:
            continue
        if draft.has("name"):
            message = f'rules[{other}] is called "{name}" too; two rules never share a name.'
        else:
            message = f'rules[{other}] is called "{name}" too, by its folder; give each a `name` of its own.'
        problems.append(draft.tree.problem(draft.place("name"), message))
    return problems


def _idle_default_frames(drafts: list[_Draft]) -> Iterator[Problem]:
    """The defaults say which stills are made, and no rule delivers any."""
    draft, defaults = drafts[0], drafts[0].file.defaults
    is_needed = any(each.makes_frames or each.is_broken("deliver") for each in drafts)
    if defaults.frames.model_fields_set and not is_needed:
        message = "these stills are delivered by no rule; `deliver: [video, frames]` names them too."
        yield draft.tree.problem(("defaults", "frames"), message, at_key=True)


def _folder_problems(drafts: list[_Draft], names: list[str]) -> list[Problem]:
    placed = [draft.placed(name) for draft, name in zip(drafts, names, strict=True)]
    findings = find_wrong_folders(placed)
    return [_at_its_place(drafts[finding.index], finding) for finding in findings]


def _at_its_place(draft: _Draft, finding: Finding) -> Problem:
    return draft.tree.problem(draft.item_place(finding.key, finding.item), finding.message)


def _notices_without_apprise(tree: Tree, file: RulesFile) -> Iterator[Problem]:
    """The file wants people told, and what tells them is not installed."""
    if file.notify and importlib.util.find_spec("apprise") is None:
        message = (
            "notices are sent by Apprise, which is not installed here. It comes with the extra `notify`: "
            'pip install "nemowatch[notify]", or `pipx inject nemowatch apprise`.'
        )
        yield tree.problem(("notify",), message, at_key=True)


def _settings(path: Path, keys: NemoKeys) -> tuple[NemoSettings, list[Problem]]:
    """Let the environment's addresses win, checked like the file's."""
    addresses = {"api_url": keys.api_url, "web_url": keys.web_url}
    problems = []
    for variable, key in _ENVIRONMENT.items():
        value = os.environ.get(variable)
        try:
            addresses[key] = read_address(value) if value else addresses[key]
        except ValueError:
            message = f'the environment variable {variable} is "{value}", not a web address (https://…).'
            problems.append(Problem(path, 0, 0, "", message))
    return NemoSettings(**addresses, language=keys.language, poll_seconds=keys.poll), problems


def _once_per_place(problems: Iterable[Problem]) -> list[Problem]:
    """Show a mistake in an anchor's value once, not once for each rule that merges it."""
    by_place: dict[tuple[int, int, str], Problem] = {}
    for problem in problems:
        by_place.setdefault((problem.line, problem.column, problem.message), problem)
    return list(by_place.values())
