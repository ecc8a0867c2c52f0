"""Step 4: one prompt, sent once, and what came of it.

A prompt costs money. Before it is sent, a marker with the state's fingerprint is written; a step that finds its
marker never sends again: it looks whether the state has changed (nemo-api.md §5).
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

from nemowatch.jobs.errors import PromptChangedNothing, PromptUncertain
from nemowatch.jobs.results import Edited
from nemowatch.jobs.run import PROMPT_MARKER
from nemowatch.nemo.errors import (
    ApiError,
    OutOfCredits,
    PromptTimedOut,
    RateLimited,
    ScopeMissing,
    ServiceDown,
    SessionNotFound,
    StreamCut,
    TokenRejected,
)
from nemowatch.nemo.events import TextEvent
from nemowatch.nemo.screen_talk import translate
from nemowatch.nemo.timeline import Timeline
from nemowatch.units import format_duration

if TYPE_CHECKING:
    from nemowatch.jobs.run import JobRun
    from nemowatch.nemo.state import SessionState

_REFUSALS = (OutOfCredits, RateLimited, ScopeMissing, SessionNotFound, TokenRejected)
"""Answers that come before a run begins: nothing was done, so nothing was paid."""

_MOST_LOOKS = 100


async def edit(run: JobRun, session_id: str, text: str, number: int) -> Edited:
    """Send a prompt and follow it to its end.

    Args:
        run: the job.
        session_id: the job's session.
        text: the prompt as it is sent.
        number: which prompt of the job this is, from 1; names its marker.

    Raises:
        PromptChangedNothing: the service answered, and the state is as before.
        PromptUncertain: the answer was lost, and the state shows no change: it is not sent again.
        PromptFailed: the service says that the run failed.
    """
    started = run.clock.monotonic()
    name = f"{PROMPT_MARKER}{number}"
    marker = await run.read_marker(name)
    if marker is None:
        before = (await run.api.read_state(session_id)).fingerprint()
        await run.set_marker(name, {"fingerprint": before})
        await run.tell(f"Prompt {number}: {text}")
        try:
            texts, heard_all = await _send(run, session_id, text, name)
        except _REFUSALS:
            await run.drop_marker(name)
            raise
    else:
        before, texts, heard_all = marker["fingerprint"], (), False
        await run.tell(
            f"A restart came after prompt {number} was sent; looking at its result, not sending it again."
        )
    after = await _look_for_change(run, session_id, before, at_once=heard_all or marker is not None)
    if after is None:
        raise _unchanged(text, texts, heard_all=heard_all)
    after = await _until_still(run, session_id, after)
    timeline = Timeline.from_draft(after.draft).describe() if after.draft else "No timeline."
    await run.tell(f"{timeline} Generated media: {len(after.generated_media)}.")
    return Edited(text, "prompt", texts, timeline, run.clock.monotonic() - started)


async def _send(run: JobRun, session_id: str, text: str, name: str) -> tuple[tuple[str, ...], bool]:
    """Send and listen: the texts, and whether the stream was heard to its end."""
    texts: list[str] = []
    telling = asyncio.create_task(_tell_that_it_goes_on(run))
    try:
        async with aclosing(run.api.send_prompt(session_id, text)) as events:
            async for event in events:
                shown = translate(event.text) if isinstance(event, TextEvent) else ""
                if shown:
                    texts.append(shown)
                    await run.tell(f"NemoVideo: {shown}")
    except (StreamCut, PromptTimedOut, ServiceDown) as error:
        if isinstance(error, ServiceDown) and error.status is None:
            await run.drop_marker(name)  # it never left this machine
            raise
        await run.tell(f"The answer broke off: {error.message} Looking at the timeline instead.")
        return tuple(texts), False
    finally:
        telling.cancel()
    return tuple(texts), True


async def _tell_that_it_goes_on(run: JobRun) -> None:
    """A long edit is silent for minutes; its heartbeats may be comments of the stream, which nobody sees here."""
    started = run.clock.monotonic()
    while True:
        await run.clock.sleep(run.settings.still_working_seconds)
        await run.tell(f"Still working, {format_duration(run.clock.monotonic() - started)} so far.")


async def _look_for_change(
    run: JobRun, session_id: str, before: str, *, at_once: bool
) -> SessionState | None:
    """Read the state until it differs from `before`, with the pauses of nemo-api.md §5; None if it never does.

    A look that fails through a passing fault is one look the less, and the last one tells.
    """
    pauses = (0.0, *run.settings.look_pauses) if at_once else run.settings.look_pauses
    for look, pause in enumerate(pauses, 1):
        if pause:
            await run.tell(f"Looking at the timeline in {format_duration(pause)}.")
            await run.clock.sleep(pause)
        try:
            state = await run.api.read_state(session_id)
        except ApiError as error:
            if not error.retryable or look == len(pauses):
                raise
            await run.tell(f"The timeline can't be read now: {error.message}")
            continue
        if state.fingerprint() != before:
            return state
    return None


async def _until_still(run: JobRun, session_id: str, state: SessionState) -> SessionState:
    """Look until the state stays as it is: what is exported too early lacks what was paid for."""
    for _ in range(_MOST_LOOKS):
        await run.clock.sleep(run.settings.still_seconds)
        try:
            later = await run.api.read_state(session_id)
        except ApiError as error:
            if not error.retryable:
                raise
            await run.tell(f"The timeline can't be read now: {error.message}")
            continue
        if later.fingerprint() == state.fingerprint():
            break
        state = later
    return state


def _unchanged(
    text: str, texts: tuple[str, ...], *, heard_all: bool
) -> PromptChangedNothing | PromptUncertain:
    said = f" The service said: {' '.join(texts)}" if texts else " The service said nothing."
    if heard_all:
        return PromptChangedNothing(
            f'The prompt "{text}" changed nothing.{said}',
            hint="Nothing was exported. Say more exactly what to do.",
        )
    return PromptUncertain(
        f'The answer to the prompt "{text}" was lost, and the timeline shows no change.{said}',
        hint="It was not sent again, since it may have been charged already.",
    )
