"""`nemowatch credits`: the balance, what was spent today, and where to get more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from nemowatch.cli.options import AsJson, RulesPath  # noqa: TC001 -- Typer reads the annotations

if TYPE_CHECKING:
    from nemowatch.cli.account import Account
    from nemowatch.places import StateFolder
    from nemowatch.rules.rule import RuleBook


@dataclass(frozen=True)
class Spending:
    """What was spent today, and the limits in force; None where no rules say."""

    today: int
    keep_credits: int | None
    credits_per_day: int | None


def show_credits(rules: RulesPath = None, *, as_json: AsJson = False) -> None:
    """Show the account's balance, what was spent today, and where to get more credits.

    The running daemon is asked, unless --rules names other rules than its own; else the service is asked directly.
    Without NEMO_TOKEN and without a kept token it asks the service for an anonymous one, as `nemowatch run` does, and
    says so. Ends with 5 when there is no token or it is refused, 6 when it is a matter of credits or plan.
    """
    from nemowatch.cli.account import (
        account_of,
        find_addresses,
        read_account,
        read_rules_if_good,
    )
    from nemowatch.cli.reader import Reader
    from nemowatch.cli.running import find_rules_file
    from nemowatch.cli.screen import print_json
    from nemowatch.logs import configure_logs
    from nemowatch.places import StateFolder
    from nemowatch.rules.load import load_rules

    configure_logs("WARNING")
    state = StateFolder.locate()
    path = find_rules_file(rules, state)
    book = load_rules(path) if rules else read_rules_if_good(path)
    balance = None
    if rules is None:
        with Reader(state) as reader:
            balance = reader.balance()
    if balance is None:
        account, spending = read_account(find_addresses(book), state), _spent_today(state, book)
    else:
        account = account_of(balance, find_addresses(book))
        spending = Spending(balance.spent_today, balance.keep_credits, balance.credits_per_day)
    if as_json:
        print_json(credits_as_json(account, spending))
        return
    if book is None and path.exists():
        typer.echo(f"{'Rules:':<14}{path} can't be read; `nemowatch check` says why", err=True)
    for label, text in _lines(account, spending, state):
        typer.echo(f"{label:<14}{text}")


def _spent_today(state: StateFolder, book: RuleBook | None) -> Spending:
    from nemowatch.clock import SystemClock
    from nemowatch.jobs.reading import open_books
    from nemowatch.jobs.spending import start_of_day

    with open_books(state.database) as books:
        today = 0 if books is None else books[1].spent_since(start_of_day(SystemClock().now()))
    if book is None:
        return Spending(today, None, None)
    return Spending(today, book.limits.keep_credits, book.limits.credits_per_day)


def _lines(account: Account, spending: Spending, state: StateFolder) -> list[tuple[str, str]]:
    from nemowatch.units import format_count

    balance = account.balance
    reserved = f"; {balance.frozen} more are reserved for work in progress" if balance.frozen else ""
    lines = [("Available:", f"{format_count(balance.available, 'credit')}{reserved}")]
    limit = spending.credits_per_day
    of_limit = "" if limit is None else f" of the {limit} of `limits.credits_per_day`"
    lines.append(("Spent today:", f"{format_count(spending.today, 'credit')}{of_limit}"))
    if spending.keep_credits:
        lines.append(
            ("Kept back:", f"jobs are held at {spending.keep_credits} or below (`limits.keep_credits`)")
        )
    if account.is_new:
        lines.append(("Token:", f"an anonymous one; it was asked for just now, and is kept in {state.token}"))
    else:
        lines.append(("Token:", "an anonymous one" if account.is_anonymous else "the one in NEMO_TOKEN"))
    more = f"register: {account.more_credits}" if account.more_credits else "top up credits in your account"
    lines.append(("Get more:", more))
    return lines


def credits_as_json(account: Account, spending: Spending) -> dict[str, Any]:
    """The account for scripts (docs/commands.md, "Credits")."""
    balance = account.balance
    return {
        "available": balance.available,
        "frozen": balance.frozen,
        "total": balance.total,
        "spent_today": spending.today,
        "keep_credits": spending.keep_credits,
        "credits_per_day": spending.credits_per_day,
        "account": "anonymous" if account.is_anonymous else "own",
        "user_id": account.user_id,
        "token_was_requested": account.is_new,
        "more_credits": account.more_credits,
    }
