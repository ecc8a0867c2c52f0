"""What is ordered for jobs: to whom it goes, what is refused at once, what is told, and what is asked beforehand."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cli_parts import (
    ID,
    StandIn,
    add_job,
    ended,
    invoke,
    make_spec,
    number_id,
    orders_in,
    parked,
    spend,
    type_into,
)
from fake_service import FakeService
from helpers import FakeClock

from nemowatch.cli.courier import PATIENCE_SECONDS, Courier
from nemowatch.jobs.database import Database
from nemowatch.jobs.orders import Action, OrderAnswer, OrderBook
from nemowatch.jobs.records import Base, Cause, JobState, Stop
from nemowatch.jobs.store import JobStore
from nemowatch.places import InstanceLock, StateFolder
from nemowatch.web.bodies import OrderFate

QUESTION = parked(Cause.QUESTION, question="Which one?")


@pytest.fixture
def asking_job(store: JobStore) -> None:
    add_job(store, JobState.ATTENTION, stop=QUESTION)


@pytest.mark.usefixtures("asking_job")
@pytest.mark.parametrize(
    ("arguments", "order"),
    [
        (["cancel", ID], (ID, "cancel", "")),
        (["release", ID[:4]], (ID, "release", "")),
        (["answer", ID[:8], " The second. "], (ID, "answer", "The second.")),
        (["retry", ID], (ID, "retry", "")),
    ],
)
def test_order_reaches_the_daemon_and_its_answer_is_shown(
    arguments: list[str], order: tuple[str, str, str], database: Database
) -> None:
    with StandIn(database, "It goes on from the step edit-1.") as daemon:
        done = invoke("jobs", *arguments)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"Job {ID[:8]}: It goes on from the step edit-1.\n"
    assert daemon.orders == [order]


@pytest.mark.usefixtures("asking_job")
def test_refused_order_ends_with_1_and_the_daemon_s_words(database: Database) -> None:
    with StandIn(database, "The job is at work: it is editing.", is_refused=True):
        done = invoke("jobs", "cancel", ID)
        as_json = invoke("jobs", "cancel", ID, "--json")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"Job {ID[:8]}: refused. The job is at work: it is editing.\n"
    assert as_json.exit_code == 1
    assert json.loads(as_json.stdout)[0]["outcome"] == "refused"


@pytest.mark.usefixtures("asking_job")
def test_order_is_kept_while_no_daemon_runs(database: Database) -> None:
    done = invoke("jobs", "answer", ID, "the second")
    assert done.exit_code == 0
    assert done.stdout.endswith("NemoWatch is not running; this is kept and done at its next start.\n")
    assert orders_in(database) == [(ID, "answer", "the second")]


@pytest.mark.usefixtures("asking_job")
def test_json_tells_what_became_of_each_order(database: Database) -> None:
    kept = json.loads(invoke("jobs", "cancel", ID, "--json").stdout)
    with StandIn(database, "Cancelled."):
        done = json.loads(invoke("jobs", "cancel", ID, "--json").stdout)
    assert [(each["id"], each["order"], each["outcome"]) for each in kept] == [(ID, "cancel", "kept")]
    assert done == [{"id": ID, "order": "cancel", "outcome": "done", "text": "Cancelled."}]


def test_daemon_that_does_not_answer_is_waited_for_5_seconds_and_the_order_kept(
    store: JobStore, database: Database
) -> None:
    record, clock = add_job(store, JobState.QUEUED), FakeClock()
    courier = Courier(StateFolder.locate(), clock=clock, pause=clock.move)
    with InstanceLock(StateFolder.locate()):
        (outcome,) = courier.give(Action.CANCEL, [record])
    assert outcome.fate is OrderFate.KEPT
    assert "has not got to it yet" in outcome.text
    assert PATIENCE_SECONDS <= clock.monotonic() < PATIENCE_SECONDS + 0.2
    assert orders_in(database) == [(ID, "cancel", "")]


def test_while_answers_keep_coming_more_are_waited_for(store: JobStore, database: Database) -> None:
    records = [add_job(store, JobState.QUEUED, job_id=number_id(number)) for number in range(3)]
    clock, book = FakeClock(), OrderBook(database.engine)

    def answer_one_after_4_seconds(_seconds: float) -> None:
        clock.move(4.0)
        number = book.open_orders()[0].order_id
        book.answer(number, OrderAnswer("Cancelled.", is_refused=False), now=clock.now())

    courier = Courier(StateFolder.locate(), clock=clock, pause=answer_one_after_4_seconds)
    with InstanceLock(StateFolder.locate()):
        outcomes = courier.give(Action.CANCEL, records)
    assert [each.fate for each in outcomes] == [OrderFate.DONE] * 3
    assert [each.job_id for each in outcomes] == [record.spec.job_id for record in records]


@pytest.mark.parametrize(
    ("action", "state", "stop", "told"),
    [
        ("retry", JobState.EDITING, None, f"it is editing. `nemowatch jobs cancel {ID[:8]}` ends it."),
        ("retry", JobState.DONE, None, f"nothing to try again. `nemowatch jobs refine {ID[:8]} "),
        ("retry", JobState.CANCELLED, None, f"nobody knows where it stopped. `nemowatch jobs rerun {ID[:8]}`"),
        ("cancel", JobState.FAILED, ended(), f"it is failed. `nemowatch jobs retry {ID[:8]}` goes on"),
        ("cancel", JobState.CANCELLED, None, "it has ended already"),
        ("release", JobState.QUEUED, None, "nothing holds it: it is queued."),
        ("release", JobState.FAILED, ended(), "nothing holds it: it is failed."),
        ("release", JobState.ATTENTION, parked(Cause.SESSION), f"`nemowatch jobs retry {ID[:8]}` makes the edit"),
        ("release", JobState.WAITING, parked(Cause.TURN), "it goes on when the other job has ended."),
        ("retry", JobState.HELD, parked(Cause.BACKLOG), f"`nemowatch jobs release {ID[:8]}` lets this one go"),
        ("retry", JobState.WAITING, parked(Cause.SCHEDULE), f"`nemowatch jobs release {ID[:8]}` starts it now"),
        ("release", JobState.WAITING, parked(Cause.FOLDER), "it goes on when its folder is back."),
        ("answer", JobState.EDITING, None, "the service has asked nothing: it is editing."),
        ("answer", JobState.ATTENTION, parked(Cause.UNCERTAIN), f"`nemowatch jobs release {ID[:8]}` goes on with"),
        ("refine", JobState.FAILED, ended(), "only a job that is done is refined: it is failed."),
        ("rerun", JobState.HELD, parked(Cause.CREDITS), "it has not ended yet: it is held. `nemowatch credits`"),
    ],
)  # fmt: skip
def test_order_that_makes_no_sense_is_refused_at_once_and_what_fits_is_named(
    action: str, state: JobState, stop: Stop | None, told: str, store: JobStore, database: Database
) -> None:
    add_job(store, state, stop=stop)
    texts = ["make it shorter"] if action in {"answer", "refine"} else []
    done = invoke("jobs", action, ID, *texts)
    assert (done.exit_code, done.stdout) == (2, "")
    assert told in done.stderr
    assert orders_in(database) == []


@pytest.mark.parametrize(
    "arguments", [["retry", "abc"], ["answer", "abc", "yes"], ["logs", "abc"], ["open", "abc"]]
)
def test_id_that_leads_nowhere_is_told_and_makes_nothing(arguments: list[str]) -> None:
    done = invoke("jobs", *arguments)
    assert done.exit_code == 2
    assert "There is no job 'abc'." in done.stderr
    assert not Path(os.environ["NEMOWATCH_STATE"]).exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["retry"], "name jobs, or a filter"),
        (["cancel", ID, "--all"], "name jobs or a filter, not both"),
        (["release", "--state", "nonsense"], f"there are {', '.join(JobState)}"),
        (["rerun", ID, "--state", "done"], "it needs --rule"),
        (["answer", ID], "Missing argument 'TEXT'"),
        (["answer", ID, "  "], "it is empty"),
        (["refine", ID, ""], "it is empty"),
    ],
)  # fmt: skip
def test_wrong_use_of_an_order_ends_with_2(arguments: list[str], told: str) -> None:
    done = invoke("jobs", *arguments, columns=200)
    assert (done.exit_code, done.stdout) == (2, "")
    assert told in done.stderr


def test_one_job_in_the_wrong_state_keeps_back_the_orders_for_the_others(
    store: JobStore, database: Database
) -> None:
    add_job(store, JobState.QUEUED, job_id=number_id(1))
    add_job(store, JobState.DONE, job_id=number_id(2))
    assert invoke("jobs", "cancel", number_id(1), number_id(2)).exit_code == 2
    assert orders_in(database) == []


def test_job_that_is_named_twice_is_ordered_once(store: JobStore, database: Database) -> None:
    add_job(store, JobState.QUEUED)
    invoke("jobs", "cancel", ID, ID[:6])
    assert orders_in(database) == [(ID, "cancel", "")]


@pytest.fixture
def many(store: JobStore, database: Database) -> Callable[[str], set[int]]:
    """Ten jobs in many states; gives the numbers of those for which something was ordered."""
    held, failed = parked(Cause.BUDGET), ended(name="upload")
    states: list[tuple[JobState, str, Stop | None]] = [
        (JobState.HELD, "shorts", held),
        (JobState.HELD, "stills", parked(Cause.CREDITS)),
        (JobState.ATTENTION, "shorts", QUESTION),
        (JobState.WAITING, "shorts", parked(Cause.RATE)),
        (JobState.FAILED, "shorts", failed),
        (JobState.FAILED, "stills", failed),
        (JobState.FAILED, "stills", None),
        (JobState.CANCELLED, "shorts", failed),
        (JobState.QUEUED, "stills", None),
        (JobState.DONE, "shorts", None),
    ]
    for number, (state, rule, stop) in enumerate(states):
        add_job(store, state, job_id=number_id(number), rule=rule, stop=stop)

    def ordered(action: str) -> set[int]:
        return {int(job_id[:8], 16) for job_id, ordered, _text in orders_in(database) if ordered == action}

    return ordered


@pytest.mark.parametrize(
    ("arguments", "numbers"),
    [
        (["release", "--all"], {0, 1}),
        (["release", "--rule", "shorts"], {0}),
        (["release", "--state", "attention", "--state", "waiting"], {2, 3}),
        (["retry", "--all"], {4, 5}),
        (["retry", "--rule", "stills"], {5}),
        (["retry", "--state", "cancelled"], {7}),
        (["cancel", "--all"], {0, 1, 2, 3, 8}),
        (["cancel", "--rule", "stills", "--state", "queued"], {8}),
    ],
)  # fmt: skip
def test_filter_takes_the_jobs_that_the_order_is_meant_for(
    arguments: list[str], numbers: set[int], many: Callable[[str], set[int]]
) -> None:
    done = invoke("jobs", *arguments)
    assert done.exit_code == 0, done.stderr
    assert many(arguments[0]) == numbers
    assert len(done.stdout.splitlines()) == len(numbers)


def test_filter_that_lets_nothing_through_is_no_error(database: Database) -> None:
    done = invoke("jobs", "release", "--all")
    assert (done.exit_code, done.stdout) == (0, "There is no job to be released.\n")
    assert json.loads(invoke("jobs", "release", "--all", "--json").stdout) == []
    assert invoke("jobs", "rerun", "--rule", "shorts").stdout == (
        "There is no job to be made anew, beside what is at work already.\n"
    )


def test_one_line_stands_for_a_crowd_with_one_answer(store: JobStore) -> None:
    for number in range(30):
        add_job(store, JobState.HELD, job_id=number_id(number), stop=parked(Cause.CREDITS))
    done = invoke("jobs", "release", "--all")
    assert done.stdout.startswith("30 jobs: NemoWatch is not running")
    assert len(done.stdout.splitlines()) == 1


TWICE = (
    "The job sends a prompt again, which may be paid twice: about 5 credits, as earlier prompts of this rule."
)
ANEW = "The job begins again from the recording, which is paid for: about 5 credits, as earlier jobs of this rule."
ONE_MORE = "One more prompt is sent, and paid for: about 5 credits, as earlier prompts of this rule."
EACH = "1 job would be made anew. Each is paid for again: about 5 credits, as earlier jobs of this rule."


@pytest.mark.parametrize(
    ("arguments", "state", "stop", "told"),
    [
        (["retry", ID], JobState.ATTENTION, parked(Cause.UNCERTAIN, clears="step"), TWICE),
        (["retry", ID], JobState.ATTENTION, parked(Cause.SESSION, clears="all"), ANEW),
        (["retry", ID], JobState.FAILED, ended(clears="step"), TWICE),
        (["refine", ID, "make it shorter"], JobState.DONE, None, ONE_MORE),
        (["rerun", ID], JobState.DONE, None, EACH),
    ],
)
def test_what_costs_is_told_and_done_only_with_consent(
    arguments: list[str], state: JobState, stop: Stop | None, told: str, store: JobStore, database: Database
) -> None:
    add_job(store, state, stop=stop)
    unknown = invoke("jobs", *arguments)
    assert unknown.exit_code == 2
    assert "nobody knows what it costs: no job of this rule has been paid yet" in unknown.stderr
    spend(database, 5)
    asked = invoke("jobs", *arguments)
    assert (asked.exit_code, asked.stdout) == (2, "")
    assert told in asked.stderr
    assert "give --yes to agree" in asked.stderr
    assert orders_in(database) == []
    agreed = invoke("jobs", *arguments, "--yes")
    assert agreed.exit_code == 0
    assert told in agreed.stderr
    assert len(orders_in(database)) == 1


@pytest.mark.parametrize("stop", [ended(name="export-2", clears="step"), ended(name="upload"), ended()])
def test_retry_that_pays_for_nothing_again_asks_nothing(
    stop: Stop, store: JobStore, database: Database
) -> None:
    add_job(store, JobState.FAILED, stop=stop)
    assert invoke("jobs", "retry", ID).exit_code == 0
    assert orders_in(database) == [(ID, "retry", "")]


def test_price_of_many_names_the_rules_of_which_nothing_is_known(store: JobStore, database: Database) -> None:
    for number, rule in enumerate(["shorts", "shorts", "stills"]):
        stop = ended(clears="step") if number else ended(name="upload")
        add_job(store, JobState.FAILED, job_id=number_id(number), rule=rule, stop=stop)
    spend(database, 7)
    done = invoke("jobs", "retry", "--all")
    assert done.exit_code == 2
    assert (
        "3 jobs would be tried again. 2 of 3 jobs send a prompt again, which may be paid twice: about "
        "7 credits, as earlier prompts of these rules; nobody knows for stills: no job of it has been paid yet."
    ) in done.stderr


def test_rerun_of_a_rule_takes_each_recording_once_and_none_that_is_at_work(
    store: JobStore, database: Database
) -> None:
    add_job(store, JobState.DONE, job_id=number_id(1), sha256="a" * 64)
    add_job(store, JobState.DONE, job_id=number_id(2), sha256="a" * 64)
    add_job(store, JobState.DONE, job_id=number_id(3), sha256="b" * 64)
    add_job(store, JobState.EDITING, job_id=number_id(4), sha256="b" * 64)
    add_job(store, JobState.FAILED, job_id=number_id(5), sha256="c" * 64)
    base = Base(number_id(2), "session", None, ("cut it",))
    refinement = replace(make_spec(number_id(6), sha256="a" * 64), base=base, queued_at=2e9)
    store.add(refinement)  # it is at work, and does not make its recording anew
    spend(database, 40)
    done = invoke("jobs", "rerun", "--rule", "shorts", "--yes")
    assert "1 job would be made anew" in done.stderr
    assert orders_in(database) == [(number_id(2), "rerun", "")]
    failed_too = invoke("jobs", "rerun", "--rule", "shorts", "--state", "done", "--state", "failed")
    assert "2 jobs would be made anew. Each is paid for again: about 80 credits" in failed_too.stderr


def test_rerun_tells_the_balance_where_a_token_is_at_hand(
    store: JobStore, service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_job(store, JobState.DONE)
    assert "are available" not in invoke("jobs", "rerun", ID).stderr
    assert service.seen == []
    monkeypatch.setenv("NEMO_TOKEN", "own-token-1234")
    assert "250 credits are available." in invoke("jobs", "rerun", ID).stderr
    service.answers.clear()
    silent = invoke("jobs", "rerun", ID)
    assert silent.exit_code == 2
    assert "Each is paid for again" in silent.stderr
    assert "are available" not in silent.stderr


def test_held_jobs_are_released_with_what_they_may_cost(store: JobStore, database: Database) -> None:
    for number in range(3):
        add_job(store, JobState.HELD, job_id=number_id(number), stop=parked(Cause.BUDGET))
    spend(database, 20)
    done = invoke("jobs", "release", "--all", "--yes")
    assert done.exit_code == 0
    assert "What that may cost: about 60 credits, as earlier jobs of this rule." in done.stderr
    assert len(orders_in(database)) == 3


def test_backlog_is_released_only_when_somebody_agrees_to_what_it_may_cost(
    store: JobStore, database: Database
) -> None:
    for number in range(12):
        add_job(store, JobState.HELD, job_id=number_id(number), stop=parked(Cause.BACKLOG))
    spend(database, 20)
    refused = invoke("jobs", "release", "--rule", "shorts")
    assert refused.exit_code == 2
    assert (
        "12 jobs would be released. What that may cost: about 240 credits, as earlier jobs" in refused.stderr
    )
    assert "give --yes" in refused.stderr
    assert orders_in(database) == []
    assert invoke("jobs", "release", "--rule", "shorts", "--yes").exit_code == 0
    assert len(orders_in(database)) == 12


def test_one_job_of_a_backlog_that_is_named_goes_without_a_question(
    store: JobStore, database: Database
) -> None:
    add_job(store, JobState.HELD, stop=parked(Cause.BACKLOG))
    assert invoke("jobs", "release", ID).exit_code == 0
    assert orders_in(database) == [(ID, "release", "")]


@pytest.mark.slow
@pytest.mark.parametrize(("typed", "code", "count"), [("y\n", 0, 2), ("\n", 1, 0), ("\x04", 130, 0)])
def test_person_at_the_terminal_is_asked(
    typed: str, code: int, count: int, store: JobStore, database: Database
) -> None:
    for number in range(2):
        add_job(store, JobState.HELD, job_id=number_id(number), stop=parked(Cause.CREDITS))
    answered, lines = type_into("jobs", "release", "--all", typed=typed)
    assert answered == code, lines
    assert any(line.startswith("2 jobs would be released.") for line in lines)
    assert any(line.startswith("Go on? [y/N]") for line in lines)
    assert len(orders_in(database)) == count
