"""Words of unit files: whatever a path holds, systemd reads that very path, and so do we."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemowatch.service.words import quote, quote_argument, quote_path, split_words

HOME = Path("/home/me")
NAMES = st.binary(min_size=1, max_size=12).filter(lambda name: not {0, 0x2F} & set(name)).map(os.fsdecode)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("/srv/plain-name_1.2", "/srv/plain-name_1.2"),
        ("/srv/two words", '"/srv/two words"'),
        ("/srv/100%", '"/srv/100%%"'),
        ('/srv/"so called"', '"/srv/\\"so called\\""'),
        ("/srv/back\\slash", '"/srv/back\\\\slash"'),
        ("/srv/Vorträge", '"/srv/Vorträge"'),
        ("/srv/line\nbreak", '"/srv/line\\nbreak"'),
        ("/srv/no-text-\udcff", '"/srv/no-text-\\xff"'),
    ],
)
def test_what_systemd_would_read_otherwise_is_escaped(text: str, written: str) -> None:
    assert quote(text) == written


def test_a_dollar_is_doubled_where_it_would_begin_a_variable() -> None:
    assert quote_argument("/srv/$HOME") == '"/srv/$$HOME"'


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("/home/me", "%h"),
        ("/home/me/Recordings", "%h/Recordings"),
        ("/home/me/My 100%", '"%h/My 100%%"'),
        ("/home/me-2", "/home/me-2"),
    ],
)
def test_paths_in_the_home_move_with_it(path: str, written: str) -> None:
    assert quote_path(Path(path), HOME) == written


@given(st.lists(NAMES, min_size=1, max_size=4))
def test_every_path_is_read_back_as_it_was_written(names: list[str]) -> None:
    paths = [Path("/srv", name) if number % 2 else HOME / name for number, name in enumerate(names)]
    line = " ".join(f"-{quote_path(path, HOME)}" for path in paths)
    assert list(split_words(line, HOME)) == [f"-{path}" for path in paths]
