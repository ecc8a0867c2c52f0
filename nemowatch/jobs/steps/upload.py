"""Step 3: the recording, or what its addresses name, goes into the session, once."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from nemowatch.jobs.errors import SourceGone
from nemowatch.jobs.results import Uploaded
from nemowatch.jobs.steps.download import address_of
from nemowatch.nemo.errors import ApiError
from nemowatch.units import format_bytes, format_count, format_duration

if TYPE_CHECKING:
    from pathlib import Path

    from nemowatch.jobs.run import JobRun
    from nemowatch.nemo.state import SessionState

UPLOAD_MARKER = "upload"


async def upload(run: JobRun, session_id: str) -> Uploaded:
    """Upload, unless an earlier attempt that a restart or a fault cut off already has.

    Raises:
        SourceGone, SourceChanged: the recording is not, or did not stay, the one that was queued.
        Paused: the service can't take it for now, or its watch folder is offline.
        SessionNotFound: the session is gone.
    """
    state = await run.service.read_state(session_id)
    before = state.fingerprint()
    known_media = tuple(address_of(media) for media in state.generated_media)
    marker = await run.read_marker(UPLOAD_MARKER)
    own_name = (await run.find_source()).name
    name = _free_name(own_name, state) if marker is None else marker.get("name", own_name)
    if marker is None or marker.get("session", session_id) != session_id:
        if marker is not None:
            await run.drop_marker(UPLOAD_MARKER)
        await run.set_marker(UPLOAD_MARKER, {"fingerprint": before, "session": session_id, "name": name})
    elif marker["fingerprint"] != before:
        await run.tell(f"{name} had arrived before; it is not uploaded again.")
        return Uploaded(0.0, name, known_media)
    started = run.clock.monotonic()
    is_sent = await _send(run, session_id, before, name)
    seconds = run.clock.monotonic() - started
    if not run.spec.urls:
        await run.find_source()
    how = f"in {format_duration(seconds)}" if is_sent else "although the answer was lost"
    await run.tell(f"Uploaded {_what(run)} {how}.")
    return Uploaded(seconds, name, known_media)


async def _send(run: JobRun, session_id: str, before: str, name: str) -> bool:
    """Send until it has arrived; False where it had, and only the answer was lost."""
    tries = 0
    while True:
        # Long after it was queued, and on a restart: only what was queued may go out under this job.
        path = await run.find_source()
        try:
            if run.spec.urls:
                await run.api.upload_urls(session_id, run.spec.urls)
            else:
                await _send_file(run, session_id, path, name)
        except ApiError as error:
            tries += 1
            await run.patience.overcome(error, tries)
            if (await run.service.read_state(session_id)).fingerprint() != before:
                return False
        else:
            return True


async def _send_file(run: JobRun, session_id: str, path: Path, name: str) -> None:
    def report(done: int, total: int) -> None:
        run.report(done, total, "uploading")

    try:
        await run.api.upload(session_id, [path], report, names=[name])
    except OSError as error:
        await run.pause_if_offline(error)
        reason = error.strerror or error
        raise SourceGone(f"{path} could not be read to its end for the upload: {reason}.") from error


def _free_name(name: str, state: SessionState) -> str:
    """The file's name, numbered where a session that several files share holds another one of this name."""
    taken = {info.get("filename") for info in state.video_infos if isinstance(info, dict)}
    path, count, candidate = PurePath(name), 1, name
    while candidate in taken:
        count += 1
        candidate = f"{path.stem}-{count}{path.suffix}"
    return candidate


def _what(run: JobRun) -> str:
    if run.spec.urls:
        return format_count(len(run.spec.urls), "address", "addresses")
    return f"{run.spec.source.path.name} ({format_bytes(run.spec.source.size_bytes)})"
