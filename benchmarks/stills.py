"""Stills of a film, one every 5 seconds, against what people type into `ffmpeg` for them.

The bound is held against ffmpeg decoding the whole film and writing nothing, which is the least that any way of
making stills costs that does not seek. Each of our stills is looked into: the number of its picture must be that of
the moment in its name. How far key frames lie apart decides what a seek saves, so there are two films.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.film_work import Cost, Ffmpeg, Worker, memory_row, seconds_row
from benchmarks.films import FPS, make_film, read_numbers
from benchmarks.stage import BenchmarkBroke
from nemowatch.media.stills import make_stills, still_times

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.rows import Row

TIME_BOUND = 0.5

_FULL = (120.0, (1920, 1080), 3)
_QUICK = (6.0, (320, 180), 1)
_EVERY_SECONDS = 5.0
_KEYFRAME_SECONDS = (2.0, 10.0)


@dataclass
class _Measured:
    """Costs of one film, in the order of the repeats."""

    png: list[Cost] = field(default_factory=list)
    jpg: list[Cost] = field(default_factory=list)
    decoding: list[Cost] = field(default_factory=list)
    filtering: list[Cost] = field(default_factory=list)
    seeking: list[Cost] = field(default_factory=list)
    filter_is_off: float = 0.0


def run(folder: Path, *, quick: bool) -> list[Row]:
    """Make stills of both films, ours and the peers in turn."""
    seconds, size, repeats = _QUICK if quick else _FULL
    ffmpeg = Ffmpeg(quick=quick)
    rows: list[Row] = []
    with Worker(folder) as worker:
        for form in ("png", "jpg"):
            worker.run(make_stills, worker.small, folder, (0.0,), stem="first", form=form)
        for apart in _KEYFRAME_SECONDS:
            film = make_film(folder / "film.mp4", seconds=seconds, size=size, keyframe_seconds=apart)
            measured = _measure(worker, ffmpeg, film, seconds, repeats)
            what = f"a still every 5 s of {seconds:g} s of {size[1]}p, key frames {apart:g} s apart"
            rows += _rows(what, measured, is_bound=apart == _KEYFRAME_SECONDS[0])
    return rows


def _measure(worker: Worker, ffmpeg: Ffmpeg, film: Path, seconds: float, repeats: int) -> _Measured:
    measured = _Measured()
    times = still_times(seconds, every=_EVERY_SECONDS, at=())
    for number in range(repeats):
        folder = film.parent / f"stills-{film.stat().st_mtime_ns}-{number}"
        folder.mkdir()
        measured.decoding += ffmpeg.run("-i", film, "-map", "0:v:0", "-f", "null", "-")
        measured.png.append(_make_ours(worker, film, folder, times, "png"))
        measured.jpg.append(_make_ours(worker, film, folder, times, "jpg"))
        filtered = ffmpeg.run("-i", film, "-vf", f"fps=1/{_EVERY_SECONDS:g}", folder / "filtered-%04d.png")
        measured.filtering += filtered
        if filtered:
            measured.filter_is_off = _find_worst(sorted(folder.glob("filtered-*.png")), times)
        measured.seeking += ffmpeg.run_all(
            [
                ("-ss", f"{moment:g}", "-i", film, "-frames:v", "1", folder / f"sought-{at:04}.png")
                for at, moment in enumerate(times)
            ]
        )
    return measured


def _make_ours(worker: Worker, film: Path, folder: Path, times: tuple[float, ...], form: str) -> Cost:
    """Make them all and look into each.

    Raises:
        BenchmarkBroke: one is missing, or shows another moment than it should.
    """
    stills, cost = worker.run(make_stills, film, folder, times, stem="film", form=form)
    if tuple(still.seconds for still in stills) != times:
        raise BenchmarkBroke(f"stills are missing: {stills}")
    paths = [folder / still.name for still in stills]
    worst = _find_worst(paths, times)
    if worst:
        raise BenchmarkBroke(f"a still is {worst:g} s off: {paths[0].parent}")
    return cost


def _find_worst(stills: Sequence[Path], times: Sequence[float]) -> float:
    """How far, in seconds, a still is at most from the picture that is shown at its time."""
    worst = 0.0
    for path, moment in zip(stills, times, strict=False):
        [(_, number)] = read_numbers(path)
        worst = max(worst, abs(number - int(moment * FPS + 1e-6)) / FPS)
    return worst


def _rows(what: str, measured: _Measured, *, is_bound: bool) -> list[Row]:
    bound = TIME_BOUND if is_bound else None
    off = f"; its stills are up to {measured.filter_is_off:g} s off" if measured.filter_is_off else ""
    decoding = measured.decoding
    return [
        seconds_row(f"{what}: PNG", measured.png, decoding, bound, "peer: ffmpeg, decoding it all to null"),
        seconds_row("  JPEG", measured.jpg, decoding, bound, "the same peer"),
        seconds_row(
            "  PNG, against a filter",
            measured.png,
            measured.filtering,
            remark=f"peer: ffmpeg -vf fps=1/5{off}",
        ),
        seconds_row(
            "  PNG, against seeks", measured.png, measured.seeking, remark="peer: ffmpeg -ss, once per still"
        ),
        memory_row("  peak memory of making these stills", measured.png, decoding),
    ]
