"""Step 3: the recording, or what its addresses name, goes into the session, once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from nemowatch.jobs.errors import SourceGone
from nemowatch.jobs.plan import needs_reshaping
from nemowatch.jobs.results import Uploaded
from nemowatch.jobs.steps.download import address_of
from nemowatch.jobs.steps.reshape import find_parts
from nemowatch.nemo.errors import ApiError
from nemowatch.units import format_bytes, format_count, format_duration

if TYPE_CHECKING:
    from pathlib import Path

    from nemowatch.jobs.run import JobRun
    from nemowatch.nemo.state import SessionState
    from nemowatch.outputs.staging import Staging

UPLOAD_MARKER = "upload"
"""The name of the marker of the first file; those of further ones have a number behind it."""


@dataclass(frozen=True)
class _Item:
    """One thing that goes up: what it is to be called, and the file that was made of the recording for it.

    Attributes:
        made: None for the recording itself, which may have been renamed when it is sent, and for its addresses.
    """

    name: str
    made: Path | None = None


async def upload(run: JobRun, session_id: str) -> Uploaded:
    """Upload, unless an earlier attempt that a restart or a fault cut off already has.

    Raises:
        SourceGone, SourceChanged: the recording is not, or did not stay, the one that was queued.
        MediaError: it has to be made into something else first, and can't be.
        Paused: the service can't take it for now, or its watch folder is offline.
        SessionNotFound: the session is gone.
    """
    state = await run.service.read_state(session_id)
    known_media = tuple(address_of(media) for media in state.generated_media)
    async with run.open_staging() as staging:
        items = await _load(run, staging)
        started, names = run.clock.monotonic(), []
        for number, item in enumerate(items, 1):
            marker_name = UPLOAD_MARKER if number == 1 else f"{UPLOAD_MARKER}-{number}"
            names.append(await _upload_one(run, session_id, marker_name, item))
    seconds = run.clock.monotonic() - started
    return Uploaded(seconds, ", ".join(names), known_media)


async def _load(run: JobRun, staging: Staging) -> list[_Item]:
    source = await run.find_source()
    if not needs_reshaping(run.spec, run.settings.max_upload_bytes):
        return [_Item(source.name)]
    return [_Item(part.name, part) for part in await find_parts(run, staging)] or [_Item(source.name)]


async def _upload_one(run: JobRun, session_id: str, marker_name: str, item: _Item) -> str:
    """Upload one file, or the addresses; gives the name under which it lies in the session."""
    state = await run.service.read_state(session_id)
    before = state.fingerprint()
    marker = await run.read_marker(marker_name)
    name = _free_name(item.name, state) if marker is None else marker.get("name", item.name)
    if marker is None or marker.get("session", session_id) != session_id:
        if marker is not None:
            await run.drop_marker(marker_name)
        await run.set_marker(marker_name, {"fingerprint": before, "session": session_id, "name": name})
    elif marker["fingerprint"] != before:
        await run.tell(f"{name} had arrived before; it is not uploaded again.")
        return name
    started = run.clock.monotonic()
    is_sent = await _send(run, session_id, before, item, name)
    how = (
        f"in {format_duration(run.clock.monotonic() - started)}"
        if is_sent
        else "although the answer was lost"
    )
    if not run.spec.urls:
        await run.find_source()
    await run.tell(f"Uploaded {await run.in_thread(lambda: _what(run, item))} {how}.")
    return name


async def _send(run: JobRun, session_id: str, before: str, item: _Item, name: str) -> bool:
    """Send until it has arrived; False where it had, and only the answer was lost."""
    tries = 0
    while True:
        # Long after it was queued, and on a restart: only what was queued may go out under this job.
        source = await run.find_source()
        try:
            if run.spec.urls:
                await run.api.upload_urls(session_id, run.spec.urls)
            else:
                await _send_file(run, session_id, item.made or source, name)
        except ApiError as error:
            tries += 1
            await run.patience.overcome(error, tries)
            if (await run.service.read_state(session_id)).fingerprint() != before:
                return False
        else:
            return True


async def _send_file(run: JobRun, session_id: str, path: Path, name: str) -> None:
    sent = 0

    def report(done: int, total: int) -> None:
        nonlocal sent
        sent = done
        run.report(done, total, "uploading")

    try:
        await run.api.upload(session_id, [path], report, names=[name])
        run.tally.sent_bytes += sent
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


def _what(run: JobRun, item: _Item) -> str:
    if run.spec.urls:
        return format_count(len(run.spec.urls), "address", "addresses")
    size_bytes = run.spec.source.size_bytes if item.made is None else item.made.stat().st_size
    return f"{item.name} ({format_bytes(size_bytes)})"
