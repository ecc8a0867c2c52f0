"""When a rule's jobs may start: windows, cron expressions, and the days on which the clocks change."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemowatch.rules.schedule import check_schedule, is_open, next_start

GOOD = [
    "22:00-06:00",
    "09:00-12:00,13:30-17:00",
    "02:15-02:45",
    "22:00-24:00",
    "*/10 1-5 * * *",
    "30 2 * * *",
    "0 22 * * mon-fri",
    "0 4 1 * 1",
    "15 3 29 feb *",
]

Zone = Callable[[str], None]
At = Callable[[str], float]


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Zone]:
    """Sets the machine's time zone, for the test alone."""

    def set_zone(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield set_zone
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def berlin(zone: Zone) -> At:
    """Berlin's time as seconds since the epoch; on 2026-03-29 2:00 becomes 3:00, on 2026-10-25 3:00 becomes 2:00."""
    zone("Europe/Berlin")

    def at(text: str) -> float:
        first, _, again = text.partition(" again")
        moment = datetime.fromisoformat(first).replace(tzinfo=ZoneInfo("Europe/Berlin"))
        return moment.replace(fold=1 if text.endswith("again") and not again else 0).timestamp()

    return at


@pytest.mark.parametrize(
    ("schedule", "now", "start"),
    [
        ("", "2026-06-01 12:00", "2026-06-01 12:00"),
        ("22:00-06:00", "2026-06-01 12:00", "2026-06-01 22:00"),
        ("22:00-06:00", "2026-06-01 22:00", "2026-06-01 22:00"),
        ("22:00-06:00", "2026-06-01 05:59:59.5", "2026-06-01 05:59:59.5"),
        ("22:00-06:00", "2026-06-01 06:00", "2026-06-01 22:00"),
        ("09:00-12:00,13:30-17:00", "2026-06-01 12:00:01", "2026-06-01 13:30"),
        ("09:00-12:00,13:30-17:00", "2026-06-01 17:00", "2026-06-02 09:00"),
        ("22:00-24:00", "2026-06-01 23:59", "2026-06-01 23:59"),
        ("22:00-24:00", "2026-06-02 00:00", "2026-06-02 22:00"),
        ("00:00-24:00", "2026-06-02 13:00", "2026-06-02 13:00"),
        ("*/10 1-5 * * *", "2026-06-01 03:11", "2026-06-01 03:20"),
        ("*/10 1-5 * * *", "2026-06-01 03:20:59", "2026-06-01 03:20:59"),
        ("0 22 * * mon-fri", "2026-06-05 22:01", "2026-06-08 22:00"),
        ("0 4 29 feb *", "2026-06-01 00:00", "2028-02-29 04:00"),
    ],
)
def test_next_start_is_now_or_when_the_hours_come(berlin: At, schedule: str, now: str, start: str) -> None:
    assert next_start(schedule, berlin(now)) == berlin(start)
    assert is_open(schedule, berlin(now)) == (now == start)


@pytest.mark.parametrize(
    ("field", "days"),
    [
        ("0", "sun"),
        ("7", "sun"),
        ("1-5", "mon tue wed thu fri"),
        ("fri-sun", "fri sat sun"),
        ("5-1", "fri sat sun mon"),
        ("0-7", "sun mon tue wed thu fri sat"),
        ("*/2", "sun tue thu sat"),
        ("1-5/2,sat", "mon wed fri sat"),
    ],
)
def test_weekdays_are_counted_as_crontab_counts_them(berlin: At, field: str, days: str) -> None:
    schedule = check_schedule(f"0 12 * * {field}")
    names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]  # 2026-06-01 was a Monday
    found = {
        name for number, name in enumerate(names, 1) if is_open(schedule, berlin(f"2026-06-0{number} 12:00"))
    }
    assert found == set(days.split())


def test_day_of_month_and_weekday_together_mean_either_of_them(berlin: At) -> None:
    starts = [next_start("0 4 3 * mon", berlin(f"2026-06-0{day} 12:00")) for day in (1, 2, 3)]
    assert starts == [berlin("2026-06-03 04:00"), berlin("2026-06-03 04:00"), berlin("2026-06-08 04:00")]


@pytest.mark.parametrize(
    ("schedule", "now", "start"),
    [
        ("22:00-06:00", "2026-03-28 12:00", "2026-03-28 22:00"),
        ("04:00-05:00", "2026-03-29 00:00", "2026-03-29 04:00"),
        ("02:15-02:45", "2026-03-29 00:00", "2026-03-29 03:00"),
        ("30 2 * * *", "2026-03-29 00:00", "2026-03-29 03:00"),
        ("30 2 * * *", "2026-03-29 03:01", "2026-03-30 02:30"),
        ("04:00-05:00", "2026-10-25 00:00", "2026-10-25 04:00"),
        ("02:15-02:45", "2026-10-25 00:00", "2026-10-25 02:15"),
        ("02:15-02:45", "2026-10-25 02:50", "2026-10-25 02:15 again"),
        ("30 2 * * *", "2026-10-25 02:31 again", "2026-10-26 02:30"),
        ("15 3 1 11 *", "2026-06-01 00:00", "2026-11-01 03:15"),
    ],
)
def test_days_on_which_the_clocks_change_lose_no_start(
    berlin: At, schedule: str, now: str, start: str
) -> None:
    assert next_start(schedule, berlin(now)) == berlin(start)


@pytest.mark.parametrize(
    "name", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
)
def test_next_start_is_open_never_early_and_the_same_when_asked_again(zone: Zone, name: str) -> None:
    zone(name)

    @given(st.sampled_from(GOOD), st.floats(1_500_000_000, 2_500_000_000))
    def hold(schedule: str, moment: float) -> None:
        start = next_start(schedule, moment)
        assert start >= moment
        assert is_open(schedule, start)
        assert next_start(schedule, start) == start
        if start > moment:
            assert start % 60 == 0
            assert not is_open(schedule, moment)
            assert not is_open(schedule, start - 1)
            assert next_start(schedule, (moment + start) / 2) == start

    hold()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (" 22:00 - 6:00 ", "22:00-06:00"),
        ("22:00–06:00", "22:00-06:00"),
        ("9:00-12:00 , 13:00-24:00", "09:00-12:00, 13:00-24:00"),
        ("0  22 * *  MON-FRI", "0 22 * * mon-fri"),
    ],
)
def test_schedule_is_read_however_it_is_spaced(written: str, read: str) -> None:
    assert check_schedule(written) == read
    assert check_schedule(read) == read


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("22:00-22:00", "begins when it ends"),
        ("22:00", "write its begin and end"),
        ("22:00-06:00,", '"" is not a window of time'),
        ("25:00-06:00", "no time of the day"),
        ("22:60-06:00", "no time of the day"),
        ("22-6", "neither hours such as 22:00-06:00 nor a cron expression"),
        ("", "neither hours"),
        ("at night", "neither hours"),
        ("61 * * * *", "not a cron expression"),
        ("* * * * monday", '"monday" is no weekday'),
        ("* * * * 8", '"8" is no weekday'),
        ("0 0 31 2 *", "never comes"),
    ],
)
def test_what_is_no_schedule_is_refused_with_the_reason(written: str, words: str) -> None:
    with pytest.raises(ValueError, match=r"\S") as caught:
        check_schedule(written)
    assert words in str(caught.value)


def test_cron_is_loaded_by_those_alone_who_use_it() -> None:
    code = "import sys, nemowatch.rules.load; print('apscheduler' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
