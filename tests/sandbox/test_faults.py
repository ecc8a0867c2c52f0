from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemowatch.sandbox.fault_book import FaultBook
from nemowatch.sandbox.fault_kinds import ANY, CALLS, KINDS, list_kinds_of
from nemowatch.sandbox.faults import BadFault, Fault, Moment, parse_fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("state:503", Fault("state", "503")),
        ("prompt:2001 x2", Fault("prompt", "2001", 2)),
        ("state:503 10%", Fault("state", "503", None, rate=0.1)),
        ("state:503 2.5% x4", Fault("state", "503", 4, rate=0.025)),
        ("upload:reset after x1", Fault("upload", "reset", 1, moment="after")),
        ("any:reset always skip 3", Fault("any", "reset", None, skip=3)),
        ("prompt:cut=2 later=0.5", Fault("prompt", "cut", value=2, moment="later", delay=0.5)),
        ("render:403=render", Fault("render", "403", value="render")),
        ("state:429=30", Fault("state", "429", value=30)),
    ],
)
def test_fault_is_read_from_a_few_words(text: str, fault: Fault) -> None:
    assert parse_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "call:kind"),
        ("state", "render-status, cancel"),
        ("stat:503", "unknown call 'stat'; known: token, session"),
        ("state:cut", "unknown kind 'cut' for the call 'state'; known there: 1001"),
        ("cdn:1001", "known there: 403, 404"),
        ("state:503 twice", "'twice' is not understood"),
        ("state:503 x0", "'x0' is not understood"),
        ("state:503 0%", "rate"),
        ("state:503 101%", "rate"),
        ("state:503 skip", "'skip' needs a number"),
        ("state:503 later", "only a prompt"),
        ("state:503=7", "takes no value"),
        ("prompt:cut=two", "how many events come first"),
        ("prompt:cut=-1", "a number: how many events"),
        ("prompt:cut=nan", "a number: how many events"),
    ],
)
def test_fault_that_can_not_be_read_is_refused_with_what_can(text: str, hint: str) -> None:
    with pytest.raises(BadFault) as refused:
        parse_fault(text)

    assert hint in str(refused.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"times": 0},
        {"skip": -1},
        {"delay": -1.0},
        {"moment": "during"},
        {"value": "two words"},
        {"value": 3},
    ],
)
def test_fault_made_in_python_is_checked_as_well(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadFault):
        Fault("prompt", "run-error", **wrong)


@st.composite
def faults(draw: st.DrawFn) -> Fault:
    call = draw(st.sampled_from((*CALLS, ANY)))
    kind = draw(st.sampled_from(list_kinds_of(call)))
    takes = KINDS[kind].value
    values = {
        None: st.none(),
        "text": st.none() | st.from_regex(r"[\w.-]{1,9}", fullmatch=True),
        "number": st.none() | st.integers(0, 9999).map(lambda number: number / 8),
    }
    moments = get_args(Moment) if call == "prompt" else ("before", "after")
    moment = draw(st.sampled_from(moments))
    return Fault(
        call,
        kind,
        draw(st.none() | st.integers(1, 99)),
        rate=draw(st.integers(1, 64)) / 64,
        skip=draw(st.integers(0, 9)),
        moment=moment,
        value=draw(values[takes]),
        delay=draw(st.integers(0, 80)) / 8 if moment == "later" else 1.0,
    )


@given(fault=faults())
def test_text_of_a_fault_reads_back_as_the_same_fault(fault: Fault) -> None:
    assert parse_fault(fault.text) == fault


def draws(book: FaultBook, call: str, count: int) -> list[bool]:
    return [book.draw(call) is not None for _ in range(count)]


def test_fault_strikes_so_often_after_so_many_calls_and_no_other_call() -> None:
    book = FaultBook(["state:503 x2 skip 1"])

    assert draws(book, "credits", 3) == [False] * 3
    assert draws(book, "state", 5) == [False, True, True, False, False]
    assert book.describe()["faults"] == [
        {
            "fault": "state:503 x2 skip 1",
            "call": "state",
            "kind": "503",
            "seen": 5,
            "struck": 2,
            "left": 0,
        }
    ]


def test_first_fault_on_order_has_a_call_and_the_next_one_waits() -> None:
    book = FaultBook(["state:503", "state:reset", "any:hang"])

    strikes = [book.draw("state") for _ in range(4)]

    assert [strike.fault.kind if strike else None for strike in strikes] == ["503", "reset", "hang", None]


def test_any_strikes_only_calls_that_know_the_kind() -> None:
    book = FaultBook(["any:1001 always"])

    assert draws(book, "state", 1) == [True]
    assert draws(book, "token", 1) + draws(book, "cdn", 1) == [False, False]


@given(seed=st.integers(0, 10**6), others=st.lists(st.sampled_from(["credits", "upload"]), max_size=20))
def test_seed_decides_which_calls_are_struck_whatever_comes_between(seed: int, others: list[str]) -> None:
    alone, mixed = (FaultBook(["state:503 40%", "credits:reset 50%"], seed) for _ in range(2))
    for call in others:
        mixed.draw(call)

    assert draws(alone, "state", 40) == draws(mixed, "state", 40)


def test_rate_is_kept_on_the_whole_and_differs_with_the_seed() -> None:
    one, other = (draws(FaultBook(["state:503 30%"], seed), "state", 2000) for seed in (1, 2))

    assert 500 < sum(one) < 700
    assert one != other


def test_orders_are_added_replaced_and_taken_back() -> None:
    book = FaultBook(["state:503 always"])
    strike = book.draw("state")
    assert strike is not None
    book.order([Fault("credits", "500")])
    withdrawn = [strike.is_withdrawn]
    assert len(book.describe()["faults"]) == 2

    book.order(["upload:500"], replace=True, seed=9)
    withdrawn.append(strike.is_withdrawn)
    assert [fault["call"] for fault in book.describe()["faults"]] == ["upload"]
    assert withdrawn == [False, True]
    book.clear()
    assert book.describe() == {"seed": 9, "faults": []}


def test_bad_order_changes_nothing() -> None:
    book = FaultBook(["state:503"])

    with pytest.raises(BadFault):
        book.order(["state:500", "nonsense"], replace=True)

    assert [fault["fault"] for fault in book.describe()["faults"]] == ["state:503 x1"]
