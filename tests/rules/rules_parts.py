"""What the tests of the rules share: writing a rules file, and the problems that reading it gives."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from nemowatch.rules.load import load_rules
from nemowatch.rules.problems import Problem, RulesInvalid
from nemowatch.rules.rule import Rule, RuleBook, Skill


class Desk:
    """A folder with a rules file and the watch folders that it names."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.path = root / "rules.yaml"
        self.folder("in")

    def folder(self, name: str) -> Path:
        """Make a folder."""
        folder = self.root / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def write(self, text: str | bytes) -> Path:
        """Write the rules file; `ROOT` stands for the desk's folder."""
        if isinstance(text, str):
            text = textwrap.dedent(text).replace("ROOT", str(self.root)).encode()
        self.path.write_bytes(text)
        return self.path

    def load(self, text: str | bytes) -> RuleBook:
        """Write the file and read the rules."""
        return load_rules(self.write(text))

    def problems(self, text: str | bytes) -> tuple[Problem, ...]:
        """Write the file, read it, and give what is wrong with it."""
        with pytest.raises(RulesInvalid) as caught:
            self.load(text)
        assert caught.value.exit_code == 4
        return caught.value.problems

    def problem(self, text: str | bytes) -> Problem:
        """The same where one thing is wrong."""
        problems = self.problems(text)
        assert len(problems) == 1, [problem.headline for problem in problems]
        return problems[0]


def place(problem: Problem) -> tuple[int, int]:
    """Line and column of a problem."""
    return problem.line, problem.column


def make_rule(folder: Path, **changes: object) -> Rule:
    """A rule with the defaults, but for what a test changes."""
    values: dict[str, object] = {
        "name": "talks",
        "watch": (folder,),
        "match": (),
        "ignore": (),
        "recursive": False,
        "skill": Skill("nemowatch", "1.0.0", None),
        "prompts": ("make clips",),
        "language": "en",
        "deliver": ("video", "media"),
        "output": "{watch}-output/{rule}/{dir}/{stem}",
        "settle_seconds": 3.0,
        "priority": 5,
    }
    return Rule(**(values | changes))  # type: ignore[arg-type]
