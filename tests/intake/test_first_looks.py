import shutil
from dataclasses import replace
from pathlib import Path

from intake_parts import Memory, make_rule, started

from nemowatch.intake.memory import FirstLook, ForgetfulBook


def fill(folder: Path, recording: Path, *names: str) -> None:
    for number, name in enumerate(names):
        shutil.copy(recording, folder / name)
        with (folder / name).open("ab") as file:
            file.write(bytes(number + 1))


def held_names(bench) -> list[str]:
    return sorted(ready.version.path.name for ready in bench.desk.taken if ready.is_held)


async def test_few_files_that_were_there_before_the_rule_are_taken(folder, recording):
    fill(folder, recording, "a.mp4", "b.mp4")
    async with started(make_rule(folder), backlog=2) as bench:
        await bench.intake.scan_all()
        await bench.until(lambda: bench.desk.names == ["a.mp4", "b.mp4"])
        assert held_names(bench) == []


async def test_many_files_that_were_there_before_the_rule_are_held(folder, recording):
    fill(folder, recording, "a.mp4", "b.mp4", "c.mp4")
    async with started(make_rule(folder), backlog=2) as bench:
        await bench.intake.scan_all()
        await bench.until(lambda: len(bench.desk.taken) == 3)
        assert held_names(bench) == ["a.mp4", "b.mp4", "c.mp4"]


async def test_file_saved_after_the_first_look_is_not_held_with_the_others(folder, recording):
    fill(folder, recording, "a.mp4", "b.mp4", "c.mp4")
    async with started(make_rule(folder), backlog=2) as bench:
        await bench.intake.scan_all()
        fill(folder, recording, "new.mp4")
        await bench.until(lambda: len(bench.desk.taken) == 4)
        assert held_names(bench) == ["a.mp4", "b.mp4", "c.mp4"]


async def test_held_file_that_is_written_again_is_a_new_recording(folder, recording):
    fill(folder, recording, "a.mp4", "b.mp4", "c.mp4")
    async with started(make_rule(folder), backlog=2) as bench:
        await bench.intake.scan_all()
        with (folder / "b.mp4").open("ab") as file:
            file.write(b"more")
        await bench.until(lambda: len(bench.desk.taken) == 3)
        assert held_names(bench) == ["a.mp4", "c.mp4"]


async def test_rule_that_processes_existing_files_takes_them_however_many(folder, recording):
    fill(folder, recording, "a.mp4", "b.mp4", "c.mp4")
    async with started(replace(make_rule(folder), existing="process"), backlog=1) as bench:
        await bench.intake.scan_all()
        await bench.until(lambda: len(bench.desk.taken) == 3)
        assert held_names(bench) == []


async def test_rule_that_skips_existing_files_takes_only_later_ones(folder, recording):
    fill(folder, recording, "old.mp4")
    async with started(replace(make_rule(folder), existing="skip")) as bench:
        await bench.intake.scan_all()
        fill(folder, recording, "new.mp4")
        await bench.until(lambda: bench.desk.names == ["new.mp4"])
        await bench.intake.scan_all()
        await bench.pass_time(10)
        assert bench.desk.names == ["new.mp4"]
        assert bench.memory.existing == [("clips", "old.mp4")]


async def test_files_of_all_folders_of_a_rule_count_together(folder, recording, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    fill(folder, recording, "a.mp4", "b.mp4")
    fill(other, recording, "c.mp4", "d.mp4")
    async with started(make_rule(folder, other), backlog=3) as bench:
        await bench.intake.scan_all()
        await bench.until(lambda: len(bench.desk.taken) == 4)
        assert len(held_names(bench)) == 4


async def test_backlog_that_a_crash_cut_off_is_held_after_it_too(folder, recording):
    fill(folder, recording, "a.mp4", "b.mp4", "c.mp4")
    memory, book = Memory(), ForgetfulBook()
    async with started(make_rule(folder), memory=memory, book=book, backlog=2) as bench:
        await bench.intake.scan_all()
        assert bench.desk.taken == []
    shutil.move(folder / "c.mp4", folder.parent / "c.mp4")
    async with started(make_rule(folder), memory=memory, book=book, backlog=2) as bench:
        await bench.intake.scan_all()
        await bench.until(lambda: len(bench.desk.taken) == 2)
        assert held_names(bench) == ["a.mp4", "b.mp4"]


async def test_first_look_is_over_when_every_file_was_taken_or_found_incomplete(folder, recording):
    fill(folder, recording, "a.mp4", "b.mp4")
    (folder / "half.mp4").write_bytes((folder / "a.mp4").read_bytes()[:2000])
    (folder / "empty.mp4").touch()
    book = ForgetfulBook()
    async with started(make_rule(folder), book=book, backlog=1) as bench:
        await bench.intake.scan_all()
        assert book.finished() == set()
        await bench.until(lambda: book.finished() == {FirstLook("clips", folder)})
        shutil.copy(recording, folder / "half.mp4")
        await bench.until(lambda: "half.mp4" in bench.desk.names)
        assert held_names(bench) == ["a.mp4", "b.mp4"]


async def test_folder_that_was_offline_is_looked_at_for_the_first_time_when_it_is_back(tmp_path, recording):
    late = tmp_path / "late"
    book = ForgetfulBook()
    async with started(make_rule(late), book=book, backlog=1) as bench:
        await bench.intake.scan_all()
        assert book.finished() == set()
        late.mkdir()
        fill(late, recording, "a.mp4", "b.mp4")
        await bench.intake.scan_all()
        await bench.until(lambda: len(bench.desk.taken) == 2)
        assert held_names(bench) == ["a.mp4", "b.mp4"]


async def test_rules_that_are_changed_count_for_what_is_saved_from_then_on(folder, recording, tmp_path):
    added = tmp_path / "added"
    added.mkdir()
    fill(added, recording, "there.mp4")
    async with started(make_rule(folder)) as bench:
        await bench.intake.scan_all()
        await bench.intake.follow([make_rule(added, name="stills")], backlog=5)
        await bench.intake.scan_all()
        fill(folder, recording, "no-longer.mp4")
        fill(added, recording, "later.mp4")
        await bench.until(lambda: bench.desk.names == ["later.mp4", "there.mp4"])
        await bench.pass_time(5)
        assert bench.desk.names == ["later.mp4", "there.mp4"]
        assert [status.folder for status in bench.intake.folders()] == [added]


async def test_file_of_a_rule_that_is_gone_is_no_longer_waited_for(folder, recording):
    async with started(make_rule(folder), make_rule(folder, name="stills")) as bench:
        await bench.intake.scan_all()
        fill(folder, recording, "talk.mp4")
        await bench.until(lambda: len(bench.intake.pending()) == 2)
        await bench.intake.follow([make_rule(folder, name="stills")], backlog=5)
        await bench.until(lambda: bench.intake.idle() and bench.desk.taken)
        assert [ready.rule.name for ready in bench.desk.taken] == ["stills"]


class BrokenBook(ForgetfulBook):
    """Can't be written for a while, as on a full disk."""

    is_broken = True

    def decide(self, look, decision) -> None:
        if self.is_broken:
            raise OSError(28, "No space left on device")
        super().decide(look, decision)


async def test_scan_that_broke_off_is_done_again_and_the_backlog_is_held_then(folder, recording):
    fill(folder, recording, "a.mp4", "b.mp4")
    book = BrokenBook()
    async with started(make_rule(folder), book=book, backlog=1) as bench:
        await bench.intake.scan_all()
        await bench.pass_time(5)
        assert bench.desk.taken == []
        book.is_broken = False
        await bench.intake.scan_all()
        await bench.until(lambda: len(bench.desk.taken) == 2)
        assert held_names(bench) == ["a.mp4", "b.mp4"]
