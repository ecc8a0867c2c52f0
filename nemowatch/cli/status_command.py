"""`nemowatch status`: is it running, does it need anything, and what is it doing?"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from nemowatch.cli.options import AsJson  # noqa: TC001 -- Typer reads the annotations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from nemowatch.jobs.records import JobRecord, JobState
    from nemowatch.jobs.spending import SpendingBook
    from nemowatch.jobs.store import JobStore
    from nemowatch.standing import Standing

_RECENT = 5
_QUEUED_SHOWN = 10
_WAITING_SHOWN = 10
_STANDING_STILL_SHOWN = 5


@dataclass(frozen=True)
class _Jobs:
    """The jobs that are shown.

    Attributes:
        counts: all jobs by state, those that need the user first.
        attention, held, waiting: they stand still; all of them.
        running: they are at work.
        queued: the first of those that wait for their turn.
        recent: those that ended last.
        held_cost: what the held ones may cost, in words.
    """

    counts: Mapping[JobState, int]
    attention: tuple[JobRecord, ...] = ()
    held: tuple[JobRecord, ...] = ()
    waiting: tuple[JobRecord, ...] = ()
    running: tuple[JobRecord, ...] = ()
    queued: tuple[JobRecord, ...] = ()
    recent: tuple[JobRecord, ...] = ()
    held_cost: str = ""

    @property
    def active(self) -> tuple[JobRecord, ...]:
        """Every job shown that has not ended, those that need the user first."""
        return self.attention + self.held + self.waiting + self.running + self.queued


def status(*, as_json: AsJson = False) -> None:
    """Show whether the daemon runs, what needs you, what waits, what runs and what ended last."""
    from nemowatch.cli.book import job_as_json  # noqa: PLC0415 -- --help must load quickly
    from nemowatch.cli.screen import open_console, print_json  # noqa: PLC0415
    from nemowatch.jobs.reading import open_books  # noqa: PLC0415
    from nemowatch.jobs.records import JobState  # noqa: PLC0415
    from nemowatch.places import StateFolder, read_lock_holder  # noqa: PLC0415
    from nemowatch.standing import read_standing  # noqa: PLC0415

    state = StateFolder.locate()
    daemon = read_lock_holder(state)
    standing = None if daemon is None else read_standing(state.standing)
    with open_books(state.database) as books:
        spending = None if books is None else books[1]
        jobs = _Jobs({}) if books is None else _read_jobs(*books)
        if as_json:
            print_json(
                {
                    "daemon": daemon,
                    "state_folder": str(state.root),
                    "standing": None if standing is None else asdict(standing),
                    "jobs": {known.value: jobs.counts.get(known, 0) for known in JobState},
                    "active": [job_as_json(record, spending) for record in jobs.active],
                    "recent": [job_as_json(record, spending) for record in jobs.recent],
                }
            )
            return
    console = open_console()
    _print_daemon(console, daemon, str(state.root), () if standing is None else standing.troubles)
    if standing is not None:
        _print_standing(console, standing)
    summary = ", ".join(f"{count} {known}" for known, count in jobs.counts.items())
    console.print(f"Jobs:         {summary or 'none yet'}.", soft_wrap=True)
    _print_stopped(console, "Needs you", jobs.attention)
    _print_stopped(console, "Held", jobs.held, jobs.held_cost)
    _print_stopped(console, "Waiting", jobs.waiting)
    _print_jobs(console, "Now", jobs.running + jobs.queued)
    _print_jobs(console, "Last", jobs.recent)


def _read_jobs(store: JobStore, spending: SpendingBook) -> _Jobs:
    from nemowatch.cli.prices import price_jobs  # noqa: PLC0415 -- --help must load quickly
    from nemowatch.jobs.records import JobState  # noqa: PLC0415

    first = (JobState.ATTENTION, JobState.HELD, JobState.WAITING)
    counts = store.count_by_state()
    running = [known for known in JobState if not known.is_final and known not in {*first, JobState.QUEUED}]
    held = store.list_jobs(states=[JobState.HELD])
    return _Jobs(
        counts={known: counts[known] for known in (*first, *JobState) if known in counts},
        attention=store.list_jobs(states=[JobState.ATTENTION]),
        held=held,
        waiting=store.list_jobs(states=[JobState.WAITING]),
        running=store.list_jobs(states=running),
        queued=store.list_jobs(states=[JobState.QUEUED], limit=_QUEUED_SHOWN),
        recent=store.list_jobs(states=[known for known in JobState if known.is_final], limit=_RECENT),
        held_cost=price_jobs(held, spending) if held else "",
    )


def _print_daemon(
    console: Console, daemon: dict[str, Any] | None, folder: str, troubles: Sequence[str]
) -> None:
    from nemowatch.cli.screen import printable  # noqa: PLC0415 -- --help must load quickly

    if daemon is None:
        console.print("NemoWatch is not running. `nemowatch run` starts it.")
    else:
        console.print(f"NemoWatch runs: process {daemon.get('pid')}, since {daemon.get('since')}.")
    for trouble in troubles:
        console.print(f"Trouble:      {printable(trouble)}", soft_wrap=True, markup=False, style="bold red")
    console.print(f"State folder: {folder}", soft_wrap=True, markup=False)


def _print_standing(console: Console, standing: Standing) -> None:
    from nemowatch.cli.screen import printable  # noqa: PLC0415 -- --help must load quickly

    console.print(f"Rules:        {standing.rules_file}", soft_wrap=True, markup=False)
    for line in standing.folders:
        reason = f": {line.reason}" if line.reason else ""
        text = f"Folder:       {line.folder} ({line.state}{reason})"
        console.print(printable(text), soft_wrap=True, markup=False)
    for file in standing.waiting[:_WAITING_SHOWN]:
        reason = f": {file.reason}" if file.reason else ""
        name = file.path.rpartition("/")[2]
        text = f"Waiting:      {name}, rule {file.rule} ({file.state}{reason})"
        console.print(printable(text), soft_wrap=True, markup=False)
    more = standing.waiting_in_all - min(len(standing.waiting), _WAITING_SHOWN)
    if more > 0:
        console.print(f"Waiting:      {more} more")


def _print_stopped(console: Console, title: str, records: Sequence[JobRecord], cost: str = "") -> None:
    """The first of the jobs that stand still, each with its reason and what helps."""
    from nemowatch.cli.screen import print_below, print_standstill  # noqa: PLC0415 -- --help must load quickly
    from nemowatch.clock import SystemClock  # noqa: PLC0415

    if not records:
        return
    console.print(f"\n[bold]{title}[/]")
    now = SystemClock().now()
    for record in records[:_STANDING_STILL_SHOWN]:
        print_standstill(console, record, now=now)
    more = len(records) - _STANDING_STILL_SHOWN
    if more > 0:
        state = records[0].state
        print_below(
            console, f"{more} more: nemowatch jobs list --state {state} --limit {len(records)}", indent=0
        )
    if cost:
        print_below(console, f"What they may cost when they go on: {cost}.", indent=0)


def _print_jobs(console: Console, title: str, records: tuple[JobRecord, ...]) -> None:
    from nemowatch.cli.screen import jobs_table, print_table  # noqa: PLC0415 -- --help must load quickly
    from nemowatch.clock import SystemClock  # noqa: PLC0415

    if records:
        console.print(f"\n[bold]{title}[/]")
        print_table(console, jobs_table(records, now=SystemClock().now()))
