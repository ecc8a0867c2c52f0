"""Where complete recordings are handed in: each becomes one durable job, however often it is handed in.

Called by the daemon for every file that the intake found complete.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from loguru import logger

from nemowatch.errors import NemoWatchError
from nemowatch.jobs.identity import hash_content, make_job_id
from nemowatch.jobs.records import JobSpec, SourceFile
from nemowatch.outputs.names import safe_folder
from nemowatch.rules.template import output_root, render, source_values

if TYPE_CHECKING:
    from pathlib import Path

    from nemowatch.clock import Clock
    from nemowatch.jobs.known_files import KnownFileBook
    from nemowatch.jobs.store import JobStore
    from nemowatch.rules.rule import Rule


class ChangedMeanwhile(NemoWatchError):
    """The file was written to while its content was being read; it must settle again."""


class Queue(Protocol):
    """The engine's part that is needed here."""

    async def enqueue(self, job_id: str, *, priority: int) -> None:
        """Put a job into the queue; one that is or was in it is left as it is."""
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

    def __init__(self, store: JobStore, known: KnownFileBook, queue: Queue, clock: Clock) -> None:
        self._store = store
        self._known = known
        self._queue = queue
        self._clock = clock

    async def hand_in(self, candidate: Candidate) -> str:
        """Make a job of a recording, or find the one that this content already has; returns the job's id.

        Raises:
            ChangedMeanwhile: the file is being written again.
            OSError: it can't be read.
        """
        source = candidate.source
        sha256 = await asyncio.to_thread(hash_content, source.path)
        await asyncio.to_thread(_check_unchanged, source)
        spec = make_spec(candidate, sha256, queued_at=self._clock.now())
        if await asyncio.to_thread(self._store.add, spec):
            await self._queue.enqueue(spec.job_id, priority=spec.priority)
            logger.bind(job=spec.job_id[:8]).info(f"{source.path}: queued for rule {spec.rule}.")
        else:
            await self._tell_duplicate(spec)
        self._known.note(spec.rule, source)
        return spec.job_id

    async def queue_unfinished(self) -> int:
        """Queue every job that is in the book and not finished: a crash may have come between the two."""
        records = await asyncio.to_thread(self._store.unfinished)
        for record in records:
            await self._queue.enqueue(record.spec.job_id, priority=record.spec.priority)
        return len(records)

    async def _tell_duplicate(self, spec: JobSpec) -> None:
        first = await asyncio.to_thread(self._store.read, spec.job_id)
        if first is not None and first.spec.source.path != spec.source.path:
            logger.bind(job=spec.job_id[:8]).info(
                f"{spec.source.path}: the same content as {first.spec.source.path}, which rule {spec.rule} "
                f"has had ({first.state}); it is not paid for again."
            )


def make_spec(candidate: Candidate, sha256: str, *, queued_at: float) -> JobSpec:
    """Fix everything that the job needs, templates filled in, as the rule stands now."""
    rule, source = candidate.rule, candidate.source
    job_id = make_job_id(rule.name, sha256)
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
        prompts=tuple(render(prompt, values) for prompt in rule.prompts),
        language=rule.language,
        deliver=rule.deliver,
        output_folder=safe_folder(render(rule.output, values), fixed=output_root(rule, candidate.folder)),
        priority=rule.priority,
        queued_at=queued_at,
    )


def _check_unchanged(source: SourceFile) -> None:
    facts = source.path.lstat()
    if (facts.st_size, facts.st_mtime_ns, facts.st_ino) != (
        source.size_bytes,
        source.modified_ns,
        source.inode,
    ):
        raise ChangedMeanwhile(
            f"{source.path} is being written again.", hint="It is taken when it has settled."
        )
