"""Prompts beside a recording are read whole, or refused before anything is asked."""

from __future__ import annotations

import contextlib
import os
import string
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemowatch.rules.prompt_file import (
    MAX_BYTES,
    MAX_PROMPTS,
    WrongPromptFile,
    prompt_file_of,
    read_prompt_file,
    recording_of,
)
from nemowatch.rules.template import PROMPT_PLACEHOLDERS, render


def recording_with(folder: Path, content: str | bytes) -> Path:
    """A recording's path, with such a prompt file beside it; the recording itself is never looked at."""
    recording = folder / "talk.mp4"
    prompt_file_of(recording).write_bytes(content.encode() if isinstance(content, str) else content)
    return recording


def refusal(folder: Path, content: str | bytes) -> str:
    with pytest.raises(WrongPromptFile) as caught:
        read_prompt_file(recording_with(folder, content))
    assert caught.value.hint == "Mend it, or delete it to use the rule's prompts."
    return caught.value.message


def test_recording_without_a_prompt_file_has_none(tmp_path: Path) -> None:
    assert read_prompt_file(tmp_path / "talk.mp4") is None


@pytest.mark.parametrize(
    ("content", "prompts"),
    [
        ("make it short", ("make it short",)),
        ("make it short\nadd captions\n", ("make it short", "add captions")),
        ("\ufeff  make it short \r\n\r\n\r\nadd captions\r\n", ("make it short", "add captions")),
        ("# 1 clip\rexport 1080p MP4", ("# 1 clip", "export 1080p MP4")),
        ("clip {stem} of {date}, {{quoted}}", ("clip {stem} of {date}, {{quoted}}",)),
        ("加上字幕\nÄndere nichts 🎬", ("加上字幕", "Ändere nichts 🎬")),
        ("one\x0ctwo\u2028three", ("one\x0ctwo\u2028three",)),
    ],
)
def test_every_line_is_a_prompt(tmp_path: Path, content: str, prompts: tuple[str, ...]) -> None:
    assert read_prompt_file(recording_with(tmp_path, content)) == prompts


@pytest.mark.parametrize("content", ["", "\n \t\r\n", "\ufeff"])
def test_empty_prompt_file_changes_nothing(tmp_path: Path, content: str) -> None:
    assert read_prompt_file(recording_with(tmp_path, content)) is None


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("clip of {stemm}", "{stemm} is not a placeholder. Placeholders: {watch} {rule} {dir} {stem} {name}"),
        ("clip of {}", "{} is not a placeholder"),
        ("make {", 'a single "{" stands alone. Write "{{"'),
        ("make }", 'a single "}" stands alone. Write "}}"'),
    ],
)
def test_wrong_placeholder_is_named_with_file_and_line(tmp_path: Path, line: str, cause: str) -> None:
    message = refusal(tmp_path, f"make it short\r\n\r\n{line}\r\n")
    assert message.startswith(f"The prompt file {tmp_path}/talk.mp4.prompt.txt, line 3: ")
    assert cause in message


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("short".encode("utf-16"), "is saved as UTF-16; save it as UTF-8"),
        (b"sch\xf6n", "is not UTF-8 (byte 0xf6 on line 1); save it as UTF-8"),
        (b"a\0b", "is a binary file, not text"),
        (b"a" * (MAX_BYTES + 1), "is larger than 64 KiB"),
    ],
)
def test_file_that_is_no_small_text_is_refused(tmp_path: Path, content: bytes, cause: str) -> None:
    assert refusal(tmp_path, content) == f"The prompt file {tmp_path}/talk.mp4.prompt.txt {cause}."


def test_page_of_prose_is_not_sent_line_by_line(tmp_path: Path) -> None:
    assert len(read_prompt_file(recording_with(tmp_path, "a\n\n" * MAX_PROMPTS)) or ()) == MAX_PROMPTS
    assert "holds 51 prompts, one a line; 50 are the most" in refusal(tmp_path, "a\n" * (MAX_PROMPTS + 1))


def test_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "private").write_text("my diary")
    prompt_file_of(tmp_path / "talk.mp4").symlink_to("private")
    with pytest.raises(WrongPromptFile, match="symbolic link, and links are never followed"):
        read_prompt_file(tmp_path / "talk.mp4")


def test_link_to_nothing_is_told_too(tmp_path: Path) -> None:
    prompt_file_of(tmp_path / "talk.mp4").symlink_to("nothing")
    with pytest.raises(WrongPromptFile, match="symbolic link"):
        read_prompt_file(tmp_path / "talk.mp4")


def test_folder_and_pipe_are_told_and_block_nothing(tmp_path: Path) -> None:
    prompt_file_of(tmp_path / "a.mp4").mkdir()
    os.mkfifo(prompt_file_of(tmp_path / "b.mp4"))
    with pytest.raises(WrongPromptFile, match="is a folder, not a text file"):
        read_prompt_file(tmp_path / "a.mp4")
    with pytest.raises(WrongPromptFile, match="is a pipe or device, not a text file"):
        read_prompt_file(tmp_path / "b.mp4")


@pytest.mark.usefixtures("as_ordinary_user")
def test_prompt_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    recording = recording_with(tmp_path, "make it short")
    prompt_file_of(recording).chmod(0)
    with pytest.raises(WrongPromptFile, match=r"can't be read: Permission denied"):
        read_prompt_file(recording)


def test_recording_and_prompt_file_name_each_other() -> None:
    recording = Path("/in/day1/talk.mp4")
    assert prompt_file_of(recording) == Path("/in/day1/talk.mp4.prompt.txt")
    assert recording_of(prompt_file_of(recording)) == recording
    assert recording_of(Path("/in/.prompt.txt")) is None
    assert recording_of(Path("/in/prompt.txt")) is None
    assert recording_of(recording) is None


@given(st.text(alphabet=string.ascii_lowercase + "{}\n\r \ufeffé", max_size=60))
def test_what_is_read_can_be_filled_in(content: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        recording = recording_with(Path(folder), content)
        prompts: tuple[str, ...] = ()
        with contextlib.suppress(WrongPromptFile):
            prompts = read_prompt_file(recording) or ()
    assert all(render(prompt, dict.fromkeys(PROMPT_PLACEHOLDERS, "x")) for prompt in prompts)


@given(st.binary(max_size=40))
def test_any_bytes_give_prompts_or_a_told_reason(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        recording = recording_with(Path(folder), content)
        prompts, reason = None, "talk.mp4.prompt.txt"
        try:
            prompts = read_prompt_file(recording)
        except WrongPromptFile as error:
            reason = str(error)
    assert "talk.mp4.prompt.txt" in reason
    assert prompts is None or all(prompts)
