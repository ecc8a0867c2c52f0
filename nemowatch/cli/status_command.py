"""`nemowatch status`: is it running, does it need anything, and what is it doing?"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from nemowatch.cli.options import AsJson  # noqa: TC001 -- Typer reads the annotations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import Console

    from nemowatch.jobs.records import JobRecord, JobState
    from nemowatch.jobs.spending import SpendingBook
    from nemowatch.jobs.store import JobStore
    from nemowatch.standing import Standing, WaitingFile

_RECENT = 5
_QUEUED_SHOWN = 10
_WAITING_SHOWN = 10
_STANDING_STILL_SHOWN = 5
_FOLDER_STYLES = {"offline": "bold red", "scanned only": "yellow", "not scanned yet": "dim"}
_FOLDER_ORDER = {"offline": 0, "watched": 2}
"""What needs the user comes first, what is as it should be last."""


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
        skipped: how many files make no job, by the reason.
        remaining: how many seconds the running ones will still take, by id, where that can be told.
    """

    counts: Mapping[JobState, int]
    attention: tuple[JobRecord, ...] = ()
    held: tuple[JobRecord, ...] = ()
    waiting: tuple[JobRecord, ...] = ()
    running: tuple[JobRecord, ...] = ()
    queued: tuple[JobRecord, ...] = ()
    recent: tuple[JobRecord, ...] = ()
    held_cost: str = ""
    skipped: Mapping[str, int] = field(default_factory=dict)
    remaining: Mapping[str, float] = field(default_factory=dict)

    @property
    def active(self) -> tuple[JobRecord, ...]:
        """Every job shown that has not ended, those that need the user first."""
        return self.attention + self.held + self.waiting + self.running + self.queued


def status(*, as_json: AsJson = False) -> None:
    """Show whether the daemon runs, what needs you, what waits, what runs and what ended last."""
    from nemowatch.cli.book import job_as_json  # noqa: PLC0415 -- --help must load quickly
    from nemowatch.cli.screen import open_console, print_json  # noqa: PLC0415
    from nemowatch.cli.time_left import read_remaining  # noqa: PLC0415
    from nemowatch.jobs.file_history import open_history  # noqa: PLC0415
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
        with open_history(state.database) as history:
            jobs = jobs if history is None else replace(jobs, skipped=history.count_skipped())
        jobs = replace(jobs, remaining=read_remaining(state, jobs.running))
        if as_json:
            print_json(
                {
                    "daemon": daemon,
                    "state_folder": str(state.root),
                    "standing": None if standing is None else asdict(standing),
                    "jobs": {known.value: jobs.counts.get(known, 0) for known in JobState},
                    "skipped": dict(jobs.skipped),
                    "active": [
                        job_as_json(record, spending, jobs.remaining.get(record.spec.job_id))
                        for record in jobs.active
                    ],
                    "recent": [job_as_json(record, spending) for record in jobs.recent],
                }
            )
            return
    console = open_console()
    _print_daemon(console, daemon, str(state.root), standing)
    if standing is not None:
        _print_standing(console, standing)
    _print_counts(console, jobs)
    _print_stopped(console, "Needs you", jobs.attention)
    _print_stopped(console, "Held", jobs.held, jobs.held_cost)
    _print_stopped(console, "Waiting", jobs.waiting)
    _print_jobs(console, "Now", jobs.running + jobs.queued, jobs.remaining)
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
    console: Console, daemon: dict[str, Any] | None, folder: str, standing: Standing | None
) -> None:
    from nemowatch.cli.screen import printable  # noqa: PLC0415 -- --help must load quickly

    if daemon is None:
        console.print("NemoWatch is not running. `nemowatch run` starts it.")
    else:
        console.print(f"NemoWatch runs: process {daemon.get('pid')}, since {daemon.get('since')}.")
    for trouble in () if standing is None else _list_troubles(standing):
        label = "Trouble:"
        # The problems of a rules file come with the lines in which they are.
        for line in trouble.splitlines():
            console.print(f"{label:<14}{printable(line)}", soft_wrap=True, markup=False, style="bold red")
            label = ""
    console.print(f"State folder: {folder}", soft_wrap=True, markup=False)


def _list_troubles(standing: Standing) -> Iterator[str]:
    """What needs the user and is no job: what holds up the queue, a wrong edit of the rules."""
    yield from standing.troubles
    if standing.rules_error:
        yield f"The rules were edited, and those from before stay in force: {standing.rules_error}"


def _print_standing(console: Console, standing: Standing) -> None:
    from nemowatch.cli.screen import printable, show_moment  # noqa: PLC0415 -- --help must load quickly

    read = f" (read {show_moment(standing.rules_loaded_at)})" if standing.rules_loaded_at else ""
    console.print(printable(f"Rules:        {standing.rules_file}{read}"), soft_wrap=True, markup=False)
    for line in sorted(standing.folders, key=lambda line: _FOLDER_ORDER.get(line.state, 1)):
        reason = f": {line.reason}" if line.reason else ""
        text = printable(f"Folder:       {line.folder} ({line.state}{reason})")
        console.print(text, soft_wrap=True, markup=False, style=_FOLDER_STYLES.get(line.state, ""))
    for file in standing.waiting[:_WAITING_SHOWN]:
        text = printable(f"Waiting:      {_describe_waiting(file)}")
        console.print(text, soft_wrap=True, markup=False)
    more = standing.waiting_in_all - min(len(standing.waiting), _WAITING_SHOWN)
    if more > 0:
        console.print(f"Waiting:      {more} more")


def _describe_waiting(file: WaitingFile) -> str:
    reason = f": {file.reason}" if file.reason else ""
    name = file.path.rpartition("/")[2]
    return f"{name}, rule {file.rule} ({file.state}{reason})"


def _print_counts(console: Console, jobs: _Jobs) -> None:
    from nemowatch.cli.skipped import describe_counts  # noqa: PLC0415 -- --help must load quickly

    summary = ", ".join(f"{count} {known}" for known, count in jobs.counts.items())
    console.print(f"Jobs:         {summary or 'none yet'}.", soft_wrap=True)
    skipped = describe_counts(jobs.skipped)
    if skipped:
        console.print(f"Skipped:      {skipped}: nemowatch jobs list --state skipped", soft_wrap=True)


def _print_stopped(console: Console, title: str, records: Sequence[JobRecord], cost: str = "") -> None:
    """The first of the jobs that stand still, each with its reason and what helps."""
    from nemowatch.cli.screen import print_below, print_standstill  # noqa: PLC0415 -- --help must load quickly
    from nemowatch.clock import SystemClock  # noqa: PLC0415

    if not records:
        return
    console.print(f"\n[bold]{title}[/]")
    now = SystemClock().now()
    groups = _gather(records)
    for record, count in groups[:_STANDING_STILL_SHOWN]:
        print_standstill(console, record, now=now, count=count)
    more = sum(count for _, count in groups[_STANDING_STILL_SHOWN:])
    if more > 0:
        state = records[0].state
        print_below(
            console, f"{more} more: nemowatch jobs list --state {state} --limit {len(records)}", indent=0
        )
    if cost:
        print_below(console, f"What they may cost when they go on: {cost}.", indent=0)


def _gather(records: Sequence[JobRecord]) -> list[tuple[JobRecord, int]]:
    """Each job with 1, but the backlog of a rule as its first job and their number: thousands say the same."""
    from nemowatch.jobs.records import Cause  # noqa: PLC0415 -- --help must load quickly

    groups: dict[str, tuple[JobRecord, int]] = {}
    for record in records:
        is_of_backlog = record.stop is not None and record.stop.cause is Cause.BACKLOG
        key = f"rule {record.spec.rule}" if is_of_backlog else record.spec.job_id
        first, count = groups.get(key, (record, 0))
        groups[key] = (first, count + 1)
    return list(groups.values())


def _print_jobs(
    console: Console,
    title: str,
    records: tuple[JobRecord, ...],
    remaining: Mapping[str, float] | None = None,
) -> None:
    from nemowatch.cli.screen import jobs_table, print_table  # noqa: PLC0415 -- --help must load quickly
    from nemowatch.clock import SystemClock  # noqa: PLC0415

    if records:
        console.print(f"\n[bold]{title}[/]")
        print_table(console, jobs_table(records, now=SystemClock().now(), remaining=remaining))
