"""The truth about a folder: one pass over it that finds every file that a rule takes.

Called by intake at start, on a timer, and for folders that appear; runs in a thread. It asks the matchers
about paths and stats only what they take. It never opens a file, follows a link or leaves the folder.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from nemowatch.errors import NemoWatchError
from nemowatch.intake.records import FileVersion
from nemowatch.rules.match import INPUT_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nemowatch.rules.match import Matcher


class FolderOffline(NemoWatchError):
    """A watch folder is missing or can't be read: nothing is known of its files, so nothing is forgotten."""

    def __init__(self, folder: Path, cause: OSError) -> None:
        super().__init__(
            f"The folder {folder} is offline: {cause.strerror or cause}.",
            hint="It is looked for again at every scan; its files are taken when it is back.",
        )
        self.folder = folder


def scan_folder(
    folder: Path,
    matchers: Sequence[Matcher],
    on_unreadable: Callable[[Path, OSError], None],
    start: Path | None = None,
) -> Iterator[FileVersion]:
    """Find the files that at least one matcher takes, in no particular order.

    Args:
        folder: the watch folder; may itself be a link.
        matchers: of the rules that watch it.
        on_unreadable: told of each subfolder or file that is there and can't be read; the scan goes on.
        start: a folder below `folder`, to look only there; no link may lead to it.

    Raises:
        FolderOffline: the watch folder itself can't be read.
    """
    try:
        os.scandir(folder).close()
    except OSError as error:
        raise FolderOffline(folder, error) from error
    stack = [os.fspath(start or folder)]
    while stack:
        place = stack.pop()
        try:
            yield from _list_folder(place, matchers, stack, on_unreadable)
        except (FileNotFoundError, NotADirectoryError):
            continue  # it went away during the scan, as folders may
        except OSError as error:
            on_unreadable(Path(place), error)


def _list_folder(
    place: str,
    matchers: Sequence[Matcher],
    stack: list[str],
    on_unreadable: Callable[[Path, OSError], None],
) -> Iterator[FileVersion]:
    with os.scandir(place) as listing:
        for entry in listing:
            name = entry.name
            # Most names in most folders end here: a Path for each would make the scan three times as slow.
            may_be_taken = name[name.rfind(".") :].lower() in INPUT_TYPES
            if may_be_taken and entry.is_file(follow_symlinks=False):
                path = Path(entry.path)
                if any(matcher.match(path).matches for matcher in matchers):
                    version = _stat_entry(entry, path, on_unreadable)
                    if version is not None:
                        yield version
            elif entry.is_dir(follow_symlinks=False):
                path = Path(entry.path)
                if any(matcher.may_contain(path) for matcher in matchers):
                    stack.append(entry.path)


def _stat_entry(
    entry: os.DirEntry[str], path: Path, on_unreadable: Callable[[Path, OSError], None]
) -> FileVersion | None:
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    except OSError as error:
        on_unreadable(path, error)
        return None
    return FileVersion(path, status.st_size, status.st_mtime_ns, status.st_ino)
