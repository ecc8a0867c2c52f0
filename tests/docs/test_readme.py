"""The README, the changelog and the other pages say what the code says."""

from __future__ import annotations

import importlib
import pkgutil
import re
import tomllib
from pathlib import Path

import pytest
import typer
import yaml
from project_texts import PROJECT, README, list_project_files, relative_links, section, table_rows

import nemowatch
from nemowatch.cli import guard, run_command
from nemowatch.cli.app import app
from nemowatch.errors import NemoWatchError
from nemowatch.rules.load import load_rules

PAGES = sorted([PROJECT / "README.md", PROJECT / "CHANGELOG.md", *(PROJECT / "docs").glob("*.md")])
YAML_BLOCKS = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))


def commands_of(group: typer.core.TyperGroup, before: str = "nemowatch") -> set[str]:
    """Every command below a group, as it is typed."""
    found = set()
    for name, command in group.commands.items():
        typed = f"{before} {name}"
        found |= commands_of(command, typed) if isinstance(command, typer.core.TyperGroup) else {typed}
    return found


def every_error() -> set[type[NemoWatchError]]:
    """Every error of the program: all its modules are loaded, then the tree is walked."""
    for module in pkgutil.walk_packages(nemowatch.__path__, "nemowatch."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found = {NemoWatchError}
    while more := {below for error in found for below in error.__subclasses__()} - found:
        found |= more
    return found


def exit_codes() -> set[int]:
    named = {error.exit_code for error in every_error()}
    return named | {0, guard.INTERRUPTED, run_command.SOME_FILES_FAILED}


def test_table_of_commands_lists_every_command_and_no_other() -> None:
    typed = [row[0].strip("`") for row in table_rows(section(README, "Use it")) if row[0].startswith("`nemo")]
    named = [re.sub(r"( \[?[-A-Z].*)$", "", line) for line in typed]
    assert len(named) == len(set(named))
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    assert set(named) == commands_of(group)


def test_options_in_the_table_of_commands_exist() -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    for row in table_rows(section(README, "Use it")):
        words = row[0].strip("`").split(" ")
        command: object = group
        for word in words[1:]:
            if isinstance(command, typer.core.TyperGroup):
                command = command.commands[word]
        assert isinstance(command, typer.core.TyperCommand)
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", " ".join(row))) <= known


def test_table_of_exit_codes_lists_every_code_and_no_other() -> None:
    rows = table_rows(section(README, "Exit codes"))
    assert [int(row[0]) for row in rows] == sorted(exit_codes())


def test_help_ends_with_the_readme_s_exit_codes() -> None:
    epilog = str(app.info.epilog)
    assert [int(code) for code in re.findall(r"(\d+) [a-z]", epilog)] == sorted(exit_codes())


@pytest.mark.parametrize("block", YAML_BLOCKS)
def test_yaml_block_loads(block: str, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(block, encoding="utf-8")
    for rule in yaml.safe_load(block)["rules"]:
        Path(rule["watch"]).expanduser().mkdir(parents=True)
    assert load_rules(rules).rules


def test_there_is_a_short_rule_on_the_first_screen() -> None:
    first_screen = README.splitlines()[:40]
    assert "```yaml" in first_screen
    assert len(YAML_BLOCKS[0].splitlines()) <= 10
    assert {"make demo", "make test"} <= set(first_screen)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_make_targets_that_a_page_names_exist(page: Path) -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE)
    assert set(named) <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_of_a_page_lead_somewhere(page: Path) -> None:
    for target in relative_links(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_life_of_a_job_names_every_state_in_its_order() -> None:
    from nemowatch.jobs.records import JobState

    quoted = re.findall(r"`([^`]+)`", section(README, "Life of a job"))
    way = quoted[0].split(" → ")
    assert way == [state.value for state in JobState if state.value in way]
    assert {*way, *quoted} >= set(JobState)


def test_design_table_names_every_dependency_and_no_other() -> None:
    def plain(name: str) -> str:
        return {"pyav": "av"}.get(name.lower(), name.lower()).replace("_", "-")

    cells = [row[1] for row in table_rows(section(README, "Design"))]
    # "DBOS on SQLite (SQLAlchemy)" names two libraries, "pydantic 2" one.
    words = {plain(word) for cell in cells for word in re.findall(r"[A-Za-z][\w-]*", cell)}
    project = PYPROJECT["project"]
    lines = project["dependencies"] + project["optional-dependencies"]["notify"]
    dependencies = {re.split(r"[<>=\[ ]", line)[0] for line in lines}
    assert words - {"on", "sqlite", "safe", "loader"} == dependencies


def test_changelog_has_the_present_version() -> None:
    changelog = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(nemowatch.__version__)}\b", changelog, re.MULTILINE)
    assert PYPROJECT["project"]["version"] == nemowatch.__version__


def test_environment_variables_of_the_documents_are_read_by_the_code() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (PROJECT / "nemowatch").rglob("*.py"))
    for page in PAGES:
        named = set(re.findall(r"\bNEMO(?:WATCH)?_[A-Z_]+\b", page.read_text(encoding="utf-8")))
        assert {name for name in named if f'"{name}"' not in code} == set(), page.name


def test_no_file_names_a_place_of_the_machine_it_was_written_on() -> None:
    # `/home/me` and the like are examples; the patterns below do not match themselves.
    forbidden = re.compile(r"(?<![\w.~}])/(?:(?:home|Users)/(?!u\b|me\b|you\b)\w+|(?:root|work)/[\w.])")
    for path in list_project_files():
        content = path.read_bytes()
        if b"\0" in content:
            continue
        match = forbidden.search(content.decode("utf-8"))
        assert match is None, f"{path.relative_to(PROJECT)} names {match and match.group()}"


def test_no_file_names_a_package_index() -> None:
    hosts = re.compile(
        "|".join([r"pypi\." + "org", "pythonhosted" + r"\.org", "index" + "-url", "trusted" + "-host"])
    )
    for path in list_project_files():
        match = hosts.search(path.read_bytes().decode("utf-8", "replace"))
        assert match is None, f"{path.relative_to(PROJECT)} names {match and match.group()}"


def test_no_file_talks_of_the_work_on_it() -> None:
    words = re.compile(r"\bPart [1-5]\b|\b[Ii]ssues? #?\d|\b(?:TO)DO\b|\b(?:FIX)ME\b|/tmp/(?:team)\b")
    for path in list_project_files():
        match = words.search(path.read_bytes().decode("utf-8", "replace"))
        assert match is None, f"{path.relative_to(PROJECT)} says {match and match.group()}"
