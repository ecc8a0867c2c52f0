"""What travels to a worker and back arrives as it left, and an answer can do no more than answer."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from worker_tasks import Shape, turn

from nemowatch.media.errors import BrokenMedia
from nemowatch.media.messages import (
    pack_error,
    pack_value,
    pack_work,
    raise_error,
    unpack_value,
    unpack_work,
    write_line,
)

_texts = st.text(st.characters(exclude_characters="\0"), max_size=20)
_plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _texts
_paths = st.text(st.characters(exclude_characters="\0/"), min_size=1, max_size=20).map(Path)
_shapes = st.builds(Shape, _texts, st.lists(st.floats(allow_nan=False), max_size=3).map(tuple), place=_paths)
_values = st.recursive(
    _plain | _paths | _shapes,
    lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple),
    max_leaves=10,
)


@given(_values)
def test_every_value_arrives_as_it_left_in_one_line(value):
    line = write_line({"result": pack_value(value)})
    assert line.count(b"\n") == 1
    arrived = unpack_value(json.loads(line)["result"])
    assert arrived == value
    assert type(arrived) is type(value)


@given(_shapes, st.integers())
def test_work_arrives_with_its_arguments(shape, times):
    work, args, named = unpack_work(pack_work(turn, (shape,), {"times": times}))
    assert work(*args, **named) == (shape, times)


def test_work_that_is_not_at_the_top_of_a_module_does_not_travel():
    with pytest.raises(TypeError, match="not at the top"):
        pack_work(lambda: None, (), {})
    with pytest.raises(TypeError, match="not at the top"):
        pack_work(Path.read_bytes, (), {})


def test_error_arrives_with_what_it_said():
    packed = json.loads(write_line(pack_error(BrokenMedia("It is broken.", hint="Mend it."))))
    with pytest.raises(BrokenMedia) as raised:
        raise_error(packed, "talk.mp4")
    assert (raised.value.message, raised.value.hint) == ("It is broken.", "Mend it.")


@pytest.mark.parametrize(
    "answer",
    [
        {"record": "subprocess:Popen", "fields": {"args": "true"}},
        {"record": "os:system", "fields": {"command": "true"}},
        {"record": "antigravity:Shape", "fields": {}},
        {"record": "nemowatch.media.errors:BrokenMedia", "fields": {}},
    ],
)
def test_answer_names_no_more_than_records(answer):
    with pytest.raises((LookupError, ValueError)):
        unpack_value(answer)
    assert "antigravity" not in sys.modules


@pytest.mark.parametrize("name", ["builtins:SystemExit", "subprocess:Popen", "antigravity:Error"])
def test_error_of_an_answer_is_one_of_ours(name):
    with pytest.raises((LookupError, ValueError)):
        raise_error({"class": name, "message": "", "hint": ""}, "talk.mp4")
    assert "antigravity" not in sys.modules
