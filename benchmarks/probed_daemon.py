"""The true daemon with a probe beside it: `python -m benchmarks.probed_daemon RULES STATE REPORT`.

The probe is put around the daemon from outside: a task in its event loop that wakes up every few milliseconds and
notes how late, and a stop-watch around the API client's `upload` and `download`. Before and after each of these
calls one JSON line goes to the file REPORT. The daemon itself knows nothing of this.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nemowatch.daemon import Daemon
from nemowatch.logs import configure_logs
from nemowatch.nemo.client import NemoApi
from nemowatch.places import StateFolder
from nemowatch.rules.load import load_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_TICK_SECONDS = 0.005


class Probe:
    """How long the event loop stood still, at most, since it was last asked."""

    def __init__(self, report: Path) -> None:
        self._report = report
        self._longest = 0.0

    async def run(self) -> None:
        """Wake up again and again."""
        before = time.perf_counter()
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            now = time.perf_counter()
            self._longest = max(self._longest, now - before - _TICK_SECONDS)
            before = now

    def note(self, call: str, seconds: float) -> None:
        """Write how long a call took and the longest standstill meanwhile; begin anew."""
        with self._report.open("a") as file:
            line = {"call": call, "seconds": seconds, "longest_gap": self._longest}
            file.write(json.dumps(line) + "\n")
        self._longest = 0.0


def put_around_client(probe: Probe) -> None:
    """Time every upload and download; the time before one, since the last, is noted as `between`."""
    upload, download = NemoApi.upload, NemoApi.download

    async def timed_upload(
        self: NemoApi,
        session_id: str,
        files: Sequence[Path],
        progress: Callable[[int, int], None],
        names: Sequence[str] | None = None,
    ) -> Any:
        probe.note("between", 0.0)
        started = time.perf_counter()
        answer = await upload(self, session_id, files, progress, names)
        probe.note("upload", time.perf_counter() - started)
        return answer

    async def timed_download(
        self: NemoApi, url: str, target: Path, progress: Callable[[int, int], None], **names: Any
    ) -> int:
        probe.note("between", 0.0)
        started = time.perf_counter()
        size = await download(self, url, target, progress, **names)
        probe.note("download", time.perf_counter() - started)
        return size

    NemoApi.upload = timed_upload  # type: ignore[method-assign]
    NemoApi.download = timed_download  # type: ignore[method-assign]


async def run(rules: Path, state: Path, report: Path) -> None:
    """Run the daemon until a signal stops it."""
    probe = Probe(report)
    put_around_client(probe)
    probing = asyncio.create_task(probe.run())
    await Daemon(load_rules(rules), StateFolder(state)).run()
    probing.cancel()


if __name__ == "__main__":
    configure_logs("INFO")
    asyncio.run(run(*map(Path, sys.argv[1:])))
