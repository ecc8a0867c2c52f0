"""One call to see whether the service can be reached, how fast, what time it has, and what it says of a token.

Used by `nemowatch doctor`. It reads the balance, which costs nothing; it never asks for a token.
"""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import httpx

from nemowatch.nemo.attribution import own_attribution
from nemowatch.nemo.calls import CREDITS, Account
from nemowatch.nemo.errors import ApiError, ServiceDown, raise_for_answer
from nemowatch.nemo.timeouts import Timeouts
from nemowatch.nemo.transport import Transport, errors_of

if TYPE_CHECKING:
    from nemowatch.clock import Clock
    from nemowatch.nemo.calls import Answer

_TIMEOUTS = Timeouts(connect=5.0, read=10.0, write=5.0, call=12.0)


@dataclass(frozen=True)
class Reach:
    """What one call tells.

    Attributes:
        seconds: from its beginning, with the connection, to the end of the answer.
        clock_ahead_seconds: how far this machine's clock is ahead of the service's, to a second or two; below zero
            it is behind; None where the service tells no time.
        refusal: why it refused the call; None where it did not.
    """

    seconds: float
    clock_ahead_seconds: float | None
    refusal: ApiError | None


async def reach_service(api_url: str, account: Account, token: str | None, clock: Clock) -> Reach:
    """Make the call.

    Args:
        api_url: the API.
        account: whose token it is, for the hints of refusals.
        token: to be sent; None makes the call without one, which the service refuses.
        clock: the time of this machine.

    Raises:
        ServiceDown: it can't be reached.
    """
    headers = own_attribution(os.environ).headers()
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    async with httpx.AsyncClient(base_url=api_url.rstrip("/")) as http:
        transport = Transport(http, _TIMEOUTS, clock)
        began, asked_at = time.monotonic(), clock.now()
        try:
            async with asyncio.timeout(_TIMEOUTS.call):
                with errors_of(CREDITS):
                    async with transport.open(CREDITS, path=CREDITS.path, headers=headers) as response:
                        answered_at = clock.now()
                        answer = await transport.read_answer(CREDITS, response)
        except TimeoutError as error:
            raise ServiceDown(
                f"NemoVideo took longer than {_TIMEOUTS.call:g} s to answer.", hint="Check the network."
            ) from error
    ahead = _clock_ahead(response.headers.get("date"), (asked_at + answered_at) / 2)
    return Reach(time.monotonic() - began, ahead, _refusal(answer, account))


def _clock_ahead(date: str | None, here: float) -> float | None:
    """How far `here`, the middle of the call, is ahead of the service's `Date`, which is cut to whole seconds."""
    try:
        return None if date is None else here - (parsedate_to_datetime(date).timestamp() + 0.5)
    except (ValueError, OverflowError):
        return None


def _refusal(answer: Answer, account: Account) -> ApiError | None:
    try:
        raise_for_answer(answer, account)
    except ApiError as error:
        return error
    return None
