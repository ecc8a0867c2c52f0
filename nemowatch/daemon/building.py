"""Builds the daemon's parts and wires them; nothing of it works before `start` in `root.py` says so.

Called by the daemon's root alone. Decides nothing about files or jobs.
"""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from apscheduler.schedulers.asyncio import AsyncIOScheduler

import nemowatch
from nemowatch.daemon.bridges import FirstLooksBridge, FoldersBridge, KnownFilesBridge, hand_in_at
from nemowatch.daemon.house import House
from nemowatch.daemon.state_watch import StateWatch
from nemowatch.intake.intake import Intake, Memories
from nemowatch.intake.presence import look_at_folder
from nemowatch.intake.records import FolderState
from nemowatch.intake.scan import FolderOffline
from nemowatch.jobs.absence import look_offline
from nemowatch.jobs.aftercare import Aftercare
from nemowatch.jobs.clerk import Clerk, Waker
from nemowatch.jobs.desk import JobDesk
from nemowatch.jobs.dispatcher import Dispatcher
from nemowatch.jobs.engine import Engine
from nemowatch.jobs.folder_books import FirstLookTable, FolderTable
from nemowatch.jobs.hashing import ContentHashes
from nemowatch.jobs.known_files import KnownFileBook
from nemowatch.jobs.markers import Markers
from nemowatch.jobs.order_desk import OrderDesk
from nemowatch.jobs.orders import OrderBook
from nemowatch.jobs.pace import Pace
from nemowatch.jobs.patience import ServiceWatch
from nemowatch.jobs.pausing import Pausing
from nemowatch.jobs.purse import Purse
from nemowatch.jobs.run import Workshop
from nemowatch.jobs.shared_sessions import SharedSessions
from nemowatch.jobs.store import JobStore
from nemowatch.jobs.switches import SwitchBook
from nemowatch.jobs.waiting_line import WaitingLine
from nemowatch.media.probing import Probes
from nemowatch.media.workers import Workers
from nemowatch.nemo.attribution import find_platform, own_attribution
from nemowatch.nemo.client import NemoClient
from nemowatch.nemo.token import TokenSource
from nemowatch.places import client_id_path

if TYPE_CHECKING:
    from contextlib import AsyncExitStack

    from nemowatch.daemon.house import Surroundings
    from nemowatch.jobs.database import Database
    from nemowatch.jobs.run import JobSettings


class _OfflineReasons:
    """Why a watch folder is offline, as jobs ask it; the intake that knows is built after them."""

    def __init__(self, memory: FoldersBridge) -> None:
        self._memory = memory
        self.intake: Intake | None = None

    def find(self, folder: Path) -> str:
        """The reason in words; empty when it is not offline. Called in threads."""
        statuses = () if self.intake is None else self.intake.folders()
        known = next((status for status in statuses if status.folder == folder), None)
        if known is not None and known.state is FolderState.OFFLINE:
            return f"The folder {folder} is offline: {known.reason}"
        return look_offline(folder) or self._find_another(folder)

    def _find_another(self, folder: Path) -> str:
        """The same of a disk that went away since the last scan, and has left its empty mount point behind."""
        try:
            is_another = look_at_folder(folder).replaces(self._memory.read(folder))
        except FolderOffline:
            return look_offline(folder)
        return f"The folder {folder} is offline: another one stands in its place." if is_another else ""


async def build_house(
    parts: AsyncExitStack, around: Surroundings, database: Database, settings: JobSettings
) -> House:
    """Put the parts together; `parts` ends those that hold something, in the opposite order."""
    book, clock = around.book(), around.clock
    timers = make_timers()
    await parts.enter_async_context(StateWatch(around, database, timers))
    client = await parts.enter_async_context(_make_client(around))
    own_api = client.as_skill(own_attribution(os.environ))
    folder_memory = FoldersBridge(FolderTable(database), database)
    offline = _OfflineReasons(folder_memory)
    workshop = await asyncio.to_thread(_make_workshop, around, client, database, settings, offline)
    parts.push_async_callback(workshop.watch.stop)
    parts.push_async_callback(workshop.workers.close)
    known, looks = await asyncio.to_thread(KnownFileBook, database), FirstLookTable(database)
    hashes = ContentHashes()
    parts.callback(hashes.close)
    engine = Engine(database, at_once=book.limits.jobs, starts=book.limits.starts)
    dispatcher = Dispatcher(WaitingLine(database.engine), engine, clock, book.limits)
    desk = JobDesk(workshop.store, workshop.markers, known, hashes, dispatcher, clock, book.rules)
    waker = Waker(workshop.store, dispatcher, clock)
    orders = OrderDesk(workshop, OrderBook(database.engine), waker, desk)
    pausing = Pausing(SwitchBook(database.engine), dispatcher, clock)
    clerk = Clerk(workshop, waker, orders, own_api, look_beside=pausing.follow)
    dispatcher.on_rest = clerk.stir
    intake = Intake(
        book.rules,
        known=KnownFilesBridge(known, database, clock),
        take=hand_in_at(desk, database),
        prober=Probes(workshop.workers),
        clock=clock,
        memories=Memories(FirstLooksBridge(looks, database), folder_memory),
        backlog=book.limits.backlog,
        polling=book.polling,
    )
    offline.intake = intake
    return House(
        around=around,
        database=database,
        store=workshop.store,
        workshop=workshop,
        engine=engine,
        dispatcher=dispatcher,
        desk=desk,
        clerk=clerk,
        pausing=pausing,
        aftercare=Aftercare(workshop, database.engine, intake.rules_that_take),
        intake=intake,
        known=known,
        looks=looks,
        timers=timers,
        own_api=own_api,
    )


def make_timers() -> AsyncIOScheduler:
    """What has things done from time to time."""
    # A look through large folders may take longer than the pause between two; each turn that it lets go by would be
    # a warning.
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    return AsyncIOScheduler()


def _make_workshop(
    around: Surroundings,
    client: NemoClient,
    database: Database,
    settings: JobSettings,
    offline: _OfflineReasons,
) -> Workshop:
    limits = around.book().limits
    probe = client.as_skill(own_attribution(os.environ))
    return Workshop(
        client=client,
        store=JobStore(database.engine),
        markers=Markers(database),
        clock=around.clock,
        platform=find_platform(os.environ, Path(nemowatch.__file__)),
        job_logs=around.state.job_logs,
        settings=settings,
        purse=Purse(
            database,
            around.clock,
            keep_credits=limits.keep_credits,
            credits_per_day=limits.credits_per_day,
        ),
        shared=SharedSessions(database),
        watch=ServiceWatch(probe.read_credits, around.clock, settings),
        workers=Workers(encodes=limits.encodes, clock=around.clock),
        pace=Pace(database.engine, max_upload_bytes=settings.max_upload_bytes),
        offline_reason=offline.find,
    )


def _make_client(around: Surroundings) -> NemoClient:
    nemo = around.book().nemo
    tokens = TokenSource(
        api_url=nemo.api_url,
        client_id_file=client_id_path(),
        token_file=around.state.token,
        clock=around.clock,
    )
    return NemoClient(api_url=nemo.api_url, web_url=nemo.web_url, tokens=tokens, clock=around.clock)
