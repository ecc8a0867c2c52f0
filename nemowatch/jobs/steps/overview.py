"""Step 6c: a contact sheet and a thumbnail, for people who look before they read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loguru import logger

from nemowatch.jobs.local_work import find_file, look
from nemowatch.jobs.results import Collected, Downloaded
from nemowatch.media.errors import MediaError
from nemowatch.media.sheet import make_overview

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nemowatch.jobs.run import JobRun
    from nemowatch.outputs.staging import Staging

OVERVIEW_NAME = "overview.jpg"
THUMBNAIL_NAME = "thumbnail.jpg"
_KINDS = frozenset({"video", "media"})
_PICTURES = (".mp4", ".mov", ".webm", ".mkv", ".avi", ".jpg", ".jpeg", ".png", ".gif", ".webp")
_MOST_SOURCES = 100


async def sketch(run: JobRun, files: Sequence[Downloaded]) -> Collected:
    """Draw `overview.jpg` and `thumbnail.jpg` of what the job has made.

    Nothing depends on them: where they can't be drawn, the job says so and goes on.

    Raises:
        FolderUnusable, OSError: the disk is full or gone.
        Paused: the place of the outputs is away.
    """
    async with run.open_staging() as staging:
        paths = await run.in_thread(lambda: _find_pictures(run, staging, files))
        if not paths:
            return Collected(())
        try:
            drawn = await look(
                run,
                make_overview,
                tuple(paths[:_MOST_SOURCES]),
                staging.folder / OVERVIEW_NAME,
                staging.folder / THUMBNAIL_NAME,
            )
        except MediaError as error:
            remark = f"There is no overview: {error.message}"
            logger.bind(job=run.spec.job_id[:8]).info(remark)
            return Collected((), (remark,))
    return Collected(
        (
            Downloaded(OVERVIEW_NAME, "overview", drawn.size_bytes, width=drawn.width, height=drawn.height),
            Downloaded(
                THUMBNAIL_NAME,
                "thumbnail",
                drawn.thumbnail_bytes,
                width=drawn.thumbnail_width,
                height=drawn.thumbnail_height,
            ),
        )
    )


def _find_pictures(run: JobRun, staging: Staging, files: Sequence[Downloaded]) -> list[Path]:
    shown = [file for file in files if file.kind in _KINDS and file.name.lower().endswith(_PICTURES)]
    places = (find_file(run, staging, file.name) for file in shown)
    return [path for path in places if path is not None]
