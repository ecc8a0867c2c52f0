"""Output folders that appear at once and whole: built aside on the same file system, synced, renamed.

Called by the job runner. A staging folder is hidden and carries its job's id, so a job finds its own again after a
crash, and nobody takes it for an output. It exists until its content is published or discarded; nothing that stands
under a visible name is ever changed from here.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nemowatch.atomic import sync_file, sync_folder
from nemowatch.outputs.errors import FolderUnusable, ManifestBroken
from nemowatch.outputs.job_log import LOG_NAME
from nemowatch.outputs.manifest import MANIFEST_NAME, read_owner
from nemowatch.outputs.names import clip_bytes

if TYPE_CHECKING:
    from pathlib import Path

_LONGEST_NAME_BYTES = 255
_SCRATCH_NAME = ".work"
# The two that a job writes again when its last step runs a second time; anything else is a result.
_RETOLD = frozenset({MANIFEST_NAME, LOG_NAME})


@dataclass(frozen=True)
class Staging:
    """Where a job builds its outputs.

    Attributes:
        final: the output folder as the rule names it; the published one may be called `… (2)`.
        job_id, attempt: whose outputs they are; the manifest must carry the same.
        folder: where files are put until they are published.
    """

    final: Path
    job_id: str
    attempt: int
    folder: Path

    @property
    def scratch(self) -> Path:
        """For what is needed on the way only, such as what is uploaded; it goes when the outputs are published."""
        return self.folder / _SCRATCH_NAME

    @classmethod
    def open(cls, final: Path, job_id: str, attempt: int = 1) -> Staging:
        """Make the staging folder, or find it again; the same attempt of a job gets the same one every time.

        Raises:
            FolderUnusable: it can't be made.
        """
        folder = staging_folder(final, job_id, attempt)
        try:
            make_folder(folder)
        except OSError as error:
            raise FolderUnusable.because(error, final.parent) from error
        return cls(final, job_id, attempt, folder)

    def published(self) -> Path | None:
        """Where this job's outputs stand, if they are published and no new ones were put into the staging folder.

        A last step that runs again after a crash must ask this first: the files are then no longer in `folder`.

        Raises:
            FolderUnusable: the folders can't be looked at.
        """
        try:
            return None if self._holds_results() else self._find_published()
        except OSError as error:
            raise FolderUnusable.because(error, self.final) from error

    def publish(self) -> Path:
        """Make the outputs appear, all at once, and return their folder; nothing is ever overwritten.

        The folder must hold the job's manifest. Interrupted at any moment, it leaves either no output folder or the
        whole one, and may be called again: a folder that was published already is found and returned.

        Raises:
            FolderUnusable: the disk is full, read-only or gone; nothing is lost.
            ManifestBroken: there is no manifest of this job in the staging folder.
        """
        try:
            published = self.published()
            if published is None:
                self._check_manifest()
                _remove_scraps(self.folder)
                _sync_tree(self.folder)
                published = self._rename()
            else:
                self.discard()
            # After a crash the rename may stand in memory only, so this is done for a folder that was found, too.
            sync_folder(published.parent)
        except OSError as error:
            raise FolderUnusable.because(error, self.final) from error
        return published

    def discard(self) -> None:
        """Remove the staging folder and what is in it."""
        # What can't be removed stays hidden and in nobody's way; a job's end must not depend on it.
        shutil.rmtree(self.folder, ignore_errors=True)

    def _check_manifest(self) -> None:
        # Without it, a folder could not be found again after a crash, and would be published twice.
        owner, attempt = read_owner(self.folder)
        if (owner, attempt) != (self.job_id, self.attempt):
            raise ManifestBroken(
                f"The manifest in {self.folder} is of attempt {attempt} of the job {owner}, not of attempt "
                f"{self.attempt} of {self.job_id}."
            )

    def _holds_results(self) -> bool:
        if not self.folder.is_dir():
            return False
        with os.scandir(self.folder) as entries:
            return any(entry.name not in _RETOLD and not _is_scrap(entry.name) for entry in entries)

    def _find_published(self) -> Path | None:
        """The newest folder of this name, numbered or not, whose manifest is this job's.

        The user may have removed some of the numbers, so all entries are looked at.
        """
        ours = re.compile(re.escape(self.final.name) + r"(?: \((\d+)\))?")
        with os.scandir(self.final.parent) as entries:
            matches = [found for entry in entries if (found := ours.fullmatch(entry.name))]
        matches.sort(key=lambda found: int(found[1] or 1), reverse=True)
        for found in matches:
            candidate = self.final.with_name(found[0])
            try:
                if read_owner(candidate) == (self.job_id, self.attempt):
                    return candidate
            except ManifestBroken:
                continue  # a folder of the user's, or of another program: not this job's
        return None

    def _rename(self) -> Path:
        """Give the folder its name, or the first number that is free.

        A plain rename does it on every file system; the calls that never replace (`renameat2`, `renamex_np`) fail on
        NFS and several others. Between the look and the rename another job may take the name: its folder
        holds at least a manifest, and a folder is never renamed onto one that holds anything.
        """
        for number in itertools.count(1):
            name = self.final.name if number == 1 else f"{self.final.name} ({number})"
            candidate = self.final.with_name(name)
            if os.path.lexists(candidate):
                continue
            try:
                self.folder.rename(candidate)
            except OSError:
                if os.path.lexists(candidate):
                    continue
                raise
            return candidate
        raise AssertionError("there is always a next number")


def staging_folder(final: Path, job_id: str, attempt: int) -> Path:
    """Where an attempt of a job builds what is to be published as `final`; it exists until then."""
    mark = f".{job_id}.partial" if attempt == 1 else f".{job_id}.{attempt}.partial"
    name = clip_bytes(final.name, _LONGEST_NAME_BYTES - len(f".{mark}".encode()))
    return final.parent / f".{name}{mark}"


def remove_leftovers(final: Path, job_id: str, *, attempts: int) -> int:
    """Remove the staging folders of a job that has ended; gives how many there were. Outputs are not touched.

    Args:
        final: its output folder as the rule names it.
        job_id: the job.
        attempts: how often it was begun.
    """
    removed = 0
    for attempt in range(1, attempts + 1):
        folder = staging_folder(final, job_id, attempt)
        if folder.is_dir() and not folder.is_symlink():
            # What can't be removed stays hidden and in nobody's way.
            shutil.rmtree(folder, ignore_errors=True)
            removed += not folder.exists()
    return removed


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, each one synced into its parent, so that none is lost in a power cut."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def _is_scrap(name: str) -> bool:
    """True for what a killed write or download left: its whole file has another name, or never came."""
    return name == _SCRATCH_NAME or name.endswith(".part") or (name.startswith(".") and name.endswith(".tmp"))


def _remove_scraps(folder: Path) -> None:
    shutil.rmtree(folder / _SCRATCH_NAME, ignore_errors=True)
    for path in [path for path in folder.rglob("*") if _is_scrap(path.name) and path.is_file()]:
        path.unlink()


def _sync_tree(folder: Path) -> None:
    """Force everything below a folder, then the folder itself, to the disk."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                _sync_tree(folder / entry.name)
            else:
                sync_file(folder / entry.name)
    sync_folder(folder)
