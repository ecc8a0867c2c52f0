import errno
import os
import shutil
import socket
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from helpers import make_video
from intake_parts import NearProber, make_rule

from nemowatch.intake import filesystems
from nemowatch.intake.asking import Asking
from nemowatch.intake.gate import Changed, Gate, NotYet, Refused
from nemowatch.intake.look import is_behind_link, read_version
from nemowatch.intake.records import FileVersion, Ready
from nemowatch.media.errors import MediaCrashed, MediaStalled, NotMedia
from nemowatch.media.probing import Probes
from nemowatch.media.workers import Workers
from nemowatch.rules.rule import When


async def check(path, folder=None, *, prober=None, **rule):
    folder = folder or path.parent
    version = read_version(path) or FileVersion(path, 1, 1, 1)
    return await Gate(prober or NearProber(), Asking()).check(
        version, replace(make_rule(folder), **rule), folder
    )


def say_mounted(monkeypatch, folder, *places):
    """Have the system's table of mounts name these places below a folder."""
    table = folder / "mountinfo"
    table.write_text(
        "".join(
            f"{number} 1 8:{number} / {(folder / place).resolve()} rw - ext4 /dev/disk{number} rw\n"
            for number, place in enumerate(places, 30)
        )
    )
    monkeypatch.setattr(filesystems, "_MOUNTINFO", table)
    monkeypatch.setattr(sys, "platform", "linux")


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


async def test_device_and_socket_are_not_opened_and_not_taken(tmp_path, monkeypatch):
    with tempfile.TemporaryDirectory(dir="/tmp") as short, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{short}/talk.mp4")
        for path in (Path(short, "talk.mp4"), Path("/dev/null"), Path("/dev/zero")):
            with monkeypatch.context() as nothing_opens:
                nothing_opens.setattr(os, "open", None)
                assert await check(path) == Changed(None)


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
    assert await Gate(NearProber(), Asking()).check(version, make_rule(tmp_path), tmp_path) == Changed(
        read_version(path)
    )


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
    assert isinstance(
        await Gate(NearProber(), Asking()).check(version, make_rule(tmp_path), tmp_path), NotYet
    )


def test_folder_is_no_version(tmp_path):
    assert read_version(tmp_path) is None


def test_path_through_a_file_is_no_version(tmp_path):
    (tmp_path / "file").touch()
    assert read_version(tmp_path / "file" / "talk.mp4") is None


async def test_file_that_cannot_be_looked_at_is_waited_for(tmp_path):
    path = tmp_path / f"{'x' * 300}.mp4"
    answer = await Gate(NearProber(), Asking()).check(
        FileVersion(path, 1, 1, 1), make_rule(tmp_path), tmp_path
    )
    assert answer == NotYet("it can't be read: File name too long")


async def test_whole_recording_that_a_program_still_has_open_for_writing_is_not_ready_yet(tmp_path):
    path = make_video(tmp_path / "talk.mkv", seconds=1.0, audio=False)
    with path.open("ab"):
        answer = await check(path)
    if sys.platform == "linux":
        assert answer == NotYet("another program still has it open for writing")
    assert isinstance(await check(path), Ready)


async def test_open_list_of_addresses_is_not_ready_yet(tmp_path):
    path = tmp_path / "talks.urls"
    with path.open("w") as file:
        file.write("https://example.org/a.mp4\n")
        file.flush()
        answer = await check(path)
    if sys.platform == "linux":
        assert answer == NotYet("another program still has it open for writing")
    assert isinstance(await check(path), Ready)


async def test_half_written_garbage_is_not_refused_while_it_is_open(tmp_path):
    path = tmp_path / "talk.mp4"
    with path.open("wb") as file:
        file.write(b"not an MP4 yet: the first bytes are written last" * 20)
        file.flush()
        answer = await check(path)
    if sys.platform == "linux":
        assert isinstance(answer, NotYet)
    assert isinstance(await check(path), Refused)


async def test_reader_does_not_hold_a_recording_up(tmp_path):
    path = make_video(tmp_path / "talk.mp4", seconds=1.0)
    with path.open("rb"):
        assert isinstance(await check(path), Ready)


@pytest.mark.parametrize("ending", [".aria2", "-lftp-pget-status", ".st"])
async def test_download_whose_progress_file_is_there_is_not_ready_yet(tmp_path, ending):
    path = make_video(tmp_path / "talk.mp4", seconds=1.0)
    progress = tmp_path / f"talk.mp4{ending}"
    progress.touch()
    assert await check(path) == NotYet(f"its download is not finished: {progress.name} is still there")
    progress.unlink()
    assert isinstance(await check(path), Ready)


@pytest.mark.parametrize("mounted", ["in/disk", "in/disk/talk.mp4"])
async def test_recording_on_another_disk_mounted_below_the_watch_folder_is_not_taken(
    tmp_path, monkeypatch, mounted
):
    path = make_video(tmp_path / "in" / "disk" / "talk.mp4", seconds=1.0)
    assert isinstance(await check(path, tmp_path / "in"), Ready)
    say_mounted(monkeypatch, tmp_path, mounted)
    assert await check(path, tmp_path / "in") == Changed(None)
    assert isinstance(await check(path), Ready) == (mounted == "in/disk")


async def test_mount_of_the_watch_folder_itself_or_beside_it_changes_nothing(tmp_path, monkeypatch):
    path = make_video(tmp_path / "in" / "talk.mp4", seconds=1.0)
    say_mounted(monkeypatch, tmp_path, "in", "in/other", "inn")
    assert isinstance(await check(path), Ready)


async def test_hard_link_is_a_recording_like_others(tmp_path):
    path = make_video(tmp_path / "private" / "talk.mp4", seconds=1.0)
    (tmp_path / "in").mkdir()
    os.link(path, tmp_path / "in" / "talk.mp4")
    assert isinstance(await check(tmp_path / "in" / "talk.mp4"), Ready)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>", "an HTML page"),
        (b"PK\x03\x04" + b"\x14" * 60, "a ZIP archive"),
        (b"Salted__" + bytes(range(255, 100, -1)) * 8, "unknown data"),
    ],
)
async def test_pages_archives_and_encrypted_files_named_like_films_are_refused(tmp_path, content, words):
    path = tmp_path / "talk.mp4"
    path.write_bytes(content)
    answer = await check(path)
    assert isinstance(answer, Refused)
    assert words in answer.reason


async def test_zeros_that_a_download_reserved_are_not_ready_yet(tmp_path):
    path = tmp_path / "talk.mp4"
    path.write_bytes(b"\0" * 50_000)
    answer = await check(path)
    assert isinstance(answer, NotYet)
    assert "zeros" in answer.reason


async def test_file_without_a_lasting_inode_number_is_the_same_version_at_every_look(tmp_path):
    path = make_video(tmp_path / "talk.mp4", seconds=1.0)
    version = read_version(path, keeps_inodes=False)
    assert version.inode == 0
    path.with_name("copy.mp4").write_bytes(path.read_bytes())
    os.utime(path.with_name("copy.mp4"), ns=(version.mtime_ns, version.mtime_ns))
    path.with_name("copy.mp4").rename(path)
    assert read_version(path, keeps_inodes=False) == version
    answer = await Gate(NearProber(), Asking()).check(version, make_rule(tmp_path), tmp_path)
    assert answer.version == version
    path.write_bytes(b"another one")
    answer = await Gate(NearProber(), Asking()).check(version, make_rule(tmp_path), tmp_path)
    assert answer == Changed(read_version(path, keeps_inodes=False))


async def test_recording_that_does_not_meet_the_rules_conditions_is_refused_with_its_value(folder, recording):
    shutil.copy(recording, folder / "talk.mp4")
    version = read_version(folder / "talk.mp4")
    rule = make_rule(folder)
    for when, words in (
        (When(duration=">=10m"), "it plays"),
        (When(size=">1GB"), "its size is"),
    ):
        answer = await Gate(NearProber(), Asking()).check(version, replace(rule, when=when), folder)
        assert isinstance(answer, Refused)
        assert answer.reason.startswith(words)
        assert answer.condition
    answer = await Gate(NearProber(), Asking()).check(
        version, replace(rule, when=When(">0s, <1h", ">1KB")), folder
    )
    assert isinstance(answer, Ready)


async def test_conditions_on_the_picture_and_the_streams_are_asked_of_what_the_file_holds(folder, recording):
    shutil.copy(recording, folder / "talk.mp4")
    for when in (When(resolution=">=720p"), When(streams="no audio"), When(streams="subtitles")):
        answer = await check(folder / "talk.mp4", when=when)
        assert isinstance(answer, Refused), when
        assert answer.condition
    assert isinstance(await check(folder / "talk.mp4", when=When(resolution="=160x120")), Ready)
    assert isinstance(await check(folder / "talk.mp4", when=When(streams="video, audio")), Ready)


class FailingProber(NearProber):
    """Ends as a worker may end."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    async def probe(self, path, **_version):
        raise self.error


async def test_file_that_crashes_who_looks_into_it_is_refused(folder, recording):
    shutil.copy(recording, folder / "talk.mp4")
    answer = await check(folder / "talk.mp4", prober=FailingProber(MediaCrashed("It crashed.")))
    assert answer == Refused("It crashed.")


@pytest.mark.parametrize(
    "error",
    [
        MediaCrashed("It was killed.", is_doubtful=True),
        MediaStalled("Nothing was heard."),
        OSError(errno.EAGAIN, "No process can be started"),
    ],
)
async def test_file_is_looked_at_again_where_it_may_not_be_its_own_fault(folder, recording, error):
    shutil.copy(recording, folder / "talk.mp4")
    assert isinstance(await check(folder / "talk.mp4", prober=FailingProber(error)), NotYet)


async def test_file_that_changes_while_it_is_looked_into_is_not_judged_by_what_was_found(folder, recording):
    path = folder / "talk.mp4"
    shutil.copy(recording, path)

    class LateWriter(NearProber):
        async def probe(self, path, **version):
            with path.open("ab") as file:
                file.write(b"more")
            raise NotMedia("talk.mp4 is no media.")

    assert await check(path, prober=LateWriter()) == Changed(read_version(path))


async def test_worker_looks_into_the_file_and_its_death_hurts_nobody_else(folder, recording):
    shutil.copy(recording, folder / "talk.mp4")
    workers = Workers()
    try:
        prober = Probes(workers)
        first = await check(folder / "talk.mp4", prober=prober)
        for worker in psutil.Process().children():
            worker.kill()
        (folder / "text.mp4").write_text("no film\n" * 1000)
        assert isinstance(await check(folder / "text.mp4", prober=prober), Refused)
    finally:
        await workers.close()
    assert isinstance(first, Ready)
    assert first.media.kind == "video"
