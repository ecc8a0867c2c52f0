"""`nemowatch reload`: the running daemon is told, and what changed is said."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_parts import invoke
from fake_daemon import FakeDaemon

from nemowatch.jobs.views import iso_moment
from nemowatch.places import InstanceLock, StateFolder

TROUBLE = "nemo.api_url counts from the next start on."


def change(**names: list[str]) -> dict[str, Any]:
    """What the daemon answers when it has read two rules again."""
    facts = {"rules_file": "/r/rules.yaml", "loaded_at": iso_moment(2.0), "rule_count": 2}
    return facts | {"added": [], "changed": [], "removed": [], "troubles": []} | names


@pytest.fixture
def daemon() -> Iterator[FakeDaemon]:
    with FakeDaemon() as daemon:
        yield daemon


def test_rules_are_read_again_and_the_differences_told(daemon: FakeDaemon) -> None:
    answer = change(added=["new one"], changed=["clips"], removed=["stills"], troubles=[TROUBLE])
    daemon.answers["POST /v1/reload"] = answer
    done = invoke("reload")
    assert (done.exit_code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("In force: 2 rules of /r/rules.yaml, read 1970-01-01 ")
    assert lines[1:] == ["  added: new one", "  changed: clips", "  removed: stills", f"Trouble: {TROUBLE}"]
    assert json.loads(invoke("reload", "--json").stdout) == answer
    assert daemon.asked[0] == ("POST /v1/reload", {})


def test_rules_that_are_in_force_already_differ_in_nothing(daemon: FakeDaemon) -> None:
    daemon.answers["POST /v1/reload"] = change()
    assert invoke("reload").stdout.splitlines()[1:] == ["  No rule differs from before."]


def test_invalid_rules_end_with_4_and_their_problems(daemon: FakeDaemon) -> None:
    problems = 'rules.yaml has 1 problem.\n  rules.yaml:2 rules[0].promt: Did you mean "prompt"?'
    daemon.refuse("POST /v1/reload", "rules_invalid", problems, status=422)
    done = invoke("reload")
    assert (done.exit_code, done.stdout, done.stderr) == (4, "", f"nemowatch: {problems}\n")


def test_without_a_daemon_it_says_so_and_makes_no_state_folder(tmp_path: Path) -> None:
    done = invoke("reload")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        "nemowatch: NemoWatch is not running. `nemowatch run` starts it, with the rules as they are.\n"
    )
    assert not Path(os.environ["NEMOWATCH_STATE"]).exists()


def test_daemon_that_takes_no_requests_is_told() -> None:
    with InstanceLock(StateFolder.locate().create()):
        done = invoke("reload")
    assert done.exit_code == 1
    assert "takes no requests yet, or is of an earlier version. Try again soon" in done.stderr
