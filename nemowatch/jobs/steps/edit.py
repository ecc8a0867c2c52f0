"""Step 4: one prompt of the rule, paid for once, and what came of it.

Sends through `exchange.py`; decides what a result means: done, asked back, changed nothing, or nobody can tell.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from nemowatch.jobs.errors import PromptChangedNothing
from nemowatch.jobs.markers import DRAFT_MARKER
from nemowatch.jobs.pauses import Paused
from nemowatch.jobs.records import SHARED_BY_FOLDER, SHARED_BY_RULE, Cause, JobState
from nemowatch.jobs.results import Edited
from nemowatch.jobs.run import PROMPT_MARKER
from nemowatch.jobs.steps.download import address_of
from nemowatch.jobs.steps.exchange import Charge, Exchange, exchange
from nemowatch.nemo.changes import Outline, describe_changes
from nemowatch.nemo.questions import answer_to_proceed
from nemowatch.nemo.timeline import Timeline

if TYPE_CHECKING:
    from nemowatch.jobs.run import JobRun
    from nemowatch.nemo.state import SessionState

_HAN = re.compile(r"[\u4e00-\u9fff]")


async def edit(run: JobRun, session_id: str, text: str, number: int, file_name: str) -> Edited:
    """Have one prompt carried out.

    Args:
        run: the job.
        session_id: the job's session.
        text: the prompt.
        number: which prompt of the job this is, from 1; names its markers.
        file_name: of the recording in the session.

    Raises:
        PromptChangedNothing: the service answered, or its run failed, and the state is as before.
        Paused: it asked back and the user answers, it can't be sent now, or nobody can tell whether it was applied.
        SessionNotFound: the session is gone.
    """
    started = run.clock.monotonic()
    name = f"{PROMPT_MARKER}{number}"
    if await run.read_marker(f"release:{name}") is not None:
        return await _take_as_it_is(run, session_id, text, number)
    result = await _exchange_until_certain(run, session_id, _address(run, text, file_name), name)
    heard_texts = result.heard.texts
    replies = 0
    while result.after is None and result.heard.asks_back:
        replies += 1
        reply = await _find_reply(run, result, f"{name}.reply{replies}", replies)
        result = await _exchange_until_certain(run, session_id, reply, f"{name}.reply{replies}")
        heard_texts += result.heard.texts
    after = _must_have_changed(text, result, name)
    changes = describe_changes(result.before.outline, Outline.of(after))
    timeline = Timeline.from_draft(after.draft).describe() if after.draft else "No timeline."
    for change in changes:
        await run.tell(f"Changed: {change}.")
    await run.tell(f"{timeline} Generated media: {len(after.generated_media)}.")
    if run.spec.session_key:
        await _keep_draft(run, after, number)
    return Edited(text, "prompt", heard_texts, timeline, run.clock.monotonic() - started, changes)


async def _exchange_until_certain(run: JobRun, session_id: str, text: str, name: str) -> Exchange:
    """Send a text; once more where the state and the balance both say that the first was not applied."""
    result = await exchange(run, session_id, text, name)
    if result.after is None and not result.heard.asks_back and _was_certainly_lost(result):
        await run.tell(
            "The timeline and the credits are as before: it was not applied, and is sent once more."
        )
        return await exchange(run, session_id, text, f"{name}.again")
    return result


def _was_certainly_lost(result: Exchange) -> bool:
    heard = result.heard
    return result.charge is Charge.NONE and (not heard.is_whole or bool(heard.failure))


def _must_have_changed(text: str, result: Exchange, name: str) -> SessionState:
    """The state after the prompt.

    Raises:
        PromptChangedNothing, Paused: there is none that can be relied on.
    """
    heard = result.heard
    if result.after is not None and not heard.failure:
        return result.after
    said = f" The service said: {' '.join(heard.texts)}" if heard.texts else " The service said nothing."
    if result.after is not None:
        raise Paused(
            JobState.ATTENTION,
            Cause.UNCERTAIN,
            f'The run of the prompt "{text}" failed ({heard.failure}), but the timeline has changed.{said} '
            "`nemowatch jobs release` goes on with the timeline as it is; `nemowatch jobs retry` sends the prompt "
            "again, which may be charged again.",
            clears="step",
            answers=f"release:{name}",
        )
    if heard.is_whole:
        failed = f" Its run failed: {heard.failure}" if heard.failure else ""
        raise PromptChangedNothing(
            f'The prompt "{text}" changed nothing.{failed}{said}',
            hint="Nothing was exported. Say more exactly what to do; `nemowatch jobs retry` sends it again.",
        )
    raise Paused(
        JobState.ATTENTION,
        Cause.UNCERTAIN,
        f'The answer to the prompt "{text}" was lost, and the timeline shows no change; {result.charge.value}.{said} '
        "It was not sent again, since that may be charged twice. `nemowatch jobs retry` sends it again; "
        "`nemowatch jobs release` goes on with the timeline as it is.",
        clears="step",
        answers=f"release:{name}",
    )


async def _find_reply(run: JobRun, result: Exchange, name: str, count: int) -> str:
    """What is answered when the service asks back: once by the rule, else by the user."""
    given = await run.read_marker(f"answer:{name}")
    if given is not None:
        return given["text"]
    question = result.heard.question
    if count == 1 and run.spec.question == "proceed":
        reply = " ".join(result.heard.edits) if question is None else answer_to_proceed(question)
        await run.tell(f"The service asked back; it is answered: {reply}")
        return reply
    asked = question or " ".join(result.heard.texts)
    raise Paused(
        JobState.ATTENTION,
        Cause.QUESTION,
        f'The service asks: "{asked}" Answer with `nemowatch jobs answer {run.spec.job_id[:8]} "…"`; '
        "`nemowatch jobs release` leaves it to the service.",
        clears="step",
        answers=f"answer:{name}",
        question=asked,
    )


async def _take_as_it_is(run: JobRun, session_id: str, text: str, number: int) -> Edited:
    """The user has decided that what the timeline shows is the result."""
    state = await run.service.read_state(session_id)
    timeline = Timeline.from_draft(state.draft).describe() if state.draft else "No timeline."
    await run.tell(f"Released: going on with the timeline as it is. {timeline}")
    if run.spec.session_key:
        await _keep_draft(run, state, number)
    return Edited(text, "prompt", (), timeline, 0.0)


async def _keep_draft(run: JobRun, after: SessionState, number: int) -> None:
    """Another job may have changed the session's timeline before this one's export is tried again."""
    await run.replace_marker(
        f"{DRAFT_MARKER}{number:04d}",
        {
            "draft": json.dumps(after.draft),
            "media": json.dumps([address_of(item) for item in after.generated_media]),
        },
    )


def _address(run: JobRun, text: str, file_name: str) -> str:
    """A prompt in a session of several files says which one it is about."""
    if run.spec.urls or not run.spec.session_key.startswith((SHARED_BY_RULE, SHARED_BY_FOLDER)):
        return text
    is_chinese = run.spec.language.startswith("zh") or _HAN.search(text) is not None
    return f'只处理文件 "{file_name}"：{text}' if is_chinese else f'For the file "{file_name}" only: {text}'
