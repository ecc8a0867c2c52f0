"""The values that travel with a job: what it is to do, how it stands, what it came to.

All frozen; written to the database as JSON by `store.py`, and nowhere else.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from nemowatch.rules.rule import Frames, Trim

if TYPE_CHECKING:
    from nemowatch.rules.rule import DroppedTrack


class JobState(StrEnum):
    """Where a job stands (README, "Life of a job")."""

    QUEUED = "queued"
    PREPARING = "preparing"
    UPLOADING = "uploading"
    EDITING = "editing"
    EXPORTING = "exporting"
    DOWNLOADING = "downloading"
    DELIVERING = "delivering"
    WAITING = "waiting"
    HELD = "held"
    ATTENTION = "attention"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def share_done(self) -> float:
        """How much of a job lies behind it on entering this state, 0.0 to 1.0; each step counts the same."""
        if self in {JobState.WAITING, JobState.HELD, JobState.ATTENTION}:
            return JobState.EXPORTING.share_done
        return _STEPS.index(self) / (len(_STEPS) - 1) if self in _STEPS else 1.0

    @property
    def is_final(self) -> bool:
        """True when the job will not go on by itself."""
        return self in {JobState.DONE, JobState.FAILED, JobState.CANCELLED}


_STEPS = (
    JobState.QUEUED,
    JobState.PREPARING,
    JobState.UPLOADING,
    JobState.EDITING,
    JobState.EXPORTING,
    JobState.DOWNLOADING,
    JobState.DELIVERING,
    JobState.DONE,
)


class Cause(StrEnum):
    """Why a job stands still, and so what makes it go on."""

    CREDITS = "credits"
    """The account has none left for it: goes on when there are more than there were."""

    BUDGET = "budget"
    """The day's share is spent: goes on tomorrow."""

    TOKEN = "token"  # noqa: S105 -- the name of a cause
    """The service refuses the token: looked at again from time to time, and at each start."""

    SCOPE = "scope"
    """The token may not do this: the same."""

    PLAN = "plan"
    """The plan does not include exports: tried again from time to time."""

    RATE = "rate"
    """Too many calls: tried again later."""

    FAULT = "fault"
    """One call fails and fails, while the service answers others: tried again ever more rarely. Or the state can't be
    written, as on a full disk: tried again soon."""

    RENDER = "render"
    """A render takes longer than usual: looked at ever more rarely."""

    BACKLOG = "backlog"
    """One of many files that a rule found on its first look: goes on with `jobs release`."""

    SCHEDULE = "schedule"
    """Outside of the hours in which its rule's jobs may start: goes on when they begin."""

    FOLDER = "folder"
    """Its watch folder is offline: goes on when that is back."""

    TURN = "turn"
    """Another file is at work in the session that both share."""

    QUESTION = "question"
    """The service asked something: goes on with `jobs answer`."""

    UNCERTAIN = "uncertain"
    """Nobody can tell whether a prompt was applied: `jobs retry` or `jobs release` decides."""

    SESSION = "session"
    """The session with a paid edit is gone: `jobs retry` makes it again, and pays again."""


@dataclass(frozen=True)
class SourceFile:
    """One version of one recording: if any of size, time or inode differs, it is another version.

    `modified_ns` is in nanoseconds since the epoch, as the file system gives it.
    """

    path: Path
    size_bytes: int
    modified_ns: int
    inode: int


@dataclass(frozen=True)
class Base:
    """The finished work that a refinement goes on from.

    Attributes:
        job_id: the job whose session it is.
        session_id, task_id: as the service named them.
        prompts: all that was sent in it before, to make it again where the session is gone.
    """

    job_id: str
    session_id: str
    task_id: str | None
    prompts: tuple[str, ...]


EXISTING, DUPLICATE = "existing", "duplicate"
"""Why a file makes no job: it was there before the rule; its content has had its job."""

SHARED_BY_RULE, SHARED_BY_FOLDER = "rule:", "folder:"
"""How the keys begin of sessions that hold several recordings."""


@dataclass(frozen=True)
class JobSpec:
    """Everything a job needs to run, fixed when it is queued: a later edit of the rules does not change it.

    Attributes:
        question: what is done when the service asks back: `proceed` or `hold`.
        drop_tracks: `music`, `title`: tracks that the service adds by itself and that are not wanted.
        session_key: names the session that several jobs share, one after the other; empty for one of its own.
        retries: how often a call that failed through a passing fault is made again before the job waits.
        urls: addresses to upload in place of the file's own content.
        base: the session that a refinement goes on in; None for any other job.
        folder: the watch folder in which the recording lies; None in jobs of earlier versions.
        schedule: when it may start, as `rules/schedule.py` reads it; empty for always.
        after: what becomes of the recording afterwards: `keep`, `trash` or `move`.
        after_folder: where it is moved; None unless it is.
        oversize: what becomes of a recording that is larger than the service takes; in jobs of earlier versions it
            is refused.
        convert: whether what the service does not take is converted before the upload.
        trim: which part of it is uploaded; None for all of it.
        frames: which stills are made, where `deliver` names them.
        has_overview: whether a contact sheet is made of what is delivered; not in jobs of earlier versions.
    """

    job_id: str
    rule: str
    source: SourceFile
    sha256: str
    duration_seconds: float | None
    skill_source: str
    skill_version: str
    prompts: tuple[str, ...]
    language: str
    deliver: tuple[str, ...]
    output_folder: Path
    priority: int
    queued_at: float
    question: str = "proceed"
    drop_tracks: tuple[DroppedTrack, ...] = ()
    session_key: str = ""
    retries: int = 3
    urls: tuple[str, ...] = ()
    base: Base | None = None
    folder: Path | None = None
    schedule: str = ""
    after: str = "keep"
    after_folder: Path | None = None
    oversize: str = "reject"
    convert: bool = False
    trim: Trim | None = None
    frames: Frames = field(default_factory=Frames)
    has_overview: bool = False

    def to_json(self) -> str:
        """As JSON text. Names that are no valid UTF-8 pass through it unharmed, as escapes."""
        # Not `asdict` for all of it: it copies every value, which is most of the work of entering a job.
        facts = {each.name: getattr(self, each.name) for each in fields(self)}
        return json.dumps(facts, default=_as_plain)

    @classmethod
    def from_json(cls, text: str) -> JobSpec:
        """Read back what `to_json` wrote, of an earlier version too."""
        facts: dict[str, Any] = json.loads(text)
        source, base = facts["source"], facts.get("base")
        trim, frames = facts.get("trim"), facts.get("frames", {})
        lists: dict[str, Any] = {
            key: tuple(facts[key]) for key in ("prompts", "deliver", "drop_tracks", "urls") if key in facts
        }
        return cls(
            **facts
            | lists
            | {
                "source": SourceFile(**source | {"path": Path(source["path"])}),
                "output_folder": Path(facts["output_folder"]),
                "base": None if base is None else Base(**base | {"prompts": tuple(base["prompts"])}),
                **{key: Path(facts[key]) for key in ("folder", "after_folder") if facts.get(key)},
                "trim": None if trim is None else Trim(**trim),
                "frames": Frames(**frames | {"at": tuple(frames.get("at", ()))}),
            }
        )


def _as_plain(value: object) -> object:
    return asdict(value) if isinstance(value, SourceFile | Base | Trim | Frames) else str(value)


Clears: TypeAlias = Literal["", "step", "all"]
"""No markers, those of the step at which the job stopped, or all of the job."""


@dataclass(frozen=True)
class Stop:
    """Where a job stopped, and how it goes on: the last checkpoint that does not count when it does.

    Attributes:
        step: the number of that checkpoint, from 1.
        name: the step's name, such as `edit-2`.
        cause: None where the job ended.
        wake_at: when it goes on by itself, seconds since the epoch; None where something else decides.
        clears: which markers `jobs retry` takes back: what they stand for is done, and paid for, again.
        answers: the marker under which an answer or a decision of the user is kept.
        question: what the service asked.
        balance: the credits that were too few.
        times: how often in a row it stopped here for this cause.
    """

    step: int
    name: str
    cause: Cause | None = None
    wake_at: float | None = None
    clears: Clears = ""
    answers: str = ""
    question: str = ""
    balance: int | None = None
    times: int = 1

    def to_json(self) -> str:
        """As JSON text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Stop:
        """Read back what `to_json` wrote."""
        facts = json.loads(text)
        cause = facts["cause"]
        return cls(**facts | {"cause": None if cause is None else Cause(cause)})


@dataclass(frozen=True)
class JobRecord:
    """A job as the database knows it; times are seconds since the epoch.

    Attributes:
        round: how often it was put into the queue, from 1: a job that stopped and goes on is in another round; 0 for
            one that has stood still since it was entered.
        attempt: how often it was begun, from 1: a job that ended and is retried is in another attempt.
        is_parked: it stands still outside of the queue, for `stop.cause`.
        stop: where it stopped last; None while it never did.
        is_unwanted: the user has cancelled it, and it has not ended yet.
    """

    spec: JobSpec
    state: JobState
    reason: str
    progress: float | None
    note: str
    output_folder: Path | None
    outputs: tuple[DeliveredFile, ...]
    started_at: float | None
    updated_at: float
    finished_at: float | None
    round: int = 1
    attempt: int = 1
    is_parked: bool = False
    stop: Stop | None = None
    is_unwanted: bool = False


@dataclass(frozen=True)
class DeliveredFile:
    """One file in the output folder: its name there, what it is, and how large and long."""

    name: str
    kind: str
    size_bytes: int
    duration_seconds: float | None = None
