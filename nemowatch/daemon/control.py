"""Answers the commands while the daemon runs.

A companion of the daemon's root.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

    from nemowatch.daemon.house import House
    from nemowatch.rules.rule import RuleBook


class Control:
    """Answers the commands while the daemon runs."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""

    def follow(self, book: RuleBook) -> None:
        """New rules are in force."""
