"""Whether somebody still writes into a file, asked of the system with real other programs."""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nemowatch.intake import filesystems
from nemowatch.intake.lease import is_open_for_writing

ON_LINUX = sys.platform == "linux"
STILL_WRITTEN = True if ON_LINUX else None
"""Other systems can't tell."""
NOT_WRITTEN = False if ON_LINUX else None

_OPENER = """
import sys
with open(sys.argv[1], sys.argv[2]) as file:
    print("open", flush=True)
    sys.stdin.read()
"""
_HOLDER = """
import fcntl, os, sys
sys.path.insert(0, sys.argv[2])
from helpers import wait_until
from nemowatch.intake.lease import hold_read_lease

descriptor = os.open(sys.argv[1], os.O_RDONLY)
with hold_read_lease(descriptor):
    print("held", flush=True)
    # The kernel wants the lease back: a writer waits, and the signal was sent.
    wait_until(lambda: fcntl.fcntl(descriptor, fcntl.F_GETLEASE) == fcntl.F_UNLCK)
print("alive", flush=True)
"""
_RESTLESS_WRITER = """
import sys
while True:
    with open(sys.argv[1], "r+b"):
        pass
    print("again", flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "talk.mp4").write_bytes(b"recorded so far")
    return tmp_path / "talk.mp4"


@contextmanager
def program(code: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Another program, running until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def test_file_that_nobody_has_open_is_not_written(path: Path) -> None:
    assert is_open_for_writing(path) is NOT_WRITTEN


@pytest.mark.parametrize("mode", ["ab", "r+b"])
def test_file_is_written_as_long_as_another_program_has_it_open_for_writing(path: Path, mode: str) -> None:
    with program(_OPENER, str(path), mode) as writer:
        assert writer.stdout.readline() == "open\n"
        assert is_open_for_writing(path) is STILL_WRITTEN
        writer.communicate("")
        assert is_open_for_writing(path) is NOT_WRITTEN


def test_readers_are_no_writers(path: Path) -> None:
    with program(_OPENER, str(path), "rb") as reader, path.open("rb"):
        assert reader.stdout.readline() == "open\n"
        assert is_open_for_writing(path) is NOT_WRITTEN


def test_memory_map_keeps_a_file_open_after_its_descriptor_is_closed(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    with mmap.mmap(descriptor, 0):
        os.close(descriptor)
        assert is_open_for_writing(path) is STILL_WRITTEN
    assert is_open_for_writing(path) is NOT_WRITTEN


def test_writing_through_another_name_of_the_file_counts(path: Path, tmp_path: Path) -> None:
    os.link(path, tmp_path / "other-name")
    with (tmp_path / "other-name").open("ab"):
        assert is_open_for_writing(path) is STILL_WRITTEN


def test_writer_that_opens_the_file_during_the_lease_does_not_end_this_process(path: Path) -> None:
    # Other systems have no leases, and nothing is asked there.
    if not ON_LINUX:
        assert is_open_for_writing(path) is None
        return
    with program(_HOLDER, str(path), str(Path(__file__).parents[1])) as holder:
        assert holder.stdout.readline() == "held\n"
        with path.open("ab"):  # waits until the lease is given back
            assert holder.stdout.readline() == "alive\n"
        assert holder.wait() == 0


def test_writer_that_comes_and_goes_all_the_time_is_answered_for_each_time(path: Path) -> None:
    with program(_RESTLESS_WRITER, str(path)) as writer:
        answers = set()
        for _ in range(300):
            assert writer.stdout.readline() == "again\n"
            answers.add(is_open_for_writing(path))
    assert answers <= {STILL_WRITTEN, NOT_WRITTEN}


@pytest.mark.usefixtures("as_ordinary_user")
def test_nothing_can_be_known_of_other_users_files() -> None:
    assert is_open_for_writing(Path("/etc/passwd")) is None


@pytest.mark.parametrize("answer", [errno.EINVAL, errno.EOPNOTSUPP, errno.ENOLCK, errno.ENOSYS])
def test_nothing_can_be_known_where_there_are_no_leases(
    path: Path, monkeypatch: pytest.MonkeyPatch, answer: int
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(answer, os.strerror(answer))

    monkeypatch.setattr(fcntl, "fcntl", refuse)
    assert is_open_for_writing(path) is None


def test_refusal_on_a_share_says_nothing_of_writers(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Linux answers so for every file of NFS 4 that the server did not delegate.
    table = path.with_name("mountinfo")
    table.write_text(f"30 1 0:30 / {path.parent.resolve()} rw - nfs4 server:/export rw\n")
    with path.open("ab"):
        assert is_open_for_writing(path) is STILL_WRITTEN
        monkeypatch.setattr(filesystems, "_MOUNTINFO", table)
        assert is_open_for_writing(path) is None


def test_pipes_links_and_folders_are_not_opened(path: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(path)
    for other in ("pipe", "link", ""):
        assert is_open_for_writing(tmp_path / other) is None


def test_no_descriptor_is_left_open(path: Path) -> None:
    before = list(Path("/dev/fd").iterdir())
    with path.open("ab"):
        is_open_for_writing(path)
    is_open_for_writing(path)
    assert len(list(Path("/dev/fd").iterdir())) == len(before)


@pytest.mark.usefixtures("as_ordinary_user")
def test_file_that_may_not_be_read_is_an_error(path: Path) -> None:
    path.chmod(0)
    if ON_LINUX:
        with pytest.raises(PermissionError):
            is_open_for_writing(path)
    else:
        assert is_open_for_writing(path) is None
