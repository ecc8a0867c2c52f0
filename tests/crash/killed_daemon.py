"""A daemon that kills itself (SIGKILL) at a named point: `killed_daemon.py RULES STATE POINT`.

Points: `before:STEP` (about to run), `after:STEP` (done, not yet checkpointed), `kept:STEP` (checkpointed),
`marked:NAME` (a marker is on the disk, its call not yet made), `midway:prompt` (the first event has arrived), and
`none`. The daemon itself knows nothing of this: the points are put around its parts from outside, and its queue is
looked at more often than usual.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from functools import partialmethod
from pathlib import Path
from typing import Any

from nemowatch.daemon import Daemon
from nemowatch.jobs.engine import Engine
from nemowatch.jobs.markers import Markers
from nemowatch.jobs.run import JobSettings
from nemowatch.logs import configure_logs
from nemowatch.nemo.client import NemoApi
from nemowatch.places import StateFolder
from nemowatch.rules.load import load_rules

SETTINGS = JobSettings(
    poll_seconds=0.05,
    polls=100,
    look_pauses=(0.1, 0.2, 0.4),
    still_seconds=0.05,
    trouble_pause=0.05,
    retry_pause=0.02,
    probe_pause=0.05,
    longest_probe_pause=0.2,
    rate_pause=0.05,
    rate_pause_later=0.1,
    fault_pause=0.1,
    longest_fault_pause=0.5,
    plan_pause=0.2,
    account_pause=0.2,
)
"""Fast looks: the sandbox finishes an edit within moments, also when its client has gone."""


def put_points(point: str) -> None:
    def kill_at(here: str) -> None:
        if here == point:
            os.kill(os.getpid(), signal.SIGKILL)

    checkpoint, set_marker, send_prompt = Engine.checkpoint, Markers.set, NemoApi.send_prompt

    async def checkpoint_with_points(
        self: Engine, name: str, step: Callable[[], Coroutine[Any, Any, dict[str, Any]]]
    ) -> dict[str, Any]:
        async def step_with_points() -> dict[str, Any]:
            kill_at(f"before:{name}")
            answer = await step()
            kill_at(f"after:{name}")
            return answer

        answer = await checkpoint(self, name, step_with_points)
        kill_at(f"kept:{name}")
        return answer

    def set_with_points(
        self: Markers, job_id: str, name: str, facts: Mapping[str, str], *, now: float
    ) -> None:
        set_marker(self, job_id, name, facts, now=now)
        kill_at(f"marked:{name}")

    async def send_with_points(self: NemoApi, session_id: str, text: str) -> AsyncIterator[Any]:
        async for event in send_prompt(self, session_id, text):
            kill_at("midway:prompt")
            yield event

    quickly = partialmethod(Engine.__init__, polling_seconds=0.05)
    Engine.__init__ = quickly  # type: ignore[assignment,method-assign]
    Engine.checkpoint = checkpoint_with_points  # type: ignore[method-assign]
    Markers.set = set_with_points  # type: ignore[method-assign]
    NemoApi.send_prompt = send_with_points  # type: ignore[assignment,method-assign]


def main() -> None:
    rules, state, point = sys.argv[1:]
    put_points(point)
    configure_logs("DEBUG")
    daemon = Daemon(load_rules(Path(rules)), StateFolder(Path(state)), settings=SETTINGS)
    asyncio.run(daemon.run(once=True))


if __name__ == "__main__":
    main()
