"""What the tests of publishing share: manifests, and looking at a folder from outside."""

from __future__ import annotations

from pathlib import Path

from nemowatch.outputs.manifest import (
    Credits,
    Manifest,
    Output,
    PromptAnswer,
    Render,
    RuleUsed,
    SessionUsed,
    Source,
    Versions,
    write_manifest,
)
from nemowatch.outputs.staging import Staging


def make_manifest(job_id: str = "0123456789abcdef", *, outputs: tuple[Output, ...] = ()) -> Manifest:
    return Manifest(
        job_id=job_id,
        state="done",
        reason="",
        source=Source("/r/talks/talk.mp4", 1234, "2026-03-18T14:00:00.000+00:00", "ab" * 32),
        rule=RuleUsed("shorts", "opusclip", "1.0.0", "en", ("video", "media")),
        prompts=(PromptAnswer("cut the best part", "prompt", ("Done.", "Zwei Clips: ü"), 3.5),),
        session=SessionUsed("5529", "task_1", "https://example.test/workspace/claim?ct=x"),
        renders=(Render("render_1", 12.0),),
        timeline="Timeline (1 track): 1. Video: talk (0-10s)",
        outputs=outputs,
        credits=Credits(before=100, after=50),
        queued="2026-03-18T14:05:09.000+00:00",
        finished="2026-03-18T14:06:09.000+00:00",
        timings={"prepare": 0.1, "upload": 2.0},
        versions=Versions("0.1.0", "3.11.9", "linux"),
    )


def fill(staging: Staging, *, files: dict[str, bytes] | None = None) -> Staging:
    """Put files, and the job's manifest, into a staging folder."""
    for name, content in (files or {"talk.mp4": b"video", "media/a.png": b"picture"}).items():
        path = staging.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    write_manifest(staging.folder, make_manifest(staging.job_id))
    return staging


def tree(folder: Path) -> list[str]:
    """Every file below a folder, hidden ones too, relative to it."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def visible(folder: Path) -> list[str]:
    """The names in a folder that a file manager shows."""
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
