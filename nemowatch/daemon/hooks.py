"""Runs the rules' hooks: a command of the user's for a job that got somewhere.

Made by `telling_people.py`. The rules in force decide. A hook is run at least once for each change: again after a
crash or a stop of the daemon in its middle, but not because it failed. What it says goes into its job's log.
"""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import asdict
from pathlib import PurePath
from typing import TYPE_CHECKING

from loguru import logger

from nemowatch.daemon.striking import DATABASE_PAUSE_SECONDS, strike_for_sure
from nemowatch.jobs.outbox import OutboxUnusable, Reader
from nemowatch.jobs.records import JobState
from nemowatch.logs import redact
from nemowatch.notices.command import environment_without_secrets, run_command
from nemowatch.outputs.job_log import JobLog
from nemowatch.rules.template import render
from nemowatch.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nemowatch.clock import Clock
    from nemowatch.jobs.outbox import Change, Outbox
    from nemowatch.notices.command import Outcome
    from nemowatch.rules.rule import Hook, Rule

HOOK_VARIABLES = {
    "NEMOWATCH_EVENT": "what happened, as `{event}`",
    "NEMOWATCH_JOB_ID": "as `{job}`",
    "NEMOWATCH_JOB_RULE": "as `{rule}`",
    "NEMOWATCH_JOB_SOURCE": "as `{source}`",
    "NEMOWATCH_JOB_OUTPUT": "as `{output}`",
    "NEMOWATCH_JOB_REASON": "as `{reason}`",
    "NEMOWATCH_JOB_ATTEMPT": "how often the job was begun, from 1",
}
"""What a hook finds in its environment, beside what the daemon has itself."""

_READER = "hooks"
_AT_ONCE, _READ_AT_ONCE = 4, 100
_MOST_LINES, _LONGEST_LINE = 20, 300
_LONGEST_VALUE = 4000


class Hooks:
    """Runs hooks, a few at a time, those of one job one after the other.

    Args:
        rules: with the hooks.
        outbox: where changes of jobs are kept for them.
        job_logs: the folder of the jobs' logs.
        clock: the time.
    """

    def __init__(self, rules: Sequence[Rule], outbox: Outbox, job_logs: Path, clock: Clock) -> None:
        self._hooks = {rule.name: rule.hooks for rule in rules}
        self._outbox = outbox
        self._job_logs = job_logs
        self._clock = clock
        self._news = asyncio.Event()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._told: set[tuple[str, tuple[str, ...]]] = set()

    @property
    def readers(self) -> tuple[Reader, ...]:
        """What is to be kept in the outbox for them."""
        return tuple(
            Reader(_READER, frozenset(JobState(event) for hook in hooks for event in hook.on), rule)
            for rule, hooks in self._hooks.items()
            if hooks
        )

    def follow(self, rules: Sequence[Rule]) -> None:
        """The hooks of new rules are in force."""
        self._hooks = {rule.name: rule.hooks for rule in rules}

    def wake(self) -> None:
        """There may be something new in the outbox."""
        self._news.set()

    async def run(self) -> None:
        """Run hooks until cancelled; those that run then are ended, and run again at the next start."""
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                await self._start_what_can()
        finally:
            await self._end_all()

    async def run_all(self) -> None:
        """Run everything that is there, to its end."""
        try:
            while await self._start_what_can() or self._running:
                await asyncio.gather(*self._running.values())
        finally:
            await self._end_all()

    async def _start_what_can(self) -> bool:
        """Start hooks for the first changes of jobs that have none running; whether any was."""
        if len(self._running) >= _AT_ONCE or not any(self._hooks.values()):
            return False
        # The answer may be older than the end of a hook that runs by now: its job has its turn at the next look.
        at_work = set(self._running)
        try:
            changes = await asyncio.to_thread(self._outbox.read, _READER, limit=_READ_AT_ONCE)
        except OutboxUnusable as error:
            logger.debug(f"What hooks are to be run for can't be read. {error.message}")
            await self._clock.sleep(DATABASE_PAUSE_SECONDS)
            self._news.set()
            return False
        is_any = False
        for change in changes:
            if change.job_id not in at_work | self._running.keys() and len(self._running) < _AT_ONCE:
                self._running[change.job_id] = asyncio.create_task(self._take(change))
                is_any = True
        return is_any

    async def _take(self, change: Change) -> None:
        try:
            for hook in self._hooks.get(change.rule, ()):
                if change.state.value in hook.on:
                    await self._run_hook_safely(hook, change)
            await strike_for_sure(self._outbox, [change.number], self._clock)
        finally:
            del self._running[change.job_id]
            self._news.set()

    async def _run_hook_safely(self, hook: Hook, change: Change) -> None:
        try:
            await self._run_hook(hook, change)
        except Exception as error:  # noqa: BLE001 -- a mistake of ours must not have the hook run again for ever
            logger.bind(job=change.job_id[:8]).opt(exception=error).error("A hook could not be run.")

    async def _run_hook(self, hook: Hook, change: Change) -> None:
        facts = _facts_of(change)
        program, *arguments = hook.run
        outcome = await run_command(
            [program, *(render(argument, facts) for argument in arguments)],
            environment=environment_without_secrets(os.environ) | _variables(facts, change),
            facts=_as_json(facts, change),
            timeout_seconds=hook.timeout_seconds,
        )
        name = PurePath(program).name
        self._tell(hook, name, change, outcome)
        await asyncio.to_thread(self._log, name, change, outcome)

    def _tell(self, hook: Hook, name: str, change: Change, outcome: Outcome) -> None:
        """Tell of a hook that fails, once until it works again: it may fail for every job."""
        key = (change.rule, hook.run)
        log = logger.bind(job=change.job_id[:8])
        if not outcome.trouble:
            self._told.discard(key)
            log.debug(f"The hook {name} ran for {format_duration(outcome.seconds)}.")
            return
        level = "DEBUG" if key in self._told else "WARNING"
        log.log(
            level, f"The hook {name} of the rule '{change.rule}' {outcome.trouble}. The job's log says more."
        )
        self._told.add(key)

    def _log(self, name: str, change: Change, outcome: Outcome) -> None:
        ending = outcome.trouble or f"ran for {format_duration(outcome.seconds)}"
        lines = [f"Hook {name} ({change.state.value}): {ending}."]
        said = [line for line in outcome.output.splitlines() if line.strip()]
        lines += [f"  {name}: {line[:_LONGEST_LINE]}" for line in said[:_MOST_LINES]]
        if len(said) > _MOST_LINES:
            lines.append(f"  {name}: … and {len(said) - _MOST_LINES} more lines")
        log = JobLog(self._job_logs / f"{change.job_id}.log", self._clock)
        try:
            for line in lines:
                log.append(line)
        except OSError as error:
            # Nothing depends on it but what can be read there later.
            logger.debug(f"The log of the job {change.job_id} can't be written: {error.strerror}.")

    async def _end_all(self) -> None:
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _facts_of(change: Change) -> dict[str, str]:
    """The value of each placeholder."""
    return {
        "event": change.state.value,
        "job": change.job_id,
        "rule": change.rule,
        "source": str(change.source),
        "name": change.source.name,
        "stem": change.source.stem,
        "output": str(change.output_folder or ""),
        "reason": redact(change.reason)[:_LONGEST_VALUE],
    }


def _variables(facts: dict[str, str], change: Change) -> dict[str, str]:
    values = {
        "NEMOWATCH_EVENT": facts["event"],
        "NEMOWATCH_JOB_ID": facts["job"],
        "NEMOWATCH_JOB_RULE": facts["rule"],
        "NEMOWATCH_JOB_SOURCE": facts["source"],
        "NEMOWATCH_JOB_OUTPUT": facts["output"],
        "NEMOWATCH_JOB_REASON": facts["reason"],
        "NEMOWATCH_JOB_ATTEMPT": str(change.attempt),
    }
    return {name: value.replace("\0", "\N{REPLACEMENT CHARACTER}") for name, value in values.items()}


def _as_json(facts: dict[str, str], change: Change) -> bytes:
    """The same on standard input, with what was delivered."""
    outputs = [asdict(output) for output in change.outputs]
    more = {"attempt": change.attempt, "happened_at": change.happened_at, "outputs": outputs}
    return (json.dumps(facts | more) + "\n").encode()
