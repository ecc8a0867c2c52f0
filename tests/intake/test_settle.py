from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from nemowatch.intake.records import Candidate, FileVersion
from nemowatch.intake.settle import LONGEST_PAUSE_SECONDS, SHORTEST_LOOK_SECONDS, Settler

FILE = Candidate("clips", Path("/r/talk.mp4"))


def version(size: int = 100, mtime_ns: int = 1, inode: int = 7) -> FileVersion:
    return FileVersion(FILE.path, size, mtime_ns, inode)


def settled_at(
    settler: Settler, seen: FileVersion, *, until: float, at_gate: list[float] | None = None
) -> float | None:
    """Look whenever a look is due; when the file settles is when this returns."""
    while (due := settler.next_due()) is not None and due <= until:
        for candidate in settler.due(due):
            if settler.observe(candidate, seen, due):
                return due
    return None


def test_quiet_file_settles_after_its_settle_time():
    settler = Settler()
    settler.sight(FILE, version(), 3.0, now=10.0)
    assert settled_at(settler, version(), until=100.0) == 13.0


def test_hinted_file_settles_its_settle_time_after_the_hint():
    settler = Settler()
    settler.hint(FILE, 3.0, now=10.0)
    assert settled_at(settler, version(), until=100.0) == 13.0


def test_settle_time_of_zero_settles_at_the_first_look():
    settler = Settler()
    settler.hint(FILE, 0.0, now=10.0)
    assert settled_at(settler, version(), until=100.0) == 10.0


def test_file_that_keeps_growing_is_not_settled():
    settler = Settler()
    settler.sight(FILE, version(size=1), 3.0, now=0.0)
    for size in range(2, 50):
        due = settler.next_due()
        assert due is not None
        assert settler.due(due) == [FILE]
        assert not settler.observe(FILE, version(size=size), due)


def test_file_that_changes_without_events_settles_after_it_was_seen_unchanged():
    settler = Settler()
    settler.sight(FILE, version(size=1), 3.0, now=0.0)
    assert settled_at(settler, version(size=2), until=100.0) == 6.0


def test_replaced_file_of_the_same_size_and_time_is_another_version():
    settler = Settler()
    settler.sight(FILE, version(inode=1), 3.0, now=0.0)
    assert settled_at(settler, version(inode=2), until=100.0) == 6.0


def test_hint_lengthens_the_quiet_time():
    settler = Settler()
    settler.sight(FILE, version(), 3.0, now=0.0)
    settler.hint(FILE, 3.0, now=2.0)
    assert settled_at(settler, version(), until=100.0) == 5.0


def test_second_sighting_of_the_same_version_changes_nothing():
    settler = Settler()
    settler.sight(FILE, version(), 3.0, now=0.0)
    settler.sight(FILE, version(), 3.0, now=2.9)
    assert settled_at(settler, version(), until=100.0) == 3.0


def test_sighting_of_another_version_starts_the_quiet_time_anew():
    settler = Settler()
    settler.sight(FILE, version(size=1), 3.0, now=0.0)
    settler.sight(FILE, version(size=2), 3.0, now=2.0)
    assert settled_at(settler, version(size=2), until=100.0) == 5.0


def test_storm_of_hints_causes_few_looks():
    settler = Settler()
    looks = 0
    for millisecond in range(1000):
        now = millisecond / 1000
        settler.hint(FILE, 3.0, now)
        for candidate in settler.due(now):
            looks += 1
            settler.observe(candidate, version(size=millisecond + 1), now)
    assert 2 <= looks <= 1 / SHORTEST_LOOK_SECONDS + 1


def test_last_hint_of_a_storm_is_followed_by_a_look_soon():
    settler = Settler()
    settler.hint(FILE, 3.0, 0.0)
    settler.due(0.0)
    settler.observe(FILE, version(size=1), 0.0)
    settler.hint(FILE, 3.0, 0.01)
    due = settler.next_due()
    assert due == SHORTEST_LOOK_SECONDS
    settler.due(due)
    assert not settler.observe(FILE, version(size=2), due)
    assert settled_at(settler, version(size=2), until=100.0) == due + 3.0


def test_hint_during_a_look_is_not_lost():
    settler = Settler()
    settler.sight(FILE, version(), 3.0, now=0.0)
    assert settler.due(3.0) == [FILE]
    settler.hint(FILE, 3.0, now=3.1)
    assert not settler.observe(FILE, version(), 3.0)
    assert settled_at(settler, version(), until=100.0) == 6.1


def test_file_that_reappears_during_a_look_that_missed_it_is_not_lost():
    settler = Settler()
    settler.sight(FILE, version(), 3.0, now=0.0)
    settler.due(3.0)
    settler.hint(FILE, 3.0, now=3.1)
    settler.observe(FILE, None, 3.0)
    assert FILE in settler


def test_vanished_file_is_dropped():
    settler = Settler()
    settler.sight(FILE, version(), 3.0, now=0.0)
    settler.due(3.0)
    assert not settler.observe(FILE, None, 3.0)
    assert FILE not in settler
    assert settler.next_due() is None


def test_empty_file_waits_and_no_longer_counts_as_busy():
    settler = Settler()
    settler.sight(FILE, version(size=0), 3.0, now=0.0)
    assert settler.is_busy()
    assert settled_at(settler, version(size=0), until=3600.0) is None
    assert not settler.is_busy()
    settler.hint(FILE, 3.0, now=4000.0)
    assert settler.is_busy()
    assert settled_at(settler, version(size=5), until=5000.0) == 4003.0


def test_postponed_file_is_looked_at_for_ever_with_growing_pauses():
    settler = Settler()
    settler.sight(FILE, version(), 3.0, now=0.0)
    now, times = 0.0, []
    for _ in range(100):
        settled = settled_at(settler, version(), until=now + LONGEST_PAUSE_SECONDS)
        assert settled is not None
        times.append(settled)
        now = settled
        settler.postpone(FILE, now)
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert pauses == sorted(pauses)
    assert pauses[0] == 3.0
    assert pauses[-1] == LONGEST_PAUSE_SECONDS


def test_hint_on_a_postponed_file_brings_it_back_at_once():
    settler = Settler()
    settler.sight(FILE, version(), 3.0, now=0.0)
    for _ in range(10):
        now = settled_at(settler, version(), until=1e6)
        settler.postpone(FILE, now)
    settler.hint(FILE, 3.0, now=now + 1.0)
    assert settled_at(settler, version(), until=1e6) == now + 4.0


def test_file_stirred_at_the_gate_comes_back_instead_of_being_forgotten():
    settler = Settler()
    settler.sight(FILE, version(), 3.0, now=0.0)
    settled_at(settler, version(), until=10.0)
    settler.hint(FILE, 3.0, now=4.0)
    assert settler.due(100.0) == [], "only one look or check at a time"
    assert settler.is_stirred(FILE)
    settler.finish(FILE, now=5.0)
    assert settled_at(settler, version(), until=100.0) == 7.0


def test_scan_that_sees_another_version_stirs_a_file_at_the_gate():
    settler = Settler()
    settler.sight(FILE, version(size=1), 3.0, now=0.0)
    settled_at(settler, version(size=1), until=10.0)
    settler.sight(FILE, version(size=2), 3.0, now=4.0)
    assert settler.is_stirred(FILE)


def test_finished_file_is_forgotten():
    settler = Settler()
    settler.sight(FILE, version(), 3.0, now=0.0)
    settled_at(settler, version(), until=10.0)
    settler.finish(FILE, now=3.0)
    assert len(settler) == 0


def test_restarted_file_settles_anew():
    settler = Settler()
    settler.sight(FILE, version(size=1), 3.0, now=0.0)
    settled_at(settler, version(size=1), until=10.0)
    settler.restart(FILE, version(size=2), now=5.0)
    assert settled_at(settler, version(size=2), until=100.0) == 8.0


events = st.lists(
    st.tuples(
        st.floats(0.0, 6.0, allow_nan=False),
        st.sampled_from(
            ["nothing", "write", "write unseen", "touch back", "replace", "empty", "scan", "hint", "gone"]
        ),
    ),
    max_size=40,
)


class World:
    """A file that things happen to, and a settler that is told of some of them."""

    def __init__(self, settle_seconds: float) -> None:
        self.settler = Settler()
        self.settle_seconds = settle_seconds
        self.now = 0.0
        self.file: FileVersion | None = version()
        self.counter = 1
        self.last_change = self.now
        self.settled: list[float] = []

    def happen(self, what: str) -> None:
        change = {
            "write": lambda: version(size=self.counter + 100),
            "write unseen": lambda: version(size=self.counter + 100),
            "touch back": lambda: version(mtime_ns=-self.counter),
            "replace": lambda: version(inode=self.counter + 100),
            "empty": lambda: version(size=0, mtime_ns=self.counter),
            "gone": lambda: None,
        }.get(what)
        self.counter += 1
        if change is not None:
            self.file = change()
            self.last_change = self.now
        if what == "scan" and self.file is not None:
            self.settler.sight(FILE, self.file, self.settle_seconds, self.now)
        if what in {"write", "touch back", "replace", "empty", "hint"}:
            self.settler.hint(FILE, self.settle_seconds, self.now)
            self.last_change = self.now

    def run_until(self, end: float) -> None:
        while (due := self.settler.next_due()) is not None and due <= end:
            self.now = max(self.now, due)
            for candidate in self.settler.due(self.now):
                if self.settler.observe(candidate, self.file, self.now):
                    self.settled.append(self.now)
                    assert self.file is not None
                    assert self.file.size > 0
                    assert self.now - self.last_change >= self.settle_seconds * (1 - 1e-9) - 1e-9
                    self.settler.finish(candidate, self.now)
        self.now = end


@settings(max_examples=150, deadline=None)
@given(events, st.sampled_from([0.5, 1.0, 3.0]))
def test_no_order_of_events_settles_a_file_before_its_quiet_time(story, settle_seconds):
    world = World(settle_seconds)
    for pause, what in story:
        world.run_until(world.now + pause)
        world.happen(what)
    world.run_until(world.now + 3 * settle_seconds)


@settings(max_examples=150, deadline=None)
@given(events, st.sampled_from([0.0, 0.5, 3.0]))
def test_whatever_happened_a_file_left_in_peace_settles(story, settle_seconds):
    world = World(settle_seconds)
    for pause, what in story:
        world.run_until(world.now + pause)
        world.happen(what)
    world.happen("write")
    before = len(world.settled)
    world.run_until(world.now + settle_seconds + 2 * SHORTEST_LOOK_SECONDS + settle_seconds)
    assert len(world.settled) == before + 1
    assert len(world.settler) == 0
