"""Where a job's recording lies now, and whether it is still the one that was queued.

Asked before the upload begins: a recording may have been renamed, touched, replaced or deleted while it waited.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from nemowatch.jobs.errors import SourceChanged, SourceGone
from nemowatch.jobs.identity import hash_content

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from nemowatch.jobs.records import JobSpec, SourceFile

_REMEMBERED = 256


class ContentMemory:
    """The hashes of the file versions that were read last: who asks again and again has each read once."""

    def __init__(self) -> None:
        self._read: OrderedDict[tuple[Path, int, int, int], str] = OrderedDict()

    def sha256_of(self, path: Path) -> str:
        """The SHA-256 of a file's content, in hexadecimal. Blocks, for long where it has to be read.

        Raises:
            OSError: the file is gone or can't be read.
        """
        version = _version_of(path)
        known = self._read.get(version)
        if known is not None:
            return known
        sha256 = hash_content(path)
        if _version_of(path) == version:
            self._read[version] = sha256
            if len(self._read) > _REMEMBERED:
                self._read.popitem(last=False)
        return sha256


def find_source(
    spec: JobSpec, other_places: Iterable[Path], read_hash: Callable[[Path], str] = hash_content
) -> Path:
    """The path under which the queued content lies; reads a file whole where only its content can tell.

    Args:
        spec: the job.
        other_places: where the same content was seen since, as after a rename.
        read_hash: gives the SHA-256 of a file's content.

    Raises:
        SourceGone: nothing is left at its place, and the content is nowhere else.
        SourceChanged: something else is at its place, and the content is nowhere else.
    """
    source = spec.source
    try:
        facts = source.path.lstat()
        if is_version(facts, source) or read_hash(source.path) == spec.sha256:
            return source.path
        problem: SourceGone | SourceChanged = SourceChanged(
            f"{source.path} was written again after it had been queued.",
            hint="Its new content gets its own job.",
        )
    except OSError as error:
        problem = SourceGone(f"{source.path} is no longer there: {error.strerror or error}.")
    for place in other_places:
        if place != source.path and _holds(place, spec, read_hash):
            return place
    raise problem


def is_version(facts: os.stat_result, source: SourceFile) -> bool:
    """Whether a file is the very version that was seen: by its size, its time and its inode.

    An inode of 0 in `source` says that its file system keeps none: size and time alone count.
    """
    return (facts.st_size, facts.st_mtime_ns, facts.st_ino if source.inode else 0) == (
        source.size_bytes,
        source.modified_ns,
        source.inode,
    )


def _version_of(path: Path) -> tuple[Path, int, int, int]:
    facts = path.lstat()
    return (path, facts.st_size, facts.st_mtime_ns, facts.st_ino)


def _holds(place: Path, spec: JobSpec, read_hash: Callable[[Path], str]) -> bool:
    try:
        return place.lstat().st_size == spec.source.size_bytes and read_hash(place) == spec.sha256
    except OSError:
        return False
