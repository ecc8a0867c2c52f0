"""What becomes of a job that stands still, in words: when it goes on by itself, and which command helps.

Used by the commands that show jobs or refuse an order. Reads a job as it is shown, and nothing else.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from nemowatch.jobs.records import Cause, JobState

if TYPE_CHECKING:
    from nemowatch.jobs.views import JobView

_NEW_TOKEN = ("nemowatch doctor", "examines the token; with a new one, start NemoWatch again")
_TRY_NOW = ("nemowatch jobs release {job}", "tries it now")
_PARKED: dict[Cause, tuple[tuple[str, str], ...]] = {
    Cause.CREDITS: (
        ("nemowatch credits", "says where to get more"),
        ("nemowatch jobs release {job}", "lets it go past the limit"),
    ),
    Cause.BUDGET: (("nemowatch jobs release {job}", "lets it go today"),),
    Cause.TOKEN: (_NEW_TOKEN,),
    Cause.SCOPE: (_NEW_TOKEN,),
    Cause.PLAN: (("nemowatch jobs release {job}", "exports, once your plan includes it"),),
    Cause.RATE: (_TRY_NOW,),
    Cause.FAULT: (_TRY_NOW,),
    Cause.RENDER: (_TRY_NOW,),
    Cause.BACKLOG: (
        ("nemowatch jobs release --rule {rule}", "lets all of its rule go"),
        ("nemowatch jobs release {job}", "lets this one go"),
    ),
    Cause.SCHEDULE: (("nemowatch jobs release {job}", "starts it now"),),
    Cause.FOLDER: (),
    Cause.TURN: (),
    Cause.QUESTION: (
        ('nemowatch jobs answer {job} "…"', "answers it"),
        ("nemowatch jobs release {job}", "leaves it to the service"),
    ),
    Cause.UNCERTAIN: (
        ("nemowatch jobs release {job}", "goes on with the timeline as it is"),
        ("nemowatch jobs retry {job}", "sends the prompt again: may be paid twice"),
    ),
    Cause.SESSION: (("nemowatch jobs retry {job}", "makes the edit again, and pays again"),),
}
_GOES_ON_WHEN: dict[Cause | None, str] = {
    Cause.TURN: "goes on when that job has ended",
    Cause.FOLDER: "goes on when the folder is back",
}
_RETRY = ("nemowatch jobs retry {job}", "goes on where it stopped")
_RERUN = ("nemowatch jobs rerun {job}", "makes it anew, and pays again")
_REFINE = ('nemowatch jobs refine {job} "…"', "sends one more prompt")
_CANCEL = ("nemowatch jobs cancel {job}", "ends it")


@dataclass(frozen=True)
class WayOut:
    """A command as it is typed, and what it does to the job."""

    command: str
    does: str


def find_ways_out(job: JobView) -> tuple[WayOut, ...]:
    """The commands that fit a job as it stands, the likeliest first; none where only waiting helps."""
    # A name may hold blanks or what a shell takes for its own.
    names = {"job": job.short_id, "rule": shlex.quote(job.rule)}
    return tuple(WayOut(command.format(**names), does) for command, does in _pairs(job))


def describe_wake(job: JobView, *, now: float) -> str:
    """When a job that stands still goes on by itself (`goes on at 14:05`); nothing where that is not known.

    Args:
        job: the job.
        now: seconds since the epoch.
    """
    if not job.is_parked:
        return ""
    if job.wake_at is None:
        return _GOES_ON_WHEN.get(job.cause, "")
    verb = "starts" if job.cause is Cause.SCHEDULE else "goes on"
    return f"{verb} {show_moment_to_come(job.wake_at, now=now)}"


def describe_standing(job: JobView, *, now: float) -> str:
    """Why a job stands as it does, and when it goes on."""
    wake = describe_wake(job, now=now)
    return " ".join(filter(None, (job.reason, f"{wake[:1].upper()}{wake[1:]}." if wake else "")))


def _pairs(job: JobView) -> tuple[tuple[str, str], ...]:
    if job.cause is not None:
        return _PARKED[job.cause]
    if job.state is JobState.DONE:
        return (_REFINE, _RERUN)
    if job.state.is_final:
        return (_RETRY, _RERUN) if job.stopped_before else (_RERUN,)
    return (_CANCEL,)


def show_moment_to_come(moment: float, *, now: float) -> str:
    """A moment to come, in local time and as short as it is clear."""
    if moment <= now:
        return "now"
    then, today = datetime.fromtimestamp(moment).astimezone(), datetime.fromtimestamp(now).astimezone().date()
    if then.date() == today:
        return f"at {then:%H:%M}"
    if then.date() == today + timedelta(days=1):
        return "tomorrow" if f"{then:%H:%M}" == "00:00" else f"tomorrow at {then:%H:%M}"
    return f"on {then:%Y-%m-%d} at {then:%H:%M}"
