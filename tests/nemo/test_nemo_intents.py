"""Where prompts go: the whole instruction decides, not one word in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemowatch.nemo.intents import Intent, route

EXPORTS = [
    "export",
    "Export.",
    "EXPORT!!!",
    "please export it",
    "export the video",
    "export 1080p MP4",
    "Export as MP4 (1080p, 30fps)",
    "export the final video in high quality",
    "Could you please export the finished video now? Thanks",
    "now export it for me",
    "download",
    "download it",
    "download the final video in 4k",
    "give me the download link",
    "send me the video",
    "Send me the final video!",
    "please send the video to me",
    "give me the mp4",
    "导出",
    "导出视频",
    "请导出 1080p 的 MP4",
    "导出１０８０ｐ　ＭＰ４",
    "下载",
    "下载视频",
    "请把视频发给我",
    "帮我把成片导出一下吧",
]
CREDITS = [
    "credits",
    "show my credits",
    "How many credits do I have left?",
    "what's my balance",
    "check the credit balance please",
    "积分",
    "余额",
    "我还有多少积分？",
    "查看余额",
]
STATES = [
    "status",
    "what's the status?",
    "show tracks",
    "show me the tracks",
    "list the tracks",
    "状态",
    "查看状态",
    "显示轨道",
]
UPLOADS = ["upload", "upload this file", "please upload my video", "上传", "上传这个视频"]
PROMPTS = [
    "",
    "   ",
    "export the key moments as a highlight reel",
    "export each speaker as a separate clip",
    "export the video without the intro",
    "export in 9:16",
    "export as GIF",
    "don't export yet",
    "add captions, then export",
    "render the title in red",
    "extract one frame every 5 seconds and save them as images",
    "extract the key highlights and save them as separate clips",
    "extract the top 5 viral short clips from this long video",
    "download-style intro music",
    "add a download icon at 0:05",
    "add an upload button graphic",
    "show status bar overlay",
    "add a progress bar",
    "roll the end credits",
    "add credits at the end",
    "fix the white balance",
    "balance the audio of both speakers",
    "send me more energy in the first 10 seconds",
    "give the video a warmer look",
    "make it shorter",
    "go on with your best judgement",
    "导出精彩片段合集",
    "把精彩瞬间导出成一个集锦",
    "添加上传按钮图形",
    "给视频加上状态栏",
    "片尾加上积分榜",
    "每5秒截取一帧保存为图片",
    "不要导出",
    "export " * 100,
]


@pytest.mark.parametrize(
    ("prompt", "intent"),
    [
        *((prompt, Intent.EXPORT) for prompt in EXPORTS),
        *((prompt, Intent.CREDITS) for prompt in CREDITS),
        *((prompt, Intent.STATE) for prompt in STATES),
        *((prompt, Intent.UPLOAD) for prompt in UPLOADS),
        *((prompt, Intent.PROMPT) for prompt in PROMPTS),
    ],
)
def test_prompt_goes_where_its_whole_instruction_says(prompt: str, intent: Intent) -> None:
    assert route(prompt) is intent


@given(
    st.text()
    | st.lists(
        st.sampled_from(
            ["export", "send", "me", "the", "video", "导出", "credits", ",", "'", "’", "�", "\x00"]
        )
    ).map(" ".join)
)
def test_routing_never_fails(prompt: str) -> None:
    assert route(prompt) in Intent


@given(st.sampled_from(EXPORTS), st.sampled_from(["title", "music", "captions", "intro", "字幕", "片段"]))
def test_any_other_subject_makes_it_an_edit(prompt: str, subject: str) -> None:
    assert route(f"{prompt} {subject}") is Intent.PROMPT
