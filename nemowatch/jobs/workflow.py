"""The life of a job: prepare → connect → upload → edit → export → download → deliver, each step checkpointed.

Run by the engine. A restart calls `RecordingWorkflow.run` again: finished steps answer from their checkpoints,
the one that was cut off runs again. So nothing here may depend on anything but the job's spec and the steps'
results.
"""

from __future__ import annotations

import asyncio
import errno
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from loguru import logger
from pydantic import TypeAdapter

from nemowatch.errors import NemoWatchError
from nemowatch.jobs.errors import NothingDelivered, UnexpectedFailure
from nemowatch.jobs.plan import plan_actions
from nemowatch.jobs.records import DeliveredFile, JobState
from nemowatch.jobs.results import (
    Collected,
    Connected,
    Delivered,
    Downloaded,
    Edited,
    Exported,
    Prepared,
    Story,
    Uploaded,
)
from nemowatch.jobs.run import JobRun, Workshop
from nemowatch.jobs.steps.ask import ask
from nemowatch.jobs.steps.connect import connect
from nemowatch.jobs.steps.deliver import Ending, deliver
from nemowatch.jobs.steps.download import collect_media, download_render
from nemowatch.jobs.steps.edit import edit
from nemowatch.jobs.steps.export import export
from nemowatch.jobs.steps.prepare import prepare
from nemowatch.jobs.steps.upload import upload
from nemowatch.jobs.store import Changes
from nemowatch.nemo.intents import Intent
from nemowatch.outputs.errors import FolderUnusable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from nemowatch.jobs.plan import Action

_Result = TypeVar("_Result")


class Checkpoints(Protocol):
    """Runs a step and keeps its answer; on a replay it gives the kept answer instead (the engine's part)."""

    async def __call__(
        self, name: str, step: Callable[[], Coroutine[Any, Any, dict[str, Any]]]
    ) -> dict[str, Any]:
        """The step's answer, JSON all through."""
        ...


class StepFailed(Exception):
    """A step ended with an error that was checkpointed, so that a replay fails the same way."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class RecordingWorkflow:
    """What becomes of one recording, from its spec to its output folder."""

    def __init__(self, workshop: Workshop, checkpoint: Checkpoints) -> None:
        self._workshop = workshop
        self._checkpoint = checkpoint

    async def run(self, job_id: str) -> str:
        """Take a job to its end, and return the state it ended in."""
        record = await asyncio.to_thread(self._workshop.store.read, job_id)
        if record is None:
            logger.error(f"Job {job_id} is in the queue but not in the book; it is dropped.")
            return JobState.FAILED
        if record.state.is_final:
            return record.state  # it ended, and only the queue had not heard of it
        job = JobRun(self._workshop, record.spec)
        try:
            if record.started_at is not None:
                await job.tell("Going on after a restart.")
            return await self._take_to_its_end(Passage(job, self._checkpoint))
        except Exception as error:  # noqa: BLE001 -- the last place where a mistake can still become a told state
            logger.bind(job=job_id[:8]).opt(exception=error).error("The job broke.")
            reason = str(_unexpected("workflow"))
            await job.finish(Changes(JobState.FAILED, reason, finished_at=job.clock.now()))
            return JobState.FAILED

    @staticmethod
    async def _take_to_its_end(passage: Passage) -> str:
        try:
            await passage.go()
        except StepFailed as failure:
            return await passage.end(Ending(JobState.FAILED, failure.message, failure.hint))
        return await passage.end(Ending(JobState.DONE))


class Passage:
    """One job on its way through the steps; `story` grows with each finished step."""

    def __init__(self, job: JobRun, checkpoint: Checkpoints) -> None:
        self.story = Story()
        self._job = job
        self._checkpoint = checkpoint

    async def go(self) -> None:
        """Take all steps up to the delivery.

        Raises:
            StepFailed: one of them failed; `story` holds what came before.
        """
        job = self._job
        await self._step("prepare", JobState.PREPARING, Prepared, lambda: prepare(job))
        connected = await self._step("connect", JobState.PREPARING, Connected, lambda: connect(job))
        self.story = replace(self.story, connected=connected)
        session_id = connected.session_id
        uploaded = await self._step("upload", JobState.UPLOADING, Uploaded, lambda: upload(job, session_id))
        self.story = replace(self.story, uploaded=uploaded)
        for action in plan_actions(job.spec.prompts, job.spec.deliver):
            await self._act(session_id, action)
        collected = await self._step(
            "collect", JobState.DOWNLOADING, Collected, lambda: collect_media(job, session_id)
        )
        self._add_files(*collected.files)
        if not self.story.files:
            raise StepFailed(*_nothing_delivered(job))

    async def end(self, ending: Ending) -> str:
        """Publish the output folder, of a failed job too, and write how the job ended."""
        job, story = self._job, self.story
        ending = await self._with_way_out(ending)
        try:
            delivered = await self._step(
                f"deliver-{ending.state}", JobState.DELIVERING, Delivered, lambda: deliver(job, story, ending)
            )
        except StepFailed as failure:
            reason = f"{failure.message} {failure.hint}".rstrip()
            if ending.reason and failure.message not in ending.reason:
                reason = f"{ending.reason} Moreover: {reason}"
            await job.tell(f"Failed: {reason}")
            await job.finish(Changes(JobState.FAILED, reason=reason, finished_at=job.clock.now()))
            return JobState.FAILED
        outputs = tuple(
            DeliveredFile(file.name, file.kind, file.size_bytes, file.duration_seconds)
            for file in delivered.files
        )
        reason = f"{ending.reason} {ending.hint}".rstrip()
        folder, now = Path(delivered.folder), job.clock.now()
        await job.finish(
            Changes(ending.state, reason, finished_at=now, output_folder=folder, outputs=outputs)
        )
        return ending.state

    async def _with_way_out(self, ending: Ending) -> Ending:
        """A job that failed before it cost anything may simply be had again; say so."""
        if ending.state is JobState.DONE or await self._job.has_paid():
            return ending
        way_out = "Nothing was paid: save the recording again (`touch` will do) to have another try."
        return replace(ending, hint=f"{ending.hint} {way_out}".lstrip())

    async def _act(self, session_id: str, action: Action) -> None:
        job, number = self._job, action.number
        if action.intent is Intent.EXPORT:
            await self._export_and_download(session_id, number)
        elif action.intent is Intent.PROMPT:
            edited = await self._step(
                f"edit-{number}", JobState.EDITING, Edited, lambda: edit(job, session_id, action.text, number)
            )
            self.story = replace(self.story, edits=(*self.story.edits, edited))
        else:
            answer = await self._step(
                f"ask-{action.intent.value}-{number}",
                JobState.EDITING,
                Edited,
                lambda: ask(job, session_id, action.text, action.intent),
            )
            self.story = replace(self.story, edits=(*self.story.edits, answer))

    async def _export_and_download(self, session_id: str, number: int) -> None:
        job = self._job
        exported = await self._step(
            f"export-{number}", JobState.EXPORTING, _MaybeExported, lambda: export(job, session_id, number)
        )
        if exported is None:
            return
        self.story = replace(self.story, renders=(*self.story.renders, exported))
        file = await self._step(
            f"download-{number}",
            JobState.DOWNLOADING,
            Downloaded,
            lambda: download_render(job, exported, number),
        )
        self._add_files(file)

    def _add_files(self, *files: Downloaded) -> None:
        self.story = replace(self.story, files=(*self.story.files, *files))

    async def _with_room(self, state: JobState, work: Callable[[], Awaitable[_Result]]) -> _Result:
        """Run a step's work; while the disk is full, the job waits and the step is taken again."""
        job = self._job
        while True:
            await job.enter(state)
            try:
                return await work()
            except (FolderUnusable, OSError) as error:
                if not _is_lack_of_room(error):
                    raise
                await job.enter(JobState.WAITING, f"{error} It goes on by itself when there is room.")
                logger.bind(job=job.spec.job_id[:8]).warning(f"{error} The job waits.")
                await job.clock.sleep(job.settings.trouble_pause)

    async def _step(
        self, name: str, state: JobState, kind: type[_Result], work: Callable[[], Awaitable[_Result]]
    ) -> _Result:
        """Run a step, or take its checkpoint; keep how long it took."""
        # A result's type may be a union, which the type checker takes for no type, and for not hashable.
        hashable_kind: Any = kind
        adapter = _adapter_of(hashable_kind)

        async def attempt() -> dict[str, Any]:
            started = self._job.clock.monotonic()
            try:
                result = await self._with_room(state, work)
            except (NemoWatchError, OSError) as error:
                return _failure(error)
            except Exception:  # noqa: BLE001 -- see below
                # A mistake of ours must not take the daemon or the job's record with it.
                logger.bind(job=self._job.spec.job_id[:8]).exception(f"The step {name} broke.")
                return _failure(_unexpected(name))
            seconds = self._job.clock.monotonic() - started
            return {"seconds": seconds, "result": adapter.dump_python(result, mode="json")}

        answer = await self._checkpoint(name, attempt)
        if "failure" in answer:
            raise StepFailed(**answer["failure"])
        self.story = replace(self.story, timings=self.story.timings | {name: answer["seconds"]})
        result: _Result = adapter.validate_python(answer["result"])
        return result


def _is_lack_of_room(error: BaseException | None) -> bool:
    if isinstance(error, OSError):
        return error.errno in {errno.ENOSPC, errno.EDQUOT}
    return isinstance(error, FolderUnusable) and _is_lack_of_room(error.__cause__)


@cache
def _adapter_of(kind: Any) -> TypeAdapter[Any]:
    """How a result is written and read; building one takes longer than using it, so each is kept."""
    return TypeAdapter(kind)


_MaybeExported: Any = Exported | None
"""A step's result type may be a union, which the type checker does not count as a type."""


def _failure(error: NemoWatchError | OSError) -> dict[str, Any]:
    if isinstance(error, NemoWatchError):
        return {"failure": {"message": error.message, "hint": error.hint}}
    return {"failure": {"message": f"{error.filename or 'A file'}: {error.strerror or error}.", "hint": ""}}


def _unexpected(step: str) -> UnexpectedFailure:
    return UnexpectedFailure(
        f"The step {step} broke through a mistake in NemoWatch.",
        hint="The daemon's log has the details; please report them.",
    )


def _nothing_delivered(job: JobRun) -> tuple[str, str]:
    wanted = " and ".join(job.spec.deliver)
    error = NothingDelivered(
        f"The rule {job.spec.rule} delivers {wanted}, and the job made none.",
        hint="Change the prompt, or what the rule's `deliver` names.",
    )
    return error.message, error.hint
