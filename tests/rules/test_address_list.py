"""Lists of addresses are read whole or refused with the line and the cause."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemowatch.rules.address_list import (
    MAX_ADDRESSES,
    MAX_BYTES,
    NoAddressYet,
    WrongAddressList,
    is_address_list,
    read_addresses,
)

GOOD = "https://media.example.org/opening.mp4"


def list_of(folder: Path, content: str | bytes) -> Path:
    path = folder / "talks.urls"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusal(folder: Path, content: str | bytes) -> str:
    with pytest.raises(WrongAddressList) as caught:
        read_addresses(list_of(folder, content))
    assert caught.value.hint
    return caught.value.message


@pytest.mark.parametrize(
    ("content", "addresses"),
    [
        (GOOD, (GOOD,)),
        (f"{GOOD}\n", (GOOD,)),
        (f"\ufeff{GOOD}\r\n\r\nHTTP://b.example/x\r\n", (GOOD, "HTTP://b.example/x")),
        (f"# Tuesday\n\n  {GOOD}  \n# http://not.this\n", (GOOD,)),
        (
            f"{GOOD}\rhttps://b.example:8443/?sig=a%20b&x={{y}}#t",
            (GOOD, "https://b.example:8443/?sig=a%20b&x={y}#t"),
        ),
        (f"{GOOD}\n{GOOD}\n", (GOOD,)),
        ("http://127.0.0.1:8700/a.mp4\nhttp://[::1]/b\n", ("http://127.0.0.1:8700/a.mp4", "http://[::1]/b")),
        ("https://例子.example/视频.mp4", ("https://例子.example/视频.mp4",)),
    ],
)
def test_addresses_are_read_in_order(tmp_path: Path, content: str, addresses: tuple[str, ...]) -> None:
    assert read_addresses(list_of(tmp_path, content)) == addresses


@pytest.mark.parametrize("content", ["", "\n\n", "# later\r\n  \r\n", "\ufeff"])
def test_list_without_an_address_is_not_complete_yet(tmp_path: Path, content: str) -> None:
    with pytest.raises(NoAddressYet, match=r"talks\.urls holds no address yet"):
        read_addresses(list_of(tmp_path, content))


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("talk.mp4", '"talk.mp4" is not an address that starts with http:// or https://'),
        ("ftp://example.org/a.mp4", "is not an address that starts with http:// or https://"),
        ("file:///etc/passwd", "is not an address that starts with http:// or https://"),
        ("https://", "is not an address that starts with http:// or https://"),
        ("https:///a.mp4", "is not an address that starts with http:// or https://"),
        ("http://[::1/a", "is not an address"),
        ("http://example.org:port/a", "is not an address"),
        ("https://example.org/my talk.mp4", "holds a space; write one address a line"),
        ("https://example.org/a\thttps://example.org/b", "holds a space"),
        ("https://example.org/a\u200b.mp4", "a character that can't be seen (U+200B)"),
        ("https://example.org/" + "a" * 9000, "it is 9020 characters long"),
    ],
)
def test_wrong_line_is_named_with_its_file_number_and_cause(tmp_path: Path, line: str, cause: str) -> None:
    message = refusal(tmp_path, f"# list\r\n{GOOD}\r\n{line}\r\n")
    assert message.startswith("talks.urls, line 3: ")
    assert cause in message


@pytest.mark.parametrize(
    "line",
    [
        "https://anna:hunter2@example.org/a.mp4",
        "https://hunter2@example.org/a.mp4",
        "ftp://anna:hunter2@example.org/a.mp4",
        "https://anna:hunter2@[::1/a.mp4",
        "http://example.org:x/a.mp4?sig=hunter2",
        "https://a@b:hunter2@example.org/",
    ],
)
def test_secret_in_a_wrong_address_is_not_shown(tmp_path: Path, line: str) -> None:
    message = refusal(tmp_path, line)
    assert "line 1" in message
    assert "hunter2" not in message


def test_long_or_unprintable_line_is_shown_safely(tmp_path: Path) -> None:
    message = refusal(tmp_path, "\x1b[31m" + "x" * 500)
    assert message.isprintable()
    assert len(message) < 200


def test_most_addresses_are_read_and_one_more_is_refused(tmp_path: Path) -> None:
    lines = [f"https://example.org/{number}.mp4" for number in range(MAX_ADDRESSES + 1)]
    assert len(read_addresses(list_of(tmp_path, "\n".join(lines[:-1])))) == MAX_ADDRESSES
    assert "holds 101 addresses; 100 are the most" in refusal(tmp_path, "\n".join(lines))


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (GOOD.encode("utf-16"), "is saved as UTF-16; save it as UTF-8"),
        (
            f"{GOOD}\n".encode() + b"http://caf\xe9.example",
            "is not UTF-8 (byte 0xe9 on line 2); save it as UTF-8",
        ),
        (b"\xef\xbb\xbf\0\x80", "is not UTF-8 (byte 0x80 on line 1); save it as UTF-8"),
        (b"\0\0\0\x18ftypmp42", "is a binary file, not text"),
        (b"#" * (MAX_BYTES + 1), "is larger than 1024 KiB"),
    ],
)
def test_file_that_is_no_small_text_is_refused(tmp_path: Path, content: bytes, cause: str) -> None:
    assert refusal(tmp_path, content) == f"talks.urls {cause}."


def test_largest_file_is_read(tmp_path: Path) -> None:
    content = f"{GOOD}\n".ljust(MAX_BYTES, "#")
    assert read_addresses(list_of(tmp_path, content)) == (GOOD,)


def test_link_folder_and_pipe_are_never_opened(tmp_path: Path) -> None:
    list_of(tmp_path, GOOD).rename(tmp_path / "private.txt")
    (tmp_path / "link.urls").symlink_to("private.txt")
    (tmp_path / "folder.urls").mkdir()
    os.mkfifo(tmp_path / "pipe.urls")
    for name, cause in (("link", "symbolic link"), ("folder", "is a folder"), ("pipe", "is a pipe")):
        with pytest.raises(WrongAddressList, match=cause):
            read_addresses(tmp_path / f"{name}.urls")


def test_refusal_ends_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(WrongAddressList) as caught:
        read_addresses(list_of(tmp_path, "talk.mp4"))
    assert str(caught.value).endswith(
        "http:// or https://. Mend the list and save it; it is looked at again then."
    )


def test_missing_list_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_addresses(tmp_path / "talks.urls")


def test_list_is_known_by_its_name() -> None:
    assert is_address_list(Path("/in/talks.urls"))
    assert is_address_list(Path("/in/TALKS.URLS"))
    assert not is_address_list(Path("/in/talks.urls.txt"))
    assert not is_address_list(Path("/in/.urls"))


PIECES = st.sampled_from(
    [b"http://", b"https://a.b/", b"@", b"?", b"\n", b"\r", b" ", b"#", b"[", b":", b"\xff", b"\xef\xbb\xbf"]
)


@given(st.lists(st.one_of(PIECES, st.binary(max_size=6)), max_size=20).map(b"".join))
def test_any_bytes_give_addresses_or_a_told_reason(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = list_of(Path(folder), content)
        addresses: tuple[str, ...] = ()
        reason = ""
        try:
            addresses = read_addresses(path)
        except (WrongAddressList, NoAddressYet) as error:
            reason = str(error)
    assert bool(addresses) != reason.startswith("talks.urls")
    assert reason.isprintable()
    assert all(each.lower().startswith(("http://", "https://")) for each in addresses)
    assert not any(character.isspace() for each in addresses for character in each)
