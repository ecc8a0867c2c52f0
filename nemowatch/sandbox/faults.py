"""Faults to order: which call goes wrong, how, and how often. Values and their short text form, nothing else.

Ordered on the command line, over `/_sandbox/faults` and by tests; drawn by `fault_book.py`, carried out by
`breaking.py`, `broken_streams.py`, `renders.py` and `agent.py`. The grammar is in docs/sandbox.md, "Faults":

    call:kind[=value] [xN | always] [N%] [skip N] [before | after | later[=seconds]]
"""

from __future__ import annotations

import re
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal, get_args

from nemowatch.sandbox.fault_kinds import ANY, CALLS, KINDS, Kind, list_kinds_of

Moment = Literal["before", "after", "later"]

LATER_SECONDS = 1.0

_HEAD = re.compile(r"([\w-]+):([\w-]+)(?:=(\S+))?")
_WORD = re.compile(r"\S+")
_TIMES = re.compile(r"x([1-9]\d*)")
_RATE = re.compile(r"(\d+(?:\.\d+)?)%")
_LATER = re.compile(r"later(?:=(\d+(?:\.\d+)?))?")
_GRAMMAR = "call:kind[=value] [xN | always] [N%] [skip N] [before | after | later[=seconds]]"


class BadFault(ValueError):
    """A fault that can't be ordered; the message names what can."""


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong with one call.

    Attributes:
        call: its name, one of `CALLS`; `any` is each call that knows the kind.
        kind: what goes wrong, a name of `KINDS`.
        times: how often it strikes; None is for ever.
        rate: the share of calls that it strikes, above 0 up to 1; the seed decides which.
        skip: so many calls pass before it begins.
        moment: whether the service had done nothing (`before`) or all (`after`) that was asked when it struck;
            `later`, for prompts: it answers at once, and does what was asked afterwards. Kinds that need the
            true answer (`slow`, say) have no choice: there it is done, whatever is said here.
        value: of the kinds that take one: a number, or a text.
        delay: how much later `later` is, in seconds.

    Raises:
        BadFault: there is no such fault.
    """

    call: str
    kind: str
    times: int | None = 1
    _: KW_ONLY
    rate: float = 1.0
    skip: int = 0
    moment: Moment = "before"
    value: float | str | None = None
    delay: float = LATER_SECONDS

    def __post_init__(self) -> None:
        _check_names(self.call, self.kind)
        if self.times is not None and self.times < 1:
            raise BadFault(f"{self.call}:{self.kind} x{self.times}: it must strike at least once")
        if not 0 < self.rate <= 1:
            raise BadFault(f"{self.call}:{self.kind}: the rate must be above 0 % and at most 100 %")
        if self.skip < 0 or self.delay < 0:
            raise BadFault(f"{self.call}:{self.kind}: skip and delay can't be negative")
        if self.moment not in get_args(Moment):
            raise BadFault(f"{self.call}:{self.kind}: unknown moment '{self.moment}': before, after or later")
        if self.moment == "later" and self.call != "prompt":
            raise BadFault(f"{self.call}:{self.kind} later: only a prompt can be carried out later")
        _check_value(self)

    @property
    def traits(self) -> Kind:
        """What is known of its kind."""
        return KINDS[self.kind]

    @property
    def text(self) -> str:
        """The fault in the grammar of `parse_fault`, which reads the same fault from it."""
        head = f"{self.call}:{self.kind}"
        if self.value is not None:
            head += f"={_plain(self.value) if isinstance(self.value, int | float) else self.value}"
        words = [head, "always" if self.times is None else f"x{self.times}"]
        if self.rate < 1:
            words.append(f"{_plain(self.rate * 100)}%")
        if self.skip:
            words.append(f"skip {self.skip}")
        if self.moment != "before":
            words.append(f"later={_plain(self.delay)}" if self.moment == "later" else self.moment)
        return " ".join(words)


def parse_fault(text: str) -> Fault:
    """Read a fault from its text form, such as `prompt:2001 x2` or `state:503 10%`.

    Without `xN` it strikes once; with a rate alone, for ever.

    Raises:
        BadFault: it can't be read; the message names the grammar, the calls or the kinds.
    """
    words = text.split()
    head = _HEAD.fullmatch(words[0]) if words else None
    if head is None:
        raise BadFault(f"'{text}' is no fault; expected: {_GRAMMAR}. Calls: {', '.join((*CALLS, ANY))}")
    call, kind, value = head.groups()
    _check_names(call, kind)
    given = _read_words(words[1:], text)
    if "rate" in given:
        given.setdefault("times", None)
    return Fault(call, kind, value=_read_value(kind, value, text), **given)


def _read_words(words: list[str], text: str) -> dict[str, Any]:
    """The arguments of `Fault` that the words after its name stand for."""
    given: dict[str, Any] = {}
    rest = iter(words)
    for word in rest:
        if found := _TIMES.fullmatch(word):
            given["times"] = int(found[1])
        elif word == "always":
            given["times"] = None
        elif found := _RATE.fullmatch(word):
            given["rate"] = float(found[1]) / 100
        elif word == "skip":
            given["skip"] = _read_count(next(rest, ""), text)
        elif word in {"before", "after"}:
            given["moment"] = word
        elif found := _LATER.fullmatch(word):
            given |= {"moment": "later", "delay": float(found[1] or LATER_SECONDS)}
        else:
            raise BadFault(f"'{word}' is not understood in '{text}'; expected: {_GRAMMAR}")
    return given


def _read_count(word: str, text: str) -> int:
    if not word.isdecimal():
        raise BadFault(f"'skip' needs a number in '{text}'")
    return int(word)


def _read_value(kind: str, value: str | None, text: str) -> float | str | None:
    if value is None or KINDS[kind].value != "number":
        return value
    try:
        return float(value)
    except ValueError as error:
        raise BadFault(f"'{value}' in '{text}' is not a number: {KINDS[kind].meaning}") from error


def _check_names(call: str, kind: str) -> None:
    if call not in {*CALLS, ANY}:
        raise BadFault(f"unknown call '{call}'; known: {', '.join((*CALLS, ANY))}")
    known = list_kinds_of(call)
    if kind not in known:
        raise BadFault(f"unknown kind '{kind}' for the call '{call}'; known there: {', '.join(known)}")


def _check_value(fault: Fault) -> None:
    takes, value = fault.traits.value, fault.value
    if value is None:
        return
    if takes is None:
        raise BadFault(f"{fault.kind} takes no value, but '{value}' was given")
    fits = bool(_WORD.fullmatch(value)) if isinstance(value, str) else 0 <= value < 1e9
    if not fits or isinstance(value, str) != (takes == "text"):
        form = "one word" if takes == "text" else "a number"
        raise BadFault(f"'{value}' is no value for {fault.kind}; {form}: {fault.traits.meaning}")


def _plain(number: float) -> str:
    """The shortest decimal that reads back as the same number, without an exponent."""
    return f"{number:.12f}".rstrip("0").rstrip(".")
