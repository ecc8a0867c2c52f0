"""Step 1: the recording is still the one that was queued, it fits, and there is a place for its outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemowatch.jobs.errors import SourceChanged, SourceGone, SourceTooLarge
from nemowatch.jobs.identity import hash_content
from nemowatch.jobs.results import Prepared
from nemowatch.units import format_bytes

if TYPE_CHECKING:
    from nemowatch.jobs.run import JobRun

MAX_UPLOAD_BYTES = 500_000_000
"""What the service takes per file (nemo-api.md §4)."""


async def prepare(run: JobRun) -> Prepared:
    """Check the recording and open the staging folder.

    Raises:
        SourceGone, SourceChanged, SourceTooLarge: nothing has left the machine.
        OutputError: the output folder can't be written.
    """
    source = run.spec.source
    try:
        facts = source.path.lstat()
    except OSError as error:
        raise SourceGone(
            f"{source.path} is no longer there: {error.strerror}.",
            hint="If it was moved or renamed inside the watched folder, it is taken up from its new place.",
        ) from error
    version = (facts.st_size, facts.st_mtime_ns)
    is_touched = version != (source.size_bytes, source.modified_ns)
    # A touched file is the same recording; only another content is another job.
    if is_touched and await run.in_thread(lambda: hash_content(source.path)) != run.spec.sha256:
        raise SourceChanged(
            f"{source.path} was written again after it had been queued.",
            hint="Its new content gets its own job.",
        )
    if facts.st_size > MAX_UPLOAD_BYTES:
        raise SourceTooLarge(
            f"{source.path.name} has {format_bytes(facts.st_size)}; the service takes at most "
            f"{format_bytes(MAX_UPLOAD_BYTES)} a file.",
            hint="Export it smaller, or cut it, and save it under a new name.",
        )
    await run.open_staging()
    await run.tell(f"Started: {source.path} ({format_bytes(facts.st_size)}), rule {run.spec.rule}.")
    return Prepared(size_bytes=facts.st_size)
