"""Where a file stands for a rule: what the database knows, what the running daemon says, what a start would do.

Used by `nemowatch explain` and `check --files`, so that both use the same words. Looks and changes nothing.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nemowatch.cli.conditions import Answer
from nemowatch.cli.screen import show_moment
from nemowatch.cli.ways_out import WayOut, describe_standing, find_ways_out, show_moment_to_come
from nemowatch.intake.records import FolderState
from nemowatch.jobs.records import EXISTING, JobState
from nemowatch.jobs.views import view_job
from nemowatch.rules.schedule import next_start
from nemowatch.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nemowatch.cli.conditions import Verdict
    from nemowatch.intake.records import FileVersion
    from nemowatch.jobs.file_history import FileHistory, KnownFile
    from nemowatch.jobs.views import JobView
    from nemowatch.rules.rule import Rule, RuleBook
    from nemowatch.standing import FolderLine, Standing, WaitingFile

PLAIN_JOB = "would become a job"
"""What is said of a file that nothing stands in the way of."""

_OFFLINE = FolderState.OFFLINE.value


@dataclass(frozen=True)
class Whereabouts:
    """Where a file stands for one rule.

    Attributes:
        state: one word for scripts: a job's state, `skipped`, `refused`, `changed`, one of a waiting file's,
            `offline`, `unseen`, or `none` where there is nothing to say.
        lines: the same for people.
        job: the job that it made, or that its content had.
        ways: commands that help.
    """

    state: str = "none"
    lines: tuple[str, ...] = ()
    job: JobView | None = None
    ways: tuple[WayOut, ...] = ()


@dataclass(frozen=True)
class Scene:
    """All that answers are made from, but for the disk.

    Attributes:
        book: the rules.
        history: the database; None where no daemon has run yet.
        standing: of the running daemon; None where none runs, or has told nothing yet.
        is_running: whether a daemon runs.
        count_found: gives how many unknown files a rule would find on its first look.
        now: seconds since the epoch.
    """

    book: RuleBook
    history: FileHistory | None
    standing: Standing | None
    is_running: bool
    count_found: Callable[[Rule], int]
    now: float


def find_whereabouts(scene: Scene, rule: Rule, path: Path, verdict: Verdict) -> Whereabouts:
    """Where the file at a path stands for a rule, to which the rule says what the verdict tells."""
    known = None if scene.history is None else scene.history.read(path, rule.name)
    waiting = _waiting_file(scene.standing, rule, path)
    if waiting is not None:
        return _describe_waiting(waiting, known, now=scene.now)
    line = _folder_line(scene.standing, verdict.folder)
    offline = f"the folder {verdict.folder} is offline" if line is not None and line.state == _OFFLINE else ""
    if known is not None:
        found = describe_known(known, verdict.version, now=scene.now)
        return replace(found, lines=(*found.lines, offline)) if offline else found
    if line is not None and (offline or verdict.is_of_folder):
        told = offline or f"this folder is {line.state}"
        return Whereabouts(line.state, (f"{told}: {line.reason}" if line.reason else told,))
    if verdict.version is None or verdict.answer is Answer.LEAVES:
        return Whereabouts()
    return _describe_unseen(scene, rule, verdict)


def describe_known(known: KnownFile, version: FileVersion | None, *, now: float) -> Whereabouts:
    """What became of a known file.

    Args:
        known: what the database knows.
        version: what stands there now; None when nothing does.
        now: seconds since the epoch.
    """
    found = _describe_what_became(known, now=now)
    if version is None or _is_same(known, version):
        return found
    changed = "changed since: it is looked at again; a new content makes a new job, the same content none"
    then = [f"before: {found.lines[0]}", *found.lines[1:]]
    return Whereabouts("changed", (changed, *then), found.job, found.ways)


def forecast(scene: Scene, rule: Rule, folder: Path) -> tuple[str, str]:
    """What a start of the daemon would make of a file that nobody knows: a word for scripts, and a sentence."""
    history = scene.history
    has_looked = history is not None and history.has_looked(rule.name, folder)
    if rule.existing == "process" or has_looked:
        return "job", _describe_new_job(rule, now=scene.now)
    if rule.existing == "skip":
        return "skipped", "would be skipped: there before the rule (existing: skip)"
    found, backlog = scene.count_found(rule), scene.book.limits.backlog
    if found > backlog:
        return "held", f"would be held: {found} files, more than limits.backlog ({backlog})"
    return "job", _describe_new_job(rule, now=scene.now)


def _describe_new_job(rule: Rule, *, now: float) -> str:
    start = next_start(rule.schedule, now)
    return PLAIN_JOB if start <= now else f"{PLAIN_JOB}, which starts {show_moment_to_come(start, now=now)}"


def _describe_what_became(known: KnownFile, *, now: float) -> Whereabouts:
    on = f" on {show_moment(known.noted_at)}" if known.noted_at is not None else ""
    if known.refusal:
        told = f"refused{on}: {known.refusal}"
        return Whereabouts("refused", (told, "It is looked at again when it has changed."))
    if known.skipped == EXISTING:
        ways = (WayOut(f"touch {shlex.quote(str(known.source.path))}", "has this one taken"),)
        lines = (
            f"skipped{on}: it was there before the rule",
            "`existing: process` in the rule takes them all",
        )
        return Whereabouts("skipped", lines, ways=ways)
    if known.job is None:
        return Whereabouts(
            "skipped" if known.skipped else "known", (f"known{on}: its content has had its job",)
        )
    job = view_job(known.job)
    if known.is_duplicate:
        of = f"duplicate of {job.source}, {describe_job(job, now=now)}"
        return Whereabouts("skipped", (of,), job, _ways(job))
    outputs = () if job.output_folder is None else (f"outputs in {job.output_folder}",)
    return Whereabouts(job.state.value, (describe_job(job, now=now), *outputs), job, _ways(job))


def _ways(job: JobView) -> tuple[WayOut, ...]:
    """The commands that help; a job that is at work needs none."""
    return find_ways_out(job) if job.is_parked or job.state.is_final else ()


def describe_job(job: JobView, *, now: float) -> str:
    """How a job stands, in one sentence."""
    name = f"job {job.short_id}"
    ended = f" on {show_moment(job.finished_at)}" if job.finished_at is not None else ""
    why = describe_standing(job, now=now)
    if job.state.is_final:
        return f"{job.state}{ended}, {name}{f': {why}' if why else ''}"
    since = f" since {show_moment(job.queued_at)}" if job.state is JobState.QUEUED else ""
    progress = "" if job.progress is None else f" {job.progress:.0%}"
    return f"{job.state}{progress}{since}, {name}{f': {why}' if why else ''}"


def _is_same(known: KnownFile, version: FileVersion) -> bool:
    source = known.source
    return (source.size_bytes, source.modified_ns, source.inode) == (
        version.size,
        version.mtime_ns,
        version.inode,
    )


def _waiting_file(standing: Standing | None, rule: Rule, path: Path) -> WaitingFile | None:
    waiting = () if standing is None else standing.waiting
    return next((file for file in waiting if file.rule == rule.name and file.path == str(path)), None)


def _describe_waiting(file: WaitingFile, known: KnownFile | None, *, now: float) -> Whereabouts:
    words = [file.state]
    if file.next_look_at is not None:
        left = format_duration(file.next_look_at - now)
        words.append(f"{left} left" if file.state == "settling" else f"looked at again in {left}")
    told = ", ".join(words) + (f": {file.reason}" if file.reason else "")
    before = () if known is None else _describe_what_became(known, now=now).lines
    lines = (told, *(f"before: {line}" for line in before[:1]))
    job = None if known is None or known.job is None else view_job(known.job)
    return Whereabouts(file.state, lines, job)


def _describe_unseen(scene: Scene, rule: Rule, verdict: Verdict) -> Whereabouts:
    """A file that nobody knows yet, which the rule takes, or may take later."""
    if scene.is_running:
        more = 0 if scene.standing is None else scene.standing.waiting_in_all - len(scene.standing.waiting)
        if more > 0:
            return Whereabouts("unseen", (f"not seen yet, or one of {more} more files that wait",))
        pause = format_duration(scene.book.scan_seconds)
        return Whereabouts("unseen", (f"not seen yet: a look through the folder, every {pause}, finds it",))
    if verdict.answer is Answer.NOT_YET or verdict.folder is None:
        return Whereabouts("unseen", ("after its next start NemoWatch would wait for it",))
    _, sentence = forecast(scene, rule, verdict.folder)
    return Whereabouts("unseen", (f"at the next start it {sentence}",))


def _folder_line(standing: Standing | None, folder: Path | None) -> FolderLine | None:
    lines = () if standing is None else standing.folders
    return next((line for line in lines if line.folder == str(folder)), None)
