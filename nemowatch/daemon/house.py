"""The running daemon's parts, as its companions see them: each keeps to the parts that it needs.

Made by `building.py`, handed to the companions by `root.py`. Holds no logic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from apscheduler.schedulers.asyncio import AsyncIOScheduler

    from nemowatch.clock import Clock
    from nemowatch.daemon.rules_watch import RulesWatch
    from nemowatch.daemon.signals import StopSignal
    from nemowatch.intake.intake import Intake
    from nemowatch.jobs.aftercare import Aftercare
    from nemowatch.jobs.clerk import Clerk
    from nemowatch.jobs.database import Database
    from nemowatch.jobs.desk import JobDesk
    from nemowatch.jobs.dispatcher import Dispatcher
    from nemowatch.jobs.engine import Engine
    from nemowatch.jobs.folder_books import FirstLookTable
    from nemowatch.jobs.known_files import KnownFileBook
    from nemowatch.jobs.pausing import Pausing
    from nemowatch.jobs.run import Workshop
    from nemowatch.jobs.store import JobStore
    from nemowatch.nemo.client import NemoApi
    from nemowatch.places import StateFolder
    from nemowatch.rules.rule import RuleBook
    from nemowatch.service.notify import Notifier


@dataclass(frozen=True)
class Surroundings:
    """What a daemon is built in.

    Attributes:
        book: gives the rules in force.
        rules: reads them again when they change.
        troubles: gives sentences about what holds up the whole queue.
        notifier: speaks to the service manager.
        stays: it works until it is told to stop, not only until everything that is there is worked through.
    """

    book: Callable[[], RuleBook]
    state: StateFolder
    clock: Clock
    stop: StopSignal
    rules: RulesWatch
    troubles: Callable[[], Sequence[str]]
    notifier: Notifier
    stays: bool = True


@dataclass(frozen=True)
class House:
    """The parts; `own_api` speaks to the service in NemoWatch's own name, for questions that belong to no job."""

    around: Surroundings
    database: Database
    store: JobStore
    workshop: Workshop
    engine: Engine
    dispatcher: Dispatcher
    desk: JobDesk
    clerk: Clerk
    pausing: Pausing
    aftercare: Aftercare
    intake: Intake
    known: KnownFileBook
    looks: FirstLookTable
    timers: AsyncIOScheduler
    own_api: NemoApi


class Companion(Protocol):
    """Something that accompanies the work and that the work does not need.

    Entered when the engine runs, before the first look through the folders; left before they stop. What goes wrong in
    it is told and must not end the daemon.
    """

    async def __aenter__(self) -> Self:
        """Begin."""
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End, within a second."""
        ...

    def follow(self, book: RuleBook) -> None:
        """New rules are in force."""
        ...
