"""Tables and words for people, readable in 80 columns and plain where the output is no terminal."""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from nemowatch.cli.ways_out import describe_standing, find_ways_out
from nemowatch.jobs.records import JobState
from nemowatch.units import format_bytes, format_count, format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nemowatch.jobs.views import JobView, OutputView

_PIPE_WIDTH = 10_000
"""Where no terminal wraps the lines, none is broken: a script may look for a path in them."""
_LABEL_WIDTH = 13
_MOST_OF_A_KIND, _SHOWN_OF_MANY = 12, 5
_STYLES = {
    "done": "green",
    "failed": "red",
    "attention": "bold magenta",
    "held": "yellow",
    "waiting": "yellow",
    "queued": "dim",
    "cancelled": "dim",
}


class _Console(Console):
    """Leaves it to the command what becomes of it when its reader has gone; Rich would let it fail."""

    def on_broken_pipe(self) -> None:
        """Called where one is met."""
        raise BrokenPipeError


def open_console() -> Console:
    """Where people read: colours only on a terminal, and never a line cut in a file or a pipe."""
    console = _Console(highlight=False)
    # FORCE_COLOR, as many a script sets it, lets Rich take everything for a terminal.
    if not (console.is_terminal and sys.stdout.isatty()):
        console = _Console(highlight=False, width=_PIPE_WIDTH, no_color=True, force_terminal=False)
    return console


def print_json(value: Any) -> None:
    """Print a value for scripts."""
    readable = sys.stdout.encoding.lower() == "utf-8"
    sys.stdout.write(json.dumps(value, ensure_ascii=not readable, indent=2) + "\n")


def print_table(console: Console, table: Table) -> None:
    """Print a table, outside a terminal without the blanks that fill up its last column."""
    if console.is_terminal:
        console.print(table)
        return
    with console.capture() as capture:
        console.print(table)
    for line in capture.get().rstrip("\n").split("\n"):
        console.print(line.rstrip(), markup=False)


def printable(text: str) -> str:
    """A text in one line that can't move the cursor or speak to the terminal, as names of files could."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def jobs_table(jobs: Iterable[JobView], *, now: float, with_ids: bool = True) -> Table:
    """The jobs, one a row; long names wrap rather than vanish."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    if with_ids:
        table.add_column("job", no_wrap=True)
    table.add_column("file", overflow="fold")
    table.add_column("rule", overflow="fold")
    table.add_column("state", no_wrap=True)
    table.add_column("time", justify="right", no_wrap=True)
    table.add_column("outputs", overflow="fold", ratio=1)
    for job in jobs:
        seconds = seconds_taken(job, now=now)
        cells = (
            escape(printable(job.file_name)),
            escape(job.rule),
            show_state(job),
            "" if seconds is None else format_duration(seconds),
            escape(printable(_tell(job, now=now))),
        )
        table.add_row(*((job.short_id, *cells) if with_ids else cells))
    return table


def print_standstill(console: Console, job: JobView, *, now: float, count: int = 1) -> None:
    """A job that stands still: which it is, why, when it goes on, and a line for each command that helps.

    Where it stands for `count` jobs of a backlog, they are named together, with the command that helps them all.
    """
    ways = find_ways_out(job)
    which = f"{job.short_id}  {job.file_name}, rule {job.rule}"
    if count > 1:
        which, ways = f"{count} jobs of rule {job.rule}", ways[:1]
    print_below(console, f"{which}: {job.state}", indent=0)
    print_below(console, describe_standing(job, now=now), indent=2)
    # One that keeps its place in the queue goes on by itself.
    for way in ways if job.is_parked else ():
        print_below(console, f"{way.command}  {way.does}", indent=4)


def print_below(console: Console, text: str, *, indent: int) -> None:
    """Print a text, indented; on a terminal what is too long goes on below, and nothing is cut."""
    room = max(20, console.width - indent)
    for line in Text(printable(text)).wrap(console, room, overflow="fold"):
        line.rstrip()
        console.print(Text(" " * indent).append_text(line))


def print_labelled(console: Console, label: str, values: Iterable[str], *, style: str = "") -> None:
    """Print a label and its values below each other; what is too long goes on below, and nothing is cut."""
    indent = _LABEL_WIDTH if label else 0
    for value in values:
        room = max(20, console.width - indent)
        for line in Text(printable(value)).wrap(console, room, overflow="fold"):
            line.rstrip()
            console.print(Text.assemble((label.ljust(indent), style), line))
            label = ""


def show_state(job: JobView) -> str:
    """A job's state in colour, with per cent where it has any."""
    progress = "" if job.progress is None or job.state.is_final else f" {job.progress:.0%}"
    return f"[{style_of(job.state)}]{job.state}{progress}[/]"


def style_of(state: JobState) -> str:
    """The colour in which a state is shown."""
    return _STYLES.get(state, "cyan")


def seconds_taken(job: JobView, *, now: float) -> float | None:
    """How long a job has run, or ran; None before its start."""
    return None if job.started_at is None else (job.finished_at or now) - job.started_at


def describe_remaining(seconds: float) -> str:
    """How long a job will still take, no more exactly than anybody can know it: `about 3 min left`."""
    if seconds < 10:
        return "a few seconds left"
    if seconds < 55:
        return f"about {max(10, round(seconds, -1)):.0f} s left"
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        return f"about {minutes} min left"
    tens = round(minutes, -1)
    return f"about {tens // 60} h {tens % 60:02d} min left"


def _tell(job: JobView, *, now: float) -> str:
    words = describe_standing(job, now=now) or describe_outputs(job.outputs) or job.note
    left = "" if job.remaining_seconds is None else describe_remaining(job.remaining_seconds)
    return ", ".join(filter(None, (words, left)))


def share_done(state: JobState, progress: float | None) -> float:
    """How much of a job lies behind it, from 0.0 to 1.0: its steps, and how far the present one has come."""
    if state.is_final or progress is None:
        return state.share_done
    one_step = JobState.UPLOADING.share_done - JobState.PREPARING.share_done
    return state.share_done + progress * one_step


def describe_outputs(outputs: Iterable[OutputView]) -> str:
    """What a job delivered: each video with size and length, clips and stills counted, the rest counted by type."""
    outputs = tuple(outputs)
    words = [describe_output(output) for output in outputs if output.kind == "video"]
    for kind, noun in (("clip", "clip"), ("frame", "still")):
        sizes_of_kind = [output.size_bytes for output in outputs if output.kind == kind]
        if sizes_of_kind:
            words.append(f"{format_count(len(sizes_of_kind), noun)} ({format_bytes(sum(sizes_of_kind))})")
    rest = [output for output in outputs if output.kind == "media"]
    counts = Counter(output.name.rpartition(".")[2].upper() for output in rest)
    sizes = {kind: sum(o.size_bytes for o in rest if o.name.upper().endswith(f".{kind}")) for kind in counts}
    words += [f"{count} × {kind} ({format_bytes(sizes[kind])})" for kind, count in counts.items()]
    return ", ".join(words)


def list_outputs(outputs: Iterable[OutputView]) -> Iterator[str]:
    """Each file in a line; of many of one kind, such as hundreds of stills, the first ones and how many more."""
    for kind, group in groupby(outputs, key=lambda output: output.kind):
        files = list(group)
        shown = files if len(files) <= _MOST_OF_A_KIND else files[:_SHOWN_OF_MANY]
        yield from map(describe_output, shown)
        rest = files[len(shown) :]
        if rest:
            size = format_bytes(sum(file.size_bytes for file in rest))
            yield f"… and {len(rest)} more of kind {kind} ({size})"


def describe_output(output: OutputView) -> str:
    """One file: its name, its size, and how long it plays."""
    length = "" if output.duration_seconds is None else f", {format_duration(output.duration_seconds)}"
    return f"{output.name} ({format_bytes(output.size_bytes)}{length})"


def show_stamp(stamp: str) -> str:
    """A moment as it is written in a file (ISO 8601), in local time; what is none is shown as it is."""
    try:
        return show_moment(datetime.fromisoformat(stamp).timestamp())
    except ValueError:
        return stamp


def show_moment(moment: float | None) -> str:
    """A moment in local time, to the second."""
    return "" if moment is None else f"{datetime.fromtimestamp(moment).astimezone():%Y-%m-%d %H:%M:%S}"
