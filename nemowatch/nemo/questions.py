"""Whether the service asked back instead of working, and what it is answered where nobody is there to answer.

Called by the job runner with the texts of a prompt that changed nothing. A courtesy after finished work ("Anything
else?") and a question to nobody ("How about that?") are no questions. English and Chinese. Pure, and never fails.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PROCEED = "Go on with your best judgement."
PROCEED_CHINESE = "请按你的最佳判断继续。"

_LONGEST_TEXT = 4_000
_LONGEST_QUESTION = 1_000
_LINE_END = "\n"
_HAN = re.compile(r"[\u4e00-\u9fff]")
_KANA = re.compile(r"[\u3040-\u30ff]")

_SENTENCE = re.compile(r"[^.!?。！？\n]*(?:[.!?](?=[^\s])[^.!?。！？\n]*)*[.!?。！？]*")
# What is quoted is content: `I added the title "What is love?"`.
_QUOTED = re.compile(
    r"\"[^\"\n]{0,200}\"|“[^”\n]{0,200}”|「[^」\n]{0,200}」|《[^》\n]{0,200}》|(?<!\w)'[^'\n]{0,200}'(?!\w)"
)
_NOTICE = re.compile(
    r"\bencountered (?:a|some) temporary (?:issue|problem|error)"
    r"|遇到了?(?:一个|一些|点)?(?:临时|暂时)性?的?(?:问题|错误|故障)",
    re.IGNORECASE,
)


def _any_of(english: Sequence[str], chinese: Sequence[str]) -> re.Pattern[str]:
    """English phrases as whole words, Chinese ones anywhere; each may be a pattern."""
    return re.compile(rf"\b(?:{'|'.join(english)})(?!\w)|{'|'.join(chinese)}", re.IGNORECASE)


_WORK = (
    "(?:added|trimmed|cut|removed|deleted|created|made|generated|exported|extracted|rendered|applied|inserted|replaced"
    "|updated|changed|edited|finished|completed|shortened|split|merged|adjusted|set|placed|put|saved|produced|built"
    "|picked|selected|done)"
)
_CHINESE_WORK = (
    "(?:完成|添加|剪|删除|生成|导出|提取|截取|移除|调整|设置|保存|制作|处理|选出|挑选|合并|更换|替换|做|弄)"
)
_FINISHED = _any_of(
    [
        r"(?:all )?(?:done|set|finished)\s*[!.,]",
        "all done",
        "here(?:'s| is| are) your",
        "(?:is|are) (?:now )?(?:ready|done|complete)",
        rf"(?:i've|i have|we've|we have)\s+(?:(?:now|just|also|successfully|already)\s+)*{_WORK}",
        f"^{_WORK}",
        f"i {_WORK}",
        "successfully",
    ],
    [f"已.{{0,16}}{_CHINESE_WORK}", f"{_CHINESE_WORK}(?:好了|完了|了[。！!，,]|完毕)", "搞定"],
)
# Said after work, or to nobody in particular.
_COURTESY = _any_of(
    [
        "(?:anything|something|what) else",
        "any (?:other|further|more|changes|adjustments|questions|tweaks|edits|ideas|thoughts)",
        r"further (?:help|assist\w*|changes|edits|adjustments)",
        "(?:how|what) (?:can|may|else can) i (?:do|help|assist)",
        "help you with",
        "how about that",
        "how(?:'s| is) that",
        "how (?:cool|great|nice|good)",
        r"(?:huh|eh|right)\?",
        "isn'?t (?:it|that|this)",
        "guess what",
        "who knows",
        "don't you think",
        "do you like",
        "(?:happy|satisfied) with",
        "let me know if (?:you|there|anything|this|that|it)",
        "enjoy",
    ],
    [
        "(?:还|还有|是否|有没有|需要|有)(?:什么|任何|没有|哪些)?(?:其他|其它|别的)",
        "其他帮助",
        "别的(?:需要|需求|问题)",
        "还(?:需要|想|要).{0,8}(?:吗|什么)",
        "有(?:任何|什么)?(?:问题|疑问|需要|需求)(?:吗|请|随时|，|,|？|[?])",
        "(?:能|可以|可)(?:帮|为)(?:您|你|到您|到你)(?:做|的|什么)",
        "进一步",
        "满意",
        "喜欢吗",
        "对吧",
        "是不是很",
        "随时告诉",
    ],
)
# Nothing goes on before this is answered, whatever was done so far.
_DECISION = _any_of(
    [
        "which",
        "(?:should|shall) (?:i|we|it|the)",
        "(?:may|can) i (?:proceed|continue|start|begin|use|keep|remove|do)",
        "how (?:many|long|much|should|would|do you want|fast|loud)",
        "where (?:should|do|would|shall|in)",
        "when should",
        "who (?:should|is)",
        "what (?:should|kind|type|part|style|language|length|title|text|music|colou?r|font|time|exactly|aspect)",
        "what (?:format|tone|mood|size|name|is the|are the|do you mean|would you like the)",
        "did you mean",
        "proceed",
        "go ahead",
        "confirm",
        "sounds? (?:good|right|ok(?:ay)?)",
        "is (?:that|this|it) (?:ok(?:ay)?|right|correct|fine|what you)",
    ],
    [
        "哪(?:一|个|些|段|种|里|几|部分|首|位|条)",
        "什么(?:样|风格|语言|标题|内容|字|音乐|颜色|时|格式|类型|比例)",
        "(?:几|多少)(?:秒|个|段|条|分钟|首|张)?",
        "多长",
        "还是",
        "要不要",
        "确认",
        "(?:继续|开始|可以|行|好|对)吗",
    ],
)
_OFFER = _any_of(
    [
        "(?:would|do|did) you (?:like|want|need|prefer|wish|have|mean|think)",
        "(?:could|can|will|would|are) you",
        "what (?:would|do) you",
        "(?:want|need|like) me to",
        "is there",
    ],
    ["是否", "需要", "[您你](?:想|希望)", "想要", "吗"],
)
# Asks without a question mark.
_REQUEST = _any_of(
    [
        r"(?:please|kindly)\s+(?:\w+ly\s+)?(?:let me know|tell|specify|choose|select|pick|confirm|provide|upload)",
        r"(?:please|kindly)\s+(?:\w+ly\s+)?(?:send|share|clarify|describe|indicate|give|reply|answer|decide|name)",
        "(?:let me know|tell me) (?:which|what|whether|how|where|when|who|your)",
        "i(?:'ll| will)? need (?:to know|more|you to|a bit more|some more)",
        "(?:could|can) you (?:please )?(?:tell|specify|clarify|provide|confirm|upload|share|describe|choose)",
    ],
    ["请[您你]?先?(?:告诉|告知|选择|确认|提供|说明|指定|上传|回复|补充|描述|明确|选一)"],
)


def find_question(texts: Sequence[str]) -> str | None:
    """What the service wants the user to decide: the last text that says something; None if it asks nothing."""
    said = next((text for text in map(_without_notice, reversed(texts)) if re.search(r"\w", text)), "")
    bare = _QUOTED.sub('""', said).replace("’", "'")
    sentences = [found.strip() for found in _SENTENCE.findall(bare) if re.search(r"\w", found)]
    is_finished = any(_FINISHED.search(_statement_of(sentence)) for sentence in sentences)
    asking = [
        place
        for place, sentence in enumerate(sentences)
        if _asks(sentence, is_finished=is_finished, is_last=place == len(sentences) - 1)
    ]
    return said[-_LONGEST_QUESTION:].strip() if asking else None


def answer_to_proceed(question: str) -> str:
    """What leaves the decision to the service, in the language of its question."""
    is_chinese = _HAN.search(question) is not None and not _KANA.search(question)
    return PROCEED_CHINESE if is_chinese else PROCEED


def _without_notice(text: str) -> str:
    """A text's end without the complaint about a temporary issue, which means nothing (nemo-api.md §5)."""
    end = text[-_LONGEST_TEXT:]
    found = _NOTICE.search(end)
    if found is None:
        return end.strip()
    begin = max(end.rfind(mark, 0, found.start()) for mark in ".!?。！？\n") + 1
    return f"{end[:begin]}{end[found.end() :].partition(_LINE_END)[2]}".strip()


def _asks(sentence: str, *, is_finished: bool, is_last: bool) -> bool:
    is_decision = _DECISION.search(sentence) is not None
    if _COURTESY.search(sentence) and not (is_decision and not is_finished):
        return False
    if _REQUEST.search(sentence):
        return not is_finished or is_decision
    if not _is_marked(sentence):
        return False
    if is_finished:
        return is_decision
    # In the middle of a text a question may be its writer's own: "Why does this work? Because …"
    return is_decision or is_last or _OFFER.search(sentence) is not None


def _statement_of(sentence: str) -> str:
    """What a sentence states; of a question, what stands before its first comma."""
    stated = sentence
    if _is_marked(sentence):
        before, comma, _ = sentence.replace("，", ",").partition(",")
        stated = before if comma else ""
    return stated.lstrip("*#-•✅ \t")


def _is_marked(sentence: str) -> bool:
    return "?" in sentence[-3:] or "？" in sentence[-3:] or sentence.endswith(("吗", "呢"))
