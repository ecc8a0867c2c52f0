"""One round of a job on its way: the order of the steps, and how it ends or stops.

Made by `workflow.py`. A restart goes the same way again: finished steps answer from their checkpoints. So nothing
here may depend on anything but the job's spec and the steps' results.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nemowatch.jobs.after_book import DUE
from nemowatch.jobs.errors import NothingDelivered
from nemowatch.jobs.pauses import Paused
from nemowatch.jobs.plan import needs_reshaping, plan_actions, prompts_of
from nemowatch.jobs.records import Cause, Clears, DeliveredFile, JobState, Stop
from nemowatch.jobs.results import (
    Collected,
    Connected,
    Delivered,
    Downloaded,
    Edited,
    Exported,
    Prepared,
    Reshaped,
    Story,
    Uploaded,
)
from nemowatch.jobs.stepping import Checkpoints, StepFailed, StepPaused, StepRunner
from nemowatch.jobs.steps.ask import ask
from nemowatch.jobs.steps.clips import make_clips
from nemowatch.jobs.steps.connect import connect
from nemowatch.jobs.steps.deliver import Ending, deliver
from nemowatch.jobs.steps.download import collect_media, download_render
from nemowatch.jobs.steps.edit import edit
from nemowatch.jobs.steps.export import export
from nemowatch.jobs.steps.frames import make_frames
from nemowatch.jobs.steps.overview import sketch
from nemowatch.jobs.steps.prepare import prepare
from nemowatch.jobs.steps.reshape import reshape
from nemowatch.jobs.steps.upload import upload
from nemowatch.jobs.store import Changes
from nemowatch.nemo.intents import Intent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from nemowatch.jobs.plan import Action
    from nemowatch.jobs.run import JobRun

_MERELY_SHOWN = frozenset({"overview", "thumbnail"})
"""Kinds of outputs that come with others; a job that made nothing else has delivered nothing."""

_MOST_SESSIONS = 3
"""A session that is lost before anything was paid in it is made anew twice (nemo-api.md §11, 1002)."""


_MADE_OF_RENDER = ("clips", "frames", "overview")


class Passage:
    """One round of a job on its way through the steps; `story` grows with each finished step."""

    def __init__(self, job: JobRun, checkpoint: Checkpoints) -> None:
        self.story = Story()
        self.job = job
        self._renders: list[tuple[Exported, Downloaded]] = []
        self._steps = StepRunner(job, checkpoint)

    async def go(self) -> None:
        """Take all steps up to the delivery.

        Raises:
            StepFailed, StepPaused, StepCancelled: one of them came to no good end; `story` holds what came before.
        """
        await self._steps.run("prepare", JobState.PREPARING, Prepared, lambda: prepare(self.job))
        if self.job.spec.base is None:
            await self._reshape("")
        for attempt in range(1, _MOST_SESSIONS + 1):
            try:
                await self._work_in_session("" if attempt == 1 else f"-session{attempt}")
            except StepFailed as failure:
                if not failure.has_lost_session:
                    raise
                connected = self.story.connected
                if failure.has_paid or (connected is not None and connected.is_continued):
                    raise StepPaused(_lost_with_an_edit(failure)) from failure
                if attempt == _MOST_SESSIONS:
                    raise
                await self.job.tell(
                    f"{failure.message} Nothing was paid in it yet: beginning again in a new one."
                )
                self.story = Story()
                self._renders.clear()
            else:
                break
        if not any(file.kind not in _MERELY_SHOWN for file in self.story.files):
            raise StepFailed(*_nothing_delivered(self.job))

    def stop_for_retry(self, clears: Clears) -> Stop | None:
        """Where `jobs retry` takes up a job that ended here; None where it had not begun a step."""
        if not self._steps.names:
            return None
        name = self._steps.names[-1]
        if name.startswith("download-"):
            name, clears = f"export-{name.removeprefix('download-')}", "step"
        elif name.startswith(_MADE_OF_RENDER) and self._renders:
            # What was only kept aside goes with this attempt's staging folder, so the same render is fetched again.
            name = next(step for step in reversed(self._steps.names) if step.startswith("export-"))
        return Stop(self._steps.number_of(name), name, clears=clears)

    async def park(self, pause: Paused) -> str:
        """Let the job stand still outside of the queue, as a paused step said."""
        job = self.job
        name = pause.back_to or self._steps.names[-1]
        before = job.record.stop
        is_again = before is not None and before.cause is pause.cause and before.name == name
        times = before.times + 1 if is_again and before is not None else 1
        stop = Stop(
            step=self._steps.number_of(name),
            name=name,
            cause=pause.cause,
            wake_at=self._wake_at(pause, times),
            clears=pause.clears,
            answers=pause.answers,
            question=pause.question,
            balance=pause.balance,
            times=times,
        )
        if times == 1 or pause.state is not JobState.WAITING:
            level = "INFO" if pause.state is JobState.WAITING else "WARNING"
            await job.tell(f"{pause.state.value.capitalize()}: {pause.reason}", level)
        await job.park(pause.state, pause.reason, stop)
        if pause.cause is Cause.TURN and await job.shared.is_free(job.spec.session_key):
            job.shared.releases += 1  # it was let go between the look at it and now
        return pause.state

    def _wake_at(self, pause: Paused, times: int) -> float | None:
        """When the job goes on by itself, in seconds since the epoch."""
        if pause.wake_after is None:
            return None
        longest = max(pause.wake_after, self.job.settings.longest_fault_pause)
        doubled = pause.wake_after * 2.0 ** min(times - 1, 20) if pause.grows else pause.wake_after
        return self.job.clock.now() + min(doubled, longest)

    async def end(self, ending: Ending, stop: Stop | None) -> str:
        """Publish the output folder, of a failed job too, and write how the job ended.

        Where the folder's place is away, the job waits for it, unless the user wants to be rid of the job.
        """
        job, story = self.job, self.story
        ending = await self._with_way_out(ending)
        story = replace(story, timings=dict(self._steps.timings))
        try:
            delivered = await self._steps.run(
                f"deliver-{ending.state}",
                JobState.DELIVERING,
                Delivered,
                lambda: deliver(job, story, ending),
                must_finish=True,
            )
        except StepPaused as stopped:
            if not job.unwanted.is_set():
                return await self.park(stopped.pause)
            return await self._end_undelivered(stopped.pause)
        except StepFailed as failure:
            reason = f"{failure.message} {failure.hint}".rstrip()
            if ending.reason and failure.message not in ending.reason:
                reason = f"{ending.reason} Moreover: {reason}"
            await job.tell(f"Failed: {reason}")
            stop = stop or self.stop_for_retry("")
            await job.finish(Changes(JobState.FAILED, reason, finished_at=job.clock.now(), stop=stop))
            return JobState.FAILED
        outputs = tuple(
            DeliveredFile(file.name, file.kind, file.size_bytes, file.duration_seconds)
            for file in delivered.files
        )
        reason = f"{ending.reason} {ending.hint}".rstrip()
        folder, now = Path(delivered.folder), job.clock.now()
        is_taken_away = ending.state is JobState.DONE and job.spec.after != "keep"
        await job.finish(
            Changes(
                ending.state,
                reason,
                finished_at=now,
                output_folder=folder,
                outputs=outputs,
                stop=stop,
                after=DUE if is_taken_away else None,
            )
        )
        return ending.state

    async def _end_undelivered(self, pause: Paused) -> str:
        """End a cancelled job whose outputs can't be put where they belong."""
        reason = f"Cancelled by the user. Nothing was delivered: {pause.reason}"
        stop = self.stop_for_retry("")
        await self.job.finish(
            Changes(JobState.CANCELLED, reason, finished_at=self.job.clock.now(), stop=stop)
        )
        return JobState.CANCELLED

    async def _with_way_out(self, ending: Ending) -> Ending:
        """A job that failed before it cost anything may simply be had again; say so."""
        if ending.state is not JobState.FAILED or await self.job.has_paid():
            return ending
        way_out = "Nothing was paid: save the recording again (`touch` will do) to have another try."
        return replace(ending, hint=f"{ending.hint} {way_out}".lstrip())

    async def _work_in_session(self, suffix: str) -> None:
        """Find a session, and do everything that is done in it."""
        job = self.job
        connected = await self._steps.run(
            f"connect{suffix}", JobState.PREPARING, Connected, lambda: connect(job)
        )
        self.story = replace(self.story, connected=connected)
        uploaded = Uploaded(0.0, job.spec.source.path.name)
        if not connected.is_continued:
            if job.spec.base is not None:
                await self._reshape(suffix)
            uploaded = await self._steps.run(
                f"upload{suffix}", JobState.UPLOADING, Uploaded, lambda: upload(job, connected.session_id)
            )
        self.story = replace(self.story, uploaded=uploaded)
        prompts = prompts_of(job.spec, is_continued=connected.is_continued)
        for action in plan_actions(prompts, job.spec.deliver):
            await self._act(connected.session_id, action, uploaded.name or job.spec.source.path.name, suffix)
        try:
            collected = await self._steps.run(
                f"collect{suffix}",
                JobState.DOWNLOADING,
                Collected,
                lambda: collect_media(job, connected.session_id, uploaded.known_media),
            )
        except StepFailed as failure:
            if not (failure.has_lost_session and (self._renders or self.story.files)):
                raise
            # What was paid for has arrived; only what the service kept beside it is gone.
            await job.tell(f"{failure.message} What was downloaded before is delivered.")
        else:
            self._add_files(*collected.files)
        await self._make_more(suffix)

    async def _reshape(self, suffix: str) -> None:
        """Make what is uploaded, where the recording does not go as it is."""
        job = self.job
        if needs_reshaping(job.spec, job.settings.max_upload_bytes):
            await self._steps.run(f"reshape{suffix}", JobState.PREPARING, Reshaped, lambda: reshape(job))

    async def _make_more(self, suffix: str) -> None:
        """Make what the rule wants of the last render, and a contact sheet of it all."""
        job, spec = self.job, self.job.spec
        if self._renders:
            exported, render = self._renders[-1]
            if "clips" in spec.deliver:
                await self._make(f"clips{suffix}", lambda: make_clips(job, exported, render))
            if "frames" in spec.deliver:
                await self._make(f"frames{suffix}", lambda: make_frames(job, render))
        if spec.has_overview:
            shown = [render for _, render in self._renders[-1:]]
            shown += [file for file in self.story.files if file.kind == "media"]
            await self._make(f"overview{suffix}", lambda: sketch(job, shown))

    async def _make(self, name: str, work: Callable[[], Awaitable[Collected]]) -> None:
        made = await self._steps.run(name, JobState.DELIVERING, Collected, work)
        self._add_files(*made.files)

    async def _act(self, session_id: str, action: Action, file_name: str, suffix: str) -> None:
        job, number = self.job, action.number
        if action.intent is Intent.EXPORT:
            await self._export_and_download(session_id, number, suffix)
        elif action.intent is Intent.PROMPT:
            edited = await self._steps.run(
                f"edit-{number}{suffix}",
                JobState.EDITING,
                Edited,
                lambda: edit(job, session_id, action.text, number, file_name),
            )
            self.story = replace(self.story, edits=(*self.story.edits, edited))
        else:
            answer = await self._steps.run(
                f"ask-{action.intent.value}-{number}{suffix}",
                JobState.EDITING,
                Edited,
                lambda: ask(job, session_id, action.text, action.intent),
            )
            self.story = replace(self.story, edits=(*self.story.edits, answer))

    async def _export_and_download(self, session_id: str, number: int, suffix: str) -> None:
        job = self.job
        exported = await self._steps.run(
            f"export-{number}{suffix}",
            JobState.EXPORTING,
            _MaybeExported,
            lambda: export(job, session_id, number),
        )
        if exported is None:
            return
        self.story = replace(self.story, renders=(*self.story.renders, exported))
        file = await self._steps.run(
            f"download-{number}{suffix}",
            JobState.DOWNLOADING,
            Downloaded,
            lambda: download_render(job, exported, number, is_delivered="video" in job.spec.deliver),
        )
        self._renders.append((exported, file))
        if "video" in job.spec.deliver:
            self._add_files(file)

    def _add_files(self, *files: Downloaded) -> None:
        self.story = replace(self.story, files=(*self.story.files, *files))


_MaybeExported: Any = Exported | None
"""A step's result type may be a union, which the type checker does not count as a type."""


def _lost_with_an_edit(failure: StepFailed) -> Paused:
    return Paused(
        JobState.ATTENTION,
        Cause.SESSION,
        f"{failure.message} A paid edit went with it. `nemowatch jobs retry` makes it again in a new "
        "session, which is paid for again.",
        clears="all",
        back_to="connect",
    )


def _nothing_delivered(job: JobRun) -> tuple[str, str]:
    wanted = " and ".join(job.spec.deliver)
    error = NothingDelivered(
        f"The rule {job.spec.rule} delivers {wanted}, and the job made none.",
        hint="Change the prompt, or what the rule's `deliver` names.",
    )
    return error.message, error.hint
