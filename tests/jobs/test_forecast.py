"""How long a job will still take: what is told from what was learnt, and when nothing is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from job_specs import make_job_spec

from nemowatch.jobs.forecast import Present, Took, expect, forecast, kind_of, steps_from
from nemowatch.jobs.records import Base, SourceFile
from nemowatch.rules.rule import Trim

LIMIT = 500_000_000
SPEC = make_job_spec(
    source=SourceFile(Path("/r/talk.mp4"), 10_000_000, 20, 30),
    duration_seconds=100.0,
    prompts=("cut out the silence", "add a title"),
    deliver=("video", "media"),
)
KINDS = ("upload", "edit", "edit", "export", "download", "collect", "deliver")
SECONDS = st.floats(0.01, 1e5)


def took(
    kind: str,
    seconds: float,
    *,
    rule: str = "shorts",
    size_bytes: int = 10_000_000,
    duration_seconds: float | None = 100.0,
) -> Took:
    return Took(rule, kind, seconds, size_bytes, duration_seconds)


def once_each(seconds: float) -> list[Took]:
    """Every kind of step took so long, once."""
    return [took(kind, seconds) for kind in dict.fromkeys(KINDS)]


def sharing(share: float, *, seconds: float) -> Present:
    """An upload that has done this share in so many seconds, now."""
    return Present("upload", 0.0, 0.0, 0.0, share, seconds)


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        ("edit-2-session2", "edit"),
        ("upload", "upload"),
        ("reshape-session3", "reshape"),
        ("deliver-failed", "deliver"),
        ("ask-credits-1", "ask"),
    ],
)
def test_kind_of_a_step_is_its_name_without_number_and_suffix(step: str, kind: str) -> None:
    assert kind_of(step) == kind


def test_steps_to_come_are_those_of_the_job_in_their_order() -> None:
    assert steps_from(SPEC, "prepare", LIMIT) == ("prepare", "connect", *KINDS)
    assert steps_from(SPEC, "edit-2", LIMIT) == ("edit", "export", "download", "collect", "deliver")
    assert steps_from(SPEC, "edit-2-session2", LIMIT) == steps_from(SPEC, "edit-2", LIMIT)
    assert steps_from(SPEC, "deliver-failed", LIMIT) == ("deliver",)
    assert steps_from(SPEC, "edit-3", LIMIT) == ()


def test_what_is_made_on_this_machine_is_among_the_steps_to_come() -> None:
    spec = replace(
        SPEC, trim=Trim(1.0, None), deliver=("clips", "frames"), has_overview=True, prompts=("cut it",)
    )
    made = ("export", "download", "collect", "clips", "frames", "overview", "deliver")
    assert steps_from(spec, "prepare", LIMIT) == ("prepare", "reshape", "connect", "upload", "edit", *made)
    large = replace(SPEC, source=replace(SPEC.source, size_bytes=LIMIT + 1), oversize="split")
    assert steps_from(large, "reshape", LIMIT)[:2] == ("reshape", "connect")


def test_refinement_uploads_only_where_its_work_is_made_anew() -> None:
    base = Base("b" * 16, "session", None, ("cut it", "make it short"))
    spec = replace(SPEC, base=base, prompts=("add a title",))
    rest = ("export", "download", "collect", "deliver")
    assert steps_from(spec, "connect", LIMIT) == ("connect", "edit", *rest)
    assert steps_from(spec, "upload", LIMIT) == ("upload", "edit", "edit", "edit", *rest)
    assert steps_from(spec, "edit-2", LIMIT) == ("edit", "edit", *rest)


def test_estimate_is_the_rest_of_the_present_step_and_all_to_come() -> None:
    learnt = once_each(10.0)
    assert forecast(SPEC, Present("upload", 0.0), KINDS, learnt, 4.0) == pytest.approx(66.0)
    assert forecast(SPEC, Present("deliver-done", 0.0), ("deliver",), learnt, 4.0) == pytest.approx(6.0)


def test_nothing_is_told_before_anything_is_learnt() -> None:
    assert forecast(SPEC, Present("upload", 0.0), KINDS, [], 4.0) is None
    assert forecast(SPEC, sharing(0.5, seconds=30.0), KINDS, [], 30.0) is None
    assert forecast(SPEC, Present("upload", 0.0), KINDS, [took("upload", 10.0)], 4.0) is None
    assert forecast(SPEC, Present("upload", 0.0), (), once_each(10.0), 4.0) is None


def test_share_alone_will_do_where_only_small_steps_are_to_come() -> None:
    present = replace(sharing(0.25, seconds=30.0), step="clips")
    assert forecast(SPEC, present, ("clips", "overview", "deliver"), [], 30.0) == pytest.approx(90.0)
    assert forecast(SPEC, present, ("clips", "overview", "deliver"), [], 40.0) == pytest.approx(80.0)
    early = replace(sharing(0.01, seconds=30.0), step="clips")
    assert forecast(SPEC, early, ("clips", "overview", "deliver"), [], 30.0) is None


def test_step_that_goes_slower_than_learnt_is_told_to_take_longer() -> None:
    learnt = [took("upload", 10.0)]

    def rest(share: float, seconds: float) -> float:
        told = forecast(SPEC, sharing(share, seconds=seconds), ("upload", "deliver"), learnt, seconds)
        assert told is not None
        return told

    assert rest(0.5, 5.0) == pytest.approx(5.0)
    assert 5.0 < rest(0.5, 50.0) < 50.0
    assert rest(0.9, 90.0) == pytest.approx(10.0, rel=0.1)


def test_time_in_which_a_step_only_waited_for_its_turn_does_not_count() -> None:
    # An hour in the line; then half of it was done in half of the time that it usually takes.
    present = Present("upload", 0.0, 0.0, 3600.0, 0.5, 3605.0)
    assert forecast(SPEC, present, ("upload",), [took("upload", 10.0)], 3605.0) == pytest.approx(5.0)


def test_share_of_one_file_among_several_says_nothing_of_the_step() -> None:
    present = replace(sharing(0.9, seconds=4.0), step="collect")
    assert forecast(SPEC, present, ("collect",), [took("collect", 10.0)], 4.0) == pytest.approx(6.0)


def test_step_that_is_long_overdue_has_no_estimate() -> None:
    learnt = once_each(10.0)
    assert forecast(SPEC, Present("upload", 0.0), KINDS, learnt, 15.0) == pytest.approx(60.0)
    assert forecast(SPEC, Present("upload", 0.0), KINDS, learnt, 100.0) is None
    assert forecast(SPEC, sharing(0.5, seconds=5.0), KINDS, learnt, 100.0) is None
    assert forecast(SPEC, Present("connect", 0.0), ("connect",), [], 100.0) is None


def test_own_rule_is_what_counts_once_it_has_enough_jobs() -> None:
    others = [took("edit", 100.0, rule="podcasts")] * 10
    assert expect(SPEC, "edit", [took("edit", 10.0), *others]) == pytest.approx(100.0)
    assert expect(SPEC, "edit", [*others, *[took("edit", 10.0)] * 3]) == pytest.approx(10.0)


def test_latest_jobs_count_the_most_and_a_single_stray_nothing() -> None:
    assert expect(SPEC, "edit", [took("edit", 30.0)] * 5 + [took("edit", 10.0)] * 5) == pytest.approx(30.0)
    assert expect(SPEC, "edit", [took("edit", 9000.0), *[took("edit", 10.0)] * 5]) == pytest.approx(10.0)


def test_upload_is_told_by_size_and_cutting_by_length() -> None:
    smaller = took("upload", 20.0, size_bytes=5_000_000, duration_seconds=100.0)
    assert expect(SPEC, "upload", [smaller]) == pytest.approx(40.0)
    shorter = took("clips", 20.0, size_bytes=10_000_000, duration_seconds=50.0)
    assert expect(SPEC, "clips", [shorter]) == pytest.approx(40.0)
    picture = replace(SPEC, duration_seconds=None)
    assert expect(picture, "clips", [shorter]) == pytest.approx(20.0)


def test_step_is_told_by_what_would_have_told_the_earlier_ones_best() -> None:
    by_length = [took("edit", length / 2, duration_seconds=length) for length in (20, 30, 80, 200, 300)]
    assert expect(SPEC, "edit", by_length) == pytest.approx(50.0)
    by_nothing = [
        took("upload", 7.0, size_bytes=size) for size in (2 * 10**6, 5 * 10**6, 10**7, 5 * 10**7, 10**8)
    ]
    assert expect(SPEC, "upload", by_nothing) == pytest.approx(7.0)


def test_recording_unlike_any_before_has_no_estimate() -> None:
    assert expect(SPEC, "upload", [took("upload", 1.0, size_bytes=100_000)]) is None
    assert expect(SPEC, "edit", [took("edit", 1.0, duration_seconds=5.0)]) is None
    assert expect(SPEC, "connect", [took("connect", 1.0, duration_seconds=5.0)]) == pytest.approx(1.0)


moments = st.floats(-100.0, 1000.0)
shares = st.floats(0.0, 1.0)
presents = st.builds(
    Present,
    st.sampled_from(["upload", "edit-1", "export-1-session2", "collect", "deliver-done"]),
    moments,
    st.none() | shares,
    st.none() | moments,
    st.none() | shares,
    st.none() | moments,
)
strays = st.builds(
    Took,
    st.sampled_from(["shorts", "podcasts"]),
    st.sampled_from(sorted(set(KINDS))),
    st.floats(0.0, 1e5),
    st.integers(0, 10**12) | st.integers(10**6, 10**8),
    st.none() | st.floats(0.0, 1e6) | st.floats(10.0, 1000.0),
)
histories = st.builds(
    lambda seconds, more: [*once_each(seconds), *more], st.floats(0.0, 1e4), st.lists(strays, max_size=40)
)


@given(presents, histories, moments)
def test_estimate_is_never_negative_nor_wild(present: Present, history: list[Took], now: float) -> None:
    kinds = steps_from(SPEC, present.step, LIMIT)
    told = forecast(SPEC, present, kinds, history, now)
    if told is None:
        return
    slowest = max((each.seconds for each in history), default=0.0)
    # No step is told to take longer than the slowest ever did, times what a recording may be larger than those that
    # it was learnt from; and no share is taken further than to twenty times what was seen of it.
    seen = abs((present.share_at or 0.0) - (present.share_from_at or 0.0))
    assert 0.0 <= told <= 10.0 * slowest * len(kinds) + 20.0 * seen + 1e-6


@given(SECONDS, st.lists(st.floats(0.0, 1.0), min_size=2, max_size=10))
def test_estimate_shrinks_by_the_second_in_a_step_that_goes_as_learnt(
    seconds: float, parts: list[float]
) -> None:
    learnt = once_each(seconds)
    in_all = seconds * len(KINDS)
    for part in sorted(parts):
        now = part * seconds
        silent = forecast(SPEC, Present("upload", 0.0), KINDS, learnt, now)
        assert silent == pytest.approx(in_all - now)
        telling = forecast(SPEC, sharing(part, seconds=now), KINDS, learnt, now)
        assert telling == pytest.approx(in_all - now)


@given(presents, histories, moments, st.floats(0.0, 1e5))
def test_estimate_never_grows_while_nothing_new_is_heard(
    present: Present, history: list[Took], now: float, later: float
) -> None:
    kinds = steps_from(SPEC, present.step, LIMIT)
    before, after = (forecast(SPEC, present, kinds, history, moment) for moment in (now, now + later))
    if before is not None and after is not None:
        assert after <= before + 1e-6
    if before is None:
        assert after is None


@given(st.permutations(range(6)), SECONDS)
def test_steps_that_all_took_the_same_are_told_to_take_that(order: list[int], seconds: float) -> None:
    history = [
        took("edit", seconds, size_bytes=(1 + each) * 10**7, duration_seconds=60.0 + each) for each in order
    ]
    assert expect(SPEC, "edit", history) == pytest.approx(seconds)
