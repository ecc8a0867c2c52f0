"""Step 6b: stills of the delivered video, at the moments that the rule names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemowatch.jobs.local_work import emptied, find_render, make
from nemowatch.jobs.results import Collected, Downloaded
from nemowatch.media.stills import make_stills, still_times
from nemowatch.outputs.names import safe_name
from nemowatch.outputs.room import require_room
from nemowatch.units import format_count

if TYPE_CHECKING:
    from nemowatch.jobs.run import JobRun

FRAMES_FOLDER = "frames"
_BYTES_PER_PIXEL = {"png": 2.0, "jpg": 0.4}
"""About what a still of a film takes; a noisy one takes more."""


async def make_frames(run: JobRun, render: Downloaded) -> Collected:
    """Write the stills into `frames/<stem>-00m05.000s.png` ….

    Raises:
        MediaError: the video has no picture, or can't be decoded.
        FolderUnusable: there is no room for them.
        Paused: the place of the outputs is away.
    """
    wish = run.spec.frames
    times = still_times(render.duration_seconds or 0.0, every=wish.every_seconds, at=wish.at)
    if not times:
        remark = "None of the moments that `frames` names lies in the video: there are no stills."
        await run.tell(remark)
        return Collected((), (remark,))
    stem = safe_name(run.spec.source.path.stem)
    async with run.open_staging() as staging, emptied(staging.folder / FRAMES_FOLDER) as folder:
        source = await run.in_thread(lambda: find_render(run, staging, render))
        pixels = (render.width or 0) * (render.height or 0)
        expected = int(pixels * _BYTES_PER_PIXEL[wish.format] * len(times))
        await run.in_thread(lambda: require_room(folder, expected))
        stills = await make(
            run, "making stills", make_stills, source, folder, times, stem=stem, form=wish.format
        )
    await run.tell(f"Made {format_count(len(stills), 'still')}.")
    return Collected(
        tuple(
            Downloaded(
                f"{FRAMES_FOLDER}/{still.name}",
                "frame",
                still.size_bytes,
                width=still.width,
                height=still.height,
                start_seconds=still.seconds,
            )
            for still in stills
        )
    )
