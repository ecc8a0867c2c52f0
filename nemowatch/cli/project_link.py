"""The link under which a person sees a job's project. Used by `nemowatch jobs open`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nemowatch.errors import NemoWatchError
from nemowatch.outputs.errors import OutputError
from nemowatch.outputs.manifest import read_manifest

if TYPE_CHECKING:
    from nemowatch.jobs.views import JobView


class NoProjectLink(NemoWatchError):
    """There is no link to a job's project; nothing is wrong with the job."""


def find_project_link(job: JobView) -> str:
    """The link, as `job.json` in the output folder has it.

    Raises:
        NoProjectLink: there is none, and why that is no fault.
    """
    who, folder = f"Job {job.short_id}", job.output_folder
    if folder is None:
        raise NoProjectLink(
            f"{who} has no project link yet: it is in job.json, which is written when a job ends, and this one is "
            f"{job.state}."
        )
    try:
        manifest = read_manifest(Path(folder))
    except OutputError as error:
        raise NoProjectLink(
            f"{who} did its work, but its project link can't be looked up: {error.message}",
            hint="It was in the output folder, which may have been moved.",
        ) from error
    link = None if manifest.session is None else manifest.session.project_link
    if manifest.job_id != job.id:
        raise NoProjectLink(
            f"{who} did its work, but {folder} now holds the outputs of job {manifest.job_id[:8]}."
        )
    if link is None or not link.startswith(("https://", "http://")):
        raise NoProjectLink(
            f"{who} has no project link: the service gave none, which is no fault of the job."
        )
    return link
