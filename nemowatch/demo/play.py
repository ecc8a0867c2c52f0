"""The demo's course: recordings are saved, the daemon finds them, and what becomes of each is told as it happens.

Called by `nemowatch demo`, which shows the acts. What is known of the jobs comes from the daemon's own database, as
`nemowatch status` reads it.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from nemowatch.demo.savers import Saver, copy_slowly, record_live, rename_from_part
from nemowatch.demo.stage import DemoFailed, Stage, running_daemon, running_service
from nemowatch.jobs.reading import open_book
from nemowatch.sandbox.recordings import make_recording

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Generator, Iterator, Sequence
    from pathlib import Path

    from nemowatch.jobs.records import JobRecord
    from nemowatch.jobs.store import JobStore

_LOOK_SECONDS = 0.2
_MEDIA_SECONDS = 24.0
_SAVING_SECONDS = 6.0
_PATIENCE_SECONDS = 180.0


@dataclass(frozen=True)
class Act:
    """One recording of the demo at one moment; `job` is None until the daemon has made one."""

    rule: str
    target: Path
    manner: str
    is_saved: bool
    job: JobRecord | None

    @property
    def is_over(self) -> bool:
        """Nothing more will happen to it."""
        return self.job is not None and self.job.state.is_final


def play(stage: Stage, files: Sequence[Path]) -> Generator[tuple[Act, ...], None, None]:
    """Run the demo, and give all acts again and again until each is over; to be closed, which ends its processes.

    Args:
        stage: a stage that has been built.
        files: the user's own recordings, each given to every rule; none: three are made.

    Raises:
        DemoFailed: a process of the demo ended before its time.
        OSError: a file can't be read or written.
    """
    stop = threading.Event()
    with ExitStack() as running:
        api_url = running.enter_context(running_service(stage))
        daemon = running.enter_context(running_daemon(stage, api_url))
        pool = running.enter_context(ThreadPoolExecutor(max_workers=4, thread_name_prefix="saver"))
        running.callback(pool.shutdown, wait=False, cancel_futures=True)
        running.callback(stop.set)
        savers = _own_files(stage, files, stop) if files else _made_recordings(stage, stop)
        saving = [(saver, pool.submit(saver.save)) for saver in savers]
        yield from _watch(stage, saving, daemon)


def _watch(
    stage: Stage, saving: list[tuple[Saver, Future[None]]], daemon: subprocess.Popen[bytes]
) -> Iterator[tuple[Act, ...]]:
    before: tuple[Act, ...] = ()
    changed = time.monotonic()
    while True:
        _look_after(daemon, stage)
        with open_book(stage.state.database) as store:
            jobs = _read_jobs(store)
        acts = tuple(_act_of(saver, future, jobs) for saver, future in saving)
        yield acts
        if all(act.is_over for act in acts):
            return
        if acts != before:
            changed, before = time.monotonic(), acts
        elif time.monotonic() - changed > _PATIENCE_SECONDS:
            raise DemoFailed(
                f"Nothing has happened for {_PATIENCE_SECONDS:.0f} seconds.", hint=f"See {stage.daemon_log}."
            )
        time.sleep(_LOOK_SECONDS)


def _act_of(saver: Saver, future: Future[None], jobs: dict[tuple[str, Path], JobRecord]) -> Act:
    if future.done():
        future.result()  # a file that can't be saved ends the demo, with its own error
    return Act(saver.rule, saver.target, saver.manner, future.done(), jobs.get((saver.rule, saver.target)))


def _read_jobs(store: JobStore | None) -> dict[tuple[str, Path], JobRecord]:
    records = () if store is None else store.list_jobs()
    return {(record.spec.rule, record.spec.source.path): record for record in records}


def _look_after(daemon: subprocess.Popen[bytes], stage: Stage) -> None:
    if daemon.poll() is not None:
        raise DemoFailed(f"The daemon ended with code {daemon.returncode}.", hint=f"See {stage.daemon_log}.")


def _made_recordings(stage: Stage, stop: threading.Event) -> list[Saver]:
    """Three recordings, each made and saved in another way."""
    highlights, shorts, stills = stage.watch_folders
    folders = stage.watch_folders
    workshop = stage.root / "made"
    workshop.mkdir()
    webinar, talk = folders[highlights] / "webinar.mp4", folders[shorts] / "talk.mp4"
    interview = folders[stills] / "interview.mkv"

    def copy() -> None:
        made = make_recording(workshop / webinar.name, seconds=_MEDIA_SECONDS, seed=1)
        copy_slowly(made, webinar, seconds=_SAVING_SECONDS, stop=stop)

    def rename() -> None:
        rename_from_part(make_recording(workshop / talk.name, seconds=_MEDIA_SECONDS, seed=2), talk)

    record = partial(
        record_live, interview, media_seconds=_MEDIA_SECONDS, seconds=_SAVING_SECONDS, seed=3, stop=stop
    )
    return [
        Saver(highlights, webinar, "copied in slowly", copy),
        Saver(shorts, talk, "renamed from .part", rename),
        Saver(stills, interview, "written by a recorder", record),
    ]


def _own_files(stage: Stage, files: Sequence[Path], stop: threading.Event) -> list[Saver]:
    """Each of the user's files for every rule; the originals are only read."""
    savers: list[Saver] = []
    for number, file in enumerate(files):
        for rule, folder in stage.watch_folders.items():
            target = folder / file.name
            if (number + len(savers)) % 2:
                savers.append(
                    Saver(rule, target, "renamed from .part", partial(rename_from_part, file, target))
                )
            else:
                slowly = partial(copy_slowly, file, target, seconds=_SAVING_SECONDS / 2, stop=stop)
                savers.append(Saver(rule, target, "copied in slowly", slowly))
    return savers
