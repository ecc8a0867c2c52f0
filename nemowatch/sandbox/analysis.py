"""Choosing the best parts of a recording from what can be measured: loudness, movement, scene changes, pauses.

Called by the service when a prompt asks for highlights, key moments or the best clips. It understands nothing of
what is said; it finds where a recording is loud and lively, and begins and ends clips where scenes change or
nobody speaks. The same file gives the same clips.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nemowatch.sandbox.measuring import Analysis, Range, analyse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["Analysis", "Highlight", "analyse", "choose_highlights", "find_highlights"]

_LONGEST_SECONDS = 60.0  # of a clip, where the prompt does not say: what short-video sites take
_LOUDNESS_SHARE = 0.7  # of the interest, where there are both sound and picture
_BORDER_BONUS = 0.04  # for a clip that begins, or ends, where something else begins or ends
_LENGTH_BONUS = 0.08  # for the longest clip against the shortest: a loud instant alone is no clip
_LEAST_STEP_SECONDS = 0.2
_GRID_STEPS = 4  # clip borders to try within the shortest length, where no scene or pause offers one
_SLACK = 1e-6


@dataclass(frozen=True)
class Highlight:
    """A part worth showing, in seconds of the file. `score` is 0 to 100, higher is better."""

    start: float
    end: float
    score: float
    reason: str


def find_highlights(
    path: Path, count: int, *, min_seconds: float | None = None, max_seconds: float | None = None
) -> list[Highlight]:
    """Measure a file and choose from it: `analyse` and `choose_highlights` in one. Blocking."""
    return choose_highlights(analyse(path), count, min_seconds=min_seconds, max_seconds=max_seconds)


def choose_highlights(
    analysis: Analysis, count: int, *, min_seconds: float | None = None, max_seconds: float | None = None
) -> list[Highlight]:
    """Choose the best parts.

    Args:
        analysis: of the file.
        count: how many; fewer come back only where so many can't fit.
        min_seconds: the shortest allowed; by default the limits follow from the file's length and the count.
        max_seconds: the longest allowed; a minute by default. Shortened where `count` would not fit otherwise,
            unless `min_seconds` is given.

    Returns:
        Best first, never overlapping; none of a file that plays for no time.
    """
    if count < 1 or analysis.duration <= 0:
        return []
    limits = _plan_limits(analysis.duration, count, min_seconds, max_seconds)
    critic = _Critic(analysis, limits)
    chosen: list[_Candidate] = []
    for candidate in sorted(_list_candidates(critic), key=lambda each: (-each.score, each.start)):
        if len(chosen) == count:
            break
        if all(_are_apart(candidate, other) for other in chosen):
            chosen.append(candidate)
    while len(chosen) < count and (gap := _find_widest_gap(chosen, critic)) is not None:
        chosen.append(gap)
    chosen.sort(key=lambda each: (-each.score, each.start))
    return [critic.describe(candidate) for candidate in chosen]


@dataclass(frozen=True)
class _Limits:
    shortest: float
    longest: float


@dataclass(frozen=True)
class _Candidate:
    start: float
    end: float
    score: float


class _Critic:
    """Scores stretches of one file and says why."""

    def __init__(self, analysis: Analysis, limits: _Limits) -> None:
        self.analysis = analysis
        self.limits = limits
        self._loudness = np.array(analysis.loudness)
        self._motion = np.array(analysis.motion)
        interest = _combine(self._loudness, self._motion, round(analysis.duration / analysis.window_seconds))
        self._sums = np.concatenate([[0.0], np.cumsum(interest)])
        self.starts = sorted({0.0, *analysis.scene_changes, *(end for _, end in analysis.pauses)})
        self.ends = sorted(
            {analysis.duration, *analysis.scene_changes, *(start for start, _ in analysis.pauses)}
        )

    def judge(self, start: float, end: float) -> _Candidate:
        """The score of one stretch, 0 to 1 and sometimes a little more."""
        first, last = self._to_windows(start, end)
        interest = float(self._sums[last] - self._sums[first]) / (last - first)
        bonus = _BORDER_BONUS * ((start in self.starts) + (end in self.ends))
        length = _LENGTH_BONUS * (end - start) / self.limits.longest
        return _Candidate(start, end, interest * 0.84 + bonus + length)

    def describe(self, candidate: _Candidate) -> Highlight:
        """The stretch as a highlight, with its reasons in words."""
        first, last = self._to_windows(candidate.start, candidate.end)
        reasons = [
            *_describe_sound(self._loudness[first:last]),
            *(["much movement"] if _mean(self._motion[first:last]) > 0.55 else []),
            *self._describe_borders(candidate),
        ]
        score = round(100 * min(max(candidate.score, 0.0), 1.0), 1)
        words = ", ".join(reasons) or "an even passage"
        return Highlight(round(candidate.start, 3), round(candidate.end, 3), score, words)

    def _describe_borders(self, candidate: _Candidate) -> list[str]:
        changes = self.analysis.scene_changes
        inside = sum(candidate.start + _SLACK < change < candidate.end - _SLACK for change in changes)
        begins = ["starts with a new scene"] if candidate.start in changes else []
        if not begins and candidate.start > 0 and candidate.start in self.starts:
            begins = ["starts after a pause"]
        return begins + ([f"{inside} scene change{'s' if inside > 1 else ''}"] if inside else [])

    def _to_windows(self, start: float, end: float) -> tuple[int, int]:
        most = len(self._sums) - 1
        first = min(round(start / self.analysis.window_seconds), most - 1)
        return first, min(max(round(end / self.analysis.window_seconds), first + 1), most)


def _plan_limits(
    duration: float, count: int, min_seconds: float | None, max_seconds: float | None
) -> _Limits:
    # Shortest and longest are 1 to 2, and the shortest a third of each clip's share: then the gaps that are left
    # between clips, each too short for one more, can't add up to a clip that is missing.
    share = min(duration / (3 * count), _LONGEST_SECONDS / 2)
    if min_seconds is None:
        longest = min(2 * share, max_seconds or _LONGEST_SECONDS)
        return _Limits(min(share, longest), longest)
    shortest = min(min_seconds, duration)
    return _Limits(shortest, min(max(max_seconds or 2 * shortest, shortest), duration))


def _combine(loudness: NDArray[np.float64], motion: NDArray[np.float64], windows: int) -> NDArray[np.float64]:
    parts = [
        (levels, share)
        for levels, share in ((loudness, _LOUDNESS_SHARE), (motion, 1 - _LOUDNESS_SHARE))
        if levels.size
    ]
    if not parts:
        return np.full(max(1, windows), 0.5)
    total = sum(share for _, share in parts)
    combined = np.zeros(len(parts[0][0]))
    for levels, share in parts:
        combined += levels * share / total
    return combined


def _list_candidates(critic: _Critic) -> list[_Candidate]:
    """Every stretch between two borders that is neither too short nor too long."""
    limits, duration = critic.limits, critic.analysis.duration
    step = max(limits.shortest / _GRID_STEPS, _LEAST_STEP_SECONDS)
    grid = [step * index for index in range(int(duration / step))]
    starts = sorted({*critic.starts, *grid})
    ends = sorted({*critic.ends, *grid})
    found = []
    for start in starts:
        first = bisect_left(ends, start + limits.shortest - _SLACK)
        last = bisect_left(ends, start + limits.longest + _SLACK)
        found += [critic.judge(start, end) for end in ends[first:last]]
    return found


def _find_widest_gap(chosen: Sequence[_Candidate], critic: _Critic) -> _Candidate | None:
    borders: list[Range] = sorted((candidate.start, candidate.end) for candidate in chosen)
    begins = [0.0, *(end for _, end in borders)]
    ends = [*(start for start, _ in borders), critic.analysis.duration]
    start, end = max(zip(begins, ends, strict=True), key=lambda gap: (gap[1] - gap[0], -gap[0]))
    if end - start < critic.limits.shortest - _SLACK or end <= start:
        return None
    return critic.judge(start, min(end, start + critic.limits.longest))


def _are_apart(one: _Candidate, other: _Candidate) -> bool:
    return one.end <= other.start + _SLACK or other.end <= one.start + _SLACK


def _describe_sound(levels: NDArray[np.float64]) -> list[str]:
    if not levels.size:
        return []
    mean, spread = float(levels.mean()), float(levels.std())
    words = ["loud"] if mean > 0.6 else ["quiet"] if mean < 0.3 else []
    return words + (["lively"] if spread > 0.22 else [])


def _mean(levels: NDArray[np.float64]) -> float:
    return float(levels.mean()) if levels.size else 0.0
