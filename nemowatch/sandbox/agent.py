"""The agent behind a prompt: reads it, charges for it, makes its edits, changes the state once, and reports.

Called by `runs.py`. A run belongs to the server, not to the connection that asked for it: a caller that goes away
changes nothing about the edit, and finds its result in the state later.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from loguru import logger

from nemowatch.media.errors import MediaError
from nemowatch.sandbox import replies
from nemowatch.sandbox.editing import EditImpossible, Editor
from nemowatch.sandbox.edits import AddMusic, AddTitle, Edit, GenerateVideo
from nemowatch.sandbox.events import AgentEvent, RunBroke, Said, StillWorking, ToolAnswered, ToolCalled
from nemowatch.sandbox.ledger import Ledger, Outcome, PromptEntry
from nemowatch.sandbox.manners import add_habits, is_silent
from nemowatch.sandbox.understanding import understand
from nemowatch.sandbox.understanding.prompt import Prompt

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine

    from nemowatch.sandbox.accounts import Account
    from nemowatch.sandbox.conversation import Evasion
    from nemowatch.sandbox.options import SandboxOptions
    from nemowatch.sandbox.sessions import Content, Session
    from nemowatch.sandbox.shelf import Shelf
    from nemowatch.sandbox.workshop import Workshop

EDIT_CREDITS = 5
GENERATION_CREDITS = 100
SECOND_STAGE_SECONDS = 1.0


class Run:
    """The events of one prompt, in order. One follower; with none they are simply kept."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[AgentEvent | None] = asyncio.Queue()

    def emit(self, event: AgentEvent) -> None:
        """Add an event."""
        self._events.put_nowait(event)

    def finish(self) -> None:
        """End the run; nothing may follow."""
        self._events.put_nowait(None)

    async def follow(self, heartbeat_seconds: float) -> AsyncIterator[AgentEvent]:
        """The events as they come, with a sign of life at the start and in each long pause."""
        yield StillWorking()
        while True:
            try:
                event = await asyncio.wait_for(self._events.get(), heartbeat_seconds)
            except TimeoutError:
                yield StillWorking()
                continue
            if event is None:
                return
            yield event


@dataclass(frozen=True)
class _Order:
    """A prompt that was accepted: what it asks for, where, and for whose credits."""

    prompt: Prompt
    edits: tuple[Edit, ...]
    session: Session
    account: Account
    entry: PromptEntry
    cost: int
    run: Run
    hold: Callable[[], Awaitable[None]] | None = None


class Agent:
    """Takes prompts and works them off, one at a time per session."""

    def __init__(self, options: SandboxOptions, ledger: Ledger, shelf: Shelf, workshop: Workshop) -> None:
        self._options = options
        self._ledger = ledger
        self._workshop = workshop
        self._editor = Editor(shelf)
        self._tasks: set[asyncio.Task[None]] = set()

    def start(
        self,
        session: Session,
        account: Account,
        text: str,
        *,
        hold: Callable[[], Awaitable[None]] | None = None,
        evasion: Evasion | None = None,
    ) -> Run:
        """Accept a prompt and begin.

        Args:
            session: whose timeline it is about.
            account: who pays.
            text: the prompt, or an answer to what the agent asked.
            hold: waited for before the work begins; the credits are set aside already.
            evasion: ask back, or talk of the screen, in place of doing it.

        Raises:
            Refusal: 2001, the account can't pay for it; nothing was begun.
        """
        put_off = session.conversation.find_put_off(text)
        prompt = Prompt.read(put_off or text)
        edits = understand(prompt)
        if put_off is None and self._options.questions == "always":
            evasion = evasion or "question"
        if evasion is not None and edits:
            return self._evade(session, text, prompt, evasion)
        cost = price(edits)
        account.set_aside(cost)
        if put_off is not None:
            session.conversation.take_up()
        entry = PromptEntry(session.session_id, text, cost, carries_out=put_off or "")
        self._ledger.record_prompt(entry)
        run = Run()
        self._begin(self._work(_Order(prompt, edits, session, account, entry, cost, run, hold)))
        return run

    def _evade(self, session: Session, text: str, prompt: Prompt, evasion: Evasion) -> Run:
        """Put a prompt off: words, no change, no charge."""
        self._ledger.record_prompt(PromptEntry(session.session_id, text, 0, "asked"))
        run = Run()
        run.emit(Said(session.conversation.put_off(prompt.original, evasion, chinese=prompt.is_chinese)))
        run.finish()
        return run

    async def close(self) -> None:
        """Give up every run; their streams end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.opt(exception=task.exception()).error("The sandbox's agent failed.")

    async def _work(self, order: _Order) -> None:
        outcome: Outcome = "failed"
        try:
            if order.hold is not None:
                await order.hold()
            async with order.session.busy:
                outcome = await self._make(order)
        except EditImpossible as error:
            outcome = "unchanged"
            order.run.emit(Said(str(error)))
        except (MediaError, OSError, ValueError) as error:
            order.run.emit(RunBroke(str(error)))
        finally:
            charged = outcome == "changed"
            order.account.settle(order.cost, charge=charged)
            self._ledger.close_prompt(order.entry, outcome, order.cost if charged else 0)
            order.run.finish()
        if charged and any(isinstance(edit, GenerateVideo) for edit in order.edits):
            self._begin(self._add_second_stage(order))

    async def _make(self, order: _Order) -> Outcome:
        """Make all edits aside, then put the result into the session at once."""
        session, chinese = order.session, order.prompt.is_chinese
        before = session.content
        if not order.edits:
            order.run.emit(Said(replies.say_unknown(chinese=chinese)))
            return "unchanged"
        after = before
        for edit in order.edits:
            after = await self._make_one(edit, after, order)
        if not after.differs_from(before):
            order.run.emit(Said(replies.say_done(order.edits, before, after, chinese=chinese)))
            return "unchanged"
        session.content = replace(after, revision=before.revision + 1)
        if not is_silent(order.prompt.original, self._options.silent):
            answer = replies.say_done(order.edits, before, after, chinese=chinese)
            for text in add_habits(order.prompt.original, answer, chinese=chinese):
                order.run.emit(Said(text))
        return "changed"

    async def _make_one(self, edit: Edit, content: Content, order: _Order) -> Content:
        call_id = f"adk-{secrets.token_hex(8)}"
        order.run.emit(ToolCalled(call_id, replies.name_tool(edit), replies.describe_args(edit)))
        made = await self._workshop.edit(self._editor.make, edit, content, order.session.folder)
        order.run.emit(ToolAnswered(call_id, replies.name_tool(edit), replies.describe_result(made)))
        return made

    async def _add_second_stage(self, order: _Order) -> None:
        """Music and a title come by themselves, a little after a generated clip, as with the real service."""
        await asyncio.sleep(SECOND_STAGE_SECONDS)
        session = order.session
        async with session.busy:
            content = session.content
            for edit in (AddMusic("Ambient", 0.35), AddTitle("")):
                content = await self._workshop.edit(self._editor.make, edit, content, session.folder)
            session.content = replace(content, revision=content.revision + 1)


def price(edits: tuple[Edit, ...]) -> int:
    """What a prompt costs in credits when it changes something: a generated clip includes its edits."""
    if any(isinstance(edit, GenerateVideo) for edit in edits):
        return GENERATION_CREDITS
    return EDIT_CREDITS if edits else 0
