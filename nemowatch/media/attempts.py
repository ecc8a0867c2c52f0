"""Encoding a film to a size: once, and once more where the first try missed.

Called by `encode.py`. The first run spreads its bits as it goes, and comes within 3 % of the aim where there is time
to make up for what was hard to tell. It takes notes of what each picture costs; where it misses, a second run shares
the bits out by those notes.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from nemowatch.media.bitrate import CannotFit, Shape, plan_budget
from nemowatch.media.encode_film import Orders, Outcome, OverLimit, encode_film
from nemowatch.media.probe import measure_packets, read_packets
from nemowatch.media.survey import open_for_decoding
from nemowatch.units import format_bytes

if TYPE_CHECKING:
    from nemowatch.media.bitrate import Budget
    from nemowatch.media.encode_lines import Span
    from nemowatch.media.progress import Report
    from nemowatch.media.survey import Survey

PRESET = "faster"
KEY_SECONDS = 5.0
_FINEST = 14
"""The quantiser below which nobody sees a difference (x264's scale): easy films end smaller instead."""

_TRIES = 5
_MOST_RUNS_BY_NOTES = 2
_NEAR = 0.025
_PEAK_SHARE, _BUFFER_SECONDS = 3.0, 8.0
_CAUTION = 0.985
_FEWEST_COPIED_BITS = 16_000
_COPY_SLACK = 1.3
_MOST_BITS = 2_000_000_000
_MOST_NOTES_BYTES = 512 * 1024 * 1024
_NOTE_BYTES_PER_BLOCK = 2  # of 16 x 16 pixels, in each picture that others refer to: about every second one
_RUNS_BEGIN_AT = (
    0.0,
    0.95,
    0.99,
    0.995,
    0.998,
)  # of the progress, where each run begins: most films need one


@dataclass(frozen=True)
class Done:
    """What came of it."""

    outcome: Outcome
    size: tuple[int, int]
    is_sound_copied: bool
    channels: int


def compress_film(
    survey: Survey, target: Path, span: Span, seconds: float, max_bytes: int, report: Report
) -> Done:
    """Write a film that is never larger than a limit. `seconds` is how long the span is supposed to be.

    Raises:
        CannotFit: it can't be made so small.
        MediaError, OSError: as `encode_film`.
    """
    with tempfile.TemporaryDirectory(prefix=".notes-", suffix=".part", dir=target.parent) as folder:
        work = _Work(survey, target, span, max_bytes, Path(folder) / "notes")
        work.plan(seconds)
        for number in range(_TRIES):
            done = work.attempt(_tell(report, number))
            if done is not None:
                report(1.0)
                return done
    raise CannotFit(f"{survey.path.name} could not be made to fit under {format_bytes(max_bytes)}.")


def shape_of(survey: Survey, seconds: float) -> Shape:
    """What there is to share bits out to."""
    picture, sound = survey.picture, survey.sound
    return Shape(
        seconds=seconds,
        width=picture.shown_width if picture is not None else 0,
        height=picture.shown_height if picture is not None else 0,
        fps=picture.fps if picture is not None else 0.0,
        known_bits=picture.known_bits if picture is not None else None,
        channels=sound.channels if sound is not None else 0,
    )


def can_copy_sound(survey: Survey, bits: int, channels: int) -> bool:
    """Whether the sound is good and small enough as it is, for a film that has so many bits for it."""
    sound = survey.sound
    if sound is None or not sound.is_plain_aac or survey.picture is None or sound.channels != channels:
        return False
    return _FEWEST_COPIED_BITS <= sound.bits <= bits * _COPY_SLACK


class _Work:
    """The tries for one film. What one teaches, the next one uses."""

    def __init__(self, survey: Survey, target: Path, span: Span, max_bytes: int, notes: Path) -> None:
        self._survey, self._target, self._span = survey, target, span
        self._max_bytes, self._notes = max_bytes, notes
        self._has_notes = False
        self._runs_by_notes = 0
        self._seconds = 0.0
        self._bits = 0
        self._sound_bits = 0
        self._budget: Budget
        self._is_copied = False

    def plan(self, seconds: float) -> None:
        """Share out the bits for a film of such a length."""
        self._seconds = seconds
        budget = plan_budget(shape_of(self._survey, seconds), self._max_bytes, self._survey.path.name)
        self._is_copied = can_copy_sound(self._survey, budget.sound_bits, budget.channels)
        if self._is_copied and self._survey.sound is not None:
            surplus = budget.sound_bits - self._survey.sound.bits
            budget = replace(budget, picture_bits=budget.picture_bits + surplus)
        self._budget, self._bits, self._sound_bits = budget, budget.picture_bits, budget.sound_bits

    def attempt(self, report: Report) -> Done | None:
        """Encode once; None where the result was not good enough, and is gone."""
        # By the notes it comes near at once, but for very short films.
        self._runs_by_notes += self._has_notes
        try:
            outcome = encode_film(self._survey, self._target, self._orders(), report)
        except OverLimit as over:
            self._learn_length(over.seconds)
            return None
        if self._is_good(outcome, is_last=self._runs_by_notes >= _MOST_RUNS_BY_NOTES):
            size = (self._budget.width, self._budget.height)
            return Done(outcome, size, self._is_copied, self._budget.channels)
        self._target.unlink()
        self._learn_size(outcome)
        return None

    def _orders(self) -> Orders:
        budget = self._budget
        return Orders(
            span=self._span,
            seconds=self._seconds,
            size=(budget.width, budget.height),
            picture_options=self._picture_options(),
            sound_bits=0 if self._is_copied else self._sound_bits,
            channels=budget.channels,
            max_bytes=self._max_bytes,
        )

    def _picture_options(self) -> dict[str, str]:
        picture = self._survey.picture
        if picture is None:
            return {}
        options = common_options(picture.fps) | {
            "b": count_bits(self._bits),
            "maxrate": count_bits(self._bits * _PEAK_SHARE),
            "bufsize": count_bits(self._bits * _BUFFER_SECONDS),
        }
        if self._has_notes:
            return options | {"flags": "+pass2", "stats": str(self._notes)}
        if self._notes_bytes() <= _MOST_NOTES_BYTES:
            # Without libx264's haste in first runs: this one is to be kept.
            return options | {
                "flags": "+pass1",
                "stats": str(self._notes),
                "fastfirstpass": "0",
            }
        return options

    def _notes_bytes(self) -> float:
        picture = self._survey.picture
        fps = picture.fps if picture is not None else 0.0
        blocks = self._budget.width * self._budget.height / 256
        return self._seconds * fps / 2 * blocks * _NOTE_BYTES_PER_BLOCK

    def _is_good(self, outcome: Outcome, *, is_last: bool) -> bool:
        aim = self._budget.aim_bytes
        if outcome.size_bytes > self._max_bytes:
            return False
        if self._survey.picture is None:
            return True
        if outcome.size_bytes >= aim * (1 - _NEAR):
            return outcome.size_bytes <= aim * (1 + _NEAR) or is_last
        if outcome.seconds < self._seconds * (1 - _NEAR):
            return is_last  # shorter than it said: there is more for each second
        return is_last or not self._notes.exists() or is_easy(self._notes)

    def _learn_length(self, reached: float) -> None:
        """It became too large on the way: it plays for longer than it says, or is harder than it looked."""
        longer = self._measure() if reached >= self._seconds * _CAUTION else None
        if longer is not None and longer > self._seconds:
            self.plan(longer)
            return
        share = min(_CAUTION, reached / self._seconds)
        self._lower(max(share, 0.5))

    def _learn_size(self, outcome: Outcome) -> None:
        aim, size = self._budget.aim_bytes, outcome.size_bytes
        if self._survey.picture is None:
            self._lower(aim / size * _CAUTION)
            return
        was_second, self._has_notes = self._has_notes, self._notes.exists()
        if outcome.seconds < self._seconds * (1 - _NEAR):
            self._seconds = outcome.seconds
        rest = size - outcome.picture_bytes
        wanted = (aim - rest) * 8 / max(outcome.seconds, 0.1)
        if was_second or not self._has_notes:
            wanted = self._bits * (aim - rest) / max(outcome.picture_bytes, 1)
        self._bits = max(int(wanted), 1_000)

    def _lower(self, share: float) -> None:
        self._has_notes = False
        self._bits = int(self._bits * share)
        if self._survey.picture is None:
            self._sound_bits = int(self._sound_bits * share)

    def _measure(self) -> float | None:
        with open_for_decoding(self._survey.path, self._survey.found) as (container, _, _):
            whole = measure_packets(read_packets(container))
        if whole is None:
            return None
        return whole - float(self._span.begin - self._survey.origin)


def common_options(fps: float) -> dict[str, str]:
    """What libx264 is told in any case."""
    return {
        "preset": PRESET,
        "profile": "high",
        "qmin": str(_FINEST),
        "g": str(max(1, round(fps * KEY_SECONDS))),
    }


def count_bits(bits: float) -> str:
    """Bits, or bits a second, as an option of the encoder's, which counts them in 32 bits."""
    return str(int(min(bits, _MOST_BITS)))


def is_easy(notes: Path) -> bool:
    """Whether most pictures were as fine as they get, so that more bits would change nothing."""
    fine = total = 0
    with notes.open(encoding="ascii", errors="replace") as lines:
        for line in lines:
            _, mark, rest = line.partition(" q:")
            if mark:
                total += 1
                fine += float(rest.split(" ", 1)[0]) <= _FINEST + 1
    return total > 0 and fine * 2 > total


def _tell(report: Report, number: int) -> Report:
    begin, end = (*_RUNS_BEGIN_AT, 1.0)[number : number + 2]
    return lambda share: report(begin + (end - begin) * min(share, 1.0))
