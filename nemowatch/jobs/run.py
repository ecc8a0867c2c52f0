"""One job at work: what its steps may use, and the one way in which they tell how it stands.

Made by `workflow.py` for each job that runs; the steps get it as their first argument.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from loguru import logger
from sqlalchemy.exc import DBAPIError, OperationalError

from nemowatch.jobs.absence import PLACE_MARKER, is_absence, look_offline, mount_point_of, why_place_is_away
from nemowatch.jobs.errors import SourceChanged, SourceGone
from nemowatch.jobs.patience import Patience
from nemowatch.jobs.pauses import Paused, Unwanted
from nemowatch.jobs.plan import MAX_UPLOAD_BYTES
from nemowatch.jobs.records import Cause, JobState
from nemowatch.jobs.service import Service
from nemowatch.jobs.source import ContentMemory, find_source
from nemowatch.jobs.store import Changes
from nemowatch.jobs.tally import Tally
from nemowatch.nemo.attribution import Attribution
from nemowatch.outputs.errors import FolderUnusable
from nemowatch.outputs.job_log import JobLog
from nemowatch.outputs.staging import Staging, staging_folder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from pathlib import Path

    from nemowatch.clock import Clock
    from nemowatch.jobs.markers import Markers
    from nemowatch.jobs.pace import Pace
    from nemowatch.jobs.patience import ServiceWatch
    from nemowatch.jobs.purse import Purse
    from nemowatch.jobs.records import JobRecord, Stop
    from nemowatch.jobs.shared_sessions import SharedSessions
    from nemowatch.jobs.store import JobStore
    from nemowatch.media.workers import Workers
    from nemowatch.nemo.client import NemoApi, NemoClient

_Answer = TypeVar("_Answer")

PROMPT_MARKER = "prompt:"
"""How the names of the markers begin that stand for money."""

_PROGRESS_EVERY_SECONDS = 0.5


@dataclass(frozen=True)
class JobSettings:
    """Times that rule how patiently a job works, all in seconds, and what it may upload.

    Attributes:
        poll_seconds: pause between two looks at a render (nemo-api.md §8.3).
        polls: looks at that pace; after them the pause doubles each time, up to `longest_poll_seconds`.
        look_pauses: pauses before each further look at a timeline that has not changed (nemo-api.md §5).
        still_seconds: a changed timeline counts as final when two looks so far apart find it the same: music and
            titles follow the picture by themselves (nemo-api.md §5).
        still_working_seconds: how often a long edit is said to be still going on.
        trouble_pause: before the next try to write to a database or a disk that is full.
        retry_pause: before a call that failed is made again; it doubles with each try of the rule's `retries`.
        probe_pause, longest_probe_pause: between two looks whether a dead service answers again; it doubles.
        rate_pause: after "too many calls", where the service does not say how long (nemo-api.md §11).
        longest_rate_pause: for longer than this the job gives up its place meanwhile.
        rate_pause_later: before a job that met "too many calls" twice goes on.
        fault_pause: before a job goes on whose call fails while the service answers others; it doubles each time.
        longest_fault_pause: the longest that it becomes.
        plan_pause: before an export that the plan does not include is tried again.
        account_pause: between two looks whether the token is accepted again, or there are more credits.
        folder_pause: before a job looks again for a folder that was offline; it doubles like `fault_pause`.
        max_upload_bytes: not a time: what the service takes per file (nemo-api.md §4).
    """

    poll_seconds: float = 30.0
    polls: int = 10
    longest_poll_seconds: float = 600.0
    look_pauses: tuple[float, ...] = (30.0, 60.0, 60.0, 60.0, 60.0)
    still_seconds: float = 3.0
    still_working_seconds: float = 120.0
    trouble_pause: float = 30.0
    retry_pause: float = 1.0
    probe_pause: float = 5.0
    longest_probe_pause: float = 300.0
    rate_pause: float = 30.0
    longest_rate_pause: float = 300.0
    rate_pause_later: float = 300.0
    fault_pause: float = 60.0
    longest_fault_pause: float = 3600.0
    plan_pause: float = 3600.0
    account_pause: float = 300.0
    folder_pause: float = 300.0
    max_upload_bytes: int = MAX_UPLOAD_BYTES


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
    purse: Purse
    shared: SharedSessions
    watch: ServiceWatch
    workers: Workers
    pace: Pace
    at_work: dict[str, JobRun] = field(default_factory=dict)
    """The jobs that run now, by their id."""

    tally: Tally = field(default_factory=Tally)

    offline_reason: Callable[[Path], str] = look_offline
    """Why a watch folder is offline, in a sentence that names it; empty where it is not. May block."""

    contents: ContentMemory = field(default_factory=ContentMemory)
    """What recordings hold that had to be read again."""


class JobRun:
    """One job at work."""

    def __init__(self, workshop: Workshop, record: JobRecord) -> None:
        self.record = record
        self.spec = spec = record.spec
        self.clock = workshop.clock
        self.settings = workshop.settings
        attribution = Attribution(spec.skill_source, spec.skill_version, workshop.platform)
        self.api: NemoApi = workshop.client.as_skill(attribution)
        self.log = JobLog(workshop.job_logs / f"{spec.job_id}.log", workshop.clock)
        self.patience = Patience(self, workshop.watch)
        self.service = Service(self.api, self.patience)
        self.purse = workshop.purse
        self.shared = workshop.shared
        self.workers = workshop.workers
        self.tally = workshop.tally
        self.unwanted = asyncio.Event()
        if record.is_unwanted:
            self.unwanted.set()
        self.step = ""
        self._offline_reason = workshop.offline_reason
        self._contents = workshop.contents
        self._state = JobState.QUEUED
        self._store = workshop.store
        self._markers = workshop.markers
        self._pace = workshop.pace
        self._logger = logger.bind(job=spec.job_id[:8])
        self._last_report = float("-inf")
        self._reports: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def open_staging(self) -> AsyncIterator[Staging]:
        """The folder beside the output folder in which this job builds its outputs; the same one every time.

        Raises:
            FolderUnusable: it can't be made.
            Paused: its place is away, or went away while it was in use.
        """
        spec = self.spec
        folder = staging_folder(spec.output_folder, spec.job_id, self.record.attempt)
        if not await asyncio.to_thread(os.path.isdir, folder):
            await self._pause_if_place_is_away()
        try:
            staging = await asyncio.to_thread(
                Staging.open, spec.output_folder, spec.job_id, self.record.attempt
            )
            await self._note_place()
            yield staging
        except (FolderUnusable, OSError) as error:
            await self._pause_if_place_is_away(error)
            raise

    async def enter(self, state: JobState, reason: str = "") -> None:
        """Write that the job is now in this state.

        Raises:
            Unwanted: it was cancelled just before.
        """
        self._last_report = float("-inf")
        self._state = state
        await self._settle_reports()
        now = self.clock.now()
        if not await self._write(Changes(state=state, reason=reason, started_at=now), now):
            self.unwanted.set()
            raise Unwanted
        if state is not JobState.WAITING:
            await self._keep_pace(lambda: self._pace.begin(self.spec.job_id, self.step, now=now))

    @asynccontextmanager
    async def waiting(self, reason: str) -> AsyncIterator[None]:
        """The job is `waiting` for this, keeping its place; after it, it is in the state from before again."""
        before = self._state
        await self.tell(reason)
        await self.enter(JobState.WAITING, reason)
        yield
        await self.enter(before)

    async def unless_unwanted(self, work: Awaitable[_Answer]) -> _Answer:
        """Do something, but stop it at once when the user cancels the job.

        Raises:
            Unwanted: the user has.
        """
        task = asyncio.ensure_future(work)
        cancelled = asyncio.create_task(self.unwanted.wait())
        try:
            await asyncio.wait({task, cancelled}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise Unwanted
        finally:
            cancelled.cancel()
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def park(self, state: JobState, reason: str, stop: Stop) -> None:
        """Write that the job stands still outside of the queue."""
        await self._settle_reports()
        now = self.clock.now()
        await self._persist(lambda: self._store.park(self.spec.job_id, state, reason, stop, now=now))

    async def finish(self, changes: Changes) -> None:
        """Write how the job ended. Does not return before that is written: the queue forgets the job after it."""
        await self._settle_reports()
        # First: a retry may come as soon as the end is written, and take the session again.
        await self._insist(lambda: self.shared.release(self.spec.job_id))
        await self._write(changes, self.clock.now())
        if changes.state is not None:
            self.tally.note_end(changes.state)

    async def tell(self, text: str, level: str = "INFO") -> None:
        """Write a line into the job's log and the daemon's."""
        self._logger.log(level, f"{self.spec.source.path.name}: {text}")
        try:
            await asyncio.to_thread(self.log.append, text)
        except OSError as error:
            # A full disk must not end a job for a line about it; the daemon's log has it.
            self._logger.warning(f"The job's log can't be written: {error.strerror}.")

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

    async def note_time(self, seconds: float) -> None:
        """Let the estimates for later jobs know how long the present step took."""
        await self._keep_pace(lambda: self._pace.note(self.spec, self.step, seconds))

    async def read_marker(self, name: str) -> dict[str, str] | None:
        """What this job noted under a name before a call that must not happen twice, or None."""
        return await asyncio.to_thread(self._markers.read, self.spec.job_id, name)

    async def set_marker(self, name: str, facts: Mapping[str, str]) -> None:
        """Note something for good, before the call that it is about."""
        now = self.clock.now()
        await asyncio.to_thread(self._markers.set, self.spec.job_id, name, facts, now=now)

    async def keep_marker(self, name: str, facts: Mapping[str, str]) -> None:
        """Note something that may have been noted before, as the same."""
        if await self.read_marker(name) is None:
            await self.set_marker(name, facts)

    async def replace_marker(self, name: str, facts: Mapping[str, str]) -> None:
        """Note something in the place of what was noted under this name before."""
        await self.drop_marker(name)
        await self.set_marker(name, facts)

    async def list_markers(self, beginning: str) -> dict[str, dict[str, str]]:
        """All that this job noted under names that begin like this, the oldest first."""
        return await asyncio.to_thread(self._markers.list, self.spec.job_id, beginning)

    async def drop_marker(self, name: str) -> None:
        """Take a note back: the call was refused before it did anything."""
        await asyncio.to_thread(self._markers.drop, self.spec.job_id, name)

    async def has_paid(self) -> bool:
        """Whether a prompt was sent that may have been charged."""
        return await asyncio.to_thread(self._markers.has_any, self.spec.job_id, PROMPT_MARKER)

    async def find_source(self) -> Path:
        """Where the queued content lies now; a renamed recording is found at its new place.

        Raises:
            SourceGone, SourceChanged: it is nowhere.
            Paused: its watch folder is offline.
        """
        places = await asyncio.to_thread(self._store.places_of, self.spec.job_id)
        try:
            return await asyncio.to_thread(find_source, self.spec, places, self._contents.sha256_of)
        except (SourceGone, SourceChanged) as problem:
            await self.pause_if_offline(problem)
            raise

    async def pause_if_offline(self, problem: Exception) -> None:
        """Return where what happened to the recording is not for want of its watch folder.

        Raises:
            Paused: the folder is offline.
        """
        folder = self.spec.folder
        reason = "" if folder is None else await asyncio.to_thread(self._offline_reason, folder)
        if reason:
            raise self._folder_pause(reason) from problem

    async def in_thread(self, work: Callable[[], _Answer]) -> _Answer:
        """Do something that blocks without holding up the event loop."""
        return await asyncio.to_thread(work)

    async def _pause_if_place_is_away(self, error: Exception | None = None) -> None:
        """Return where nothing says that the place of the outputs is away.

        Args:
            error: how it refused, if it has.

        Raises:
            Paused: it is.
        """
        place = await self.read_marker(PLACE_MARKER)
        reason = await asyncio.to_thread(why_place_is_away, self.spec, place, self._offline_reason)
        if not reason and error is not None and is_absence(error):
            reason = error.message if isinstance(error, FolderUnusable) else f"{error}."
        if reason:
            raise self._folder_pause(reason) from error

    async def _note_place(self) -> None:
        """Keep on which mount the outputs are built, to know when that is away."""
        mount = str(await asyncio.to_thread(mount_point_of, self.spec.output_folder))
        place = await self.read_marker(PLACE_MARKER)
        if place is None or place["mount"] != mount:
            await self.replace_marker(PLACE_MARKER, {"mount": mount})

    def _folder_pause(self, reason: str) -> Paused:
        return Paused(
            JobState.WAITING,
            Cause.FOLDER,
            f"{reason} The job goes on by itself when it is back: mount the share again, or plug the disk in.",
            wake_after=self.settings.folder_pause,
            grows=True,
        )

    async def _write(self, changes: Changes, now: float) -> bool:
        """Write into the book; False where the job has ended there already, and is not ended by this."""
        return await self._persist(lambda: self._store.write(self.spec.job_id, changes, now=now))

    async def _persist(self, write: Callable[[], _Answer]) -> _Answer:
        return await self._insist(lambda: asyncio.to_thread(write))

    async def _insist(self, write: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """Write, for as long as it takes: a full disk or a locked database passes."""
        while True:
            try:
                return await write()
            except OperationalError as error:
                self._logger.warning(f"The state can't be written: {error.orig}. It is tried again.")
                await self.clock.sleep(self.settings.trouble_pause)

    async def _write_progress(self, fraction: float, note: str) -> None:
        now = self.clock.now()
        await asyncio.to_thread(self._store.write_progress, self.spec.job_id, fraction, note, now=now)
        await self._keep_pace(lambda: self._pace.move(self.spec.job_id, fraction, now=now))

    async def _keep_pace(self, write: Callable[[], None]) -> None:
        try:
            await asyncio.to_thread(write)
        except DBAPIError as error:
            # Nothing depends on it but how exactly the time left is told.
            self._logger.debug(f"The pace can't be written: {error.orig}.")

    async def _settle_reports(self) -> None:
        # A late progress report must not land on the state that follows it.
        await asyncio.gather(*self._reports, return_exceptions=True)
