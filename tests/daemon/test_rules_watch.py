import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from helpers import FakeClock, async_wait_until
from loguru import logger

from nemowatch.daemon import Daemon
from nemowatch.daemon.rules_watch import RulesWatch
from nemowatch.jobs.errors import DatabaseUnusable
from nemowatch.places import StateFolder
from nemowatch.rules.load import load_rules


class Follower:
    """Keeps the names of the rules that were put in force, and can be told to fail."""

    def __init__(self) -> None:
        self.names: list[list[str]] = []
        self.failure: Exception | None = None

    async def apply(self, book) -> None:
        if self.failure:
            raise self.failure
        self.names.append([rule.name for rule in book.rules])


def rules_text(folder: Path, *names: str) -> str:
    return "rules:\n" + "".join(
        f"  - {{name: {name}, watch: {folder}, prompt: make it short}}\n" for name in names
    )


@pytest.fixture
def rules(tmp_path):
    (tmp_path / "watched").mkdir()
    path = tmp_path / "rules.yaml"
    path.write_text(rules_text(tmp_path / "watched", "one"))
    return path


@asynccontextmanager
async def watched(rules: Path) -> AsyncIterator[tuple[RulesWatch, Follower, FakeClock]]:
    clock, follower = FakeClock(), Follower()
    watch = RulesWatch(load_rules(rules), clock, follower.apply)
    task = asyncio.create_task(watch.run())
    try:
        yield watch, follower, clock
    finally:
        task.cancel()


async def until(clock: FakeClock, predicate) -> None:
    """Move the clock on, a bit whenever the watch has done what the one before asked."""
    for _ in range(1000):
        if predicate():
            return
        await async_wait_until(lambda: any(due > clock.monotonic() for due, _ in clock._sleepers))
        clock.move(0.25)
    raise AssertionError("it never comes")


async def within_two_seconds(clock: FakeClock, predicate) -> None:
    """Let at most two seconds of the clock go by, each bit when the watch has done what the one before asked."""
    for _ in range(8):
        if predicate():
            return
        await async_wait_until(lambda: any(due > clock.monotonic() for due, _ in clock._sleepers))
        clock.move(0.25)
    await async_wait_until(predicate)


@pytest.mark.parametrize("way", ["in place", "by rename", "deleted and restored", "behind a link"])
async def test_saved_rules_are_in_force_within_two_seconds(rules, way):
    folder = rules.parent / "watched"
    if way == "behind a link":
        target = rules.rename(rules.parent / "real.yaml")
        rules.symlink_to(target)
    async with watched(rules) as (watch, follower, clock):
        new = rules_text(folder, "one", "two")
        if way == "by rename":
            (rules.parent / ".rules.swp").write_text(new)
            (rules.parent / ".rules.swp").replace(rules)
        elif way == "deleted and restored":
            rules.unlink()
            await within_two_seconds(clock, lambda: watch.standing.error)
            rules.write_text(new)
        else:
            rules.write_text(new)
        await within_two_seconds(clock, lambda: follower.names == [["one", "two"]])
        assert watch.standing.error == ""
        assert watch.standing.digest == hashlib.sha256(new.encode()).hexdigest()


async def test_broken_edit_changes_nothing_and_is_told(rules):
    async with watched(rules) as (watch, follower, clock):
        digest = watch.standing.digest
        rules.write_text("rules:\n  - {name: one, wach: /nowhere}\n")
        await within_two_seconds(clock, lambda: watch.standing.error)
        assert "wach" in watch.standing.error
        assert (follower.names, watch.standing.digest) == ([], digest)


async def test_broken_edit_that_is_taken_back_leaves_all_as_it_was(rules):
    good = rules.read_text()
    async with watched(rules) as (watch, follower, clock):
        rules.write_text("rules: [")
        await within_two_seconds(clock, lambda: watch.standing.error)
        rules.write_text(good)
        await within_two_seconds(clock, lambda: not watch.standing.error)
        assert follower.names == []


async def test_file_that_is_only_touched_changes_nothing(rules):
    async with watched(rules) as (watch, follower, clock):
        loaded_at = watch.standing.loaded_at
        rules.write_text(rules.read_text())
        os.utime(rules, ns=(5, 5))
        await within_two_seconds(clock, lambda: watch._read_signature[1] == 5)
        assert (follower.names, watch.standing.loaded_at) == ([], loaded_at)


async def test_rules_that_were_asked_for_are_read_although_nothing_has_changed(rules):
    async with watched(rules) as (watch, follower, clock):
        loaded_at = watch.standing.loaded_at
        clock.move(0.1)
        watch.ask()
        await within_two_seconds(clock, lambda: follower.names == [["one"]])
        await async_wait_until(lambda: watch.standing.loaded_at > loaded_at)


async def test_rules_that_can_not_be_put_in_force_are_told_once_and_tried_again_by_themselves(rules):
    lines: list[str] = []
    number = logger.add(lines.append, format="{message}", level="WARNING")
    async with watched(rules) as (watch, follower, clock):
        follower.failure = DatabaseUnusable("The database can't be used: disk is full.")
        tries = 0

        async def fail(book) -> None:
            nonlocal tries
            tries += 1
            raise follower.failure

        put_in_force, watch._apply = watch._apply, fail
        rules.write_text(rules_text(rules.parent / "watched", "two"))
        await within_two_seconds(clock, lambda: watch.standing.error)
        await until(clock, lambda: tries == 3)
        assert clock.monotonic() > 60
        watch._apply, follower.failure = put_in_force, None
        await until(clock, lambda: follower.names == [["two"]])
        await async_wait_until(lambda: not watch.standing.error)
        later = clock.monotonic() + 60
        await until(clock, lambda: clock.monotonic() > later)
        assert follower.names == [["two"]]
    logger.remove(number)
    assert [line.rstrip("\n") for line in lines] == [
        (
            "The new rules can't be put in force; it is tried again. The rules from before stay in force. "
            "The database can't be used: disk is full."
        )
    ]


async def test_edit_takes_effect_while_the_first_look_through_the_folders_goes_on(rules, monkeypatch):
    follower, clock = Follower(), FakeClock()
    monkeypatch.setattr(Daemon, "_follow", lambda _, book: follower.apply(book))
    daemon = Daemon(load_rules(rules), StateFolder(rules.parent / "state"), clock=clock)
    house = SimpleNamespace(intake=SimpleNamespace(scan_all=asyncio.Event().wait))
    async with AsyncExitStack() as parts:
        working = asyncio.create_task(daemon._work(parts, house, once=False))
        parts.callback(working.cancel)
        rules.write_text(rules_text(rules.parent / "watched", "two"))
        await within_two_seconds(clock, lambda: follower.names == [["two"]])


async def test_rules_that_can_not_be_put_in_force_are_told_and_tried_again_when_saved(rules):
    async with watched(rules) as (watch, follower, clock):
        follower.failure = RuntimeError("no room for them")
        rules.write_text(rules_text(rules.parent / "watched", "two"))
        await within_two_seconds(clock, lambda: watch.standing.error == "no room for them")
        follower.failure = None
        rules.write_text(rules_text(rules.parent / "watched", "three"))
        await within_two_seconds(clock, lambda: follower.names == [["three"]])


async def test_reload_is_announced_before_it_and_when_it_is_over_however_it_ends(rules):
    announced: list[str] = []

    @contextmanager
    def announce():
        announced.append("begins")
        yield
        announced.append("over")

    async with watched(rules) as (watch, follower, clock):
        watch.around_reload = announce
        reloading = asyncio.create_task(watch.reload())
        await within_two_seconds(clock, reloading.done)
        assert (announced, follower.names) == (["begins", "over"], [["one"]])
        rules.write_text("rules: [")
        watch.ask()
        await within_two_seconds(clock, lambda: len(announced) == 4)
        assert "rules" in watch.standing.error


async def test_edit_that_is_seen_is_not_announced_as_a_reload(rules):
    async with watched(rules) as (watch, follower, clock):
        watch.around_reload = lambda: pytest.fail("nobody asked")
        rules.write_text(rules_text(rules.parent / "watched", "two"))
        await within_two_seconds(clock, lambda: follower.names == [["two"]])
