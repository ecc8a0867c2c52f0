"""Somebody behind the control API who only notes what is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nemowatch.jobs.orders import Action
from nemowatch.jobs.records import Cause, JobState
from nemowatch.jobs.views import JobView, StatusView
from nemowatch.standing import FolderLine, Standing, WaitingFile
from nemowatch.web.bodies import (
    Balance,
    Health,
    LogPiece,
    OrderFate,
    OrderOutcome,
    PauseStanding,
    RulesChange,
    SkippedFile,
)
from nemowatch.web.metrics import Figures

JOB = JobView(
    id="0123456789abcdef",
    rule="shorts",
    state=JobState.ATTENTION,
    reason="The service asks: which one?",
    note="",
    source="/talks/Vortrag über Ö.mp4",
    size_bytes=5_000_000_000,
    sha256="ab" * 32,
    prompts=("cut it",),
    queued_at=1_700_000_000.5,
    updated_at=1_700_000_001.0,
    is_parked=True,
    cause=Cause.QUESTION,
    question="which one?",
)
STATUS = StatusView(
    daemon={"pid": 1, "host": "here", "since": "2026-01-01T00:00:00+00:00"},
    state_folder="/state",
    standing=Standing(
        "/rules.yaml",
        (FolderLine("/talks", "offline", "it is gone"),),
        (WaitingFile("/talks/a.mp4", "shorts", "settling", "", 1_700_000_003.0),),
        1,
        troubles=("NemoVideo does not answer.",),
    ),
    paused_at=1_700_000_002.0,
    paused_why="lunch",
    credits=7,
    counts={JobState.ATTENTION: 1},
    attention=(JOB,),
)


class Noting:
    """Answers with what it was made with, or raises it, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.trouble: Exception | None = None

    def _note(self, *asked: Any) -> None:
        self.asked.append(asked)
        if self.trouble is not None:
            raise self.trouble

    async def status(self) -> StatusView:
        self._note("status")
        return STATUS

    async def jobs(
        self, states: Sequence[JobState], rule: str | None, since: float | None, limit: int
    ) -> tuple[JobView, ...]:
        self._note("jobs", tuple(states), rule, since, limit)
        return (JOB,)

    async def job(self, beginning: str) -> JobView:
        self._note("job", beginning)
        return JOB

    async def read_log(self, beginning: str, offset: int) -> LogPiece:
        self._note("log", beginning, offset)
        return LogPiece("12:00  Uploaded.\n", 18, is_ended=False)

    async def order(self, action: Action, job_ids: Sequence[str], text: str) -> tuple[OrderOutcome, ...]:
        self._note("order", action, tuple(job_ids), text)
        return tuple(OrderOutcome(job_id, OrderFate.DONE, "Cancelled.") for job_id in job_ids)

    async def pause(self, why: str) -> PauseStanding:
        self._note("pause", why)
        return PauseStanding(1_700_000_000.0, why)

    async def resume(self) -> PauseStanding:
        self._note("resume")
        return PauseStanding(None)

    async def reload(self) -> RulesChange:
        self._note("reload")
        return RulesChange("/rules.yaml", 1_700_000_000.0, 2, added=("new",), troubles=("later",))

    async def credits(self) -> Balance:
        self._note("credits")
        return Balance(90, 10, 100, 5, 20, None, "anonymous", "u1")

    async def skipped(self, rule: str | None, limit: int) -> tuple[SkippedFile, ...]:
        self._note("skipped", rule, limit)
        return (SkippedFile("/talks/b.mp4", "shorts", "duplicate", 3, 1_700_000_000.0, "/talks/a.mp4", "01"),)

    async def health(self) -> Health:
        self._note("health")
        return Health("1.0", 42, 1_700_000_000.0, 0.25)

    async def figures(self) -> Figures:
        self._note("figures")
        return Figures("1.0", 0.25, 1_700_000_000.0)
