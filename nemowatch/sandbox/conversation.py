"""What was said and not yet done: the agent asked back, or told the person to do it on a screen.

One per session, used by `agent.py`. The agent then has an order that still stands, and the next message may be
what it waits for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Evasion = Literal["question", "screen-only"]

_QUESTION = "Which part should I use: the beginning or the end?"
_QUESTION_CHINESE = "请问要用哪一部分:开头还是结尾?"
_INSTRUCTION = "Drag clip 1 to the start of the timeline."
_INSTRUCTION_CHINESE = "请将第一个片段拖拽到时间线的开头。"
# However the instruction is turned into a prompt, this much of it remains.
_DONE_BY = re.compile(
    r"clip(?: \d+)? to the (?:start|beginning) of the timeline|到时间[线轴]的?(?:开头|开始|起点)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Unanswered:
    """A prompt that was put off, and how."""

    prompt: str
    evasion: Evasion


@dataclass
class Conversation:
    """What one session's agent waits for."""

    waiting: Unanswered | None = None

    def put_off(self, prompt: str, evasion: Evasion, *, chinese: bool) -> str:
        """Remember a prompt and say what the agent says in place of doing it."""
        self.waiting = Unanswered(prompt, evasion)
        if evasion == "question":
            return _QUESTION_CHINESE if chinese else _QUESTION
        return _INSTRUCTION_CHINESE if chinese else _INSTRUCTION

    def find_put_off(self, message: str) -> str | None:
        """The prompt that a message brings back: any answer to a question, or the instruction as a prompt."""
        waiting = self.waiting
        if waiting is None or (waiting.evasion == "screen-only" and not _DONE_BY.search(message)):
            return None
        return waiting.prompt

    def take_up(self) -> None:
        """What was put off is being done."""
        self.waiting = None
