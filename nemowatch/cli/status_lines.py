"""How NemoWatch stands, for people, from top to bottom: printed once by `nemowatch status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemowatch.cli.running import find_start_command
from nemowatch.cli.screen import (
    jobs_table,
    print_below,
    print_standstill,
    print_table,
    printable,
    show_moment,
    show_stamp,
)
from nemowatch.cli.skipped import describe_counts
from nemowatch.jobs.records import Cause
from nemowatch.units import format_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import Console

    from nemowatch.jobs.views import JobView, StatusView
    from nemowatch.standing import FolderLine, Standing, WaitingFile

_WAITING_SHOWN = 10
_STANDING_STILL_SHOWN = 5
_FOLDER_STYLES = {"offline": "bold red", "scanned only": "yellow", "not scanned yet": "dim"}
_FOLDER_ORDER = {"offline": 0, "watched": 2}
"""What needs the user comes first, what is as it should be last."""


def print_status(console: Console, status: StatusView, *, now: float) -> None:
    """Print all of it.

    Args:
        console: where people read.
        status: how it stands.
        now: seconds since the epoch.
    """
    _print_daemon(console, status)
    if status.standing is not None:
        _print_standing(console, status.standing)
    _print_counts(console, status)
    _print_stopped(console, "Needs you", status.attention, status, now=now)
    _print_stopped(console, "Held", status.held, status, status.held_cost, now=now)
    _print_stopped(console, "Waiting", status.waiting, status, now=now)
    _print_jobs(console, "Now", status.running + status.queued, now=now)
    _print_jobs(console, "Last", status.recent, now=now)


def describe_daemon(status: StatusView) -> str:
    """Whether it runs, in one sentence."""
    daemon = status.daemon
    if daemon is None:
        return f"NemoWatch is not running. `{find_start_command()}` starts it."
    since = show_stamp(str(daemon.get("since")))
    return f"NemoWatch runs: process {daemon.get('pid')}, since {since}."


def describe_pause(status: StatusView) -> str:
    """Since when no job starts, and why; empty while jobs may."""
    if status.paused_at is None:
        return ""
    why = f" ({status.paused_why})" if status.paused_why else ""
    return f"since {show_moment(status.paused_at)}{why}; no job starts until `nemowatch resume`"


def list_troubles(status: StatusView) -> Iterator[str]:
    """What needs the user and is no job: what holds up the queue, a wrong edit of the rules."""
    standing = status.standing
    if standing is None:
        return
    yield from standing.troubles
    if standing.rules_error:
        yield f"The rules were edited, and those from before stay in force: {standing.rules_error}"


def sort_folders(folders: Iterable[FolderLine]) -> list[FolderLine]:
    """The watch folders, those that need somebody at the front."""
    return sorted(folders, key=lambda line: _FOLDER_ORDER.get(line.state, 1))


def style_of_folder(line: FolderLine) -> str:
    """The colour in which a watch folder is shown."""
    return _FOLDER_STYLES.get(line.state, "")


def describe_folder(line: FolderLine) -> str:
    """A watch folder, and how it is looked after."""
    reason = f": {line.reason}" if line.reason else ""
    return f"{line.folder} ({line.state}{reason})"


def describe_waiting(file: WaitingFile) -> str:
    """A file that is not yet a job, and why."""
    reason = f": {file.reason}" if file.reason else ""
    name = file.path.rpartition("/")[2]
    return f"{name}, rule {file.rule} ({file.state}{reason})"


def describe_jobs(status: StatusView) -> str:
    """How many jobs stand where; `none yet` without any."""
    return ", ".join(f"{count} {state}" for state, count in status.counts.items()) or "none yet"


def gather_stopped(jobs: Iterable[JobView]) -> list[tuple[JobView, int]]:
    """Each job with 1, but the backlog of a rule as its first job and their number: thousands say the same."""
    groups: dict[str, tuple[JobView, int]] = {}
    for job in jobs:
        key = f"rule {job.rule}" if job.cause is Cause.BACKLOG else job.id
        first, count = groups.get(key, (job, 0))
        groups[key] = (first, count + 1)
    return list(groups.values())


def _print_daemon(console: Console, status: StatusView) -> None:
    console.print(describe_daemon(status), markup=False, soft_wrap=True)
    for trouble in list_troubles(status):
        label = "Trouble:"
        # The problems of a rules file come with the lines in which they are.
        for line in trouble.splitlines():
            console.print(f"{label:<14}{printable(line)}", soft_wrap=True, markup=False, style="bold red")
            label = ""
    pause = describe_pause(status)
    if pause:
        console.print(f"Paused:       {printable(pause)}", soft_wrap=True, markup=False, style="yellow")
    console.print(f"State folder: {status.state_folder}", soft_wrap=True, markup=False)


def _print_standing(console: Console, standing: Standing) -> None:
    read = f" (read {show_moment(standing.rules_loaded_at)})" if standing.rules_loaded_at else ""
    console.print(printable(f"Rules:        {standing.rules_file}{read}"), soft_wrap=True, markup=False)
    for line in sort_folders(standing.folders):
        text = printable(f"Folder:       {describe_folder(line)}")
        console.print(text, soft_wrap=True, markup=False, style=style_of_folder(line))
    for file in standing.waiting[:_WAITING_SHOWN]:
        text = printable(f"Waiting:      {describe_waiting(file)}")
        console.print(text, soft_wrap=True, markup=False)
    more = standing.waiting_in_all - min(len(standing.waiting), _WAITING_SHOWN)
    if more > 0:
        console.print(f"Waiting:      {more} more")


def _print_counts(console: Console, status: StatusView) -> None:
    console.print(f"Jobs:         {describe_jobs(status)}.", soft_wrap=True)
    skipped = describe_counts(status.skipped)
    if skipped:
        console.print(f"Skipped:      {skipped}: nemowatch jobs list --state skipped", soft_wrap=True)
    if status.credits is not None:
        console.print(f"Credits:      {format_count(status.credits, 'credit')} when last asked")


def _print_stopped(
    console: Console, title: str, jobs: Sequence[JobView], status: StatusView, cost: str = "", *, now: float
) -> None:
    """The first of the jobs that stand still, each with its reason and what helps."""
    if not jobs:
        return
    console.print(f"\n[bold]{title}[/]")
    groups = gather_stopped(jobs)
    for job, count in groups[:_STANDING_STILL_SHOWN]:
        print_standstill(console, job, now=now, count=count)
    state = jobs[0].state
    in_all = max(len(jobs), status.counts.get(state, 0))  # of very many, only the newest are told
    more = in_all - sum(count for _, count in groups[:_STANDING_STILL_SHOWN])
    if more > 0:
        print_below(console, f"{more} more: nemowatch jobs list --state {state} --limit {in_all}", indent=0)
    if cost:
        print_below(console, f"What they may cost when they go on: {cost}.", indent=0)


def _print_jobs(console: Console, title: str, jobs: Sequence[JobView], *, now: float) -> None:
    if jobs:
        console.print(f"\n[bold]{title}[/]")
        print_table(console, jobs_table(jobs, now=now))
