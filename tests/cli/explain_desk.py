"""A watch folder with two rules, and what the state folder says of its files, for the tests of `explain`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from cli_parts import NO_REQUESTS, invoke

from nemowatch.places import StateFolder
from nemowatch.standing import FolderLine, Standing, WaitingFile, digest_rules, write_standing

RULES = """\
rules:
  - {name: shorts, watch: ROOT/in, prompt: make clips, ignore: "draft*"}
  - {name: deep, watch: ROOT/in, prompt: make stills, match: "*.mp4", recursive: true}
"""


class Desk:
    """A watch folder with two rules, and what the state folder says of its files."""

    def __init__(self, root: Path, recording: bytes) -> None:
        self.root = root
        self.folder = root / "in"
        self.folder.mkdir()
        self.rules = root / "rules.yaml"
        self.rules.write_text(RULES.replace("ROOT", str(root)))
        self._recording = recording

    def record(self, name: str = "talk.mp4") -> Path:
        """A real recording below the watch folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self._recording)
        return path

    def explain(self, path: Path | str) -> dict[str, Any]:
        """The answer for scripts; its code fits."""
        done = invoke("explain", str(path), "--rules", str(self.rules), "--json")
        assert done.stderr in {"", NO_REQUESTS}
        answer: dict[str, Any] = json.loads(done.stdout)
        assert done.exit_code == (0 if answer["taken"] else 1)
        return answer

    def ask(self, path: Path | str, rule: str = "shorts") -> dict[str, Any]:
        """One rule's answer."""
        return next(each for each in self.explain(path)["rules"] if each["rule"] == rule)

    def stand(self, *waiting: WaitingFile, in_all: int = 0, folder: str = "watched", **changes: Any) -> None:
        """What the daemon has told; it counts while somebody holds the lock."""
        lines = (FolderLine(str(self.folder), folder, "Stale file handle." if folder == "offline" else ""),)
        standing = Standing(str(self.rules), lines, waiting, in_all or len(waiting))
        standing = replace(standing, rules_digest=digest_rules(self.rules.read_bytes()), **changes)
        write_standing(StateFolder.locate().create().standing, standing)
