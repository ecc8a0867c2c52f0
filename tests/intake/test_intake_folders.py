import shutil

from intake_parts import make_rule, started

from nemowatch.intake.records import FolderState
from nemowatch.intake.watch import Hint


async def test_folder_moved_in_is_looked_through(folder, recording, tmp_path):
    (tmp_path / "day1" / "morning").mkdir(parents=True)
    shutil.copy(recording, tmp_path / "day1" / "morning" / "talk.mp4")
    async with started(make_rule(folder, recursive=True)) as bench:
        await bench.intake.scan_all()
        (tmp_path / "day1").rename(folder / "day1")
        await bench.until(lambda: bench.desk.names == ["talk.mp4"])


async def test_folder_that_appears_is_scanned_even_if_its_files_gave_no_event(folder, recording):
    (folder / "day1").mkdir()
    shutil.copy(recording, folder / "day1" / "talk.mp4")
    async with started(make_rule(folder, recursive=True)) as bench:
        bench.intake._on_hints({Hint(str(folder / "day1"), is_folder=True)})
        assert not bench.intake.idle()
        await bench.until(lambda: bench.desk.names == ["talk.mp4"])


async def test_link_to_a_folder_elsewhere_is_not_followed(folder, recording, tmp_path):
    shutil.copytree(recording.parent, tmp_path / "private")
    async with started(make_rule(folder, recursive=True)) as bench:
        await bench.intake.scan_all()
        (folder / "day1").symlink_to(tmp_path / "private")
        (folder / "film.mp4").symlink_to(recording)
        shutil.copy(recording, folder / "mine.mp4")
        await bench.until(lambda: bench.desk.names == ["mine.mp4"])
        await bench.intake.scan_all()
        await bench.pass_time(10.0)
        assert bench.desk.names == ["mine.mp4"]
        assert bench.intake.pending() == ()


async def test_missing_folder_is_offline_until_it_is_there(tmp_path, recording, told):
    folder = tmp_path / "share"
    async with started(make_rule(folder)) as bench:
        assert bench.intake.folders()[0].state is FolderState.NOT_SCANNED
        await bench.intake.scan_all()
        await bench.intake.scan_all()
        assert bench.intake.folders()[0].state is FolderState.OFFLINE
        assert len(told) == 1, "told once, not at every scan"
        folder.mkdir()
        shutil.copy(recording, folder / "talk.mp4")
        await bench.intake.scan_all()
        assert bench.intake.folders()[0].state is FolderState.WATCHED
        assert told[1:] == [f"The folder {folder} is back."]
        await bench.until(lambda: bench.desk.names == ["talk.mp4"])


async def test_files_of_a_folder_that_went_away_are_not_new_when_it_returns(folder, recording, tmp_path):
    shutil.copy(recording, folder / "talk.mp4")
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        await bench.pass_time(4.0)
        folder.rename(tmp_path / "away")
        await bench.intake.scan_all()
        assert bench.intake.folders()[0].state is FolderState.OFFLINE
        (tmp_path / "away").rename(folder)
        await bench.intake.scan_all()
        await bench.pass_time(10.0)
        assert bench.desk.attempts == 1
        shutil.copy(recording, folder / "second.mp4")
        await bench.until(lambda: bench.desk.names == ["second.mp4", "talk.mp4"])
