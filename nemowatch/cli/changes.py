"""What has changed between two looks at NemoWatch, one line each: for `status --watch` where there is no terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemowatch.cli.screen import describe_outputs
from nemowatch.cli.status_lines import describe_daemon, describe_folder, describe_pause, list_troubles
from nemowatch.cli.ways_out import describe_standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nemowatch.jobs.views import JobView, StatusView


def find_lost(before: StatusView, after: StatusView) -> list[str]:
    """The ids of the jobs that had not ended and are no longer shown: what became of them must be asked for."""
    shown = {job.id for job in (*after.active, *after.recent)}
    return [job.id for job in before.active if job.id not in shown]


def list_changes(
    before: StatusView, after: StatusView, found: Iterable[JobView], *, now: float
) -> Iterator[str]:
    """What is different, the daemon first, then its folders, then the jobs, the oldest of them at the front.

    Args:
        before: the look before.
        after: this one.
        found: the jobs that `find_lost` names, as they stand now.
        now: seconds since the epoch.
    """
    yield from _changes_of_daemon(before, after)
    yield from _changes_of_folders(before, after)
    then = {job.id: (job.state, job.reason) for job in (*before.active, *before.recent)}
    jobs = {job.id: job for job in (*after.active, *after.recent, *found)}
    for job in sorted(jobs.values(), key=lambda job: (job.updated_at, job.id)):
        if then.get(job.id) != (job.state, job.reason):
            yield _describe_job(job, now=now)


def _changes_of_daemon(before: StatusView, after: StatusView) -> Iterator[str]:
    if _process(before) != _process(after):
        yield describe_daemon(after)
    pause = describe_pause(after)
    # In words: over the control API a moment comes a little rounded.
    if pause != describe_pause(before):
        yield f"Paused {pause}." if pause else "Jobs may start again."
    then, now = list(list_troubles(before)), list(list_troubles(after))
    yield from (f"Trouble: {' '.join(trouble.split())}" for trouble in now if trouble not in then)
    yield from (f"Over: {' '.join(trouble.split())}" for trouble in then if trouble not in now)


def _process(status: StatusView) -> object:
    return None if status.daemon is None else (status.daemon.get("pid"), status.daemon.get("since"))


def _changes_of_folders(before: StatusView, after: StatusView) -> Iterator[str]:
    if after.standing is None:
        return
    then = () if before.standing is None else before.standing.folders
    yield from (f"Folder: {describe_folder(line)}" for line in after.standing.folders if line not in then)


def _describe_job(job: JobView, *, now: float) -> str:
    why = describe_standing(job, now=now) or describe_outputs(job.outputs)
    return f"{job.short_id} {job.file_name}, rule {job.rule}: {job.state}{f': {why}' if why else ''}"
