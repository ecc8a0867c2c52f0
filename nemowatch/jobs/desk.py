"""Where complete recordings are handed in: each becomes one durable job, however often it is handed in.

Called by the daemon for every file that the intake found complete.
"""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from loguru import logger

from nemowatch.errors import NemoWatchError
from nemowatch.jobs.identity import hash_content, make_job_id
from nemowatch.jobs.records import (
    SHARED_BY_FOLDER,
    SHARED_BY_RULE,
    Base,
    JobRecord,
    JobSpec,
    JobState,
    SourceFile,
)
from nemowatch.jobs.run import PROMPT_MARKER
from nemowatch.jobs.source import find_source, is_version
from nemowatch.jobs.store import path_to_text
from nemowatch.outputs.names import safe_folder
from nemowatch.rules.address_list import is_address_list, read_addresses
from nemowatch.rules.prompt_file import read_prompt_file
from nemowatch.rules.template import output_root, render, source_values

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nemowatch.clock import Clock
    from nemowatch.jobs.known_files import KnownFileBook
    from nemowatch.jobs.markers import Markers
    from nemowatch.jobs.store import JobStore
    from nemowatch.rules.rule import Rule


class ChangedMeanwhile(NemoWatchError):
    """The file was written to while its content was being read; it must settle again."""


class RuleGone(NemoWatchError):
    """The rule of a job is not in the rules any more, or no longer takes its recording."""


class Queue(Protocol):
    """The engine's part that is needed here."""

    async def enqueue(self, job_id: str, *, priority: int, number: int = 1, start_step: int = 1) -> None:
        """Put a round of a job into the queue; one that is or was in it is left as it is."""
        ...


@dataclass(frozen=True)
class Candidate:
    """A complete recording that a rule takes; `folder` is the watched folder it lies in."""

    rule: Rule
    folder: Path
    source: SourceFile
    duration_seconds: float | None


class JobDesk:
    """Turns candidates into jobs."""

    def __init__(
        self,
        store: JobStore,
        markers: Markers,
        known: KnownFileBook,
        queue: Queue,
        clock: Clock,
        rules: Sequence[Rule] = (),
    ) -> None:
        self._rules = rules
        self._store = store
        self._markers = markers
        self._known = known
        self._queue = queue
        self._clock = clock

    async def hand_in(self, candidate: Candidate) -> str:
        """Make a job of a recording, or find the one that this content already has; returns the job's id.

        A job that failed before anything was paid does not count: the recording gets another one.

        Raises:
            ChangedMeanwhile: the file is being written again.
            OSError: it can't be read.
        """
        source = candidate.source
        sha256 = await asyncio.to_thread(hash_content, source.path)
        await asyncio.to_thread(_check_unchanged, source)
        record, is_new = await asyncio.to_thread(self._enter, candidate, sha256)
        spec = record.spec
        # Also for a job that was there: the one who entered it may not have come as far as to queue it.
        if not record.state.is_final:
            await self._queue.enqueue(spec.job_id, priority=spec.priority)
        if is_new:
            logger.bind(job=spec.job_id[:8]).info(f"{source.path}: queued for rule {spec.rule}.")
        elif spec.source.path != source.path or record.state.is_final:
            logger.bind(job=spec.job_id[:8]).info(
                f"{source.path}: the same content as {spec.source.path}, which rule {spec.rule} has had "
                f"({record.state}); it is not paid for again."
            )
        self._known.note(spec.rule, source)
        return spec.job_id

    def _enter(self, candidate: Candidate, sha256: str) -> tuple[JobRecord, bool]:
        """The job of this content in the book, entered if it is not there; and whether it is new."""
        for attempt in itertools.count(1):
            spec = make_spec(candidate, sha256, queued_at=self._clock.now(), attempt=attempt)
            before = self._store.read(spec.job_id)
            if before is not None and before.state is JobState.FAILED and not self._has_paid(spec.job_id):
                continue
            # Also for a job that is there: the file is known from now on, and may be where the content is found.
            is_new = self._store.add(spec)
            record = self._store.read(spec.job_id)
            if record is not None:
                return record, is_new
        raise AssertionError("there is always a next attempt")

    def _has_paid(self, job_id: str) -> bool:
        return self._markers.has_any(job_id, PROMPT_MARKER)

    async def queue_unfinished(self) -> int:
        """Queue every job that is in the book and not finished: a crash may have come between the two."""
        records = await asyncio.to_thread(self._store.unfinished)
        for record in records:
            await self._queue.enqueue(
                record.spec.job_id,
                priority=record.spec.priority,
                number=record.round,
                start_step=1 if record.stop is None else record.stop.step,
            )
        return len(records)

    async def rerun(self, record: JobRecord, order_id: int) -> str:
        """Make a job's recording anew, as its rule stands now; returns the new job's id.

        One order makes one job, however often it is carried out.

        Raises:
            RuleGone, SourceGone: there is no longer such a rule, or no such recording.
            OSError: it can't be read.
        """
        candidate = await asyncio.to_thread(self._find_again, record)
        sha256 = await asyncio.to_thread(hash_content, candidate.source.path)
        spec = await asyncio.to_thread(make_spec, candidate, sha256, queued_at=self._clock.now())
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
        """Enter and queue the job of an order, if it is not there yet."""
        spec = replace(spec, job_id=make_job_id(f"{spec.rule}\0order {order_id}", spec.sha256))
        await asyncio.to_thread(self._store.add, spec)
        await self._queue.enqueue(spec.job_id, priority=spec.priority)
        logger.bind(job=spec.job_id[:8]).info(f"{spec.source.path}: queued for rule {spec.rule}, as ordered.")
        return spec.job_id

    def _find_again(self, record: JobRecord) -> Candidate:
        """What a job was made of, as it lies in a watched folder now."""
        spec = record.spec
        rule = next((rule for rule in self._rules if rule.name == spec.rule), None)
        if rule is None:
            raise RuleGone(
                f"There is no rule {spec.rule} any more.", hint="Give a rule its name again, in rules.yaml."
            )
        path = find_source(spec, self._store.places_of(spec.job_id))
        folder = next((folder for folder in rule.watch if path.is_relative_to(folder)), None)
        if folder is None:
            raise RuleGone(f"{path} lies in no folder that the rule {rule.name} watches.")
        facts = path.lstat()
        source = SourceFile(path, facts.st_size, facts.st_mtime_ns, facts.st_ino)
        return Candidate(rule, folder, source, spec.duration_seconds)


def make_spec(candidate: Candidate, sha256: str, *, queued_at: float, attempt: int = 1) -> JobSpec:
    """Fix everything that the job needs, templates filled in, as the rule stands now."""
    rule, source = candidate.rule, candidate.source
    job_id = make_job_id(rule.name, sha256, attempt)
    values = source_values(
        rule,
        candidate.folder,
        source.path,
        duration_seconds=candidate.duration_seconds,
        modified=source.modified_ns / 1e9,
        job=job_id[:8],
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


def _check_unchanged(source: SourceFile) -> None:
    if not is_version(source.path.lstat(), source):
        raise ChangedMeanwhile(
            f"{source.path} is being written again.", hint="It is taken when it has settled."
        )
