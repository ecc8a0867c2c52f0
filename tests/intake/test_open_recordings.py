"""Recordings that can be played while they are recorded: who has them open tells that they are not finished."""

from __future__ import annotations

import os
import shutil
import sys

from helpers import make_video
from intake_parts import make_rule, started

from nemowatch.intake.records import PendingState

REASON = "another program still has it open for writing"


async def test_recorder_that_pauses_is_waited_for_until_it_closes_its_file(folder, tmp_path):
    # As OBS writes Matroska: readable at any moment, so nothing in the file says that more will come.
    recording = make_video(tmp_path / "talk.mkv", seconds=1.0, audio=False)
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        recorder = os.open(folder / "talk.mkv", os.O_CREAT | os.O_WRONLY)
        try:
            os.write(recorder, recording.read_bytes())
            await bench.intake.scan_all()
            await bench.pass_time(3600.0, step=20.0)
            if sys.platform == "linux":
                [waiting] = bench.intake.pending()
                assert (waiting.state, waiting.reason) == (PendingState.INCOMPLETE, REASON)
                assert bench.desk.taken == []
        finally:
            os.close(recorder)
        await bench.until(lambda: bench.desk.names == ["talk.mkv"])
        assert bench.intake.pending() == ()


async def test_file_that_is_closed_without_a_change_or_an_event_is_looked_at_again(
    folder, recording, tmp_path, told
):
    shutil.copy(recording, tmp_path / "other-name")
    async with started(make_rule(folder)) as bench:
        # Through another name of the same file, whose events don't come from the watched folder.
        with (tmp_path / "other-name").open("ab"):
            os.link(tmp_path / "other-name", folder / "talk.mp4")
            await bench.intake.scan_all()
            await bench.pass_time(600.0, step=10.0)
            if sys.platform == "linux":
                assert bench.desk.taken == []
        await bench.pass_time(600.0, step=10.0)
        assert bench.desk.names == ["talk.mp4"]
        assert len([message for message in told if REASON in message]) == (sys.platform == "linux")


async def test_download_is_waited_for_as_long_as_its_progress_file_is_there(folder, recording):
    shutil.copy(recording, folder / "talk.mp4")
    (folder / "talk.mp4.aria2").touch()
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        await bench.pass_time(600.0, step=10.0)
        assert bench.desk.taken == []
        (folder / "talk.mp4.aria2").unlink()
        await bench.pass_time(600.0, step=10.0)
        assert bench.desk.names == ["talk.mp4"]
