"""What the agent tells the person about the edits it made, in two languages, and how its tools are called.

Used by `agent.py`. It describes the result, not the intention: the lengths and counts come from the content.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from nemowatch.sandbox.edits import (
    AddCaptions,
    AddMusic,
    AddTitle,
    ChangeSpeed,
    DropTracks,
    Edit,
    GenerateVideo,
    KeepFile,
    KeepRanges,
    PickClips,
    RemoveRanges,
    SaveStills,
)

if TYPE_CHECKING:
    from nemowatch.sandbox.answers import JsonObject
    from nemowatch.sandbox.sessions import Content

_TOOLS: dict[type[Edit], str] = {
    SaveStills: "extract_frames",
    PickClips: "find_highlights",
    KeepRanges: "trim_timeline",
    RemoveRanges: "cut_timeline",
    ChangeSpeed: "set_speed",
    AddCaptions: "add_captions",
    AddTitle: "add_title",
    AddMusic: "add_bgm",
    DropTracks: "remove_track",
    GenerateVideo: "generate_video",
    KeepFile: "select_media",
}

_UNKNOWN = (
    "I could not find an edit that I know in this request, so nothing was changed. I can extract frames, pick clips "
    "and highlights, trim and cut by times, change the speed, and add captions, a title or music."
)
_UNKNOWN_CHINESE = (
    "我没有在这条请求中找到我会做的编辑,所以没有做任何更改。我可以提取画面、挑选片段和精彩时刻、"
    "按时间剪辑、调整速度,以及添加字幕、标题或音乐。"
)


# English, Chinese; filled with the edit's own values and the facts of the result.
_SENTENCES: dict[type[Edit], tuple[str, str]] = {
    SaveStills: ("Extracted {stills} frames as images.", "已提取 {stills} 张画面。"),
    PickClips: ("Picked the {clips} strongest clips: {clip_list}.", "已选出 {clips} 个最精彩的片段。"),
    KeepRanges: (
        "Cut the video from {before:.1f} s to {after:.1f} s.",
        "视频已从 {before:.1f} 秒剪到 {after:.1f} 秒。",
    ),
    RemoveRanges: (
        "Cut the video from {before:.1f} s to {after:.1f} s.",
        "视频已从 {before:.1f} 秒剪到 {after:.1f} 秒。",
    ),
    ChangeSpeed: ("Set the speed to {factor:g}x.", "速度已设为 {factor:g} 倍。"),
    AddCaptions: ("Added {captions} captions.", "已添加 {captions} 条字幕。"),
    AddTitle: ("Added the title.", "已添加标题。"),
    AddMusic: ("Added {style} music at {volume:.0%}.", "已添加 {style} 音乐,音量 {volume:.0%}。"),
    DropTracks: ("Removed the {kind}.", "已移除所选轨道。"),
    KeepFile: ("Worked on {filename} alone.", "只处理了 {filename}。"),
    GenerateVideo: ("Generated a clip: {subject}.", "已生成视频:{subject}。"),
}
_LENGTH = ("The timeline is {after:.1f} s long now.", "时间线现在长 {after:.1f} 秒。")


def name_tool(edit: Edit) -> str:
    """The name under which the agent's stream shows an edit."""
    return _TOOLS[type(edit)]


def describe_args(edit: Edit) -> JsonObject:
    """The edit's values, as a tool call carries them."""
    return {name: value for name, value in asdict(edit).items() if value not in {None, ()}}


def describe_result(content: Content) -> JsonObject:
    """What a tool call answers: the size of what is there now."""
    timeline = content.timeline
    return {
        "status": "success",
        "duration_ms": round(timeline.duration * 1000),
        "segments": len(timeline.segments),
        "generated_media": len(content.generated),
    }


def say_unknown(*, chinese: bool) -> str:
    """The answer to a prompt that asks for nothing known."""
    return _UNKNOWN_CHINESE if chinese else _UNKNOWN


def say_done(edits: tuple[Edit, ...], before: Content, after: Content, *, chinese: bool) -> str:
    """One sentence per edit, and the length of the result."""
    facts = {
        "stills": len(after.generated) - len(before.generated),
        "clips": len(after.timeline.segments),
        "clip_list": _list_clips(after),
        "captions": sum(words.role == "caption" for words in after.timeline.words),
        "before": before.timeline.duration,
        "after": after.timeline.duration,
    }
    templates = [*(_SENTENCES[type(edit)] for edit in edits), _LENGTH]
    values = [*(asdict(edit) for edit in edits), {}]
    pairs = zip(templates, values, strict=True)
    sentences = [template[chinese].format(**(facts | value)) for template, value in pairs]
    return ("" if chinese else " ").join(sentences)


def _list_clips(content: Content) -> str:
    return "; ".join(
        f"{clip.start:.1f}-{clip.end:.1f} s (score {clip.score or 0:.0f})"
        for clip in content.timeline.segments
    )
