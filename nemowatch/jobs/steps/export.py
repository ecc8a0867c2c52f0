"""Step 5: the draft becomes a video on the service's side; started once, found again after a restart."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from nemowatch.jobs.errors import RenderFailed
from nemowatch.jobs.records import JobState
from nemowatch.jobs.results import Exported
from nemowatch.nemo.errors import ApiError, NotFound, RenderExists
from nemowatch.nemo.timeline import Timeline
from nemowatch.units import format_duration

if TYPE_CHECKING:
    from nemowatch.jobs.run import JobRun
    from nemowatch.nemo.renders import RenderStatus


async def export(run: JobRun, session_id: str, number: int) -> Exported | None:
    """Render the draft as it stands and wait until it is ready; None when there is nothing to export.

    Args:
        run: the job.
        session_id: the job's session.
        number: which export of the job this is, from 1; names its marker.

    Raises:
        RenderFailed: the service says so.
    """
    started = run.clock.monotonic()
    status = await _find_or_start(run, session_id, number)
    if status is None:
        await run.tell("There is no video on the timeline: nothing to export.")
        return None
    render_id = status.render_id
    polls = 0
    while not status.is_final:
        if status.progress is not None:
            run.report(status.progress, 100, "rendering")
        await run.clock.sleep(await _pause(run, polls, render_id))
        polls += 1
        try:
            status = await run.api.read_render(render_id)
        except ApiError as error:
            if not error.retryable:
                raise
            await run.tell(f"The render can't be looked at now: {error.message}")
    if status.status == "failed":
        raise RenderFailed(
            f"The render {render_id} failed: {status.message or 'the service gave no reason'}.",
            hint="The edit is kept in the session; the project link in job.json shows it.",
        )
    seconds = run.clock.monotonic() - started
    await run.tell(f"Rendered in {format_duration(seconds)}.")
    return Exported(render_id, status.url, seconds)


async def _find_or_start(run: JobRun, session_id: str, number: int) -> RenderStatus | None:
    marker = await run.read_marker(f"render:{number}")
    render_id = f"render_{uuid.uuid4().hex}" if marker is None else marker["id"]
    if marker is not None:
        try:
            status = await run.api.read_render(render_id)
        except NotFound:
            await run.tell(f"The render {render_id} had not reached the service before the restart.")
        else:
            await run.tell(f"Found the render {render_id} that was started before the restart.")
            return status
    draft = (await run.api.read_state(session_id)).draft
    if draft is None or not Timeline.from_draft(draft).is_exportable:
        return None
    if marker is None:
        await run.set_marker(f"render:{number}", {"id": render_id})
    await run.tell(f"Export {number} started ({render_id}).")
    try:
        return await run.api.start_render(render_id, session_id, draft)
    except RenderExists:
        return await run.api.read_render(render_id)


async def _pause(run: JobRun, polls: int, render_id: str) -> float:
    """How long to wait before the next look; a render that takes longer than usual is told, not lost."""
    settings = run.settings
    late = polls - settings.polls
    if late < 0:
        return settings.poll_seconds
    pause = min(settings.poll_seconds * 2.0 ** min(late + 1, 20), settings.longest_poll_seconds)
    reason = f"The render {render_id} takes longer than usual; next look in {format_duration(pause)}."
    await run.enter(JobState.WAITING, reason)
    await run.tell(reason)
    return pause
