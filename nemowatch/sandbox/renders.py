"""Exports: a draft comes back, is checked against what the state showed, and is rendered for real.

Called by `app.py`; the rendering itself is done in the workshop's one render thread. Statuses: `pending`,
`processing`, then `completed` or `failed` (a cancelled render is a failed one that says so).
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field, replace
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, Literal

from nemowatch.media.errors import MediaError
from nemowatch.media.probe import probe
from nemowatch.sandbox.answers import JsonObject, Refusal
from nemowatch.sandbox.drafts import find_difference
from nemowatch.sandbox.ledger import Ledger, RenderEntry
from nemowatch.sandbox.render import Caption, Clip, SoundTrack, render_timeline

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path

    from nemowatch.sandbox.fault_book import Strike
    from nemowatch.sandbox.options import SandboxOptions
    from nemowatch.sandbox.sessions import Session
    from nemowatch.sandbox.shelf import Shelf
    from nemowatch.sandbox.timeline import Timeline
    from nemowatch.sandbox.workshop import Workshop

RenderState = Literal["pending", "processing", "completed", "failed"]

_FIRST_PROGRESS = 5
_STUCK_PROGRESS = 40
_BROKE = "the renderer stopped unexpectedly"
_RENDER_ID = re.compile(r"[\w.-]{1,200}")


class _GivenUp(Exception):
    """The sandbox closes while a render is in hand."""


@dataclass
class Render:
    """One export; `progress` is 0 to 100.

    Attributes:
        trouble: a fault ordered for it: `failed`, `stuck` or `vanished`.
        looks: how often its status was asked for.
        postponed: begins the work of a render that is stuck.
    """

    id: str
    entry: RenderEntry
    status: RenderState = "pending"
    progress: int = _FIRST_PROGRESS
    path: Path | None = None
    address: str = ""
    duration_seconds: float = 0.0
    size_bytes: int = 0
    message: str = ""
    work: Future[None] | None = field(default=None, repr=False)
    trouble: Strike | None = None
    looks: int = 0
    postponed: Callable[[], None] | None = field(default=None, repr=False)

    @property
    def is_stuck(self) -> bool:
        """Whether it shows itself as processing while nothing is done."""
        stuck = self.trouble is not None and self.trouble.fault.kind == "stuck"
        return stuck and self.postponed is not None


class RenderFarm:
    """Every render of the service, by its user and the id that the user chose."""

    def __init__(self, options: SandboxOptions, shelf: Shelf, ledger: Ledger, workshop: Workshop) -> None:
        self._ready_file = options.ready_file
        self._ready_seconds = probe(options.ready_file).duration_seconds if options.ready_file else None
        self._shelf = shelf
        self._ledger = ledger
        self._workshop = workshop
        self._renders: dict[tuple[str, str], Render] = {}
        self._lock = threading.Lock()
        self._number = 0

    def start(
        self, body: JsonObject, session: Session, base_url: str, trouble: Strike | None = None
    ) -> Render:
        """Accept an export and queue it.

        Raises:
            Refusal: 400 for a draft that can't be exported or is not what the state showed, 409 for an id that
                was used before.
        """
        render_id = body.get("id")
        if not isinstance(render_id, str) or not _RENDER_ID.fullmatch(render_id):
            raise Refusal(400, "id is required: letters, digits, '-', '_' and '.'")
        if (session.user_id, render_id) in self._renders:
            raise Refusal(409, f"render id already used: {render_id}")
        timeline = _recognise_draft(body.get("draft"), session, base_url)
        entry = RenderEntry(session.session_id, render_id)
        render = Render(render_id, entry, trouble=trouble)
        self._renders[session.user_id, render_id] = render
        self._ledger.record_render(entry)
        self._number += 1
        target = session.folder / f"render-{self._number}.mp4"
        render.postponed = partial(self._begin, render, timeline, target)
        if trouble is None or trouble.fault.kind == "vanished":
            render.postponed()
        return render

    def look(self, render_id: str, user_id: str) -> Render:
        """A render of this user as it shows itself to one look at its status.

        Raises:
            Refusal: 404, there is none with this id, or it has vanished.
        """
        render = self.find(render_id, user_id)
        render.looks += 1
        if render.trouble is None:
            return render
        fault = render.trouble.fault
        if fault.kind == "vanished" and render.looks > _read_looks(fault.value, 1):
            del self._renders[user_id, render_id]
            raise Refusal(404, f"render not found: {render_id}")
        if fault.kind == "failed" and render.status == "pending":
            self._fail(render, str(fault.value or _BROKE))
        if render.is_stuck and render.postponed is not None:
            if render.looks <= _read_looks(fault.value, inf) and not render.trouble.is_withdrawn:
                return replace(render, status="processing", progress=_STUCK_PROGRESS)
            render.postponed()
        return render

    def find(self, render_id: str, user_id: str) -> Render:
        """A render of this user.

        Raises:
            Refusal: 404, there is none with this id.
        """
        render = self._renders.get((user_id, render_id))
        if render is None:
            raise Refusal(404, f"render not found: {render_id}")
        return render

    def _begin(self, render: Render, timeline: Timeline, target: Path) -> None:
        """Complete it at once with the ready file, or queue the work."""
        render.postponed = None
        if self._ready_file is not None:
            self._complete(render, self._ready_file, self._ready_seconds or 0.0)
        else:
            render.work = self._workshop.render(partial(self._work, render, timeline, target))

    def cancel(self, render: Render) -> None:
        """Take a pending render out of the queue.

        Raises:
            Refusal: 409, it has begun or ended.
        """
        with self._lock:
            has_begun = render.is_stuck or (render.work is not None and not render.work.cancel())
            if render.status != "pending" or has_begun:
                status = "processing" if render.is_stuck else render.status
                raise Refusal(409, f"render {render.id} is {status} and can't be cancelled")
            self._fail(render, "cancelled")

    def _work(self, render: Render, timeline: Timeline, target: Path) -> None:
        """Render one draft; runs in the render thread."""
        render.status = "processing"

        def report(fraction: float) -> None:
            if self._workshop.is_closing:
                raise _GivenUp
            render.progress = max(render.progress, min(int(fraction * 100), 99))

        try:
            result = render_timeline(
                [
                    Clip(piece.material.path, piece.start, piece.end, piece.speed, piece.muted)
                    for piece in timeline.segments
                ],
                target,
                captions=[
                    Caption(words.text, words.start, words.end, words.role) for words in timeline.words
                ],
                sounds=[
                    SoundTrack(sound.material.path, sound.start, sound.end, sound.volume, sound.repeat)
                    for sound in timeline.sounds
                ],
                progress=report,
            )
        except _GivenUp:
            self._fail(render, "the service was stopped")
        except (MediaError, OSError, ValueError) as error:
            self._fail(render, str(error))
        else:
            self._complete(render, target, result.duration_seconds)

    def _complete(self, render: Render, path: Path, duration_seconds: float) -> None:
        render.path = path
        render.address = self._shelf.put(path, f"{render.id}.mp4")
        render.duration_seconds = duration_seconds
        render.size_bytes = path.stat().st_size
        render.progress = 100
        render.status = "completed"
        self._ledger.close_render(render.entry, "completed")

    def _fail(self, render: Render, message: str) -> None:
        render.message = message
        render.status = "failed"
        self._ledger.close_render(render.entry, "failed")


def _read_looks(value: float | str | None, default: float) -> float:
    return value if isinstance(value, int | float) else default


def _recognise_draft(draft: Any, session: Session, base_url: str) -> Timeline:
    """The timeline behind a draft that this session has shown, whole or without some of its tracks."""
    if not isinstance(draft, dict) or not draft.get("t"):
        raise Refusal(400, "nothing to export: the draft has no track with segments")
    timeline = session.recognise_draft(draft)
    if timeline is None:
        difference = find_difference(session.read_draft(base_url), draft) or "it was never shown"
        raise Refusal(400, f"the draft is not what the state said: {difference}")
    return timeline


def describe_top(render: Render, base_url: str) -> JsonObject:
    """A render with everything at the top of the answer."""
    described: JsonObject = {"taskId": render.id, "status": render.status, "progress": render.progress}
    if render.status == "completed":
        described["output"] = {
            "url": base_url + render.address,
            "duration": round(render.duration_seconds, 3),
            "size": render.size_bytes,
        }
    if render.message:
        described["error"] = render.message
    return described


def describe_nested(render: Render, base_url: str) -> JsonObject:
    """A render with everything under `data`."""
    data: JsonObject = {"id": render.id, "status": render.status, "progress": render.progress}
    if render.status == "completed":
        data["outputUrl"] = base_url + render.address
    if render.message:
        data["error"] = render.message
    return {"success": True, "data": data}
