"""Step 7: manifest and log join the outputs, and the folder appears, whole. A failed job delivers what it has."""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import nemowatch
from nemowatch.jobs.records import JobState
from nemowatch.jobs.results import Delivered, Downloaded, Story
from nemowatch.jobs.rows import path_to_text
from nemowatch.jobs.steps.money import read_balance_once
from nemowatch.outputs.errors import FolderUnusable
from nemowatch.outputs.job_log import LOG_NAME
from nemowatch.outputs.manifest import (
    Credits,
    Manifest,
    Output,
    PromptAnswer,
    Render,
    RuleUsed,
    SessionUsed,
    Source,
    Versions,
    describe_output,
    write_manifest,
)
from nemowatch.units import format_count, format_duration

if TYPE_CHECKING:
    from pathlib import Path

    from nemowatch.jobs.records import JobRecord, JobSpec
    from nemowatch.jobs.run import JobRun

_TIMELINE_NAME = "timeline.json"


@dataclass(frozen=True)
class Ending:
    """How a job ends: its state, and for a failed one why, and what to do."""

    state: JobState
    reason: str = ""
    hint: str = ""


async def deliver(run: JobRun, story: Story, ending: Ending) -> Delivered:
    """Write the manifest and the log, and publish the folder.

    Raises:
        FolderUnusable: the disk is full or read-only, or what was there is gone.
        Paused: the place of the outputs is away.
    """
    async with run.open_staging() as staging:
        # After a crash that came behind the renaming, everything stands already, and only the scraps are left.
        if await run.in_thread(staging.published) is None:
            await _complete(run, story, ending, staging.folder)
        folder = await run.in_thread(staging.publish)
    return Delivered(path_to_text(folder), story.files)


async def _complete(run: JobRun, story: Story, ending: Ending, folder: Path) -> None:
    """Put the log and the manifest to the outputs: the last files, and those that say whose folder it is."""
    balance = await read_balance_once(run) if story.connected is not None else None
    await run.in_thread(lambda: _bring_back(story.files, run.record.output_folder, folder))
    finished = run.clock.now()
    level = "WARNING" if ending.state is JobState.FAILED else "INFO"
    await run.tell(_last_words(run.spec, story, ending, finished), level)
    await run.in_thread(lambda: run.log.copy_to(folder / LOG_NAME))
    outputs = await run.in_thread(lambda: _describe_all(folder, story.files))
    used = await run.purse.cost_of(run.spec.job_id)
    before = None if story.connected is None else story.connected.credits_before
    spent = Credits(before, None if balance is None else balance.available, used)
    manifest = _make_manifest(run.record, story, ending, outputs, spent, finished)
    await run.in_thread(lambda: write_manifest(folder, manifest))


def _last_words(spec: JobSpec, story: Story, ending: Ending, finished: float) -> str:
    seconds = format_duration(finished - spec.queued_at)
    if ending.state is JobState.CANCELLED:
        return f"Cancelled, {seconds} after it was queued."
    if ending.state is JobState.DONE:
        return f"Done, {seconds} after it was queued: {format_count(len(story.files), 'output')}."
    return f"Failed, {seconds} after it was queued: {ending.reason} {ending.hint}".rstrip()


def _bring_back(files: tuple[Downloaded, ...], earlier: Path | None, folder: Path) -> None:
    """Put what an earlier attempt of the job has delivered already beside what this one made.

    Raises:
        FolderUnusable: it is no longer there.
    """
    for file in files:
        target = folder / file.name
        if earlier is None or target.exists():
            continue
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(earlier / file.name, target)
        except OSError as error:
            raise FolderUnusable(
                f"{earlier / file.name}, which an earlier attempt delivered, can't be read: "
                f"{error.strerror or error}.",
                hint="Put it back and retry the job, or run it anew with `nemowatch jobs rerun`.",
            ) from error


def _describe_all(folder: Path, files: tuple[Downloaded, ...]) -> tuple[Output, ...]:
    outputs = [_describe(folder, file) for file in files]
    if (folder / _TIMELINE_NAME).exists():
        outputs.append(describe_output(folder, _TIMELINE_NAME, "timeline"))
    outputs.append(describe_output(folder, LOG_NAME, "log"))
    return tuple(outputs)


def _describe(folder: Path, file: Downloaded) -> Output:
    output = describe_output(
        folder,
        file.name,
        file.kind,
        duration_seconds=file.duration_seconds,
        width=file.width,
        height=file.height,
        start_seconds=file.start_seconds,
        end_seconds=file.end_seconds,
        title=file.title,
        score=file.score,
    )
    if output.size_bytes != file.size_bytes:
        raise FolderUnusable(
            f"{folder / file.name} has {output.size_bytes} bytes; it had {file.size_bytes} when it was checked.",
            hint="Something else writes there, or the disk lost it; the service still has the render.",
        )
    return output


def _make_manifest(
    record: JobRecord,
    story: Story,
    ending: Ending,
    outputs: tuple[Output, ...],
    spent: Credits,
    finished: float,
) -> Manifest:
    spec, connected = record.spec, story.connected
    source = spec.source
    return Manifest(
        job_id=spec.job_id,
        state=ending.state,
        reason=f"{ending.reason} {ending.hint}".rstrip(),
        source=Source(str(source.path), source.size_bytes, _iso(source.modified_ns / 1e9), spec.sha256),
        rule=RuleUsed(spec.rule, spec.skill_source, spec.skill_version, spec.language, spec.deliver),
        prompts=tuple(
            PromptAnswer(edit.prompt, edit.action, edit.texts, edit.seconds, edit.changes)
            for edit in story.edits
        ),
        session=None
        if connected is None
        else SessionUsed(connected.session_id, connected.task_id, connected.project_link),
        renders=tuple(Render(render.render_id, render.seconds) for render in story.renders),
        timeline=next((edit.timeline for edit in reversed(story.edits) if edit.timeline), ""),
        outputs=outputs,
        credits=spent,
        queued=_iso(spec.queued_at),
        finished=_iso(finished),
        timings=story.timings,
        versions=Versions(nemowatch.__version__, platform.python_version(), platform.system().lower()),
        attempt=record.attempt,
        refines=None if spec.base is None else spec.base.job_id,
    )


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
