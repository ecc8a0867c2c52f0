"""The gate that every file passes, at start-up too: a file of the folder, complete, and media by content.

A list of addresses (`*.urls`) holds no media; it passes when every line of it is one.

Called by intake for settled files, a few at a time. It reads; it never changes, moves or keeps open anything,
and opens nothing but regular files whose content lies on this disk.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from nemowatch.intake.filesystems import file_system_of
from nemowatch.intake.lease import is_open_for_writing
from nemowatch.intake.look import is_behind_link, is_behind_mount, read_version
from nemowatch.intake.placeholder import is_online_only, may_be_online_only
from nemowatch.intake.records import Ready
from nemowatch.media.errors import IncompleteMedia, MediaCrashed, MediaError, MediaStalled
from nemowatch.rules.address_list import NoAddressYet, WrongAddressList, is_address_list, read_addresses
from nemowatch.rules.condition import describe_when, find_unmet, find_unmet_size

if TYPE_CHECKING:
    from pathlib import Path

    from nemowatch.intake.asking import Asking
    from nemowatch.intake.records import FileVersion
    from nemowatch.media.probe import MediaInfo
    from nemowatch.rules.rule import Rule

_ELSEWHERE = (
    "its content is not on this disk (an online-only file of a cloud service, or space that is only reserved); "
    "make it available offline"
)
_PROGRESS_ENDINGS = (".aria2", "-lftp-pget-status", ".st")
"""What aria2, lftp and axel add to the name under which they download, for the file that keeps how far they are."""
_STILL_WRITTEN = "another program still has it open for writing"


@dataclass(frozen=True)
class NotYet:
    """The file may become ready without changing its size or time: look again."""

    reason: str


@dataclass(frozen=True)
class Refused:
    """This version of the file will never be ready.

    Attributes:
        reason: in words.
        condition: the rule's own condition (`when`) that it does not meet; empty where it is the file that is wrong.
    """

    reason: str
    condition: str = ""


@dataclass(frozen=True)
class Changed:
    """Another version stands there than the one that had settled; None when no file of the folder does."""

    version: FileVersion | None


GateAnswer: TypeAlias = Ready | NotYet | Refused | Changed


class Prober(Protocol):
    """Looks into files, in other processes: `media/probing.py`, `Probes`."""

    async def probe(self, path: Path, *, size: int, mtime_ns: int, inode: int, foreign: bool) -> MediaInfo:
        """What this version of a file holds."""
        ...

    def warm(self) -> None:
        """One will be looked into soon."""
        ...


class Gate:
    """Checks settled files of the watch folders, one each call; several calls may run side by side.

    Args:
        prober: reads what strangers may have put into a film, in processes of its own.
        asking: asks the disk, in threads.
    """

    def __init__(self, prober: Prober, asking: Asking) -> None:
        self._prober = prober
        self._asking = asking

    async def check(self, version: FileVersion, rule: Rule, folder: Path) -> GateAnswer:
        """Check one file of a watch folder: where it stands, its first bytes and its container's index.

        Raises:
            FolderOffline: the folder hangs.
        """
        try:
            # What is looked into is opened by its path, so what stands there is compared before and after: what was
            # read while the file was exchanged or written says nothing about this version.
            hindrance = await self._look_around(version, folder)
            if hindrance is not None:
                return hindrance
            verdict = await _look_inside(version, rule, folder, self._prober)
            return await self._look_around(version, folder) or verdict
        except FileNotFoundError:
            return Changed(None)
        except OSError as error:
            return NotYet(f"it can't be read: {error.strerror or error}")

    async def _look_around(self, version: FileVersion, folder: Path) -> Changed | NotYet | None:
        self._asking.check(folder)
        return await self._asking.ask(
            lambda: _find_change(version, folder) or _find_hindrance(version.path), lambda: folder
        )


def _find_change(version: FileVersion, folder: Path) -> Changed | None:
    path = version.path
    found = None
    if not is_behind_link(folder, path.parent) and not is_behind_mount(folder, path):
        found = read_version(path, keeps_inodes=version.inode != 0)
    return None if found == version else Changed(found)


def _find_hindrance(path: Path) -> NotYet | None:
    """Why a file must not be looked into now. The first questions are asked before the file is opened at all."""
    status = path.lstat()
    if may_be_online_only(status) and is_online_only(status, file_system_of(path)):
        return NotYet(_ELSEWHERE)
    for ending in _PROGRESS_ENDINGS:
        if os.path.lexists(f"{path}{ending}"):
            return NotYet(f"its download is not finished: {path.name}{ending} is still there")
    # Where nobody can tell whether it is open, its quiet time and its content alone decide.
    return NotYet(_STILL_WRITTEN) if is_open_for_writing(path) else None


async def _look_inside(version: FileVersion, rule: Rule, folder: Path, prober: Prober) -> GateAnswer:
    unmet = find_unmet_size(rule.when, version.size)
    if unmet:
        return Refused(unmet, describe_when(rule.when))
    try:
        ready = Ready(version, rule, folder, await _read_content(version, rule, prober))
    except (IncompleteMedia, MediaStalled, NoAddressYet) as error:
        return NotYet(str(error))
    except MediaCrashed as error:
        return NotYet(str(error)) if error.is_doubtful else Refused(str(error))
    except (MediaError, WrongAddressList) as error:
        return Refused(str(error))
    unmet = _find_unmet(ready)
    return Refused(unmet, describe_when(rule.when)) if unmet else ready


async def _read_content(version: FileVersion, rule: Rule, prober: Prober) -> MediaInfo | None:
    if is_address_list(version.path):
        await asyncio.to_thread(read_addresses, version.path)  # it is short, and read whole
        return None
    return await prober.probe(
        version.path,
        size=version.size,
        mtime_ns=version.mtime_ns,
        inode=version.inode,
        foreign=rule.convert,
    )


def _find_unmet(ready: Ready) -> str:
    media = ready.media
    return find_unmet(
        ready.rule.when,
        duration_seconds=ready.duration_seconds,
        size_bytes=ready.version.size,
        shown_width=None if media is None else media.shown_width,
        shown_height=None if media is None else media.shown_height,
        video_streams=None if media is None else media.video_streams,
        audio_streams=None if media is None else media.audio_streams,
        subtitle_streams=None if media is None else media.subtitle_streams,
    )
