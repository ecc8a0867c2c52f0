"""Looks into files through the workers, once for each version of a file, whoever asks and however often.

Asked by intake's gate, for each rule that a file matches. It keeps what it found; it never opens a file itself.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakValueDictionary

from nemowatch.media.errors import BrokenMedia, NotMedia
from nemowatch.media.probe import probe

if TYPE_CHECKING:
    from pathlib import Path

    from nemowatch.media.probe import MediaInfo
    from nemowatch.media.workers import Workers

_MOST_KEPT = 4096


class _Key(NamedTuple):
    path: Path
    size: int
    mtime_ns: int
    inode: int
    foreign: bool


class Probes:
    """What was found in which version of a file; the latest few thousand are kept.

    Args:
        workers: look into the files.
    """

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._found: OrderedDict[_Key, MediaInfo | NotMedia | BrokenMedia] = OrderedDict()
        self._asking: WeakValueDictionary[_Key, asyncio.Lock] = WeakValueDictionary()

    def warm(self) -> None:
        """A file will have to be looked into soon."""
        self._workers.warm()

    async def probe(
        self, path: Path, *, size: int, mtime_ns: int, inode: int, foreign: bool = False
    ) -> MediaInfo:
        """What a version of a file holds. Whether it still is that version is for the caller to see, afterwards.

        Args:
            path: of the file.
            size: bytes; with the other two it tells one version from another.
            mtime_ns: when it was last written.
            inode: 0 where the file system keeps none.
            foreign: also recognise what can be decoded though the service does not take it.

        Raises:
            NotMedia, BrokenMedia: it is not what it should be; for this version that stays so.
            IncompleteMedia, MediaCrashed, MediaStalled: another look may tell more.
            OSError: the file can't be read, or no process be started.
        """
        key = _Key(path, size, mtime_ns, inode, foreign)
        # Who comes second waits for the first, and asks itself if that one gave up or learnt nothing that lasts.
        async with self._asking.setdefault(key, asyncio.Lock()):
            found = self._found.get(key)
            if found is None:
                found = await self._ask(key)
                self._found[key] = found
                while len(self._found) > _MOST_KEPT:
                    self._found.popitem(last=False)
            self._found.move_to_end(key)
        if isinstance(found, NotMedia | BrokenMedia):
            raise type(found)(found.message, hint=found.hint)
        return found

    async def _ask(self, key: _Key) -> MediaInfo | NotMedia | BrokenMedia:
        try:
            return await self._workers.run(probe, key.path, foreign=key.foreign)
        except (NotMedia, BrokenMedia) as error:
            return error
