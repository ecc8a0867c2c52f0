"""Files that make no job: listed and counted."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from cli_parts import ID, NOW, add_job, invoke, run_on_terminal
from sqlalchemy import insert

from nemowatch.jobs.database import Database
from nemowatch.jobs.file_history import open_history
from nemowatch.jobs.records import JobState
from nemowatch.jobs.store import JobStore
from nemowatch.jobs.tables import known_files_table

LONG = f"/r/{'long-name-' * 12}.mp4"


@pytest.fixture(autouse=True)
def skipped(store: JobStore, database: Database) -> None:
    """Two files that were there before their rule, one duplicate, and one with a job."""
    add_job(store, JobState.DONE)
    rows = [
        ("shorts", "/r/old.mp4", "existing", None, None),
        ("stills", LONG, "existing", None, NOW),
        ("shorts", "/r/copy.mp4", "duplicate", ID, NOW + 60),
    ]
    for rule, path, why, job, noted_at in rows:
        facts = {"size_bytes": 10, "modified_ns": 20, "inode": 30, "job_id": job, "skipped": why}
        with database.engine.begin() as connection:
            connection.execute(
                insert(known_files_table).values(rule=rule, path=path, noted_at=noted_at, **facts)
            )


def listed(*arguments: str) -> list[str]:
    done = invoke("jobs", "list", "--state", "skipped", "--json", *arguments)
    return [file["source"] for file in json.loads(done.stdout)]


def test_skipped_files_are_listed_the_latest_first_with_the_reason() -> None:
    shown = invoke("jobs", "list", "--state", "skipped").stdout.splitlines()
    assert [line.split()[0] for line in shown[:4]] == ["file", "/r/copy.mp4", LONG, "/r/old.mp4"]
    assert shown[1].endswith("duplicate of /r/talk.mp4")
    assert shown[2].endswith("there before the rule")
    assert listed() == ["/r/copy.mp4", LONG, "/r/old.mp4"]


def test_list_of_skipped_files_is_narrowed_down() -> None:
    assert listed("--rule", "shorts") == ["/r/copy.mp4", "/r/old.mp4"]
    assert listed("--limit", "1") == ["/r/copy.mp4"]
    assert invoke("jobs", "list", "--state", "skipped", "--rule", "none").stdout == "No files were skipped.\n"


def test_json_of_a_skipped_file_has_every_key() -> None:
    done = invoke("jobs", "list", "--state", "skipped", "--json")
    assert json.loads(done.stdout)[0] == {
        "source": "/r/copy.mp4",
        "rule": "shorts",
        "state": "skipped",
        "why": "duplicate",
        "duplicate_of": "/r/talk.mp4",
        "job": ID,
        "size_bytes": 10,
        "noted_at": "2023-11-14T22:14:20.000+00:00",
    }


def test_list_of_skipped_files_fits_80_columns_and_loses_nothing() -> None:
    lines = run_on_terminal("jobs", "list", "--state", "skipped")
    assert max(map(len, lines)) <= 80
    assert "".join(lines).count("long-name") <= 12
    assert "…" not in "".join(lines)


def test_status_counts_what_was_skipped() -> None:
    shown = invoke("status").stdout
    counts = "2 files that were there before their rule, 1 duplicate"
    assert f"Skipped:      {counts}: nemowatch jobs list --state skipped\n" in shown
    assert json.loads(invoke("status", "--json").stdout)["skipped"] == {"existing": 2, "duplicate": 1}


def test_database_tells_of_each_rule_that_knows_a_file(database: Database) -> None:
    with open_history(Path(os.environ["NEMOWATCH_STATE"], "nemowatch.db")) as history:
        assert history is not None
        (copy,) = history.read_all(Path("/r/copy.mp4"))
        assert (copy.rule, copy.is_duplicate, copy.skipped) == ("shorts", True, "duplicate")
        (talk,) = history.read_all(Path("/r/talk.mp4"))
        assert (talk.is_duplicate, talk.skipped, talk.refusal) == (False, "", "")
        assert history.read(Path("/r/talk.mp4"), "stills") is None
        assert not history.has_looked("shorts", Path("/r"))


def test_where_no_daemon_has_run_nothing_is_known(tmp_path: Path) -> None:
    with open_history(tmp_path / "none.db") as history:
        assert history is None
    assert list(tmp_path.iterdir()) == []
