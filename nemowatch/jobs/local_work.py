"""What a job does to films on this machine: in a worker process, with its progress told, and one film at a time.

Called by the steps that look into, cut, convert or encode something.
"""

from __future__ import annotations

import asyncio
import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from nemowatch.media.errors import MediaCrashed
from nemowatch.outputs.errors import FolderUnusable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from nemowatch.jobs.results import Downloaded
    from nemowatch.jobs.run import JobRun
    from nemowatch.outputs.staging import Staging

_Result = TypeVar("_Result")


async def look(run: JobRun, work: Callable[..., _Result], *args: Any, **named: Any) -> _Result:
    """Do something short in a worker: probe a file, measure one.

    Raises:
        MediaError, OSError: as the work does, or as a worker that it has crashed.
    """
    return await _try_twice(lambda: run.workers.run(work, *args, **named))


async def make(
    run: JobRun,
    note: str,
    work: Callable[..., _Result],
    *args: Any,
    **named: Any,
) -> _Result:
    """Do something long in a worker, when it is this job's turn; a job that is cancelled ends it at once.

    Args:
        run: the job.
        note: what is done, in a word or two; shown beside the share that is done.
        work: a function of `media/` that reports how far it is.
        *args: what it takes.
        **named: the same, without `report`.

    Raises:
        MediaError, OSError: as the work does, or as a worker that it has crashed.
    """

    def report(share: float) -> None:
        run.report(share, 1.0, note)

    async def wait() -> None:
        await run.tell("Another film is being worked on; this one waits for its turn.", "DEBUG")
        run.report(0.0, 1.0, f"{note}: waiting for its turn")

    return await _try_twice(
        lambda: run.workers.run(work, *args, report=report, is_encode=True, on_wait=wait, **named)
    )


async def _try_twice(work: Callable[[], Awaitable[_Result]]) -> _Result:
    """Once more where somebody ended the worker, as a system short of memory does: the film is not to blame."""
    try:
        return await work()
    except MediaCrashed as crash:
        if not crash.is_doubtful:
            raise
        return await work()


def find_file(run: JobRun, staging: Staging, name: str) -> Path | None:
    """Where a file of this job lies: still aside, or delivered by an earlier attempt; None where it is gone."""
    for folder in (staging.folder, run.record.output_folder):
        if folder is not None and (folder / name).is_file():
            return folder / name
    return None


def find_render(run: JobRun, staging: Staging, render: Downloaded) -> Path:
    """Where the downloaded video lies.

    Raises:
        FolderUnusable: it is gone.
    """
    path = find_file(run, staging, render.name)
    if path is None:
        raise FolderUnusable(
            f"{staging.folder / render.name}, which was downloaded and checked, is gone.",
            hint="`nemowatch jobs retry` fetches it again, which pays nothing.",
        )
    return path


@asynccontextmanager
async def emptied(folder: Path) -> AsyncIterator[Path]:
    """A folder to be filled by the block: empty when that begins, and gone when it does not end well.

    What is half done, when a job fails or is cancelled, must not be published with what is whole.
    """
    await asyncio.to_thread(_empty, folder)
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
