"""Step 6: the render and the generated media come into the staging folder, each checked before it counts."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from nemowatch.atomic import sync_file, sync_folder, write_atomically
from nemowatch.jobs.local_work import look
from nemowatch.jobs.markers import DRAFT_MARKER
from nemowatch.jobs.results import Collected, Downloaded, Exported
from nemowatch.media.errors import BrokenMedia
from nemowatch.media.verify import verify_delivered
from nemowatch.nemo.errors import DownloadFailed
from nemowatch.outputs.errors import FolderUnusable
from nemowatch.outputs.names import safe_name
from nemowatch.rules.match import ACCEPTED_TYPES
from nemowatch.units import format_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from nemowatch.jobs.run import JobRun
    from nemowatch.nemo.calls import JsonObject
    from nemowatch.nemo.state import GeneratedMedia

_SCRAPS = (".part", ".tmp")
"""Endings of unfinished files, which are removed before the outputs are published."""


async def download_render(
    run: JobRun, exported: Exported, number: int, *, is_delivered: bool = True
) -> Downloaded:
    """Fetch a finished render as `<stem>.mp4`, `<stem>-2.mp4` …; aside where only what is cut out of it is delivered.

    Raises:
        DownloadFailed: it could not be fetched whole, or what came is no video.
        Paused: not for now.
    """
    suffix = "" if number == 1 else f"-{number}"
    name = safe_name(f"{run.spec.source.path.stem}{suffix}.mp4")
    async with run.open_staging() as staging:
        target = (staging.folder if is_delivered else staging.scratch) / name
        path = str(target.relative_to(staging.folder))
        return await _fetch(run, exported.url or "", target, path, "video", render_id=exported.render_id)


async def collect_media(run: JobRun, session_id: str, known_media: tuple[str, ...]) -> Collected:
    """Write `timeline.json`, and fetch what the service generated into `media/` where the rule delivers it.

    What is in `known_media` was there before the job, and is another file's.
    """
    async with run.open_staging() as staging:
        return await _collect(run, session_id, known_media, staging.folder)


async def _collect(run: JobRun, session_id: str, known_media: tuple[str, ...], folder: Path) -> Collected:
    state = await run.service.read_state(session_id)
    kept = list((await run.list_markers(DRAFT_MARKER)).values())
    # In a session that others work in too, only what was there after this job's last edit is its own.
    own_media = json.loads(kept[-1]["media"]) if kept else None
    draft = json.loads(kept[-1]["draft"]) if kept else state.draft
    try:
        await run.in_thread(lambda: _write_timeline(folder / "timeline.json", draft))
    except OSError as error:
        raise FolderUnusable.because(error, run.spec.output_folder) from error
    if "media" not in run.spec.deliver:
        return Collected(files=())
    files: list[Downloaded] = []
    taken: set[str] = set()
    for item in state.generated_media:
        address = address_of(item)
        if address in known_media or (own_media is not None and address not in own_media):
            continue
        name = _free_name(_name_of(item, len(files) + 1), taken)
        files.append(await _fetch(run, item.url, folder / "media" / name, f"media/{name}", "media"))
    remarks = tuple(f"A generated entry carries no address: {entry}" for entry in state.unaddressed_media)
    for remark in remarks:
        await run.tell(remark)
    return Collected(tuple(files), remarks)


def address_of(media: GeneratedMedia) -> str:
    """What tells generated media apart: the address without its query, which is signed anew at each reading."""
    return media.url.partition("?")[0]


async def _fetch(
    run: JobRun, url: str, target: Path, name: str, kind: str, *, render_id: str | None = None
) -> Downloaded:
    """Download until what has come is what it says it is.

    Raises:
        Paused: it is not, for now: an error page may stand in its place.
        DownloadFailed: it never is.
        FolderUnusable: it can't be written.
    """
    tries = 0
    while True:
        size = await _fetch_once(run, url, target, render_id)
        if target.suffix.lower() not in ACCEPTED_TYPES:
            return Downloaded(name, kind, size)
        try:
            info = await look(run, verify_delivered, target)
        except BrokenMedia as broken:
            await run.in_thread(target.unlink)
            tries += 1
            # The next try of a render goes to the API itself.
            url = url if render_id is None else ""
            error = DownloadFailed(broken.message, hint=broken.hint)
            await run.patience.overcome(error, tries)
        else:
            await run.tell(f"Downloaded {target.name} ({format_bytes(size)}).")
            return Downloaded(name, kind, size, info.duration_seconds, info.width, info.height)


async def _fetch_once(run: JobRun, url: str, target: Path, render_id: str | None) -> int:
    """The number of bytes that have come, and are on the disk."""

    def report(done: int, total: int) -> None:
        run.report(done, total, f"downloading {target.name}")

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        size = await run.service.download(url, target, report, render_id=render_id)
        # On the disk before the checkpoint says so: a power cut must not leave a name without its content.
        await run.in_thread(lambda: _sync(target))
    except OSError as error:
        raise FolderUnusable.because(error, run.spec.output_folder) from error
    run.tally.received_bytes += size
    return size


def _sync(target: Path) -> None:
    sync_file(target)
    sync_folder(target.parent)


def _write_timeline(target: Path, draft: JsonObject | None) -> None:
    text = json.dumps(draft, ensure_ascii=False, indent=2)
    write_atomically(target, text.encode("utf-8", "surrogatepass"))


def _name_of(item: GeneratedMedia, number: int) -> str:
    """The service's own name for it, else the last part of its address, else a number."""
    from_url = unquote(PurePosixPath(urlsplit(item.url).path).name)
    return safe_name(item.filename or from_url or f"media-{number:02d}")


def _free_name(name: str, taken: set[str]) -> str:
    """The name, numbered if another file has it already (compared as file systems that ignore case do)."""
    path = PurePosixPath(f"{name}_" if name.lower().endswith(_SCRAPS) else name)
    candidate, count = path.name, 1
    while candidate.casefold() in taken:
        count += 1
        candidate = f"{path.stem}-{count}{path.suffix}"
    taken.add(candidate.casefold())
    return candidate
