"""A film compressed to fit under a limit, against `ffmpeg` with the same settings of the same encoder.

The peer is told everything that NemoWatch tells x264, the bit rate included, which x264 has noted in our film; and
x264's notes in both films must agree in all but the threads, or there is nothing to compare. NemoWatch encodes once,
and a second time where that missed the size; so the peer is one run of ffmpeg, or two where ours took two. What
people do who want a size, two runs of which the first one is hasty, is always shown. No film of ours may be larger
than its limit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.film_work import Cost, Ffmpeg, Worker, memory_row, seconds_row
from benchmarks.films import make_film
from benchmarks.rows import Row
from benchmarks.stage import BenchmarkBroke
from nemowatch.media.attempts import common_options
from nemowatch.media.bitrate import AIM_SHARE
from nemowatch.media.encode import compress
from nemowatch.media.probe import probe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TIME_BOUND = 1.3
DISTANCE_BOUND_PERCENT = 3.0

_TIMED_SHARE = 0.8
"""Of the film's size, as the shares below."""

_FULL = (30.0, (1920, 1080), 3, (0.6, 0.4, 0.2, 0.1))
_QUICK = (6.0, (320, 180), 1, (0.5,))
"""Seconds of film, size of the picture, repeats, and other shares; with the last ones the picture is made smaller."""

_NOTES = re.compile(rb"x264 - core .*? - options: ([^\0]*)")
_OF_THREADS = frozenset({"threads", "lookahead_threads", "sliced_threads", "slices"})
_OF_RATES = frozenset({"bitrate", "vbv_maxrate", "vbv_bufsize"})
_SAME_RATE_PERCENT = 1.0


@dataclass
class _Measured:
    """Costs in the order of the repeats, and how far sizes were off what was aimed at, in per cent.

    `same` are those of the runs that the settings of our film stand for: of `once`, or of `twice`.
    """

    ours: list[Cost] = field(default_factory=list)
    same: list[Cost] = field(default_factory=list)
    once: list[Cost] = field(default_factory=list)
    twice: list[Cost] = field(default_factory=list)
    off: list[float] = field(default_factory=list)
    off_once: list[float] = field(default_factory=list)
    off_twice: list[float] = field(default_factory=list)


def run(folder: Path, *, quick: bool) -> list[Row]:
    """Compress to one size again and again, ours and the peers in turn, then to others to see how near they come."""
    seconds, size, repeats, shares = _QUICK if quick else _FULL
    ffmpeg = Ffmpeg(quick=quick)
    film = make_film(folder / "film.mp4", seconds=seconds, size=size)
    fresh = film.stat().st_size
    measured = _Measured()
    with Worker(folder) as worker:
        worker.run(compress, worker.small, folder / "warm.mp4", max_bytes=worker.small.stat().st_size)
        for _ in range(repeats):
            _take_turns(worker, ffmpeg, film, int(fresh * _TIMED_SHARE), measured)
        further = [_compress(worker, film, int(fresh * share))[2] for share in shares]
    what = f"{seconds:g} s of {size[1]}p compressed to {_TIMED_SHARE:.0%} of its size"
    return [
        seconds_row(what, measured.ours, measured.same, TIME_BOUND, "peer: ffmpeg, same settings, same runs"),
        seconds_row("  against one run", measured.ours, measured.once),
        seconds_row(
            "  against two runs", measured.ours, measured.twice, remark="peer: ffmpeg -pass 1, -pass 2"
        ),
        memory_row("  peak memory", measured.ours, measured.same),
        _distance_row("  off the size aimed at", measured.off, _tell(measured)),
        _distance_row(
            f"  the same, compressed to {', '.join(f'{share:.0%}' for share in shares)}",
            further,
            "none is larger than its limit",
        ),
    ]


def _take_turns(worker: Worker, ffmpeg: Ffmpeg, film: Path, limit: int, measured: _Measured) -> None:
    ours, cost, off = _compress(worker, film, limit)
    measured.ours.append(cost)
    measured.off.append(off)
    if not ffmpeg.is_there:
        return
    written = _read_notes(ours)
    settings = ("-i", film, *_settings_of(film, written))
    log = ("-passlogfile", film.with_name("notes"))
    once, twice = film.with_name("once.mp4"), film.with_name("twice.mp4")
    sound = ("-c:a", "copy", "-movflags", "+faststart")
    measured.once += ffmpeg.run(*settings, *sound, once)
    measured.twice += ffmpeg.run_all(
        [
            (*settings, "-pass", "1", *log, "-an", "-f", "null", "-"),
            (*settings, "-pass", "2", *log, *sound, twice),
        ]
    )
    measured.off_once.append(_off(once, limit))
    measured.off_twice.append(_off(twice, limit))
    is_twice = written["rc"] == "2pass"
    _require_same(written, _read_notes(twice if is_twice else once))
    measured.same.append((measured.twice if is_twice else measured.once)[-1])


def _compress(worker: Worker, film: Path, limit: int) -> tuple[Path, Cost, float]:
    """Compress once.

    Raises:
        BenchmarkBroke: what came of it is over the limit.
    """
    target = film.with_name("ours.mp4")
    made, cost = worker.run(compress, film, target, max_bytes=limit)
    if max(made.size_bytes, target.stat().st_size) > limit:
        raise BenchmarkBroke(f"{target.stat().st_size:,} bytes are over the limit of {limit:,}")
    return target, cost, _off(target, limit)


def _off(film: Path, limit: int) -> float:
    return abs(film.stat().st_size / (limit * AIM_SHARE) - 1) * 100


def _settings_of(film: Path, written: dict[str, str]) -> Sequence[str | Path]:
    """The settings of our film, as ffmpeg's options."""
    info = probe(film)
    settings: list[str | Path] = ["-c:v", "libx264"]
    for name, value in common_options(float(info.fps or 0)).items():
        if name == "flags":
            continue  # how pictures' lengths are told to libx264; the program does that in its own way
        settings += [f"-{name}:v" if name != "preset" else "-preset", value]
    rates = {"-b:v": "bitrate", "-maxrate": "vbv_maxrate", "-bufsize": "vbv_bufsize"}
    for option, name in rates.items():
        settings += [option, f"{written[name]}k"]
    return settings


def _read_notes(film: Path) -> dict[str, str]:
    """What x264 has written into a film about its settings.

    Raises:
        BenchmarkBroke: nothing.
    """
    found = _NOTES.search(film.read_bytes())
    if found is None:
        raise BenchmarkBroke(f"{film.name} does not say how it was encoded")
    return dict(word.split("=", 1) for word in found[1].decode("ascii").split() if "=" in word)


def _require_same(ours: dict[str, str], peers: dict[str, str]) -> None:
    """Compare all but the threads, and the rates nearly: they are noted in thousands.

    Raises:
        BenchmarkBroke: they differ.
    """
    names = (ours.keys() | peers.keys()) - _OF_THREADS
    different = {name for name in names if ours.get(name) != peers.get(name)}
    for name in different & _OF_RATES:
        one, other = float(ours[name]), float(peers[name])
        if abs(one - other) <= max(1.0, one * _SAME_RATE_PERCENT / 100):
            different = different - {name}
    if different:
        raise BenchmarkBroke(f"not the same settings: {sorted(different)}; {ours}; {peers}")


def _tell(measured: _Measured) -> str:
    if not measured.off_once:
        return ""
    return f"ffmpeg: one run {max(measured.off_once):.2g} %, two {max(measured.off_twice):.2g} %"


def _distance_row(what: str, off: Sequence[float], remark: str) -> Row:
    return Row(what, "%", tuple(off), bound=DISTANCE_BOUND_PERCENT, judged="worst", remark=remark)
