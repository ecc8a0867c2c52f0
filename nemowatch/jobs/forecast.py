"""How long a job will still take, by what its steps took in earlier jobs: the arithmetic alone.

Used by `pace.py`, which keeps in the database what is learnt from. Says nothing rather than something wild: an
estimate reaches no further than to recordings of about the size or length of those that it was learnt from. No clock,
no I/O here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from nemowatch.jobs.plan import needs_reshaping, plan_actions, prompts_of
from nemowatch.nemo.intents import Intent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nemowatch.jobs.plan import Action
    from nemowatch.jobs.records import JobSpec

LEARNT_FROM = 20
"""So many of the latest steps of a kind are what an estimate is learnt from."""

_OWN_ENOUGH = 3
"""From so many on, the jobs of its own rule are what a job is measured by; before, those of all rules."""

_FADING = 0.85
"""What a step counts, beside the one that came after it."""

_REACH = 10.0
"""A recording that is so many times smaller or larger is another matter."""

_ENOUGH_TO_COMPARE = 5
_CLEARLY_BETTER = 0.75
"""By what a step's time is told is changed from the usual only where that errs so much less, on so many steps."""

_SHARE_TO_GO_BY = 0.05
_SECONDS_TO_GO_BY = 2.0
"""A share that has grown by less, or for less, tells nothing of what is left."""

_GRACE_SECONDS = 10.0
"""For so long, on top of twice its time, a step that ought to be over is still taken to be about to end."""

_LATER_SESSION = re.compile(r"-session\d+$")


class _Measure(Enum):
    """What the time of a step is in proportion to."""

    NOTHING = "nothing"
    SIZE = "bytes"
    LENGTH = "media seconds"


_USUAL_MEASURE = {
    "reshape": _Measure.LENGTH,
    "upload": _Measure.SIZE,
    "clips": _Measure.LENGTH,
    "frames": _Measure.LENGTH,
    "overview": _Measure.LENGTH,
}
_EVEN = frozenset({"prepare", "connect", "ask", "deliver"})
"""Kinds that hardly take longer for a larger recording."""

_SMALL = _EVEN | {"overview"}
"""Kinds that take next to nothing beside the others, and are left out while nothing is known of them."""

_IN_PIECES = frozenset({"collect"})
"""Kinds whose share is that of one file among several."""


@dataclass(frozen=True)
class Took:
    """How long a step took, of a recording of this size and length, in a job of this rule."""

    rule: str
    kind: str
    seconds: float
    size_bytes: int
    duration_seconds: float | None


@dataclass(frozen=True)
class Present:
    """The step at which a job is, and how far it has come; moments are seconds since the epoch.

    Attributes:
        step: its name, such as `edit-2`.
        began_at: when it began, or went on after a pause.
        share_from, share_from_at: from where and when on its share has grown without a break; None without one.
        share, share_at: what it told last, 0.0 to 1.0, and when; None where it tells none.
    """

    step: str
    began_at: float
    share_from: float | None = None
    share_from_at: float | None = None
    share: float | None = None
    share_at: float | None = None


def kind_of(step: str) -> str:
    """The kind of a step, which it shares with its like: `edit` of `edit-2-session2`."""
    return step.partition("-")[0]


def steps_from(spec: JobSpec, step: str, max_upload_bytes: int) -> tuple[str, ...]:
    """The kinds of a step and of all that come after it; none where the job has no such step."""
    step = "deliver" if kind_of(step) == "deliver" else _LATER_SESSION.sub("", step)
    # Whether a refinement can go on in its old session is known when it is at a step that only one of the ways has.
    for is_continued in (True, False) if spec.base is not None else (False,):
        steps = _list_steps(spec, max_upload_bytes, is_continued=is_continued)
        if step in steps:
            return tuple(kind_of(each) for each in steps[steps.index(step) :])
    return ()


def forecast(
    spec: JobSpec, present: Present, kinds: Sequence[str], took: Sequence[Took], now: float
) -> float | None:
    """The seconds until a job ends, never negative; None where too little is known to tell.

    Args:
        spec: the job.
        present: its present step.
        kinds: of that step and of those to come, as `steps_from` gives them.
        took: what steps of these kinds took, the latest first.
        now: seconds since the epoch.
    """
    if not kinds:
        return None
    expected = [expect(spec, kind, took) for kind in kinds]
    left = _rest_of(present, expected[0], now)
    to_come = expected[1:]
    if left is None or None in to_come:
        return None
    return left + sum(each for each in to_come if each is not None)


def expect(spec: JobSpec, kind: str, took: Sequence[Took]) -> float | None:
    """What a step of this kind takes for a job; None where nothing like it has been seen."""
    alike = [each for each in took if each.kind == kind and (kind in _EVEN or _is_comparable(spec, each))]
    own = [each for each in alike if each.rule == spec.rule]
    chosen = (own if len(own) >= _OWN_ENOUGH else alike)[:LEARNT_FROM]
    if not chosen:
        return 0.0 if kind in _SMALL else None
    measure = _choose_measure(spec, kind, chosen)
    size, length = spec.source.size_bytes, spec.duration_seconds
    return _predict(chosen, measure, _amount(measure, size, length) or 1.0)


def _list_steps(spec: JobSpec, max_upload_bytes: int, *, is_continued: bool) -> list[str]:
    """The steps of a job in the order of `passage.py`, as if it lost no session."""
    is_reshaped = needs_reshaping(spec, max_upload_bytes) and not is_continued
    reshape = ["reshape"] if is_reshaped else []
    opening = ["prepare", *reshape, "connect"] if spec.base is None else ["prepare", "connect", *reshape]
    upload = [] if is_continued else ["upload"]
    actions = plan_actions(prompts_of(spec, is_continued=is_continued), spec.deliver)
    work = [step for action in actions for step in _steps_of(action)]
    made = [kind for kind in ("clips", "frames") if kind in spec.deliver]
    overview = ["overview"] if spec.has_overview else []
    return [*opening, *upload, *work, "collect", *made, *overview, "deliver"]


def _steps_of(action: Action) -> tuple[str, ...]:
    if action.intent is Intent.EXPORT:
        return (f"export-{action.number}", f"download-{action.number}")
    if action.intent is Intent.PROMPT:
        return (f"edit-{action.number}",)
    return (f"ask-{action.intent.value}-{action.number}",)


def _rest_of(present: Present, expected: float | None, now: float) -> float | None:
    """What is left of the present step; None where that can't be told, or where it is long overdue."""
    share, share_at = present.share, present.share_at
    if share is None or share_at is None or kind_of(present.step) in _IN_PIECES:
        whole, since = expected, now - present.began_at
    else:
        whole, since = _whole_by_share(present, share, share_at, expected), now - share_at
        whole = None if whole is None else (1.0 - share) * whole
    since = max(0.0, since)  # a clock that was set back
    if whole is None or since > 2 * whole + _GRACE_SECONDS:
        return None
    return max(0.0, whole - since)


def _whole_by_share(present: Present, share: float, share_at: float, expected: float | None) -> float | None:
    """What the whole step takes: as was expected, and the more is seen of it, the more as that tells."""
    grown = share - (share if present.share_from is None else present.share_from)
    seconds = share_at - (share_at if present.share_from_at is None else present.share_from_at)
    if grown < _SHARE_TO_GO_BY or seconds < _SECONDS_TO_GO_BY:
        return expected
    seen = seconds / grown
    return seen if expected is None else (1.0 - grown) * expected + grown * seen


def _is_comparable(spec: JobSpec, took: Took) -> bool:
    """Whether a recording is about as large or as long as the other; yes where that is not known."""
    measure = _USUAL_MEASURE.get(took.kind, _Measure.LENGTH)
    ours = _amount(measure, spec.source.size_bytes, spec.duration_seconds)
    theirs = _amount(measure, took.size_bytes, took.duration_seconds)
    return ours is None or theirs is None or _is_near(ours, theirs)


def _choose_measure(spec: JobSpec, kind: str, took: Sequence[Took]) -> _Measure:
    """The usual one of the kind, unless another would have told these times clearly better."""
    possible = [measure for measure in _Measure if _is_usable(measure, spec, took)]
    usual = _USUAL_MEASURE.get(kind, _Measure.NOTHING)
    if usual not in possible:
        usual = _Measure.NOTHING
    if len(took) < _ENOUGH_TO_COMPARE or kind in _EVEN:
        return usual
    errors = {measure: _error_of(measure, took) for measure in possible}
    best = min(possible, key=lambda measure: errors[measure])
    return best if errors[best] < _CLEARLY_BETTER * errors[usual] else usual


def _is_usable(measure: _Measure, spec: JobSpec, took: Sequence[Took]) -> bool:
    """Whether every amount is known, and none is so unlike the job's own that nothing follows from it."""
    ours = _amount(measure, spec.source.size_bytes, spec.duration_seconds)
    amounts = [_amount(measure, each.size_bytes, each.duration_seconds) for each in took]
    return ours is not None and all(theirs is not None and _is_near(ours, theirs) for theirs in amounts)


def _is_near(ours: float, theirs: float) -> bool:
    return 1 / _REACH <= ours / theirs <= _REACH


def _amount(measure: _Measure, size_bytes: int, duration_seconds: float | None) -> float | None:
    """How much there is to do, in the measure's own unit; None where that is not known."""
    if measure is _Measure.NOTHING:
        return 1.0
    amount = float(size_bytes) if measure is _Measure.SIZE else duration_seconds
    return amount if amount is not None and amount > 0 else None


def _error_of(measure: _Measure, took: Sequence[Took]) -> float:
    """By how many seconds each step would have been mistaken, all in all, by what the others took."""
    error = 0.0
    for index, each in enumerate(took):
        others = [*took[:index], *took[index + 1 :]]
        amount = _amount(measure, each.size_bytes, each.duration_seconds) or 1.0
        error += abs(_predict(others, measure, amount) - each.seconds)
    return error


def _predict(took: Sequence[Took], measure: _Measure, amount: float) -> float:
    """The median of the seconds for each unit, in which the latest count the most, times the amount."""
    rates = [
        (each.seconds / (_amount(measure, each.size_bytes, each.duration_seconds) or 1.0), _FADING**age)
        for age, each in enumerate(took)
    ]
    half = sum(weight for _, weight in rates) / 2
    passed = 0.0
    for rate, weight in sorted(rates):
        passed += weight
        if passed >= half:
            return rate * amount
    return 0.0
