"""Where a job's recording lies now, and whether it is still the one that was queued.

Asked before the upload begins: a recording may have been renamed, touched, replaced or deleted while it waited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemowatch.jobs.errors import SourceChanged, SourceGone
from nemowatch.jobs.identity import hash_content

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from pathlib import Path

    from nemowatch.jobs.records import JobSpec, SourceFile


def find_source(spec: JobSpec, other_places: Iterable[Path]) -> Path:
    """The path under which the queued content lies; reads a file whole where only its content can tell.

    Args:
        spec: the job.
        other_places: where the same content was seen since, as after a rename.

    Raises:
        SourceGone: nothing is left at its place, and the content is nowhere else.
        SourceChanged: something else is at its place, and the content is nowhere else.
    """
    source = spec.source
    try:
        facts = source.path.lstat()
        if is_version(facts, source) or hash_content(source.path) == spec.sha256:
            return source.path
        problem: SourceGone | SourceChanged = SourceChanged(
            f"{source.path} was written again after it had been queued.",
            hint="Its new content gets its own job.",
        )
    except OSError as error:
        problem = SourceGone(f"{source.path} is no longer there: {error.strerror or error}.")
    for place in other_places:
        if place != source.path and _holds(place, spec):
            return place
    raise problem


def is_version(facts: os.stat_result, source: SourceFile) -> bool:
    """Whether a file is, by size, time and inode, the very version that was seen."""
    return (facts.st_size, facts.st_mtime_ns, facts.st_ino) == (
        source.size_bytes,
        source.modified_ns,
        source.inode,
    )


def _holds(place: Path, spec: JobSpec) -> bool:
    try:
        return place.lstat().st_size == spec.source.size_bytes and hash_content(place) == spec.sha256
    except OSError:
        return False
