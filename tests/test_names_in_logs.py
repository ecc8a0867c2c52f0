"""Names of files are chosen by others: none may forge a line of the log or drive the terminal that shows it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemowatch.logs import show_controls

FORGERY = "2026-01-31 18:05:59.000 INFO     job done"
NAMES = (
    f"talk.mp4\n{FORGERY}",
    f"talk.mp4\r\n{FORGERY}",
    f"talk\u2028{FORGERY}\u2029.mp4",
    "talk\x1b[2J\x1b]0;owned\x07.mp4",
    "talk\x9b2J.mp4",
    "talk\u202egpj.mp4",
    "talk\u2066\u200f.mp4",
    os.fsdecode(b"talk\xff.mp4"),
    "-rf {message} {0} <red>été 📹.mp4",
)
_DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
_PROGRAM = """
import json, sys
from loguru import logger
from nemowatch.logs import configure_logs

configure_logs("INFO", sys.argv[1])
for name in json.loads(sys.argv[2]):
    logger.info(f"/in/{name}: not taken yet")
    try:
        raise RuntimeError(f"/in/{name} is broken")
    except RuntimeError as error:
        logger.opt(exception=error).error("Not taken.")
"""


def logged(style: str, encoding: str = "utf-8") -> str:
    ended = subprocess.run(
        [sys.executable, "-c", _PROGRAM, style, json.dumps(NAMES)],
        check=True,
        capture_output=True,
        timeout=60,
        env=os.environ | {"PYTHONIOENCODING": encoding},
    )
    return ended.stderr.decode(encoding)


def is_harmless(text: str) -> bool:
    """Whether a terminal shows a text as it is, but for its line ends."""
    return not [
        character
        for character in text.replace("\n", "")
        if unicodedata.category(character) == "Cc" or unicodedata.bidirectional(character) in _DIRECTIONS
    ] and len(text.splitlines()) == text.count("\n")


def test_name_in_a_text_log_stays_in_its_line_and_drives_no_terminal() -> None:
    text = logged("text")
    assert is_harmless(text)
    lines = text.splitlines()
    assert len([line for line in lines if "not taken yet" in line]) == len(NAMES)
    # Only the lines that this program wrote begin with a time.
    assert len([line for line in lines if line.startswith("20")]) == 2 * len(NAMES)
    assert r"/in/talk\x1b[2J\x1b]0;owned\x07.mp4: not taken yet" in text
    assert r"/in/talk\u202egpj.mp4: not taken yet" in text
    assert r"/in/talk\udcff.mp4: not taken yet" in text
    assert "/in/-rf {message} {0} <red>été 📹.mp4: not taken yet" in text


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_name_in_a_json_log_is_read_back_as_it_is(encoding: str) -> None:
    text = logged("json", encoding)
    assert is_harmless(text)
    messages = [json.loads(line)["message"] for line in text.splitlines()]
    assert messages[::2] == [f"/in/{name}: not taken yet" for name in NAMES]


@given(st.text())
def test_no_text_takes_more_than_one_line_or_turns_its_direction(text: str) -> None:
    assert is_harmless(f"{show_controls(text)}\n")


@given(st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_plain_text_is_shown_as_it_is(text: str) -> None:
    assert show_controls(text) == text
