"""From a command to an order: which jobs, what it may cost, does the user agree, what came of it.

Called by `order_commands.py`, which is loaded for every `--help`, while this is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from nemowatch.cli.account import read_known_balance
from nemowatch.cli.asking import agree
from nemowatch.cli.courier import Courier
from nemowatch.cli.fitting import check_fits
from nemowatch.cli.prices import price_jobs, price_prompts, price_retry
from nemowatch.cli.screen import print_json, printable
from nemowatch.cli.selection import Selection, choose_jobs
from nemowatch.jobs.orders import Action
from nemowatch.jobs.reading import open_books
from nemowatch.jobs.records import Cause
from nemowatch.jobs.views import view_job
from nemowatch.jobs.window import find_record
from nemowatch.places import StateFolder
from nemowatch.units import format_count
from nemowatch.web.bodies import OrderFate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nemowatch.jobs.records import JobRecord
    from nemowatch.jobs.spending import SpendingBook
    from nemowatch.web.bodies import OrderOutcome

_DONE_TO = {
    Action.RETRY: "tried again",
    Action.CANCEL: "cancelled",
    Action.RELEASE: "released",
    Action.RERUN: "made anew",
}
_SHOWN_ONE_BY_ONE = 20


def order_several(action: Action, selection: Selection, *, yes: bool, as_json: bool) -> None:
    """Give an order for each job of a selection, and show what came of it.

    Raises:
        NoSuchJob, DoesNotFit: a named job is not there, or is in the wrong state.
        NobodyToAsk, Declined: the user does not agree.
        typer.Exit: an order was refused.
    """
    state = StateFolder.locate()
    with open_books(state.database) as books:
        store, spending = books or (None, None)
        records = choose_jobs(store, action, selection)
        # A job that was named is released without a question: that is what the user has looked at.
        is_asked = selection.is_filter or action is not Action.RELEASE
        cost = _cost_of(action, records, spending) if is_asked else ""
    if not records:
        _show_nothing(action, as_json=as_json)
        return
    if selection.is_filter or cost:
        count = format_count(len(records), "job")
        facts = f"{count} would be {_DONE_TO[action]}. {cost}".rstrip()
        is_costly = bool(cost) and (action is not Action.RELEASE or any(map(_is_of_backlog, records)))
        agree(printable(facts), "Go on?", is_costly=is_costly, yes=yes)
    _show(action, Courier(state).give(action, records), as_json=as_json)


def order_one(action: Action, job: str, text: str, *, yes: bool, as_json: bool) -> None:
    """Give an order that carries a text, and show what came of it.

    Raises:
        NoSuchJob, DoesNotFit, NobodyToAsk, Declined, typer.Exit: as for `order_several`.
        typer.BadParameter: the text is empty.
    """
    if not text.strip():
        raise typer.BadParameter("it is empty", param_hint="TEXT")
    state = StateFolder.locate()
    with open_books(state.database) as books:
        store, spending = books or (None, None)
        record = find_record(store, job)
        check_fits(action, view_job(record))
        price = price_prompts([record], spending) if action is Action.REFINE else ""
    if price:
        facts = f"One more prompt is sent, and paid for: {price}."
        agree(printable(facts), "Go on?", is_costly=True, yes=yes)
    _show(action, Courier(state).give(action, [record], text.strip()), as_json=as_json)


def _cost_of(action: Action, records: Sequence[JobRecord], spending: SpendingBook | None) -> str:
    """What the order makes the user pay, in a sentence or two; empty where it costs nothing by itself."""
    if action is Action.RETRY:
        return price_retry(records, spending)
    if action is Action.RERUN and records:
        available = read_known_balance()
        left = "" if available is None else f" {format_count(available, 'credit')} are available."
        return f"Each is paid for again: {price_jobs(records, spending)}.{left}"
    return _cost_of_release(records, spending) if action is Action.RELEASE else ""


def _cost_of_release(records: Sequence[JobRecord], spending: SpendingBook | None) -> str:
    """What is paid by jobs that go past a limit on credits, or would not have begun yet."""
    paying = [record for record in records if _is_held_for_money(record) or _is_of_backlog(record)]
    if not paying:
        return ""
    cost = f"What that may cost: {price_jobs(paying, spending)}."
    # The service is asked for the balance only where much may be spent at once.
    available = read_known_balance() if any(map(_is_of_backlog, paying)) else None
    return cost if available is None else f"{cost} {format_count(available, 'credit')} are available."


def _is_of_backlog(record: JobRecord) -> bool:
    return record.stop is not None and record.stop.cause is Cause.BACKLOG


def _is_held_for_money(record: JobRecord) -> bool:
    return record.stop is not None and record.stop.cause in {Cause.CREDITS, Cause.BUDGET}


def _show_nothing(action: Action, *, as_json: bool) -> None:
    if as_json:
        print_json([])
    else:
        besides = ", beside what is at work already" if action is Action.RERUN else ""
        typer.echo(f"There is no job to be {_DONE_TO[action]}{besides}.")


def _show(action: Action, outcomes: Sequence[OrderOutcome], *, as_json: bool) -> None:
    """Print what came of the orders; ends with 1 where one was refused.

    Raises:
        typer.Exit: one was.
    """
    if as_json:
        print_json([outcome_as_json(action, each) for each in outcomes])
    elif len(outcomes) > _SHOWN_ONE_BY_ONE and len({(each.fate, each.text) for each in outcomes}) == 1:
        _say(f"{len(outcomes)} jobs", outcomes[0])
    else:
        for each in outcomes:
            _say(f"Job {each.job_id[:8]}", each)
    if any(each.fate is OrderFate.REFUSED for each in outcomes):
        raise typer.Exit(1)


def outcome_as_json(action: Action, outcome: OrderOutcome) -> dict[str, Any]:
    """What became of an order, for scripts (docs/commands.md, "An order")."""
    return outcome.to_json() | {"order": action.value}


def _say(whose: str, outcome: OrderOutcome) -> None:
    refused = outcome.fate is OrderFate.REFUSED
    typer.echo(f"{whose}: {'refused. ' if refused else ''}{printable(outcome.text)}", err=refused)
