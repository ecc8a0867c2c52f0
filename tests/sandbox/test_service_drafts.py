from __future__ import annotations

import copy
from pathlib import Path

from nemowatch.sandbox.drafts import DraftFrame, find_difference, fingerprint, write_draft
from nemowatch.sandbox.timeline import Material, Segment, Sound, Timeline, Words

TALK = Material("mat_1", Path("talk.mp4"), "talk.mp4", "video", "/cdn/1/talk.mp4", 1, "", duration=20.0)
FRAME = DraftFrame("task_1", 3, "http://here")
FULL = Timeline(
    segments=(
        Segment(TALK, 2, 6, speed=2.0, title="Short 1", score=87.25, reason="loud"),
        Segment(TALK, 10, 13),
    ),
    sounds=(Sound(TALK, "Lo-fi", 0, 5, 0.35),),
    words=(Words("Urban Dreams", 0, 3, "title"), Words("Speech", 1, 2, "caption")),
    title="talk",
)


def test_draft_speaks_the_documented_keys_in_milliseconds() -> None:
    draft = write_draft(FULL, FRAME)

    assert [track["tt"] for track in draft["t"]] == [0, 1, 7, 7]
    assert draft["d"] == 5000
    first, second = draft["t"][0]["sg"]
    assert (first["start"], first["d"], first["src"]["in"], first["src"]["out"]) == (0, 2000, 2000, 6000)
    assert (second["start"], second["d"]) == (2000, 3000)
    assert (first["m"]["title"], first["m"]["score"]) == ("Short 1", 87.2)
    assert draft["t"][1]["sg"][0]["m"] == {"title": "Lo-fi", "volume": 0.35}
    assert draft["t"][2]["sg"][0]["m"]["text"] == "Urban Dreams"


def test_empty_timeline_has_an_empty_draft() -> None:
    assert write_draft(Timeline(), FRAME) == {}


def test_same_draft_with_its_keys_in_another_order_is_the_same() -> None:
    draft = write_draft(FULL, FRAME)
    turned = dict(reversed(draft.items()))

    assert fingerprint(turned) == fingerprint(draft)
    assert find_difference(draft, turned) is None


def test_first_key_that_a_client_lost_is_named() -> None:
    draft = write_draft(FULL, FRAME)
    changed = copy.deepcopy(draft)
    del changed["t"][0]["sg"][1]["x_fx"]

    assert find_difference(draft, changed) == "draft.t[0].sg[1].x_fx is missing"
    assert fingerprint(changed) != fingerprint(draft)


def test_changed_and_added_and_dropped_values_are_named() -> None:
    draft = write_draft(FULL, FRAME)

    assert find_difference(draft, draft | {"d": 1}) == "draft.d was changed"
    assert find_difference(draft, draft | {"new": 1}) == "draft.new is not part of it"
    assert find_difference(draft, draft | {"t": draft["t"][:2]}) == "draft.t has 2 items instead of 4"
