"""What is laid over the picture or done to all of it: speed, captions, title, music, mute; new clips."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nemowatch.sandbox.edits import (
    AddCaptions,
    AddMusic,
    AddTitle,
    ChangeSpeed,
    DropTracks,
    GenerateVideo,
)
from nemowatch.sandbox.understanding.numbers import NUMBER, SPAN, parse_number, parse_time

if TYPE_CHECKING:
    from nemowatch.sandbox.understanding.prompt import Prompt

DEFAULT_MUSIC_VOLUME = 0.35
DEFAULT_GENERATED_SECONDS = 8.0
SPEEDS = (0.1, 10.0)

_NOT = (
    r"(?:\b(?:remove|delete|drop|strip|without|no)\s+(?:(?:the|any|all|background)\s+)*"
    r"|(?:删除|去掉|移除|不要|取消)(?:背景)?)"
)

_FACTOR = re.compile(
    rf"(?<![\dx])(\d+(?:\.\d+)?)\s*(?:x|×|times)(?![\da-z])|({NUMBER})\s*倍|(\d+)\s*%\s*(?:speed|速)"
)
_SPEED = re.compile(
    r"\b(?:speed|faster|slow(?:er|ed)?|slow[\s-]?mo(?:tion)?|quick(?:er)?|fast)\b"
    r"|速|放慢|慢放|慢动作|加快|快放|\d\s*[x×](?![\da-z])"
)
_SLOWER = re.compile(r"\bslow|放慢|慢放|慢动作|减速")
_HALF = re.compile(r"\b(?:half)\b|一半|半速")
_DOUBLE = re.compile(r"\b(?:double|twice)\b|翻倍")
_NOT_SPEED = re.compile(r"\b(?:zoom|scale|resolution|upscale)\b|缩放|放大")

_CAPTIONS = re.compile(r"\b(?:captions?|subtitles?)\b|字幕")
_NO_CAPTIONS = re.compile(rf"{_NOT}(?:captions?|subtitles?|字幕)")

_TITLE = re.compile(r"\b(?:title|headline)\b|标题|片名")
_NO_TITLE = re.compile(rf"{_NOT}(?:title|headline|标题)")
_NAMED = re.compile(
    r"(?:title|headline|titled|called|标题)(?:\s+(?:card|is|saying|as|to|it)\b)?\s*[:：为是叫]?\s*([^,.;，。；“”]+)$",
    re.IGNORECASE,
)

_MUSIC = re.compile(r"\b(?:music|bgm|soundtrack|song|beats?)\b|音乐|配乐")
_NO_MUSIC = re.compile(rf"{_NOT}(?:music|bgm|soundtrack|song|音乐|配乐)")
_STYLES = {
    "lo-fi": "Lo-fi",
    "lofi": "Lo-fi",
    "upbeat": "Upbeat",
    "calm": "Calm",
    "relaxing": "Calm",
    "cinematic": "Cinematic",
    "epic": "Cinematic",
    "jazz": "Jazz",
    "rock": "Rock",
    "piano": "Piano",
    "ambient": "Ambient",
    "轻快": "Upbeat",
    "舒缓": "Calm",
    "钢琴": "Piano",
    "爵士": "Jazz",
    "史诗": "Cinematic",
}
_VOLUME = re.compile(r"(\d{1,3})\s*%")

_MUTE = re.compile(rf"\bmute\b|静音|{_NOT}(?:original\s+)?(?:audio|sound|voice|原声|声音)")

_GENERATE = re.compile(
    r"\b(?:generate|create|make|produce)\b(?P<what>.{0,40}?)\b(?:video|animation|clip)\s+(?:of|about|showing|featuring|with)\b(?P<subject>.*)"
    r"|生成(?:一[个段条])?(?:关于)?(?P<chinese>.*?)(?:视频|动画|片段)"
)
_FROM_THIS = re.compile(r"\b(?:from|of)\s+(?:this|the|my|our|these|it)\b|highlight|best|top")
_SPAN = re.compile(SPAN)


def read_speed(prompt: Prompt) -> ChangeSpeed | None:
    """Faster or slower: `2x`, `half speed`, `slow down`, `两倍速`; without a number 1.5 times or half."""
    text = prompt.text
    if not _SPEED.search(text) or _NOT_SPEED.search(text):
        return None
    slower = _SLOWER.search(text) is not None
    factor = _read_factor(text) or (0.5 if slower else 1.5)
    if slower and factor > 1:
        factor = 1 / factor
    return ChangeSpeed(min(max(factor, SPEEDS[0]), SPEEDS[1]))


def _read_factor(text: str) -> float | None:
    found = _FACTOR.search(text)
    if found:
        factor = float(found[3]) / 100 if found[3] else parse_number(found[1] or found[2])
        return factor or None
    if _HALF.search(text):
        return 0.5
    return 2.0 if _DOUBLE.search(text) else None


def read_captions(prompt: Prompt) -> AddCaptions | DropTracks | None:
    """Captions on, or off."""
    if _NO_CAPTIONS.search(prompt.text):
        return DropTracks("caption")
    return AddCaptions() if _CAPTIONS.search(prompt.text) else None


def read_title(prompt: Prompt) -> AddTitle | DropTracks | None:
    """A title: the quoted words, or what follows "title:"; empty where the prompt names none."""
    if _NO_TITLE.search(prompt.text):
        return DropTracks("title")
    if not _TITLE.search(prompt.text):
        return None
    if prompt.quotes:
        return AddTitle(prompt.quotes[0].strip())
    named = _NAMED.search(prompt.original)
    return AddTitle(named[1].strip() if named else "")


def read_music(prompt: Prompt) -> AddMusic | DropTracks | None:
    """Music on (in a style, at a volume), or off."""
    if _NO_MUSIC.search(prompt.text):
        return DropTracks("music")
    if not _MUSIC.search(prompt.text):
        return None
    style = next((name for word, name in _STYLES.items() if word in prompt.text), "Lo-fi")
    volume = _VOLUME.search(prompt.text)
    return AddMusic(style, min(int(volume[1]) / 100, 1.0) if volume else DEFAULT_MUSIC_VOLUME)


def read_mute(prompt: Prompt) -> DropTracks | None:
    """The recordings' own sound off."""
    return DropTracks("voice") if _MUTE.search(prompt.text) else None


def read_generation(prompt: Prompt) -> GenerateVideo | None:
    """A new clip about something; a clip *of this recording* is no new one."""
    found = _GENERATE.search(prompt.text)
    if found is None or _FROM_THIS.search(found[0]):
        return None
    subject = (found["subject"] or found["chinese"] or "").strip(" .。，,的")
    length = _SPAN.search(prompt.text)
    return GenerateVideo(subject or "a scene", parse_time(length[0]) if length else DEFAULT_GENERATED_SECONDS)
