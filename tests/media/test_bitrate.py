"""How bits are shared out, and when a picture is made smaller."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemowatch.media.bitrate import LARGEST_PIXELS, CannotFit, Shape, fit_size, plan_budget

MIB = 1024 * 1024


@given(
    seconds=st.floats(0.5, 200_000),
    size=st.tuples(st.integers(2, 9_000), st.integers(2, 9_000)),
    fps=st.floats(1, 240),
    channels=st.integers(0, 8),
    limit=st.integers(10_000, 600 * MIB),
)
def test_what_is_shared_out_never_exceeds_the_limit(
    seconds: float, size: tuple[int, int], fps: float, channels: int, limit: int
) -> None:
    shape = Shape(seconds, *size, fps, None, channels)
    try:
        budget = plan_budget(shape, limit, "talk.mp4")
    except CannotFit:
        return
    assert (budget.picture_bits + budget.sound_bits) * seconds / 8 < budget.aim_bytes < limit
    assert budget.width % 2 == budget.height % 2 == 0
    assert 0 < budget.width * budget.height <= LARGEST_PIXELS
    assert budget.channels <= channels


@pytest.mark.parametrize(
    ("minutes", "known_bits", "height"),
    [(10, None, 1080), (60, None, 720), (60, 1_200_000, 1080), (300, None, 270)],
)
def test_picture_is_made_smaller_only_where_bits_are_too_few(
    minutes: int, known_bits: float | None, height: int
) -> None:
    shape = Shape(minutes * 60, 1920, 1080, 30.0, known_bits, 2)
    assert plan_budget(shape, 500_000_000, "talk.mp4").height == height


def test_upright_film_keeps_its_proportions() -> None:
    width, height = fit_size(Shape(60, 1080, 1920, 30.0, None, 2), 950_000)
    assert (width, height) == (720, 1280)
