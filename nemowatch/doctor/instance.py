"""Whether the daemon runs and answers, of which version it is, and whether a second one is at work beside it."""

from __future__ import annotations

import os
import socket
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import nemowatch
from nemowatch.doctor.finding import ok, problem, warning
from nemowatch.jobs.records import JobState
from nemowatch.rules.problems import without_excerpts
from nemowatch.units import format_duration
from nemowatch.web.client import ControlClient, ControlRefused, DaemonAbsent, DaemonSilent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nemowatch.doctor.finding import Finding
    from nemowatch.doctor.site import Site
    from nemowatch.jobs.views import StatusView
    from nemowatch.web.bodies import Health

DAEMON, JOBS, OTHERS = "daemon", "jobs", "other instances"

_START = "`nemowatch run` in a terminal, or `nemowatch service start` (once: `nemowatch service install`)."
_RESTART = "`nemowatch service restart`, or stop it and start it again."
_LAGGING_SECONDS = 1.0
_PROCESSES = Path("/proc")


def look_at_daemon(site: Site) -> Iterator[Finding]:
    """Whether it runs, answers, is of this version, and what holds it up."""
    if site.holder is None:
        yield warning(DAEMON, "It does not run: no folder is watched.", _START)
        return
    who = _describe_process(site)
    if site.holder.get("host") not in {None, socket.gethostname()}:
        yield ok(DAEMON, f"{who}, which can't be asked from here.")
        return
    try:
        with ControlClient(site.state) as client:
            yield _judge(who, client.health())
            yield from _judge_work(client.status())
    except DaemonAbsent:
        yield warning(
            DAEMON, f"{who}, and can't be asked: it is only starting, or of an earlier version.", _RESTART
        )
    except DaemonSilent as error:
        yield problem(DAEMON, f"{who}. It does not do as it should: {error.message}", _RESTART)
    except ControlRefused as error:
        yield problem(DAEMON, f"{who}, and refuses to answer: {error.message}", _RESTART)
    if site.standing is not None:
        if site.standing.rules_error:
            yield problem(
                DAEMON,
                f"It goes by the rules from before the last edit: {without_excerpts(site.standing.rules_error)}",
                "Mend the file; `nemowatch check` says what is expected.",
            )
        yield from (warning(DAEMON, trouble) for trouble in site.standing.troubles)


def look_at_others(site: Site) -> Iterator[Finding]:
    """Whether other daemons run on this machine, as far as the system tells."""
    own = {os.getpid(), os.getppid(), None if site.holder is None else site.holder.get("pid")}
    others = [number for number in find_daemons() if number not in own]
    if not others:
        yield ok(OTHERS, "No other one runs on this machine.")
        return
    named = f"process{'es' if len(others) > 1 else ''} {', '.join(map(str, others))}"
    yield warning(
        OTHERS,
        f"NemoWatch also runs as {named}, with another state folder. Where two watch the same folder, each makes "
        "a job of each file, and each job is paid for.",
        f"`ps -f {' '.join(map(str, others))}` shows whose; stop what you don't want.",
    )


def find_daemons() -> Iterator[int]:
    """The numbers of all processes that run `nemowatch run`; none where the system does not tell (macOS)."""
    for process in sorted(_PROCESSES.glob("[1-9]*")):
        try:
            arguments = process.joinpath("cmdline").read_bytes().split(b"\0")
        except OSError:
            continue  # it has just ended
        if is_daemon([os.fsdecode(argument) for argument in arguments]):
            yield int(process.name)


def is_daemon(arguments: Sequence[str]) -> bool:
    """Whether a command line is that of `nemowatch run`, by its program or as `python -P -m nemowatch run`."""
    for index, argument in enumerate(arguments[:4]):
        is_program = index == 0 or "/" in argument or arguments[index - 1] == "-m"
        if is_program and PurePath(argument).name == "nemowatch":
            return "run" in arguments[index + 1 :]
    return False


def _judge(who: str, health: Health) -> Finding:
    if health.version != nemowatch.__version__:
        here = f"this is {nemowatch.__version__}"
        return warning(DAEMON, f"{who}, and is of version {health.version}; {here}.", _RESTART)
    if health.loop_lag_seconds > _LAGGING_SECONDS:
        lag = format_duration(health.loop_lag_seconds)
        return warning(
            DAEMON, f"{who}, and answers {lag} late: the machine is busy, or something blocks.", _RESTART
        )
    return ok(DAEMON, f"{who}, and answers.")


def _judge_work(status: StatusView) -> Iterator[Finding]:
    """What stands still until somebody does something about it."""
    if status.paused_at is not None:
        yield warning(DAEMON, "It is paused: no job starts.", "`nemowatch resume`.")
    waiting = status.counts.get(JobState.ATTENTION, 0)
    if waiting:
        need = "job needs" if waiting == 1 else "jobs need"
        yield warning(JOBS, f"{waiting} {need} you.", "`nemowatch status` says what for.")


def _describe_process(site: Site) -> str:
    holder = site.holder or {}
    since = f" since {holder['since']}" if holder.get("since") else ""
    return f"It runs as process {holder.get('pid') or 'unknown'} on {holder.get('host') or 'this machine'}{since}"
