"""`nemowatch demo`: the main job on a fresh machine, shown as it happens."""

from __future__ import annotations

import signal
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    from rich.console import Console
    from rich.table import Table

    from nemowatch.demo.play import Act


def demo(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE",
            help="Your own recordings, instead of three that are made.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    *,
    keep: Annotated[
        Path | None,
        typer.Option(
            "--keep", metavar="DIR", help="Where everything is put; default: a new temporary folder."
        ),
    ] = None,
) -> None:
    """See the whole job on this machine: no account, no network.

    Starts the embedded service and the daemon, saves recordings into watched folders, and shows what becomes of
    them. Everything stays in one folder, for you to look at.
    """
    from nemowatch.cli.screen import open_console
    from nemowatch.demo.play import play
    from nemowatch.demo.savers import check_recordings
    from nemowatch.demo.stage import DemoFailed, Stage

    twice = [name for name, count in Counter(file.name for file in files or []).items() if count > 1]
    if twice:
        raise typer.BadParameter(f"two recordings are called {twice[0]!r}; rename one", param_hint="FILE")
    own = [file.absolute() for file in files or []]
    check_recordings(own)
    for number in (signal.SIGTERM, signal.SIGHUP):  # a closed window must not leave the daemon behind either
        signal.signal(number, _interrupt)
    root = keep.expanduser().absolute() if keep else Path(tempfile.mkdtemp(prefix="nemowatch-demo-"))
    stage = Stage(root)
    stage.build()
    console = open_console()
    console.print(f"Everything happens in {root}\n", soft_wrap=True, markup=False)
    with closing(play(stage, own)) as performance:
        acts = _show(console, performance)
    console.print(f"\nOutputs:     {root / 'Recordings'}/*-output", soft_wrap=True, markup=False)
    console.print(f"Daemon log:  {stage.daemon_log}", soft_wrap=True, markup=False)
    console.print("Next:        nemowatch init writes rules of your own to start from", markup=False)
    failed = [act for act in acts if act.job is None or act.job.state != "done"]
    if failed:
        raise DemoFailed(f"{len(failed)} of {len(acts)} jobs failed.", hint=f"The log: {stage.daemon_log}.")


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _show(console: Console, performance: Iterator[tuple[Act, ...]]) -> Sequence[Act]:
    """Show the acts until they are over: live on a terminal, else a line for each change; then the table."""
    from rich.live import Live

    from nemowatch.cli.screen import print_table

    acts: tuple[Act, ...] = ()
    if console.is_terminal:
        with Live(console=console, refresh_per_second=8, transient=True) as live:
            for acts in performance:
                live.update(_progress_table(acts))
    else:
        said: dict[Path, str] = {}
        for acts in performance:
            for act in acts:
                state = _describe(act).split(" ")[0]
                if said.get(act.target) != state:
                    said[act.target] = state
                    console.print(f"{act.rule}: {act.target.name} {_describe(act)}", markup=False)
        console.print()
    print_table(console, final_table(acts))
    return acts


def _progress_table(acts: Sequence[Act]) -> Table:
    from rich.markup import escape
    from rich.progress_bar import ProgressBar
    from rich.table import Table

    from nemowatch.cli.screen import share_done

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for heading in ("file", "rule", "progress", "state"):
        table.add_column(heading, no_wrap=True)
    for act in acts:
        done = 0.0 if act.job is None else share_done(act.job.state, act.job.progress)
        bar = ProgressBar(total=1.0, completed=done, width=20)
        table.add_row(escape(act.target.name), escape(act.rule), bar, escape(_describe(act)))
    return table


def _describe(act: Act) -> str:
    if act.job is not None:
        return act.job.state.value
    return "settling" if act.is_saved else f"saving ({act.manner})"


def final_table(acts: Sequence[Act]) -> Table:
    """What became of each recording: file, rule, state, time, outputs."""
    from nemowatch.cli.screen import jobs_table
    from nemowatch.clock import SystemClock
    from nemowatch.jobs.views import view_job

    jobs = [view_job(act.job) for act in acts if act.job is not None]
    return jobs_table(jobs, now=SystemClock().now(), with_ids=False)
