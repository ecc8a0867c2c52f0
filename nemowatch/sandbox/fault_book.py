"""The faults that are on order, and the seeded choice of the calls that they strike.

Kept by the service, which draws once for each call; orders come from tests, the command line and
`/_sandbox/faults`, from any thread. Whether the n-th call of a kind is struck depends on the seed, the fault and n
alone, so the same calls meet the same faults however they interleave with others.
"""

from __future__ import annotations

import asyncio
import random
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nemowatch.sandbox.fault_kinds import ANY
from nemowatch.sandbox.faults import Fault, parse_fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nemowatch.sandbox.answers import JsonObject


_LOOK_SECONDS = 0.02  # faults are taken back from other threads, which wake no event loop


class _Order:
    """One fault on order, and how far it has come."""

    def __init__(self, fault: Fault, seed: str) -> None:
        self.fault = fault
        self.seen = 0
        self.struck = 0
        self.is_withdrawn = False
        self._dice = random.Random(seed)  # noqa: S311 -- a repeatable choice, no secret

    def concerns(self, call: str) -> bool:
        """Whether it can strike such a call at all."""
        return self.fault.call == call or (self.fault.call == ANY and call in self.fault.traits.calls)

    def wants(self) -> bool:
        """Count a call, and say whether this one is to be struck."""
        self.seen += 1
        if self.seen <= self.fault.skip:
            return False
        # Thrown for every call, also when nothing is left: the throw of a call depends on its number alone.
        hit = self._dice.random() < self.fault.rate
        return hit and self.left != 0

    @property
    def left(self) -> int | None:
        return None if self.fault.times is None else self.fault.times - self.struck


@dataclass(frozen=True)
class Strike:
    """A fault that strikes one call."""

    fault: Fault
    call: str
    order: _Order

    @property
    def is_withdrawn(self) -> bool:
        """Whether the fault was taken back since: what it still holds up may go on."""
        return self.order.is_withdrawn

    async def hold(self) -> None:
        """Wait until it is `later`, or the fault is taken back."""
        left = self.fault.delay
        while left > 0 and not self.is_withdrawn:
            await asyncio.sleep(min(left, _LOOK_SECONDS))
            left -= _LOOK_SECONDS


class FaultBook:
    """Faults in the order in which they were given; the first that wants a call has it."""

    def __init__(self, faults: Sequence[Fault | str] = (), seed: int = 0) -> None:
        self.seed = seed
        self._lock = threading.Lock()
        self._orders: list[_Order] = []
        self._number = 0
        self.order(faults)

    def order(self, faults: Sequence[Fault | str], *, replace: bool = False, seed: int | None = None) -> None:
        """Add faults, or put them in the place of all others; a seed decides the rates of those to come.

        Raises:
            BadFault: one of them can't be read; nothing was changed.
        """
        read = [parse_fault(fault) if isinstance(fault, str) else fault for fault in faults]
        with self._lock:
            if replace:
                self._withdraw()
            if seed is not None:
                self.seed, self._number = seed, 0
            for fault in read:
                self._orders.append(_Order(fault, f"{self.seed}/{self._number}/{fault.text}"))
                self._number += 1

    def clear(self) -> None:
        """Take all faults back; streams and renders that one still holds up go on."""
        with self._lock:
            self._withdraw()

    def draw(self, call: str) -> Strike | None:
        """Count a call with every fault that concerns it, and give the one that strikes it."""
        with self._lock:
            willing = [order for order in self._orders if order.concerns(call) and order.wants()]
            if not willing:
                return None
            willing[0].struck += 1
            return Strike(willing[0].fault, call, willing[0])

    def describe(self) -> JsonObject:
        """What is on order as JSON: each fault's text, the calls it saw and struck, and how often it is left."""
        with self._lock:
            return {
                "seed": self.seed,
                "faults": [
                    {
                        "fault": order.fault.text,
                        "call": order.fault.call,
                        "kind": order.fault.kind,
                        "seen": order.seen,
                        "struck": order.struck,
                        "left": order.left,
                    }
                    for order in self._orders
                ],
            }

    def _withdraw(self) -> None:
        for order in self._orders:
            order.is_withdrawn = True
        self._orders = []
