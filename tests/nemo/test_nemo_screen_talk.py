"""What the agent says to someone at a screen, made true for someone who is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemowatch.nemo.screen_talk import (
    CALLS_API,
    EXPORTS,
    READS_CREDITS,
    READS_STATE,
    SENDS_EDITS,
    SHOWS_TRACKS,
    translate,
)


@pytest.mark.parametrize(
    ("text", "translated"),
    [
        ("Click the Export button to download your video.", EXPORTS),
        ("To get it, simply click on Export.", EXPORTS),
        ("The Export button is at the top right.", EXPORTS),
        ("You can export it now.", EXPORTS),
        ("Click the blue button.", CALLS_API),
        ("Please select the Captions tab.", CALLS_API),
        ("Open the Media panel.", READS_STATE),
        ("Then go to the settings.", READS_STATE),
        ("Drag the clip onto the second track.", SENDS_EDITS),
        ("Drag and drop the file here.", SENDS_EDITS),
        ("You can adjust it by dragging the slider.", SENDS_EDITS),
        ("You can preview it in the timeline.", SHOWS_TRACKS),
        ("Preview in timeline", SHOWS_TRACKS),
        ("Check your account for details.", READS_CREDITS),
        ("Please visit the billing page.", READS_CREDITS),
        ("点击导出按钮。", EXPORTS),
        ("您可以点击右上角的导出按钮下载视频。", EXPORTS),
        ("请导出。", EXPORTS),
        ("请点击“添加”。", CALLS_API),
        ("打开字幕面板。", READS_STATE),
        ("请先打开素材库。", READS_STATE),
        ("把素材拖拽到时间线。", SENDS_EDITS),
        ("您可以在时间线中预览效果。", SHOWS_TRACKS),
        ("请查看您的账户余额。", READS_CREDITS),
    ],
)
def test_screen_talk_becomes_what_is_done_instead(text: str, translated: str) -> None:
    assert translate(text) == translated


@pytest.mark.parametrize(
    "text",
    [
        "The clip shows a woman clicking a pen and opening a door.",
        "A man opens the door. A dog drags a stick through the yard.",
        "The speaker says: we export wine to forty countries.",
        "I trimmed talk.mp4 from 2.5 s to 10.25 s and added a title.",
        "The opening shot previews the whole story; the drop at 0:42 is the highlight.",
        "The five clips score 92, 88, 85, 80 and 71.",
        "男人点击手机屏幕，然后离开。",
        "已将视频剪辑到 2.5 秒，并添加了标题。",
        "A list:\n- first\n- second\n\n1. one\n2. two",
        "",
    ],
)
def test_description_of_content_is_kept_word_for_word(text: str) -> None:
    assert translate(text) == text


def test_content_and_screen_talk_in_one_sentence_are_told_apart() -> None:
    text = "I added the title 'Urban Dreams', and you can click Export to download it."
    assert translate(text) == f"I added the title 'Urban Dreams'. {EXPORTS}"


def test_chinese_content_and_screen_talk_are_told_apart() -> None:
    assert translate("标题已添加，您可以点击导出按钮。") == f"标题已添加。 {EXPORTS}"


def test_clause_that_waits_for_a_gesture_goes_with_it() -> None:
    assert translate("Done!\nWhen you are ready, click Export.") == f"Done!\n{EXPORTS}"


def test_the_same_thing_is_said_once() -> None:
    assert (
        translate("1. Click Add.\n2. Click Apply.\n3. The title shows.")
        == f"1. {CALLS_API}\n3. The title shows."
    )


def test_several_gestures_are_each_translated() -> None:
    text = "Open the panel and drag the clip, then click Export. The video is 9 s long."
    assert translate(text) == f"{READS_STATE} {SENDS_EDITS} {EXPORTS} The video is 9 s long."


@given(
    st.text()
    | st.lists(
        st.sampled_from(
            [
                "click",
                "export",
                ",",
                ".",
                "\n",
                "the",
                "点击",
                "导出",
                "，",
                "。",
                "by",
                "drag",
                "and",
                "drop",
            ]
        )
    ).map(" ".join)
)
def test_translation_never_fails_and_leaves_no_gesture_twice(text: str) -> None:
    assert translate(text).count(CALLS_API) <= max(1, text.count(CALLS_API))
