"""The life of a job: prepare → connect → upload → edit → export → download → deliver, each step checkpointed.

Run by the engine, a round at a time: a job that stopped and goes on is in another round, which takes over the
checkpoints of the steps that were done. A restart runs the same round again.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from loguru import logger
from sqlalchemy.exc import OperationalError

from nemowatch.jobs.passage import Passage
from nemowatch.jobs.pauses import Paused
from nemowatch.jobs.records import Cause, JobState
from nemowatch.jobs.run import JobRun, Workshop
from nemowatch.jobs.stepping import Checkpoints, StepCancelled, StepFailed, StepPaused, unexpected
from nemowatch.jobs.steps.cancel import book_what_was_sent, cancel_renders
from nemowatch.jobs.steps.deliver import Ending
from nemowatch.jobs.store import Changes

if TYPE_CHECKING:
    from nemowatch.jobs.records import JobRecord


class RecordingWorkflow:
    """What becomes of one recording, from its spec to its output folder."""

    def __init__(self, workshop: Workshop, checkpoint: Checkpoints) -> None:
        self._workshop = workshop
        self._checkpoint = checkpoint

    async def run(self, job_id: str, number: int = 1) -> str:
        """Take a round of a job to its end, and return the state in which it ended or stopped."""
        record = await self._read(job_id)
        if record is None:
            logger.error(f"Job {job_id} is in the queue but not in the book; it is dropped.")
            return JobState.FAILED
        if record.state.is_final or record.is_parked or record.round != number:
            return record.state  # this round ended, and only the queue had not heard of it
        job = JobRun(self._workshop, record)
        passage = Passage(job, self._checkpoint)
        self._workshop.at_work[job_id] = job
        try:
            if record.started_at is not None and record.stop is None:
                await job.tell("Going on after a restart.")
            return await self._take_to_its_end(passage)
        except OperationalError as error:
            # A step was done, and the engine could not keep that: it is taken again, as after a crash just then.
            return await passage.park(_unwritable(error, job.settings.trouble_pause))
        except Exception as error:  # noqa: BLE001 -- the last place where a mistake can still become a told state
            logger.bind(job=job_id[:8]).opt(exception=error).error("The job broke.")
            reason, stop = str(unexpected("workflow")), passage.stop_for_retry("")
            await job.finish(Changes(JobState.FAILED, reason, finished_at=job.clock.now(), stop=stop))
            return JobState.FAILED
        finally:
            if self._workshop.at_work.get(job_id) is job:
                del self._workshop.at_work[job_id]

    async def _read(self, job_id: str) -> JobRecord | None:
        """The job as it stands in the book, read for as long as it takes: the engine runs no round a second time."""
        while True:
            try:
                return await asyncio.to_thread(self._workshop.store.read, job_id)
            except OperationalError as error:
                logger.bind(job=job_id[:8]).warning(
                    f"The state can't be read: {error.orig}. It is tried again."
                )
                await self._workshop.clock.sleep(self._workshop.settings.trouble_pause)

    @staticmethod
    async def _take_to_its_end(passage: Passage) -> str:
        try:
            await passage.go()
        except StepFailed as failure:
            stop = passage.stop_for_retry(failure.clears)
            return await passage.end(Ending(JobState.FAILED, failure.message, failure.hint), stop)
        except StepCancelled:
            return await _end_cancelled(passage)
        except StepPaused as stopped:
            if passage.job.unwanted.is_set():
                return await _end_cancelled(passage)
            return await passage.park(stopped.pause)
        return await passage.end(Ending(JobState.DONE), None)


def _unwritable(error: OperationalError, pause: float) -> Paused:
    reason = f"The state can't be written: {error.orig}. It goes on by itself when it can."
    return Paused(JobState.WAITING, Cause.FAULT, reason, wake_after=pause)


async def _end_cancelled(passage: Passage) -> str:
    stop = passage.stop_for_retry("")
    await cancel_renders(passage.job)
    await book_what_was_sent(passage.job)
    return await passage.end(Ending(JobState.CANCELLED, "Cancelled by the user."), stop)
