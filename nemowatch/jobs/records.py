"""The values that travel with a job: what it is to do, how it stands, what it came to.

All frozen; written to the database as JSON by `store.py`, and nowhere else.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any


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
    DONE = "done"
    FAILED = "failed"

    @property
    def share_done(self) -> float:
        """How much of a job lies behind it on entering this state, 0.0 to 1.0; each step counts the same."""
        if self is JobState.WAITING:
            return JobState.EXPORTING.share_done
        steps = [state for state in JobState if state not in {JobState.WAITING, JobState.FAILED}]
        return steps.index(self) / (len(steps) - 1) if self in steps else 1.0

    @property
    def is_final(self) -> bool:
        """True when the job will not go on by itself."""
        return self in {JobState.DONE, JobState.FAILED}


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
class JobSpec:
    """Everything a job needs to run, fixed when it is queued: a later edit of the rules does not change it."""

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

    def to_json(self) -> str:
        """As JSON text. Names that are no valid UTF-8 pass through it unharmed, as escapes."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> JobSpec:
        """Read back what `to_json` wrote."""
        facts: dict[str, Any] = json.loads(text)
        source = facts["source"]
        return cls(
            **facts
            | {
                "source": SourceFile(**source | {"path": Path(source["path"])}),
                "prompts": tuple(facts["prompts"]),
                "deliver": tuple(facts["deliver"]),
                "output_folder": Path(facts["output_folder"]),
            }
        )


@dataclass(frozen=True)
class JobRecord:
    """A job as the database knows it; times are seconds since the epoch."""

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


@dataclass(frozen=True)
class DeliveredFile:
    """One file in the output folder: its name there, what it is, and how large and long."""

    name: str
    kind: str
    size_bytes: int
    duration_seconds: float | None = None
