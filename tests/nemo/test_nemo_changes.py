"""What an edit changed, in words."""

from __future__ import annotations

import pytest
from draft_parts import Json, captions, clip, clips, music, outline, title

from nemowatch.nemo.changes import BEYOND_WORDS, describe_changes
from nemowatch.nemo.pairing import pair_segments

TALK = clips((0, 10), (20, 12), (40, 8))


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        pytest.param(
            [TALK], [TALK, title((0, 3, "Urban Dreams"))], ['title added: "Urban Dreams"'], id="title"
        ),
        pytest.param(
            [clips((0, 10), (20, 12))],
            [clips((0, 10), (20, 8))],
            ["clip 2 shortened from 12 s to 8 s"],
            id="end",
        ),
        pytest.param(
            [clips((0, 10), (20, 12))],
            [clips((0, 10), (24, 8))],
            ["clip 2 shortened from 12 s to 8 s"],
            id="begin",
        ),
        pytest.param(
            [clips((0, 10))], [clips((0, 10.5))], ["clip 1 lengthened from 10 s to 10.5 s"], id="lengthened"
        ),
        pytest.param(
            [TALK],
            [clips((0, 10), (20, 12))],
            ["clip 3 removed", "the timeline got shorter: 30 s to 22 s"],
            id="removed",
        ),
        pytest.param(
            [TALK],
            [clips((20, 12), (40, 8))],
            ["clip 1 removed", "the timeline got shorter: 30 s to 20 s"],
            id="first removed, the others numbered anew",
        ),
        pytest.param(
            [TALK], [clips((20, 12), (0, 10), (40, 8))], ["clips 1 and 2 changed places"], id="swapped"
        ),
        pytest.param(
            [clips((0, 4), (4, 4), (8, 4), (12, 4))],
            [clips((12, 4), (0, 4), (4, 4), (8, 4))],
            ["clip 4 moved to place 1"],
            id="moved",
        ),
        pytest.param(
            [clips((0, 130))],
            [clips((0, 15), (30, 15), (60, 15))],
            ["clip 1 cut into 3 clips", "the timeline got shorter: 2m 10s to 45 s"],
            id="cut",
        ),
        pytest.param(
            [],
            [clips((0, 15), (30, 15))],
            ["clip 1 added (15 s)", "clip 2 added (15 s)", "the timeline is 30 s long now"],
            id="first",
        ),
        pytest.param(
            [TALK],
            [clips((0, 10), (20, 12), (40, 8), c2="city.mp4")],
            ['clip 2 changed from "talk.mp4" to "city.mp4"'],
            id="replaced",
        ),
        pytest.param(
            [clips((0, 10))], [clips((30, 10))], ["clip 1 shows another part of its source"], id="slipped"
        ),
        pytest.param(
            [TALK, music("Lo-fi", volume=0.35)],
            [TALK, music("Jazz")],
            ['music changed from "Lo-fi" (35 %) to "Jazz"'],
            id="other music",
        ),
        pytest.param(
            [TALK, music("Lo-fi", volume=0.35)],
            [TALK, music("Lo-fi", volume=20)],
            ["music volume changed from 35 % to 20 %"],
            id="volume",
        ),
        pytest.param(
            [TALK], [TALK, music("Lo-fi", volume=0.35)], ['music added: "Lo-fi" (35 %)'], id="music"
        ),
        pytest.param([TALK, music("Lo-fi")], [TALK], ['music removed: "Lo-fi"'], id="no music"),
        pytest.param(
            [TALK, music("Lo-fi")],
            [TALK, music("Lo-fi", 5)],
            ["music shortened from 10 s to 5 s"],
            id="cut music",
        ),
        pytest.param([TALK], [TALK, captions(14)], ["captions added (14 lines)"], id="captions"),
        pytest.param([TALK, captions(1)], [TALK], ["captions removed (1 line)"], id="no captions"),
        pytest.param(
            [TALK, captions(14)], [TALK, captions(12)], ["captions changed from 14 to 12 lines"], id="fewer"
        ),
        pytest.param(
            [TALK, captions(3)], [TALK, captions(3, "Zeile")], ["captions reworded (3 lines)"], id="reworded"
        ),
        pytest.param(
            [TALK, captions(3)],
            [TALK, captions(3, shift=1)],
            ["captions moved in time (3 lines)"],
            id="moved captions",
        ),
        pytest.param(
            [TALK, title((0, 3, "A"))],
            [TALK, title((0, 3, "B"))],
            ['title changed from "A" to "B"'],
            id="other title",
        ),
        pytest.param(
            [TALK, title((0, 3, "A"))],
            [TALK, title((5, 2, "A"))],
            ['title "A" shortened from 3 s to 2 s', 'title "A" moved from 0 s to 5 s'],
            id="moved title",
        ),
        pytest.param([TALK, title((0, 3, "A"))], [TALK], ['title removed: "A"'], id="no title"),
        pytest.param(
            [TALK, title((0, 3, "A"))],
            [TALK, music("Lo-fi"), title((0, 3, "A"))],
            ['music added: "Lo-fi"'],
            id="the title's track has another number now",
        ),
    ],
)
def test_each_change_is_told_in_words(before: list[Json], after: list[Json], told: list[str]) -> None:
    assert describe_changes(outline(*before), outline(*after)) == tuple(told)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"speed": 1}, {"speed": 2}, "speed of clip 1 changed from 1x to 2x"),
        ({"muted": False}, {"muted": True}, "clip 1 muted"),
        ({"muted": True}, {"muted": False}, "clip 1 unmuted"),
        ({"volume": 0.5}, {"volume": 1.5}, "volume of clip 1 changed from 50 % to 150 %"),
        ({"x_fx": []}, {"x_fx": ["blur"]}, "clip 1 changed"),
    ],
)
def test_what_is_done_to_a_clip_is_told(before: Json, after: Json, told: str) -> None:
    tracks = [{"tt": 0, "sg": [clip(0, 5, **fields)]} for fields in (before, after)]
    assert describe_changes(outline(tracks[0]), outline(tracks[1])) == (told,)


def test_gap_before_a_clip_is_told() -> None:
    before, after = ({"tt": 0, "sg": [clip(start, 5)]} for start in (0, 2))
    assert describe_changes(outline(before), outline(after))[0] == "clip 1 moved from 0 s to 2 s"


def test_tracks_of_one_kind_are_told_apart() -> None:
    before = [clips((0, 10)), clips((50, 5))]
    after = [clips((0, 10)), clips((50, 3))]
    assert describe_changes(outline(*before), outline(*after)) == (
        "clip 1 of track 2 shortened from 5 s to 3 s",
    )


def test_canvas_generated_media_and_uploads_are_told() -> None:
    before = outline(TALK, canvas_config={"width": 1920, "height": 1080}, video_infos=[{"filename": "a.mp4"}])
    images = [f"https://cdn.test/{number}.png" for number in range(5)]
    after = outline(
        TALK,
        canvas_config={"width": 1080, "height": 1920},
        generated_media=[*images, {"url": "https://cdn.test/x.mp4"}],
        video_infos=[{"filename": "a.mp4"}, {"filename": "b.mp4"}],
    )
    assert describe_changes(before, after) == (
        "canvas changed from 1920x1080 to 1080x1920",
        "5 images generated",
        "1 video generated",
        "1 file uploaded",
    )
    assert describe_changes(after, before)[1:] == (
        "5 generated images removed",
        "1 generated video removed",
        "1 uploaded file removed",
    )
    assert describe_changes(
        outline(canvas_config={"ratio": "16:9"}), outline(canvas_config={"ratio": "9:16"})
    ) == ("canvas changed from 16:9 to 9:16",)


def test_generated_media_that_were_made_again_are_told() -> None:
    before, after = (outline(generated_media=[f"https://cdn.test/{name}.png"]) for name in "ab")
    assert describe_changes(before, after) == ("the generated images changed",)


def test_many_changes_of_a_kind_are_summed_up() -> None:
    before = clips(*((30 * number, 10) for number in range(12)))
    after = clips(*((30 * number, 8) for number in range(12)))
    assert describe_changes(outline(before), outline(after)) == (
        "12 clips shortened",
        "the timeline got shorter: 2m 0s to 1m 36s",
    )


def test_no_more_than_eight_changes_are_told_and_the_rest_is_counted() -> None:
    before = [clips((0, 10), (20, 12), (40, 8), (60, 9)), music("Lo-fi"), captions(3), title((0, 2, "A"))]
    after = [clips((0, 9), (20, 13), (40, 7)), music("Jazz"), captions(4), title((1, 3, "A"), (5, 2, "B"))]
    told = describe_changes(
        outline(*before),
        outline(*after, canvas_config={"ratio": "9:16"}, generated_media=["https://c/a.png"]),
    )
    assert len(told) == 9
    assert told[-1].startswith("and ")
    assert told[-1].endswith(" more changes")


def test_equal_states_have_no_changes() -> None:
    signed = clips((0, 10))
    signed["sg"][0]["src"]["url"] = "https://cdn.test/talk.mp4?signature=2"
    assert describe_changes(outline(clips((0, 10))), outline(signed)) == ()
    assert describe_changes(outline(), outline()) == ()


def test_change_beyond_words_is_a_change_all_the_same() -> None:
    before, after = ({**TALK, "x_lut": lut} for lut in ("cold", "warm"))
    assert describe_changes(outline(before), outline(after)) == (BEYOND_WORDS,)
    assert describe_changes(outline(canvas_config={"a": 1}), outline(canvas_config={"a": 2})) == (
        BEYOND_WORDS,
    )


def test_names_in_what_is_told_are_short_and_on_one_line() -> None:
    told = describe_changes(outline(TALK), outline(TALK, title((0, 3, "a\nb " + "x" * 200))))
    assert told == (f'title added: "a b {"x" * 55}…"',)


def test_pieces_that_are_alike_are_paired_in_their_order() -> None:
    same = outline({"tt": 0, "sg": [{"d": 1000}] * 3}).tracks[0].segments
    assert pair_segments(same, same).pairs == ((0, 0), (1, 1), (2, 2))
    assert pair_segments(same, same[:2]).removed == (2,)
    assert pair_segments((), same).added == (0, 1, 2)
