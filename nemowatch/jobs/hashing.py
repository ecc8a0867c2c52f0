"""The SHA-256 of recordings, once per version of a file, however many rules take it.

Asked by the desk. Reads in threads of its own: a huge recording on a slow disk holds up neither the small ones nor
anything else of the daemon, and is given up at once when the daemon stops.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from nemowatch.errors import NemoWatchError
from nemowatch.jobs.identity import hash_content
from nemowatch.jobs.source import is_version

if TYPE_CHECKING:
    from nemowatch.jobs.records import SourceFile

_LARGE_BYTES = 256 * 1024 * 1024
_SMALL_AT_ONCE, _LARGE_AT_ONCE = 2, 1
_REMEMBERED = 1024


class ChangedMeanwhile(NemoWatchError):
    """The file was written to while its content was being read; it must settle again."""


class ContentHashes:
    """The hashes of files, read once and remembered for a while.

    Args:
        large_bytes: files of at least this size are read on a lane of their own, one after the other.
    """

    def __init__(self, *, large_bytes: int = _LARGE_BYTES) -> None:
        self._large_bytes = large_bytes
        self._small = ThreadPoolExecutor(_SMALL_AT_ONCE, thread_name_prefix="hash")
        self._large = ThreadPoolExecutor(_LARGE_AT_ONCE, thread_name_prefix="hash-large")
        self._stopped = threading.Event()
        self._reading: dict[SourceFile, asyncio.Future[str]] = {}
        self._read: OrderedDict[SourceFile, str] = OrderedDict()

    async def sha256_of(self, source: SourceFile) -> str:
        """The SHA-256 of one version of a file, in hexadecimal.

        Raises:
            ChangedMeanwhile: the file is another version by now.
            OSError: it is gone or can't be read.
            asyncio.CancelledError: the hashes were closed meanwhile.
        """
        known = self._read.get(source)
        if known is not None:
            self._read.move_to_end(source)
            return known
        reading = self._reading.get(source)
        if reading is None:
            reading = self._begin(source)
        # One rule that gives up must not take the answer from the others.
        return await asyncio.shield(reading)

    def close(self) -> None:
        """Give up all reading, without waiting for a disk that hangs; whoever waits for a hash is cancelled."""
        self._stopped.set()
        for reading in tuple(self._reading.values()):
            reading.cancel()
        for lane in (self._small, self._large):
            lane.shutdown(wait=False, cancel_futures=True)

    def _begin(self, source: SourceFile) -> asyncio.Future[str]:
        lane = self._large if source.size_bytes >= self._large_bytes else self._small
        reading = asyncio.get_running_loop().run_in_executor(lane, self._hash, source)
        self._reading[source] = reading
        reading.add_done_callback(lambda done: self._keep(source, done))
        return reading

    def _keep(self, source: SourceFile, reading: asyncio.Future[str]) -> None:
        del self._reading[source]
        # Asking for the exception also tells asyncio that somebody has seen it, when all who waited have gone.
        if reading.cancelled() or reading.exception() is not None:
            return
        self._read[source] = reading.result()
        if len(self._read) > _REMEMBERED:
            self._read.popitem(last=False)

    def _hash(self, source: SourceFile) -> str:
        sha256 = hash_content(source.path, self._stopped.is_set)
        check_unchanged(source)
        return sha256


def check_unchanged(source: SourceFile) -> None:
    """Look whether a file is still the version that was seen. Blocks.

    Raises:
        ChangedMeanwhile: it is not.
        OSError: it is gone or can't be looked at.
    """
    if not is_version(source.path.lstat(), source):
        raise ChangedMeanwhile(
            f"{source.path} is being written again.", hint="It is taken when it has settled."
        )
