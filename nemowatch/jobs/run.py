"""One job at work: what its steps may use, and the one way in which they tell how it stands.

Made by `workflow.py` for each job that runs; the steps get it as their first argument.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from loguru import logger

from nemowatch.jobs.store import Changes
from nemowatch.nemo.attribution import Attribution
from nemowatch.outputs.job_log import JobLog
from nemowatch.outputs.staging import Staging

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from nemowatch.clock import Clock
    from nemowatch.jobs.markers import Markers
    from nemowatch.jobs.records import JobSpec, JobState
    from nemowatch.jobs.store import JobStore
    from nemowatch.nemo.client import NemoApi, NemoClient

_Answer = TypeVar("_Answer")

_PROGRESS_EVERY_SECONDS = 0.5


@dataclass(frozen=True)
class JobSettings:
    """Times that rule how patiently a job works; all in seconds.

    Attributes:
        poll_seconds: pause between two looks at a render (nemo-api.md §8.3).
        polls: looks at that pace; after them the pause doubles each time, up to `longest_poll_seconds`.
        look_pauses: pauses before each further look at a timeline that has not changed (nemo-api.md §5).
        still_working_seconds: how often a long edit is said to be still going on.
    """

    poll_seconds: float = 30.0
    polls: int = 10
    longest_poll_seconds: float = 600.0
    look_pauses: tuple[float, ...] = (30.0, 60.0, 60.0, 60.0, 60.0)
    still_working_seconds: float = 120.0


@dataclass(frozen=True)
class Workshop:
    """What all jobs share."""

    client: NemoClient
    store: JobStore
    markers: Markers
    clock: Clock
    platform: str
    job_logs: Path
    settings: JobSettings


class JobRun:
    """One job at work."""

    def __init__(self, workshop: Workshop, spec: JobSpec) -> None:
        self.spec = spec
        self.clock = workshop.clock
        self.settings = workshop.settings
        attribution = Attribution(spec.skill_source, spec.skill_version, workshop.platform)
        self.api: NemoApi = workshop.client.as_skill(attribution)
        self.log = JobLog(workshop.job_logs / f"{spec.job_id}.log", workshop.clock)
        self._store = workshop.store
        self._markers = workshop.markers
        self._logger = logger.bind(job=spec.job_id[:8])
        self._last_report = float("-inf")
        self._reports: set[asyncio.Task[None]] = set()

    async def open_staging(self) -> Staging:
        """The folder beside the output folder in which this job builds its outputs; the same one every time."""
        return await asyncio.to_thread(Staging.open, self.spec.output_folder, self.spec.job_id)

    async def enter(self, state: JobState, reason: str = "") -> None:
        """Write that the job is now in this state."""
        now = self.clock.now()
        self._last_report = float("-inf")
        await self._settle_reports()
        await asyncio.to_thread(
            self._store.write, self.spec.job_id, Changes(state=state, reason=reason, started_at=now), now=now
        )

    async def finish(self, changes: Changes) -> None:
        """Write how the job ended."""
        await self._settle_reports()
        await asyncio.to_thread(self._store.write, self.spec.job_id, changes, now=self.clock.now())

    async def tell(self, text: str) -> None:
        """Write a line into the job's log and the daemon's."""
        self._logger.info(f"{self.spec.source.path.name}: {text}")
        await asyncio.to_thread(self.log.append, text)

    def report(self, done: float, total: float, note: str = "") -> None:
        """Note how far the present step has come; may be called from the event loop as often as one likes."""
        now = self.clock.monotonic()
        if now - self._last_report < _PROGRESS_EVERY_SECONDS:
            return
        self._last_report = now
        fraction = min(1.0, done / total) if total > 0 else 0.0
        task = asyncio.create_task(self._write_progress(fraction, note))
        self._reports.add(task)
        task.add_done_callback(self._reports.discard)

    async def read_marker(self, name: str) -> dict[str, str] | None:
        """What this job noted under a name before a call that must not happen twice, or None."""
        return await asyncio.to_thread(self._markers.read, self.spec.job_id, name)

    async def set_marker(self, name: str, facts: Mapping[str, str]) -> None:
        """Note something for good, before the call that it is about."""
        now = self.clock.now()
        await asyncio.to_thread(self._markers.set, self.spec.job_id, name, facts, now=now)

    async def in_thread(self, work: Callable[[], _Answer]) -> _Answer:
        """Do something that blocks without holding up the event loop."""
        return await asyncio.to_thread(work)

    async def _write_progress(self, fraction: float, note: str) -> None:
        now = self.clock.now()
        await asyncio.to_thread(self._store.write_progress, self.spec.job_id, fraction, note, now=now)

    async def _settle_reports(self) -> None:
        # A late progress report must not land on the state that follows it.
        await asyncio.gather(*self._reports, return_exceptions=True)
