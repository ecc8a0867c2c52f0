"""Prompts that are questions: answered from the API, never sent to the agent (nemo-api.md §10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemowatch.jobs.results import Edited
from nemowatch.jobs.steps.money import read_balance
from nemowatch.nemo.intents import Intent
from nemowatch.nemo.timeline import Timeline

if TYPE_CHECKING:
    from nemowatch.jobs.run import JobRun


async def ask(run: JobRun, session_id: str, text: str, intent: Intent) -> Edited:
    """Answer a prompt about credits, the timeline or the upload in the job's log."""
    if intent is Intent.CREDITS:
        balance = await read_balance(run)
        answer = (
            "The service does not tell the credits."
            if balance is None
            else f"Credits: {balance.available} available, {balance.frozen} reserved, {balance.total} in all."
        )
    elif intent is Intent.STATE:
        draft = (await run.service.read_state(session_id)).draft
        answer = Timeline.from_draft(draft).describe() if draft else "The timeline is empty."
    else:
        answer = f"{run.spec.source.path.name} is uploaded already."
    await run.tell(f"{text}: {answer}")
    return Edited(text, intent.value, (answer,), "", 0.0)
