"""How one step of a job is run: checkpointed, cancellable, with room on the disk, its end put into one of five forms.

Used by `passage.py` alone. A step ends with its result, or with one of the exceptions here; all five are kept as the
step's checkpoint, so that a replay ends the same way.
"""

from __future__ import annotations

import errno
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from loguru import logger
from pydantic import TypeAdapter
from sqlalchemy.exc import OperationalError

from nemowatch.errors import NemoWatchError
from nemowatch.jobs.errors import PromptChangedNothing, RenderFailed, UnexpectedFailure
from nemowatch.jobs.pauses import Paused, Unwanted
from nemowatch.jobs.records import Cause, Clears, JobState
from nemowatch.nemo.errors import SessionNotFound
from nemowatch.outputs.errors import FolderUnusable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from nemowatch.jobs.run import JobRun

_Result = TypeVar("_Result")


class Checkpoints(Protocol):
    """Runs a step and keeps its answer; on a replay it gives the kept answer instead (the engine's part)."""

    async def __call__(
        self, name: str, step: Callable[[], Coroutine[Any, Any, dict[str, Any]]]
    ) -> dict[str, Any]:
        """The step's answer, JSON all through."""
        ...


class StepFailed(Exception):
    """A step ended with an error.

    Attributes:
        message, hint: for people.
        has_lost_session: the service does not know the session any more.
        has_paid: a prompt had been sent that may have been charged.
        clears: which markers `jobs retry` takes back.
    """

    def __init__(
        self,
        message: str,
        hint: str = "",
        *,
        has_lost_session: bool = False,
        has_paid: bool = True,
        clears: Clears = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.has_lost_session = has_lost_session
        self.has_paid = has_paid
        self.clears = clears


class StepPaused(Exception):
    """A step stopped without an end: the job is to be parked as `pause` says."""

    def __init__(self, pause: Paused) -> None:
        super().__init__(pause.reason)
        self.pause = pause


class StepCancelled(Exception):
    """The user cancelled the job in this step."""


class StepRunner:
    """Runs the steps of one round of a job, one after the other.

    Attributes:
        names: of the checkpoints so far; the engine counts them in this order, from 1.
        timings: seconds per step.
    """

    def __init__(self, job: JobRun, checkpoint: Checkpoints) -> None:
        self.names: list[str] = []
        self.timings: dict[str, float] = {}
        self._job = job
        self._checkpoint = checkpoint

    def number_of(self, name: str) -> int:
        """The engine's number of a checkpoint, from 1; of the last one where there is none of this name."""
        return self.names.index(name) + 1 if name in self.names else len(self.names)

    async def run(
        self,
        name: str,
        state: JobState,
        kind: type[_Result],
        work: Callable[[], Awaitable[_Result]],
        *,
        must_finish: bool = False,
    ) -> _Result:
        """Run a step, or take its checkpoint; keep how long it took.

        Args:
            name: of its checkpoint; no two of a round share one.
            state: the job's, while it runs.
            kind: of its result.
            work: what is done.
            must_finish: it is done also where the user has cancelled the job.

        Raises:
            StepFailed, StepPaused, StepCancelled: as it went now, or when it was checkpointed.
        """
        # A result's type may be a union, which the type checker takes for no type, and for not hashable.
        hashable_kind: Any = kind
        adapter = _adapter_of(hashable_kind)

        async def attempt() -> dict[str, Any]:
            started = self._job.clock.monotonic()
            try:
                result = await (self._with_room(state, work) if must_finish else self._run_step(state, work))
            except Paused as pause:
                return {"pause": pause.to_facts()}
            except Unwanted:
                return {"cancelled": True}
            except (NemoWatchError, OSError) as error:
                return await self._describe_failure(error)
            except Exception:  # noqa: BLE001 -- see below
                # A mistake of ours must not take the daemon or the job's record with it.
                logger.bind(job=self._job.spec.job_id[:8]).exception(f"The step {name} broke.")
                return await self._describe_failure(unexpected(name))
            seconds = self._job.clock.monotonic() - started
            await self._job.note_time(seconds)
            return {"seconds": seconds, "result": adapter.dump_python(result, mode="json")}

        self.names.append(name)
        self._job.step = name
        answer = await self._checkpoint(name, attempt)
        if "pause" in answer:
            raise StepPaused(Paused.from_facts(answer["pause"]))
        if "cancelled" in answer:
            raise StepCancelled
        if "failure" in answer:
            raise StepFailed(**answer["failure"])
        self.timings[name] = answer["seconds"]
        result: _Result = adapter.validate_python(answer["result"])
        return result

    async def _with_room(self, state: JobState, work: Callable[[], Awaitable[_Result]]) -> _Result:
        """Run a step's work; while the disk is full, the job waits and the step is taken again."""
        job = self._job
        while True:
            await job.enter(state)
            try:
                return await work()
            except (FolderUnusable, OSError) as error:
                if not _is_lack_of_room(error):
                    raise
                reason = f"{error} It goes on by itself when there is room."
            except OperationalError as error:
                reason = f"The state can't be written: {error.orig}. It goes on by itself when it can."
            await job.enter(JobState.WAITING, reason)
            logger.bind(job=job.spec.job_id[:8]).warning(f"{reason} The job waits.")
            await job.clock.sleep(job.settings.trouble_pause)

    async def _run_step(self, state: JobState, work: Callable[[], Awaitable[_Result]]) -> _Result:
        """Do a step's work, unless the user cancels the job."""
        if self._job.unwanted.is_set():
            raise Unwanted
        await self._take_turn()
        return await self._job.unless_unwanted(self._with_room(state, work))

    async def _take_turn(self) -> None:
        """Hold the session that the job shares with others.

        Raises:
            Paused: another job does.
        """
        spec = self._job.spec
        if not spec.session_key:
            return
        holder = (await self._job.shared.acquire(spec.session_key, spec.job_id)).holder
        if holder != spec.job_id:
            raise Paused(
                JobState.WAITING, Cause.TURN, f"Job {holder[:8]} is at work in the session that both share."
            )

    async def _describe_failure(self, error: NemoWatchError | OSError) -> dict[str, Any]:
        """A failure as its checkpoint keeps it: the arguments of a `StepFailed`."""
        may_be_done_again = isinstance(error, PromptChangedNothing | RenderFailed)
        if isinstance(error, NemoWatchError):
            words = {"message": error.message, "hint": error.hint}
        else:
            words = {"message": f"{error.filename or 'A file'}: {error.strerror or error}.", "hint": ""}
        facts = {
            "has_lost_session": isinstance(error, SessionNotFound),
            "has_paid": await self._job.has_paid(),
            "clears": "step" if may_be_done_again else "",
        }
        return {"failure": words | facts}


def _is_lack_of_room(error: BaseException | None) -> bool:
    if isinstance(error, OSError):
        return error.errno in {errno.ENOSPC, errno.EDQUOT}
    return isinstance(error, FolderUnusable) and _is_lack_of_room(error.__cause__)


@cache
def _adapter_of(kind: Any) -> TypeAdapter[Any]:
    """How a result is written and read; building one takes longer than using it, so each is kept."""
    return TypeAdapter(kind)


def unexpected(step: str) -> UnexpectedFailure:
    """What is told of a mistake of ours."""
    return UnexpectedFailure(
        f"The step {step} broke through a mistake in NemoWatch.",
        hint="The daemon's log has the details; please report them.",
    )
