"""What a message to a person says: many things that happened, in few lines.

Called by the daemon before it sends. No I/O; no secret and no control character gets through.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nemowatch.logs import redact, show_controls
from nemowatch.units import format_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_NAMES, _GROUPS = 3, 8
_LONGEST_NAME, _LONGEST_TEXT = 80, 400

Kind = Literal["failure", "warning", "success", "info"]
"""How grave a message is, in Apprise's words."""


@dataclass(frozen=True)
class Item:
    """One thing that happened.

    Attributes:
        event: `done`, `failed`, `attention`, `held`, `cancelled`, or `daemon`.
        text: in words; for a job its reason, or where its outputs are.
        rule: of a job.
        name: of a job's recording.
        is_trouble: of the daemon: whether something is wrong, and not just worth knowing.
    """

    event: str
    text: str
    rule: str = ""
    name: str = ""
    is_trouble: bool = False


@dataclass(frozen=True)
class Message:
    """What is sent, plain text."""

    title: str
    body: str
    kind: Kind


_IN_TITLE = {
    "attention": "need attention",
    "failed": "failed",
    "held": "held",
    "cancelled": "cancelled",
    "done": "done",
}
_GRAVITY: tuple[tuple[str, Kind], ...] = (
    ("failed", "failure"),
    ("attention", "warning"),
    ("held", "warning"),
    ("done", "success"),
)
_GRAVEST_FIRST: tuple[Kind, ...] = ("failure", "warning", "success", "info")


def compose(items: Sequence[Item], *, host: str) -> Message:
    """Put what happened into one message, the gravest first.

    Args:
        items: at least one.
        host: the machine on which it happened.
    """
    events = Counter(item.event for item in items)
    counts = [f"{events[event]} {word}" for event, word in _IN_TITLE.items() if events[event]]
    told = [_clean(item.text, _LONGEST_TEXT) for item in items if item.event == "daemon"]
    paragraphs = [*dict.fromkeys(told), *_describe_jobs(item for item in items if item.event != "daemon")]
    subject = f": {', '.join(counts)}" if counts else ""
    kinds: list[Kind] = [kind for event, kind in _GRAVITY if events[event]]
    if any(item.is_trouble for item in items):
        kinds.append("warning")
    kind: Kind = min(kinds, key=_GRAVEST_FIRST.index, default="info")
    return Message(f"NemoWatch on {host}{subject}", "\n\n".join(paragraphs), kind)


def _describe_jobs(items: Iterable[Item]) -> list[str]:
    groups: dict[tuple[str, str, str], list[Item]] = {}
    for item in items:
        # Those that are done have nothing to explain; others are told together where they say the same.
        reason = "" if item.event == "done" else item.text.replace(item.name, "…") if item.name else item.text
        groups.setdefault((item.event, item.rule, reason), []).append(item)
    order = list(_IN_TITLE)
    in_order = sorted(groups.values(), key=lambda group: (order.index(group[0].event), -len(group)))
    told = [_describe_group(group) for group in in_order[:_GROUPS]]
    left = sum(len(group) for group in in_order[_GROUPS:])
    if left:
        told.append(f"… and {format_count(left, 'further job')}: `nemowatch jobs list` shows them all.")
    return told


def _describe_group(group: Sequence[Item]) -> str:
    first = group[0]
    names = [_clean(name, _LONGEST_NAME) for name in dict.fromkeys(item.name for item in group)]
    more = len(names) - _NAMES
    named = ", ".join(names[:_NAMES]) + (f" and {more} more" if more > 0 else "")
    event = "needs attention" if first.event == "attention" else first.event
    line = f"{event}: {named} (rule {_clean(first.rule, _LONGEST_NAME)})"
    has_text = first.text and (first.event != "done" or len(group) == 1)
    return f"{line}\n{_clean(first.text, _LONGEST_TEXT)}" if has_text else line


def _clean(text: str, longest: int) -> str:
    # The name of a file need not be text; some services refuse a message with such a one, and all that is in it.
    sayable = text.encode("utf-8", "backslashreplace").decode()
    shown = show_controls(redact(sayable.replace("\n", " ")))
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"
