"""Step 6a: the delivered video is cut into one film per segment of its timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemowatch.jobs.local_work import emptied, find_render, make
from nemowatch.jobs.results import Collected, Downloaded
from nemowatch.media.cut import Clip, cut_clips
from nemowatch.outputs.names import safe_name
from nemowatch.outputs.room import require_room
from nemowatch.units import format_count

if TYPE_CHECKING:
    from nemowatch.jobs.results import Exported, Stretch
    from nemowatch.jobs.run import JobRun

CLIPS_FOLDER = "clips"
_SHORTEST_SECONDS = 0.04
"""A segment that is shorter than a picture at 25 a second shows nothing."""


async def make_clips(run: JobRun, exported: Exported, render: Downloaded) -> Collected:
    """Cut the clips into `clips/<stem>-01.mp4` …, in the order of the timeline.

    Raises:
        MediaError: the video can't be cut.
        FolderUnusable: there is no room for them.
        Paused: the place of the outputs is away.
    """
    length = render.duration_seconds or 0.0
    stretches = [
        piece for piece in exported.stretches if min(piece.end, length) - piece.start >= _SHORTEST_SECONDS
    ]
    if not stretches:
        remark = "The timeline names no segment of the video: there are no clips to cut."
        await run.tell(remark)
        return Collected((), (remark,))
    async with run.open_staging() as staging, emptied(staging.folder / CLIPS_FOLDER) as folder:
        source = await run.in_thread(lambda: find_render(run, staging, render))
        await run.in_thread(lambda: require_room(folder, 2 * render.size_bytes))
        digits = max(2, len(str(len(stretches))))
        names = [
            safe_name(f"{run.spec.source.path.stem}-{number:0{digits}d}.mp4")
            for number in range(1, len(stretches) + 1)
        ]
        clips = tuple(
            Clip(piece.start, min(piece.end, length), folder / name)
            for piece, name in zip(stretches, names, strict=True)
        )
        parts = await make(run, "cutting clips", cut_clips, source, clips)
    files = tuple(
        Downloaded(
            f"{CLIPS_FOLDER}/{part.path.name}",
            "clip",
            part.size_bytes,
            part.duration_seconds,
            part.width,
            part.height,
            start_seconds=clip.start,
            end_seconds=clip.end,
            title=piece.title,
            score=piece.score,
        )
        for piece, clip, part in zip(stretches, clips, parts, strict=True)
    )
    await run.tell(f"Cut {format_count(len(files), 'clip')}{_describe_best(stretches)}.")
    return Collected(files)


def _describe_best(stretches: list[Stretch]) -> str:
    """Which one the service thinks the most of, where it has said so."""
    scored = [(piece.score, number) for number, piece in enumerate(stretches, 1) if piece.score is not None]
    if not scored:
        return ""
    score, number = max(scored, key=lambda pair: (pair[0], -pair[1]))
    return f"; the service scores clip {number} highest ({score:g})"
