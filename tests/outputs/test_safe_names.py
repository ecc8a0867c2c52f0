"""Names from outside become names that every file system takes."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nemowatch.outputs.errors import OutputError
from nemowatch.outputs.names import MAX_NAME_BYTES, safe_folder, safe_name

DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$"} | {
    f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789¹²³"
}
# Any code point, lone surrogates too: what a file system or a JSON answer can bring.
any_text = st.text(st.characters(exclude_categories=()), max_size=300)
nasty_text = st.lists(
    st.sampled_from(
        [*"aü. /\\:\t\n\0_~-", "con", "nul", ".mp4", "e\u0301", "\u200e", "\udcff", "🎬", "x" * 90]
    )
).map("".join)


@given(any_text | nasty_text)
@example("con" + " " * 196 + "x.txt")
@example("." * 300 + "mp4")
@example("\u0301" * 150 + ".mp4")
@example("e\u202e\u0301.mp4")
@example("x" * 199 + "\u3000y")
def test_safe_name_is_one_component_that_every_file_system_takes(text: str) -> None:
    name = safe_name(text)

    assert name
    assert name not in {".", ".."}
    assert not set(name) & set('/\\:*?"<>|')
    assert not any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in name)
    assert name == name.strip()
    assert not name.startswith(".")
    assert not name.endswith(".")
    assert name.partition(".")[0].rstrip().lower() not in DEVICES
    assert unicodedata.is_normalized("NFC", name)
    assert len(name.encode("utf-8")) <= MAX_NAME_BYTES


@given(any_text | nasty_text)
def test_safe_name_stays_as_it_is(text: str) -> None:
    name = safe_name(text)

    assert safe_name(name) == name


@given(st.text(max_size=400), st.sampled_from([".mp4", ".webm", ".m4a", ".PNG"]))
def test_extension_survives_the_cut(stem: str, extension: str) -> None:
    assert safe_name(f"x{stem}{extension}").endswith(extension)


@given(st.binary(min_size=1, max_size=120).filter(lambda raw: b"/" not in raw and b"\0" not in raw))
def test_name_that_is_no_valid_utf_8_becomes_one(raw: bytes) -> None:
    assert safe_name(os.fsdecode(raw)).encode("utf-8")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("talk.mp4", "talk.mp4"),
        ("Gespräch mit Dr. Müller – Teil 2.mp4", "Gespräch mit Dr. Müller – Teil 2.mp4"),
        ("采访 2026-03-18.mov", "采访 2026-03-18.mov"),
        ("👩‍👩‍👧 family.mp4", "👩‍👩‍👧 family.mp4"),
        ("~$notes (1) [a] #1 'x' & y.mp4", "~$notes (1) [a] #1 'x' & y.mp4"),
        ("Q&A: what now?.mp4", "Q&A_ what now_.mp4"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("line\nbreak\x1b[31m.mp4", "line_break_[31m.mp4"),
        ("cafe\u0301.mp4", "café.mp4"),
        ("caf\udce9.mp4", "caf_.mp4"),
        ("invoice\u202e4pm.exe", "invoice4pm.exe"),
        (" .hidden. ", "hidden"),
        ("CON", "_CON"),
        ("nul.tar.gz", "_nul.tar.gz"),
        ("Com1 .mp4", "_Com1 .mp4"),
        ("console.mp4", "console.mp4"),
        ("", "unnamed"),
        ("..", "unnamed"),
        (" . . ", "unnamed"),
        ("/", "_"),
    ],
)
def test_known_names(text: str, name: str) -> None:
    assert safe_name(text) == name


def test_long_name_is_cut_between_characters_and_keeps_its_extension() -> None:
    name = safe_name("ü" * 150 + ".mp4")

    assert name == "ü" * 98 + ".mp4"


def test_long_sentence_with_a_dot_in_it_has_no_extension_to_keep() -> None:
    name = safe_name("Interview with Dr. " + "so many words " * 30)

    assert name.startswith("Interview with Dr. so many words")
    assert MAX_NAME_BYTES - 14 <= len(name) <= MAX_NAME_BYTES


def test_two_long_names_of_different_types_stay_different() -> None:
    assert safe_name("x" * 500 + ".mp4") != safe_name("x" * 500 + ".mov")


@pytest.mark.parametrize(
    ("rendered", "folder"),
    [
        ("/r/talks-output/shorts//talk", "/r/talks-output/shorts/talk"),
        ("/r/talks-output/shorts/day1/deep/talk", "/r/talks-output/shorts/day1/deep/talk"),
        ("/r/out/./a/", "/r/out/a"),
        ("//r/out", "/r/out"),
        ("/r/out/a:b/c?", "/r/out/a_b/c_"),
        ("/home/me/.videos/talk", "/home/me/.videos/talk"),
        ("/r/out/ ... /talk", "/r/out/unnamed/talk"),
    ],
)
def test_known_folders(rendered: str, folder: str) -> None:
    assert safe_folder(rendered) == Path(folder)


def test_part_that_the_user_wrote_is_kept_to_the_letter() -> None:
    fixed = Path("/r/My: talks. -output/ CON")

    assert safe_folder(f"{fixed}/day: 1/nul", fixed=fixed) == fixed / "day_ 1" / "_nul"


def test_fixed_part_that_the_path_does_not_begin_with_is_not_put_before_it() -> None:
    assert safe_folder("/r/a:b/c", fixed=Path("/elsewhere")) == Path("/r/a_b/c")


@pytest.mark.parametrize("rendered", ["", "out/talk", "~/out", "/r/../etc", "/r/out/..", "../out"])
def test_folder_that_is_not_whole_or_climbs_is_refused(rendered: str) -> None:
    with pytest.raises(OutputError) as caught:
        safe_folder(rendered)

    assert "`output`" in caught.value.hint


@given(st.lists(any_text | nasty_text, max_size=6))
def test_names_in_an_output_template_never_lead_out_of_its_folder(names: list[str]) -> None:
    fixed = Path("/r/talks-output")
    try:
        folder = safe_folder("/".join([str(fixed), *names]), fixed=fixed)
    except OutputError:
        assert ".." in "/".join(names).split("/")
        return

    assert folder.is_relative_to(fixed)
    assert ".." not in folder.parts
    assert all(len(part.encode("utf-8")) <= MAX_NAME_BYTES + 1 for part in folder.parts)
    assert safe_folder(str(folder), fixed=fixed) == folder
