"""What reaches a socket like systemd's."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from loguru import logger
from notify_ear import Ear, listening_at

from nemowatch.service.notify import Notifier


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Ear]:
    with listening_at(str(tmp_path / "notify")) as ear:
        yield ear


@pytest.fixture
def notifier(listener: Ear, tmp_path: Path) -> Notifier:
    return Notifier(str(tmp_path / "notify"))


@contextmanager
def warnings_told() -> Iterator[list[str]]:
    told: list[str] = []
    number = logger.add(lambda message: told.append(message.record["message"]), level="WARNING")
    try:
        yield told
    finally:
        logger.remove(number)


def test_ready_status_watchdog_and_stopping_are_said_in_systemds_words(
    listener: Ear, notifier: Notifier
) -> None:
    notifier.ask_for_time(1.5)
    assert listener.hear() == {"EXTEND_TIMEOUT_USEC": "1500000"}
    notifier.tell_ready("no jobs")
    assert listener.hear() == {"READY": "1", "STATUS": "no jobs"}
    notifier.ping()
    assert listener.hear() == {"WATCHDOG": "1"}
    notifier.tell_stopping()
    assert listener.hear()["STOPPING"] == "1"


def test_reload_is_told_with_the_moment_that_systemd_needs(listener: Ear, notifier: Notifier) -> None:
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    notifier.tell_reloading()
    told = listener.hear()
    assert told["RELOADING"] == "1"
    assert before <= int(told["MONOTONIC_USEC"]) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000


def test_status_is_said_once_until_it_changes(listener: Ear, notifier: Notifier) -> None:
    for text in ("1 job running", "1 job running", "no jobs"):
        notifier.tell_status(text)
    assert [listener.hear()["STATUS"] for _ in range(2)] == ["1 job running", "no jobs"]
    assert listener.hears_nothing()


def test_status_stays_one_short_line_without_secrets_whatever_a_folder_is_called(
    listener: Ear, notifier: Notifier
) -> None:
    notifier.tell_status("talks\nREADY=1\x1b[2J nmv_usr_abcdef \udcff" + "ü" * 4000)
    said = listener.hear()
    assert list(said) == ["STATUS"]
    assert said["STATUS"].startswith("talks\\nREADY=1\\x1b[2J [secret] ?ü")
    assert len(said["STATUS"].encode()) <= 1000


def test_nothing_is_said_after_stopping(listener: Ear, notifier: Notifier) -> None:
    for say in (notifier.tell_stopping, notifier.ping, notifier.tell_stopping):
        say()
    notifier.tell_ready("no jobs")
    assert listener.hear()["STOPPING"] == "1"
    assert listener.hears_nothing()


def test_abstract_socket_is_reached_too(tmp_path: Path) -> None:
    name = f"nemowatch-test-{os.getpid()}-{tmp_path.name}"
    with listening_at(f"\0{name}") as ear:
        Notifier(f"@{name}").ping()
        assert ear.hear() == {"WATCHDOG": "1"}


def test_what_systemd_put_into_the_environment_is_not_left_to_programs_started_later() -> None:
    environment = {
        "NOTIFY_SOCKET": "/run/systemd/notify",
        "WATCHDOG_USEC": "60000000",
        "WATCHDOG_PID": str(os.getpid()),
        "HOME": "/home/me",
    }
    notifier = Notifier.take_from(environment)
    assert (notifier.is_heard, notifier.watchdog_seconds) == (True, 60.0)
    assert environment == {"HOME": "/home/me"}


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"WATCHDOG_USEC": "60000000"},
        {"NOTIFY_SOCKET": "/run/notify", "WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"},
        {"NOTIFY_SOCKET": "/run/notify", "WATCHDOG_USEC": "0"},
        {"NOTIFY_SOCKET": "/run/notify", "WATCHDOG_USEC": "often"},
        {"NOTIFY_SOCKET": "/run/notify"},
    ],
)
def test_no_watchdog_is_fed_where_none_watches_this_process(environment: dict[str, str]) -> None:
    assert Notifier.take_from(environment).watchdog_seconds is None


def test_socket_of_another_kind_is_told_and_left_alone() -> None:
    with warnings_told() as told:
        notifier = Notifier.take_from({"NOTIFY_SOCKET": "vsock:2:1234"})
    assert not notifier.is_heard
    assert told == ["NOTIFY_SOCKET is vsock:2:1234, which is no Unix socket."]


def test_systemd_that_does_not_listen_is_told_once_and_harms_nothing(tmp_path: Path) -> None:
    notifier = Notifier(str(tmp_path / "gone"))
    with warnings_told() as told:
        notifier.ping()
        notifier.tell_ready("no jobs")
    assert len(told) == 1
    assert "systemd can't be told" in told[0]


def test_without_systemd_nothing_is_said() -> None:
    with warnings_told() as told:
        Notifier().ping()
    assert told == []
