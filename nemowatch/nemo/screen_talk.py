"""The agent believes that a person sits at an editor; this makes its texts true for someone who does not.

Called by the job runner with each text before it is logged (nemo-api.md §9). Descriptions of content are kept
word for word ("the speaker clicks a pen"); what tells the reader to do something on a screen is replaced by what
NemoWatch does instead, said once per text. Edits that only a person at the screen could make are handed out as
prompts. English and Chinese. Pure, and never fails.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING

from nemowatch.nemo.screen_edits import find_edits

if TYPE_CHECKING:
    from collections.abc import Mapping

EXPORTS = "NemoWatch exports the video itself."
READS_CREDITS = "NemoWatch reads the credits itself."
SHOWS_TRACKS = "NemoWatch shows the tracks in the job's log."
READS_STATE = "NemoWatch reads the project itself."
SENDS_EDITS = "NemoWatch sends changes as prompts."
CALLS_API = "NemoWatch does this through the API."


class ScreenAction(Enum):
    """What the agent asks for; the rows of nemo-api.md §9."""

    CLICK = "click"
    OPEN = "open"
    EDIT = "edit"
    PREVIEW = "preview"
    EXPORT = "export"
    ACCOUNT = "account"


INSTEAD: Mapping[ScreenAction, str] = MappingProxyType(
    {
        ScreenAction.CLICK: CALLS_API,
        ScreenAction.OPEN: READS_STATE,
        ScreenAction.EDIT: SENDS_EDITS,
        ScreenAction.PREVIEW: SHOWS_TRACKS,
        ScreenAction.EXPORT: EXPORTS,
        ScreenAction.ACCOUNT: READS_CREDITS,
    }
)
"""What a person is told instead of each."""


@dataclass(frozen=True)
class Translation:
    """A text of the agent's, made true.

    Attributes:
        text: without screen talk; empty where there was nothing else to say.
        actions: what it asked for.
        edits: prompts for the edits that it told a person to make by hand; mere hints are not among them.
    """

    text: str
    actions: frozenset[ScreenAction]
    edits: tuple[str, ...]


@dataclass(frozen=True)
class _Gesture:
    """Something that a reader is told to do on a screen.

    Attributes:
        verbs: with one of these the instruction begins (after "please", "you can" and the like).
        about: it also holds one of these; empty where the verb is enough.
        action: what it asks for.
    """

    verbs: frozenset[str]
    about: frozenset[str]
    action: ScreenAction


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CLICK = _words("click tap press hit double-click right-click")
_CHOOSE = _words("select choose use toggle find look locate")
_OPEN = _words("open go navigate expand visit head")
_LOOK = _words("preview play review view watch see check")
_ANY = frozenset[str]()
_ACCOUNT = _words("account billing subscription credits balance plan")
_EXPORT = _words("export download")
_SCREEN = _words("timeline preview editor canvas")
_WIDGET = _words("button icon tab menu panel toolbar sidebar checkbox slider dropdown dialog settings tool")

_ENGLISH = (
    _Gesture(_CLICK | _CHOOSE | _OPEN, _EXPORT, ScreenAction.EXPORT),
    _Gesture(_OPEN | _LOOK | _CLICK, _ACCOUNT, ScreenAction.ACCOUNT),
    _Gesture(_LOOK, _SCREEN, ScreenAction.PREVIEW),
    _Gesture(_words("drag drop drag-and-drop"), _ANY, ScreenAction.EDIT),
    _Gesture(_OPEN, _ANY, ScreenAction.OPEN),
    _Gesture(_words("switch"), _WIDGET | _SCREEN, ScreenAction.OPEN),
    _Gesture(_CLICK, _ANY, ScreenAction.CLICK),
    _Gesture(_CHOOSE, _WIDGET, ScreenAction.CLICK),
    _Gesture(_words("log sign top"), _words("in up account credits"), ScreenAction.ACCOUNT),
    _Gesture(_EXPORT, _ANY, ScreenAction.EXPORT),
)
# With one of these after it a word is no instruction: "export of goods", "drop shadow", "open with a wide shot".
_NO_INSTRUCTION = _words(
    "of is was are were has have had will would complete completed finished failed succeeded successful done shadow "
    "shadows rose fell with ended started ready quality rate rates"
)
_CHINESE_CLICK = _words("点击 单击 双击 点一下 按下 点选")
_CHINESE_CHOOSE = _words("选择 使用 选中 找到 切换")
_CHINESE_OPEN = _words("打开 进入 前往 展开")
_CHINESE_LOOK = _words("预览 查看 检查 播放 观看")
_CHINESE_SCREEN = _words("时间线 时间轴 预览窗口 编辑器 播放器")
_CHINESE_WIDGET = _words(
    "面板 菜单 设置 标签 窗口 页面 素材库 媒体库 编辑器 工程 项目 侧边栏 工具栏 网站 链接 按钮 图标 "
    "时间线 时间轴"
)
_CHINESE = (
    _Gesture(_CHINESE_CLICK | _CHINESE_CHOOSE | _CHINESE_OPEN, _words("导出 下载"), ScreenAction.EXPORT),
    _Gesture(
        _CHINESE_LOOK | _CHINESE_OPEN | _words("登录"),
        _words("账户 账号 账单 订阅 积分 余额"),
        ScreenAction.ACCOUNT,
    ),
    _Gesture(_CHINESE_LOOK, _CHINESE_SCREEN, ScreenAction.PREVIEW),
    _Gesture(_words("账户 账号 账单"), _CHINESE_LOOK, ScreenAction.ACCOUNT),
    _Gesture(_CHINESE_SCREEN, _CHINESE_LOOK | _words("看到"), ScreenAction.PREVIEW),
    _Gesture(_words("拖拽 拖动 拖放 拖到 拖入 拖移"), _ANY, ScreenAction.EDIT),
    _Gesture(_CHINESE_OPEN, _CHINESE_WIDGET, ScreenAction.OPEN),
    _Gesture(_CHINESE_CLICK, _ANY, ScreenAction.CLICK),
    _Gesture(_CHINESE_CHOOSE, _CHINESE_WIDGET, ScreenAction.CLICK),
    _Gesture(_words("导出 下载"), _ANY, ScreenAction.EXPORT),
)
_CHINESE_DRAG = re.compile(r"(?:将|把).{1,60}?拖(?:拽|动|放|移|到|入|至)")
_CHINESE_NO_INSTRUCTION = re.compile(
    r"(?:点击|下载|导出)(?:率|量|数|已|完成|成功|失败|中|进度|的)|打开(?:率|门|车门|窗户)|^.{0,30}(?:已经|已为|已成功|已将)"
)
# Said anywhere in a clause, these speak of a screen, unless the clause tells what somebody in the video does.
_NOUNS = {
    "export button": ScreenAction.EXPORT,
    "download button": ScreenAction.EXPORT,
    "导出按钮": ScreenAction.EXPORT,
    "下载按钮": ScreenAction.EXPORT,
    "drag and drop": ScreenAction.EDIT,
    "drag-and-drop": ScreenAction.EDIT,
    "preview in timeline": ScreenAction.PREVIEW,
    "preview in the timeline": ScreenAction.PREVIEW,
}
_TELLS_CONTENT = re.compile(
    r"\b(?:shows?|showing|explains?|explaining|says?|saying|demonstrates?|demonstrating|clicks|clicking|drags|dragging|"
    r"opens|opening|presses|taps|selects|describes?|mentions?|talks?|teaches|how to|where)\b"
    r"|展示|演示|讲解|介绍|说明|提到|画面中|视频中"
)
_LEADS = _words(
    "and then please just simply now also first finally next you can could may might should must will need want "
    "have to or so directly always still feel free try you'll"
)
_SUBORDINATE = _words("when once if after before to for whenever as select choose pick locate")
_PLACES = _words("in on at from under inside within using")
_PLACE_NOUNS = _WIDGET | _words(
    "corner timeline editor screen workspace interface website right left top bottom"
)
_CHINESE_LEADS = re.compile(
    r"(?:如需|如果|需要|现在|然后|直接|可以|之后|接着|最后|只需|只要|即可|您|你|请|先|再|并|就|也|可|去|来|在|到|后|并且)+"
)
_CHINESE_PLACE = re.compile(r"^在.{0,12}(?:角|面板|菜单|侧边栏|工具栏|页面|编辑器|窗口)(?:中|里|内|上)?$")

# A mark inside a number or a file name ("2.5 s", "talk.mp4") ends no sentence.
_SENTENCE_END = re.compile(r"(?<=[.!?])(?=\s)|(?<=[。！？\n])")
# "and" parts clauses, not "clips 1 and 2".
_SEPARATOR = re.compile(
    r"([,;]\s{1,8}|[，；]\s{0,8}|(?<=[\u4e00-\u9fff”」]),(?=[\u4e00-\u9fff“「])|\s{1,8}[-–—]\s{1,8}|\s{1,8}(?:then|so)\s{1,8}"
    r"|\s{1,8}(?:and|or)\s{1,8}(?=(?:then|you|i|we|it|they|your|please|now|also|the \w+ \w+s|"
    + "|".join(
        sorted(_CLICK | _CHOOSE | _OPEN | _LOOK | _EXPORT | _words("drag drop trim cut move set add remove"))
    )
    + r")\b))",
    re.IGNORECASE,
)
_ENGLISH_WORD = re.compile(r"[a-z']+(?:-[a-z]+)*")
_HAN = re.compile(r"[\u4e00-\u9fff]")
# The number of a list's item whose text is gone.
_EMPTY_ITEM = re.compile(r"^[ \t]*(?:\d+[.)]|[-*•])[ \t]*$\n?", re.MULTILINE)
_DRAG_AND_DROP = re.compile(r"\bdrag and drop\b", re.IGNORECASE)
_QUOTES = ('"', "“", "'", "‘", "「", "『", "《")
_LONGEST_TEXT = 50_000


def translate(text: str) -> str:
    """A text of the agent's without its screen talk; empty where there was nothing else to say."""
    return read(text).text


def read(text: str) -> Translation:
    """Translate a text, and find what it asks for."""
    actions: dict[ScreenAction, None] = {}
    edits: dict[str, None] = {}
    translated = ""
    for sentence in _SENTENCE_END.split(text[:_LONGEST_TEXT]):
        clauses, separators = _split_clauses(sentence)
        # A question is for a person to answer ("Shall I add captions, or export now?"), not an instruction.
        is_question = sentence.rstrip().endswith(("?", "？"))
        found = [None if is_question else _find_screen_talk(clause) for clause in clauses]
        fresh = [action for action in dict.fromkeys(found) if action and action not in actions]
        if any(found):
            translated += _rewrite(sentence, clauses, separators, found, fresh)
        else:
            translated += sentence
        if ScreenAction.EDIT in found or ScreenAction.CLICK in found:
            edits |= dict.fromkeys(find_edits(sentence))
        actions |= dict.fromkeys(fresh)
    return Translation(_EMPTY_ITEM.sub("", translated).strip(), frozenset(actions), tuple(edits))


def _split_clauses(sentence: str) -> tuple[list[str], list[str]]:
    """The clauses, and the separator before each."""
    # "drag and drop" must not be split at its "and".
    pieces = _SEPARATOR.split(_DRAG_AND_DROP.sub("drag-and-drop", sentence))
    return pieces[::2], ["", *pieces[1::2]]


def _rewrite(
    sentence: str,
    clauses: list[str],
    separators: list[str],
    found: list[ScreenAction | None],
    fresh: list[ScreenAction],
) -> str:
    """What is left of a sentence, and what is done instead of the rest."""
    kept = ""
    for clause, separator, action in zip(clauses, separators, found, strict=True):
        if action is None and not _is_subordinate(clause):
            kept += (separator if kept else "") + clause
    lead = sentence[: len(sentence) - len(sentence.lstrip())]
    end = "\n" if sentence.endswith("\n") else ""
    parts = [_end_sentence(kept.strip())] if re.search(r"\w", kept) else []
    return lead + " ".join([*parts, *(INSTEAD[action] for action in fresh)]) + end


def _find_screen_talk(clause: str) -> ScreenAction | None:
    """What a clause tells the reader to do; None for any other clause."""
    lower = clause.lower()
    if clause.lstrip().startswith(_QUOTES):
        return None
    if not _TELLS_CONTENT.search(lower):
        for noun, action in _NOUNS.items():
            if noun in lower:
                return action
    if _HAN.search(clause):
        return _find_chinese(lower)
    return _find_english(_ENGLISH_WORD.findall(lower))


def _find_english(words: list[str]) -> ScreenAction | None:
    start = next((index for index, word in enumerate(words) if word not in _LEADS), len(words))
    starts = [start, *(index + 1 for index, word in enumerate(words) if word == "by")]
    for position in starts:
        rest = words[position + 1 :]
        if position < len(words) and not (rest and rest[0] in _NO_INSTRUCTION):
            verb, about = _as_verb(words[position], is_gerund=position > start), set(rest)
            for gesture in _ENGLISH:
                if verb in gesture.verbs and (not gesture.about or gesture.about & about):
                    return gesture.action
    return None


def _as_verb(word: str, *, is_gerund: bool) -> str:
    """The verb that a gerund comes from ("by clicking", "by dragging"); any other word as it is."""
    if not is_gerund or not word.endswith("ing"):
        return word
    stem = word.removesuffix("ing")
    return {
        "dragg": "drag",
        "dropp": "drop",
        "tapp": "tap",
        "hitt": "hit",
        "us": "use",
        "choos": "choose",
    }.get(stem, stem)


def _find_chinese(clause: str) -> ScreenAction | None:
    if _CHINESE_NO_INSTRUCTION.search(clause):
        return None
    found = _CHINESE_LEADS.match(clause.strip())
    rest = clause.strip()[found.end() if found else 0 :]
    if _CHINESE_DRAG.match(rest):
        return ScreenAction.EDIT
    for gesture in _CHINESE:
        if rest.startswith(tuple(gesture.verbs)) and (
            not gesture.about or any(word in rest for word in gesture.about)
        ):
            return gesture.action
    return None


def _is_subordinate(clause: str) -> bool:
    """It says nothing once the instruction that it belongs to is gone ("when you are ready", "in the top bar")."""
    if _CHINESE_PLACE.match(clause.strip()):
        return True
    words = [word for word in _ENGLISH_WORD.findall(clause.lower()) if word not in _LEADS or word == "to"]
    if not words:
        return False
    return words[0] in _SUBORDINATE or (words[0] in _PLACES and not _PLACE_NOUNS.isdisjoint(words))


def _end_sentence(text: str) -> str:
    if text.endswith((".", "。", ":", "：", "!", "?", "！", "？")):
        return text
    return text + ("。" if _HAN.search(text) else ".")
