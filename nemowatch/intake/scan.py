"""The truth about a folder: one pass over it that finds every file that a rule takes.

Used by the watch folders at start, on a timer, and for folders that appear; runs in a thread. It asks the matchers
about names and stats only what they take. It never opens a file, follows a link, or leaves the folder or its disk.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nemowatch.errors import NemoWatchError
from nemowatch.intake.canary import CANARY_PREFIX
from nemowatch.intake.look import version_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from nemowatch.intake.records import FileVersion
    from nemowatch.rules.match import Matcher


class FolderOffline(NemoWatchError):
    """A watch folder is missing or can't be read: nothing is known of its files, so nothing is forgotten."""

    def __init__(self, folder: Path, cause: OSError) -> None:
        super().__init__(
            f"The folder {folder} is offline: {cause.strerror or cause}.",
            hint="It is looked for again every few seconds; its files are taken when it is back.",
        )
        self.folder = folder
        self.reason = f"{cause.strerror or cause}."


class ScannedFolder(NamedTuple):
    """A folder that a scan looked into; its inode as the listing above it gives it."""

    path: str
    inode: int


class FolderScan:
    """One pass over a watch folder; iterate over it once, for the files in no particular order.

    Args:
        folder: the watch folder; may itself be a link.
        matchers: of the rules that watch it.
        start: a folder below `folder`, to look only there; no link may lead to it.
        left_out: where something else is mounted; not entered.
        keeps_inodes: whether its file system does.

    What it noticed besides the files stands in its attributes, complete when the iteration is over:

    Attributes:
        unreadable: each subfolder or file that is there and can't be read; the scan went on.
        mount_points: those of `left_out` that the rules would have looked into.
        folders: every folder below the watch folder that was looked into.
        canaries: files that a stopped daemon left.
        count: how many files it gave.
    """

    def __init__(
        self,
        folder: Path,
        matchers: Sequence[Matcher],
        *,
        start: Path | None = None,
        left_out: Collection[Path] = (),
        keeps_inodes: bool = True,
    ) -> None:
        self.unreadable: dict[Path, OSError] = {}
        self.mount_points: list[Path] = []
        self.folders: list[ScannedFolder] = []
        self.canaries: list[str] = []
        self.count = 0
        self._folder = folder
        self._matchers = matchers
        self._start = start or folder
        self._left_out = frozenset(map(os.fspath, left_out))
        self._keeps_inodes = keeps_inodes

    def __iter__(self) -> Iterator[FileVersion]:
        """Find the files that at least one matcher takes.

        Raises:
            FolderOffline: the watch folder itself can't be read.
        """
        try:
            os.scandir(self._folder).close()
        except OSError as error:
            raise FolderOffline(self._folder, error) from error
        stack = [os.fspath(self._start)]
        while stack:
            place = stack.pop()
            try:
                entries = self._list_folder(place, stack)
            except OSError as error:
                self._miss(place, error)
                continue
            for entry in entries:
                version = self._look_at(entry)
                if version is not None:
                    self.count += 1
                    yield version

    def _miss(self, place: str, error: OSError) -> None:
        if place == os.fspath(self._folder):
            raise FolderOffline(self._folder, error) from error
        # Folders go away during a scan, as folders may.
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            self.unreadable[Path(place)] = error

    def _list_folder(self, place: str, stack: list[str]) -> list[os.DirEntry[str]]:
        """Put the folders in a folder on the stack; gives the files whose names may be taken."""
        checks = [check for matcher in self._matchers if (check := matcher.name_check(place)) is not None]
        may_be_taken = checks[0] if len(checks) == 1 else _any_of(checks)
        found: list[os.DirEntry[str]] = []
        with os.scandir(place) as listing:
            # Most names end in this loop, so nothing is made for them, not even a path.
            for entry in listing:
                if entry.is_dir(follow_symlinks=False):
                    self._meet_folder(entry, stack)
                elif may_be_taken(entry.name):
                    found.append(entry)
                elif entry.name.startswith(CANARY_PREFIX):
                    self.canaries.append(entry.path)
        return found

    def _meet_folder(self, entry: os.DirEntry[str], stack: list[str]) -> None:
        path = Path(entry.path)
        if not any(matcher.may_contain(path) for matcher in self._matchers):
            return
        if entry.path in self._left_out:
            self.mount_points.append(path)
        else:
            stack.append(entry.path)
            self.folders.append(ScannedFolder(entry.path, entry.inode()))

    def _look_at(self, entry: os.DirEntry[str]) -> FileVersion | None:
        path = Path(entry.path)
        try:
            if not (
                any(matcher.match(path).matches for matcher in self._matchers)
                and entry.is_file(follow_symlinks=False)
            ):
                return None
            return version_of(path, entry.stat(follow_symlinks=False), keeps_inodes=self._keeps_inodes)
        except FileNotFoundError:
            return None
        except OSError as error:
            self.unreadable[path] = error
            return None


def _any_of(checks: Sequence[Callable[[str], object]]) -> Callable[[str], object]:
    return lambda name: any(check(name) for check in checks)
