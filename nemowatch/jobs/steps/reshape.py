"""Step 1b: what is uploaded in the recording's place, where that is too large, too long or of another kind.

What it makes lies in the staging folder until the job ends. A list beside it says that all of it is there, so an
upload that is repeated after a restart finds it again, and one that does not has it made anew.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nemowatch.atomic import write_atomically
from nemowatch.jobs.errors import SourceTooLarge
from nemowatch.jobs.local_work import look, make
from nemowatch.jobs.results import Part, Reshaped
from nemowatch.media.cut import resolve_times, split, trim
from nemowatch.media.cut_errors import NothingLeft
from nemowatch.media.encode import compress, convert, estimate_bytes, needs_convert, suffix_for
from nemowatch.media.probe import probe
from nemowatch.outputs.names import safe_name
from nemowatch.outputs.room import require_room
from nemowatch.rules.match import ACCEPTED_TYPES
from nemowatch.units import format_bytes, format_count, format_duration

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nemowatch.jobs.run import JobRun
    from nemowatch.media.probe import MediaInfo
    from nemowatch.outputs.staging import Staging

_LIST_NAME = "parts.json"
_NOTES_BYTES = 512 * 1024 * 1024
"""The most that the encoder notes of a first run for a second one (media/attempts.py)."""

_HOPELESS_SHARE = 1.2
"""A stretch that is so much over the limit, by its share of the recording, is not cut out before it is compressed."""


@dataclass(frozen=True)
class _Wish:
    """What the upload is made from: the recording, what it holds, and the stretch of it that counts.

    Attributes:
        end: None for its own end.
    """

    source: Path
    info: MediaInfo
    start: float
    end: float | None

    @property
    def is_cut(self) -> bool:
        return self.start > 0 or self.end is not None

    @property
    def expected_bytes(self) -> int:
        """Of the stretch, if it were cut out as it is."""
        total = self.info.duration_seconds
        if not total or not self.is_cut:
            return self.info.size_bytes
        length = (total if self.end is None else self.end) - self.start
        return int(self.info.size_bytes * min(1.0, length / total))


async def reshape(run: JobRun) -> Reshaped:
    """Make what is uploaded, unless it is there already.

    Raises:
        SourceGone, SourceChanged: the recording is not, or did not stay, the one that was queued.
        SourceTooLarge: it is too large, and the rule says that such a one is refused.
        MediaError: it can't be cut or encoded.
        FolderUnusable: there is no room for it.
        Paused: a folder is away.
    """
    async with run.open_staging() as staging:
        folder = staging.scratch / "upload"
        kept = await run.in_thread(lambda: _read_list(staging, folder))
        if kept is not None:
            return kept
        source = await run.find_source()
        await run.in_thread(lambda: _make_anew(folder))
        paths, notes = await _make_parts(run, source, folder)
        # What was read while the recording was written again is not what was queued.
        await run.find_source()
        reshaped = await run.in_thread(lambda: _list_parts(staging, folder, paths, notes))
        for note in notes:
            await run.tell(note)
    return reshaped


async def find_parts(run: JobRun, staging: Staging) -> Sequence[Path]:
    """The files that go up in the recording's place, in order; none where it goes as it is. Raises as `reshape`."""
    reshaped = await reshape(run)
    return [staging.folder / part.name for part in reshaped.parts]


async def _make_parts(run: JobRun, source: Path, folder: Path) -> tuple[list[Path], tuple[str, ...]]:
    spec, limit = run.spec, run.settings.max_upload_bytes
    info = await look(run, probe, source, foreign=spec.convert)
    wish = _plan(run, source, info)
    if spec.convert and needs_convert(info):
        return await _convert(run, wish, folder)
    notes: list[str] = []
    path = source
    may_fit = wish.expected_bytes <= limit * _HOPELESS_SHARE or spec.oversize != "compress"
    if _has_foreign_name(source) or (wish.is_cut and may_fit):
        path = await _trim(run, wish, folder, notes)
    size_bytes = (await run.in_thread(path.stat)).st_size
    if size_bytes <= limit:
        return ([] if path == source else [path]), tuple(notes)
    if spec.oversize == "compress" or (spec.oversize == "split" and info.kind == "image"):
        return await _compress(run, wish, folder, path)
    if spec.oversize == "split":
        return await _split(run, path, folder, notes)
    raise too_large(path.name, size_bytes, limit)


def too_large(name: str, size_bytes: int, limit: int) -> SourceTooLarge:
    """The end of a recording that is over the limit, with the ways out."""
    return SourceTooLarge(
        f"{name} has {format_bytes(size_bytes)}; the service takes at most {format_bytes(limit)} a file.",
        hint="Set the rule's `oversize` to `compress` or `split`, or save a smaller export into the folder.",
    )


def _plan(run: JobRun, source: Path, info: MediaInfo) -> _Wish:
    cut = run.spec.trim
    if cut is None or info.duration_seconds is None:
        return _Wish(source, info, 0.0, None)
    try:
        start, end = resolve_times(cut.start, cut.end, info.duration_seconds)
    except NothingLeft as error:
        raise NothingLeft(f"{source.name} can't be trimmed. {error.message}", hint=error.hint) from error
    return _Wish(source, info, start, None if end >= info.duration_seconds else end)


async def _convert(run: JobRun, wish: _Wish, folder: Path) -> tuple[list[Path], tuple[str, ...]]:
    limit = run.settings.max_upload_bytes
    await run.in_thread(lambda: require_room(folder, estimate_bytes(wish.info, limit)))
    target = folder / safe_name(f"{wish.source.stem}{suffix_for(wish.info)}")
    done = await make(
        run,
        "converting",
        convert,
        wish.source,
        target,
        max_bytes=limit,
        start=wish.start,
        end=wish.end,
    )
    return [target], (f"Converted {wish.source.name} for the upload: {done.note}",)


async def _trim(run: JobRun, wish: _Wish, folder: Path, notes: list[str]) -> Path:
    await run.in_thread(lambda: require_room(folder, wish.expected_bytes))
    name = wish.source.name
    if _has_foreign_name(wish.source):
        name = f"{wish.source.stem}{suffix_for(wish.info)}"
    target = folder / safe_name(name)
    done = await make(run, "trimming", trim, wish.source, target, start=wish.start, end=wish.end)
    if wish.is_cut:
        stretch = f"{format_duration(done.duration_seconds)} from {format_duration(wish.start)}"
        notes.append(f"Trimmed {wish.source.name} to {stretch} ({done.how}).")
    else:
        notes.append(f"Packed {wish.source.name} anew as {done.path.name} ({done.how}).")
    return done.path


def _has_foreign_name(path: Path) -> bool:
    """Whether the service would refuse a file for its name alone: an `.m4v` may hold just what an `.mp4` does."""
    return path.suffix.lower() not in ACCEPTED_TYPES


async def _compress(
    run: JobRun, wish: _Wish, folder: Path, trimmed: Path
) -> tuple[list[Path], tuple[str, ...]]:
    """From the recording itself: what was trimmed already was not small enough, and goes."""
    limit = run.settings.max_upload_bytes
    if trimmed != wish.source:
        await run.in_thread(trimmed.unlink)
    await run.in_thread(lambda: require_room(folder, limit + _NOTES_BYTES))
    target = folder / safe_name(f"{wish.source.stem}{suffix_for(wish.info)}")
    done = await make(
        run, "compressing", compress, wish.source, target, max_bytes=limit, start=wish.start, end=wish.end
    )
    sizes = f"{format_bytes(wish.info.size_bytes)} to {format_bytes(done.size_bytes)}"
    return [target], (f"Compressed {wish.source.name} from {sizes}: {done.note}",)


async def _split(
    run: JobRun, path: Path, folder: Path, notes: list[str]
) -> tuple[list[Path], tuple[str, ...]]:
    limit = run.settings.max_upload_bytes
    await run.in_thread(lambda: require_room(folder, path.stat().st_size))
    parts = await make(run, "splitting", split, path, folder, stem=safe_name(path.stem), max_bytes=limit)
    if path.parent == folder:
        await run.in_thread(path.unlink)
    told = f"Split {path.name} into {format_count(len(parts), 'part')} of at most {format_bytes(limit)}."
    return [part.path for part in parts], (*notes, told)


def _make_anew(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)


def _read_list(staging: Staging, folder: Path) -> Reshaped | None:
    """What was made before, if it is all there."""
    try:
        facts = json.loads((folder / _LIST_NAME).read_bytes())
    except FileNotFoundError:
        return None
    parts = tuple(Part(part["name"], part["size_bytes"]) for part in facts["parts"])
    if all(_is_there(staging.folder / part.name, part.size_bytes) for part in parts):
        return Reshaped(parts, tuple(facts["notes"]))
    return None


def _is_there(path: Path, size_bytes: int) -> bool:
    try:
        return path.stat().st_size == size_bytes
    except FileNotFoundError:
        return False


def _list_parts(staging: Staging, folder: Path, paths: Sequence[Path], notes: tuple[str, ...]) -> Reshaped:
    """Write down what was made, and that all of it is there."""
    parts = tuple(Part(str(path.relative_to(staging.folder)), path.stat().st_size) for path in paths)
    reshaped = Reshaped(parts, notes)
    facts = {
        "parts": [{"name": part.name, "size_bytes": part.size_bytes} for part in reshaped.parts],
        "notes": list(reshaped.notes),
    }
    write_atomically(folder / _LIST_NAME, json.dumps(facts).encode())
    return reshaped
