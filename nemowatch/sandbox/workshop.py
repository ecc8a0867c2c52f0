"""The worker threads that look into media and render: few, so that the machine stays usable.

Called by the agent and the render farm. The event loop never does media work itself.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


class Workshop:
    """Two threads for edits, one for renders."""

    def __init__(self) -> None:
        self._edits = ThreadPoolExecutor(2, thread_name_prefix="sandbox-edit")
        self._renders = ThreadPoolExecutor(1, thread_name_prefix="sandbox-render")
        self._closing = threading.Event()

    async def edit(
        self, work: Callable[_Arguments, _Result], *args: _Arguments.args, **kwargs: _Arguments.kwargs
    ) -> _Result:
        """Do a piece of work beside the event loop and wait for it."""
        return await asyncio.wrap_future(self._edits.submit(work, *args, **kwargs))

    def render(self, work: Callable[[], None]) -> Future[None]:
        """Queue a render; they are done one at a time, in order."""
        return self._renders.submit(work)

    @property
    def is_closing(self) -> bool:
        """Whether work in hand should be given up."""
        return self._closing.is_set()

    def close(self) -> None:
        """Give up what is queued; a render in hand ends at its next frame, an edit is not waited for."""
        self._closing.set()
        self._edits.shutdown(wait=False, cancel_futures=True)
        self._renders.shutdown(wait=True, cancel_futures=True)
