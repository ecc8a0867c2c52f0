"""Clips cut out of a film, exact to the picture, against `ffmpeg` runs that do the same.

The peer seeks, decodes and encodes each clip anew, at the quality at which NemoWatch encodes what it does not copy:
this is the only way in which the program cuts at any picture. Each of our clips is looked into: the numbers in its
first and last pictures must be those of the stretch that was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.film_work import Cost, Ffmpeg, Worker, memory_row, seconds_row
from benchmarks.films import FPS, make_film, read_numbers
from benchmarks.stage import BenchmarkBroke
from nemowatch.media.cut import Clip, cut_clips

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.rows import Row

_FULL = (60.0, (1920, 1080), 100, 3)
_QUICK = (6.0, (320, 180), 4, 1)
_SAME_QUALITY = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "17", "-c:a", "aac")
_OFF_KEY = 0.28
"""No clip begins at a key frame, which lie at whole seconds: 7 pictures later."""


@dataclass
class _Measured:
    """Costs of one kind of clips, in the order of the repeats."""

    ours: list[Cost] = field(default_factory=list)
    ffmpeg: list[Cost] = field(default_factory=list)


def run(folder: Path, *, quick: bool) -> list[Row]:
    """Cut one long clip, then many short ones, ours and the peer's in turn."""
    seconds, size, many, repeats = _QUICK if quick else _FULL
    ffmpeg = Ffmpeg(quick=quick)
    film = make_film(folder / "film.mp4", seconds=seconds, size=size)
    step = seconds / (many + 1)
    length = _to_pictures(step)
    single = [(seconds / 6 + _OFF_KEY, seconds / 3 + _OFF_KEY)]
    short = [
        (start, start + length)
        for start in (_to_pictures(step * number) + _OFF_KEY for number in range(many))
    ]
    with Worker(folder) as worker:
        worker.run(cut_clips, worker.small, (Clip(0.3, 0.7, folder / "first-clip.mp4"),))
        one = _measure(worker, ffmpeg, film, single, repeats)
        # A hundred are a median of a kind by themselves, and take minutes.
        all_of_them = _measure(worker, ffmpeg, film, short, 1)
    peer = "peer: ffmpeg -ss -t, encoding at the same quality"
    of = f"out of {seconds:g} s of {size[1]}p"
    return [
        seconds_row(f"a clip of {seconds / 6:g} s {of}", one.ours, one.ffmpeg, remark=peer),
        memory_row("  peak memory", one.ours, one.ffmpeg),
        seconds_row(
            f"{many} clips of {length:g} s {of}",
            all_of_them.ours,
            all_of_them.ffmpeg,
            remark=f"{peer}, once per clip",
        ),
        memory_row("  peak memory", all_of_them.ours, all_of_them.ffmpeg),
    ]


def _to_pictures(seconds: float) -> float:
    return int(seconds * FPS) / FPS


def _measure(
    worker: Worker, ffmpeg: Ffmpeg, film: Path, stretches: list[tuple[float, float]], repeats: int
) -> _Measured:
    measured = _Measured()
    for number in range(repeats):
        folder = film.parent / f"{len(stretches)}-clips-{number}"
        folder.mkdir()
        clips = tuple(
            Clip(start, end, folder / f"ours-{at:03}.mp4") for at, (start, end) in enumerate(stretches)
        )
        parts, cost = worker.run(cut_clips, film, clips)
        measured.ours.append(cost)
        for clip, part in zip(clips, parts, strict=True):
            _check(clip, part.path)
        commands = [
            ("-ss", f"{clip.start:.3f}", "-i", film, "-t", f"{clip.end - clip.start:.3f}", *_SAME_QUALITY)
            for clip in clips
        ]
        measured.ffmpeg += ffmpeg.run_all(
            [(*command, folder / f"peers-{at:03}.mp4") for at, command in enumerate(commands)]
        )
    return measured


def _check(clip: Clip, written: Path) -> None:
    """Look at every picture.

    Raises:
        BenchmarkBroke: one is missing, doubled or of another moment.
    """
    first, stop = round(clip.start * FPS), round(clip.end * FPS)
    numbers = [number for _, number in read_numbers(written)]
    if numbers != list(range(first, stop)):
        raise BenchmarkBroke(
            f"{written}: pictures {first} to {stop - 1} were asked for, and it has {numbers}"
        )
