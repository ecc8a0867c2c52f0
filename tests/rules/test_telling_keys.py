"""`notify` and `hook`: what is read, what is refused with which words, and that no address is ever shown."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from rules_parts import Desk

from nemowatch.logs import redact
from nemowatch.rules.rule import Hook, Notify
from nemowatch.rules.telling_kinds import show_address

RULE = "rules:\n  - {watch: ROOT/in, prompt: x, output: 'ROOT/out/{stem}'HOOK}\n"


def with_hook(hook: str) -> str:
    return RULE.replace("HOOK", f", hook: {hook}")


def with_notify(notify: str) -> str:
    return f"notify: {notify}\n" + RULE.replace("HOOK", "")


def test_without_the_keys_nobody_is_told_and_nothing_is_run(desk: Desk) -> None:
    book = desk.load(RULE.replace("HOOK", ""))
    assert book.notices == ()
    assert book.rules[0].hooks == ()


def test_one_section_may_stand_alone_or_in_a_list(desk: Desk) -> None:
    alone = desk.load(with_notify("{url: 'json://127.0.0.1/x', on: done}"))
    listed = desk.load(with_notify("[{url: ['json://127.0.0.1/x'], on: [done]}]"))
    assert alone.notices == listed.notices == (Notify(("json://127.0.0.1/x",), ("done",), 60.0),)
    hook = Hook(("done",), ("true", "{output}"), 60.0)
    assert desk.load(with_hook("{run: [true, '{output}']}")).rules[0].hooks == (hook,)
    assert desk.load(with_hook("[{run: [true, '{output}']}]")).rules[0].hooks == (hook,)


def test_sections_with_nothing_in_them_are_left_out(desk: Desk) -> None:
    assert desk.load(with_notify("")).notices == ()
    assert desk.load(with_hook("[]")).rules[0].hooks == ()


def test_hook_of_the_defaults_holds_until_a_rule_has_its_own(desk: Desk) -> None:
    text = """\
        defaults: {hook: {run: [echo]}, prompt: x}
        rules:
          - {name: a, watch: ROOT/in, output: 'ROOT/a/{stem}'}
          - {name: b, watch: ROOT/in, output: 'ROOT/b/{stem}', hook: {on: failed, run: [~/bin/mine], timeout: 2m}}
        """
    first, second = desk.load(text).rules
    assert first.hooks == (Hook(("done",), ("echo",)),)
    assert second.hooks == (Hook(("failed",), (str(Path("~/bin/mine").expanduser()),), 120.0),)


@pytest.mark.parametrize(
    ("hook", "said"),
    [
        ("{on: [finished], run: [echo]}", '"finished" is none of: done, failed, attention, held, cancelled'),
        ("{on: [done]}", 'the key "run" is missing, for example `run: [~/bin/publish'),
        ("{run: [echo, '{stm}']}", "{stm} is not a placeholder here"),
        ("{run: ['{stem}']}", "the program can't be chosen by a placeholder"),
        ("{run: ['bin/mine']}", "neither a whole path nor the bare name"),
        (
            "{run: 'echo done'}",
            "no shell takes this apart: write the program and each argument by itself, [echo, done]",
        ),
        ("{run: []}", "expected a list of a program and its arguments"),
        ("{run: [echo], timeout: 0s}", "expected a time from 1s to 1d"),
        ("{run: [echo], when: done}", "unknown key"),
        ("echo", "expected a mapping of on, run and timeout"),
        ("[echo]", "expected a mapping of on, run, timeout"),
        ("[{run: [echo]}, {run: [echo], on: sent}]", '"sent" is none of'),
    ],
)
def test_wrong_hook_is_told_at_its_place(desk: Desk, hook: str, said: str) -> None:
    problem = desk.problem(with_hook(hook))
    assert said in problem.message
    assert problem.where.startswith("rules[0].hook")
    assert problem.line == 2


def test_mistake_in_a_section_that_stands_alone_is_shown_at_its_own_line(desk: Desk) -> None:
    text = "notify:\n  url: json://127.0.0.1/x\n  on: [done, soon]\n" + RULE.replace("HOOK", "")
    problem = desk.problem(text)
    assert (problem.line, problem.where) == (3, "notify.on[1]")


def test_wrong_notice_hides_no_other_mistake(desk: Desk) -> None:
    text = "notify:\n  - {url: 'json://127.0.0.1/x', on: soon}\n" + RULE.replace("HOOK", ", settle: 3")
    assert {problem.where for problem in desk.problems(text)} == {"notify[0].on", "rules[0].settle"}


@pytest.mark.parametrize(
    "address",
    [
        "tgram://123456789:abcdefg_hijklmnop/12315544",
        "mailtos://me:pa55wort@example.org?to=you@example.org",
        "https://discord.com/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
    ],
)
def test_address_is_hidden_as_a_whole_and_in_its_parts(desk: Desk, address: str) -> None:
    book = desk.load(with_notify(f"{{url: '{address}'}}"))
    assert address not in repr(book)
    assert redact(f"sent to {address}.") == "sent to [secret]."
    for secret in (
        "abcdefg_hijklmnop",
        "pa55wort",
        "JHMHI8qBe7bk2ZwO5U711o3dV_js",
        "TIiajkdnlazkcOXrIdevi7FQ",
    ):
        if secret in address:
            assert secret not in redact(f"POST /{secret}/send failed")
    assert (
        redact("nemowatch talks to discord.com and example.org")
        == "nemowatch talks to discord.com and example.org"
    )
    assert show_address(address) == f"{address.partition(':')[0]}://…"


def test_wrong_address_is_told_without_being_shown(desk: Desk) -> None:
    problem = desk.problem(with_notify("{url: 'my-bot-token-12345'}"))
    assert "this is no address of Apprise's" in problem.message
    assert "my-bot-token-12345" not in str(problem)


def test_mistake_beside_an_address_does_not_show_it(desk: Desk) -> None:
    problem = desk.problem(
        with_notify("{url: 'ntfys://tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2@ntfy.sh/x', on: nothing}")
    )
    assert "AgQdq7mVBoFD37zQVN29RhuMzNIz2" not in str(problem)


@pytest.mark.parametrize(
    "written",
    [
        "tgram://12345:hunter2hunter2: x",
        "https://discord.com/api/webhooks/hunter2hunter2: x",
        "https://me:hunter2hunter2@example.org: x",
        "'mailtos://me:hunter2hunter2@example.org' x",
    ],
)
def test_address_in_a_file_that_is_no_yaml_is_not_shown(desk: Desk, written: str) -> None:
    problem = desk.problem(with_notify("").replace("notify: ", f"notify:\n  url: {written}"))
    assert "this is not YAML" in problem.message
    assert "hunter2" not in str(problem)
    assert "://" in str(problem)


def test_missing_apprise_is_told_with_what_to_install(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    problem = desk.problem(with_notify("{url: 'json://127.0.0.1/x'}"))
    assert 'pip install "nemowatch[notify]"' in problem.message
    assert problem.where == "notify"
    assert desk.load(RULE.replace("HOOK", "")).notices == ()
