"""Step 5: the draft becomes a video on the service's side; started once, found again after a restart."""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from nemowatch.jobs.errors import RenderFailed
from nemowatch.jobs.markers import DRAFT_MARKER
from nemowatch.jobs.pauses import Paused
from nemowatch.jobs.records import Cause, JobState
from nemowatch.jobs.results import Exported, Stretch
from nemowatch.jobs.run import PROMPT_MARKER
from nemowatch.jobs.steps.exchange import Before
from nemowatch.nemo.changes import Outline
from nemowatch.nemo.errors import NotFound
from nemowatch.nemo.state import SessionState
from nemowatch.nemo.timeline import Timeline
from nemowatch.nemo.tracks import drop_tracks
from nemowatch.units import format_duration

if TYPE_CHECKING:
    from nemowatch.jobs.run import JobRun
    from nemowatch.nemo.calls import JsonObject
    from nemowatch.nemo.renders import RenderStatus

RENDER_MARKER = "render:"
"""How the names of the markers begin that keep a render's id."""

NOTHING = SessionState.from_json({})
"""A session before anything was in it."""

STRETCHES_MARKER = "stretches:"
"""How the names begin that keep of what a render's picture is made."""

_TRIES = 2
"""A render that failed is made once more under a new id (nemo-api.md §8)."""


@dataclass(frozen=True)
class _Order:
    """One render: its id, kept before it was ordered, and when that was."""

    render_id: str
    ordered_at: float
    is_new: bool


async def export(run: JobRun, session_id: str, number: int) -> Exported | None:
    """Render the draft as it stands and wait until it is ready; None when there is nothing to export.

    Args:
        run: the job.
        session_id: the job's session.
        number: which export of the job this is, from 1; names its markers.

    Raises:
        RenderFailed: the service says so, twice.
        Paused: it takes longer than usual, or is not in the plan.
    """
    started = run.clock.monotonic()
    reason = ""
    for attempt in range(1, _TRIES + 1):
        order = await _place_order(run, number, attempt)
        status = await _find_or_start(run, session_id, order)
        if status is None:
            await run.tell("There is no video on the timeline: nothing to export.")
            return None
        status = await _wait_until_final(run, status, order)
        if status is not None and status.status == "completed":
            seconds = run.clock.monotonic() - started
            await run.tell(f"Rendered in {format_duration(seconds)}.")
            stretches = await _read_stretches(run, order)
            return Exported(order.render_id, status.url, seconds, stretches)
        said = status.message if status is not None else "the service does not know it any more"
        reason = f"The render {order.render_id} failed: {said or 'the service gave no reason'}."
        await run.tell(reason)
    raise RenderFailed(
        reason,
        hint="The edit is kept in the session, and the project link in job.json shows it; `nemowatch jobs retry` "
        "exports it again, which pays nothing.",
    )


async def _place_order(run: JobRun, number: int, attempt: int) -> _Order:
    """The id under which this try is rendered; made and kept before the service hears of it."""
    name = f"{RENDER_MARKER}{number}" if attempt == 1 else f"{RENDER_MARKER}{number}.again"
    marker = await run.read_marker(name)
    if marker is not None:
        return _Order(marker["id"], float(marker.get("at", run.clock.now())), is_new=False)
    order = _Order(f"render_{uuid.uuid4().hex}", run.clock.now(), is_new=True)
    await run.set_marker(name, {"id": order.render_id, "at": repr(order.ordered_at)})
    return order


async def _find_or_start(run: JobRun, session_id: str, order: _Order) -> RenderStatus | None:
    if not order.is_new:
        try:
            return await run.service.read_render(order.render_id)
        except NotFound:
            await run.tell(f"The render {order.render_id} had not reached the service.")
    draft = await _draft_to_export(run, session_id)
    if draft is None or not Timeline.from_draft(draft).is_exportable:
        return None
    await _keep_stretches(run, order, draft)
    await run.tell(f"Export started ({order.render_id}).")
    return await run.service.start_render(order.render_id, session_id, draft)


async def _keep_stretches(run: JobRun, order: _Order, draft: JsonObject) -> None:
    """Keep of what the picture is made: once the render is found again after a restart, the draft may be another."""
    segments = Timeline.from_draft(draft).video_segments()
    facts = [Stretch(piece.start, piece.end, piece.title, piece.score) for piece in segments]
    text = json.dumps([asdict(piece) for piece in facts])
    await run.replace_marker(f"{STRETCHES_MARKER}{order.render_id}", {"segments": text})


async def _read_stretches(run: JobRun, order: _Order) -> tuple[Stretch, ...]:
    marker = await run.read_marker(f"{STRETCHES_MARKER}{order.render_id}")
    return () if marker is None else tuple(Stretch(**facts) for facts in json.loads(marker["segments"]))


async def _draft_to_export(run: JobRun, session_id: str) -> JsonObject | None:
    """The draft as the job's last edit left it, without the tracks that the rule drops."""
    kept = list((await run.list_markers(DRAFT_MARKER)).values())
    draft: JsonObject | None
    if run.spec.session_key and kept:
        draft = json.loads(kept[-1]["draft"])
    else:
        draft = (await run.service.read_state(session_id)).draft
    if draft is None or not run.spec.drop_tracks:
        return draft
    first = await run.read_marker(f"{PROMPT_MARKER}1")
    base = run.spec.base
    if first is None and base is None:
        return draft
    # What an earlier job of the session left out is still on its timeline; so a refinement starts from nothing.
    before = Before.from_facts(first).outline if first is not None and base is None else Outline.of(NOTHING)
    asked = (*(() if base is None else base.prompts), *run.spec.prompts)
    fewer, dropped = drop_tracks(draft, before, run.spec.drop_tracks, asked)
    for what in dropped:
        await run.tell(f"Left out of the export, as the rule says: {what}.")
    return fewer


async def _wait_until_final(run: JobRun, status: RenderStatus, order: _Order) -> RenderStatus | None:
    """Look at the render until it has ended; None where the service has forgotten it.

    Raises:
        Paused: it takes longer than usual; the job gives up its place, and looks again later.
    """
    settings = run.settings
    while not status.is_final:
        if status.progress is not None:
            run.report(status.progress, 100, "rendering")
        age = run.clock.now() - order.ordered_at
        if age > settings.poll_seconds * settings.polls:
            later = min(max(age / 2, settings.poll_seconds), settings.longest_poll_seconds)
            raise Paused(
                JobState.WAITING,
                Cause.RENDER,
                f"The render {order.render_id} takes longer than usual ({format_duration(age)} so far); the next "
                f"look is in {format_duration(later)}.",
                wake_after=later,
            )
        await run.clock.sleep(settings.poll_seconds)
        try:
            status = await run.service.read_render(order.render_id)
        except NotFound:
            return None
    return status
