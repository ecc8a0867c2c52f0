"""The real backend's habits, made repeatable: the prompt's own hash decides, so a test can count on each.

Used by `agent.py` for the words after an edit. Habits: about 3 edits in 10 end without a word; many texts talk of
buttons, because the backend believes that a person sits at an editor; now and then a "temporary issue" is
mentioned after everything went well.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nemowatch.sandbox.options import Silence

_SCREEN_TALK = (
    "Click the Export button in the top right corner to save your video.",
    "Open the Media panel to see the result, or drag the clips to change their order.",
    "You can preview it in the timeline, then click [Export].",
    "Check your account page for the remaining credits.",
)
_CHINESE_SCREEN_TALK = (
    "请点击右上角的“导出”按钮保存视频。",
    "打开素材面板查看结果,也可以拖拽片段调整顺序。",
    "您可以在时间线中预览,然后点击导出。",
    "可在账户页面查看剩余积分。",
)
TEMPORARY_ISSUE = "I encountered a temporary issue"


def is_silent(prompt: str, silence: Silence) -> bool:
    """Whether an edit ends without a word: 3 prompts in 10, unless the sandbox was told otherwise."""
    if silence == "some":
        return _roll(prompt, "silence") < 0.3
    return silence == "always"


def add_habits(prompt: str, answer: str, *, chinese: bool) -> list[str]:
    """The texts after an edit: the answer, half the time with screen talk, sometimes with a false alarm."""
    texts = [answer]
    phrases = _CHINESE_SCREEN_TALK if chinese else _SCREEN_TALK
    if _roll(prompt, "screen") < 0.5:
        phrase = phrases[int(_roll(prompt, "phrase") * len(phrases))]
        texts = [f"{answer}{phrase}" if chinese else f"{answer} {phrase}"]
    if _roll(prompt, "issue") < 0.1:
        texts.append(TEMPORARY_ISSUE)
    return texts


def _roll(prompt: str, habit: str) -> float:
    """A number from 0 up to 1, always the same for one prompt and habit."""
    digest = hashlib.sha256(f"{habit}\n{prompt}".encode()).digest()
    return int.from_bytes(digest[:4]) / 2**32
