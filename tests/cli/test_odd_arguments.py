"""Arguments as only a shell can give them: text in no encoding, and numbers of any size."""

from __future__ import annotations

import pytest
from cli_parts import ID, add_job, invoke, orders_in

from nemowatch.jobs.database import Database
from nemowatch.jobs.records import JobState
from nemowatch.jobs.store import JobStore

NO_TEXT = "caf\udce9"
"""A name in Latin-1 at a terminal in UTF-8, as Python gives it to a program."""


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (("jobs", "list", "--rule", NO_TEXT), "--rule"),
        (("jobs", "list", "--state", "skipped", "--rule", NO_TEXT), "--rule"),
        (("jobs", "show", NO_TEXT), "JOB"),
        (("jobs", "logs", NO_TEXT), "JOB"),
        (("jobs", "cancel", ID, NO_TEXT), "JOB"),
        (("jobs", "release", "--rule", NO_TEXT), "--rule"),
        (("jobs", "rerun", "--rule", NO_TEXT), "--rule"),
        (("jobs", "answer", ID, NO_TEXT), "TEXT"),
        (("jobs", "refine", ID, NO_TEXT, "--yes"), "TEXT"),
        (("pause", "--why", NO_TEXT), "--why"),
    ],
)
def test_what_the_database_can_not_take_is_a_wrong_argument_and_no_traceback(
    arguments: tuple[str, ...], name: str, store: JobStore, database: Database
) -> None:
    add_job(store, JobState.DONE)
    done = invoke(*arguments, columns=200)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"Invalid value for '{name}'" in done.stderr
    assert orders_in(database) == []


def test_limit_of_any_size_lists_all_that_there_are(store: JobStore) -> None:
    add_job(store, JobState.DONE)
    for state, told in (("done", ID[:8]), ("skipped", "No files were skipped.")):
        done = invoke("jobs", "list", "--state", state, "--limit", str(10**30))
        assert (done.exit_code, told in done.stdout) == (0, True)
