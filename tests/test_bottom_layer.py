"""What everything stands on: units, files that appear whole, time, logs without secrets."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemowatch import logs
from nemowatch.atomic import sync_file, sync_folder, write_atomically
from nemowatch.clock import SystemClock
from nemowatch.errors import NemoWatchError
from nemowatch.logs import hide_secret, redact
from nemowatch.units import format_bytes, format_duration, parse_duration, parse_rate

# Units


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("250ms", 0.25),
        ("3s", 3),
        ("0.5s", 0.5),
        ("5m", 300),
        ("1h30m", 5400),
        (" 1 h 30 m ", 5400),
        ("2d", 172_800),
    ],
)
def test_duration_is_read_as_people_write_it(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "5", "m", "-5s", "5s!", "five minutes", "1h30", "5 weeks", "1..5s", "s5"]
)
def test_text_that_is_no_duration_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration") as caught:
        parse_duration(text)

    assert "5m" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "rate"),
    [("30/1m", (30, 60.0)), ("30/m", (30, 60.0)), (" 5 / 10s ", (5, 10.0)), ("1/1h30m", (1, 5400.0))],
)
def test_rate_is_read_as_a_count_per_so_many_seconds(text: str, rate: tuple[int, float]) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["", "30", "0/1m", "-1/1m", "30/", "/1m", "30/never", "1.5/1m"])
def test_text_that_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write a"):
        parse_rate(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (0.44, "0.4 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (185, "3 min 05 s"),
        (3599.7, "1 h 00 min"),
        (7800, "2 h 10 min"),
        (360_000, "100 h 00 min"),
    ],
)
def test_duration_is_shown_as_people_read_it(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.floats(min_value=0, max_value=1e6))
def test_shown_duration_is_off_by_no_more_than_its_last_unit(seconds: float) -> None:
    units = {"s": 1.0, "min": 60.0, "h": 3600.0}
    parts = re.findall(r"([\d.]+) (s|min|h)", format_duration(seconds))
    shown = sum(float(number) * units[unit] for number, unit in parts)

    assert abs(shown - seconds) <= units[parts[-1][1]]


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (4_200_000, "4.2 MB"),
        (999_960, "1.0 MB"),
        (500_000_000, "500.0 MB"),
        (2.5e12, "2.5 TB"),
        (1e16, "10000.0 TB"),
    ],
)
def test_size_is_shown_in_decimal_units(count: float, text: str) -> None:
    assert format_bytes(count) == text


# Errors and time


def test_error_reads_as_what_failed_and_what_to_do() -> None:
    error = NemoWatchError("The disk is full.", hint="Free some space.")

    assert (str(error), error.message, error.hint) == (
        "The disk is full. Free some space.",
        "The disk is full.",
        "Free some space.",
    )
    assert error.exit_code == 1


def test_error_without_a_hint_ends_after_its_message() -> None:
    assert str(NemoWatchError("The disk is full.")) == "The disk is full."


async def test_system_clock_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock()
    before = clock.monotonic()

    await clock.sleep(0)

    assert clock.monotonic() >= before
    assert clock.now() > 1_700_000_000


# Files that appear whole


def test_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "token.json"

    write_atomically(path, b"first")
    write_atomically(path, b"second")

    assert path.read_bytes() == b"second"
    assert [each.name for each in tmp_path.iterdir()] == ["token.json"]


def test_file_gets_the_mode_that_was_asked_for_also_over_an_older_one(tmp_path: Path) -> None:
    path = tmp_path / "token.json"
    path.write_bytes(b"open to all")
    path.chmod(0o666)

    write_atomically(path, b"secret", mode=0o600)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_failed_write_keeps_the_old_file_and_leaves_no_scraps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = tmp_path / "token.json"
    path.write_bytes(b"old")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, refuse)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"new")

    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["token.json"]


def test_write_into_a_missing_folder_fails(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "absent" / "token.json", b"")


def test_syncing_takes_files_and_folders_and_says_when_they_are_gone(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    sync_file(tmp_path / "file")
    sync_folder(tmp_path)

    with pytest.raises(FileNotFoundError):
        sync_file(tmp_path / "absent")
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "absent")
    with pytest.raises(NotADirectoryError):
        sync_folder(tmp_path / "file")


# Logs


_LOGGING_PROGRAM = """
import logging, sys
from loguru import logger
from nemowatch.logs import configure_logs, hide_secret

configure_logs(sys.argv[1], sys.argv[2])

def ask_service(headers):
    local_secret = "swordfish-in-a-local"
    raise RuntimeError("refused: " + headers["Authorization"])

hide_secret("kept-token-1")
logger.debug("a detail\\nof two lines")
logger.bind(job="ab12").info("sent as kept-token-1 or environment-token-2")
try:
    ask_service({"Authorization": "Bearer nmv_usr_abcdef0123"})
except RuntimeError:
    logger.exception("The call failed.")
logging.getLogger("httpx").info("a library's chatter")
logging.getLogger("httpx").warning("library says nmv_usr_zyxwv9876 at https://x.test/?token=query-token-3&a=1")
"""
_SECRETS = (
    "swordfish",
    "kept-token",
    "environment-token",
    "abcdef0123",
    "zyxwv9876",
    "query-token",
)


def _log_lines(level: str, style: str) -> list[str]:
    ended = subprocess.run(
        [sys.executable, "-c", _LOGGING_PROGRAM, level, style],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"NEMO_TOKEN": "environment-token-2"},
    )
    assert ended.stdout == ""
    return ended.stderr.splitlines()


@pytest.mark.parametrize("style", ["text", "json"])
def test_no_secret_and_no_local_variable_reaches_the_log(style: str) -> None:
    text = "\n".join(_log_lines("DEBUG", style))

    assert "The call failed." in text
    assert "ask_service" in text  # the traceback is there
    assert not [secret for secret in _SECRETS if secret in text]
    assert text.count("[secret]") >= 5


def test_text_log_is_one_line_a_message_with_time_level_and_job() -> None:
    lines = _log_lines("INFO", "text")

    stamp = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}"
    assert re.fullmatch(rf"{stamp} INFO     \[ab12\] sent as \[secret\] or \[secret\]", lines[0])
    assert re.fullmatch(rf"{stamp} ERROR    The call failed\.", lines[1])
    assert lines[-2].endswith("RuntimeError: refused: Bearer [secret]")
    assert re.fullmatch(
        rf"{stamp} WARNING  httpx: library says \[secret\] at .*\?token=\[secret\]&a=1", lines[-1]
    )
    assert not [line for line in lines if "a detail" in line or "chatter" in line]


def test_line_break_in_a_message_does_not_forge_a_line() -> None:
    assert _log_lines("DEBUG", "text")[0].endswith(r"DEBUG    a detail\nof two lines")


def test_json_log_is_one_object_a_line() -> None:
    entries = [json.loads(line) for line in _log_lines("DEBUG", "json")]

    assert [entry["level"] for entry in entries] == ["DEBUG", "INFO", "ERROR", "WARNING"]
    assert entries[1]["job"] == "ab12"
    assert entries[1]["time"].endswith("+00:00")
    assert entries[2]["message"] == "The call failed."
    assert entries[2]["exception"].rstrip().endswith("RuntimeError: refused: Bearer [secret]")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("nmv_usr_abc-DEF_123!", "[secret]!"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [secret]"),
        ("https://x.test/d?token=abcdef&id=1", "https://x.test/d?token=[secret]&id=1"),
        ("the bearer of news, a token=5, anon_123", "the bearer of news, a token=5, anon_123"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_what_is_shaped_like_a_token_is_hidden(text: str, shown: str) -> None:
    assert redact(text) == shown


def test_named_secret_is_hidden_and_a_tiny_one_does_not_riddle_the_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logs, "_secrets", set())
    hide_secret("horse-battery")
    hide_secret("")
    hide_secret("a")

    assert redact("a horse-battery, a staple") == "a [secret], a staple"
