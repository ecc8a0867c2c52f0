"""Step 2: the job's session: one of its own, its turn in a shared one, or the one that it refines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemowatch.jobs.markers import SESSION_MARKER
from nemowatch.jobs.pauses import Paused
from nemowatch.jobs.plan import needs_credits
from nemowatch.jobs.records import Cause, JobState
from nemowatch.jobs.results import Connected
from nemowatch.jobs.steps.money import check_money, read_balance
from nemowatch.nemo.errors import ApiError, SessionNotFound
from nemowatch.outputs.names import safe_name

if TYPE_CHECKING:
    from nemowatch.jobs.run import JobRun

START_OVER = "start-over"
"""The marker of a job whose session was lost, and that is made again because the user said so."""

_NAME_LENGTH = 80


async def connect(run: JobRun) -> Connected:
    """Find or make the session. A restart may make a second one: an empty session costs nothing.

    Raises:
        Paused: too few credits to begin; or a refined session is gone, with the paid work in it.
    """
    balance = await read_balance(run)
    if needs_credits(run.spec):
        await check_money(run, balance)
    session_id, task_id, is_continued = await _find_session(run)
    link = await _project_link(run, session_id, task_id)
    available = None if balance is None else balance.available
    credits_told = "" if available is None else f" Credits: {available}."
    await run.replace_marker(
        SESSION_MARKER, {"session": session_id, "task": task_id or "", "link": link or ""}
    )
    await run.tell(f"Session {session_id} is open.{credits_told}")
    return Connected(session_id, task_id, link, available, is_continued)


async def _find_session(run: JobRun) -> tuple[str, str | None, bool]:
    """The session's id, its task's, and whether the work of an earlier job is in it."""
    base = run.spec.base
    if base is not None and await run.read_marker(START_OVER) is None:
        if await _is_there(run, base.session_id):
            return base.session_id, base.task_id, True
        raise Paused(
            JobState.ATTENTION,
            Cause.SESSION,
            f"The service no longer has the session of job {base.job_id[:8]}, and the edit in it. "
            "`nemowatch jobs retry` makes it again from the recording, with all its prompts: that is paid for again.",
            clears="all",
        )
    key = run.spec.session_key
    if key and base is None:
        shared = await run.shared.acquire(key, run.spec.job_id)
        if shared.session_id is not None and await _is_there(run, shared.session_id):
            return shared.session_id, shared.task_id, False
    session = await run.service.create_session(
        safe_name(run.spec.source.path.stem)[:_NAME_LENGTH], run.spec.language
    )
    if key and base is None:
        await run.shared.keep(key, session.session_id, session.task_id)
    return session.session_id, session.task_id, False


async def _is_there(run: JobRun, session_id: str) -> bool:
    try:
        await run.service.read_state(session_id)
    except SessionNotFound:
        return False
    return True


async def _project_link(run: JobRun, session_id: str, task_id: str | None) -> str | None:
    try:
        return await run.api.project_link(session_id, task_id)
    except ApiError as error:
        # The link is a convenience (nemo-api.md §3, "optional"); the job goes on without it.
        await run.tell(f"There is no project link: {error.message}")
        return None
