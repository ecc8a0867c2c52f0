"""Good rules files become the values that they mean."""

from __future__ import annotations

from pathlib import Path

import pytest
from rules_parts import Desk

from nemowatch import __version__
from nemowatch.rules.rule import Limits, Skill

SMALLEST = """\
    rules:
      - watch: ROOT/in
        prompt: make clips
"""


def test_smallest_file_has_all_defaults(desk: Desk) -> None:
    book = desk.load(SMALLEST)
    (rule,) = book.rules
    assert rule.name == "in"
    assert rule.watch == (desk.root / "in",)
    assert rule.match == rule.ignore == ()
    assert not rule.recursive
    assert rule.skill == Skill("nemowatch", __version__, None)
    assert rule.prompts == ("make clips",)
    assert rule.language == "en"
    assert rule.deliver == ("video", "media")
    assert rule.output == "{watch}-output/{rule}/{dir}/{stem}"
    assert (rule.settle_seconds, rule.priority, rule.retries) == (3.0, 5, 3)
    assert (rule.question, rule.drop_tracks, rule.group, rule.session) == ("proceed", (), "none", "file")
    assert book.limits == Limits(jobs=4, starts=(30, 60.0), keep_credits=0, credits_per_day=None)
    assert (book.scan_seconds, book.log_level, book.log_format) == (300.0, "INFO", "text")
    assert book.nemo.api_url == "https://mega-api-prod.nemovideo.ai"
    assert (book.nemo.web_url, book.nemo.poll_seconds) == ("https://nemovideo.com", 30.0)
    assert book.path == desk.path


def test_every_key_is_read(desk: Desk) -> None:
    desk.folder("other")
    book = desk.load("""\
        nemo: {api_url: "http://127.0.0.1:8700/", web_url: https://example.org, language: fr, poll: 500ms}
        limits: {jobs: 2, starts: 5/10s, keep_credits: 50, credits_per_day: 500}
        scan: 1m30s
        log: {level: debug, format: json}
        rules:
          - name: shorts
            watch: [ROOT/in, ROOT/other]
            match: ["*.mp4", "day1/"]
            ignore: drafts/
            recursive: true
            skill: {source: my-skill, version: 1.10}
            prompt: ["make clips of {stem}", "add {{captions}}"]
            language: de
            deliver: [video, video]
            tracks: {title: drop, music: Drop}
            question: hold
            group: none
            session: rule
            retries: 0
            output: ROOT/out/{rule}/{job}
            settle: 250ms
            priority: 1
    """)
    (rule,) = book.rules
    assert book.nemo.api_url == "http://127.0.0.1:8700"
    assert (book.nemo.language, book.nemo.poll_seconds) == ("fr", 0.5)
    assert book.limits == Limits(jobs=2, starts=(5, 10.0), keep_credits=50, credits_per_day=500)
    assert (book.scan_seconds, book.log_level, book.log_format) == (90.0, "DEBUG", "json")
    assert rule.watch == (desk.root / "in", desk.root / "other")
    assert (rule.match, rule.ignore, rule.recursive) == (("*.mp4", "day1/"), ("drafts/",), True)
    assert rule.skill == Skill("my-skill", "1.10", None)
    assert rule.prompts == ("make clips of {stem}", "add {{captions}}")
    assert (rule.language, rule.deliver) == ("de", ("video",))
    assert rule.output == f"{desk.root}/out/{{rule}}/{{job}}"
    assert (rule.settle_seconds, rule.priority, rule.retries) == (0.25, 1, 0)
    assert (rule.question, rule.drop_tracks) == ("hold", ("music", "title"))
    assert (rule.group, rule.session) == ("none", "rule")


def test_skill_brings_its_prompt_where_the_rule_has_none(desk: Desk) -> None:
    book = desk.load("rules: [{watch: ROOT/in, skill: opusclip}]")
    assert book.rules[0].prompts == ("extract the top 5 viral short clips from this long video",)
    assert book.rules[0].skill.version == "1.0.0"


def test_defaults_hold_where_a_rule_says_nothing(desk: Desk) -> None:
    desk.folder("b")
    first, second = desk.load("""\
        defaults: {prompt: from the defaults, settle: 10s, recursive: true}
        rules:
          - watch: ROOT/in
          - {watch: ROOT/b, prompt: its own, recursive: false}
    """).rules
    assert (first.prompts, first.settle_seconds, first.recursive) == (("from the defaults",), 10.0, True)
    assert (second.prompts, second.settle_seconds, second.recursive) == (("its own",), 10.0, False)


def test_defaults_hold_for_sessions_and_tracks_too(desk: Desk) -> None:
    desk.folder("b")
    first, second = desk.load("""\
        defaults: {prompt: a, question: hold, tracks: {music: drop}, group: folder, retries: 20}
        rules:
          - watch: ROOT/in
          - {watch: ROOT/b, question: proceed, tracks: {title: drop}, group: none, session: rule, retries: 1}
    """).rules
    assert (first.question, first.drop_tracks, first.retries) == ("hold", ("music",), 20)
    assert (first.group, first.session) == ("folder", "file")
    assert (second.question, second.drop_tracks, second.retries) == ("proceed", ("title",), 1)
    assert (second.group, second.session) == ("none", "rule")


def test_folders_may_be_groups_without_subfolders(desk: Desk) -> None:
    (rule,) = desk.load("rules: [{watch: ROOT/in, prompt: a, group: folder}]").rules
    assert (rule.group, rule.recursive) == ("folder", False)


@pytest.mark.parametrize("written", ["tracks:", "tracks: {}", "tracks: {music: keep}"])
def test_tracks_stay_unless_they_are_dropped(desk: Desk, written: str) -> None:
    assert desk.load(f"rules:\n  - watch: ROOT/in\n    prompt: a\n    {written}\n").rules[0].drop_tracks == ()


def test_anchors_and_merges_work(desk: Desk) -> None:
    desk.folder("b")
    first, second, third = desk.load("""\
        rules:
          - &base
            name: base
            watch: ROOT/in
            prompt: &words [make clips, add titles]
            settle: 10s
          - <<: *base
            name: second
            priority: 1
          - <<: [{settle: 1s, name: third}, *base]
            watch: ROOT/b
            prompt: *words
    """).rules
    assert (second.name, second.prompts, second.settle_seconds) == ("second", first.prompts, 10.0)
    assert second.priority == 1
    assert (third.name, third.settle_seconds, third.watch) == ("third", 1.0, (desk.root / "b",))


def test_name_is_made_from_the_folder(desk: Desk) -> None:
    desk.folder("x/deep")
    book = desk.load("""\
        rules:
          - {watch: ROOT/in, prompt: a}
          - {watch: ROOT/x/deep/, prompt: b}
          - {watch: ROOT/in, prompt: c, name: in-2}
    """)
    assert [rule.name for rule in book.rules] == ["in", "deep", "in-2"]


def test_rules_that_would_get_the_same_name_are_to_be_named(desk: Desk) -> None:
    # A number would do, but a rule put between the two would then take over the files of the next one.
    (problem,) = desk.problems("""\
        rules:
          - {watch: ROOT/in, prompt: a}
          - {watch: ROOT/in, prompt: b}
    """)
    assert 'rules[0] is called "in" too' in problem.message
    assert "give each a `name`" in problem.message


@pytest.mark.parametrize("written", ["5", "0:30", "on", "no", "1.10", "2026-01-31", "0x1F", "1_000", ".5"])
def test_text_that_yaml_takes_for_something_else_stays_text(desk: Desk, written: str) -> None:
    assert desk.load(f"rules: [{{watch: ROOT/in, prompt: {written}}}]").rules[0].prompts == (written,)


def test_norwegian_is_a_language(desk: Desk) -> None:
    assert desk.load("rules: [{watch: ROOT/in, prompt: a, language: no}]").rules[0].language == "no"


@pytest.mark.parametrize(
    ("written", "meant"), [("yes", True), ("on", True), ("Off", False), ("'true'", True)]
)
def test_all_words_for_yes_and_no_are_understood(desk: Desk, written: str, *, meant: bool) -> None:
    book = desk.load(f"rules: [{{watch: ROOT/in, prompt: a, recursive: {written}}}]")
    assert book.rules[0].recursive is meant


def test_quoted_numbers_are_numbers_where_numbers_are_wanted(desk: Desk) -> None:
    assert desk.load(f"limits: {{jobs: '7'}}\n{SMALLEST.replace('    rules', 'rules', 1)}").limits.jobs == 7


def test_starts_may_be_unlimited(desk: Desk) -> None:
    text = "limits: {starts: null}\nrules: [{watch: ROOT/in, prompt: a}]"
    assert desk.load(text).limits.starts is None


def test_day_may_be_unlimited(desk: Desk) -> None:
    text = "limits: {credits_per_day: null}\nrules: [{watch: ROOT/in, prompt: a}]"
    assert desk.load(text).limits.credits_per_day is None


@pytest.mark.parametrize("patterns", ["'*.urls'", "['*.mp4', '*.URLS']"])
def test_lists_of_addresses_can_be_matched(desk: Desk, patterns: str) -> None:
    assert desk.load(f"rules: [{{watch: ROOT/in, prompt: a, match: {patterns}}}]").rules[0].match


def test_sections_without_keys_are_as_good_as_left_out(desk: Desk) -> None:
    text = "nemo:\nlimits:\n  # jobs: 3\nlog: {}\ndefaults:\nrules: [{watch: ROOT/in, prompt: a}]"
    assert desk.load(text).limits.jobs == 4


def test_byte_order_mark_and_windows_line_ends_are_read(desk: Desk) -> None:
    text = f"\ufeffrules:\r\n  - watch: {desk.root}/in\r\n    prompt: schön 🎬\r\n"
    assert desk.load(text.encode()).rules[0].prompts == ("schön 🎬",)


def test_home_folder_is_expanded(desk: Desk) -> None:
    home = Path.home()
    (home / "talks").mkdir()
    book = desk.load("rules: [{watch: ~/talks/, prompt: a, output: '~/done/{stem}'}]")
    assert book.rules[0].watch == (home / "talks",)
    assert book.rules[0].output == f"{home}/done/{{stem}}"


def test_addresses_of_the_environment_win(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEMO_API_URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("NEMO_WEB_URL", "http://127.0.0.1:10")
    nemo = desk.load("nemo: {api_url: 'https://a.example'}\nrules: [{watch: ROOT/in, prompt: a}]").nemo
    assert (nemo.api_url, nemo.web_url) == ("http://127.0.0.1:9", "http://127.0.0.1:10")


def test_address_of_the_environment_is_checked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEMO_API_URL", "not-an-address")
    problem = desk.problem("rules: [{watch: ROOT/in, prompt: a}]")
    assert "NEMO_API_URL" in problem.message
    assert problem.line == 0


def test_outputs_inside_another_rules_flat_folder_are_allowed(desk: Desk) -> None:
    desk.folder("in/deep")
    book = desk.load("""\
        rules:
          - {watch: ROOT/in, prompt: a}
          - {watch: ROOT/in/deep, prompt: b}
    """)
    assert len(book.rules) == 2


def test_thousand_rules_are_read(desk: Desk) -> None:
    for number in range(1000):
        desk.folder(f"many/{number}")
    text = "rules:\n" + "".join(f"  - {{watch: ROOT/many/{n}, prompt: p}}\n" for n in range(1000))
    assert len(desk.load(text).rules) == 1000
