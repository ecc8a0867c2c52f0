"""No token in anything that is written: logs, job logs, manifests, database, messages. Everything runs at DEBUG."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import make_video

from nemowatch.sandbox.server import Sandbox

pytestmark = pytest.mark.slow

OWN_TOKEN = "marked-Token.0123456789-abcdef"
TOKEN_FILE = "token.json"

RULES = """\
nemo: {{api_url: {url}, poll: 200ms}}
log: {{level: DEBUG, format: {style}}}
rules:
  - name: shorts
    watch: {folder}
    prompt: [keep only the first 2 seconds, how many credits are left]
    settle: 100ms
  - name: fails
    watch: {folder}
    prompt: keep only the first 3 seconds
    deliver: media
    settle: 100ms
"""


class House:
    """A folder with two rules, one whose jobs are done and one whose jobs fail, and all that came of them."""

    def __init__(self, root: Path, sandbox: Sandbox, style: str) -> None:
        self.root = root
        self.written = ""
        make_video(root / "talks" / "talk.mp4", seconds=4)
        (root / "rules.yaml").write_text(RULES.format(url=sandbox.url, folder=root / "talks", style=style))

    def run(self, *arguments: str, **environment: str) -> None:
        own = {name: value for name, value in os.environ.items() if not name.startswith("NEMO")}
        places = {
            "HOME": str(self.root),
            "NEMOWATCH_STATE": str(self.root / "state"),
            "NEMOWATCH_RULES": str(self.root / "rules.yaml"),
        }
        done = subprocess.run(
            [sys.executable, "-m", "nemowatch", *arguments],
            env=own | places | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        self.written += done.stdout + done.stderr

    def holders_of(self, secret: str) -> list[str]:
        """Where a secret stands: the names of the files, or `output`."""
        files = [path for path in self.root.rglob("*") if path.is_file() and "service" not in path.parts]
        found = [path.name for path in files if secret.encode() in path.read_bytes()]
        return found + (["output"] if secret in self.written else [])


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path / "service", own_tokens={OWN_TOKEN: frozenset("*")}) as sandbox:
        yield sandbox


@pytest.mark.slow
@pytest.mark.parametrize("style", ["text", "json"])
def test_own_token_is_written_nowhere(tmp_path: Path, sandbox: Sandbox, style: str) -> None:
    house = House(tmp_path, sandbox, style)
    house.run("run", "--once", NEMO_TOKEN=OWN_TOKEN)
    assert len(sandbox.ledger()["prompts"]) == 2, house.written
    for command in (("status",), ("jobs", "list", "--json"), ("credits",)):
        house.run(*command, NEMO_TOKEN=OWN_TOKEN)
    house.run("run", "--once", NEMO_TOKEN=f"{OWN_TOKEN}-no-longer-valid")
    assert "not accept" in house.written or "Traceback" not in house.written
    assert house.holders_of(OWN_TOKEN) == []
    assert all("Authorization" not in line for line in house.written.splitlines())


def test_anonymous_token_is_kept_in_one_file_that_only_its_owner_reads(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    house = House(tmp_path, sandbox, "text")
    house.run("run", "--once", NEMO_CLIENT_ID="secrets-test")
    house.run("jobs", "list")
    kept = tmp_path / "state" / TOKEN_FILE
    token = json.loads(kept.read_text())["token"]
    assert house.holders_of(token) == [TOKEN_FILE]
    assert kept.stat().st_mode & 0o777 == 0o600
