"""Hours of work with a service that fails: memory, open files and threads stay flat, and nothing is lost.

`make soak CYCLES=240` takes longer, and shows the figures as they come.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers import make_video
from living_house import PLENTY, LivingHouse
from soaking import Soak

from nemowatch.sandbox.server import Sandbox

CYCLES = int(os.environ.get("NEMOWATCH_SOAK_CYCLES", "24"))


@pytest.mark.slow
@pytest.mark.timeout(120 + 15 * CYCLES)
def test_two_hours_with_a_failing_service_take_no_more_memory_or_files_and_lose_nothing(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    ready = make_video(tmp_path / "ready.mp4", seconds=1)
    with Sandbox(tmp_path / "service", ready_file=ready, credits=PLENTY) as sandbox:
        soak = Soak(LivingHouse(tmp_path, sandbox))
        soak.rules()
        with soak.daemon():
            for number in range(CYCLES):
                soak.cycle(number)
                print(f"{number:5}: {soak.figures[-1]}")
        soak.expect_nothing_lost()
        record_property("soak", soak.report())
        soak.expect_flat()
