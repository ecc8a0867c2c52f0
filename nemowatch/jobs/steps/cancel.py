"""What a cancelled job leaves behind: no render that nobody waits for, and a true account of what it cost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from nemowatch.jobs.run import PROMPT_MARKER
from nemowatch.jobs.steps.export import RENDER_MARKER
from nemowatch.jobs.steps.money import read_balance_once
from nemowatch.nemo.errors import ApiError

if TYPE_CHECKING:
    from nemowatch.jobs.run import JobRun

_WITHIN_SECONDS = 1.0


async def book_what_was_sent(run: JobRun) -> None:
    """Book what the prompts have cost so far that nobody listens to any more."""
    sent = await run.list_markers(PROMPT_MARKER)
    if not sent:
        return
    await run.tell("A prompt had been sent before; it may be carried out, and charged, all the same.")
    balance = await read_balance_once(run)
    for name in sent:
        await run.purse.settle(run.spec, name, balance)


async def cancel_renders(run: JobRun) -> None:
    """Cancel the render that was ordered last, if it is not finished; give up on a service that does not answer."""
    markers = list((await run.list_markers(RENDER_MARKER)).values())
    if not markers:
        return
    render_id = markers[-1]["id"]
    try:
        async with asyncio.timeout(_WITHIN_SECONDS):
            if (await run.api.read_render(render_id)).is_final:
                return
            await run.api.cancel_render(render_id)
    except (ApiError, TimeoutError) as error:
        # An orphaned render costs nothing (nemo-api.md §7), and the user wants to be done with it.
        await run.tell(f"The render {render_id} can't be cancelled: {str(error) or 'no answer in time'}")
        return
    await run.tell(f"The render {render_id} was cancelled.")
