"""An installed service is held against its rules: what it forbids, and whether it is what would be installed now."""

from __future__ import annotations

from pathlib import Path

import pytest
from service_parts import HOME, plan_system, plan_user, read_rules, write_rules

from nemowatch.service.installed import describe_forbidden, describe_installed, find_forbidden
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
    plan = plan_user(
        read_rules(tmp_path, TALKS, "watch: '/home/me/100% $x'"), NEMOWATCH_STATE="/data/my state"
    )
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


def test_the_daemon_is_told_what_its_unit_forbids_and_what_helps(own: Path) -> None:
    write_rules(own.parent, "watch: /srv/other/in")
    new = Request.of(system=False, user_name=None, rules=own).load()
    (told,) = describe_forbidden(new, {"NEMOWATCH_SERVICE": "user"})
    assert told.startswith("/srv/other/in-output/in is not among the folders that the service may use.")
    assert f"`nemowatch service install --rules {own}`" in told
    assert describe_forbidden(new, {}) == ()
    service_path("user", Path.home()).unlink()
    assert describe_forbidden(new, {"NEMOWATCH_SERVICE": "user"}) == ()


def test_nothing_installed_is_nothing() -> None:
    assert describe_installed("user") is None
