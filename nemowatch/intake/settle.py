"""When a file counts as quiet: unchanged, and without a sign of change, for its settle time.

A pure class: times come in as numbers of a clock that never goes back, and the caller looks at the disk.
Used by `intake.py`, which looks at what is `due`, tells what it saw with `observe`, hands settled files to the
gate and comes back with `finish`, `postpone` or `restart`. A file's own times are compared with no clock.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nemowatch.intake.records import Candidate, FileVersion

SHORTEST_LOOK_SECONDS = 0.2
"""A recorder that writes all the time causes no more than one look in this time."""

LONGEST_PAUSE_SECONDS = 300.0
_FIRST_PAUSE_SECONDS = 1.0
_MOST_DOUBLINGS = 20


class Standing(NamedTuple):
    """How one candidate stands.

    Attributes:
        version: as last seen; None before the first look.
        next_look: when it is due; None while it is being looked at or is out at the gate.
        tries: how often it was postponed since it last changed.
    """

    candidate: Candidate
    version: FileVersion | None
    next_look: float | None
    is_out: bool
    tries: int


@dataclass(slots=True)
class _Entry:
    settle_seconds: float
    quiet_since: float
    next_look: float | None
    version: FileVersion | None = None
    looked_at: float = float("-inf")
    is_out: bool = False
    is_stirred: bool = False
    tries: int = 0


class Settler:
    """All candidates that are not yet taken, refused or gone, and when to look at each."""

    def __init__(self) -> None:
        self._entries: dict[Candidate, _Entry] = {}
        # Entries whose look was moved stay in the heap until their time comes; `next_look` tells them apart.
        self._looks: list[tuple[float, Candidate]] = []

    def __contains__(self, candidate: Candidate) -> bool:
        return candidate in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    def hint(self, candidate: Candidate, settle_seconds: float, now: float) -> None:
        """Something may have happened to a file: its quiet time starts anew and it is soon looked at."""
        entry = self._entries.get(candidate)
        if entry is None:
            entry = self._entries[candidate] = _Entry(settle_seconds, now, None)
        entry.quiet_since = now
        entry.tries = 0
        if entry.is_out:
            entry.is_stirred = True
            return
        soon = max(now, entry.looked_at + SHORTEST_LOOK_SECONDS)
        self._look(candidate, entry, soon if entry.next_look is None else min(soon, entry.next_look))

    def sight(self, candidate: Candidate, version: FileVersion, settle_seconds: float, now: float) -> None:
        """A scan came upon a file. Seeing the same version again changes nothing."""
        entry = self._entries.get(candidate)
        if entry is None:
            entry = self._entries[candidate] = _Entry(settle_seconds, now, None, version)
            self._look(candidate, entry, now + settle_seconds)
        elif entry.version is not None and entry.version != version:
            self.hint(candidate, settle_seconds, now)

    def due(self, now: float) -> list[Candidate]:
        """What must be looked at now; each is answered with `observe`, `finish` or `postpone`."""
        candidates = []
        while self._looks and self._looks[0][0] <= now:
            look_at, candidate = heapq.heappop(self._looks)
            entry = self._entries.get(candidate)
            if entry is not None and entry.next_look == look_at:
                entry.next_look = None
                candidates.append(candidate)
        return candidates

    def next_due(self) -> float | None:
        """When the next look is due; None when nothing is waited for."""
        while self._looks:
            look_at, candidate = self._looks[0]
            entry = self._entries.get(candidate)
            if entry is not None and entry.next_look == look_at:
                return look_at
            heapq.heappop(self._looks)
        return None

    def observe(self, candidate: Candidate, version: FileVersion | None, seen_at: float) -> bool:
        """Tell what a look saw, and the moment just before it.

        Returns:
            True when the file has settled: it is then out at the gate, until `finish` or `postpone`.
        """
        entry = self._entries.get(candidate)
        if entry is None or entry.is_out:
            return False
        if version is None:
            self.finish(candidate, seen_at)
            return False
        entry.looked_at = seen_at
        if version != entry.version:
            entry.version = version
            entry.quiet_since = max(entry.quiet_since, seen_at)
            entry.tries = 0
        quiet_until = entry.quiet_since + entry.settle_seconds
        if seen_at < quiet_until:
            # A hint that came during the look has asked for another one, sooner.
            if entry.next_look is None:
                self._look(candidate, entry, quiet_until)
            return False
        if version.size == 0:
            self.postpone(candidate, seen_at)
            return False
        entry.is_out = True
        entry.next_look = None
        return True

    def is_stirred(self, candidate: Candidate) -> bool:
        """Whether something may have happened to a file while it was out at the gate."""
        entry = self._entries.get(candidate)
        return entry is not None and entry.is_stirred

    def finish(self, candidate: Candidate, now: float) -> None:
        """The file was taken, refused, known or gone: forget it, unless something happened meanwhile."""
        entry = self._entries.get(candidate)
        if entry is None:
            return
        if entry.is_stirred:
            self._come_back(candidate, now)
        elif entry.next_look is None:  # else a hint that came during the look has asked for another one
            del self._entries[candidate]

    def postpone(self, candidate: Candidate, now: float) -> None:
        """The file is not ready: look again later, and ever later; at once if it was stirred meanwhile."""
        entry = self._entries.get(candidate)
        if entry is None:
            return
        if entry.is_stirred:
            self._come_back(candidate, now)
            return
        if entry.next_look is not None:
            return  # a hint that came during the look has asked for another one, sooner
        pause = max(entry.settle_seconds, _FIRST_PAUSE_SECONDS) * 2.0 ** min(entry.tries, _MOST_DOUBLINGS)
        entry.tries += 1
        entry.is_out = False
        self._look(candidate, entry, now + min(pause, LONGEST_PAUSE_SECONDS))

    def restart(self, candidate: Candidate, version: FileVersion, now: float) -> None:
        """The gate saw another version than the one that had settled: its quiet time starts anew."""
        entry = self._entries.get(candidate)
        if entry is not None:
            entry.version = version
            entry.quiet_since = now
            entry.tries = 0
            self._come_back(candidate, now + entry.settle_seconds)

    def is_busy(self) -> bool:
        """Whether any file is still on its first way to the gate; those that were postponed don't count."""
        return any(entry.tries == 0 for entry in self._entries.values())

    def standings(self) -> Iterator[Standing]:
        """How each candidate stands."""
        for candidate, entry in self._entries.items():
            yield Standing(candidate, entry.version, entry.next_look, entry.is_out, entry.tries)

    def _come_back(self, candidate: Candidate, look_at: float) -> None:
        entry = self._entries[candidate]
        entry.is_out = entry.is_stirred = False
        self._look(candidate, entry, look_at)

    def _look(self, candidate: Candidate, entry: _Entry, look_at: float) -> None:
        if entry.next_look != look_at:
            entry.next_look = look_at
            heapq.heappush(self._looks, (look_at, candidate))
