"""Which folders a service may write: those of its rules, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest
from service_parts import HOME, plan_system, plan_user, read_rules

from nemowatch.service.folders import list_made

STATE = HOME / ".local/state/nemowatch"
ALWAYS = (HOME / ".config/nemovideo", STATE)


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        # Side by side: the folder that holds both, so that a removed output folder is made again.
        ("watch: /home/me/Recordings/talks", "/home/me/Recordings"),
        # What holds both is the home: only the outputs' own.
        ("watch: /home/me/talks", "/home/me/talks-output"),
        ("watch: /srv/talks", "/srv/talks-output"),
        ("watch: /srv/media/talks", "/srv/media"),
        ("watch: /home/me/in, output: '/data/films/{rule}/{stem}'", "/data/films"),
        ("watch: /home/me/in, output: '/data/{stem}'", "/data"),
    ],
)
def test_outputs_are_allowed_where_they_land_and_nothing_that_everybody_shares(
    tmp_path: Path, rule: str, allowed: str
) -> None:
    plan = plan_user(read_rules(tmp_path, rule))
    assert set(plan.writes) == {*ALWAYS, Path(allowed)}


def test_a_watch_folder_is_writable_only_where_recordings_are_taken_out_of_it(tmp_path: Path) -> None:
    kept = plan_user(read_rules(tmp_path, "watch: /home/me/in"))
    moved = plan_user(read_rules(tmp_path, "watch: /home/me/in, after: {move: /home/me/done}"))
    trashed = plan_user(read_rules(tmp_path, "watch: /home/me/in, after: trash"))
    assert Path("/home/me/in") not in kept.writes
    assert {Path("/home/me/in"), Path("/home/me/done")} <= set(moved.writes)
    assert {Path("/home/me/in"), HOME / ".local/share/Trash"} <= set(trashed.writes)


def test_folders_are_made_for_rules_that_are_here_and_not_below_a_bare_mount_point(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "bare").mkdir()
    book = read_rules(
        tmp_path, f"watch: {tmp_path}/here/in", f"watch: {tmp_path}/bare/rec", f"watch: {tmp_path}/new"
    )
    (tmp_path / "here/in").mkdir()
    made = list_made(book, state=STATE, home=HOME, uid=None)
    assert set(made) == {*ALWAYS, tmp_path / "here/in-output/in", tmp_path / "new-output/new"}


def test_folder_that_root_may_not_look_into_is_taken_for_here(tmp_path: Path, as_ordinary_user: None) -> None:
    """As on a share that keeps root out, and not the service's user."""
    share = tmp_path / "share"
    share.mkdir()
    book = read_rules(tmp_path, f"watch: {share}/talks/in, after: trash")
    share.chmod(0o000)
    try:
        made = list_made(book, state=STATE, home=tmp_path, uid=1001)
    finally:
        share.chmod(0o700)
    assert share / "talks/in-output/in" in made


def test_the_state_of_a_service_is_where_nemowatch_looks_as_its_user(tmp_path: Path) -> None:
    book = read_rules(tmp_path, "watch: /srv/media/talks")
    assert plan_user(book).state == STATE
    assert plan_user(book).environment == ()
    assert plan_system(book).state == Path("/var/lib/nemowatch/.local/state/nemowatch")
    moved = plan_user(book, NEMOWATCH_STATE="/data/state", NEMO_API_URL="http://127.0.0.1:1", NEMO_TOKEN="x")
    assert moved.environment == (("NEMO_API_URL", "http://127.0.0.1:1"), ("NEMOWATCH_STATE", "/data/state"))
