"""The service's calls as a job makes them: whatever may be repeated is, with patience.

Made by `run.py` for each job. The prompt, which may not be repeated, is left out: `steps/exchange.py` sends it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemowatch.nemo.errors import DownloadFailed, NotFound, RenderExists, ServiceDown, UnexpectedAnswer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nemowatch.jobs.patience import Patience
    from nemowatch.nemo.answers import Session
    from nemowatch.nemo.calls import JsonObject
    from nemowatch.nemo.client import NemoApi
    from nemowatch.nemo.renders import RenderStatus
    from nemowatch.nemo.state import SessionState


class Service:
    """What `NemoApi` offers, for one job; every method raises `Paused` or an `ApiError` that repeating won't help."""

    def __init__(self, api: NemoApi, patience: Patience) -> None:
        self._api = api
        self._patience = patience

    async def create_session(self, name: str, language: str) -> Session:
        """Make a session; one too many, after a lost answer, is empty and costs nothing."""
        return await self._patience.persist(lambda: self._api.create_session(name, language))

    async def read_state(self, session_id: str) -> SessionState:
        """Read what the session holds."""
        return await self._patience.persist(lambda: self._api.read_state(session_id))

    async def read_render(self, render_id: str) -> RenderStatus:
        """Look how far an export has come; NotFound where the service does not know it."""
        return await self._patience.persist(lambda: self._api.read_render(render_id))

    async def start_render(self, render_id: str, session_id: str, draft: JsonObject) -> RenderStatus:
        """Start an export, once: where the answer is lost, it is looked for under its id first."""
        is_open = False

        async def attempt() -> RenderStatus:
            nonlocal is_open
            if is_open:
                try:
                    return await self._api.read_render(render_id)
                except NotFound:
                    is_open = False
            try:
                return await self._api.start_render(render_id, session_id, draft)
            except RenderExists:
                return await self._api.read_render(render_id)
            except (ServiceDown, UnexpectedAnswer):
                is_open = True
                raise

        return await self._patience.persist(attempt)

    async def download(
        self,
        url: str,
        target: Path,
        progress: Callable[[int, int], None],
        *,
        render_id: str | None = None,
    ) -> int:
        """Fetch a file; of a render, each further try asks for its address anew: addresses run out."""
        address = url

        async def attempt() -> int:
            nonlocal address
            try:
                return await self._api.download(address, target, progress, render_id=render_id)
            except DownloadFailed:
                if render_id is not None:
                    address = (await self._api.read_render(render_id)).url or address
                raise

        return await self._patience.persist(attempt)
