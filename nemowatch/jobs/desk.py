"""Where complete recordings are handed in: each becomes one durable job, however often it is handed in.

Called by the daemon for every file that the intake found complete.
"""

from __future__ import annotations

import asyncio
import itertools
import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from loguru import logger

from nemowatch.errors import NemoWatchError
from nemowatch.jobs.dispatcher import closed_hours
from nemowatch.jobs.hashing import check_unchanged
from nemowatch.jobs.identity import make_job_id
from nemowatch.jobs.records import (
    SHARED_BY_FOLDER,
    SHARED_BY_RULE,
    Base,
    Cause,
    JobRecord,
    JobSpec,
    JobState,
    SourceFile,
    Stop,
)
from nemowatch.jobs.rows import path_to_text
from nemowatch.jobs.run import PROMPT_MARKER
from nemowatch.jobs.source import find_source
from nemowatch.outputs.names import safe_folder
from nemowatch.rules.address_list import is_address_list, read_addresses
from nemowatch.rules.prompt_file import read_prompt_file
from nemowatch.rules.rule import After
from nemowatch.rules.template import output_root, render, source_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nemowatch.clock import Clock
    from nemowatch.jobs.dispatcher import Dispatcher
    from nemowatch.jobs.hashing import ContentHashes
    from nemowatch.jobs.known_files import KnownFileBook
    from nemowatch.jobs.markers import Markers
    from nemowatch.jobs.store import JobStore
    from nemowatch.rules.rule import Rule


class RuleGone(NemoWatchError):
    """The rule of a job is not in the rules any more, or no longer takes its recording."""


@dataclass(frozen=True)
class Candidate:
    """A complete recording that a rule takes.

    Attributes:
        rule: the rule.
        folder: the watch folder that it lies in.
        source: the version of the file that was found complete.
        duration_seconds: how long it plays; None where nobody knows.
        is_held: it is one of too many that were there before the rule: its job is held until the user says so.
    """

    rule: Rule
    folder: Path
    source: SourceFile
    duration_seconds: float | None
    is_held: bool = False


@dataclass(frozen=True)
class _Entry:
    """The job of a file that was handed in: how it stands, why, and whether it is new.

    Attributes:
        spec: the job as the file would have it made now; one that was there before keeps its own.
        place: where the file lay that the job was made of.
    """

    spec: JobSpec
    place: Path
    state: JobState
    reason: str
    is_new: bool


@dataclass(frozen=True)
class _Earlier:
    """A job that a content has had, whether or not its record is still kept.

    Attributes:
        place: where the file lay that it was made of.
        is_free: it failed before anything was paid.
    """

    place: Path
    state: JobState
    reason: str
    is_free: bool


class JobDesk:
    """Turns candidates into jobs, which wait in the book for the dispatcher."""

    def __init__(
        self,
        store: JobStore,
        markers: Markers,
        known: KnownFileBook,
        hashes: ContentHashes,
        dispatcher: Dispatcher,
        clock: Clock,
        rules: Sequence[Rule] = (),
    ) -> None:
        self._rules = rules
        self._store = store
        self._markers = markers
        self._known = known
        self._hashes = hashes
        self._dispatcher = dispatcher
        self._clock = clock

    def follow(self, rules: Sequence[Rule]) -> None:
        """These rules are in force from now on; jobs that are there keep theirs."""
        self._rules = rules

    async def hand_in(self, candidate: Candidate) -> str:
        """Make a job of a recording, or find the one that this content already has; returns the job's id.

        A job that failed before anything was paid does not count: the recording gets another one.

        Raises:
            ChangedMeanwhile: the file is being written again.
            OSError: it can't be read.
        """
        source = candidate.source
        sha256 = await self._hashes.sha256_of(source)
        entry = await asyncio.to_thread(self._enter, candidate, sha256)
        if entry.is_new:
            self._dispatcher.tell_entered(entry.spec.priority)
        _tell(entry, source)
        self._known.note(candidate.rule.name, source)
        return entry.spec.job_id

    def _enter(self, candidate: Candidate, sha256: str) -> _Entry:
        """The job of this content in the book, entered if it is not there."""
        check_unchanged(candidate.source)
        now, place = self._clock.now(), self._own_place(candidate, sha256)
        for attempt in itertools.count(1):
            spec = make_spec(candidate, sha256, queued_at=now, attempt=attempt, place=place)
            before = self._find_earlier(spec.job_id)
            if before is not None and before.is_free:
                continue
            # Also for a job that is there: the file is known from now on, and may be where the content is found.
            state, reason = self._add(spec, is_held=candidate.is_held)
            if state is not None:
                return _Entry(spec, candidate.source.path, state, reason, is_new=True)
            earlier = before or self._find_earlier(spec.job_id)
            if earlier is None:
                continue
            if self._is_anothers(candidate, earlier):
                return self._enter(candidate, sha256)  # its twin elsewhere was entered in this very moment
            return _Entry(spec, earlier.place, earlier.state, earlier.reason, is_new=False)
        raise AssertionError("there is always a next attempt")

    def _add(self, spec: JobSpec, *, is_held: bool = False) -> tuple[JobState | None, str]:
        """Enter a job: held, waiting for its hours, or ready to be handed over.

        Returns how it stands, and why; None where it was there already.
        """
        state, reason, stop = JobState.QUEUED, "", None
        closed = closed_hours(spec.schedule, spec.queued_at)
        if is_held:
            state, stop = JobState.HELD, Stop(1, "prepare", Cause.BACKLOG)
            reason = (
                f"One of many files that were there before the rule {spec.rule}: "
                f"`nemowatch jobs release --rule {shlex.quote(spec.rule)}` lets them go."
            )
        elif closed is not None:
            state, (stop, reason) = JobState.WAITING, closed
        is_new = self._store.add(spec, stop=stop, state=state, reason=reason)
        return (state if is_new else None), reason

    def _own_place(self, candidate: Candidate, sha256: str) -> str:
        """What tells the job from that of the same content elsewhere; empty where nothing has to.

        The first place of a content goes without, so that the rule meets its job again when it no longer takes
        duplicates.
        """
        if candidate.rule.duplicates == "skip":
            return ""
        first = self._find_earlier(make_job_id(candidate.rule.name, sha256))
        return "" if first is None or not self._is_anothers(candidate, first) else str(candidate.source.path)

    @staticmethod
    def _is_anothers(candidate: Candidate, job: _Earlier) -> bool:
        """Whether a job is that of a file elsewhere, where each place has a job of its own."""
        takes_duplicates = candidate.rule.duplicates == "process"
        # A past job's place is kept as text, which a name that is no text becomes in one way only.
        return takes_duplicates and path_to_text(job.place) != path_to_text(candidate.source.path)

    def _find_earlier(self, job_id: str) -> _Earlier | None:
        """The job of this id, if there is or was one."""
        record = self._store.read(job_id)
        if record is not None:
            is_free = record.state is JobState.FAILED and not self._markers.has_any(job_id, PROMPT_MARKER)
            return _Earlier(record.spec.source.path, record.state, record.reason, is_free)
        past = self._store.read_past(job_id)
        return None if past is None else _Earlier(past.source_path, past.state, "", past.is_free)

    async def rerun(self, record: JobRecord, order_id: int) -> str:
        """Make a job's recording anew, as its rule stands now; returns the new job's id.

        One order makes one job, however often it is carried out.

        Raises:
            RuleGone, SourceGone: there is no longer such a rule, or no such recording.
            OSError: it can't be read.
        """
        candidate, named = await asyncio.to_thread(self._find_again, record)
        sha256 = await self._hashes.sha256_of(candidate.source)
        spec = await asyncio.to_thread(make_spec, candidate, sha256, queued_at=self._clock.now(), named=named)
        return await self._queue_ordered(spec, order_id)

    async def refine(
        self, record: JobRecord, text: str, session: tuple[str, str | None], order_id: int
    ) -> str:
        """Make a job that sends one more prompt into a finished job's session; returns its id.

        Args:
            record: the finished job.
            text: the prompt.
            session: the session's id and its task's.
            order_id: one order makes one job, however often it is carried out.
        """
        spec = refine_spec(record.spec, text, session, queued_at=self._clock.now())
        return await self._queue_ordered(spec, order_id)

    async def _queue_ordered(self, spec: JobSpec, order_id: int) -> str:
        """Enter the job of an order, if it is not there yet."""
        spec = replace(spec, job_id=make_job_id(f"{spec.rule}\0order {order_id}", spec.sha256))
        await asyncio.to_thread(self._add, spec)
        self._dispatcher.stir()
        logger.bind(job=spec.job_id[:8]).info(f"{spec.source.path}: queued for rule {spec.rule}, as ordered.")
        return spec.job_id

    def _find_again(self, record: JobRecord) -> tuple[Candidate, Path]:
        """What a job was made of, as it lies now, and the path by which it is called.

        A recording that was moved away afterwards is called as it was before.
        """
        spec = record.spec
        rule = next((rule for rule in self._rules if rule.name == spec.rule), None)
        if rule is None:
            raise RuleGone(
                f"There is no rule {spec.rule} any more.", hint="Give a rule its name again, in rules.yaml."
            )
        path = named = find_source(spec, self._store.places_of(spec.job_id))
        folder = next((folder for folder in rule.watch if path.is_relative_to(folder)), None)
        if folder is None:
            folder, named = spec.folder, spec.source.path
            # Where it lies now, nothing takes it in; so nothing has to take it away once more.
            rule = replace(rule, after=After())
        if folder is None:
            raise RuleGone(f"{path} lies in no folder that the rule {rule.name} watches.")
        facts = path.lstat()
        source = SourceFile(path, facts.st_size, facts.st_mtime_ns, facts.st_ino)
        return Candidate(rule, folder, source, spec.duration_seconds), named


def make_spec(
    candidate: Candidate,
    sha256: str,
    *,
    queued_at: float,
    attempt: int = 1,
    place: str = "",
    named: Path | None = None,
) -> JobSpec:
    """Fix everything that the job needs, templates filled in, as the rule stands now.

    Args:
        candidate: the recording.
        sha256: its content's.
        queued_at: seconds since the epoch.
        attempt: as `make_job_id` takes it.
        place: the same.
        named: the path in its watch folder that the templates speak of, where it lies elsewhere by now.
    """
    rule, source = candidate.rule, candidate.source
    job_id = make_job_id(rule.name, sha256, attempt, place=place)
    values = source_values(
        rule,
        candidate.folder,
        named or source.path,
        duration_seconds=candidate.duration_seconds,
        modified=source.modified_ns / 1e9,
        job=job_id,
    )
    return JobSpec(
        job_id=job_id,
        rule=rule.name,
        source=source,
        sha256=sha256,
        duration_seconds=candidate.duration_seconds,
        skill_source=rule.skill.source,
        skill_version=rule.skill.version,
        prompts=tuple(
            _printable(render(prompt, values)) for prompt in read_prompt_file(source.path) or rule.prompts
        ),
        language=rule.language,
        deliver=rule.deliver,
        output_folder=safe_folder(render(rule.output, values), fixed=output_root(rule, candidate.folder)),
        priority=rule.priority,
        queued_at=queued_at,
        question=rule.question,
        drop_tracks=rule.drop_tracks,
        session_key=_session_key(rule, candidate),
        retries=rule.retries,
        urls=read_addresses(source.path) if is_address_list(source.path) else (),
        folder=candidate.folder,
        schedule=rule.schedule,
        after=rule.after.does,
        after_folder=Path(render(rule.after.folder, values)) if rule.after.does == "move" else None,
        oversize=rule.oversize,
        convert=rule.convert,
        trim=rule.trim,
        frames=rule.frames,
        has_overview=True,
    )


def refine_spec(spec: JobSpec, text: str, session: tuple[str, str | None], *, queued_at: float) -> JobSpec:
    """A job that goes on in the session of another, which has ended; its id is still to be made."""
    before = () if spec.base is None else spec.base.prompts
    session_id, task_id = session
    return replace(
        spec,
        prompts=(text,),
        queued_at=queued_at,
        # Two refinements of one session would undo each other's work.
        session_key=spec.session_key or f"session:{session_id}",
        base=Base(spec.job_id, session_id, task_id, (*before, *spec.prompts)),
        # Somebody waits for it; and what becomes of the recording was the first job's business.
        schedule="",
        after="keep",
        after_folder=None,
    )


def _session_key(rule: Rule, candidate: Candidate) -> str:
    """Which files share a session; those with the same name here do, one after the other."""
    if rule.session == "rule":
        return f"{SHARED_BY_RULE}{rule.name}"
    if rule.group == "folder":
        return f"{SHARED_BY_FOLDER}{rule.name}:{path_to_text(candidate.source.path.parent)}"
    return ""


def _printable(text: str) -> str:
    """A text that may be sent: what of a file's name is no UTF-8 is replaced."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _tell(entry: _Entry, source: SourceFile) -> None:
    """Say in the log what became of a file that was handed in."""
    spec, log = entry.spec, logger.bind(job=entry.spec.job_id[:8])
    if entry.is_new:
        # A backlog has been told as a whole, with what lets it go.
        reason = "" if entry.state is JobState.HELD else entry.reason
        log.info(f"{source.path}: {entry.state} for rule {spec.rule}. {reason}".rstrip())
    elif entry.place != source.path or entry.state.is_final:
        log.info(
            f"{source.path}: the same content as {entry.place}, which rule {spec.rule} has had "
            f"({entry.state}); it is not paid for again."
        )
