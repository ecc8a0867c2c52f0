"""What each step hands to the next: small frozen values that are checkpointed as JSON.

A step's result is kept in the database and read back after a restart, by a later version of NemoWatch too: add
fields with a default, never rename one.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Prepared:
    """The recording is the one that was queued, and the staging folder is there."""

    size_bytes: int


@dataclass(frozen=True)
class Part:
    """A file that is uploaded in the recording's place: its path in the staging folder, and its size."""

    name: str
    size_bytes: int


@dataclass(frozen=True)
class Reshaped:
    """What is uploaded: the parts, in order; none where the recording goes as it is.

    Attributes:
        notes: what was done, in sentences.
    """

    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Connected:
    """The job's session; credits are None where the service did not tell.

    Attributes:
        is_continued: it holds the work of an earlier job, which this one refines: nothing is uploaded.
    """

    session_id: str
    task_id: str | None
    project_link: str | None = None
    credits_before: int | None = None
    is_continued: bool = False


@dataclass(frozen=True)
class Uploaded:
    """The recording is in the session.

    Attributes:
        seconds: that it took.
        name: under which it lies there.
        known_media: addresses, without their query, of what the session had generated before: another file's.
    """

    seconds: float
    name: str = ""
    known_media: tuple[str, ...] = ()


@dataclass(frozen=True)
class Edited:
    """A prompt's answer: the texts for a person, what it changed in words, and the timeline after it."""

    prompt: str
    action: str
    texts: tuple[str, ...]
    timeline: str
    seconds: float
    changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Media:
    """Something that the service generated: where it is, and what to call it."""

    url: str
    name: str


@dataclass(frozen=True)
class Stretch:
    """A piece of the rendered timeline, in seconds from its beginning; title and score where the draft tells."""

    start: float
    end: float
    title: str | None = None
    score: float | None = None


@dataclass(frozen=True)
class Exported:
    """A finished render, not yet downloaded; where the service gave no address, the id finds it.

    Attributes:
        stretches: the video segments of the timeline that was rendered, in order.
    """

    render_id: str
    url: str | None
    seconds: float
    stretches: tuple[Stretch, ...] = ()


@dataclass(frozen=True)
class Downloaded:
    """A file in the staging folder, checked; seconds and pixels where it has any.

    Attributes:
        start_seconds, end_seconds: of a clip, where it plays in the delivered video; of a still, `start_seconds` is
            its moment.
        title, score: of a clip, as the service gave them.
    """

    name: str
    kind: str
    size_bytes: int
    duration_seconds: float | None = None
    width: int | None = None
    height: int | None = None
    start_seconds: float | None = None
    end_seconds: float | None = None
    title: str | None = None
    score: float | None = None


@dataclass(frozen=True)
class Collected:
    """The files that a step brought or made, and what it has to say of those that it could not."""

    files: tuple[Downloaded, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Delivered:
    """The published output folder and what is in it."""

    folder: str
    files: tuple[Downloaded, ...]


@dataclass(frozen=True)
class Story:
    """All that a job has come to so far: what the manifest is made from. Grows with each step."""

    connected: Connected | None = None
    uploaded: Uploaded | None = None
    edits: tuple[Edited, ...] = ()
    renders: tuple[Exported, ...] = ()
    files: tuple[Downloaded, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)
