"""What a prompt can ask for, as values: found by `understanding`, carried out by `editing.py`.

Times are seconds. A negative start counts from the end of the timeline, as in Python's slices; an end of None is
the end of the timeline.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

OpenRange = tuple[float, float | None]


@dataclass(frozen=True)
class SaveStills:
    """Stills at a steady pace, at given times, or so many spread evenly; exactly one of the three is set."""

    every: float | None = None
    times: tuple[float, ...] = ()
    count: int | None = None
    form: Literal["png", "jpg"] = "png"


@dataclass(frozen=True)
class PickClips:
    """The best stretches: in order of score (`viral`) or of time. `seconds` is how long each may be."""

    count: int | None = None
    viral: bool = False
    seconds: float | None = None


@dataclass(frozen=True)
class KeepRanges:
    """Only these stretches stay."""

    ranges: tuple[OpenRange, ...]


@dataclass(frozen=True)
class RemoveRanges:
    """These stretches go."""

    ranges: tuple[OpenRange, ...]


@dataclass(frozen=True)
class ChangeSpeed:
    """Above 1 is faster."""

    factor: float


@dataclass(frozen=True)
class AddCaptions:
    """Captions where somebody speaks."""


@dataclass(frozen=True)
class AddTitle:
    """A title over the first seconds; an empty text takes the project's own title."""

    text: str


@dataclass(frozen=True)
class AddMusic:
    """Music under the whole timeline. `volume` is 0 to 1."""

    style: str
    volume: float


@dataclass(frozen=True)
class DropTracks:
    """Take these away; `voice` mutes the recordings themselves."""

    kind: Literal["music", "caption", "title", "voice"]


@dataclass(frozen=True)
class GenerateVideo:
    """A new clip, made from nothing, at the end of the timeline."""

    subject: str
    seconds: float


@dataclass(frozen=True)
class KeepFile:
    """The timeline becomes this uploaded file's alone; what was cut of it before stays cut."""

    filename: str


Edit = (
    SaveStills
    | PickClips
    | KeepRanges
    | RemoveRanges
    | ChangeSpeed
    | AddCaptions
    | AddTitle
    | AddMusic
    | DropTracks
    | GenerateVideo
    | KeepFile
)
