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
        asks: one of these must be there; several words stand for words in this order.
        goes_with: all other words that may be there without making it another instruction.
    """

    asks: frozenset[str]
    goes_with: frozenset[str]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_POLITE = _words(
    "please pls plz kindly can could would will you i we i'd i'll we'd want need like to now just then finally "
    "ok okay go ahead and the a an this that these those my our your its it me us for of let let's thanks thank "
    "hi hey "
    "请 麻烦 帮 帮我 帮忙 给 给我 我 我要 我想 想 要 现在 一下 吧 了 的 把 将 为 就 可以 能 能不能 吗 呢 谢谢 "
    "您 你 这个 那个 这 那"
)
_VIDEO = _words(
    "video videos movie film clip clips file files project result results edit footage recording mp4 mov h264 "
    "视频 影片 片子 文件 项目 成片 成品 作品 结果 剪辑"
)
_QUALITY = _words(
    "final finished full whole complete completed entire edited ready done in at as into with high highest best "
    "max maximum original good quality resolution format version hd fhd uhd 2k 4k 8k 480p 720p 1080p 1440p 2160p "
    "480 720 1080 1440 2160 24fps 25fps 30fps 50fps 60fps fps p copy all link url "
    "最终 完整 全部 最后 高清 超清 高 画质 质量 高质量 高画质 分辨率 格式 为 成 以 用 链接 版 版本 好 做好 完成 "
    "剪好 编辑好"
)

_EXPORT = _Vocabulary(
    asks=frozenset(
        {
            "export",
            "download",
            "render",
            "导出",
            "下载",
            "输出",
            "渲染",
            "发给我",
            "发我",
            "发送给我",
            "传给我",
        }
        | {f"{verb} {whom}" for verb in ("send", "give", "get") for whom in ("me", "us")}
        | {f"{verb} {what} to me" for verb in ("send", "give") for what in ("it", "that", "video")}
    ),
    goes_with=_POLITE
    | _VIDEO
    | _QUALITY
    | _words("send give get export download render 导出 下载 输出 渲染"),
)
_CREDITS = _Vocabulary(
    asks=frozenset({"credit", "credits", "balance", "积分", "余额", "点数"}),
    goes_with=_POLITE
    | _words(
        "how many much what what's is are do have has left remaining remain still available show check tell see "
        "get current account total any number out query "
        "查 查看 查询 看 看看 显示 还有 还 有 剩 剩余 剩下 多少 几 当前 账户 账号 是 我的 告诉我 还剩"
    ),
)
_STATE = _Vocabulary(
    asks=frozenset(
        {"status", "state", "状态", "进度", "显示轨道", "查看轨道", "轨道列表", "显示时间线", "查看时间线"}
        | {f"{verb} {what}" for verb in ("show", "show me", "list", "see") for what in ("tracks", "timeline")}
    ),
    goes_with=_POLITE
    | _VIDEO
    | _words(
        "what what's whats is are how show check tell see get list give current currently latest tracks track "
        "timeline about there job session "
        "当前 目前 怎么样 怎样 如何 什么 是 是什么 查 查看 查询 看 看看 显示 轨道 时间线 列表 列出 告诉我"
    ),
)
_UPLOAD = _Vocabulary(
    asks=frozenset({"upload", "上传"}),
    goes_with=_POLITE | _VIDEO | _words("new here local from disk computer 新 本地 素材 新的 upload 上传"),
)
_VOCABULARIES = {
    Intent.EXPORT: _EXPORT,
    Intent.CREDITS: _CREDITS,
    Intent.STATE: _STATE,
    Intent.UPLOAD: _UPLOAD,
}

_TOKEN = re.compile(r"[a-z0-9]+(?:'[a-z]+)?|[^\W\da-z_]+|\S")
_PUNCTUATION = frozenset(".,;:!?\"'`()[]。，、；：！？“”‘’（）【】「」…~-–—_*")
_PHRASES = {
    Intent.EXPORT: tuple(phrase for phrase in _EXPORT.asks if " " in phrase),
    Intent.STATE: tuple(phrase for phrase in _STATE.asks if " " in phrase),
}
_LONGEST_PROMPT = 300


def route(prompt: str) -> Intent:
    """Decide what a prompt asks for; `Intent.PROMPT` wherever it could be an edit."""
    text = unicodedata.normalize("NFKC", prompt[:_LONGEST_PROMPT]).casefold().replace("’", "'")
    if len(prompt) > _LONGEST_PROMPT:
        return Intent.PROMPT
    text = text.replace("h.264", "h264")
    fitting = [intent for intent, words in _VOCABULARIES.items() if _asks_for(intent, words, text)]
    return fitting[0] if len(fitting) == 1 else Intent.PROMPT


def _asks_for(intent: Intent, vocabulary: _Vocabulary, text: str) -> bool:
    known = vocabulary.asks | vocabulary.goes_with
    tokens = _split(text, known)
    if not all(token in known or token in _PUNCTUATION for token in tokens):
        return False
    words = [token for token in tokens if token not in _PUNCTUATION]
    if any(word in vocabulary.asks for word in words):
        return True
    # The article may stand between: "show the tracks".
    line = " ".join(word for word in words if word not in ("the", "my", "a", "this", "all"))
    return any(re.search(rf"\b{phrase}\b", line) for phrase in _PHRASES.get(intent, ()))


def _split(text: str, known: frozenset[str]) -> list[str]:
    """Words, numbers and marks; Chinese, which has no spaces, by the longest known word at each place."""
    tokens: list[str] = []
    for token in _TOKEN.findall(text):
        if token in known or token in _PUNCTUATION or token.isascii():
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
