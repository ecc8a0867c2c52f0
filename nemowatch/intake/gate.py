"""The gate that every file passes, at start-up too: a file of the folder, complete, and media by content.

A list of addresses (`*.urls`) holds no media; it passes when every line of it is one.

Called by intake for settled files, a few at a time. It reads; it never changes, moves or keeps open anything.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from nemowatch.intake.look import is_behind_link, read_version
from nemowatch.intake.records import Ready
from nemowatch.media.errors import IncompleteMedia, MediaError
from nemowatch.media.probe import probe
from nemowatch.media.sniff import sniff
from nemowatch.rules.address_list import NoAddressYet, WrongAddressList, is_address_list, read_addresses

if TYPE_CHECKING:
    from pathlib import Path

    from nemowatch.intake.records import FileVersion
    from nemowatch.media.probe import MediaInfo
    from nemowatch.rules.rule import Rule


@dataclass(frozen=True)
class NotYet:
    """The file may become ready without changing its size or time: look again."""

    reason: str


@dataclass(frozen=True)
class Refused:
    """This version of the file will never be ready."""

    reason: str


@dataclass(frozen=True)
class Changed:
    """Another version stands there than the one that had settled; None when no file of the folder does."""

    version: FileVersion | None


GateAnswer: TypeAlias = Ready | NotYet | Refused | Changed


async def check_file(version: FileVersion, rule: Rule, folder: Path) -> GateAnswer:
    """Check one settled file of a watch folder, in a thread: its first bytes and its container's index.

    A list of addresses is read whole; it is short.
    """
    return await asyncio.to_thread(_check, version, rule, folder)


def _check(version: FileVersion, rule: Rule, folder: Path) -> GateAnswer:
    try:
        # Sniffing and probing take a path, so what stands there is compared before and after.
        before = _read_inside(folder, version.path)
        if before != version:
            return Changed(before)
        media = _look_inside(version.path)
        after = _read_inside(folder, version.path)
        if after != version:
            return Changed(after)
    except FileNotFoundError:
        return Changed(None)
    except OSError as error:
        return NotYet(f"it can't be read: {error.strerror or error}")
    return media if isinstance(media, NotYet | Refused) else Ready(version, rule, folder, media)


def _read_inside(folder: Path, path: Path) -> FileVersion | None:
    return None if is_behind_link(folder, path.parent) else read_version(path)


def _look_inside(path: Path) -> MediaInfo | NotYet | Refused | None:
    try:
        if is_address_list(path):
            read_addresses(path)
            return None
        sniff(path)
        return probe(path)
    except (IncompleteMedia, NoAddressYet) as error:
        return NotYet(str(error))
    except (MediaError, WrongAddressList) as error:
        return Refused(str(error))
