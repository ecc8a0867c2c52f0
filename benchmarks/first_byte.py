"""How long a finished recording waits: from its closing to the first byte of its upload, less the settle time.

Files appear at random moments in the watched folder of the true daemon, whose queue is polled as by default. The
service notes when each upload's first byte came; its clock and ours are the system's monotonic one. In between,
the peer takes a file as it is closed, with no settling, no look inside and no queue: a session, then the upload.
"""

from __future__ import annotations

import random
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from benchmarks.bare_client import BareJob, connect
from benchmarks.media import make_small, make_unique
from benchmarks.rows import Row
from benchmarks.stage import Stage, read_json

if TYPE_CHECKING:
    from pathlib import Path

BOUND_SECONDS = 1.0
PROMPT = "trim it"

_FULL = 40
_QUICK = 3
_SETTLE_SECONDS = 1.0
_PAUSES = (0.5, 3.0)


def run(folder: Path, *, quick: bool) -> list[Row]:
    """Save files at random moments, for the daemon and for the peer in turn."""
    count = _QUICK if quick else _FULL
    stage = Stage(folder, "talks")
    small = make_small(folder / "small.mp4")
    closed: dict[str, float] = {}
    with ExitStack() as running:
        url = running.enter_context(stage.running_server("service", "-m", "benchmarks.raw_service", small))
        stage.write_rules(url, prompt=PROMPT, settle=f"{_SETTLE_SECONDS:g}s")
        running.enter_context(stage.running_daemon())
        http = connect(url)
        # One job before anything counts: the token, and what is loaded at first use.
        make_unique(stage.watched["talks"] / "first.mp4", small)
        stage.wait_done(1)
        for number in range(count):
            time.sleep(random.uniform(*_PAUSES))
            make_unique(stage.watched["talks"] / f"talk-{number}.mp4", small)
            closed[f"talk-{number}"] = time.monotonic()
            make_unique(folder / "peer.mp4", small)
            closed[f"peer-{number}"] = time.monotonic()
            peer = BareJob(http, folder / "peer.mp4", PROMPT, folder / "unused.mp4")
            peer.open_session(f"peer-{number}")
            peer.upload()
        stage.wait_done(1 + count)
        first_bytes = {entry["name"]: entry["first_byte"] for entry in read_json(f"{url}/_bench/uploads")}
    waits = {name: first_bytes[name] - moment for name, moment in closed.items()}
    return _rows(
        tuple(waits[f"talk-{number}"] - _SETTLE_SECONDS for number in range(count)),
        tuple(waits[f"peer-{number}"] for number in range(count)),
    )


def _rows(ours: tuple[float, ...], peers: tuple[float, ...]) -> list[Row]:
    what = "close of a file to its upload, less settling"
    remark = "peer: httpx, told of the file"
    return [
        Row(what, "s", ours, peers, BOUND_SECONDS, "median", remark),
        Row("  the same, 95 of 100 files", "s", ours, judged="p95"),
        Row("  the same, the unluckiest", "s", ours, judged="worst"),
    ]
