"""Whether the system lets all folders be watched: Linux's limits on inotify against what the rules need."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from nemowatch.doctor.finding import ok, problem, warning
from nemowatch.intake.filesystems import file_system_of, mount_points_below
from nemowatch.intake.inotify import count_used, read_limit
from nemowatch.units import format_count

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from nemowatch.doctor.finding import Finding
    from nemowatch.doctor.site import Site

WATCHING = "watching"
LIMIT_SECONDS = 20.0
MEND_SILENCE = (
    "Too many folders to count, or a disk that hangs; `polling: always` in the rules needs no watches."
)

_FEW_LEFT = 0.8
_SMALL_QUEUE = 1024
_RAISED = {"max_user_watches": 524_288, "max_user_instances": 1024, "max_queued_events": 16_384}


def look_at_watching(site: Site) -> Iterator[Finding]:
    """The limits, what others of this user use of them, and what the rules' folders need."""
    watches, instances = read_limit("max_user_watches"), read_limit("max_user_instances")
    if watches is None or instances is None or site.book is None:
        return  # other systems have no such limits
    if site.book.polling == "always":
        yield ok(WATCHING, "Folders are scanned often (`polling: always`), so no limit of the system counts.")
        return
    daemon = None if site.holder is None else site.holder.get("pid")
    used = count_used(os.geteuid(), without=daemon if isinstance(daemon, int) else None)
    folders = dict.fromkeys(folder for rule in site.rules for folder in rule.watch)
    watched = [
        folder for folder in folders if site.book.polling == "never" or not file_system_of(folder).is_network
    ]
    deep = {folder for rule in site.rules if rule.recursive for folder in rule.watch}
    needed = sum(count_folders(folder, recursive=folder in deep) for folder in watched)
    yield _judge("max_user_watches", "watch", needed, used.watches, watches)
    # Each watch folder has a watcher of its own, and looks for folders beside mounted disks may add some.
    yield _judge("max_user_instances", "watcher", len(watched), used.instances, instances)
    yield from _judge_queue()


def count_folders(folder: Path, *, recursive: bool) -> int:
    """How many folders are watched for a watch folder: itself, and those below, but not what is mounted there."""
    mounted = mount_points_below(folder) if recursive else frozenset()
    return sum(1 for _ in _walk(folder, mounted)) if recursive else int(folder.is_dir())


def _walk(folder: Path, left_out: Collection[Path]) -> Iterator[str]:
    for path, below, _ in os.walk(folder):
        yield path
        below[:] = [name for name in below if Path(path, name) not in left_out]


def _judge(limit: str, noun: str, needed: int, used: int, allowed: int) -> Finding:
    said = (
        f"The folders need {format_count(needed, noun, f'{noun}es' if noun == 'watch' else '')}, other programs of "
        f"this user have {used}; the system allows {allowed} (fs.inotify.{limit})."
    )
    if needed + used > allowed:
        return problem(WATCHING, said, _raise_limit(limit, needed + used))
    if needed + used > allowed * _FEW_LEFT:
        return warning(WATCHING, said, _raise_limit(limit, needed + used))
    return ok(WATCHING, said)


def _judge_queue() -> Iterator[Finding]:
    queue = read_limit("max_queued_events")
    if queue is not None and queue < _SMALL_QUEUE:
        said = f"The system keeps {queue} events (fs.inotify.max_queued_events); after more, only scans find files."
        yield warning(WATCHING, said, _raise_limit("max_queued_events", queue))


def _raise_limit(limit: str, wanted: int) -> str:
    line = f"fs.inotify.{limit}={max(_RAISED[limit], 2 * wanted)}"
    return f"`sudo sysctl {line}`; the line `{line}` in a file in /etc/sysctl.d/ keeps it so."
