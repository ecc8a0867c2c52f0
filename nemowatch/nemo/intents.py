"""Where a prompt goes: to the agent, or to a call of its own (nemo-api.md §10). English and Chinese.

Called by the job runner for each prompt of a rule. The whole instruction decides, not one word in it: a
prompt is an export only if nothing is left of it once the words that exporting is asked for with are taken
away. "export the key moments as a highlight reel" leaves key moments, highlight and reel, so it is an edit.
When in doubt it is a prompt. Pure, and never fails.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum


class Intent(Enum):
    """What a prompt asks for."""

    EXPORT = "export"
    CREDITS = "credits"
    STATE = "state"
    UPLOAD = "upload"
    PROMPT = "prompt"


@dataclass(frozen=True)
class _Vocabulary:
    """The words with which one thing is asked for.

    Attributes:
        asks: one of these must be there, or a phrase.
        goes_with: all other words that may be there without making it another instruction.
        phrases: word orders that ask as well, for words that alone do not ("send me"); Chinese without spaces.
        denies: word orders of the same words that ask for an edit ("edit it and export").
    """

    asks: frozenset[str]
    goes_with: frozenset[str]
    phrases: re.Pattern[str] | None = None
    denies: re.Pattern[str] | None = None


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_POLITE = _words(
    "please pls plz kindly can could would will you i we i'd i'll we'd want need like to now just then finally "
    "ok okay go ahead and the a an this that these those my our your its it me us for of let let's thanks thank "
    "hi hey may over ready when whenever "
    "请 麻烦 帮 帮我 帮忙 给 给我 我 我要 我想 想 要 现在 一下 吧 了 的 把 将 为 就 可以 能 能不能 吗 呢 谢谢 "
    "您 你 这个 那个 这 那 并 并且 然后 再 来"
)
_VIDEO = _words(
    "video videos movie film clip clips file files project result results edit footage recording mp4 mov h264 "
    "视频 影片 片子 文件 项目 成片 成品 作品 结果 剪辑"
)
_QUALITY = _words(
    "final finished full whole complete completed entire edited ready done in at as into with high highest best "
    "max maximum original good quality resolution format version hd fhd uhd 2k 4k 8k 480p 720p 1080p 1440p 2160p "
    "480 720 1080 1440 2160 24fps 25fps 30fps 50fps 60fps fps p copy all link url "
    "最终 完整 全部 最后 高清 超清 高 画质 质量 高质量 高画质 分辨率 格式 为 成 以 用 链接 版 版本 好 做好 完成 所有 "
    "剪好 编辑好"
)

_EXPORT_VERBS = "export download render save deliver 导出 下载 输出 渲染"
_EXPORT = _Vocabulary(
    asks=_words(_EXPORT_VERBS) | _words("发给我 发我 发送给我 传给我"),
    goes_with=_POLITE | _VIDEO | _QUALITY | _words("send give get have share with cut"),
    phrases=re.compile(
        r"\b(?:send|give|get) (?:me|us)\b|\b(?:send|give) (?:it|that|(?:\w+ )?(?:video|file|result)) (?:to me|over)\b"
        r"|\bshare .*\bwith (?:me|us)\b|\b(?:can|could|may) i have\b"
        r"|(?:视频|影片|成片|成品|文件|作品|链接)给我|给我(?:最终|完整)?的?(?:视频|影片|成片|成品|文件|作品)"
    ),
    # "my edit" and "final cut" are things; "edit it" is work. Clips that are not there yet have to be made.
    denies=re.compile(
        r"\bedit (?:and|it|this|that|these|video|clips?|footage|recording|movie|film|files?)\b"
        r"|\b(?<!final )cut\b|\bas clips?\b|\bbest clips?\b|\binto clips?\b"
        r"|剪辑(?:并|然后|再|一下|吧|视频|影片|这|文件)|(?:并|并且|然后|再|成|为)(?:视频)?剪辑"
    ),
)
_CREDITS = _Vocabulary(
    asks=_words("credit credits balance 积分 余额 点数"),
    goes_with=_POLITE
    | _words(
        "how many much what what's is are do have has left remaining remain still available show check tell see "
        "get give current account total any number out query "
        "查 查看 查询 看 看看 显示 还有 还 有 剩 剩余 剩下 多少 几 当前 账户 账号 是 我的 告诉我 还剩"
    ),
    denies=re.compile(r"\b(?:give|get) (?:it )?credits?\b"),
)
_STATE = _Vocabulary(
    asks=_words("status state progress 状态 进度"),
    goes_with=_POLITE
    | _VIDEO
    | _words(
        "what what's whats is are how show check tell see get list give current currently latest tracks track "
        "timeline about there job session all on at in far "
        "当前 目前 怎么样 怎样 如何 什么 是 是什么 有什么 有哪些 查 查看 查询 看 看看 显示 轨道 时间线 时间轴 列表 "
        "列出 告诉我 所有 全部 上 里 中"
    ),
    phrases=re.compile(
        r"\b(?:show|list|see)(?: me| us)?(?: current| latest)? (?:tracks?|timeline)\b"
        r"|\bwhat(?:'?s| is) (?:on|in) (?:timeline|tracks?)\b|\bwhat tracks\b"
        r"|(?:显示|查看|列出|看看?)(?:一下)?(?:所有|全部|当前|目前)?的?(?:轨道|时间线|时间轴)|轨道列表|(?:时间线|时间轴|轨道)[上里中]?有(?:什么|哪些)"
    ),
)
_UPLOAD = _Vocabulary(
    asks=_words("upload 上传"),
    goes_with=_POLITE | _VIDEO | _words("new here local from disk computer 新 本地 素材 新的"),
    denies=_EXPORT.denies,
)
_VOCABULARIES = {
    Intent.EXPORT: _EXPORT,
    Intent.CREDITS: _CREDITS,
    Intent.STATE: _STATE,
    Intent.UPLOAD: _UPLOAD,
}

_TOKEN = re.compile(r"[a-z0-9]+(?:'[a-z]+)?|[^\W\da-z_]+|\S")
_FILE_NAME = re.compile(r"[\w-]+\.(?:mp4|mov|avi|webm|mkv)\b")
_FRAME_RATE = re.compile(r"\b\d{2,3}\s*fps\b")
# They may stand anywhere: "show me all the tracks" is "show me tracks".
_FILLERS = frozenset(("the", "my", "a", "this", "all"))
_LONGEST_PROMPT = 300


def route(prompt: str) -> Intent:
    """Decide what a prompt asks for; `Intent.PROMPT` wherever it could be an edit."""
    if len(prompt) > _LONGEST_PROMPT:
        return Intent.PROMPT
    text = unicodedata.normalize("NFKC", prompt).casefold().replace("’", "'").replace("h.264", "h264")
    text = _FRAME_RATE.sub("fps", _FILE_NAME.sub("file", text))
    fitting = [intent for intent, words in _VOCABULARIES.items() if _asks_for(words, text)]
    return fitting[0] if len(fitting) == 1 else Intent.PROMPT


def _asks_for(vocabulary: _Vocabulary, text: str) -> bool:
    known = vocabulary.asks | vocabulary.goes_with
    words = [token for token in _split(text, known) if token in known or not _is_mark(token)]
    if not all(word in known for word in words):
        return False
    # Chinese goes without spaces, as its phrases are written.
    line = " ".join(words)
    line = re.sub(r"(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f])", "", line)
    bare = " ".join(word for word in line.split() if word not in _FILLERS)
    if vocabulary.denies and (vocabulary.denies.search(line) or vocabulary.denies.search(bare)):
        return False
    if any(word in vocabulary.asks for word in words):
        return True
    return vocabulary.phrases is not None and vocabulary.phrases.search(bare) is not None


def _is_mark(token: str) -> bool:
    """A punctuation mark, a symbol, an emoji or a part of one; it says nothing about what is asked for."""
    return all(unicodedata.category(character)[0] in "PSZCM" for character in token)


def _split(text: str, known: frozenset[str]) -> list[str]:
    """Words, numbers and marks; Chinese, which has no spaces, by the longest known word at each place."""
    tokens: list[str] = []
    for token in _TOKEN.findall(text):
        if token in known or token.isascii():
            tokens.append(token)
        else:
            tokens += _split_chinese(token, known)
    return tokens


def _split_chinese(text: str, known: frozenset[str]) -> list[str]:
    tokens: list[str] = []
    position = 0
    while position < len(text):
        length = next((size for size in range(5, 0, -1) if text[position : position + size] in known), 1)
        tokens.append(text[position : position + length])
        position += length
    return tokens
