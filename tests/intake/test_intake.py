import os
import shutil
from pathlib import Path

from helpers import async_wait_until, make_video
from intake_parts import Memory, make_rule, started

from nemowatch.intake.records import Candidate, PendingState


def overwrite_without_event(path: Path, content: bytes, elsewhere: Path) -> None:
    """Write through another name of the same file, outside of the watched folder."""
    os.link(path, elsewhere / "other-name")
    with (elsewhere / "other-name").open("r+b") as file:
        file.write(content)
        file.truncate()


async def test_recording_found_by_the_scan_is_taken_after_its_quiet_time(folder, recording):
    shutil.copy(recording, folder / "talk.mp4")
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        await bench.pass_time(2.5)
        assert bench.desk.taken == []
        await bench.pass_time(1.0)
        [ready] = bench.desk.taken
        assert (ready.version.path, ready.rule.name, ready.folder) == (folder / "talk.mp4", "clips", folder)
        assert ready.media.kind == "video"
        assert bench.intake.idle()


async def test_recording_saved_later_is_taken_without_a_scan(folder, recording):
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        shutil.copy(recording, folder / "talk.mp4")
        await bench.until(lambda: bench.desk.names == ["talk.mp4"])


async def test_who_looks_into_a_saved_recording_gets_ready_while_it_settles(folder, recording):
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        assert bench.prober.warmed == 0
        shutil.copy(recording, folder / "talk.mp4")
        await bench.until(lambda: bench.prober.warmed)
        assert bench.desk.taken == []
        await bench.until(lambda: bench.desk.names == ["talk.mp4"])


async def test_recording_copied_in_slowly_is_taken_once_and_whole(folder, recording):
    content = recording.read_bytes()
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        with (folder / "talk.mp4").open("wb") as file:
            for start in range(0, len(content), max(1, len(content) // 8)):
                file.write(content[start : start + max(1, len(content) // 8)])
                file.flush()
                await bench.intake.scan_all()
                await bench.pass_time(2.0)
        assert bench.desk.taken == []
        await bench.until(lambda: bench.desk.taken)
        await bench.pass_time(30.0)
        [ready] = bench.desk.taken
        assert ready.version.size == len(content)


async def test_recording_renamed_from_part_is_taken_under_its_name(folder, recording):
    async with started(make_rule(folder)) as bench:
        shutil.copy(recording, folder / "talk.mp4.part")
        await bench.intake.scan_all()
        await bench.pass_time(10.0)
        assert bench.intake.pending() == ()
        (folder / "talk.mp4.part").rename(folder / "talk.mp4")
        await bench.until(lambda: bench.desk.names == ["talk.mp4"])


async def test_recorder_that_pauses_before_its_index_is_waited_for(folder, recording):
    content = recording.read_bytes()
    async with started(make_rule(folder)) as bench:
        (folder / "talk.mp4").write_bytes(content[: len(content) // 2])
        await bench.intake.scan_all()
        await bench.pass_time(4.0)
        [waiting] = bench.intake.pending()
        assert waiting.state is PendingState.INCOMPLETE
        assert waiting.reason
        assert bench.intake.idle()
        await bench.pass_time(3600.0, step=30.0)
        assert bench.desk.taken == []
        with (folder / "talk.mp4").open("ab") as file:
            file.write(content[len(content) // 2 :])
        await bench.until(lambda: bench.desk.names == ["talk.mp4"])
        assert bench.intake.pending() == ()


async def test_incomplete_file_is_looked_at_again_without_any_event(folder, recording, tmp_path):
    content = recording.read_bytes()
    path = folder / "talk.mp4"
    path.write_bytes(content[: len(content) // 2].ljust(len(content), b"\0"))
    status = path.stat()
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        await bench.pass_time(4.0)
        assert bench.intake.pending()[0].state is PendingState.INCOMPLETE
        overwrite_without_event(path, content, tmp_path)
        os.utime(tmp_path / "other-name", ns=(status.st_atime_ns, status.st_mtime_ns))
        await bench.pass_time(10.0)
        assert bench.desk.names == ["talk.mp4"]


async def test_empty_file_waits_and_does_not_hold_up_a_single_run(folder, recording):
    (folder / "talk.mp4").touch()
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        assert not bench.intake.idle()
        await bench.pass_time(4.0)
        await bench.intake.wait_idle()
        [waiting] = bench.intake.pending()
        assert (waiting.state, waiting.reason) == (PendingState.INCOMPLETE, "it is empty so far")
        shutil.copy(recording, folder / "talk.mp4")
        await bench.until(lambda: bench.desk.names == ["talk.mp4"])


async def test_pipe_blocks_nothing(folder, recording):
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        os.mkfifo(folder / "pipe.mp4")
        shutil.copy(recording, folder / "talk.mp4")
        await bench.until(lambda: bench.desk.names == ["talk.mp4"])


async def test_text_named_like_a_film_is_refused_once(folder):
    (folder / "diary.mp4").write_text("Dear diary, nobody must ever read this.\n" * 20)
    async with started(make_rule(folder)) as bench:
        for _ in range(3):
            await bench.intake.scan_all()
            await bench.pass_time(5.0)
        [(rule, version, reason)] = bench.memory.refused
        assert (rule, version.path) == ("clips", folder / "diary.mp4")
        assert reason
        assert bench.desk.attempts == 0
        assert bench.intake.pending() == ()


async def test_refused_file_that_becomes_a_recording_is_taken(folder, recording):
    (folder / "talk.mp4").write_text("not yet a film, whatever it is called\n" * 20)
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        await bench.pass_time(4.0)
        assert bench.memory.refused
        shutil.copy(recording, folder / "talk.mp4")
        await bench.until(lambda: bench.desk.names == ["talk.mp4"])


async def test_why_a_file_waits_is_told_once_for_each_version(folder, recording, told):
    content = recording.read_bytes()
    (folder / "talk.mp4").write_bytes(content[: len(content) // 2])
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        await bench.pass_time(600.0, step=5.0)
        assert len([message for message in told if "talk.mp4" in message]) == 1
        with (folder / "talk.mp4").open("ab") as file:
            file.write(b"more")
        await bench.until(lambda: len([message for message in told if "talk.mp4" in message]) == 2)


async def test_known_files_are_not_taken_again_after_a_restart(folder, recording):
    shutil.copy(recording, folder / "talk.mp4")
    memory = Memory()
    for expected in (1, 0):
        async with started(make_rule(folder), memory=memory) as bench:
            await bench.intake.scan_all()
            await bench.pass_time(5.0)
            assert len(bench.desk.taken) == expected


async def test_event_on_a_known_file_leads_to_nothing(folder, recording):
    shutil.copy(recording, folder / "talk.mp4")
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        await bench.pass_time(4.0)
        status = (folder / "talk.mp4").stat()
        os.utime(folder / "talk.mp4", ns=(status.st_atime_ns, status.st_mtime_ns))
        with (folder / "talk.mp4").open("ab"):
            pass
        await bench.pass_time(10.0)
        assert bench.desk.attempts == 1


async def test_new_recording_under_an_old_name_is_taken(folder, recording, tmp_path):
    shutil.copy(recording, folder / "talk.mp4")
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        await bench.pass_time(4.0)
        make_video(tmp_path / "new.mp4", seconds=1.5, seed=3).rename(folder / "talk.mp4")
        await bench.until(lambda: bench.desk.names == ["talk.mp4", "talk.mp4"])


async def test_every_rule_that_matches_takes_the_file(folder, recording):
    shutil.copy(recording, folder / "talk.mp4")
    slow = make_rule(folder, name="slow", settle_seconds=10.0)
    async with started(make_rule(folder, name="quick"), slow) as bench:
        await bench.intake.scan_all()
        await bench.pass_time(4.0)
        assert [ready.rule.name for ready in bench.desk.taken] == ["quick"]
        await bench.pass_time(8.0)
        assert [ready.rule.name for ready in bench.desk.taken] == ["quick", "slow"]


async def test_failing_take_is_tried_again_until_it_works(folder, recording):
    shutil.copy(recording, folder / "talk.mp4")
    async with started(make_rule(folder)) as bench:
        bench.desk.failures = [OSError(28, "No space left on device"), RuntimeError("database is locked")]
        await bench.intake.scan_all()
        await bench.pass_time(3.5)
        [waiting] = bench.intake.pending()
        assert waiting.state is PendingState.RETRYING
        assert "No space left" in waiting.reason
        await bench.pass_time(30.0)
        assert bench.desk.attempts == 3
        assert bench.desk.names == ["talk.mp4"]


async def test_file_that_changes_while_it_is_taken_is_taken_again_as_it_is_then(folder, recording, tmp_path):
    shutil.copy(recording, folder / "talk.mp4")
    replacement = make_video(tmp_path / "new.mp4", seconds=1.5, seed=3)
    size = replacement.stat().st_size
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        bench.desk.open.clear()
        await bench.until(lambda: bench.desk.attempts == 1)
        replacement.rename(folder / "talk.mp4")
        await bench.intake.scan_all()
        bench.desk.open.set()
        await bench.until(lambda: len(bench.desk.taken) == 2)
        assert bench.desk.taken[1].version.size == size


async def test_file_replaced_unnoticed_before_the_gate_settles_anew(folder, recording, tmp_path):
    for number in range(5):
        shutil.copy(recording, folder / f"{number}.mp4")
    replacement = make_video(tmp_path / "new.mp4", seconds=1.5, seed=3)
    size = replacement.stat().st_size
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        # All places at the gate are taken, so the fifth file has settled and waits before it.
        bench.desk.open.clear()
        await bench.until(lambda: bench.desk.attempts == 4)
        await async_wait_until(
            lambda: {file.state for file in bench.intake.pending()} == {PendingState.CHECKING}
        )
        [waiting] = set(folder.iterdir()) - set(bench.desk.begun)
        overwrite_without_event(waiting, replacement.read_bytes(), tmp_path)
        bench.desk.open.set()
        await bench.until(lambda: len(bench.desk.taken) == 5)
        assert bench.desk.taken[4].version.path == waiting
        assert bench.desk.taken[4].version.size == size


async def test_sign_of_change_while_a_file_waits_at_the_gate_starts_its_quiet_time_anew(folder, recording):
    for number in range(5):
        shutil.copy(recording, folder / f"{number}.mp4")
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        bench.desk.open.clear()
        await bench.until(lambda: bench.desk.attempts == 4)
        [waiting] = set(folder.iterdir()) - set(bench.desk.begun)
        with waiting.open("ab"):
            pass
        await async_wait_until(lambda: bench.intake._room.settler.is_stirred(Candidate("clips", waiting)))
        bench.desk.open.set()
        await async_wait_until(lambda: len(bench.desk.taken) == 4)
        await async_wait_until(
            lambda: [file.state for file in bench.intake.pending()] == [PendingState.SETTLING]
        )
        await bench.pass_time(5.0)
        assert bench.desk.attempts == 5


async def test_vanished_file_is_no_longer_waited_for(folder, recording):
    shutil.copy(recording, folder / "talk.mp4")
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        assert len(bench.intake.pending()) == 1
        (folder / "talk.mp4").unlink()
        await bench.pass_time(4.0)
        assert bench.intake.pending() == ()
        assert bench.desk.attempts == 0


async def test_file_from_the_future_is_taken_like_any_other(folder, recording):
    shutil.copy(recording, folder / "talk.mp4")
    os.utime(folder / "talk.mp4", (4_000_000_000, 4_000_000_000))
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        bench.clock._now -= 1_000_000
        await bench.pass_time(4.0)
        assert bench.desk.names == ["talk.mp4"]


async def test_burst_is_taken_whole_and_nothing_twice(folder, recording):
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        for number in range(150):
            os.link(recording, folder / f"{number:03}.mp4")
        await bench.until(lambda: len(bench.desk.taken) == 150, timeout=30)
        await bench.intake.scan_all()
        await bench.pass_time(5.0)
        assert bench.desk.attempts == 150


async def test_single_run_ends_when_all_is_taken(folder, recording):
    for number in range(5):
        shutil.copy(recording, folder / f"{number}.mp4")
    async with started(make_rule(folder, settle_seconds=0.0)) as bench:
        await bench.intake.scan_all()
        await bench.intake.wait_idle()
        assert len(bench.desk.taken) == 5


async def test_intake_at_rest_sleeps(folder):
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        await bench.intake.wait_idle()
        looks_before = len(bench.clock._sleepers)
        await bench.pass_time(3600.0, step=60.0)
        assert len(bench.clock._sleepers) == looks_before


async def test_stopped_intake_lets_those_who_wait_for_it_go(folder, recording):
    shutil.copy(recording, folder / "talk.mp4")
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        await bench.intake.stop()
        await bench.intake.join()
        await bench.intake.wait_idle()
