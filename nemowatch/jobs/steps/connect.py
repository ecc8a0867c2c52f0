"""Step 2: a session of the service's for this job alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemowatch.jobs.results import Connected
from nemowatch.nemo.errors import ApiError
from nemowatch.outputs.names import safe_name

if TYPE_CHECKING:
    from nemowatch.jobs.run import JobRun

_NAME_LENGTH = 80


async def connect(run: JobRun) -> Connected:
    """Make a session. A restart may make a second one: an empty session costs nothing."""
    session = await run.api.create_session(
        safe_name(run.spec.source.path.stem)[:_NAME_LENGTH], run.spec.language
    )
    link = await _project_link(run, session.session_id, session.task_id)
    credits_before = await read_balance(run)
    balance = "" if credits_before is None else f" Credits: {credits_before}."
    await run.tell(f"Session {session.session_id} is open.{balance}")
    return Connected(session.session_id, session.task_id, link, credits_before)


async def read_balance(run: JobRun) -> int | None:
    """The credits at hand, or None where the service does not tell."""
    try:
        return (await run.api.read_credits()).available
    except ApiError as error:
        # Only the manifest shows it; a job must not fail for it.
        await run.tell(f"The credit balance can't be read: {error.message}")
        return None


async def _project_link(run: JobRun, session_id: str, task_id: str | None) -> str | None:
    try:
        return await run.api.project_link(session_id, task_id)
    except ApiError as error:
        # The link is a convenience (nemo-api.md §3, "optional"); the job goes on without it.
        await run.tell(f"There is no project link: {error.message}")
        return None
