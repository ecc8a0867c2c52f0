from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemowatch.sandbox.edits import (
    AddCaptions,
    AddMusic,
    AddTitle,
    ChangeSpeed,
    DropTracks,
    Edit,
    GenerateVideo,
    KeepRanges,
    PickClips,
    RemoveRanges,
    SaveStills,
)
from nemowatch.sandbox.understanding import understand
from nemowatch.sandbox.understanding.prompt import Prompt

ONE_EDIT: dict[str, Edit] = {
    # the three skills' own prompts
    "extract one frame every 5 seconds and save them as images": SaveStills(every=5.0),
    "extract the key highlights and save them as separate clips": PickClips(),
    "extract the top 5 viral short clips from this long video": PickClips(count=5, viral=True),
    # stills
    "extract 2 frames per second": SaveStills(every=0.5),
    "save a frame every half a minute": SaveStills(every=30.0),
    "extract frames at 0:05, 0:10 and 1:15 as jpg": SaveStills(times=(5.0, 10.0, 75.0), form="jpg"),
    "take 10 screenshots": SaveStills(count=10),
    "每5秒截一帧": SaveStills(every=5.0),
    "每隔十秒提取一张截图": SaveStills(every=10.0),
    "extract still frames every 2s from 0:10 to 0:20": SaveStills(every=2.0),
    # clips
    "get me 3 short clips, 15 seconds each": PickClips(count=3, viral=True, seconds=15.0),
    "extract the 3 best moments of at most 20 seconds": PickClips(count=3, viral=True, seconds=20.0),
    "create 3 clips from this video": PickClips(count=3),
    "make 9:16 vertical shorts": PickClips(viral=True),
    "cut it down to the most interesting parts": PickClips(),
    "提取5个精彩片段": PickClips(count=5),
    "从这个长视频中提取前5个爆款短视频": PickClips(count=5, viral=True),
    # cuts
    "cut from 0:05 to 0:12": KeepRanges(((5.0, 12.0),)),
    "trim from 0:10 to the end": KeepRanges(((10.0, None),)),
    "trim the video to 30 seconds": KeepRanges(((0.0, 30.0),)),
    "keep only the last 10 s": KeepRanges(((-10.0, None),)),
    "trim to the first 20 seconds": KeepRanges(((0.0, 20.0),)),
    "remove the first 3 seconds": RemoveRanges(((0.0, 3.0),)),
    "remove the first 3 seconds and the last 2 seconds": RemoveRanges(((0.0, 3.0), (-2.0, None))),
    "cut the last 2 seconds off": RemoveRanges(((-2.0, None),)),
    "cut out 0:05 to 0:08 and 0:10-0:12": RemoveRanges(((5.0, 8.0), (10.0, 12.0))),
    "remove everything between 5 and 8 seconds": RemoveRanges(((5.0, 8.0),)),
    "剪掉前3秒": RemoveRanges(((0.0, 3.0),)),
    "只保留最后10秒": KeepRanges(((-10.0, None),)),
    "从0:05剪到0:12": KeepRanges(((5.0, 12.0),)),
    "保留1分10秒到1分30秒": KeepRanges(((70.0, 90.0),)),
    # speed
    "play it at 2x": ChangeSpeed(2.0),
    "slow down to half": ChangeSpeed(0.5),
    "slow it down 4x": ChangeSpeed(0.25),
    "play at 50% speed": ChangeSpeed(0.5),
    "speed up the video": ChangeSpeed(1.5),
    "两倍速": ChangeSpeed(2.0),
    "放慢到一半": ChangeSpeed(0.5),
    # what lies over it
    "add burned-in captions": AddCaptions(),
    "add captions to all clips": AddCaptions(),
    "remove the subtitles": DropTracks("caption"),
    'add a title "Remove the first 3 seconds"': AddTitle("Remove the first 3 seconds"),
    "add title: Urban Dreams": AddTitle("Urban Dreams"),
    "add a title": AddTitle(""),
    "添加标题“城市梦想”": AddTitle("城市梦想"),
    "加字幕": AddCaptions(),
    "add upbeat background music at 20%": AddMusic("Upbeat", 0.2),
    "加一段轻快的音乐": AddMusic("Upbeat", 0.35),
    "remove the background music": DropTracks("music"),
    "mute the video": DropTracks("voice"),
    "generate a 10 second video about a city at night": GenerateVideo("a city at night", 10.0),
    "生成一个关于海边日落的视频": GenerateVideo("海边日落", 8.0),
}


@pytest.mark.parametrize(("text", "edit"), ONE_EDIT.items(), ids=list(ONE_EDIT))
def test_prompt_is_understood_as_one_edit(text: str, edit: Edit) -> None:
    assert understand(Prompt.read(text)) == (edit,)


@pytest.mark.parametrize(
    "text",
    [
        "hello there",
        "make it pop",
        "change the frame rate to 30",
        "upscale 2x",
        "export 1080p MP4",
        "你好",
        "?",
        "",
    ],
)
def test_prompt_that_asks_for_no_known_edit_is_not_guessed_at(text: str) -> None:
    assert understand(Prompt.read(text)) == ()


def test_several_wishes_in_one_prompt_become_edits_in_the_order_of_work() -> None:
    text = (
        'add a title "Best of", lo-fi music and captions, keep only the last ten seconds and play them at 2x'
    )

    assert understand(Prompt.read(text)) == (
        KeepRanges(((-10.0, None),)),
        ChangeSpeed(2.0),
        AddCaptions(),
        AddTitle("Best of"),
        AddMusic("Lo-fi", 0.35),
    )


def test_language_of_the_answer_is_that_of_the_request_not_of_the_title() -> None:
    assert not Prompt.read('add a title "城市梦想"').is_chinese
    assert Prompt.read('添加标题 "Urban Dreams"').is_chinese


@given(st.text(max_size=200))
def test_any_text_at_all_can_be_read(text: str) -> None:
    understand(Prompt.read(text))


_WORDS = st.sampled_from(
    """
    cut remove keep first last 3 0:05 from to every frame top five clips speed 2x % title “ ” " music captions
    秒 每 前 剪掉 half a one second minute s 0 99999999999 二十 十 倍 generate video about
    """.split()  # noqa: SIM905 -- a list of forty strings is harder to read
)


@given(st.lists(_WORDS, max_size=12))
def test_any_order_of_known_words_can_be_read(words: list[str]) -> None:
    understand(Prompt.read(" ".join(words)))
    understand(Prompt.read("".join(words)))
