"""The agent believes that a person sits at an editor; this makes its texts true for someone who does not.

Called by the job runner with each text before it is logged (nemo-api.md §9). Descriptions of content are kept
word for word ("the speaker clicks a pen"); what tells the reader to do something on a screen is replaced by what
NemoWatch does instead, said once per text. English and Chinese. Pure, and never fails.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

EXPORTS = "NemoWatch exports the video itself."
READS_CREDITS = "NemoWatch reads the credits itself."
SHOWS_TRACKS = "NemoWatch shows the tracks in the job's log."
READS_STATE = "NemoWatch reads the project itself."
SENDS_EDITS = "NemoWatch sends changes as prompts."
CALLS_API = "NemoWatch does this through the API."


@dataclass(frozen=True)
class _Gesture:
    """Something that a reader is told to do on a screen.

    Attributes:
        verbs: with one of these the instruction begins (after "please", "you can" and the like).
        about: it also holds one of these; empty where the verb is enough.
        instead: what NemoWatch does.
    """

    verbs: frozenset[str]
    about: frozenset[str]
    instead: str


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CLICK = _words("click tap press hit double-click right-click")
_CHOOSE = _words("select choose use toggle find look")
_OPEN = _words("open go switch navigate expand visit head")
_LOOK = _words("preview play review view watch see check")
_ANY = frozenset[str]()
_ACCOUNT = _words("account billing subscription credits balance plan")
_EXPORT = _words("export download")
_SCREEN = _words("timeline preview editor player canvas screen")
_WIDGET = _words("button icon tab menu panel toolbar sidebar checkbox slider dropdown dialog settings")

_ENGLISH = (
    _Gesture(_CLICK | _CHOOSE | _OPEN, _EXPORT, EXPORTS),
    _Gesture(_OPEN | _LOOK | _CLICK, _ACCOUNT, READS_CREDITS),
    _Gesture(_LOOK, _SCREEN, SHOWS_TRACKS),
    _Gesture(_words("drag drop"), _ANY, SENDS_EDITS),
    _Gesture(_OPEN, _ANY, READS_STATE),
    _Gesture(_CLICK, _ANY, CALLS_API),
    _Gesture(_CHOOSE, _WIDGET, CALLS_API),
    _Gesture(_EXPORT, _ANY, EXPORTS),
)
_CHINESE_CLICK = _words("点击 单击 双击 点一下 按下 选择 使用")
_CHINESE_LOOK = _words("预览 查看 检查 播放 观看")
_CHINESE = (
    _Gesture(_CHINESE_CLICK, _words("导出 下载"), EXPORTS),
    _Gesture(
        _CHINESE_LOOK | _words("打开 前往 登录"), _words("账户 账号 账单 订阅 积分 余额"), READS_CREDITS
    ),
    _Gesture(_CHINESE_LOOK, _words("时间线 时间轴 预览窗口 编辑器 播放器"), SHOWS_TRACKS),
    _Gesture(_words("拖拽 拖动 拖放 拖到 拖入"), _ANY, SENDS_EDITS),
    _Gesture(_words("打开 进入"), _ANY, READS_STATE),
    _Gesture(_CHINESE_CLICK - _words("选择 使用"), _ANY, CALLS_API),
    _Gesture(_words("导出 下载"), _ANY, EXPORTS),
)
# Said anywhere in a clause, these speak of a screen.
_NOUNS = {
    "export button": EXPORTS,
    "download button": EXPORTS,
    "导出按钮": EXPORTS,
    "下载按钮": EXPORTS,
    "drag and drop": SENDS_EDITS,
    "drag-and-drop": SENDS_EDITS,
    "拖拽": SENDS_EDITS,
    "拖放": SENDS_EDITS,
    "preview in timeline": SHOWS_TRACKS,
    "preview in the timeline": SHOWS_TRACKS,
    "在时间线": SHOWS_TRACKS,
    "在时间轴": SHOWS_TRACKS,
}
_LEADS = _words(
    "and then please just simply now also first finally next you can could may might should must will need want "
    "have to or so directly always still feel free try"
)
_SUBORDINATE = _words("when once if after before to for whenever as")
_CHINESE_LEADS = re.compile(
    r"(?:如需|如果|需要|现在|然后|直接|可以|之后|接着|最后|只需|只要|即可|您|你|请|先|再|并|就|也|可|去|来|在|到|后|并且)+"
)

# A mark inside a number or a file name ("2.5 s", "talk.mp4") ends no sentence.
_SENTENCE_END = re.compile(r"(?<=[.!?])(?=\s)|(?<=[。！？\n])")
_SEPARATOR = re.compile(r"([,;]\s+|[，；]\s*|\s+[-–—]\s+|\s+(?:and|then|or|so)\s+)", re.IGNORECASE)
_ENGLISH_WORD = re.compile(r"[a-z']+(?:-[a-z]+)*")
_HAN = re.compile(r"[\u4e00-\u9fff]")
# The number of a list's item whose text is gone.
_EMPTY_ITEM = re.compile(r"^[ \t]*(?:\d+[.)]|[-*•])[ \t]*$\n?", re.MULTILINE)
_LONGEST_TEXT = 50_000


def translate(text: str) -> str:
    """A text of the agent's without its screen talk; empty where there was nothing else to say."""
    said: set[str] = set()
    translated = "".join(_translate_sentence(sentence, said) for sentence in _sentences(text))
    return _EMPTY_ITEM.sub("", translated).strip()


def _sentences(text: str) -> list[str]:
    return _SENTENCE_END.split(text[:_LONGEST_TEXT])


def _translate_sentence(sentence: str, said: set[str]) -> str:
    """The sentence as it is, or what is left of it and what is done instead."""
    # "drag and drop" must not be split at its "and".
    pieces = _SEPARATOR.split(re.sub(r"\bdrag and drop\b", "drag-and-drop", sentence, flags=re.IGNORECASE))
    clauses, separators = pieces[::2], ["", *pieces[1::2]]
    found = [_find_screen_talk(clause) for clause in clauses]
    if not any(found):
        return sentence
    kept = ""
    for clause, separator, instead in zip(clauses, separators, found, strict=True):
        if instead is None and not _is_subordinate(clause):
            kept += (separator if kept else "") + clause
    fresh = [instead for instead in dict.fromkeys(found) if instead and instead not in said]
    said.update(fresh)
    lead = sentence[: len(sentence) - len(sentence.lstrip())]
    end = "\n" if sentence.endswith("\n") else ""
    parts = [_end_sentence(kept.strip())] if re.search(r"\w", kept) else []
    return lead + " ".join([*parts, *fresh]) + end


def _find_screen_talk(clause: str) -> str | None:
    """What is done instead of what a clause tells the reader to do; None for any other clause."""
    lower = clause.lower()
    for noun, instead in _NOUNS.items():
        if noun in lower:
            return instead
    if _HAN.search(clause):
        return _find_chinese(lower)
    return _find_english(_ENGLISH_WORD.findall(lower))


def _find_english(words: list[str]) -> str | None:
    start = next((index for index, word in enumerate(words) if word not in _LEADS), len(words))
    starts = [start, *(index + 1 for index, word in enumerate(words) if word == "by")]
    for position in starts:
        if position < len(words):
            verb, rest = _as_verb(words[position], is_gerund=position > start), set(words[position + 1 :])
            for gesture in _ENGLISH:
                if verb in gesture.verbs and (not gesture.about or gesture.about & rest):
                    return gesture.instead
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


def _find_chinese(clause: str) -> str | None:
    found = _CHINESE_LEADS.match(clause.strip())
    rest = clause.strip()[found.end() if found else 0 :]
    for gesture in _CHINESE:
        if rest.startswith(tuple(gesture.verbs)) and (
            not gesture.about or any(word in rest for word in gesture.about)
        ):
            return gesture.instead
    return None


def _is_subordinate(clause: str) -> bool:
    """It says nothing once the instruction that it belongs to is gone ("when you are ready")."""
    words = _ENGLISH_WORD.findall(clause.lower())
    return bool(words) and words[0] in _SUBORDINATE


def _end_sentence(text: str) -> str:
    if text.endswith((".", "。", ":", "：", "!", "?", "！", "？")):
        return text
    return text + ("。" if _HAN.search(text) else ".")
