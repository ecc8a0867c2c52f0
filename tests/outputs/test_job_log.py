"""The job's log: one line per entry, nothing secret, nothing that forges a line."""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import FakeClock
from hypothesis import given
from hypothesis import strategies as st

from nemowatch import logs
from nemowatch.outputs.errors import OutputError
from nemowatch.outputs.job_log import JobLog

AFTERNOON = 1_773_839_109.0  # 2026-03-18 13:05:09 UTC


@pytest.fixture(autouse=True)
def _in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def log(tmp_path: Path) -> JobLog:
    return JobLog(tmp_path / "job1.log", FakeClock(AFTERNOON))


def test_each_entry_is_a_line_with_the_local_time_under_a_note_of_the_offset(tmp_path: Path) -> None:
    clock = FakeClock(AFTERNOON)
    log = JobLog(tmp_path / "job1.log", clock)

    log.append("Started: talk.mp4.")
    clock.move(61)
    log.append("Uploaded talk.mp4 (12.3 MB) in 4.1 s. Größe: 采访")

    assert log.read() == (
        "Times are local, UTC+01:00.\n"
        "2026-03-18 14:05:09  Started: talk.mp4.\n"
        "2026-03-18 14:06:10  Uploaded talk.mp4 (12.3 MB) in 4.1 s. Größe: 采访\n"
    )


def test_log_goes_on_where_an_earlier_process_left_it(tmp_path: Path, log: JobLog) -> None:
    log.append("first")
    JobLog(tmp_path / "job1.log", FakeClock(AFTERNOON)).append("second")

    assert [line.partition("  ")[2] for line in log.read().splitlines()[1:]] == ["first", "second"]


def test_log_that_does_not_exist_reads_as_nothing(log: JobLog) -> None:
    assert log.read() == ""


def test_time_is_the_machines_own_where_no_clock_is_given(tmp_path: Path) -> None:
    log = JobLog(tmp_path / "job1.log")
    log.append("now")

    assert re.search(r"^20\d\d-\d\d-\d\d \d\d:\d\d:\d\d  now$", log.read(), re.MULTILINE)


def test_entry_cannot_forge_a_line_or_steer_a_terminal(log: JobLog) -> None:
    log.append("two\r\n  lines\x1b[2J\tand \x07 a bell\u2028x\u202ey\x85z\n")

    assert log.read().splitlines()[1:] == [
        r"2026-03-18 14:05:09  two ⏎ lines\x1b[2J and \x07 a bell ⏎ x\u202ey ⏎ z"
    ]


@given(st.text(st.characters(exclude_categories=())))
def test_whatever_is_appended_is_one_line_of_valid_utf_8(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.mktemp("log") / "job1.log"
    JobLog(path, FakeClock(AFTERNOON)).append(text)

    assert len(path.read_text(encoding="utf-8").splitlines()) == 2


def test_secret_is_not_written(tmp_path: Path, log: JobLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_secrets", set())
    logs.hide_secret("correct-horse")

    log.append("token nmv_usr_abcdef123 and password correct-horse; Authorization: Bearer abcdef.123")

    content = (tmp_path / "job1.log").read_text()
    assert not any(secret in content for secret in ("abcdef", "correct-horse"))
    assert content.count("[secret]") == 3


def test_copy_is_whole_and_replaces_an_older_one(tmp_path: Path, log: JobLog) -> None:
    target = tmp_path / "job.log"
    target.write_text("older")
    log.append("one")

    log.copy_to(target)

    assert target.read_text(encoding="utf-8") == log.read()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["job.log", "job1.log"]


def test_copy_has_the_users_own_permissions(tmp_path: Path, log: JobLog) -> None:
    old = os.umask(0o002)
    try:
        log.copy_to(tmp_path / "job.log")
    finally:
        os.umask(old)

    assert stat.S_IMODE((tmp_path / "job.log").stat().st_mode) == 0o664


def test_copy_into_a_folder_that_is_gone_is_an_output_error(tmp_path: Path, log: JobLog) -> None:
    log.append("one")

    with pytest.raises(OutputError, match="absent"):
        log.copy_to(tmp_path / "absent" / "job.log")
