"""How a piece of work on a film says how far it has come.

Named by everything in this package that takes long. Whoever is told nothing for a while takes the work for stuck and
ends it, so a long piece of work reports at least once a second, also where the number has not changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Report: TypeAlias = Callable[[float], None]
"""Takes the share that is done, 0.0 to 1.0. May be called as often as one likes; it thins out by itself."""


def ignore_progress(_share: float, /) -> None:
    """For callers that don't ask."""
