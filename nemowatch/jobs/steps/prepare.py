"""Step 1: the recording is still the one that was queued, it fits, and there is a place for its outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemowatch.jobs.plan import needs_reshaping
from nemowatch.jobs.results import Prepared
from nemowatch.jobs.steps.reshape import too_large
from nemowatch.units import format_bytes, format_count

if TYPE_CHECKING:
    from nemowatch.jobs.run import JobRun


async def prepare(run: JobRun) -> Prepared:
    """Check the recording and open the staging folder.

    Raises:
        SourceGone, SourceChanged, SourceTooLarge: nothing has left the machine.
        OutputError: the output folder can't be written.
        Paused: the watch folder, or the place of the outputs, is away.
    """
    spec = run.spec
    size_bytes = spec.source.size_bytes
    if spec.base is not None:
        what = f"job {spec.base.job_id[:8]} ({spec.source.path.name}) is refined"
    elif spec.urls:
        what = f"{await run.find_source()} ({format_count(len(spec.urls), 'address', 'addresses')})"
    else:
        path = await run.find_source()
        what = f"{path} ({format_bytes(size_bytes)})"
        limit = run.settings.max_upload_bytes
        if size_bytes > limit and not needs_reshaping(spec, limit):
            raise too_large(path.name, size_bytes, limit)
    async with run.open_staging():
        await run.tell(f"Started: {what}, rule {spec.rule}.")
    return Prepared(size_bytes=size_bytes)
