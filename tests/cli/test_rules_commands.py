"""`check`, `init` and `schema`, as they are typed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from cli_parts import without_colours, write_to_terminal
from typer.testing import CliRunner

from nemowatch.cli.guard import guarded
from nemowatch.cli.rules_commands import check, init, schema

app = typer.Typer()
for command in (check, init, schema):
    app.command()(guarded(command))
runner = CliRunner()

RULES = """\
rules:
  - {watch: ROOT/in, prompt: make clips, name: clips}
  - {watch: ROOT/in, prompt: "make stills\\nof {stem}", name: stills, match: "*.mp4", recursive: true}
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A good rules file with one folder and two rules."""
    (tmp_path / "in").mkdir()
    path = tmp_path / "rules.yaml"
    path.write_text(RULES.replace("ROOT", str(tmp_path)))
    return path


def test_check_shows_each_rule_and_warns_of_double_work(rules: Path) -> None:
    result = runner.invoke(app, ["check", "--rules", str(rules)])
    assert result.exit_code == 0
    folder = rules.parent / "in"
    lines = result.stdout.splitlines()
    assert lines[0] == f"{rules}: 2 rules, all valid."
    assert f"  watches    {folder} and its subfolders" in lines
    assert "  takes      every accepted type, and lists of addresses" in lines
    assert "  asks       make stills of {stem}" in lines
    assert f"  outputs    {folder}-output/stills/{{dir}}/{{stem}}" in lines
    assert '"clips" and "stills" take the same files' in result.stdout
    assert not any(line.endswith(" ") for line in lines)


def test_check_lists_files_with_reasons(rules: Path) -> None:
    (rules.parent / "in" / "talk.mp4").touch()
    (rules.parent / "in" / "notes.txt").touch()
    result = runner.invoke(app, ["check", "--rules", str(rules), "--files"])
    assert result.exit_code == 0
    assert (
        "  job        clips: an accepted type (.mp4)\n             stills: matches the rule's"
        in result.stdout
    )
    assert "  no job     clips: the service takes no .txt files" in result.stdout
    assert "2 new jobs, by name and place." in result.stdout


def test_check_answers_scripts(rules: Path) -> None:
    (rules.parent / "in" / "talk.mkv").touch()
    result = runner.invoke(app, ["check", "--rules", str(rules), "--files", "--json"])
    answer = json.loads(result.stdout)
    assert (answer["valid"], answer["problems"]) == (True, [])
    assert [rule["name"] for rule in answer["rules"]] == ["clips", "stills"]
    assert answer["rules"][0]["folders"][0]["watch"] == str(rules.parent / "in")
    (seen,) = answer["files"]
    assert [job["rule"] for job in seen["jobs"]] == ["clips"]
    assert [refusal["rule"] for refusal in seen["refused"]] == ["stills"]
    assert len(answer["warnings"]) == 1


def test_check_fits_eighty_columns_on_a_terminal(rules: Path) -> None:
    (rules.parent / "in" / f"{'long-name-' * 15}.mp4").touch()
    code, written = write_to_terminal("check", "--rules", str(rules), "--files")
    plain = without_colours(written)
    assert code == 0
    assert written != plain
    assert max(map(len, plain.splitlines())) <= 80
    assert "long-name-" * 15 in "".join(plain.splitlines())


def test_invalid_rules_end_with_4_and_every_problem(rules: Path) -> None:
    rules.write_text(f"rules:\n  - promt: a\n    watch: {rules}\n")
    result = runner.invoke(app, ["check", "--rules", str(rules)])
    assert result.exit_code == 4
    assert result.stdout == ""
    assert f'{rules}:2:5: rules[0].promt: unknown key. Did you mean "prompt"?' in result.stderr
    assert f"{rules}:3:12: rules[0].watch: {rules} is a file, not a folder." in result.stderr
    assert "Traceback" not in result.stderr


def test_invalid_rules_answer_scripts_too(rules: Path) -> None:
    rules.write_text("rules:\n  - promt: a\n    watch: /\n    output: /x/{stem}\n")
    result = runner.invoke(app, ["check", "--rules", str(rules), "--json"])
    assert result.exit_code == 4
    answer = json.loads(result.stdout)
    assert not answer["valid"]
    assert answer["problems"][0] == {
        "line": 2,
        "column": 5,
        "where": "rules[0].promt",
        "message": "unknown key.",
        "suggestion": "prompt",
    }


def test_missing_rules_file_says_how_to_make_one(tmp_path: Path) -> None:
    result = runner.invoke(app, ["check", "--rules", str(tmp_path / "none.yaml")])
    assert result.exit_code == 4
    assert "nemowatch init" in result.stderr


def test_folder_that_cannot_be_written_ends_with_1(rules: Path) -> None:
    (rules.parent / "in-output").touch()
    result = runner.invoke(app, ["check", "--rules", str(rules)])
    assert result.exit_code == 1
    assert "  problem    " in result.stdout
    assert "in-output is a file" in result.stdout


def test_names_in_the_output_never_speak_to_the_terminal(rules: Path) -> None:
    (rules.parent / "in" / "a\x1b[31m[bold]b.mp4").touch()
    result = runner.invoke(app, ["check", "--rules", str(rules), "--files"])
    assert "\x1b" not in result.stdout
    assert "[31m[bold]b.mp4" in result.stdout


def test_init_writes_an_example_that_check_likes(tmp_path: Path) -> None:
    path = tmp_path / "new" / "rules.yaml"
    result = runner.invoke(app, ["init", "--rules", str(path)])
    assert result.exit_code == 0
    assert (Path.home() / "Recordings" / "webinars").is_dir()
    assert f"Wrote {path}" in result.stdout
    assert runner.invoke(app, ["check", "--rules", str(path)]).exit_code == 0


def test_init_uses_the_usual_place(monkeypatch: pytest.MonkeyPatch) -> None:
    assert runner.invoke(app, ["init"]).exit_code == 0
    assert (Path.home() / ".config/nemowatch/rules.yaml").is_file()
    assert runner.invoke(app, ["check"]).exit_code == 0


def test_init_never_overwrites(rules: Path) -> None:
    before = rules.read_text()
    result = runner.invoke(app, ["init", "--rules", str(rules)])
    assert result.exit_code == 2
    assert "exists already and is left as it is" in result.stderr
    assert rules.read_text() == before


def test_environment_names_the_rules_file(rules: Path) -> None:
    result = runner.invoke(app, ["check"], env={"NEMOWATCH_RULES": str(rules)})
    assert result.stdout.startswith(str(rules))


def test_schema_is_json() -> None:
    result = runner.invoke(app, ["schema"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["$schema"].endswith("2020-12/schema")


def test_commands_load_nothing_heavy_before_they_run() -> None:
    code = (
        "import sys, nemowatch.cli.rules_commands; "
        "print({'yaml', 'pydantic', 'pathspec', 'loguru'} & set(sys.modules))"
    )
    project = Path(__file__).parents[2]
    answer = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=project
    )
    assert answer.stdout.strip() == "set()"
