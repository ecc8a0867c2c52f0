"""Takes one recording away, as its rule's `after` says, where nothing speaks against it.

Used by the aftercare, in threads: everything here blocks. Nothing is touched before the outputs stand, whole, in
their place, and no other job needs the recording; and nothing but the very content that the job was made of. What is
about to be done is kept before, so that it may be cut off at any instant and taken up again.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nemowatch.jobs.absence import PLACE_MARKER, why_place_is_away
from nemowatch.jobs.after_book import TAKEN_AWAY
from nemowatch.jobs.hashing import ChangedMeanwhile
from nemowatch.jobs.markers import AFTER_MARKER
from nemowatch.jobs.records import JobRecord, JobState, SourceFile
from nemowatch.jobs.relocation import (
    Move,
    choose_target,
    look_at,
    move_file,
    trash_file,
)
from nemowatch.jobs.source import is_version
from nemowatch.outputs.errors import FolderUnusable, ManifestBroken
from nemowatch.outputs.manifest import read_manifest
from nemowatch.rules.prompt_file import prompt_file_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from nemowatch.jobs.after_book import AfterBook
    from nemowatch.jobs.run import Workshop


class Waits(Exception):
    """Not yet; the reason is told once, and is empty where it is only a matter of time.

    Attributes:
        rests: looking again soon would be work for nothing.
    """

    def __init__(self, reason: str = "", *, rests: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.rests = rests


class Stays(Exception):
    """The recording is left alone for good; the reason is a sentence."""


class Done(NamedTuple):
    """What was done, in a sentence, and where the recording lies now, if anywhere."""

    text: str
    place: SourceFile | None = None


class TakingAway:
    """Finds recordings, sees that nobody needs them, and takes them away.

    Args:
        workshop: what all jobs share.
        book: how it stands with the recordings.
        is_stopped: asked while much is read or copied; it is given up then.
    """

    def __init__(self, workshop: Workshop, book: AfterBook, is_stopped: Callable[[], bool]) -> None:
        self._workshop = workshop
        self._store = workshop.store
        self._markers = workshop.markers
        self._clock = workshop.clock
        self._book = book
        self._is_stopped = is_stopped

    def find(self, record: JobRecord) -> SourceFile | None:
        """The recording as it lies now; None where it was taken away already, and only that is not written.

        Raises:
            Waits, Stays: it can't be told, or it is somewhere else.
        """
        spec, plan = record.spec, self._plan_of(record)
        before = spec.source.path if plan is None else Path(plan["from"])
        try:
            found = look_at(before) or self._find_renamed(record)
        except OSError as error:
            raise Waits(f"{before}: {error.strerror or error}.", rests=True) from error
        if found is not None:
            # Where inodes mean nothing, they mean nothing on the way either.
            return found if spec.source.inode else replace(found, inode=0)
        if spec.folder is not None and self._workshop.offline_reason(spec.folder):
            raise Waits
        if plan is None and not self._is_taken_by_another(record):
            raise Stays(f"The recording is no longer at {before}.")
        return None

    def _find_renamed(self, record: JobRecord) -> SourceFile | None:
        """The very file under another name in its watch folder."""
        spec = record.spec
        if spec.folder is None or not spec.source.inode:
            return None
        for place in self._store.places_of(spec.job_id):
            found = look_at(place) if place.is_relative_to(spec.folder) else None
            if found is not None and replace(found, path=spec.source.path) == spec.source:
                return found
        return None

    def _is_taken_by_another(self, record: JobRecord) -> bool:
        return any(
            other.spec.sha256 == record.spec.sha256 and self._book.read(other.spec.job_id) == TAKEN_AWAY
            for other in self._book.list_on(record.spec.source.path)
        )

    def take_away(self, record: JobRecord, recording: SourceFile | None, rules: Iterable[str]) -> Done:
        """Do what the rule says, where nothing speaks against it.

        Raises:
            Waits, Stays, ReadingStopped: something does, or it did not work.
        """
        try:
            if recording is None:
                return self._finish_cut_off(record)
            self._check_outputs(record)
            self._check_version(record, recording)
            self._check_others(record, recording, rules)
            folder = record.spec.after_folder
            return self._trash(record, recording) if folder is None else self._move(record, recording, folder)
        except Stays:
            self._tidy(record)
            raise
        except ChangedMeanwhile as error:
            # The next look finds what it has become.
            raise Waits(rests=True) from error
        except OSError as error:
            where = error.filename or record.spec.after_folder or record.spec.source.path
            raise Waits(f"{where}: {error.strerror or error}. It is tried again.", rests=True) from error

    def _check_outputs(self, record: JobRecord) -> None:
        """See that the outputs stand where they were published, each with its size."""
        spec = record.spec
        # The book's path is text; where a folder's name is no valid UTF-8, the job's own knows it better.
        name = spec.output_folder.name if record.output_folder is None else record.output_folder.name
        folder = spec.output_folder.with_name(name)
        try:
            is_whole = _is_whole(folder, record)
        except FolderUnusable as error:
            raise Waits(error.message, rests=True) from error
        if is_whole:
            return
        place = self._markers.read(spec.job_id, PLACE_MARKER)
        reason = why_place_is_away(spec, place, self._workshop.offline_reason)
        if reason:
            raise Waits(reason, rests=True)
        raise Stays(f"The recording stays: its outputs no longer stand, whole, in {folder}.")

    def _check_version(self, record: JobRecord, recording: SourceFile) -> None:
        """See that the file is what the job was made of: by its size, time and inode, else by its content."""
        same_version = replace(recording, path=record.spec.source.path) == record.spec.source
        if not same_version and self._workshop.contents.sha256_of(recording.path) != record.spec.sha256:
            raise Stays(f"{recording.path} stays: it was written again after its job.")

    def _check_others(self, record: JobRecord, recording: SourceFile, rules: Iterable[str]) -> None:
        """See that no other job needs the recording, and that every rule that takes it has had it."""
        latest: dict[str, JobRecord] = {}
        for other in self._book.list_on(recording.path):
            if other.spec.sha256 != record.spec.sha256:
                continue
            if not other.state.is_final:
                raise Waits
            if other.spec.base is None:
                latest[other.spec.rule] = other
        for other in latest.values():
            if other.state is JobState.FAILED:
                name = other.spec.job_id[:8]
                reason = f"job {name}, which needs it too, failed: `nemowatch jobs retry {name}`."
                raise Waits(reason, rests=True)
        facts, looks = recording.path.lstat(), self._book.looks_at(recording.path)
        for rule in set(rules) - {record.spec.rule}:
            if rule not in looks or not is_version(facts, looks[rule]):
                raise Waits  # the intake or the desk still has it in hand

    def _move(self, record: JobRecord, recording: SourceFile, folder: Path) -> Done:
        spec = record.spec
        plan = self._plan_of(record)
        target = Path(plan["to"]) if plan is not None and plan["from"] == str(recording.path) else None
        while True:
            if target is None:
                target = choose_target(folder, recording.path.name)
                self._keep_plan(record, recording, target)
            move = Move.of(recording, target, spec.job_id)
            try:
                move_file(move, sha256=spec.sha256, is_stopped=self._is_stopped)
            except FileExistsError:
                target = None
                continue
            return self._arrive(record, recording.path, target)

    def _trash(self, record: JobRecord, recording: SourceFile) -> Done:
        self._keep_plan(record, recording, None)
        try:
            trash_file(recording.path)
        except OSError as error:
            raise Stays(f"{recording.path} stays: there is no trash for it. {_describe(error)}") from error
        return self._follow_into_trash(recording.path)

    def _finish_cut_off(self, record: JobRecord) -> Done:
        """Write what was done before a crash could be written."""
        plan = self._plan_of(record)
        if plan is None:
            return Done("The recording was taken away together with that of another job.")
        before, target = Path(plan["from"]), Path(plan["to"])
        if not plan["to"]:
            return self._follow_into_trash(before)
        if look_at(target) is None:
            raise Stays(f"The recording is neither at {before} nor at {target} any more.")
        return self._arrive(record, before, target)

    def _arrive(self, record: JobRecord, before: Path, target: Path) -> Done:
        """The recording lies at its target: its prompts follow."""
        text = f"The recording was moved to {target}."
        prompts = look_at(prompt_file_of(before))
        if prompts is not None:
            move = Move.of(prompts, prompt_file_of(target), record.spec.job_id)
            try:
                move_file(move, sha256=None, is_stopped=self._is_stopped)
            except (OSError, ChangedMeanwhile) as error:
                text += f" Its prompts stay at {prompts.path}: {_describe(error)}"
        return Done(text, look_at(target))

    @staticmethod
    def _follow_into_trash(before: Path) -> Done:
        text = "The recording was put into the trash."
        prompts = prompt_file_of(before)
        if look_at(prompts) is not None:
            try:
                trash_file(prompts)
            except OSError as error:
                text += f" Its prompts stay at {prompts}: {_describe(error)}"
        return Done(text)

    def _tidy(self, record: JobRecord) -> None:
        """Remove what a copy that was cut off has left."""
        plan = self._plan_of(record)
        if plan is not None and plan["to"]:
            recording = replace(record.spec.source, path=Path(plan["from"]))
            with suppress(OSError):  # it is hidden, and in nobody's way
                Move.of(recording, Path(plan["to"]), record.spec.job_id).aside.unlink()

    def _plan_of(self, record: JobRecord) -> dict[str, str] | None:
        return self._markers.read(record.spec.job_id, AFTER_MARKER)

    def _keep_plan(self, record: JobRecord, recording: SourceFile, target: Path | None) -> None:
        """Keep for good what is about to be done; no target stands for the trash."""
        job_id = record.spec.job_id
        facts = {"from": str(recording.path), "to": "" if target is None else str(target)}
        self._markers.drop(job_id, AFTER_MARKER)
        self._markers.set(job_id, AFTER_MARKER, facts, now=self._clock.now())


def _is_whole(folder: Path, record: JobRecord) -> bool:
    try:
        manifest = read_manifest(folder)
    except ManifestBroken:
        return False
    if (manifest.job_id, manifest.attempt) != (record.spec.job_id, record.attempt):
        return False
    for output in manifest.outputs:
        there = look_at(folder / output.path)
        if there is None or there.size_bytes != output.size_bytes:
            return False
    return True


def _describe(error: OSError | ChangedMeanwhile) -> str:
    if isinstance(error, ChangedMeanwhile):
        return error.message
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror or error}."
