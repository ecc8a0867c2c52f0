"""The keys of what is made on this machine: stills, trims, conversions, what is too large; and their mistakes."""

from __future__ import annotations

import pytest
from rules_parts import Desk, place

from nemowatch.rules.rule import Frames, Rule, Trim

RULE = "rules:\n  - watch: ROOT/in\n    prompt: a\n"


def load_rule(desk: Desk, *lines: str) -> Rule:
    """Read one rule with these lines."""
    return desk.load(RULE + "".join(f"    {line}\n" for line in lines)).rules[0]


def test_rule_without_these_keys_compresses_and_makes_no_stills(desk: Desk) -> None:
    book = desk.load(RULE)
    rule = book.rules[0]
    assert (rule.deliver, rule.frames, rule.trim) == (("video", "media"), Frames(5.0, (), "png"), None)
    assert (rule.oversize, rule.convert, book.limits.encodes) == ("compress", False, 1)


def test_all_that_can_be_delivered_is_read(desk: Desk) -> None:
    rule = load_rule(desk, "deliver: [Clips, frames, video, media, clips]")
    assert rule.deliver == ("clips", "frames", "video", "media")


@pytest.mark.parametrize(
    ("written", "frames"),
    [
        ("{every: 10s}", Frames(10.0)),
        ("{format: JPG}", Frames(5.0, (), "jpg")),
        ("{at: [0:05, -10s, 1:02:03.5]}", Frames(None, (5.0, -10.0, 3723.5))),
        ("{at: 90s}", Frames(None, (90.0,))),
        ("{every: 1m, at: [0:05]}", Frames(60.0, (5.0,))),
        ("{every: null, at: [0:05]}", Frames(None, (5.0,))),
        ("{at: []}", Frames(5.0)),
        ("", Frames()),
    ],
)
def test_stills_are_read(desk: Desk, written: str, frames: Frames) -> None:
    assert load_rule(desk, "deliver: frames", f"frames: {written}").frames == frames


@pytest.mark.parametrize(
    ("written", "trim"),
    [
        ("{start: 0:30}", Trim(30.0)),
        ("{end: -1m}", Trim(0.0, -60.0)),
        ("{start: 0:30, end: -0:30.5}", Trim(30.0, -30.5)),
        ("{start: 1:02:03, end: 1:02:03.5}", Trim(3723.0, 3723.5)),
        ("{start: -2m, end: -1m}", Trim(-120.0, -60.0)),
        ("{start: -1m, end: 5m}", Trim(-60.0, 300.0)),
        ("{start: 1m, end: null}", Trim(60.0)),
        ("{start: 0:00}", None),
        ("{}", None),
        ("", None),
    ],
)
def test_trims_are_read_as_they_are_written_without_yamls_guessing(
    desk: Desk, written: str, trim: Trim | None
) -> None:
    assert load_rule(desk, f"trim: {written}").trim == trim


def test_times_need_no_quotes_on_lines_of_their_own(desk: Desk) -> None:
    rule = load_rule(desk, "trim:", "  start: 1:30", "  end: -1:30")
    assert rule.trim == Trim(90.0, -90.0)


def test_rule_s_own_trim_takes_that_of_the_defaults_away(desk: Desk) -> None:
    book = desk.load("""\
        defaults: {trim: {start: 0:30}, oversize: split, convert: true}
        limits: {encodes: 2}
        rules:
          - {watch: ROOT/in, prompt: a, name: a, trim: null, oversize: reject, convert: false}
          - {watch: ROOT/in, prompt: a, name: b}
    """)
    first, second = book.rules
    assert (first.trim, first.oversize, first.convert) == (None, "reject", False)
    assert (second.trim, second.oversize, second.convert) == (Trim(30.0), "split", True)
    assert book.limits.encodes == 2


@pytest.mark.parametrize("limits", ["0", "17", "many"])
def test_number_of_encodes_is_checked(desk: Desk, limits: str) -> None:
    message = desk.problem(f"limits: {{encodes: {limits}}}\n{RULE}").message
    assert "expected a whole number from 1 to 16" in message


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("0:30", "0:30", "begins at 0:30 and ends at 0:30"),
        ("1m", "0:30", "begins at 1:00 and ends at 0:30"),
        ("-1m", "-2m", "begins at 1:00 before the end and ends at 2:00 before the end"),
        ("-1m", "0:00", "begins at 1:00 before the end and ends at 0:00"),
        ("0s", "0s", "begins at 0:00 and ends at 0:00"),
    ],
)
def test_trim_that_leaves_nothing_of_any_recording_is_refused(
    desk: Desk, start: str, end: str, words: str
) -> None:
    problem = desk.problem(f"{RULE}    trim: {{start: {start}, end: {end}}}\n")
    assert problem.where == "rules[0].trim.end"
    assert "nothing would be left of any recording" in problem.message
    assert words in problem.message


@pytest.mark.parametrize(
    ("line", "where", "words"),
    [
        ("trim: {start: 90}", "trim.start", '"90" is not a time of a recording; write one as 0:30'),
        ("trim: {end: -0s}", "trim.end", "is the end itself"),
        ("trim: {end: [1m]}", "trim.end", "expected a time of the recording such as 1:02:03 or -1m"),
        ("trim: 5m", "trim", "expected a mapping of start and end to times of the recording"),
        ("trim: {begin: 1m}", "trim.begin", "unknown key. Keys here: start, end."),
        ("start: 1m", "start", "unknown key. It belongs under a rule's `trim`."),
        ("every: 1m", "every", "unknown key. It belongs under a rule's `frames`."),
        ("oversize: shrink", "oversize", '"shrink" is none of: compress, split, reject'),
        ("convert: maybe", "convert", "expected true or false, for example `convert: true`"),
        ("match: '*.ts'", "match", "the service takes no .ts files; `convert: true` has them converted"),
        ("match: ['*.mp4', '**/*.FLAC']", "match[1]", "the service takes no .FLAC files; `convert: true`"),
    ],
)
def test_mistake_is_told_at_its_place(desk: Desk, line: str, where: str, words: str) -> None:
    problem = desk.problem(f"{RULE}    {line}\n")
    assert problem.where == f"rules[0].{where}"
    assert words in problem.message


@pytest.mark.parametrize(
    ("written", "where", "words"),
    [
        ("5s", "frames", "expected a mapping of every, at and format"),
        ("{every: 1ms}", "frames.every", "expected a time from 40ms to 1d, or null"),
        ("{every: 5}", "frames.every", "'5' is not a duration"),
        ("{every: null}", "frames", 'no still would be made: "every" is null, and "at" names no moment'),
        ("{at: [0:05, soon]}", "frames.at[1]", '"soon" is not a time of a recording'),
        ("{at: [{a: b}]}", "frames.at[0]", "expected a time of the video such as 1:30, or a list of them"),
        ("{format: gif}", "frames.format", '"gif" is none of: png, jpg'),
    ],
)
def test_mistake_in_stills_is_told_at_its_place(desk: Desk, written: str, where: str, words: str) -> None:
    problem = desk.problem(f"{RULE}    deliver: frames\n    frames: {written}\n")
    assert problem.where == f"rules[0].{where}"
    assert words in problem.message


def test_stills_that_are_not_delivered_are_refused_with_what_to_add(desk: Desk) -> None:
    problem = desk.problem(f"{RULE}    deliver: [video, clips]\n    frames: {{every: 5s}}\n")
    assert (problem.where, place(problem)) == ("rules[0].frames", (5, 5))
    assert "`deliver: [video, clips, frames]`" in problem.message


def test_stills_in_the_defaults_need_one_rule_that_delivers_them(desk: Desk) -> None:
    text = """\
        defaults: {frames: {every: 1s}}
        rules:
          - {watch: ROOT/in, prompt: a, name: a}
          - {watch: ROOT/in, prompt: a, name: b, deliver: %s}
    """
    assert desk.load(text % "frames").rules[1].frames == Frames(1.0)
    problem = desk.problem(text % "clips")
    assert problem.where == "defaults.frames"
    assert "delivered by no rule" in problem.message


def test_other_mistakes_in_what_is_delivered_are_told_alone(desk: Desk) -> None:
    assert desk.problem(f"{RULE}    deliver: [frame]\n    frames: {{every: 5s}}\n").suggestion == "frames"


@pytest.mark.parametrize(
    ("line", "suggestion"),
    [
        ("stills: {every: 5s}", "frames"),
        ("compress: true", "oversize"),
        ("transcode: true", "convert"),
        ("cut: {start: 1m}", "trim"),
        ("trim: {from: 1m}", "start"),
        ("deliver: clip", "clips"),
        ("oversize: spilt", "split"),
    ],
)
def test_other_programs_words_lead_to_the_key_that_is_meant(desk: Desk, line: str, suggestion: str) -> None:
    assert desk.problem(f"{RULE}    {line}\n").suggestion == suggestion


def test_pattern_of_a_convertible_type_is_taken_where_the_rule_converts(desk: Desk) -> None:
    assert load_rule(desk, "convert: true", "match: ['*.ts', '*.mp4']").match == ("*.ts", "*.mp4")
