"""What `nemowatch check` says of notices and hooks."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from nemowatch.cli.rules_commands import check

app = typer.Typer()
app.command("check")(check)
app.command("other")(check)
runner = CliRunner()

RULES = """\
notify:
  - {url: [tgram://123456789:abcdefg_hijklmnop/12315544, nonsense://x1234567890], on: [failed, daemon]}
  - {url: json://127.0.0.1/x, on: done, pause: 1h}
rules:
  - watch: ROOT/in
    prompt: x
    hook:
      - {run: [sh, -c, 'echo "$NEMOWATCH_EVENT"']}
      - {on: [failed, attention], run: [ROOT/none, '{output}'], timeout: 5m}
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    path = tmp_path / "rules.yaml"
    path.write_text(RULES.replace("ROOT", str(tmp_path)))
    return path


def run_check(rules: Path, *options: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Apprise's plugins warn of while they are loaded is not ours
        result = runner.invoke(app, ["check", "--rules", str(rules), *options])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_check_shows_who_is_told_what_is_run_and_what_will_not_do(rules: Path) -> None:
    shown = run_check(rules)
    assert "tgram://…, nonsense://… of failed, daemon; at most one message every 1 min 00 s" in shown
    assert "json://… of done; at most one message every 1 h 00 min" in shown
    assert 'done: sh -c echo "$NEMOWATCH_EVENT" (at most 1 min 00 s)' in shown
    assert f"failed, attention: {rules.parent}/none {{output}} (at most 5 min 00 s)" in shown
    assert "Apprise does not understand the second address under `notify`, nonsense://…" in shown
    assert f'A hook of "in" can\'t be run: there is no program {rules.parent}/none.' in shown
    assert "abcdefg" not in shown


def test_check_says_the_same_in_json_without_an_address(rules: Path) -> None:
    text = run_check(rules, "--json")
    answer = json.loads(text)
    assert answer["notices"][0] == {
        "services": ["tgram", "nonsense"],
        "on": ["failed", "daemon"],
        "pause_seconds": 60.0,
    }
    assert answer["rules"][0]["hooks"][1] == {
        "on": ["failed", "attention"],
        "run": [f"{rules.parent}/none", "{output}"],
        "timeout_seconds": 300.0,
    }
    assert len(answer["warnings"]) == 2
    assert "abcdefg" not in text
