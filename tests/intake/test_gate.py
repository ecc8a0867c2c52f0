import os

import pytest
from helpers import make_video
from intake_parts import make_rule

from nemowatch.intake.gate import Changed, NotYet, Refused, check_file
from nemowatch.intake.look import is_behind_link, read_version
from nemowatch.intake.records import FileVersion, Ready


async def check(path, folder=None):
    folder = folder or path.parent
    version = read_version(path) or FileVersion(path, 1, 1, 1)
    return await check_file(version, make_rule(folder), folder)


async def test_whole_recording_is_ready(tmp_path):
    answer = await check(make_video(tmp_path / "talk.mp4", seconds=1.0))
    assert isinstance(answer, Ready)
    assert answer.media.kind == "video"
    assert answer.version.path == tmp_path / "talk.mp4"
    assert answer.folder == tmp_path


async def test_mp4_without_its_index_is_not_ready_yet(tmp_path):
    path = make_video(tmp_path / "talk.mp4", seconds=1.0)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    answer = await check(path)
    assert isinstance(answer, NotYet)
    assert "talk.mp4" in answer.reason


async def test_text_named_like_a_film_is_refused(tmp_path):
    path = tmp_path / "diary.mp4"
    path.write_text("Dear diary, nobody must ever read this.\n" * 20)
    answer = await check(path)
    assert isinstance(answer, Refused)
    assert "diary.mp4" in answer.reason


async def test_list_of_addresses_is_ready_without_media(tmp_path):
    (tmp_path / "talks.urls").write_text("# Tuesday\r\nhttps://example.org/a.mp4\r\n")
    answer = await check(tmp_path / "talks.urls")
    assert isinstance(answer, Ready)
    assert (answer.media, answer.duration_seconds) == (None, None)


async def test_list_with_a_wrong_line_is_refused_with_the_line(tmp_path):
    (tmp_path / "talks.urls").write_text("https://example.org/a.mp4\nfile:///etc/passwd\n")
    answer = await check(tmp_path / "talks.urls")
    assert isinstance(answer, Refused)
    assert answer.reason.startswith('talks.urls, line 2: "file:///etc/passwd" is not an address')


@pytest.mark.parametrize("content", ["", "# nothing yet\n\n"])
async def test_list_without_an_address_is_not_ready_yet(tmp_path, content):
    (tmp_path / "talks.urls").write_text(content)
    assert await check(tmp_path / "talks.urls") == NotYet("talks.urls holds no address yet.")


async def test_film_named_like_a_list_of_addresses_is_refused(tmp_path):
    make_video(tmp_path / "talk.mp4", seconds=1.0).rename(tmp_path / "talk.urls")
    assert isinstance(await check(tmp_path / "talk.urls"), Refused)


async def test_link_to_a_list_of_addresses_is_not_taken(tmp_path):
    (tmp_path / "private.urls").write_text("https://example.org/a.mp4")
    (tmp_path / "talks.urls").symlink_to("private.urls")
    assert await check(tmp_path / "talks.urls") == Changed(None)


async def test_pipe_does_not_block_and_is_not_taken(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    assert await check(tmp_path / "pipe.mp4") == Changed(None)


async def test_link_to_a_recording_is_not_taken(tmp_path):
    make_video(tmp_path / "private" / "talk.mp4", seconds=1.0)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "talk.mp4").symlink_to(tmp_path / "private" / "talk.mp4")
    assert await check(tmp_path / "in" / "talk.mp4") == Changed(None)


async def test_recording_in_a_linked_subfolder_is_not_taken(tmp_path):
    make_video(tmp_path / "private" / "talk.mp4", seconds=1.0)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "day1").symlink_to(tmp_path / "private")
    assert await check(tmp_path / "in" / "day1" / "talk.mp4", tmp_path / "in") == Changed(None)


async def test_file_that_is_another_version_by_now_has_changed(tmp_path):
    path = make_video(tmp_path / "talk.mp4", seconds=1.0)
    version = read_version(path)
    with path.open("ab") as file:
        file.write(b"more")
    assert await check_file(version, make_rule(tmp_path), tmp_path) == Changed(read_version(path))


async def test_file_that_is_gone_by_now_is_gone(tmp_path):
    assert await check(tmp_path / "talk.mp4") == Changed(None)


@pytest.mark.usefixtures("as_ordinary_user")
async def test_file_that_may_not_be_read_is_waited_for(tmp_path):
    path = make_video(tmp_path / "talk.mp4", seconds=1.0)
    path.chmod(0)
    assert await check(path) == NotYet("it can't be read: Permission denied")


def test_link_above_the_watch_folder_is_no_way_out(tmp_path):
    (tmp_path / "disk" / "in" / "day1").mkdir(parents=True)
    (tmp_path / "home").symlink_to(tmp_path / "disk")
    folder = tmp_path / "home" / "in"
    assert not is_behind_link(folder, folder)
    assert not is_behind_link(folder, folder / "day1")


async def test_link_to_itself_leads_nowhere(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    version = FileVersion(tmp_path / "loop" / "talk.mp4", 1, 1, 1)
    assert isinstance(await check_file(version, make_rule(tmp_path), tmp_path), NotYet)


def test_folder_is_no_version(tmp_path):
    assert read_version(tmp_path) is None


def test_path_through_a_file_is_no_version(tmp_path):
    (tmp_path / "file").touch()
    assert read_version(tmp_path / "file" / "talk.mp4") is None


async def test_file_that_cannot_be_looked_at_is_waited_for(tmp_path):
    path = tmp_path / f"{'x' * 300}.mp4"
    answer = await check_file(FileVersion(path, 1, 1, 1), make_rule(tmp_path), tmp_path)
    assert answer == NotYet("it can't be read: File name too long")
