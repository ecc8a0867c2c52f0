"""Orders on their way to the running daemon: in the jobs' order, in portions, and each of them once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cli_parts import ID, add_job, invoke, number_id, orders_in
from fake_daemon import FakeDaemon

from nemowatch.cli.courier import Courier
from nemowatch.jobs.database import Database
from nemowatch.jobs.orders import Action
from nemowatch.jobs.records import JobState
from nemowatch.jobs.store import JobStore
from nemowatch.web.bodies import OrderFate

ORDERS = "POST /v1/orders"


def carry_out(sent: dict[str, Any]) -> dict[str, Any]:
    outcomes = [{"id": job, "outcome": "done", "text": "Cancelled."} for job in sent["jobs"]]
    return {"outcomes": outcomes}


def test_order_goes_to_the_daemon_and_not_into_the_database(store: JobStore, database: Database) -> None:
    add_job(store, JobState.DONE)
    with FakeDaemon() as daemon:
        daemon.answers[ORDERS] = carry_out
        done = invoke("jobs", "refine", ID[:5], "make it shorter", "--yes")
    assert done.exit_code == 0, done.stderr
    assert done.stdout == f"Job {ID[:8]}: Cancelled.\n"
    assert daemon.asked == [(ORDERS, {"action": "refine", "jobs": [ID], "text": "make it shorter"})]
    assert orders_in(database) == []


def test_what_the_daemon_refuses_or_keeps_is_shown(store: JobStore) -> None:
    add_job(store, JobState.QUEUED)
    with FakeDaemon() as daemon:
        for outcome, code in (("refused", 1), ("kept", 0)):
            daemon.answers[ORDERS] = {"outcomes": [{"id": ID, "outcome": outcome, "text": "Because."}]}
            done = invoke("jobs", "cancel", ID, "--json")
            assert done.exit_code == code
            (told,) = json.loads(done.stdout)
            assert told == {"id": ID, "order": "cancel", "outcome": outcome, "text": "Because."}
        daemon.refuse(ORDERS, "broken", "It broke.", status=500)
        assert invoke("jobs", "cancel", ID).stderr == "nemowatch: It broke.\n"


def test_many_orders_go_in_portions_and_what_a_daemon_that_ends_has_not_got_is_kept(
    store: JobStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nemowatch.cli.courier.AT_ONCE", 3)
    records = [add_job(store, JobState.QUEUED, job_id=number_id(number)) for number in range(5)]
    with FakeDaemon() as daemon:
        daemon.answers[ORDERS] = carry_out
        outcomes = Courier(daemon.state).give(Action.CANCEL, records)
        assert [len(sent["jobs"]) for _, sent in daemon.asked] == [3, 2]
        assert [each.job_id for each in outcomes] == [record.spec.job_id for record in records]
        assert orders_in(database) == []
    with FakeDaemon() as daemon:
        daemon.hangs_up = True

        def carry_out_and_go(sent: dict[str, Any]) -> dict[str, Any]:
            daemon.state.control.unlink()
            daemon.let_go_of_lock()
            return carry_out(sent)

        daemon.answers[ORDERS] = carry_out_and_go
        outcomes = Courier(daemon.state).give(Action.CANCEL, records)
    assert [each.fate for each in outcomes] == [OrderFate.DONE] * 3 + [OrderFate.KEPT] * 2
    assert [job_id for job_id, _, _ in orders_in(database)] == [number_id(number) for number in range(3, 5)]


def test_daemon_that_breaks_off_leaves_nothing_to_be_ordered_twice_unawares(
    store: JobStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nemowatch.cli.courier.AT_ONCE", 3)
    for number in range(5):
        add_job(store, JobState.DONE, job_id=number_id(number), sha256=f"{number:064x}")

    def carry_out_some(sent: dict[str, Any]) -> dict[str, Any]:
        return carry_out(sent) if len(sent["jobs"]) == 3 else {"other": "version"}

    with FakeDaemon() as daemon:
        daemon.answers[ORDERS] = carry_out_some
        many = invoke("jobs", "rerun", "--rule", "shorts", "--yes")
        one = invoke("jobs", "rerun", number_id(1), "--yes")
    assert (many.exit_code, one.exit_code) == (1, 1)
    assert "It answered 3 of 5 orders; whether it got the next ones is not known." in many.stderr
    assert "Whether it got the order is not known." in one.stderr
    assert "Look with `nemowatch jobs list` before you order it again." in one.stderr
    assert orders_in(database) == []
