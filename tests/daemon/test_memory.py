"""However many threads there are, the C library has one place for what they take."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

COUNT_ARENAS = """
import ctypes, threading
{before}
barrier = threading.Barrier(12)

def take():
    malloc = ctypes.CDLL(None).malloc
    barrier.wait()
    malloc(1000)
    barrier.wait()

threads = [threading.Thread(target=take) for _ in range(12)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
ctypes.CDLL(None).malloc_stats()
"""


def count_arenas(before: str = "") -> int:
    code = COUNT_ARENAS.format(before=before)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stderr.count("Arena ")


@pytest.mark.slow
def test_threads_share_one_arena() -> None:
    before = "from nemowatch.daemon.memory import share_one_arena; share_one_arena()"
    if platform.libc_ver()[0] == "glibc":
        assert count_arenas(before) == 1 < count_arenas()
    else:
        exec(before)  # and nothing happens
