"""`nemowatch status`: is it running, and what is it doing?"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nemowatch.cli.options import AsJson  # noqa: TC001 -- Typer reads the annotations

if TYPE_CHECKING:
    from rich.console import Console

    from nemowatch.jobs.records import JobRecord
    from nemowatch.jobs.store import JobStore
    from nemowatch.standing import Standing

_RECENT = 5
_QUEUED_SHOWN = 10
_WAITING_SHOWN = 10


def status(*, as_json: AsJson = False) -> None:
    """Show whether the daemon runs, what waits, what runs and what ended last."""
    from nemowatch.cli.book import job_as_json  # noqa: PLC0415 -- --help must load quickly
    from nemowatch.cli.screen import open_console, print_json  # noqa: PLC0415
    from nemowatch.jobs.reading import open_book  # noqa: PLC0415
    from nemowatch.jobs.records import JobState  # noqa: PLC0415
    from nemowatch.places import StateFolder, read_lock_holder  # noqa: PLC0415
    from nemowatch.standing import read_standing  # noqa: PLC0415

    state = StateFolder.locate()
    daemon = read_lock_holder(state)
    standing = None if daemon is None else read_standing(state.standing)
    with open_book(state.database) as store:
        counts = {} if store is None else store.count_by_state()
        active = () if store is None else _read_active(store)
        ended = [known for known in JobState if known.is_final]
        recent = () if store is None else store.list_jobs(states=ended, limit=_RECENT)
    if as_json:
        print_json(
            {
                "daemon": daemon,
                "state_folder": str(state.root),
                "standing": None if standing is None else asdict(standing),
                "jobs": {known.value: counts.get(known, 0) for known in JobState},
                "active": [job_as_json(record) for record in active],
                "recent": [job_as_json(record) for record in recent],
            }
        )
        return
    console = open_console()
    _print_daemon(console, daemon, str(state.root))
    if standing is not None:
        _print_standing(console, standing)
    summary = ", ".join(f"{count} {known}" for known, count in counts.items())
    console.print(f"Jobs:         {summary or 'none yet'}.")
    _print_jobs(console, "Now", active)
    _print_jobs(console, "Last", recent)


def _read_active(store: JobStore) -> tuple[JobRecord, ...]:
    """The jobs that run, and the first of those that wait for their turn."""
    from nemowatch.jobs.records import JobState  # noqa: PLC0415 -- --help must load quickly

    running = [state for state in JobState if not state.is_final and state is not JobState.QUEUED]
    return store.list_jobs(states=running) + store.list_jobs(states=[JobState.QUEUED], limit=_QUEUED_SHOWN)


def _print_daemon(console: Console, daemon: dict[str, Any] | None, folder: str) -> None:
    if daemon is None:
        console.print("NemoWatch is not running. `nemowatch run` starts it.")
    else:
        console.print(f"NemoWatch runs: process {daemon.get('pid')}, since {daemon.get('since')}.")
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


def _print_jobs(console: Console, title: str, records: tuple[JobRecord, ...]) -> None:
    from nemowatch.cli.screen import jobs_table, print_table  # noqa: PLC0415 -- --help must load quickly
    from nemowatch.clock import SystemClock  # noqa: PLC0415

    if records:
        console.print(f"\n[bold]{title}[/]")
        print_table(console, jobs_table(records, now=SystemClock().now()))
