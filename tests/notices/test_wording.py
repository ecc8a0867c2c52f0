"""What messages say, and how often they come."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from nemowatch.logs import hide_secret
from nemowatch.notices.pacing import GATHER_SECONDS, LONGEST_PAUSE_SECONDS, Pacer
from nemowatch.notices.wording import Item, compose


def failed(number: int, text: str = "The service refuses the token.") -> Item:
    return Item("failed", text, "shorts", f"talk{number}.mp4")


def test_one_failure_is_told_with_its_reason() -> None:
    message = compose([failed(1)], host="studio")
    assert message.title == "NemoWatch on studio: 1 failed"
    assert message.body == "failed: talk1.mp4 (rule shorts)\nThe service refuses the token."
    assert message.kind == "failure"


def test_five_hundred_failures_are_three_lines() -> None:
    message = compose([failed(number) for number in range(500)], host="studio")
    assert message.title == "NemoWatch on studio: 500 failed"
    assert message.body == (
        "failed: talk0.mp4, talk1.mp4, talk2.mp4 and 497 more (rule shorts)\nThe service refuses the token."
    )


def test_reasons_that_differ_only_in_the_name_are_told_once() -> None:
    items = [failed(number, f"talk{number}.mp4 is gone.") for number in range(9)]
    assert compose(items, host="studio").body.count("is gone") == 1


def test_five_hundred_different_reasons_still_make_a_short_message() -> None:
    message = compose(
        [failed(number, f"Error {number}. " + "x" * 5000) for number in range(500)], host="studio"
    )
    assert len(message.body) < 5000
    assert message.body.endswith("… and 492 further jobs: `nemowatch jobs list` shows them all.")


def test_the_gravest_comes_first_and_what_is_done_says_where_it_is() -> None:
    items = [
        Item("done", "/r-output/talk", "shorts", "talk.mp4"),
        Item("attention", "Asks.", "shorts", "b.mp4"),
    ]
    message = compose([*items, Item("daemon", "The folder /r is offline.")], host="studio")
    assert message.title == "NemoWatch on studio: 1 need attention, 1 done"
    assert message.body.split("\n\n") == [
        "The folder /r is offline.",
        "needs attention: b.mp4 (rule shorts)\nAsks.",
        "done: talk.mp4 (rule shorts)\n/r-output/talk",
    ]
    assert message.kind == "warning"


def test_message_of_the_daemon_alone_and_of_what_is_done_alone() -> None:
    start = compose([Item("daemon", "It has started.")], host="studio")
    assert (start.title, start.kind) == ("NemoWatch on studio", "info")
    assert compose([Item("daemon", "/r is offline.", is_trouble=True)], host="studio").kind == "warning"
    assert compose([Item("done", "/o", "shorts", "a.mp4")], host="studio").kind == "success"


def test_no_secret_and_no_control_character_is_sent() -> None:
    hide_secret("hunter2-hunter2")
    item = Item("failed", "token=hunter2-hunter2\nnmv_usr_abcdef", "sh\x1b[2Jorts", "ta\u202elk.mp4")
    text = str(compose([item], host="studio"))
    assert "hunter2" not in text
    assert "nmv_usr" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_first_message_waits_for_more_and_the_next_for_the_pause() -> None:
    pacer = Pacer(60)
    assert pacer.wait(0.0) == GATHER_SECONDS
    pacer.note_sent(10.0)
    assert pacer.wait(15.0) == 55.0
    assert pacer.wait(500.0) == GATHER_SECONDS


def test_pauses_double_while_there_is_more_to_tell_and_begin_anew_afterwards() -> None:
    pacer, now, pauses = Pacer(60), 0.0, []
    for _ in range(9):
        pacer.note_sent(now)
        pauses.append(pacer.wait(now))
        now += pauses[-1]
    assert pauses == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    pacer.note_sent(now + 2 * LONGEST_PAUSE_SECONDS + 1)
    assert pacer.wait(now + 2 * LONGEST_PAUSE_SECONDS + 1) == 60


def test_without_a_pause_nothing_waits() -> None:
    pacer = Pacer(0)
    assert pacer.wait(0.0) == 0
    pacer.note_sent(0.0)
    assert pacer.wait(0.0) == 0


def test_what_does_not_go_through_is_tried_ever_more_rarely() -> None:
    pacer = Pacer(60)
    waits = []
    for _ in range(8):
        pacer.note_failure(0.0)
        waits.append(pacer.wait(0.0))
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert pacer.wait(10_000.0) == 0
    pacer.note_sent(10_000.0)
    assert pacer.failures == 0


@given(st.lists(st.floats(0, 5000), max_size=200), st.sampled_from([0.0, 1.0, 60.0, 7200.0]))
def test_messages_never_follow_faster_than_the_pause(gaps: list[float], pause: float) -> None:
    pacer, now, sent = Pacer(pause), 0.0, []
    for gap in gaps:
        now += gap
        now += pacer.wait(now)
        pacer.note_sent(now)
        sent.append(now)
    assert all(later - earlier >= pause - 1e-6 for earlier, later in pairwise(sent))


def test_name_that_is_no_text_passes_as_an_escape() -> None:
    message = compose([Item("failed", "It broke.", "shorts", "caf\udce9.mp4")], host="mill")
    assert "failed: caf\\udce9.mp4 (rule shorts)" in message.body.encode().decode()
