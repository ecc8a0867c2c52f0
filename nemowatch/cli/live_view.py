"""The live view of `nemowatch status --watch` as one screen, and what is left out where there is no room for it.

Draws a status that others have fetched, at a size that others have measured; asks nobody, and keeps nothing.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Group
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from nemowatch.cli.screen import (
    describe_outputs,
    printable,
    seconds_taken,
    share_done,
    style_of,
)
from nemowatch.cli.status_lines import (
    describe_daemon,
    describe_folder,
    describe_jobs,
    describe_pause,
    describe_waiting,
    gather_stopped,
    list_troubles,
    sort_folders,
    style_of_folder,
)
from nemowatch.cli.ways_out import describe_standing, find_ways_out
from nemowatch.rules.problems import without_excerpts
from nemowatch.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.console import RenderableType

    from nemowatch.jobs.views import JobView, StatusView

_LABEL = 10
_ALL_COLUMNS = 72
"""Narrower than this, running jobs are shown without their rates."""

_LINES_OF_A_WARNING = 4
_WATCHED = "watched"
_FOOT = "q or Ctrl-C ends this view; NemoWatch goes on."


@dataclass(frozen=True)
class Frame:
    """What a screen is drawn from.

    Attributes:
        status: how NemoWatch stands; None before the first look.
        rate: gives a running job's rate in words, or nothing.
        note: where the status comes from when that is not the running daemon; empty when it is.
        now: seconds since the epoch.
        width, height: of the screen, in characters.
    """

    status: StatusView | None
    rate: Callable[[JobView], str]
    note: str
    now: float
    width: int
    height: int


@dataclass(frozen=True)
class _Block:
    """Lines that belong together, the most important first; of a block that must give way the last ones go."""

    title: str
    lines: Sequence[RenderableType]
    least: int
    """So many of its lines are the last to give way."""


def draw(frame: Frame) -> Group:
    """The screen: never wider or higher than the frame; but for warnings, a line is cut rather than wrapped."""
    if frame.status is None:
        return Group(_line("NemoWatch is asked …", style="dim"))
    head = [_headline(frame.status, frame.now, frame.width), *_warnings(frame)]
    head += [_labelled("Jobs", describe_jobs(frame.status)), *_facts(frame.status)]
    blocks = list(_blocks(frame))
    body = _fit(blocks, frame.height - len(head) - 1)
    if frame.height == 1:
        return Group(*head[:1])
    rows = [*head, *body][: frame.height - 1]
    # The last line stays where it is while the lines above come and go.
    blank = [Text("")] * (frame.height - 1 - len(rows))
    return Group(*rows, *blank, _line(_FOOT, style="dim"))


def _headline(status: StatusView, now: float, width: int) -> Text:
    daemon = status.daemon
    told = describe_daemon(status)
    clock = f"{datetime.fromtimestamp(now).astimezone():%H:%M:%S}"
    line = Text(told, style="bold red" if daemon is None else "bold", no_wrap=True)
    line.pad_right(max(1, width - len(told) - len(clock)))
    line.append(clock, style="dim")
    return line


def _warnings(frame: Frame) -> Iterator[Text]:
    if frame.status is None:
        return
    warnings = [("Note", frame.note, "yellow")]
    warnings += [
        ("Trouble", without_excerpts(trouble), "bold red") for trouble in list_troubles(frame.status)
    ]
    warnings.append(("Paused", describe_pause(frame.status), "yellow"))
    for label, text, style in warnings:
        lines = textwrap.wrap(
            text, max(20, frame.width - _LABEL), max_lines=_LINES_OF_A_WARNING, placeholder=" …"
        )
        for number, line in enumerate(lines):
            yield _labelled("" if number else label, line, style=style)


def _facts(status: StatusView) -> Iterator[Text]:
    if status.credits is not None:
        yield _labelled("Credits", f"{status.credits} when last asked")
    standing = status.standing
    if standing is None:
        return
    well = [line for line in standing.folders if line.state == _WATCHED]
    for line in sort_folders(standing.folders):
        if line.state != _WATCHED:
            yield _labelled("Folder", describe_folder(line), style=style_of_folder(line))
    if len(well) == 1:
        yield _labelled("Folder", describe_folder(well[0]))
    elif well:
        yield _labelled("Folders", f"{len(well)} are watched")
    if standing.waiting:
        more = standing.waiting_in_all - 1
        first = describe_waiting(standing.waiting[0])
        yield _labelled("Arriving", f"{first}, and {more} more" if more > 0 else first)


def _blocks(frame: Frame) -> Iterator[_Block]:
    status = frame.status
    if status is None:
        return
    running = list(_running_rows(frame, status.running))
    yield _Block(f"At work: {len(running)}", running, 8)
    for title, jobs in (("Needs you", status.attention), ("Held", status.held), ("Waiting", status.waiting)):
        in_all = sum(status.counts.get(state, 0) for state in {job.state for job in jobs})
        yield _Block(f"{title}: {max(len(jobs), in_all)}", list(_stopped_rows(jobs, frame)), 2)
    count = sum(count for state, count in status.counts.items() if state == "queued")
    yield _Block(f"Queue: {count}", [_queued_row(job) for job in status.queued], 2)
    yield _Block("Ended last", [_ended_row(job, frame) for job in status.recent], 2)


def _fit(blocks: Sequence[_Block], room: int) -> list[RenderableType]:
    """The blocks that have lines, each under its title; where they are too long, each keeps its first lines."""
    filled = [block for block in blocks if block.lines]
    shown = {id(block): min(block.least, len(block.lines)) for block in filled}
    left = room - sum(count + 2 for count in shown.values())
    for block in filled:
        more = min(max(0, left), len(block.lines) - shown[id(block)])
        shown[id(block)] += more
        left -= more
    rows: list[RenderableType] = []
    for block in filled:
        rows += [Text(""), _line(block.title, style="bold"), *block.lines[: shown[id(block)]]]
    return rows


def _running_rows(frame: Frame, jobs: Sequence[JobView]) -> Iterator[RenderableType]:
    for job in jobs:
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        percent = "" if job.progress is None else f" {job.progress:.0%}"
        cells: list[tuple[RenderableType, int]] = [
            (
                ProgressBar(total=1.0, completed=share_done(job.state, job.progress)),
                max(10, frame.width // 6),
            ),
            (Text(f"{job.state}{percent}", style=style_of(job.state)), 16),
            (Text(_describe_time(job, frame.now)), 13),
            (Text(frame.rate(job)), 10),
        ]
        shown = cells if frame.width >= _ALL_COLUMNS else cells[:-1]
        for _, width in shown:
            table.add_column(no_wrap=True, width=width, overflow="ellipsis")
        table.add_row(Text(printable(job.file_name)), *(cell for cell, _ in shown))
        yield table


def _describe_time(job: JobView, now: float) -> str:
    """`3 min left`, short enough for a column; while nobody can tell, how long it has run."""
    seconds = job.remaining_seconds
    if seconds is None:
        taken = seconds_taken(job, now=now)
        return "" if taken is None else format_duration(taken)
    if seconds < 55:
        return f"{max(5, round(seconds, -1)):.0f} s left"
    minutes = max(1, round(seconds / 60))
    return f"{minutes} min left" if minutes < 60 else f"{round(minutes / 60)} h left"


def _stopped_rows(jobs: Sequence[JobView], frame: Frame) -> Iterator[Text]:
    for job, count in gather_stopped(jobs):
        which = f"{count} jobs" if count > 1 else f"{job.short_id} {job.file_name}"
        way = next(iter(find_ways_out(job)), None)
        yield _line(f"{which}, rule {job.rule}: {describe_standing(job, now=frame.now)}")
        if way is not None:
            yield _line(f"    {way.command}  {way.does}", style="dim")


def _queued_row(job: JobView) -> Text:
    return _line(f"{job.short_id} {job.file_name}, rule {job.rule}", style="dim")


def _ended_row(job: JobView, frame: Frame) -> Text:
    seconds = seconds_taken(job, now=frame.now)
    took = "" if seconds is None else f" in {format_duration(seconds)}"
    why = describe_standing(job, now=frame.now) or describe_outputs(job.outputs)
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(f"{job.state:<10}", style=style_of(job.state))
    return line.append(printable(f"{job.file_name}, rule {job.rule}{took}{f': {why}' if why else ''}"))


def _labelled(label: str, text: str, *, style: str = "") -> Text:
    return _line(f"{label:<{_LABEL}}{text}", style=style)


def _line(text: str, *, style: str = "") -> Text:
    return Text(printable(text), style=style, no_wrap=True, overflow="ellipsis")
