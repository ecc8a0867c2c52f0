"""Step 3: the recording goes into the session, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemowatch.jobs.errors import SourceGone
from nemowatch.jobs.results import Uploaded
from nemowatch.units import format_bytes, format_duration

if TYPE_CHECKING:
    from pathlib import Path

    from nemowatch.jobs.run import JobRun

_MARKER = "upload"


async def upload(run: JobRun, session_id: str) -> Uploaded:
    """Upload the recording, unless an earlier attempt that was cut off by a restart already has.

    Raises:
        SourceGone, SourceChanged: the recording is not, or did not stay, the one that was queued.
    """
    name = run.spec.source.path.name
    state = await run.api.read_state(session_id)
    marker = await run.read_marker(_MARKER)
    if marker is None:
        await run.set_marker(_MARKER, {"fingerprint": state.fingerprint()})
    elif marker["fingerprint"] != state.fingerprint():
        await run.tell(f"{name} had arrived before the restart; it is not uploaded again.")
        return Uploaded(seconds=0.0)
    # Long after it was queued, and on a restart: only what was queued may go out under this job.
    path = await run.find_source()
    started = run.clock.monotonic()
    await _send(run, session_id, path)
    seconds = run.clock.monotonic() - started
    await run.find_source()
    size = format_bytes(run.spec.source.size_bytes)
    await run.tell(f"Uploaded {name} ({size}) in {format_duration(seconds)}.")
    return Uploaded(seconds=seconds)


async def _send(run: JobRun, session_id: str, path: Path) -> None:
    try:
        await run.api.upload(session_id, [path], lambda done, total: run.report(done, total, "uploading"))
    except FileNotFoundError as error:
        raise SourceGone(f"{path} vanished before it was uploaded.") from error
