"""Daemons that start within moments: a process that has loaded everything forks one for each order.

Run as a program by test_random_crashes.py. Each line of its input is an order, each line of its output the answer:
`start RULES STATE LOG` gives a process id, `ended PID` 1 or 0, `wait PID` its exit code or minus the signal. It runs
no thread, so a fork is safe; the daemon that is born runs as `nemowatch run --once` does, with less patience.
"""

from __future__ import annotations

import asyncio
import os
import sys
from functools import partialmethod
from pathlib import Path

from killed_daemon import SETTINGS

from nemowatch.daemon import Daemon
from nemowatch.jobs.engine import Engine
from nemowatch.logs import configure_logs
from nemowatch.places import StateFolder
from nemowatch.rules.load import load_rules


def start(rules: str, state: str, log: str) -> int:
    child = os.fork()
    if child:
        return child
    with Path(log).open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    code = 1
    try:
        configure_logs("INFO")
        asyncio.run(
            Daemon(load_rules(Path(rules)), StateFolder(Path(state)), settings=SETTINGS).run(once=True)
        )
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)


class Children:
    """The daemons that were started, and how those ended that have."""

    def __init__(self) -> None:
        self._codes: dict[int, int] = {}

    def has_ended(self, child: int) -> int:
        if child not in self._codes:
            found, status = os.waitpid(child, os.WNOHANG)
            if found:
                self._codes[child] = os.waitstatus_to_exitcode(status)
        return int(child in self._codes)

    def wait(self, child: int) -> int:
        if child not in self._codes:
            self._codes[child] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return self._codes[child]


def main() -> None:
    quickly = partialmethod(Engine.__init__, polling_seconds=0.05)
    Engine.__init__ = quickly  # type: ignore[assignment,method-assign]
    children = Children()
    for line in sys.stdin:
        order, *words = line.rstrip("\n").split("\t")
        if order == "start":
            answer = start(*words)
        else:
            answer = (children.wait if order == "wait" else children.has_ended)(int(words[0]))
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
