"""One text sent into a session, once, and what it changed (nemo-api.md §5).

A text may cost money. Before it is sent, a marker with the state and the balance is on the disk; whoever finds the
marker never sends blindly: the timeline is looked at, and the balance is asked as a second witness. Called by
`edit.py` alone.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from nemowatch.jobs.pauses import Paused
from nemowatch.jobs.records import Cause
from nemowatch.jobs.steps.money import RELEASED, check_money, read_balance
from nemowatch.logs import redact
from nemowatch.nemo.answers import Credits
from nemowatch.nemo.changes import Outline
from nemowatch.nemo.errors import (
    ApiError,
    OutOfCredits,
    PromptFailed,
    is_certainly_not_applied,
)
from nemowatch.nemo.events import TextEvent
from nemowatch.nemo.questions import find_question
from nemowatch.nemo.screen_talk import ScreenAction
from nemowatch.nemo.screen_talk import read as read_screen_talk
from nemowatch.units import format_duration

if TYPE_CHECKING:
    from nemowatch.jobs.run import JobRun
    from nemowatch.nemo.state import SessionState

HEARD = "heard:"
"""How the markers begin that keep what was heard, once the stream had come to its end."""

_MOST_LOOKS = 100
_LOOKS_WHILE_RESERVED = 30


@dataclass(frozen=True)
class Before:
    """The session and the account as they were before a text was sent; kept as the marker's facts."""

    fingerprint: str
    outline: Outline
    balance: Credits | None

    def to_facts(self) -> dict[str, str]:
        """As a marker keeps it."""
        balance = self.balance
        kept = None if balance is None else [balance.available, balance.frozen, balance.total]
        return {
            "fingerprint": self.fingerprint,
            "outline": json.dumps(self.outline.to_json()),
            "balance": json.dumps(kept),
        }

    @classmethod
    def from_facts(cls, facts: dict[str, str]) -> Before:
        """Read back what `to_facts` gave, of an earlier version too."""
        kept = json.loads(facts.get("balance", "null"))
        outline: Any = json.loads(facts.get("outline", "{}"))
        return cls(facts["fingerprint"], Outline.from_json(outline), None if kept is None else Credits(*kept))


@dataclass(frozen=True)
class Heard:
    """What came over the stream.

    Attributes:
        texts: for a person, screen talk translated.
        edits: what only somebody at a screen could do, as prompts.
        names_account: the service speaks of the account or its balance.
        is_whole: the stream was heard to its end.
        failure: what the service said when its run failed.
    """

    texts: tuple[str, ...] = ()
    edits: tuple[str, ...] = ()
    is_whole: bool = False
    names_account: bool = False
    failure: str = ""

    @property
    def question(self) -> str | None:
        """What the service asked instead of working."""
        return find_question(self.texts) if self.is_whole and not self.failure else None

    @property
    def asks_back(self) -> bool:
        """It wants something of the user before it works: where nothing has changed yet, nothing will."""
        return self.question is not None or (self.is_whole and bool(self.edits))


class Charge(Enum):
    """What the balance says about a text whose answer was lost."""

    NONE = "nothing was charged"
    SOME = "the balance has changed"
    UNKNOWN = "the balance does not tell"


@dataclass(frozen=True)
class Exchange:
    """What came of a text: `after` is the state that it changed, None where nothing changed."""

    before: Before
    heard: Heard
    after: SessionState | None
    charge: Charge


async def exchange(run: JobRun, session_id: str, text: str, name: str) -> Exchange:
    """Send a text, or find that it was sent before, and see what it changed.

    Args:
        run: the job.
        session_id: its session.
        text: as it is sent.
        name: the marker's name; names the text for good.

    Raises:
        Paused: it can't be sent now; it was not.
        SessionNotFound: the session is gone.
    """
    facts = await run.read_marker(name)
    if facts is None:
        before, heard = await _send(run, session_id, text, name)
        late = not heard.is_whole
    else:
        before, heard = Before.from_facts(facts), await _recall(run, name)
        late = False
    after = await _look_for_change(run, session_id, before, heard, late=late)
    if after is not None:
        after = await _until_still(run, session_id, after)
    charge = await _settle(run, name, before, tells_balance=heard.names_account)
    return Exchange(before, heard, after, charge)


async def _send(run: JobRun, session_id: str, text: str, name: str) -> tuple[Before, Heard]:
    """Send, again after refusals that passed; nothing was done by a refused one."""
    tries = 0
    while True:
        balance = await read_balance(run)
        state = await run.service.read_state(session_id)
        before = Before(state.fingerprint(), Outline.of(state), balance)
        # No wait between the guard and the purse's note: another job's prompt must not slip through between them.
        await check_money(run, balance)
        await run.purse.begin(run.spec, name, balance)
        await run.set_marker(name, before.to_facts())
        await run.drop_marker(RELEASED)  # it lets one prompt past the guards
        await run.tell(f"Prompt: {text}")
        try:
            heard = await _listen(run, session_id, text)
        except ApiError as error:
            await run.purse.drop(run.spec, name)
            await run.drop_marker(name)
            tries += 1
            await _overcome(run, error, tries, balance)
        else:
            if heard.is_whole:
                await run.set_marker(f"{HEARD}{name}", _facts_of(heard))
            return before, heard


async def _overcome(run: JobRun, error: ApiError, tries: int, balance: Credits | None) -> None:
    """Return when the text may be sent again; the purse learns which balance was too low for it."""
    if isinstance(error, OutOfCredits) and balance is not None:
        run.purse.note_refusal(balance.available)
    try:
        await run.patience.overcome(error, tries)
    except Paused as pause:
        if pause.cause is Cause.CREDITS and balance is not None:
            pause.balance = balance.available
        raise


async def _listen(run: JobRun, session_id: str, text: str) -> Heard:
    """Send and listen to the end, or to where the stream broke off."""
    texts: list[str] = []
    edits: list[str] = []
    actions: set[ScreenAction] = set()
    telling = asyncio.create_task(_tell_that_it_goes_on(run))
    try:
        async with aclosing(run.api.send_prompt(session_id, text)) as events:
            async for event in events:
                if not isinstance(event, TextEvent):
                    continue
                translation = read_screen_talk(event.text)
                actions |= translation.actions
                edits += (redact(text) for text in translation.edits)
                said = redact(translation.text)
                if said:
                    texts.append(said)
                    await run.tell(f"NemoVideo: {said}")
    except PromptFailed as error:
        await run.tell(f"The run failed: {error.message}")
        return Heard(tuple(texts), tuple(edits), is_whole=True, failure=error.message)
    except ApiError as error:
        if is_certainly_not_applied(error):
            raise
        await run.tell(f"The answer broke off: {error.message} Looking at the timeline instead.")
        return Heard(tuple(texts), tuple(edits))
    finally:
        telling.cancel()
    return Heard(tuple(texts), tuple(edits), is_whole=True, names_account=ScreenAction.ACCOUNT in actions)


async def _tell_that_it_goes_on(run: JobRun) -> None:
    """A long edit is silent for minutes; its heartbeats may be comments of the stream, which nobody sees here."""
    started = run.clock.monotonic()
    while True:
        await run.clock.sleep(run.settings.still_working_seconds)
        await run.tell(f"Still working, {format_duration(run.clock.monotonic() - started)} so far.")


async def _recall(run: JobRun, name: str) -> Heard:
    facts = await run.read_marker(f"{HEARD}{name}")
    if facts is None:
        await run.tell("This prompt was sent before; looking at its result, not sending it again.")
        return Heard()
    return Heard(
        tuple(json.loads(facts["texts"])),
        tuple(json.loads(facts["edits"])),
        is_whole=True,
        failure=facts["failure"],
    )


def _facts_of(heard: Heard) -> dict[str, str]:
    return {"texts": json.dumps(heard.texts), "edits": json.dumps(heard.edits), "failure": heard.failure}


async def _look_for_change(
    run: JobRun, session_id: str, before: Before, heard: Heard, *, late: bool
) -> SessionState | None:
    """Read the state until it differs, with the pauses of nemo-api.md §5; None if it never does.

    While the service holds more credits in reserve than before, the edit is still being made, and is waited for.
    """
    pauses = list(run.settings.look_pauses if late else (0.0, *run.settings.look_pauses))
    looks = 0
    while pauses:
        pause = pauses.pop(0)
        if pause:
            what = "The timeline is as it was; looking at it again" if looks else "Looking at the timeline"
            await run.tell(f"{what} in {format_duration(pause)}.")
            await run.clock.sleep(pause)
        state = await run.service.read_state(session_id)
        if state.fingerprint() != before.fingerprint:
            return state
        if heard.asks_back:
            return None
        looks += 1
        if not pauses and looks < _LOOKS_WHILE_RESERVED and await _is_reserved(run, before):
            await run.tell("Credits are still reserved for it; the edit is being made.")
            pauses.append(run.settings.look_pauses[-1])
    return None


async def _is_reserved(run: JobRun, before: Before) -> bool:
    if before.balance is None or run.purse.others_in_flight(run.spec.job_id):
        return False  # what is reserved may be another job's
    now = await read_balance(run)
    return now is not None and now.frozen > before.balance.frozen


async def _until_still(run: JobRun, session_id: str, state: SessionState) -> SessionState:
    """Look until the state stays as it is: what is exported too early lacks what was paid for."""
    for _ in range(_MOST_LOOKS):
        await run.clock.sleep(run.settings.still_seconds)
        later = await run.service.read_state(session_id)
        if later.fingerprint() == state.fingerprint():
            break
        state = later
    return state


async def _settle(run: JobRun, name: str, before: Before, *, tells_balance: bool) -> Charge:
    """Book what the text cost; and say whether the balance shows that it cost anything."""
    now = await read_balance(run)
    if tells_balance and now is not None:
        await run.tell(f"Credits: {now.available} available, {now.frozen} reserved.")
    await run.purse.settle(run.spec, name, now)
    if now is None or before.balance is None:
        return Charge.UNKNOWN
    if now.total != before.balance.total:
        return Charge.SOME
    # Other jobs of the account can only have lowered it; where it is as it was, nobody was charged. But what is
    # reserved may be for this one.
    return Charge.NONE if now.frozen == 0 else Charge.UNKNOWN
