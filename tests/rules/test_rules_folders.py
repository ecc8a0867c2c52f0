"""Folders that are none, and outputs that could come back as inputs, are found when the rules are read."""

from __future__ import annotations

import pytest
from rules_parts import Desk


def test_folder_that_is_not_there_may_be_on_a_disk_that_comes_later(desk: Desk) -> None:
    (desk.root / "link").symlink_to(desk.root / "stick")
    book = desk.load("rules: [{watch: [ROOT/in, ROOT/gone, ROOT/link], prompt: a}]")
    assert book.rules[0].watch == (desk.root / "in", desk.root / "gone", desk.root / "link")


def test_file_among_the_folders_of_the_defaults_is_shown_there(desk: Desk) -> None:
    (desk.root / "file").write_text("")
    problem = desk.problem(
        "defaults: {watch: ROOT/file}\nrules: [{prompt: a, name: b}, {prompt: c, name: d}]"
    )
    assert (problem.where, problem.line) == ("defaults.watch", 1)


def test_file_in_place_of_a_folder_is_refused(desk: Desk) -> None:
    (desk.root / "file").write_text("")
    assert "is a file, not a folder" in desk.problem("rules: [{watch: ROOT/file, prompt: a}]").message


def test_same_folder_by_two_names_is_refused(desk: Desk) -> None:
    (desk.root / "link").symlink_to(desk.root / "in")
    problem = desk.problem("rules: [{watch: [ROOT/in, ROOT/link], prompt: a}]")
    assert f"this is the same folder as {desk.root}/in" in problem.message


@pytest.mark.parametrize(
    ("output", "trouble"),
    [
        ("{watch}/out/{stem}", "ROOT/in/out lies inside ROOT/in, which this rule watches"),
        ("{watch}/{stem}", "ROOT/in is ROOT/in, which this rule watches"),
        ("ROOT/{stem}", "ROOT holds ROOT/in, which this rule watches"),
        ("ROOT/link/out/{stem}", "ROOT/in/out lies inside ROOT/in, which this rule watches"),
    ],
)
@pytest.mark.parametrize("recursive", ["true", "false"])
def test_output_that_could_come_back_as_input_is_refused(
    desk: Desk, output: str, trouble: str, recursive: str
) -> None:
    (desk.root / "link").symlink_to(desk.root / "in")
    problem = desk.problem(
        f"rules: [{{watch: ROOT/in, prompt: a, recursive: {recursive}, output: '{output}'}}]"
    )
    assert problem.where == "rules[0].output"
    assert trouble.replace("ROOT", str(desk.root.resolve())) in problem.message


@pytest.mark.parametrize(
    ("watch", "recursive"),
    [("ROOT/in-output/in", "false"), ("ROOT/in-output/in/x", "false"), ("ROOT/in-output", "true")],
)
def test_output_of_one_rule_that_another_would_take_is_refused(
    desk: Desk, watch: str, recursive: str
) -> None:
    desk.folder("in-output/in/x")
    problem = desk.problem(f"""\
        rules:
          - {{watch: ROOT/in, prompt: a}}
          - {{watch: {watch}, prompt: b, name: eater, recursive: {recursive}, output: 'ROOT/else/{{stem}}'}}
    """)
    assert problem.line == 2
    assert 'which the rule "eater" watches' in problem.message


def test_output_beside_a_folder_of_like_name_is_refused_with_the_folder_that_all_outputs_share(
    desk: Desk,
) -> None:
    problem = desk.problem("rules: [{watch: ROOT/in, prompt: a, output: '{watch}-{stem}'}]")
    assert f"the output folder {desk.root.resolve()} holds" in problem.message
