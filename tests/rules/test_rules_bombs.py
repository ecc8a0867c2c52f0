"""Files made to break a parser are refused at once, and memory stays flat."""

from __future__ import annotations

import time
import tracemalloc

import pytest
from rules_parts import Desk

MAX_SECONDS = 3.0  # measured: under 0.1 s on a small machine
MAX_GROWTH_BYTES = 40_000_000  # measured: 8 MB at most

LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 12)
)
BOMBS = {
    "ten megabytes": ("rules: " + "x" * 10_000_000, "larger than 1 MiB"),
    "brackets": ("rules: " + "[" * 500_000, "nested deeper than 20 levels"),
    "braces": ("rules: " + "{a: " * 200_000, "nested deeper than 20 levels"),
    "dashes": ("- " * 400_000, "nested deeper than 20 levels"),
    "indents": ("\n".join(" " * depth + "a:" for depth in range(1200)), "nested deeper than 20 levels"),
    "laughs": (LAUGHS, "more than 50,000 values"),
    "merges": (
        "defaults: &a {prompt: x}\nrules:\n" + "- {<<: *a, name: b}\n" * 9000,
        "more than 50,000 values",
    ),
    "values": ("rules:\n" + "- a: b\n" * 120_000, "more than 50,000 values"),
    "itself": ("rules: &a [{watch: *a}]", "stands inside its own anchor"),
    "open quote": ('rules: "' + "x" * 1_000_000, "a quote is opened"),
    "long key": ("x" * 900_000 + ": 1", "not YAML"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bomb_is_refused_at_once_with_memory_flat(desk: Desk, name: str) -> None:
    text, words = BOMBS[name]
    path = desk.write(text)
    tracemalloc.start()
    started = time.thread_time()
    problem = desk.problem(path.read_bytes())
    seconds = time.thread_time() - started
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert words in problem.message
    assert seconds < MAX_SECONDS
    assert peak - 2 * len(text) < MAX_GROWTH_BYTES


@pytest.mark.slow
def test_thousands_of_mistakes_are_found_in_reasonable_time(desk: Desk) -> None:
    started = time.thread_time()
    assert len(desk.problems("rules:\n" + "- {promtt: x}\n" * 5000)) == 10_000
    assert time.thread_time() - started < 10 * MAX_SECONDS
