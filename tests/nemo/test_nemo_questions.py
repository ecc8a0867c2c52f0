"""Whether the service asked back, in its two languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemowatch.nemo.questions import PROCEED, PROCEED_CHINESE, answer_to_proceed, find_question

TROUBLE = "Sorry, I encountered a temporary issue. Please try again."

QUESTIONS = [
    "Which part should I use?",
    "Would you like me to add subtitles?",
    "Do you want subtitles in English or German?",
    "请问要保留哪一段？",
    "是否需要添加字幕？",
    "I found three highlights. Which one should I keep?",
    "I've analyzed the video. Would you like me to cut the highlights?",
    "Before I start: how long should the clips be?",
    "Please tell me which part you'd like to keep.",
    "Let me know which language you prefer.",
    "What style would you like?\n1. Cinematic\n2. Fun\n3. Calm",
    "I'll cut it to 30 seconds. Sound good?",
    "Should I proceed?",
    "Shall I go ahead with the plan above?",
    "I need more information. What should the title say?",
    "English or German?",
    "Is that okay?",
    "Did you mean the first or the second clip?",
    "Could you please clarify which speaker you mean?",
    "Which part should I use? I'll start as soon as I know.",
    "您想要什么风格的音乐？",
    "请告诉我需要保留哪一段。",
    "请选择字幕语言：1. 中文 2. 英文",
    "需要我为您添加背景音乐吗？",
    "要不要添加字幕？",
    "要横屏还是竖屏？",
    "我找到了三个片段，请问您想保留哪个？",
    "确认开始剪辑吗？",
    "您希望视频多长？",
    "I've created a storyboard. Shall I proceed?",
    "This will use about 100 credits. Do you want to continue?",
    "Please upload the video first.",
    "What would you like me to do with this video?",
    "I don't see any video in this project. Could you upload it?",
    "Where should the title go?",
    "请确认是否继续。",
    "I have two options for you: A) fast cuts, B) slow pans. Which do you prefer? 😊",
    "Here is my plan: trim the intro, add captions. What do you think?",
    "How many clips do you want?",
    "**Which clip should I trim?**",
]
NO_QUESTIONS = [
    "",
    "Done! Is there anything else I can help with?",
    "还需要其他帮助吗？",
    "How about that?",
    "I've added captions. Would you like me to add music too?",
    "Done. Let me know if you'd like any changes.",
    "已添加字幕。还需要其他帮助吗？",
    "剪辑完成了！您满意吗？",
    'I added the title "What is love?"',
    'The clip shows a man who asks "Which way?" and leaves.',
    "Trimmed the video to 30 s. Anything else?",
    "I could not find an edit that I know in this request, so nothing was changed. I can extract frames, pick clips.",
    "Your video is ready! Do you like it?",
    "Feel free to ask if you have any questions.",
    "Pretty cool, right?",
    "All done. What would you like to do next?",
    "已完成剪辑，请问还有其他需要吗？",
    "Why does this work? Because the hook comes first. I picked it.",
    "视频已生成。有什么可以帮您的吗？",
    "I'm working on it.",
    "Processing your video now...",
    "我没有在这条请求中找到我会做的编辑,所以没有做任何更改。",
    "如果您有任何问题，请随时告诉我。",
    "Is there anything else I can help with?",
    "NemoWatch exports the video itself.",
]


@pytest.mark.parametrize("text", QUESTIONS)
def test_text_that_asks_the_user_to_decide_is_a_question(text: str) -> None:
    assert find_question(["I am looking at the recording.", text]) == text


@pytest.mark.parametrize("text", NO_QUESTIONS)
def test_courtesy_statement_and_quoted_question_are_none(text: str) -> None:
    assert find_question([text]) is None


def test_only_the_last_text_counts() -> None:
    assert find_question(["Which part should I use?", "I used the first one."]) is None
    assert find_question([]) is None


@pytest.mark.parametrize(
    "notice", [TROUBLE, f"\n\n{TROUBLE}", "抱歉，我遇到了临时问题，请稍后再试。", "  ", "…"]
)
def test_complaint_about_a_temporary_issue_after_a_question_is_ignored(notice: str) -> None:
    assert find_question(["Which part should I use?", notice]) == "Which part should I use?"
    assert find_question([f"Which part should I use?\n{notice}"]) in (
        "Which part should I use?",
        f"Which part should I use?\n{notice}",
    )
    assert find_question([notice]) is None


def test_question_is_given_with_what_there_is_to_choose_from() -> None:
    text = "Which clip should I keep?\n1. The intro\n2. The demo"
    assert find_question([text]) == text


def test_answer_is_in_the_language_of_the_question() -> None:
    assert answer_to_proceed("Which part?") == PROCEED == "Go on with your best judgement."
    assert answer_to_proceed("请问要保留哪一段？") == PROCEED_CHINESE
    assert answer_to_proceed("どの部分を使いますか？漢字") == PROCEED


pieces = st.sampled_from(
    [
        "which",
        "?",
        "？",
        "吗",
        "请",
        "done",
        ".",
        "!",
        '"',
        "“",
        "\n",
        " ",
        "temporary issue",
        "I've",
        "a",
        "哪",
        "'",
    ]
)


@given(st.lists(st.text() | st.lists(pieces, max_size=30).map("".join), max_size=3))
def test_no_text_is_an_error(texts: list[str]) -> None:
    found = find_question(texts)
    assert found is None or any(found in text for text in texts)


@pytest.mark.parametrize("piece", ["?", "a.b", "'", '"a', "which ", "“", "\n", "请", "已", "\u0000"])
def test_huge_text_is_looked_at_from_its_end(piece: str) -> None:
    assert find_question([piece * 300_000 + "\nWhich part should I use?"]) is not None
