"""Text files that intake knows: lists of addresses, which are inputs, and prompt files, which never are."""

import shutil

from helpers import async_wait_until
from intake_parts import make_rule, started

from nemowatch.intake.records import PendingState
from nemowatch.rules.prompt_file import WrongPromptFile, prompt_file_of

ADDRESS = "https://example.org/talk.mp4\n"


async def test_list_of_addresses_is_taken_after_its_quiet_time(folder):
    (folder / "talks.urls").write_text(ADDRESS)
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        await bench.pass_time(2.5)
        assert bench.desk.taken == []
        await bench.pass_time(1.0)
        [ready] = bench.desk.taken
        assert (ready.version.path, ready.media) == (folder / "talks.urls", None)


async def test_list_of_comments_waits_for_its_first_address(folder):
    (folder / "talks.urls").write_text("# to come\n")
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        await bench.pass_time(4.0)
        [waiting] = bench.intake.pending()
        assert (waiting.state, waiting.reason) == (
            PendingState.INCOMPLETE,
            "talks.urls holds no address yet.",
        )
        assert bench.intake.idle()
        (folder / "talks.urls").write_text(f"# to come\n{ADDRESS}")
        await bench.until(lambda: bench.desk.names == ["talks.urls"])


async def test_wrong_list_is_told_and_taken_when_it_is_saved_anew(folder, told):
    (folder / "talks.urls").write_text("talk.mp4\n")
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        await bench.pass_time(4.0)
        assert any("talks.urls, line 1:" in message for message in told)
        assert bench.desk.attempts == 0
        (folder / "talks.urls").write_text(ADDRESS)
        await bench.until(lambda: bench.desk.names == ["talks.urls"])


async def test_prompt_file_is_never_handed_over(folder, recording):
    shutil.copy(recording, folder / "talk.mp4")
    prompt_file_of(folder / "talk.mp4").write_text("make it short\n")
    async with started(make_rule(folder, match=["*"])) as bench:
        await bench.intake.scan_all()
        await bench.pass_time(10.0)
        assert bench.desk.names == ["talk.mp4"]
        assert bench.memory.refused == []


async def test_prompt_file_saved_while_its_recording_settles_is_waited_for(folder, recording):
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        shutil.copy(recording, folder / "talk.mp4")
        await bench.until(bench.intake.pending)
        await bench.pass_time(2.0)
        [settling] = bench.intake.pending()
        prompt_file_of(folder / "talk.mp4").write_text("make it short\n")
        await async_wait_until(lambda: bench.intake.pending() != (settling,))
        await bench.pass_time(2.5)
        assert bench.desk.attempts == 0
        await bench.until(lambda: bench.desk.names == ["talk.mp4"])


async def test_recording_whose_prompts_were_wrong_is_taken_soon_after_they_are_mended(folder, recording):
    shutil.copy(recording, folder / "talk.mp4")
    async with started(make_rule(folder)) as bench:
        bench.desk.failures = [WrongPromptFile("The prompt file is wrong.")] * 100
        await bench.intake.scan_all()
        await bench.pass_time(1000.0, step=20.0)
        [waiting] = bench.intake.pending()
        assert (waiting.state, waiting.reason) == (PendingState.RETRYING, "The prompt file is wrong.")
        assert waiting.seconds_left > 60.0
        bench.desk.failures.clear()
        prompt_file_of(folder / "talk.mp4").write_text("make it short\n")
        before = bench.clock.monotonic()
        await bench.until(lambda: bench.desk.names == ["talk.mp4"])
        assert bench.clock.monotonic() - before < 30.0


async def test_prompt_file_of_no_recording_leads_to_nothing(folder):
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        prompt_file_of(folder / "talk.mp4").write_text("make it short\n")
        await bench.pass_time(10.0)
        assert bench.intake.pending() == ()
        assert bench.desk.attempts == 0
