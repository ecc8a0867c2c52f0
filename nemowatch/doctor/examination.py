"""Runs checks side by side, each within its time: what hangs is told, never waited for.

Called by `nemowatch doctor`. Each check has a thread of its own that nobody waits for at the end, since a call to a
disk or share that hangs can't be broken off.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from nemowatch.doctor.finding import problem
from nemowatch.errors import NemoWatchError
from nemowatch.logs import redact
from nemowatch.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nemowatch.doctor.finding import Check, Finding


def examine(checks: Sequence[Check]) -> tuple[Finding, ...]:
    """What all checks found, in their order, no later than the longest of their limits. Never raises."""
    began = time.monotonic()
    looks = [_Look(check) for check in checks]
    for look in looks:
        look.start()
    return tuple(finding for look in looks for finding in look.wait(began))


class _Look(threading.Thread):
    def __init__(self, check: Check) -> None:
        super().__init__(name=f"doctor: {check.name}", daemon=True)
        self._check = check
        self._found: tuple[Finding, ...] | None = None

    def run(self) -> None:
        try:
            self._found = tuple(self._check.look())
        except NemoWatchError as error:
            self._found = (problem(self._check.name, redact(error.message), error.hint),)
        except OSError as error:
            self._found = (problem(self._check.name, self._describe(f"{error.strerror or error}")),)
        except Exception as error:  # noqa: BLE001 -- one check that breaks must not take the others' answers away
            why = f"the check itself broke: {type(error).__name__}: {error}"
            self._found = (problem(self._check.name, redact(self._describe(why))),)

    def wait(self, began: float) -> Iterator[Finding]:
        """The findings; one that says so where the time is up."""
        self.join(max(0.0, began + self._check.limit_seconds - time.monotonic()))
        found = self._found
        if found is not None:
            yield from found
            return
        limit = format_duration(self._check.limit_seconds)
        yield problem(self._check.name, self._describe(f"no answer within {limit}"), self._check.mend_silence)

    def _describe(self, what: str) -> str:
        return f"{self._check.about}: {what}." if self._check.about else f"{what[:1].upper()}{what[1:]}."
