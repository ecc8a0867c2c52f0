"""Takes what was told out of the outbox, for as long as it takes.

Called by postmen and hooks. What stays in the outbox is told again: while a full disk lets nothing be taken out, a
message must not be sent again and again, nor a user's program be run once more for each try.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from loguru import logger

from nemowatch.jobs.outbox import OutboxUnusable

if TYPE_CHECKING:
    from collections.abc import Collection

    from nemowatch.clock import Clock
    from nemowatch.jobs.outbox import Outbox

DATABASE_PAUSE_SECONDS = 30.0
"""So long who tells people or programs waits for a database that can't be used before the next try."""


async def strike_for_sure(outbox: Outbox, numbers: Collection[int], clock: Clock) -> None:
    """Note that these changes have been told; returns when that is written.

    Args:
        outbox: where they were kept.
        numbers: theirs.
        clock: the time.
    """
    is_told = False
    while True:
        try:
            return await asyncio.to_thread(outbox.strike, numbers)
        except OutboxUnusable as error:
            if not is_told:
                logger.warning(
                    f"It can't be noted what was told; a stop now has it told again. {error.message}"
                )
            is_told = True
            await clock.sleep(DATABASE_PAUSE_SECONDS)
