"""Puts the state folder of an earlier version back, as a crash of its daemon left it, with the service to go with it.

What the service had done by then is done again on a sandbox of today; the ids that this one gives replace those of
then, in the database too. The folders beside this file are what `write_old_state.py` wrote.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from helpers import async_wait_until
from old_recordings import POINTS, save_recording

from nemowatch.clock import SystemClock
from nemowatch.nemo.attribution import Attribution
from nemowatch.nemo.client import NemoApi, NemoClient
from nemowatch.nemo.token import TokenSource
from nemowatch.sandbox.server import Sandbox

TOKEN = "upgrade-token-0123456789"
SCHEMAS = (1, 2, 3, 4)
HERE = Path(__file__).parent

RULES = """\
nemo: {{api_url: {url}, poll: 1s}}
limits: {{jobs: 8, starts: null}}
defaults: {{settle: 100ms}}
rules:
  - {{name: shorts, watch: {root}/talks, prompt: keep only the first 2 seconds}}
  - {{name: jokes, watch: {root}/jokes, prompt: tell me a joke}}
  - {{name: asks, watch: {root}/asks, prompt: keep only the first 2 seconds, question: hold}}
"""


def load_dump(schema: int, target: Path, replaced: Mapping[str, str] | None = None) -> None:
    """Make a database of a dump, with some texts in it replaced."""
    text = _replace((HERE / f"schema{schema}" / "database.sql").read_text(), replaced or {})
    with closing(sqlite3.connect(target)) as connection:
        connection.executescript(text)
        connection.execute("PRAGMA journal_mode=WAL")


def restore(schema: int, root: Path, sandbox: Sandbox) -> None:
    """Make the state folder, the recordings and the half-made outputs in `root`, and the sessions on the sandbox."""
    kept = HERE / f"schema{schema}"
    state = root / "state"
    state.mkdir(mode=0o700)
    (root / "rules.yaml").write_text(RULES.format(url=sandbox.url, root=root))
    recordings = [root / "talks" / f"{stem}.mp4" for stem in POINTS] + [root / "jokes" / "joke.mp4"]
    for path in [*recordings, *([root / "asks" / "asked.mp4"] if schema > 1 else [])]:
        path.parent.mkdir(exist_ok=True)
        save_recording(path)
    (root / "asks").mkdir(exist_ok=True)
    replaced = {"@root@": str(root), "@service@": sandbox.url}
    replaced |= asyncio.run(_do_again(schema, root, sandbox))
    load_dump(schema, state / "nemowatch.db", replaced)
    (state / "jobs").mkdir(mode=0o700)
    for log in (kept / "jobs").iterdir():
        (state / "jobs" / log.name).write_text(_replace(log.read_text(), replaced))
    for folder in (kept / "staging").glob("*/*/*.partial"):
        place = root / folder.relative_to(kept / "staging")
        shutil.copytree(folder, place.with_name(f".{folder.name}"))


def read_sessions(schema: int) -> list[Any]:
    """What the service had done by then, session by session."""
    sessions: list[Any] = json.loads((HERE / f"schema{schema}" / "service.json").read_text())["sessions"]
    return sessions


async def _do_again(schema: int, root: Path, sandbox: Sandbox) -> dict[str, str]:
    """Do what the service had done; gives the ids and fingerprints of then with those of now."""
    tokens = TokenSource(
        api_url=sandbox.url,
        client_id_file=root / "client_id",
        token_file=root / "token.json",
        environ={"NEMO_TOKEN": TOKEN},
    )
    client = NemoClient(api_url=sandbox.url, web_url="https://web.test", tokens=tokens, clock=SystemClock())
    replaced: dict[str, str] = {}
    async with client:
        api = client.as_skill(Attribution("upgrade", "1.0.0", "unknown"))
        for session in read_sessions(schema):
            replaced |= await _do_session_again(api, session, read_fingerprints(schema), root, sandbox)
    return replaced


async def _do_session_again(
    api: NemoApi, then: Any, fingerprints: Mapping[str, str], root: Path, sandbox: Sandbox
) -> dict[str, str]:
    session_id = (await api.create_session(then["name"], "en")).session_id
    for name in then["uploads"]:
        await api.upload(session_id, [_find(root, name)], lambda _done, _total: None)
    before = await api.read_state(session_id)
    for text, outcome in then["prompts"]:
        if outcome == "asked":
            sandbox.order("prompt:question x1")
        async for _event in api.send_prompt(session_id, text):
            pass
    state = await api.read_state(session_id)
    for render_id in then["renders"]:
        await api.start_render(render_id, session_id, dict(state.draft or {}))
        await async_wait_until(partial(_is_rendered, sandbox, render_id))
    state = await api.read_state(session_id)
    replaced = dict(_differences(then["state"]["state"], dict(state.raw)))
    replaced[then["state"]["session_id"]] = session_id
    if then["name"] in fingerprints:
        replaced[fingerprints[then["name"]]] = before.fingerprint()
    return replaced


def _find(root: Path, name: str) -> Path:
    (path,) = root.glob(f"*/{name}")
    return path


def _is_rendered(sandbox: Sandbox, render_id: str) -> bool:
    status = {entry["id"]: entry["status"] for entry in sandbox.ledger()["renders"]}[render_id]
    return bool(status == "completed")


def read_fingerprints(schema: int) -> dict[str, str]:
    """What the state before each recording's prompt was, as the version of then wrote it, by the recording's name."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript((HERE / f"schema{schema}" / "database.sql").read_text())
        query = """
            SELECT source_path, facts FROM nemowatch_jobs JOIN nemowatch_markers USING (job_id)
            WHERE name = 'prompt:1'
        """
        return {
            Path(path).stem: json.loads(facts)["fingerprint"] for path, facts in connection.execute(query)
        }


def _differences(then: Any, now: Any) -> Iterator[tuple[str, str]]:
    """The texts that stand in the same place of two JSON values and are not the same."""
    if isinstance(then, dict) and isinstance(now, dict):
        for key in then.keys() & now.keys():
            yield from _differences(then[key], now[key])
    elif isinstance(then, list) and isinstance(now, list):
        for one, other in zip(then, now, strict=False):
            yield from _differences(one, other)
    elif isinstance(then, str) and isinstance(now, str) and then != now:
        yield then, now


def _replace(text: str, replaced: Mapping[str, str]) -> str:
    for old, new in replaced.items():
        text = text.replace(old, new)
    return text
