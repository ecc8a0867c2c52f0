"""`nemowatch status --watch`: on a terminal a screen that is kept up to date, elsewhere a line for each change."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import TYPE_CHECKING

from rich.live import Live

from nemowatch.cli.changes import list_changes
from nemowatch.cli.keyboard import Keyboard
from nemowatch.cli.live_view import Frame, draw
from nemowatch.cli.lookout import Lookout
from nemowatch.cli.rates import RateWatch
from nemowatch.cli.screen import printable
from nemowatch.cli.status_lines import print_status
from nemowatch.clock import SystemClock

if TYPE_CHECKING:
    from rich.console import Console

    from nemowatch.cli.lookout import Look
    from nemowatch.jobs.views import StatusView
    from nemowatch.places import StateFolder

_ENDING_KEYS = "qQ\x04"
_TICK_SECONDS = 1.0
"""The clock in the corner goes on, also where nothing else does."""


def watch_status(console: Console, state: StateFolder) -> None:
    """Show how NemoWatch stands until the user ends it.

    Raises:
        KeyboardInterrupt: Ctrl-C ended it.
        DatabaseTooNew, DatabaseUnusable: nothing can be read.
    """
    if console.is_terminal and not console.is_dumb_terminal:
        _keep_screen(console, state)
    else:
        _print_changes(console, state)


def _keep_screen(console: Console, state: StateFolder) -> None:
    clock, rates, look = SystemClock(), RateWatch(), None
    with (
        Keyboard() as keyboard,
        Lookout(state, keyboard.wake, finds_lost=False) as lookout,
        Live(console=console, screen=True, auto_refresh=False, redirect_stderr=False) as live,
    ):
        while True:
            for look in lookout.take():
                rates.look(look.status.running)
            status, note = (None, "") if look is None else (look.status, look.note)
            width, height = console.size
            live.update(draw(Frame(status, rates.describe, note, clock.now(), width, height)), refresh=True)
            if set(keyboard.wait(_TICK_SECONDS)) & set(_ENDING_KEYS):
                return


def _print_changes(console: Console, state: StateFolder) -> None:
    news = threading.Event()
    last: Look | None = None
    with Lookout(state, news.set, finds_lost=True) as lookout:
        while True:
            news.wait()
            news.clear()
            for look in lookout.take():
                if last is None:
                    print_status(console, look.status, now=SystemClock().now())
                if look.note and (last is None or last.note != look.note):
                    _say(console, f"Note: {look.note}")
                if last is not None:
                    _say_changes(console, last.status, look)
                last = look
            console.file.flush()


def _say_changes(console: Console, before: StatusView, look: Look) -> None:
    for line in list_changes(before, look.status, look.found, now=SystemClock().now()):
        _say(console, line)


def _say(console: Console, text: str) -> None:
    moment = datetime.fromtimestamp(SystemClock().now()).astimezone()
    console.print(f"{moment:%H:%M:%S}  {printable(text)}", markup=False, soft_wrap=True)
