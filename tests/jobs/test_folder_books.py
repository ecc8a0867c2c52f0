from pathlib import Path

import pytest

from nemowatch.jobs.database import Database
from nemowatch.jobs.folder_books import FirstLookTable, FolderTable, KeptLook
from nemowatch.jobs.known_files import KnownFileBook
from nemowatch.jobs.records import SourceFile

FOLDER = Path("/recordings/talks")


@pytest.fixture
def database(tmp_path):
    opened = Database(tmp_path / "state.db")
    yield opened
    opened.close()


def test_first_look_is_kept_as_it_was_written_last(database):
    table = FirstLookTable(database)
    table.write(KeptLook("clips", FOLDER, "hold", is_finished=False))
    table.write(KeptLook("clips", FOLDER, "take", is_finished=True))
    assert table.read() == (KeptLook("clips", FOLDER, "take", is_finished=True),)


def test_forgotten_looks_are_those_of_one_rule(database):
    table = FirstLookTable(database)
    table.write(KeptLook("clips", FOLDER, "take", is_finished=True))
    table.write(KeptLook("stills", FOLDER, "take", is_finished=True))
    table.forget("clips")
    assert [look.rule for look in table.read()] == ["stills"]


def test_folder_is_remembered_with_its_identity(database):
    table = FolderTable(database)
    assert table.read(FOLDER) is None
    table.write(FOLDER, "ext4:12", had_files=False)
    table.write(FOLDER, "ext4:12", had_files=True)
    assert table.read(FOLDER) == ("ext4:12", True)


def test_skipped_files_are_known_after_a_restart_until_the_rule_takes_them(database):
    old = [SourceFile(FOLDER / f"{number}.mp4", 5, 6, number) for number in range(3)]
    book = KnownFileBook(database)
    book.write_existing("clips", old, now=1.0)
    again = KnownFileBook(database)
    assert all(again.is_known("clips", source) for source in old)
    assert again.forget_existing("clips") == 3
    assert not any(again.is_known("clips", source) for source in old)
    assert not KnownFileBook(database).is_known("clips", old[0])


def test_refused_files_are_not_forgotten_with_the_skipped_ones(database):
    refused = SourceFile(FOLDER / "page.mp4", 5, 6, 7)
    book = KnownFileBook(database)
    book.note("clips", refused)
    book.write_refusal("clips", refused, "a web page", now=1.0)
    assert book.forget_existing("clips") == 0
    assert KnownFileBook(database).is_known("clips", refused)


def test_file_that_met_no_condition_is_looked_at_again_when_the_rule_has_another(database):
    short = SourceFile(FOLDER / "short.mp4", 5, 6, 7)
    book = KnownFileBook(database)
    book.note("clips", short)
    book.write_refusal("clips", short, "it plays 5 s", condition="duration >=10m", now=1.0)
    assert book.forget_unmet("clips", "duration >=10m") == 0
    assert book.is_known("clips", short)
    assert book.forget_unmet("clips", "duration >=5m") == 1
    assert not book.is_known("clips", short)
