"""Step 1: the recording is still the one that was queued, it fits, and there is a place for its outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemowatch.jobs.errors import SourceTooLarge
from nemowatch.jobs.results import Prepared
from nemowatch.units import format_bytes, format_count

if TYPE_CHECKING:
    from nemowatch.jobs.run import JobRun

MAX_UPLOAD_BYTES = 500_000_000
"""What the service takes per file (nemo-api.md §4)."""


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
        if size_bytes > MAX_UPLOAD_BYTES:
            raise SourceTooLarge(
                f"{path.name} has {format_bytes(size_bytes)}; the service takes at most "
                f"{format_bytes(MAX_UPLOAD_BYTES)} a file.",
                hint="Export it smaller, or cut it, and save that into the folder.",
            )
    async with run.open_staging():
        await run.tell(f"Started: {what}, rule {spec.rule}.")
    return Prepared(size_bytes=size_bytes)
