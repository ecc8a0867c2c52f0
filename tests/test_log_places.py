"""Where the log goes: the journal with priorities, a file that never grows for ever, or both of file and stderr."""

from __future__ import annotations

import io
import json
import os
import re
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from loguru import logger

from nemowatch import logs
from nemowatch.logs import LogFile, configure_logs, hide_secret

PROGRAM = """
import json, logging, os, sys
from loguru import logger
from nemowatch.logs import LogFile, configure_logs

facts = os.fstat(2)
if sys.argv[2] == "journal":
    os.environ["JOURNAL_STREAM"] = f"{facts.st_dev}:{facts.st_ino}"
if sys.argv[2] == "another journal":
    os.environ["JOURNAL_STREAM"] = f"{facts.st_dev}:{facts.st_ino + 1}"
if sys.argv[2] == "launchd":
    os.environ["NEMOWATCH_SERVICE"] = "launchd"
from pathlib import Path
configure_logs("DEBUG", sys.argv[1], file=LogFile(Path(sys.argv[3])))
for level in ("CRITICAL", "ERROR", "WARNING", "SUCCESS", "INFO", "DEBUG"):
    logger.bind(job="ab12").log(level, f"a {level.lower()}\\nof two lines")
try:
    local_secret = "swordfish"
    raise RuntimeError("refused: Bearer nmv_usr_abcdef0123")
except RuntimeError:
    logger.exception("It broke.")
"""
STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}"


def write_messages(style: str, where: str, path: Path) -> list[str]:
    """The lines on stderr of a program that logs at every level, and a traceback."""
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, style, where, path],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return ended.stderr.splitlines()


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LogFile]:
    """The file into which this process logs, nothing else."""
    monkeypatch.setenv("NEMOWATCH_SERVICE", "launchd")
    monkeypatch.setattr(logs, "_kept_files", [])
    file = LogFile(tmp_path / "logs" / "nemowatch.log")
    configure_logs("INFO", file=file)
    yield file
    file.close()
    monkeypatch.undo()
    configure_logs("INFO")


def text_of(log: LogFile) -> str:
    return Path(log.baseFilename).read_text(encoding="utf-8")


def test_journal_gets_priorities_and_keeps_the_time_itself(tmp_path: Path) -> None:
    lines = write_messages("text", "journal", tmp_path / "state/log")
    assert lines[:6] == [
        r"<2>[ab12] a critical\nof two lines",
        r"<3>[ab12] a error\nof two lines",
        r"<4>[ab12] a warning\nof two lines",
        r"<5>[ab12] a success\nof two lines",
        r"<6>[ab12] a info\nof two lines",
        r"<7>[ab12] a debug\nof two lines",
    ]
    # Of a traceback every line is an entry of its own, as severe as the first.
    assert lines[6] == "<3>It broke."
    assert len(lines) > 8
    assert all(line.startswith("<3>") for line in lines[6:])
    assert "swordfish" not in "\n".join(lines)
    assert "abcdef0123" not in "\n".join(lines)
    assert not (tmp_path / "state").exists()


def test_json_in_the_journal_is_one_entry_a_message_with_its_priority(tmp_path: Path) -> None:
    lines = write_messages("json", "journal", tmp_path / "log")
    assert [line[:3] for line in lines] == ["<2>", "<3>", "<4>", "<5>", "<6>", "<7>", "<3>"]
    assert [json.loads(line[3:])["level"] for line in lines][-2:] == ["DEBUG", "ERROR"]


def test_stderr_that_is_not_the_journal_has_times_and_the_file_the_same(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "nemowatch.log"
    lines = write_messages("text", "another journal", path)
    assert re.fullmatch(rf"{STAMP} CRITICAL \[ab12\] a critical\\nof two lines", lines[0])
    assert path.read_text().splitlines() == lines
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_launchd_leaves_everything_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "nemowatch.log"
    assert write_messages("json", "launchd", path) == []
    entries = [json.loads(line) for line in path.read_text().splitlines()]
    assert entries[0]["job"] == "ab12"
    assert "refused: Bearer [secret]" in entries[-1]["exception"]


def test_full_file_is_put_aside_and_only_a_few_old_ones_are_kept(
    log: LogFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "maxBytes", 300)
    for number in range(60):
        logger.info(f"message {number}")
    folder = Path(log.baseFilename).parent
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["nemowatch.log", *(f"nemowatch.log.{number}" for number in range(1, 5))]
    assert text_of(log).endswith("message 59\n")
    assert all(path.stat().st_size <= 300 for path in folder.iterdir())
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in folder.iterdir())


def test_secret_and_name_that_is_no_text_are_fit_for_the_file(
    log: LogFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_secrets", set())
    hide_secret("horse-battery")
    name = os.fsdecode(b"talk-{0}-<red>-\xff.mp4")
    logger.info(f"{name} été 📹 horse-battery")
    assert r"talk-{0}-<red>-\udcff.mp4 été 📹 [secret]" in text_of(log)


def test_file_that_was_taken_away_is_begun_anew(log: LogFile) -> None:
    logger.info("first")
    Path(log.baseFilename).unlink()
    logger.info("second")
    assert [line.rpartition(" ")[2] for line in text_of(log).splitlines()] == ["second"]


def test_log_that_can_not_be_written_is_told_once_and_stops_nothing(
    log: LogFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = io.StringIO()
    monkeypatch.setattr(sys, "stderr", told)
    folder = Path(log.baseFilename).parent
    folder.write_text("a file where the folder should be")
    logger.info("one")
    logger.info("two")
    assert told.getvalue().splitlines() == [
        f"The log {log.baseFilename} can't be written: File exists. It is tried again with each message."
    ]
    folder.unlink()
    logger.info("three")
    assert "three" in text_of(log)


def test_reader_of_stderr_that_has_gone_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_kept_files", [])
    with tempfile.TemporaryFile("w") as closed:
        pass
    monkeypatch.setattr(sys, "stderr", closed)
    configure_logs("INFO")
    logger.info("nobody hears it")
    monkeypatch.undo()
    configure_logs("INFO")


def test_new_level_and_form_keep_the_file(log: LogFile) -> None:
    configure_logs("DEBUG", "json")
    logger.debug("a detail")
    assert json.loads(text_of(log))["message"] == "a detail"


def test_secret_that_json_writes_with_escapes_is_hidden_and_the_line_stays_json(
    log: LogFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_secrets", set())
    hide_secret('mailto://me:pass"wörd@host')
    configure_logs("INFO", "json")
    logger.info('mailto://me:pass"wörd@host refuses Bearer abcdef')
    assert json.loads(text_of(log))["message"] == "[secret] refuses Bearer [secret]"
