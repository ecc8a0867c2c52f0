"""Where the user's orders for jobs are carried out (`jobs retry`, `cancel`, `release`, `answer`, `refine`, `rerun`).

Called by the clerk. An order either takes effect and says so, or is refused and changes nothing; each is answered.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from loguru import logger
from sqlalchemy.exc import OperationalError

from nemowatch.errors import NemoWatchError
from nemowatch.jobs.markers import SESSION_MARKER
from nemowatch.jobs.orders import Action, OrderAnswer
from nemowatch.jobs.records import Cause, JobRecord, JobState
from nemowatch.jobs.run import PROMPT_MARKER
from nemowatch.jobs.steps.connect import START_OVER
from nemowatch.jobs.steps.exchange import HEARD
from nemowatch.jobs.steps.export import RENDER_MARKER
from nemowatch.jobs.steps.money import RELEASED
from nemowatch.jobs.waiting_line import MAY_START
from nemowatch.nemo.questions import answer_to_proceed

if TYPE_CHECKING:
    from nemowatch.jobs.clerk import Waker
    from nemowatch.jobs.desk import JobDesk
    from nemowatch.jobs.orders import Order, OrderBook
    from nemowatch.jobs.run import Workshop

PAID = f"{PROMPT_MARKER}paid"
"""The marker of a job whose prompts were taken back to be sent again."""

_KEPT_BY_A_NEW_BEGINNING = frozenset({SESSION_MARKER, RELEASED, START_OVER, PAID})
_NEEDS_ITS_TIMELINE = ("connect", "upload", "edit-", "ask-")
_PREFIXES = ("", HEARD, "answer:", "release:")


class OrderRefused(NemoWatchError):
    """The order does not fit the job."""


class OrderDesk:
    """Carries out orders."""

    def __init__(self, workshop: Workshop, book: OrderBook, waker: Waker, desk: JobDesk) -> None:
        self._workshop = workshop
        self._store = workshop.store
        self._markers = workshop.markers
        self._clock = workshop.clock
        self._book = book
        self._waker = waker
        self._desk = desk
        self._carrying_out = asyncio.Lock()

    async def carry_out_all(self) -> None:
        """Carry out every order that has no answer yet; each once, whoever asks for it at the same time."""
        async with self._carrying_out:
            for order in await asyncio.to_thread(self._book.open_orders):
                answer = await self._carry_out(order)
                logger.bind(job=order.job_id[:8]).info(f"jobs {order.action}: {answer.text}")
                await asyncio.to_thread(self._book.answer, order.order_id, answer, now=self._clock.now())

    async def _carry_out(self, order: Order) -> OrderAnswer:
        record = await asyncio.to_thread(self._store.read, order.job_id)
        if record is None:
            return OrderAnswer(f"There is no job {order.job_id}.", is_refused=True)
        try:
            return OrderAnswer(await self._obey(order, record), is_refused=False)
        except (NemoWatchError, OSError) as error:
            return OrderAnswer(str(error), is_refused=True)
        except OperationalError:
            raise  # passes; the order is carried out again, and finds what it had done
        except Exception:  # noqa: BLE001 -- one order must not keep all others from being carried out
            logger.exception(f"jobs {order.action} broke.")
            return OrderAnswer(
                "It broke through a mistake in NemoWatch; the daemon's log has it.", is_refused=True
            )

    async def _obey(self, order: Order, record: JobRecord) -> str:
        if order.action is Action.CANCEL:
            return await self._cancel(record)
        if order.action is Action.RETRY:
            return await self._retry(record)
        if order.action is Action.RELEASE:
            return await self._release(record)
        if order.action is Action.ANSWER:
            return await self._answer(record, order.text)
        if order.action is Action.REFINE:
            if record.state is not JobState.DONE:
                raise OrderRefused(f"Only a job that is done can be refined: it is {record.state}.")
            await self._check_session_is_its_own(record)
            session = await self._session_of(record)
            job_id = await self._desk.refine(record, order.text, session, order.order_id)
            return f"Job {job_id[:8]} refines it."
        if not record.state.is_final:
            raise OrderRefused(f"The job has not ended yet: it is {record.state}.")
        job_id = await self._desk.rerun(record, order.order_id)
        return f"Job {job_id[:8]} runs it anew."

    async def _cancel(self, record: JobRecord) -> str:
        job_id, now = record.spec.job_id, self._clock.now()
        if record.state.is_final:
            raise OrderRefused(f"The job has ended already: it is {record.state}.")
        is_at_work = job_id in self._workshop.at_work
        if not is_at_work and await asyncio.to_thread(
            self._store.cancel_queued, job_id, "Cancelled by the user before it began.", now=now
        ):
            self._workshop.tally.note_end(JobState.CANCELLED)
            return "Cancelled."
        await asyncio.to_thread(self._store.mark_unwanted, job_id, now=now)
        run = self._workshop.at_work.get(job_id)
        if run is not None:
            run.unwanted.set()
        elif record.is_parked:
            await self._waker.wake(record)
        return "It is being cancelled; job.log will tell what had been done."

    async def _retry(self, record: JobRecord) -> str:
        stop = record.stop
        if record.state is JobState.DONE:
            raise OrderRefused(
                "The job is done.",
                hint="`nemowatch jobs rerun` makes it anew, `jobs refine` goes on from its result.",
            )
        if not (record.is_parked or record.state.is_final):
            raise OrderRefused(f"The job is at work: it is {record.state}.")
        if record.is_parked and stop is not None and stop.cause in {Cause.BACKLOG, Cause.SCHEDULE}:
            raise OrderRefused(
                f"The job has not begun: it is {record.state}.", hint="`nemowatch jobs release` lets it go."
            )
        if stop is None:
            raise OrderRefused(
                "An earlier version of NemoWatch ended this job; nobody knows where it stopped.",
                hint="`nemowatch jobs rerun` makes it anew.",
            )
        if record.state.is_final and stop.name.startswith(_NEEDS_ITS_TIMELINE):
            await self._check_session_is_its_own(record)
        await self._clear(record)
        await self._waker.wake(record)
        return f"It goes on from the step {stop.name}."

    async def _check_session_is_its_own(self, record: JobRecord) -> None:
        """Another file's edit is on the timeline of a session that was shared meanwhile.

        Raises:
            OrderRefused: it was.
        """
        spec = record.spec
        if spec.session_key and await self._workshop.shared.was_used_since(spec.session_key, spec.job_id):
            raise OrderRefused(
                "Other jobs have worked in the session that it shares with them, so its timeline is gone.",
                hint="`nemowatch jobs rerun` makes it anew, which is paid for again.",
            )

    async def _clear(self, record: JobRecord) -> None:
        """Take back the markers of what is to be done again."""
        job_id, stop = record.spec.job_id, record.stop
        if stop is None or not stop.clears:
            return
        for name in await asyncio.to_thread(self._markers.list, job_id, ""):
            is_one = (
                name not in _KEPT_BY_A_NEW_BEGINNING if stop.clears == "all" else _belongs(name, stop.name)
            )
            if is_one:
                await asyncio.to_thread(self._markers.drop, job_id, name)
                if name.startswith(PROMPT_MARKER):
                    # What may have been charged stays known, whatever becomes of the next try.
                    await self._note(job_id, PAID, {})
        if stop.cause is Cause.SESSION and record.spec.base is not None:
            await self._note(job_id, START_OVER, {})

    async def _release(self, record: JobRecord) -> str:
        job_id, stop = record.spec.job_id, record.stop
        if not record.is_parked or stop is None:
            raise OrderRefused(f"Nothing holds this job: it is {record.state}.")
        if stop.cause is Cause.SESSION:
            raise OrderRefused(
                "The session is gone, and the edit in it.",
                hint="`nemowatch jobs retry` makes it again, and pays again.",
            )
        if stop.cause is Cause.TURN:
            raise OrderRefused(record.reason, hint="It goes on when that job has ended.")
        if stop.cause is Cause.FOLDER:
            raise OrderRefused(record.reason, hint="It goes on when its folder is back.")
        if stop.cause is Cause.QUESTION:
            await self._note(job_id, stop.answers, {"text": answer_to_proceed(stop.question)})
        elif stop.cause is Cause.UNCERTAIN:
            await self._note(job_id, stop.answers, {})
        elif stop.cause is Cause.SCHEDULE:
            await self._note(job_id, MAY_START, {})
        elif stop.cause in {Cause.CREDITS, Cause.BUDGET}:
            await self._note(job_id, RELEASED, {})
            self._workshop.purse.forget_refusal()
        await self._waker.wake(record)
        return "It goes on."

    async def _answer(self, record: JobRecord, text: str) -> str:
        stop = record.stop
        if not record.is_parked or stop is None or stop.cause is not Cause.QUESTION:
            raise OrderRefused(f"The service has asked nothing about this job: it is {record.state}.")
        if not text.strip():
            raise OrderRefused("The answer is empty.")
        await self._note(record.spec.job_id, stop.answers, {"text": text.strip()})
        await self._waker.wake(record)
        return "The answer is sent."

    async def _session_of(self, record: JobRecord) -> tuple[str, str | None]:
        """The session that a job worked in, and its task."""
        facts = await asyncio.to_thread(self._markers.read, record.spec.job_id, SESSION_MARKER)
        if facts is None:
            raise OrderRefused(
                "Nobody knows the session of this job any more.", hint="`nemowatch jobs rerun` makes it anew."
            )
        return facts["session"], facts["task"] or None

    async def _note(self, job_id: str, name: str, facts: dict[str, str]) -> None:
        """Set a marker; the user's last word counts."""
        await asyncio.to_thread(self._markers.drop, job_id, name)
        await asyncio.to_thread(self._markers.set, job_id, name, facts, now=self._clock.now())


def _belongs(marker: str, step: str) -> bool:
    """Whether a marker is one that a step leaves behind."""
    kind, _, rest = step.partition("-")
    number = rest.partition("-")[0]
    base = {"edit": PROMPT_MARKER, "export": RENDER_MARKER}.get(kind)
    if base is None:
        return False
    names = [f"{prefix}{base}{number}" for prefix in _PREFIXES]
    return any(marker == name or marker.startswith(f"{name}.") for name in names)
