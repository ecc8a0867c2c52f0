"""The page of the commands: every key of the JSON forms has its row, and no other has one."""

from __future__ import annotations

import re
from dataclasses import asdict

import pytest
from project_texts import PROJECT, relative_links, section, table_rows

from nemowatch.cli.account import Account
from nemowatch.cli.credits_command import Spending, credits_as_json
from nemowatch.cli.ordering import outcome_as_json
from nemowatch.jobs.orders import Action
from nemowatch.jobs.records import Cause, JobState
from nemowatch.jobs.views import JobView, OutputView, StatusView
from nemowatch.nemo.answers import Credits
from nemowatch.standing import FolderLine, RuleLine, Standing, WaitingFile
from nemowatch.web.bodies import OrderFate, OrderOutcome, PauseStanding, RulesChange, SkippedFile

PAGE = (PROJECT / "docs/commands.md").read_text(encoding="utf-8")
JOB = JobView("1", "r", JobState.DONE, "", "", "/a", 1, "", (), 0.0, 0.0)
STANDING = Standing("/rules", (), (), 0)
ACCOUNT = Account(Credits(1, 2, 3), None, is_anonymous=False, is_new=False, more_credits=None)
FORMS = {
    "A job": JOB.to_json(),
    "The status": StatusView(None, "/state").to_json(),
    "The daemon's standing": asdict(STANDING),
    "A file that makes no job": SkippedFile("/a", "r", "existing", 1).to_json(),
    "An order": outcome_as_json(Action.RETRY, OrderOutcome("1", OrderFate.DONE, "")),
    "Pause and resume": PauseStanding(None).to_json(),
    "Reload": RulesChange("/rules", 0.0, 1).to_json(),
    "Credits": credits_as_json(ACCOUNT, Spending(0, None, None)),
}


@pytest.mark.parametrize("heading", FORMS)
def test_every_key_of_a_form_has_its_row(heading: str) -> None:
    rows = [row[0].strip("`") for row in table_rows(section(PAGE, heading))]
    assert sorted(rows) == sorted(FORMS[heading])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("outputs", OutputView("a", "video", 1)),
        ("folders", FolderLine("/r", "watched", "")),
        ("waiting", WaitingFile("/r", "r", "settling", "")),
        ("rules", RuleLine("r", "1")),
    ],
)
def test_every_key_of_what_is_in_a_list_is_named(key: str, value: object) -> None:
    rows = dict(row[:2] for heading in FORMS for row in table_rows(section(PAGE, heading)))
    named = re.findall(r"`(\w+)`", rows[f"`{key}`"])
    assert named == list(asdict(value))


def test_states_causes_and_fates_are_named() -> None:
    rows = {heading: dict(row[:2] for row in table_rows(section(PAGE, heading))) for heading in FORMS}
    assert re.findall(r"`(\w+)`", rows["A job"]["`state`"]) == list(JobState)
    assert re.findall(r"`(\w+)`", rows["A job"]["`cause`"]) == list(Cause)
    assert re.findall(r"`(\w+)`", rows["An order"]["`outcome`"]) == list(OrderFate)


def test_links_lead_somewhere() -> None:
    for link in relative_links(PAGE):
        assert (PROJECT / "docs" / link.partition("#")[0]).exists(), link
