"""The keys about folders and time: their values, their defaults, and what is said when they are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from rules_parts import Desk

from nemowatch.rules.rule import After
from nemowatch.rules.template import keep_out_roots

RULE = "rules: [{watch: ROOT/in, prompt: a, %s}]"


def test_without_them_the_keys_have_their_defaults(desk: Desk) -> None:
    book = desk.load("rules: [{watch: ROOT/in, prompt: a}]")
    rule = book.rules[0]
    assert (book.polling, book.limits.backlog, book.limits.per_rule) == ("auto", 10, None)
    assert (rule.existing, rule.duplicates, rule.schedule, rule.after) == ("auto", "skip", "", After("keep"))


def test_every_key_is_read(desk: Desk) -> None:
    book = desk.load("""\
        polling: always
        limits: {per_rule: 2, backlog: 0}
        defaults: {schedule: "22:00-06:00", duplicates: process}
        rules:
          - {name: a, watch: ROOT/in, prompt: a, existing: skip, after: trash}
          - {name: b, watch: ROOT/in, prompt: a, existing: process, schedule: 0 22 * * 1-5}
    """)
    one, other = book.rules
    assert (book.polling, book.limits.per_rule, book.limits.backlog) == ("always", 2, 0)
    assert (one.existing, one.duplicates, one.schedule) == ("skip", "process", "22:00-06:00")
    assert (other.existing, other.schedule, other.after) == ("process", "0 22 * * 1-5", After("keep"))
    assert one.after == After("trash")


def test_rule_lifts_the_schedule_of_the_defaults(desk: Desk) -> None:
    book = desk.load('defaults: {schedule: "22:00-06:00"}\n' + RULE % "schedule: null")
    assert book.rules[0].schedule == ""


@pytest.mark.parametrize(
    ("written", "folder"),
    [
        ('{move: "{watch}-done/{dir}"}', "{watch}-done/{dir}"),
        ('{move: "~/done"}', "HOME/done"),
        ("{move: /done}", "/done"),
    ],
)
def test_folder_into_which_recordings_are_moved_is_a_template(desk: Desk, written: str, folder: str) -> None:
    rule = desk.load(RULE % f"after: {written}").rules[0]
    assert rule.after == After("move", folder.replace("HOME", str(Path.home())))


def test_nothing_is_taken_where_outputs_land_or_recordings_are_moved(desk: Desk) -> None:
    book = desk.load(RULE % 'name: a, after: {move: "{watch}-done/{dir}"}')
    assert keep_out_roots(book.rules) == (desk.root / "in-output/a", desk.root / "in-done")


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        (RULE % "existing: always", "rules[0].existing", "none of: auto, process, skip"),
        (RULE % "duplicates: keep", "rules[0].duplicates", "none of: skip, process"),
        (RULE % "schedule: at night", "rules[0].schedule", "neither hours such as 22:00-06:00"),
        (RULE % "schedule: [a]", "rules[0].schedule", "expected hours such as 22:00-06:00"),
        (RULE % "after: bin", "rules[0].after", "none of: keep, trash, {move: FOLDER}"),
        (RULE % "after: move", "rules[0].after", "needs a folder"),
        (RULE % "after: {move: done}", "rules[0].after.move", "not a whole path"),
        (RULE % 'after: {move: "{wotch}-done"}', "rules[0].after.move", "{wotch} is not a placeholder"),
        (RULE % 'after: {move: "{watch}-done/{duration}"}', "rules[0].after.move", "can't be used here"),
        (RULE % "after: {mov: /done}", "rules[0].after.mov", 'unknown key. Did you mean "move"?'),
        ("polling: sometimes\n" + RULE % "name: a", "polling", "none of: auto, always, never"),
        (
            "limits: {backlog: -1}\n" + RULE % "name: a",
            "limits.backlog",
            "expected a whole number, 0 or more",
        ),
        ("limits: {per_rule: 0}\n" + RULE % "name: a", "limits.per_rule", "expected a whole number from 1"),
    ],
)
def test_wrong_value_is_refused_with_what_is_expected(desk: Desk, text: str, where: str, words: str) -> None:
    problems = [problem for problem in desk.problems(text) if problem.where == where]
    assert len(problems) == 1, [problem.headline for problem in desk.problems(text)]
    assert words in problems[0].headline


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        ("{watch}/done", "ROOT/in/done lies inside ROOT/in, which this rule watches"),
        ("{watch}", "ROOT/in is ROOT/in, which this rule watches"),
        ("ROOT", "ROOT holds ROOT/in, which this rule watches"),
        ("{watch}-output/a/done", 'lies among the outputs of the rule "a"'),
    ],
)
def test_recordings_are_not_moved_to_where_they_would_be_taken_again(
    desk: Desk, folder: str, words: str
) -> None:
    problem = desk.problem(RULE % f"name: a, after: {{move: '{folder}'}}")
    assert problem.where == "rules[0].after.move"
    assert words.replace("ROOT", str(desk.root.resolve())) in problem.message
