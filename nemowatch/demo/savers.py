"""Saving files the way programs do: copied in slowly, renamed when whole, written by a recorder that stays open."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from nemowatch.errors import NemoWatchError
from nemowatch.jobs.identity import hash_content
from nemowatch.media.errors import NotMedia
from nemowatch.media.probe import probe
from nemowatch.rules.ignore import is_builtin_ignored
from nemowatch.rules.match import ACCEPTED_TYPES
from nemowatch.sandbox.recordings import make_recording

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence
    from pathlib import Path

_PIECES = 20


class SameRecording(NemoWatchError):
    """Two of the demo's files hold the same content."""

    exit_code = 2


@dataclass(frozen=True)
class Saver:
    """A file on its way into a watched folder.

    Attributes:
        rule: the rule that watches the folder.
        target: where the file ends up.
        manner: how it is saved, in words.
        save: does it; returns when the file is complete.
    """

    rule: str
    target: Path
    manner: str
    save: Callable[[], None]


def check_recordings(files: Sequence[Path]) -> None:
    """See that each recording is one that the rules take: the demo would wait in vain for a job that never comes.

    Raises:
        MediaError: one is no media, not complete, ignored for its name, or of a type that is not accepted.
        SameRecording: two hold the same content, which makes one job.
        OSError: one can't be read.
    """
    first: dict[str, Path] = {}
    for file in files:
        _check_recording(file)
        other = first.setdefault(hash_content(file), file)
        if other != file:
            raise SameRecording(
                f"{file} holds the same recording as {other}: the same content is one job.",
                hint="Leave one out.",
            )


def _check_recording(file: Path) -> None:
    ignored = is_builtin_ignored(PurePath(file.name))
    if ignored is not None:
        raise NotMedia(f"{file} would not be taken: {ignored}.", hint="Give it another name.")
    if file.suffix.lower() not in ACCEPTED_TYPES:
        raise NotMedia(
            f"{file} has a type that the service does not accept.",
            hint=f"It takes {' '.join(sorted(ACCEPTED_TYPES))}.",
        )
    probe(file)


def copy_slowly(source: Path, target: Path, *, seconds: float, stop: threading.Event) -> None:
    """Write a file piece by piece under its final name, as a copy over a slow network does."""
    size = source.stat().st_size
    piece_size = size // _PIECES + 1
    with source.open("rb") as reading, target.open("wb", buffering=0) as writing:
        while piece := reading.read(piece_size):
            writing.write(piece)
            if stop.wait(seconds / _PIECES):
                return


def rename_from_part(source: Path, target: Path) -> None:
    """Write a file under a `.part` name and rename it when it is whole, as a browser does."""
    part = target.with_name(target.name + ".part")
    shutil.copyfile(source, part)
    part.rename(target)


def record_live(
    target: Path, *, media_seconds: float, seconds: float, seed: int, stop: threading.Event
) -> None:
    """Write a recording as it is made, the file open all the while, as a recorder does; faster than real time."""

    def keep_pace(_media_second: float) -> None:
        stop.wait(seconds / media_seconds)

    make_recording(target, seconds=media_seconds, seed=seed, on_second=keep_pace)
