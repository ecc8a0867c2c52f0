"""Something that may hang on a disk or share, in a thread or a process, without ever waiting long for it.

Used where folders of the rules are looked at for a service, and by the doctor.
"""

from __future__ import annotations

import subprocess
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_END_SECONDS = 1.0
"""A process that has not ended by then hangs on a share, and ends when that answers."""

_Value = TypeVar("_Value")


class InTime(Generic[_Value]):
    """Something done in a thread that nobody waits for at the end.

    Args:
        work: what is done. Where it hangs it is left alone, and may still change something later.
    """

    def __init__(self, work: Callable[[], _Value]) -> None:
        self._work = work
        self._value: _Value | None = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="in time", daemon=True)
        self._thread.start()

    def wait(self, seconds: float) -> _Value | None:
        """What came of it; None where that takes longer. Raises what it raises."""
        self._thread.join(seconds)
        if self._error is not None:
            raise self._error
        return self._value

    def _run(self) -> None:
        try:
            self._value = self._work()
        except Exception as error:  # noqa: BLE001 -- it is raised where it is waited for
            self._error = error


def leave_alone(process: subprocess.Popen[Any]) -> None:
    """End a process whose output goes to pipes, and wait for that no longer than it takes one that can end."""
    process.kill()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_END_SECONDS)
