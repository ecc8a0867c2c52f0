"""A job's log as it grows, until the job has ended. Used by `nemowatch jobs logs`; changes nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nemowatch.cli.reader import Reader

_LOOK_SECONDS = 0.5


def read_log(
    reader: Reader, job: str, *, follow: bool, pause: Callable[[float], None] = time.sleep
) -> Iterator[str]:
    """The log so far; then, to follow it, each piece that is added, in whole lines.

    Args:
        reader: where the jobs and their logs are read.
        job: the beginning of an id.
        follow: go on until the job has ended.
        pause: waits so many seconds between two looks.

    Raises:
        NoSuchJob, ControlRefused: the id leads nowhere, or to several jobs.
    """
    job_id, offset = reader.job(job).id, 0
    while True:
        piece = reader.read_log(job_id, offset)
        if piece.text:
            yield piece.text
        elif not follow or piece.is_ended:
            return
        else:
            pause(_LOOK_SECONDS)
        offset = piece.next_offset
