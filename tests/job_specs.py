"""A job to begin a test with, when only some of what a job says matters to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nemowatch.jobs.records import JobSpec, SourceFile


def make_job_spec(job_id: str = "a" * 16, path: Path = Path("/r/talk.mp4"), **own: Any) -> JobSpec:
    """A job of the rule `shorts`; `own` says what is special about it."""
    usual: dict[str, Any] = {
        "rule": "shorts",
        "source": SourceFile(path, 10, 20, 30),
        "sha256": "0" * 64,
        "duration_seconds": 2.5,
        "skill_source": "opusclip",
        "skill_version": "1.0.0",
        "prompts": ("cut it",),
        "language": "en",
        "deliver": ("video",),
        "output_folder": Path("/r-output/shorts/talk"),
        "priority": 5,
        "queued_at": 100.0,
    }
    return JobSpec(job_id=job_id, **usual | own)
