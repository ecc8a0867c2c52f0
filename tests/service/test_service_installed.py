"""An installed service is held against its rules: what it forbids, and whether it is what would be installed now."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from service_parts import HOME, PROGRAM, plan_system, plan_user, read_rules, write_rules

from nemowatch.rules import disk
from nemowatch.service import folders
from nemowatch.service.in_time import InTime
from nemowatch.service.installed import describe_forbidden, describe_installed, find_forbidden, judge
from nemowatch.service.plan import Account, make_plan
from nemowatch.service.reading import Unit, read_unit
from nemowatch.service.request import Request
from nemowatch.service.text import service_path, write_service
from nemowatch.service.units import write_unit

TALKS = "watch: /srv/media/My talks"


def install(folder: Path, text: str, *drop_ins: str) -> Unit:
    """A user's unit with drop-ins, read back."""
    path = folder / "nemowatch.service"
    path.write_text(text, encoding="utf-8")
    path.with_name("nemowatch.service.d").mkdir(exist_ok=True)
    for number, drop_in in enumerate(drop_ins):
        (folder / f"nemowatch.service.d/{number}.conf").write_text(drop_in, encoding="utf-8")
    unit = read_unit("user", path, HOME)
    assert unit is not None
    return unit


def test_a_unit_is_read_back_as_it_was_planned(tmp_path: Path) -> None:
    book = read_rules(tmp_path, TALKS, "watch: '/home/me/100% $x'")
    book = replace(book, path=Path("/srv/tab\there \u2028/rules.yaml"))
    plan = plan_user(book, NEMOWATCH_STATE="/data/my state")
    unit = install(tmp_path, write_unit(plan))
    assert unit.command == plan.command
    assert unit.rules == plan.rules
    assert unit.environment == {"NEMOWATCH_STATE": "/data/my state", "NEMOWATCH_SERVICE": "user"}
    assert unit.writes == plan.writes


def test_the_rules_that_a_unit_was_made_of_are_allowed(tmp_path: Path) -> None:
    book = read_rules(tmp_path, TALKS, "watch: /home/me/in, after: {move: /home/me/done}")
    assert find_forbidden(book, install(tmp_path, write_unit(plan_user(book)))) == ()


@pytest.mark.parametrize(
    ("rule", "forbidden"),
    [
        ("watch: /home/me/new", "/home/me/new-output/new"),
        ("watch: /srv/media/new, output: '/data/films/{stem}'", "/data/films"),
        ("watch: /home/me/in, after: trash", "/home/me/in"),
        ("watch: /tmp/new, output: '/srv/media/new/{stem}'", "/tmp/new"),
    ],
)
def test_a_folder_that_is_new_in_the_rules_is_found(tmp_path: Path, rule: str, forbidden: str) -> None:
    book = read_rules(tmp_path, TALKS, "watch: /home/me/in")
    plan = plan_user(book)
    text = write_unit(plan)
    unit = install(tmp_path, text if "PrivateTmp" in text else f"{text}\n[Service]\nPrivateTmp=yes\n")
    assert find_forbidden(read_rules(tmp_path, TALKS, rule), unit) == (Path(forbidden),)


def test_trash_that_is_new_in_the_rules_is_found_once_its_folder_is_here(tmp_path: Path) -> None:
    """Where a share that is away keeps its trash, nobody can tell."""
    home, watched = tmp_path / "home", tmp_path / "in"
    home.mkdir()
    book = read_rules(tmp_path, f"watch: {watched}, after: {{move: {tmp_path}/done}}")
    account = Account("ada", 1001, 1001, home)
    unit = replace(
        install(tmp_path, write_unit(make_plan("user", account, book, environ={}, program=PROGRAM))),
        home=home,
    )
    trashing = read_rules(tmp_path, f"watch: {watched}, after: trash")
    assert find_forbidden(trashing, unit) == ()
    watched.mkdir()
    assert find_forbidden(trashing, unit) == (home / ".local/share/Trash",)


def test_a_drop_in_that_allows_it_counts(tmp_path: Path) -> None:
    unit = install(
        tmp_path, write_unit(plan_user(read_rules(tmp_path, TALKS))), "[Service]\nReadWritePaths=/data\n"
    )
    new = read_rules(tmp_path, "watch: /srv/media/new, output: '/data/films/{stem}'")
    assert find_forbidden(new, unit) == ()


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "real/deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "real/deep")
    book = read_rules(tmp_path, f"watch: /srv/in, output: '{tmp_path}/link/{{stem}}'")
    unit = install(tmp_path, f"[Service]\nProtectSystem=strict\nReadWritePaths={tmp_path}/real\n")
    assert find_forbidden(book, unit) == ()


def test_a_share_that_hangs_holds_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    share, gate = tmp_path / "share", threading.Event()
    for module in (disk, folders):
        monkeypatch.setattr(module, "ANSWER_SECONDS", 0.01)
    for call in ("stat", "lstat", "readlink"):
        monkeypatch.setattr(os, call, hang_below(share, gate, getattr(os, call)))
    book = read_rules(tmp_path, f"watch: {share}/in, after: trash", "watch: /home/me/new")
    unit = install(tmp_path, "[Service]\nProtectSystem=strict\nProtectHome=read-only\n")
    looking = InTime(lambda: find_forbidden(book, unit))
    forbidden = looking.wait(10)
    gate.set()
    assert forbidden == (share / "in-output/in", Path("/home/me/new-output/new"), share / "in")


def hang_below(share: Path, gate: threading.Event, call: Callable[..., Any]) -> Callable[..., Any]:
    """A call of the system that comes back from this folder when the gate is opened, and not before."""

    def look(path: Any, *arguments: Any, **options: Any) -> Any:
        if not isinstance(path, int) and Path(os.fsdecode(path)).is_relative_to(share):
            gate.wait()
        return call(path, *arguments, **options)

    return look


def test_a_system_unit_allows_the_home_of_its_user(tmp_path: Path) -> None:
    path = tmp_path / "nemowatch.service"
    path.write_text(write_unit(plan_system(read_rules(tmp_path, TALKS))), encoding="utf-8")
    unit = read_unit("system", path, Path("/var/lib/nemowatch"))
    assert unit is not None
    assert unit.user == "nemowatch"
    assert find_forbidden(read_rules(tmp_path, "watch: /var/lib/nemowatch/in"), unit) == ()


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The rules of a service of the user who runs the tests, installed in a home of their own."""
    monkeypatch.delenv("NEMOWATCH_STATE")
    rules = write_rules(tmp_path, TALKS)
    path = service_path("user", Path.home())
    path.parent.mkdir(parents=True)
    text = write_service(Request.of(system=False, user_name=None, rules=rules).plan())
    path.write_text(text, encoding="utf-8")
    return rules


def test_a_service_is_current_until_its_rules_need_more(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEMOWATCH_STATE", "/elsewhere")  # of another shell; the unit knows its own
    service = describe_installed("user")
    assert service is not None
    assert (service.is_current, service.reason, service.forbidden) == (True, "", ())
    write_rules(own.parent, TALKS, "watch: /srv/other/in")
    service = describe_installed("user")
    assert service is not None
    assert service.is_current is False
    assert service.forbidden == (Path("/srv/other/in-output/in"),)
    assert service.reason == "It forbids /srv/other/in-output/in."
    assert service.mending_command == f"nemowatch service install --rules {own}"


def test_of_invalid_rules_nothing_can_be_told(own: Path) -> None:
    own.write_text("rules: []\n")
    service = describe_installed("user")
    assert service is not None
    assert service.is_current is None
    assert "can't be used" in service.reason


def test_a_unit_of_another_hand_is_not_current(own: Path) -> None:
    service_path("user", Path.home()).write_text("[Service]\nExecStart=/usr/bin/nemowatch run\n")
    service = describe_installed("user")
    assert service is not None
    assert service.is_current is False
    assert service.reason == "It was not made by this NemoWatch."


def test_a_unit_whose_settings_were_taken_back_is_read_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "nemowatch.service"
    path.write_text("[Service]\nExecStart=/bin/true\nExecStart=\nUser=ada\nUser=\n")
    unit = read_unit("system", path, HOME)
    assert unit is not None
    assert (unit.command, unit.user) == ((), "root")  # as systemd has it


def test_the_daemon_is_told_what_its_unit_forbids_and_what_helps(own: Path) -> None:
    write_rules(own.parent, "watch: /srv/other/in")
    new = Request.of(system=False, user_name=None, rules=own).load()
    (told,) = describe_forbidden(new, {"NEMOWATCH_SERVICE": "user"})
    assert told.startswith("/srv/other/in-output/in is not among the folders that the service may use.")
    assert f"`nemowatch service install --rules {own}`" in told
    assert describe_forbidden(new, {}) == ()
    service_path("user", Path.home()).unlink()
    assert describe_forbidden(new, {"NEMOWATCH_SERVICE": "user"}) == ()


def test_a_system_unit_whose_user_is_gone_is_not_current(tmp_path: Path) -> None:
    path = tmp_path / "nemowatch.service"
    path.write_text(write_unit(plan_system(read_rules(tmp_path, TALKS))).replace("User=", "User=gone-"))
    unit = read_unit("system", path, Path("/"))
    assert unit is not None
    service = judge(unit)
    assert (service.is_current, service.reason) == (False, "There is no user gone-nemowatch.")


@pytest.mark.parametrize("text", ["<?xml version='1.0'?><plist><dict>", "<plist><array/></plist>", "?", ""])
def test_an_agent_that_was_broken_by_hand_is_not_current(tmp_path: Path, text: str) -> None:
    path = tmp_path / "agent.plist"
    path.write_text(text)
    unit = read_unit("agent", path, HOME)
    assert unit is not None
    assert judge(unit).is_current is False


def test_nothing_installed_is_nothing() -> None:
    assert describe_installed("user") is None
