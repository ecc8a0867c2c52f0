"""A daemon that waits less between its tries, so that hours pass in minutes: `hasty_daemon.py RULES STATE`.

Everything else is as `nemowatch run` does it.
"""

from __future__ import annotations

import asyncio
import sys
from functools import partialmethod
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "crash"))

from killed_daemon import SETTINGS

from nemowatch.daemon import Daemon
from nemowatch.jobs.engine import Engine
from nemowatch.logs import configure_logs
from nemowatch.places import StateFolder
from nemowatch.rules.load import load_rules


def main() -> None:
    rules, state = map(Path, sys.argv[1:])
    quickly = partialmethod(Engine.__init__, polling_seconds=0.05)
    Engine.__init__ = quickly  # type: ignore[assignment,method-assign] -- put around it from outside, as its points are
    book = load_rules(rules)
    configure_logs(book.log_level, book.log_format)
    asyncio.run(Daemon(book, StateFolder(state), settings=SETTINGS).run())


if __name__ == "__main__":
    main()
