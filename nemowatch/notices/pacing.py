"""When the next message to an address may go: soon at first, ever more rarely while there is more to tell.

Asked by the daemon's postmen. Pure: it is told the time, in seconds of a clock that never goes back.
"""

from __future__ import annotations

GATHER_SECONDS = 10.0
"""What happens at once goes into one message: so long is waited for more, after the first."""

LONGEST_PAUSE_SECONDS = 3600.0
FIRST_RETRY_SECONDS = 60.0


class Pacer:
    """Paces the messages to one address.

    Args:
        pause_seconds: the shortest pause between two messages; 0 sends each at once.
    """

    def __init__(self, pause_seconds: float) -> None:
        self._shortest = pause_seconds
        self._longest = max(pause_seconds, LONGEST_PAUSE_SECONDS)
        self._pause = pause_seconds
        self._sent_at: float | None = None
        self._failed_at = 0.0
        self._failures = 0

    @property
    def failures(self) -> int:
        """How many messages in a row did not go through."""
        return self._failures

    def wait(self, now: float) -> float:
        """How long to wait before something that was just heard of is sent, in seconds."""
        gather = min(GATHER_SECONDS, self._shortest)
        if self._failures:
            retry = min(FIRST_RETRY_SECONDS * 2.0 ** min(self._failures - 1, 20), LONGEST_PAUSE_SECONDS)
            return max(0.0, self._failed_at + retry - now)
        if self._sent_at is None:
            return gather
        return max(gather, self._sent_at + self._pause - now)

    def note_sent(self, now: float) -> None:
        """A message went through."""
        follows_at_once = self._sent_at is not None and now - self._sent_at <= 2 * self._pause
        self._pause = min(self._pause * 2, self._longest) if follows_at_once else self._shortest
        self._sent_at = now
        self._failures = 0

    def note_failure(self, now: float) -> None:
        """A message did not go through."""
        self._failures += 1
        self._failed_at = now
