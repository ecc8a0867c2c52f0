"""`nemowatch credits`: the balance, whose it is, what was spent, and what each refusal ends with."""

from __future__ import annotations

import json
import os
import stat
import time
from pathlib import Path

import pytest
from cli_parts import ID, add_job, invoke, spend
from fake_daemon import FakeDaemon
from fake_service import TOKEN, FakeService
from starlette.responses import JSONResponse

from nemowatch.jobs.database import Database
from nemowatch.jobs.records import JobState
from nemowatch.jobs.store import JobStore

BALANCE = "GET /api/credits/balance/simple"
ASK_FOR_TOKEN = "POST /api/auth/anonymous-token"


@pytest.fixture
def own_token(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("NEMO_TOKEN", "own-token-1234")
    return "own-token-1234"


@pytest.fixture
def rules(tmp_path: Path, service: FakeService, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A rules file with limits that leads to the service by itself."""
    monkeypatch.delenv("NEMO_API_URL")
    path = tmp_path / "rules.yaml"
    path.write_text(
        f"nemo: {{api_url: {service.url}, web_url: https://web.test}}\n"
        "limits: {keep_credits: 20, credits_per_day: 500}\n"
        f"rules: [{{watch: {tmp_path / 'in'}, prompt: cut it}}]\n"
    )
    return path


def test_own_account_is_shown_without_asking_for_a_token(service: FakeService, own_token: str) -> None:
    done = invoke("credits")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines() == [
        "Available:    250 credits; 40 more are reserved for work in progress",
        "Spent today:  0 credits",
        "Token:        the one in NEMO_TOKEN",
        "Get more:     top up credits in your account",
    ]
    assert service.paths() == [BALANCE]
    headers = service.seen[0].headers
    assert headers["authorization"] == f"Bearer {own_token}"
    assert headers["x-skill-source"] == "nemowatch"
    assert not Path(os.environ["NEMOWATCH_STATE"]).exists()


def test_anonymous_token_is_asked_for_once_kept_and_said_so(service: FakeService) -> None:
    first, second = invoke("credits"), invoke("credits")
    token = Path(os.environ["NEMOWATCH_STATE"], "token.json")
    assert (
        f"Token:        an anonymous one; it was asked for just now, and is kept in {token}\n" in first.stdout
    )
    assert "Token:        an anonymous one\n" in second.stdout
    assert "Get more:     register: https://nemovideo.com/register?bind=anon_1\n" in second.stdout
    assert service.paths() == [ASK_FOR_TOKEN, BALANCE, BALANCE]
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    assert TOKEN not in first.output + second.output


def test_json_has_every_number_and_the_link(service: FakeService) -> None:
    shown = json.loads(invoke("credits", "--json").stdout)
    assert shown == {
        "available": 250,
        "frozen": 40,
        "total": 290,
        "spent_today": 0,
        "keep_credits": None,
        "credits_per_day": None,
        "account": "anonymous",
        "user_id": "anon_1",
        "token_was_requested": True,
        "more_credits": "https://nemovideo.com/register?bind=anon_1",
    }


def test_rules_give_the_addresses_and_the_limits(rules: Path, database: Database) -> None:
    spend(database, 30, spent_at=time.time())
    spend(database, 70, spent_at=time.time() - 3 * 86_400)
    shown = invoke("credits", "--rules", str(rules)).stdout
    assert "Spent today:  30 credits of the 500 of `limits.credits_per_day`\n" in shown
    assert "Kept back:    jobs are held at 20 or below (`limits.keep_credits`)\n" in shown
    assert "https://web.test/register?bind=anon_1" in shown
    as_json = json.loads(invoke("credits", "--json", "--rules", str(rules)).stdout)
    assert (as_json["spent_today"], as_json["keep_credits"], as_json["credits_per_day"]) == (30, 20, 500)


def test_rules_that_are_broken_are_told_and_the_environment_counts(
    service: FakeService, own_token: str, tmp_path: Path
) -> None:
    usual = Path(os.environ["HOME"], ".config/nemowatch/rules.yaml")
    usual.parent.mkdir(parents=True)
    usual.write_text("rules: 3\n")
    done = invoke("credits")
    assert done.exit_code == 0
    assert f"{usual} can't be read; `nemowatch check` says why" in done.stderr
    assert "250 credits" in done.stdout
    assert invoke("credits", "--rules", str(usual)).exit_code == 4


@pytest.mark.parametrize(
    ("call", "status", "code", "exit_code", "told"),
    [
        (BALANCE, 401, 1001, 5, "Set a new token in NEMO_TOKEN"),
        (BALANCE, 403, 403, 5, "lacks the scope"),
        (BALANCE, 402, 2001, 6, "Top up credits in your account."),
        (BALANCE, 500, 500, 1, "try again later"),
    ],
)
def test_refusals_end_with_their_exit_codes(
    call: str, status: int, code: int, exit_code: int, told: str, service: FakeService, own_token: str
) -> None:
    service.answers[call] = JSONResponse({"code": code, "message": "no"}, status)
    done = invoke("credits")
    assert (done.exit_code, done.stdout) == (exit_code, "")
    assert told in done.stderr
    assert own_token not in done.stderr


def test_service_that_gives_no_token_now_ends_with_5(service: FakeService) -> None:
    service.answers[ASK_FOR_TOKEN] = JSONResponse({"code": 429, "message": "too many"}, 429)
    done = invoke("credits")
    assert done.exit_code == 5
    assert "set NEMO_TOKEN to a token of your own" in done.stderr


def test_address_in_the_environment_that_is_none_ends_with_2(
    monkeypatch: pytest.MonkeyPatch, own_token: str
) -> None:
    monkeypatch.setenv("NEMO_API_URL", "nonsense")
    done = invoke("credits")
    assert done.exit_code == 2
    assert "NEMO_API_URL" in done.stderr


@pytest.mark.parametrize("account", ["anonymous", "own"])
def test_running_daemon_is_asked_and_no_token_is_looked_for(account: str) -> None:
    balance = {"available": 250, "frozen": 40, "total": 290, "spent_today": 12, "keep_credits": 20}
    balance |= {"credits_per_day": 500, "account": account, "user_id": "anon_5"}
    with FakeDaemon() as daemon:
        daemon.answers["GET /v1/credits"] = balance
        lines, facts = invoke("credits").stdout.splitlines(), json.loads(invoke("credits", "--json").stdout)
    assert lines[0] == "Available:    250 credits; 40 more are reserved for work in progress"
    assert lines[1] == "Spent today:  12 credits of the 500 of `limits.credits_per_day`"
    assert lines[2] == "Kept back:    jobs are held at 20 or below (`limits.keep_credits`)"
    assert facts.items() >= balance.items()
    more = "https://nemovideo.com/register?bind=anon_5"
    assert facts["more_credits"] == (more if account == "anonymous" else None)
    assert not daemon.state.token.exists()


def test_daemon_that_can_not_tell_is_passed_by_and_that_is_said(service: FakeService, own_token: str) -> None:
    with FakeDaemon() as daemon:
        daemon.refuse("GET /v1/credits", "broken", "It broke.", status=500)
        done = invoke("credits")
    assert done.stderr == "nemowatch: It broke. The service is asked.\n"
    assert "250 credits" in done.stdout


def test_refused_token_of_the_running_daemon_ends_with_5() -> None:
    with FakeDaemon() as daemon:
        daemon.refuse("GET /v1/credits", "token_refused", "The token is refused.", status=502)
        assert invoke("credits").exit_code == 5


def test_balance_is_that_of_the_running_daemon_whatever_token_this_terminal_knows(
    store: JobStore, service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_job(store, JobState.DONE)
    monkeypatch.setenv("NEMO_TOKEN", "own-token-1234")
    balance = {"available": 7, "frozen": 0, "total": 7, "spent_today": 0, "keep_credits": 0}
    with FakeDaemon() as daemon:
        daemon.answers["GET /v1/credits"] = balance | {
            "credits_per_day": None, "account": "own", "user_id": None,
        }  # fmt: skip
        assert " 7 credits are available." in invoke("jobs", "rerun", ID).stderr
        daemon.refuse("GET /v1/credits", "service_down", "Nobody answers.", status=502)
        assert "are available" not in invoke("jobs", "rerun", ID).stderr
    assert service.seen == []
