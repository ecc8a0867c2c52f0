"""Step 3: the recording goes into the session, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemowatch.jobs.results import Uploaded
from nemowatch.units import format_bytes, format_duration

if TYPE_CHECKING:
    from nemowatch.jobs.run import JobRun

_MARKER = "upload"


async def upload(run: JobRun, session_id: str) -> Uploaded:
    """Upload the recording, unless an earlier attempt that was cut off by a restart already has."""
    source = run.spec.source
    state = await run.api.read_state(session_id)
    marker = await run.read_marker(_MARKER)
    if marker is None:
        await run.set_marker(_MARKER, {"fingerprint": state.fingerprint()})
    elif marker["fingerprint"] != state.fingerprint():
        await run.tell(f"{source.path.name} had arrived before the restart; it is not uploaded again.")
        return Uploaded(filename=source.path.name, seconds=0.0)
    started = run.clock.monotonic()
    await run.api.upload(session_id, [source.path], lambda done, total: run.report(done, total, "uploading"))
    seconds = run.clock.monotonic() - started
    await run.tell(
        f"Uploaded {source.path.name} ({format_bytes(source.size_bytes)}) in {format_duration(seconds)}."
    )
    return Uploaded(filename=source.path.name, seconds=seconds)
