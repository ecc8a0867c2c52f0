"""What the jobs of this process have come to since it started: counts that only grow, for the metrics.

Kept in memory: a restart begins at zero, as counters of Prometheus do. Nothing is decided by it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nemowatch.jobs.records import JobState


@dataclass
class Tally:
    """The counts.

    Attributes:
        ended: how many attempts of jobs have ended, by the state.
        sent_bytes: of files that were uploaded whole.
        received_bytes: of files that were downloaded whole.
    """

    ended: Counter[JobState] = field(default_factory=Counter)
    sent_bytes: int = 0
    received_bytes: int = 0

    def note_end(self, state: JobState) -> None:
        """A job has come into this state; it counts where it is an end."""
        if state.is_final:
            self.ended[state] += 1
