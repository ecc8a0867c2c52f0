"""Sessions: one project each, with its files, its timeline and everything the agent made in it.

Written by uploads and finished edits, each time as one whole new `Content`, so that a reader never sees half an
edit. Lives in memory; the files lie in the sandbox's folder.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from nemowatch.sandbox.answers import SESSION_NOT_FOUND, JsonObject, Refusal
from nemowatch.sandbox.conversation import Conversation
from nemowatch.sandbox.drafts import (
    LANDSCAPE,
    PORTRAIT,
    DraftFrame,
    ShownDraft,
    fingerprint,
    match_draft,
    write_draft,
)
from nemowatch.sandbox.timeline import Segment, Sound, Timeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nemowatch.sandbox.timeline import Material

IMAGE_SECONDS = 3.0  # how long an uploaded picture stands on the timeline


@dataclass(frozen=True)
class GeneratedFile:
    """Something the agent made; `moment` is a still's time on the timeline, in seconds."""

    address: str
    filename: str
    media_type: str
    moment: float | None = None


@dataclass(frozen=True)
class Content:
    """What a project holds at one moment."""

    uploads: tuple[Material, ...] = ()
    timeline: Timeline = field(default_factory=Timeline)
    generated: tuple[GeneratedFile, ...] = ()
    analyses: tuple[tuple[str, JsonObject], ...] = ()
    revision: int = 0

    def with_uploads(self, materials: Sequence[Material]) -> Content:
        """The content after new files: pictures go to the end of the one video track, sounds under it."""
        added = lay_out(materials)
        timeline = replace(
            self.timeline,
            segments=(*self.timeline.segments, *added.segments),
            sounds=(*self.timeline.sounds, *added.sounds),
            title=self.timeline.title or next((PurePath(file.filename).stem for file in materials), ""),
        )
        return replace(
            self, uploads=(*self.uploads, *materials), timeline=timeline, revision=self.revision + 1
        )

    def differs_from(self, earlier: Content) -> bool:
        """Whether an edit changed anything a caller can see."""
        return (self.timeline, self.generated) != (earlier.timeline, earlier.generated)


@dataclass
class Session:
    """One project of one user. `busy` lets one edit run at a time, in the order the prompts came."""

    session_id: str
    task_id: str
    task_name: str
    language: str
    user_id: str
    folder: Path
    content: Content = field(default_factory=Content)
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)
    shown: dict[str, ShownDraft] = field(default_factory=dict)
    conversation: Conversation = field(default_factory=Conversation)

    def read_draft(self, base_url: str) -> JsonObject:
        """The draft as it is now; remembered, because an export may send any draft that was ever shown."""
        draft = write_draft(self.content.timeline, DraftFrame(self.task_id, self.content.revision, base_url))
        if draft:
            self.shown[fingerprint(draft)] = ShownDraft(draft, self.content.timeline)
        return draft

    def recognise_draft(self, draft: JsonObject) -> Timeline | None:
        """The timeline behind a draft that was shown, perhaps with whole tracks left out; None for any other."""
        known = self.shown.get(fingerprint(draft))
        if known is not None:
            return known.timeline
        found = (match_draft(shown, draft) for shown in reversed(self.shown.values()))
        return next((timeline for timeline in found if timeline is not None), None)

    def describe(self, base_url: str) -> JsonObject:
        """The whole state as the API shows it."""
        content = self.content
        return {
            "session_id": self.session_id,
            "task_id": self.task_id,
            "task_name": self.task_name,
            "state": {
                "video_infos": [describe_file(file, base_url) for file in content.uploads],
                "draft": self.read_draft(base_url),
                "canvas_config": _describe_canvas(content.timeline),
                "video_analyses": dict(content.analyses),
                "generated_media": [_describe_generated(made, base_url) for made in content.generated],
            },
        }


class Sessions:
    """Every session of the service."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sessions: dict[str, Session] = {}

    def create(self, user_id: str, task_name: str, language: str) -> Session:
        """Open an empty project with a folder of its own."""
        session_id = str(10**18 + secrets.randbelow(8 * 10**18))
        session = Session(
            session_id=session_id,
            task_id=f"task_{secrets.token_hex(8)}",
            task_name=task_name,
            language=language,
            user_id=user_id,
            folder=self._folder / session_id,
        )
        session.folder.mkdir(parents=True)
        self._sessions[session_id] = session
        return session

    def forget(self, session_id: str | None = None) -> int:
        """Forget one session, or all; how many that was. Their files stay."""
        known = [key for key in list(self._sessions) if session_id in {None, key}]
        return sum(self._sessions.pop(key, None) is not None for key in known)

    def find(self, session_id: Any, user_id: str) -> Session:
        """A session of this user.

        Raises:
            Refusal: 1002, there is no such session, or it is somebody else's.
        """
        session = self._sessions.get(session_id) if isinstance(session_id, str) else None
        if session is None or session.user_id != user_id:
            raise Refusal(SESSION_NOT_FOUND, f"session not found: {session_id}")
        return session


def lay_out(materials: Sequence[Material]) -> Timeline:
    """A timeline of these files as they are; what has no length is left out."""
    pictures = [Segment(file, 0.0, _playing_time(file)) for file in materials if file.kind != "audio"]
    sounds = [Sound(file, file.filename, 0.0, file.duration) for file in materials if file.kind == "audio"]
    return Timeline(
        segments=tuple(picture for picture in pictures if picture.end),
        sounds=tuple(sound for sound in sounds if sound.end),
    )


def _playing_time(file: Material) -> float:
    return IMAGE_SECONDS if file.kind == "image" and file.width else file.duration


def describe_file(file: Material, base_url: str) -> JsonObject:
    """An uploaded file as the upload call and the state show it."""
    described: JsonObject = {
        "filename": file.filename,
        "file_type": file.kind,
        "cdn_url": base_url + file.address,
        "hash": file.sha256,
        "size": file.size_bytes,
    }
    if file.kind != "image":
        described["duration"] = round(file.duration, 3)
    if file.kind != "audio":
        described |= {"width": file.width, "height": file.height}
    if file.kind == "video":
        described["fps"] = round(file.fps, 3)
    return described


def _describe_generated(made: GeneratedFile, base_url: str) -> Any:
    """An entry of `generated_media`: the service writes them in more than one way, so this does too."""
    address = base_url + made.address
    kind = made.media_type.partition("/")[0]
    if kind == "audio":
        return address
    if kind == "video":
        return {"cdn_url": address, "filename": made.filename, "type": "video"}
    return {
        "url": address,
        "filename": made.filename,
        "type": "image",
        "media_type": made.media_type,
        "time": made.moment,
    }


def _describe_canvas(timeline: Timeline) -> JsonObject:
    first = next(iter(timeline.segments), None)
    upright = first is not None and first.material.height > first.material.width
    width, height = PORTRAIT if upright else LANDSCAPE
    return {"width": width, "height": height, "ratio": "9:16" if upright else "16:9"}
