"""`nemowatch credits`: the balance, what was spent today, and where to get more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from nemowatch.cli.options import AsJson, RulesPath  # noqa: TC001 -- Typer reads the annotations

if TYPE_CHECKING:
    from nemowatch.cli.account import Account
    from nemowatch.places import StateFolder
    from nemowatch.rules.rule import RuleBook


def show_credits(rules: RulesPath = None, *, as_json: AsJson = False) -> None:
    """Show the account's balance, what was spent today, and where to get more credits.

    Without NEMO_TOKEN and without a kept token it asks the service for an anonymous one, as `nemowatch run` does, and
    says so. Ends with 5 when there is no token or it is refused, 6 when it is a matter of credits or plan.
    """
    from nemowatch.cli.account import find_addresses, read_account, read_rules_if_good  # noqa: PLC0415 -- the same
    from nemowatch.cli.screen import print_json  # noqa: PLC0415 -- --help must load quickly
    from nemowatch.logs import configure_logs  # noqa: PLC0415
    from nemowatch.places import StateFolder, default_rules_path  # noqa: PLC0415
    from nemowatch.rules.load import load_rules  # noqa: PLC0415

    configure_logs("WARNING")
    usual = default_rules_path()
    book = load_rules(rules.expanduser()) if rules else read_rules_if_good(usual)
    state = StateFolder.locate()
    account = read_account(find_addresses(book), state)
    spent = _spent_today(state)
    if as_json:
        print_json(_as_json(account, spent, book))
        return
    if book is None and usual.exists():
        typer.echo(f"{'Rules:':<14}{usual} can't be read; `nemowatch check` says why", err=True)
    for label, text in _lines(account, spent, book, state):
        typer.echo(f"{label:<14}{text}")


def _spent_today(state: StateFolder) -> int:
    from nemowatch.clock import SystemClock  # noqa: PLC0415 -- --help must load quickly
    from nemowatch.jobs.reading import open_books  # noqa: PLC0415
    from nemowatch.jobs.spending import start_of_day  # noqa: PLC0415

    with open_books(state.database) as books:
        return 0 if books is None else books[1].spent_since(start_of_day(SystemClock().now()))


def _lines(account: Account, spent: int, book: RuleBook | None, state: StateFolder) -> list[tuple[str, str]]:
    from nemowatch.units import format_count  # noqa: PLC0415 -- --help must load quickly

    balance = account.balance
    reserved = f"; {balance.frozen} more are reserved for work in progress" if balance.frozen else ""
    lines = [("Available:", f"{format_count(balance.available, 'credit')}{reserved}")]
    limit = None if book is None else book.limits.credits_per_day
    of_limit = "" if limit is None else f" of the {limit} of `limits.credits_per_day`"
    lines.append(("Spent today:", f"{format_count(spent, 'credit')}{of_limit}"))
    if book is not None and book.limits.keep_credits:
        lines.append(
            ("Kept back:", f"jobs are held at {book.limits.keep_credits} or below (`limits.keep_credits`)")
        )
    if account.is_new:
        lines.append(("Token:", f"an anonymous one; it was asked for just now, and is kept in {state.token}"))
    else:
        lines.append(("Token:", "an anonymous one" if account.is_anonymous else "the one in NEMO_TOKEN"))
    more = f"register: {account.more_credits}" if account.more_credits else "top up credits in your account"
    lines.append(("Get more:", more))
    return lines


def _as_json(account: Account, spent: int, book: RuleBook | None) -> dict[str, Any]:
    balance, limits = account.balance, None if book is None else book.limits
    return {
        "available": balance.available,
        "frozen": balance.frozen,
        "total": balance.total,
        "spent_today": spent,
        "keep_credits": None if limits is None else limits.keep_credits,
        "credits_per_day": None if limits is None else limits.credits_per_day,
        "account": "anonymous" if account.is_anonymous else "own",
        "user_id": account.user_id,
        "token_was_requested": account.is_new,
        "more_credits": account.more_credits,
    }
