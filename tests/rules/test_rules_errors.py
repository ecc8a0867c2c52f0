"""Every mistake in a rules file is named at its place, with what was expected; all of them at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from rules_parts import Desk, place

from nemowatch.rules.load import load_rules
from nemowatch.rules.problems import MAX_SHOWN, Problem, RulesInvalid

GOOD_RULE = "rules: [{watch: ROOT/in, prompt: a}]\n"


def test_error_looks_like_a_compilers(desk: Desk) -> None:
    problem = desk.problem("rules:\n  - watch: ROOT/in\n    promt: make clips\n")
    assert str(problem) == (
        f'{desk.path}:3:5: rules[0].promt: unknown key. Did you mean "prompt"?\n'
        "        promt: make clips\n"
        "        ^"
    )


def test_all_errors_are_shown_at_once_in_the_files_order(desk: Desk) -> None:
    problems = desk.problems("""\
        limits: {jobs: many}
        scann: 5m
        defaults: {settle: 3}
        rules:
          - watch: ROOT/rules.yaml
            prompt: "{stemm}"
            priority: 11
          - watch: ROOT/in
            output: ROOT/in/out/{stem}
            name: x
          - {prompt: a, name: X, watch: ROOT/in}
    """)
    assert [(problem.where, *place(problem)) for problem in problems] == [
        ("limits.jobs", 1, 16),
        ("scann", 2, 1),
        ("defaults.settle", 3, 20),
        ("rules[0].watch", 5, 12),
        ("rules[0].prompt", 6, 13),
        ("rules[0].priority", 7, 15),
        ("rules[1]", 8, 5),
        ("rules[1].output", 9, 13),
        ("rules[2].name", 11, 23),
    ]
    text = str(RulesInvalid(problems))
    assert text.startswith("the rules can't be used: 9 problems.\n")
    assert text.count("^") == 9


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "{}"])
def test_empty_file_is_refused_with_the_way_to_an_example(desk: Desk, text: str) -> None:
    message = desk.problem(text).message
    assert "the file is empty" in message
    assert "nemowatch init" in message


def test_missing_file_is_refused_with_the_way_to_an_example(tmp_path: Path) -> None:
    with pytest.raises(RulesInvalid) as caught:
        load_rules(tmp_path / "nothing.yaml")
    assert "nothing.yaml: there is no rules file here" in str(caught.value)
    assert "nemowatch init" in caught.value.hint


def test_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RulesInvalid, match="this is not a file"):
        load_rules(tmp_path)


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("rules: a: b\n", (1, 9), 'put a text that holds ": " in quotes'),
        ("rules: [1, 2\n", (1, 13), 'closing "]" is missing'),
        ("rules: {a: 2\n", (1, 13), 'closing "}" is missing'),
        ('rules:\n  - prompt: "open\n', (2, 18), "a quote is opened"),
        ("rules: @x\n", (1, 8), "can't start a value"),
        ("rules: *base\n", (1, 8), "an anchor (&) that is not set above"),
        ("rules: []\n---\nrules: []\n", (2, 1), "a second document"),
        ("rules:\n  - a: 1\n b: 2\n", (3, 2), "check the spaces before it"),
        ("rules: {\n", (1, 9), "a bracket is left open"),
    ],
)
def test_broken_yaml_is_explained(desk: Desk, text: str, where: tuple[int, int], words: str) -> None:
    problem = desk.problem(text)
    assert words in problem.message
    assert place(problem) == where


def test_plain_text_is_no_rules_file(desk: Desk) -> None:
    assert 'found "hello world"' in desk.problem("hello world\n").message


def test_list_at_the_top_is_no_rules_file(desk: Desk) -> None:
    assert 'a list of rules under the key "rules"; found a list' in desk.problem("- watch: x\n").message


def test_every_tab_that_indents_is_named(desk: Desk) -> None:
    problems = desk.problems("rules:\n\t- watch: ROOT/in\n  \t  prompt: a\n")
    assert [place(problem) for problem in problems] == [(2, 1), (3, 3)]
    assert all("a tab indents this line" in problem.message for problem in problems)


def test_tab_inside_a_text_is_allowed(desk: Desk) -> None:
    assert desk.load("rules: [{watch: ROOT/in, prompt: 'a\tb'}]").rules[0].prompts == ("a\tb",)


def test_key_that_is_set_twice_is_named_with_its_first_place(desk: Desk) -> None:
    problem = desk.problem("rules:\n  - watch: ROOT/in\n    prompt: a\n    prompt: b\n")
    assert (place(problem), problem.where) == ((4, 5), "rules[0].prompt")
    assert problem.message == "this key is set already, on line 3."


def test_list_as_a_key_is_refused(desk: Desk) -> None:
    assert "a key must be a word" in desk.problem(f"? [a, b]\n: c\n{GOOD_RULE}").message


def test_merging_a_text_is_refused(desk: Desk) -> None:
    problem = desk.problem("rules: [{watch: ROOT/in, prompt: a, <<: b}]")
    assert problem.message == "only a mapping can be merged."


def test_mistake_in_a_merged_mapping_is_shown_once(desk: Desk) -> None:
    problem = desk.problem("""\
        rules:
          - &base {prompt: a, setle: 3s, watch: ROOT/in}
          - {<<: *base, name: b}
          - {<<: *base, name: c}
    """)
    assert (place(problem), problem.suggestion) == ((2, 23), "settle")


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system [ls]", "!own x", "!!binary eA=="])
def test_tags_are_refused(desk: Desk, tag: str) -> None:
    assert "are not understood" in desk.problem(f"rules: [{{watch: ROOT/in, prompt: {tag}}}]").message


@pytest.mark.parametrize(
    ("text", "where", "suggestion"),
    [
        (f"limit: {{jobs: 2}}\n{GOOD_RULE}", "limit", "limits"),
        (f"nemo: {{api-url: x}}\n{GOOD_RULE}", "nemo.api-url", "api_url"),
        (f"limits: {{job: 2}}\n{GOOD_RULE}", "limits.job", "jobs"),
        (f"log: {{levle: INFO}}\n{GOOD_RULE}", "log.levle", "level"),
        (f"defaults: {{Settle: 3s}}\n{GOOD_RULE}", "defaults.Settle", "settle"),
        ("rules: [{watch: ROOT/in, prompts: a}]", "rules[0].prompts", "prompt"),
        ("rules: [{folder: ROOT/in, prompt: a}]", "rules[0].folder", "watch"),
        (
            "rules: [{watch: ROOT/in, prompt: a, skill: {source: a, version: 1, verson: 1}}]",
            "rules[0].skill.verson",
            "version",
        ),
    ],
)
def test_unknown_key_is_refused_at_every_level(desk: Desk, text: str, where: str, suggestion: str) -> None:
    problem = desk.problem(text)
    assert (problem.where, problem.suggestion) == (where, suggestion)
    assert problem.message.startswith("unknown key.")


def test_unknown_key_like_no_other_lists_the_keys_there_are(desk: Desk) -> None:
    problem = desk.problem(f"log: {{colour: blue}}\n{GOOD_RULE}")
    assert problem.message == "unknown key. Keys here: level, format."


def test_key_at_the_wrong_level_is_sent_home(desk: Desk) -> None:
    problems = desk.problems("jobs: 3\npoll: 3s\nsettle: 1s\nrules: [{watch: ROOT/in, prompt: a, scan: 1m}]")
    assert [problem.message for problem in problems] == [
        "unknown key. It belongs under `limits` or under `history`.",
        "unknown key. It belongs under `nemo`.",
        "unknown key. It belongs in a rule.",
        "unknown key. It belongs at the top level.",
    ]


def test_token_in_the_file_is_refused_and_never_shown(desk: Desk) -> None:
    problem = desk.problem(f"nemo: {{token: nmv_usr_topsecret}}\n{GOOD_RULE}")
    assert "set NEMO_TOKEN" in problem.message
    assert "topsecret" not in str(problem)


@pytest.mark.parametrize(
    ("key", "value", "expected", "found"),
    [
        ("priority", "high", "a whole number from 1 to 10, for example `priority: 1`", '"high"'),
        ("priority", "1.5", "a whole number from 1 to 10", '"1.5"'),
        ("priority", "0", "a whole number from 1 to 10", '"0"'),
        ("priority", "[1]", "a whole number from 1 to 10", "a list"),
        ("recursive", "maybe", "true or false, for example `recursive: true`", '"maybe"'),
        ("watch", "{a: b}", "a folder, or a list of folders", "a mapping"),
        ("watch", "[]", "a folder, or a list of folders", "an empty list"),
        ("watch", "", "a folder, or a list of folders", "nothing"),
        ("prompt", "", "a text, or a list of texts", "nothing"),
        ("prompt", "[]", "a text, or a list of texts", "an empty list"),
        ("prompt", "''", "a text, or a list of texts", '""'),
        ("prompt", "[a, {b: c}]", "a text, or a list of texts", "a mapping"),
        ("name", "a/b", "a name of at most 80 characters, without slashes", '"a/b"'),
        ("name", "[a]", "a name of at most 80 characters", "a list"),
        ("match", "{a: b}", "a pattern, or a list of patterns", "a mapping"),
        ("ignore", "['']", "a pattern, or a list of patterns", '""'),
        ("language", "german!", "an ISO language code, for example `language: de`", '"german!"'),
        ("deliver", "[]", "a list of: video, clips, frames, media", "an empty list"),
        ("output", "[a]", "a whole path with placeholders", "a list"),
        ("settle", "2d", "a time from 0s to 1d, for example `settle: 10s`", '"2d"'),
        ("settle", "[3s]", "a time from 0s to 1d", "a list"),
        ("tracks", "drop", "a mapping of music and title to keep or drop", '"drop"'),
        ("question", "[hold]", "proceed or hold, for example `question: hold`", "a list"),
        ("group", "{a: b}", "none or folder", "a mapping"),
        ("session", "", "file or rule", "nothing"),
        ("retries", "21", "a whole number from 0 to 20", '"21"'),
        ("retries", "-1", "a whole number from 0 to 20", '"-1"'),
        ("skill", "[a]", "the name of a skill, or {source: my-skill, version: 1.2.0}", "a list"),
        ("skill", "{source: a b, version: 1}", "a name of letters, digits, dots and dashes", '"a b"'),
    ],
)
def test_wrong_value_says_what_was_expected_and_found(
    desk: Desk, key: str, value: str, expected: str, found: str
) -> None:
    base = {"watch": "ROOT/in", "prompt": "a", key: value}
    text = "rules:\n  -" + "".join(f"\n    {name}: {each}" for name, each in base.items())
    message = desk.problem(text).message
    assert f"expected {expected}" in message
    assert f"found {found}" in message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("limits: {keep_credits: -1}\n", "a whole number, 0 or more"),
        ("limits: {keep_credits: some}\n", "a whole number, 0 or more"),
        ("limits: {credits_per_day: 0}\n", "a whole number from 1, or null"),
        ("limits: {credits_per_day: 1.5}\n", "a whole number from 1, or null"),
        ("limits: {jobs: 0}\n", "a whole number from 1 to 100"),
        ("limits: {starts: [1]}\n", "a count, a slash and a time, or null"),
        ("nemo: {api_url: ftp://x}\n", "a web address"),
        ("nemo: {poll: 1ms}\n", "a time from 50ms to 1h"),
        ("nemo: nothing\n", "a mapping of keys"),
        ("defaults: [a]\n", "a mapping of a rule's keys"),
        ("scan: 100ms\n", "a time from 1s to 7d"),
        ("scan: {a: b}\n", "a time from 1s to 7d"),
    ],
)
def test_wrong_setting_says_what_was_expected(desk: Desk, text: str, expected: str) -> None:
    assert f"expected {expected}" in desk.problem(text + GOOD_RULE).message


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("settle", "3", "'3' is not a duration; write a number and a unit"),
        ("settle", "0:30", "'0:30' is not a duration"),
        ("deliver", "song", '"song" is none of: video, clips, frames, media'),
        ("question", "ask", '"ask" is none of: proceed, hold'),
        ("tracks", "{music: off}", '"off" is none of: keep, drop'),
        ("tracks", "{captions: drop}", "unknown key. Keys here: music, title."),
        ("music", "drop", "unknown key. It belongs under a rule's `tracks`."),
        ("group", "all", '"all" is none of: none, folder'),
        ("session", "folder", '"folder" is none of: file, rule'),
        ("skill", "opusclib", 'there is no skill "opusclib". Skills: video-extractor, opusclip'),
        ("skill", "{source: a}", 'the key "version" is missing, for example `version: 1.2.0`'),
        ("watch", "talks", 'the folder "talks" is not a whole path'),
        ("watch", "~nobody-here/x", "a user who is not known here"),
        ("match", "'*.txt'", "the service takes no .txt files. It takes: aac avi gif"),
        ("match", "'!rough*'", "exceptions alone"),
        ("match", "'#1'", "is a comment to gitignore"),
        ("ignore", "'!'", "is not a gitignore-style pattern"),
        ("output", "out/{stem}", 'must start with "{watch}", "/" or "~/"'),
        ("output", "'{watch}-output'", "would share this folder; add {stem}, {name} or {job}"),
        ("output", "'{watch}/../out/{stem}'", 'goes up with ".."'),
        ("output", "'{watch}-out/{duration}/{stem}'", "{duration} can't be used here"),
        ("prompt", "'clip of {stemm}'", "{stemm} is not a placeholder. Placeholders: {watch} {rule}"),
        ("prompt", "'{}'", "{} is not a placeholder"),
        ("prompt", "'make {'", 'a single "{" stands alone. Write "{{"'),
        ("prompt", "'make }'", 'a single "}" stands alone. Write "}}"'),
    ],
)
def test_value_with_its_own_rules_says_which(desk: Desk, key: str, value: str, words: str) -> None:
    base = {"watch": "ROOT/in", "prompt": "a", key: value}
    text = "rules:\n  -" + "".join(f"\n    {name}: {each}" for name, each in base.items())
    assert words in desk.problem(text).message


@pytest.mark.parametrize(
    ("key", "value", "suggestion"),
    [
        ("prompt", "'{stemm}'", "{stem}"),
        ("output", "'{watch}-out/{Name}/{stem}'", "{name}"),
        ("skill", "opus-clip", "opusclip"),
        ("deliver", "vidio", "video"),
        ("match", "'*.mp5'", "*.mp4"),
        ("match", "'*.url'", "*.urls"),
        ("group", "folders", "folder"),
        ("tracks", "{titles: drop}", "title"),
    ],
)
def test_nearest_value_is_suggested(desk: Desk, key: str, value: str, suggestion: str) -> None:
    base = {"watch": "ROOT/in", "prompt": "a", key: value}
    text = "rules:\n  -" + "".join(f"\n    {name}: {each}" for name, each in base.items())
    assert desk.problem(text).suggestion == suggestion


def test_two_ways_to_share_a_session_are_refused_with_the_reason(desk: Desk) -> None:
    problem = desk.problem("""\
        defaults: {group: folder}
        rules:
          - {watch: ROOT/in, prompt: a, name: a}
          - {watch: ROOT/in, prompt: b, name: b, session: rule}
          - {watch: ROOT/in, prompt: c, name: c, session: rule, group: none}
    """)
    assert (problem.line, problem.where) == (4, "rules[1].session")
    assert 'Choose one: "session: file" or "group: none".' in problem.message


def test_level_of_the_log_is_suggested(desk: Desk) -> None:
    assert desk.problem(f"log: {{level: inf}}\n{GOOD_RULE}").suggestion == "INFO"


def test_rule_that_is_no_mapping_is_refused(desk: Desk) -> None:
    problem = desk.problem("rules:\n  - {watch: ROOT/in, prompt: a}\n  - just words\n")
    assert (place(problem), problem.where) == ((3, 5), "rules[1]")
    assert "expected a mapping of a rule's keys" in problem.message


@pytest.mark.parametrize("value", ["[]", "", "{a: b}", "text"])
def test_rules_that_are_no_list_are_refused(desk: Desk, value: str) -> None:
    assert "expected a list of rules" in desk.problem(f"scan: 1m\nrules: {value}\n").message


def test_file_without_rules_is_refused(desk: Desk) -> None:
    assert 'the key "rules" is missing' in desk.problem("scan: 1m\n").message


def test_rule_without_folder_and_prompt_names_both(desk: Desk) -> None:
    problems = desk.problems("rules:\n  - name: x\n")
    assert ['"watch" is missing' in problems[0].message, '"prompt" is missing' in problems[1].message] == [
        True
    ] * 2


def test_own_skill_has_no_default_prompt(desk: Desk) -> None:
    problem = desk.problem("rules: [{watch: ROOT/in, skill: {source: a, version: 1}}]")
    assert 'the key "prompt" is missing' in problem.message


@pytest.mark.parametrize("second", ["talks", "TALKS"])
def test_names_are_never_shared(desk: Desk, second: str) -> None:
    problem = desk.problem(f"""\
        rules:
          - {{watch: ROOT/in, prompt: a, name: talks}}
          - {{watch: ROOT/in, prompt: a, name: {second}}}
    """)
    assert (problem.where, problem.line) == ("rules[1].name", 3)
    assert "two rules never share a name" in problem.message


def test_binary_file_is_refused(desk: Desk) -> None:
    assert "a binary file" in desk.problem(b"\x7fELF\x00\x01\x02").message


def test_other_encodings_are_refused(desk: Desk) -> None:
    assert "UTF-16" in desk.problem("rules: []".encode("utf-16")).message
    problem = desk.problem("rules:\n  - prompt: schön\n".encode("latin-1"))
    assert "byte 0xf6 is not UTF-8" in problem.message
    assert place(problem) == (2, 16)


def test_byte_that_is_no_utf8_is_found_behind_a_byte_order_mark_too(desk: Desk) -> None:
    problem = desk.problem(b"\xef\xbb\xbf" + "rules:\n  - prompt: schön\n".encode("latin-1"))
    assert "byte 0xf6 is not UTF-8" in problem.message
    assert place(problem) == (2, 16)


def test_unprintable_characters_are_named_and_never_printed(desk: Desk) -> None:
    problems = desk.problems("rules:\n  - watch: \x1b[31m/in\n    prompt: a\x07b\n")
    assert [place(problem) for problem in problems] == [(2, 12), (3, 14)]
    assert "U+001B" in problems[0].message
    assert "\x1b" not in str(problems[0])


def test_control_character_by_escape_is_refused_in_a_path(desk: Desk) -> None:
    problem = desk.problem('rules: [{watch: "ROOT/i\\en", prompt: a}]')
    assert "expected a folder" in problem.message
    assert "\x1b" not in str(problem)


def test_long_line_is_cut_around_the_mistake(desk: Desk) -> None:
    filler = "x" * 500
    problem = desk.problem(f"rules: [{{watch: ROOT/in, prompt: {filler}, promptt: {filler}}}]")
    _, excerpt, caret = str(problem).split("\n")
    assert len(excerpt) < 110
    assert excerpt[caret.index("^") :].startswith("promptt")


def test_only_so_many_problems_are_printed_and_the_rest_counted() -> None:
    problems = [Problem(Path("r.yaml"), line, 1, "a", "wrong.") for line in range(1, MAX_SHOWN + 8)]
    assert str(RulesInvalid(problems)).endswith("… and 7 more problems.")
