"""What the agent says to someone at a screen, made true for someone who is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemowatch.nemo.screen_edits import find_edits
from nemowatch.nemo.screen_talk import (
    CALLS_API,
    EXPORTS,
    READS_CREDITS,
    READS_STATE,
    SENDS_EDITS,
    SHOWS_TRACKS,
    ScreenAction,
    Translation,
    read,
    translate,
)

CLICK, OPEN, EDIT = ScreenAction.CLICK, ScreenAction.OPEN, ScreenAction.EDIT
PREVIEW, EXPORT, ACCOUNT = ScreenAction.PREVIEW, ScreenAction.EXPORT, ScreenAction.ACCOUNT


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
        "He opens the door, the speaker clicks a pen, and she drops the cup.",
        "The Export of goods rose by 5 % in March.",
        "Export of goods is shown in the second chart.",
        "Export complete.",
        "Drop shadows were added to the title.",
        "Open with a wide shot of the city, then cut to the speaker.",
        "The tutorial shows how to drag and drop files in the editor.",
        "The video explains where the Export button is.",
        '"Open your eyes" is the hook of clip 1.',
        "The player scores a goal at 0:42; watch the player closely.",
        "Switch scenes at 0:12.",
        "Would you like me to add captions, or export now?",
        "Which clip should I keep? Please choose one of the options below.",
        "请选择以下选项之一。",
        "要添加字幕，还是直接导出？",
        "Check the lighting in clip 3: it is dark.",
        "I trimmed clips 1 and 2 and added music.",
        "已在时间线上添加了标题“开始”。",
        "点击率提升了 20%。",
        "导出已完成。",
        "视频中，男人打开门，走了出去。",
        "他点击屏幕，介绍导出按钮的位置。",
        "她把箱子拖到门口。",
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


@pytest.mark.parametrize(
    ("text", "actions"),
    [
        ("I've added a title.", set()),
        ("In the top-right corner, click Export to download your video.", {EXPORT}),
        ("Your video is ready! Preview it in the timeline, and export when you're happy.", {PREVIEW, EXPORT}),
        ("You can check your credit balance in your account settings.", {ACCOUNT}),
        ("Top up credits in your account to continue.", {ACCOUNT}),
        ("Head over to the Media tab and select your clip.", {OPEN}),
        ("Press the space bar to play.", {CLICK}),
        ("You can drag the clips to change their order.", {EDIT}),
        (
            "1. Open the panel.\n2. Drag the logo to the top right corner.\n3. Click Apply.",
            {OPEN, EDIT, CLICK},
        ),
        ("在右上角，点击导出按钮即可下载视频。", {EXPORT}),
        ("打开设置面板查看字幕样式。", {OPEN}),
        ("请前往账户页面查看积分余额。", {ACCOUNT}),
        ("音乐已添加，请在时间线中查看。", {PREVIEW}),
        ("请将片段2拖拽到时间线开头，然后点击导出。", {EDIT, EXPORT}),
        ("打开素材面板查看结果,也可以拖拽片段调整顺序。", {OPEN, EDIT}),
        ("您可以在时间线中预览,然后点击导出。", {PREVIEW, EXPORT}),
        ("可在账户页面查看剩余积分。", {ACCOUNT}),
        ("请点击“添加”。", {CLICK}),
    ],
)
def test_what_a_text_asks_for_is_told_by_its_row_of_the_contract(
    text: str, actions: set[ScreenAction]
) -> None:
    assert read(text).actions == actions
    assert read(text).text == translate(text)


def test_place_of_a_button_goes_with_the_button() -> None:
    assert translate("In the top-right corner, click Export.") == EXPORTS
    assert translate("在右上角，点击导出按钮。") == EXPORTS
    assert translate("Select clip 3 and press Delete.") == CALLS_API


@pytest.mark.parametrize(
    ("text", "edits"),
    [
        ("Drag clip 2 to the start of the timeline.", ["Move clip 2 to the start of the timeline."]),
        ("**Drag clip 2 to the end.**", ["Move clip 2 to the end."]),
        ("Please drag the title to 0:05.", ["Move the title to 0:05."]),
        ("Now you need to drag clips 1 and 2 to the end.", ["Move clips 1 and 2 to the end."]),
        (
            "You'll need to drag the second clip before the first one.",
            ["Move the second clip before the first one."],
        ),
        ("Drag and drop your logo onto the second track.", ["Move the logo onto the second track."]),
        (
            "Then drag the caption track above the video track.",
            ["Move the caption track above the video track."],
        ),
        ("Drag the volume slider to 30%.", ["Set the volume to 30%."]),
        (
            "Drag the right edge of clip 2 to the left to shorten it to 5 seconds.",
            ["Shorten clip 2 to 5 seconds."],
        ),
        ("Drag clip 2's right edge to shorten it to 0:08.", ["Shorten clip 2 to 0:08."]),
        (
            "Drag clip 2 to the start and trim it to 5 seconds.",
            ["Move clip 2 to the start.", "Trim it to 5 seconds."],
        ),
        ("Click the Delete button to remove clip 3.", ["Remove clip 3."]),
        ("Click the scissors icon at 0:12 to split the clip.", ["Split the clip at 0:12."]),
        ("Select clip 3 and press Delete.", ["Delete clip 3."]),
        ('Right-click clip 2, then choose "Mute".', ["Mute clip 2."]),
        ("Use the trim tool to cut the first 5 seconds.", ["Cut the first 5 seconds."]),
        ("1. Open the panel.\n2. Drag the logo to 0:03.", ["Move the logo to 0:03."]),
        ("将字幕拖到第二轨道", ["将字幕移到第二轨道。"]),
        ("请把片段2拖动到时间线开头。", ["将片段2移到时间线开头。"]),
        ("拖拽片段2到开头", ["将片段2移到开头。"]),
        ("点击删除按钮删除第三个片段。", ["删除第三个片段。"]),
        ("请点击“静音”按钮将片段1静音", ["将片段1静音。"]),
        ("拖动音量滑块将音量调到30%", ["将音量调到30%。"]),
        ("选中片段3，点击“删除”", ["删除片段3。"]),
    ],
)
def test_edit_that_only_a_person_could_make_becomes_a_prompt(text: str, edits: list[str]) -> None:
    assert list(read(text).edits) == edits


@pytest.mark.parametrize(
    "text",
    [
        "You can drag the clips to change their order.",
        "Drag the clips to reorder them.",
        "To change the order, drag the clips.",
        "If you want music, drag it onto the timeline.",
        "Feel free to drag the title to 0:05.",
        "Drag it to the end.",
        "Drag the playhead to 0:05.",
        "Drag and drop the file here.",
        "Drag the clip from the media panel onto the timeline.",
        "Click the trash icon to delete the clip.",
        "Click Export to download your video.",
        "Click Save to apply the changes.",
        "Click the Generate button to start.",
        "Click Apply.",
        "Drag",
        "I dragged clip 2 to the start.",
        "She drags the box to the door.",
        "您可以拖动片段来调整顺序。",
        "请将素材拖到此处。",
        "点击导出按钮下载视频。",
        "她把箱子拖到门口。",
    ],
)
def test_hint_and_anything_unclear_is_no_edit(text: str) -> None:
    assert read(text).edits == ()


def test_edit_is_named_once() -> None:
    assert read("Drag clip 2 to 0:05.\nDrag clip 2 to 0:05.") == Translation(
        SENDS_EDITS, frozenset({EDIT}), ("Move clip 2 to 0:05.",)
    )


pieces = st.sampled_from(
    [
        "drag",
        "click",
        "to",
        "the",
        "clip 2",
        "edge of",
        "split",
        "it",
        "and",
        "select",
        "press Delete",
        ",",
        "\\1",
        "将",
        "拖到",
    ]
)


@given(st.text() | st.lists(pieces, max_size=20).map(" ".join) | st.lists(pieces, max_size=20).map("".join))
def test_no_sentence_is_an_error_and_every_edit_is_a_sentence(text: str) -> None:
    for edit in find_edits(text):
        assert edit.endswith((".", "。"))
    assert translate(text) == read(text).text


@pytest.mark.parametrize(
    "piece", [" ", "\n", "and ", "，", "drag the edge of ", "将a拖", "Click Export. ", "1. ", '"']
)
def test_huge_text_is_read_as_far_as_a_person_would(piece: str) -> None:
    assert len(read(piece * (1_000_000 // len(piece))).text) <= 60_000


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
