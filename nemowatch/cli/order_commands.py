"""`nemowatch jobs retry · cancel · release · answer · refine · rerun`: what the user orders for jobs.

Each writes its order down and shows the daemon's answer; while no daemon runs, the order is kept for it.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from nemowatch.cli.options import AsJson, JobId, Yes, check_text

_Jobs: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="JOB",
        help="Ids of jobs, or their beginnings.",
        show_default=False,
        callback=check_text,
    ),
]
_Rule: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--rule", metavar="NAME", help="In place of ids: the jobs of this rule.", callback=check_text
    ),
]
_States: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--state", metavar="STATE", help="In place of ids: the jobs in this state; may be repeated."
    ),
]


def retry(
    jobs: _Jobs = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="In place of ids: every job that failed.")] = False,
    rule: _Rule = None,
    state: _States = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Try jobs again that failed, were cancelled or need you: each goes on where it stopped.

    What is done is not done again. Where a prompt would be sent again, which may be paid twice, it says so and asks.
    """
    _order("retry", jobs, every, rule, state, yes=yes, as_json=as_json)


def cancel(
    jobs: _Jobs = None,
    *,
    every: Annotated[
        bool, typer.Option("--all", help="In place of ids: every job that has not ended.")
    ] = False,
    rule: _Rule = None,
    state: _States = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """End jobs that have not ended, wherever they are.

    What they have delivered stays; what was paid is not paid back.
    """
    _order("cancel", jobs, every, rule, state, yes=yes, as_json=as_json)


def release(
    jobs: _Jobs = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="In place of ids: every held job.")] = False,
    rule: _Rule = None,
    state: _States = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Let jobs go that are held, wait or need you.

    Past a limit on credits; outside of their hours; those that were there before their rule; with the timeline as it
    is, where nobody can tell whether a prompt counted; as the service thinks best, where it asked something; at once,
    where they would be tried later. With a filter it says how many there are and what they may cost, and asks.
    """
    _order("release", jobs, every, rule, state, yes=yes, as_json=as_json)


def rerun(
    jobs: _Jobs = None,
    *,
    rule: Annotated[
        str | None,
        typer.Option(
            "--rule",
            metavar="NAME",
            help="In place of ids: the recordings of this rule.",
            callback=check_text,
        ),
    ] = None,
    state: Annotated[
        list[str] | None,
        typer.Option("--state", metavar="STATE", help="With --rule: of jobs in this state; default: done."),
    ] = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Make recordings anew, as their rule stands now. Each is a new job, and paid for.

    Says beforehand how many there are and what they may cost. With --rule each recording counts once.
    """
    if state and rule is None:
        raise typer.BadParameter("it needs --rule", param_hint="--state")
    _order("rerun", jobs, False, rule, state, yes=yes, as_json=as_json)  # noqa: FBT003 -- there is no --all


def answer(
    job: JobId,
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help="What the service is told.", callback=check_text)
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Answer what the service has asked about a job; it goes on then."""
    from nemowatch.cli.ordering import order_one
    from nemowatch.jobs.orders import Action

    order_one(Action.ANSWER, job, text, yes=True, as_json=as_json)


def refine(
    job: JobId,
    text: Annotated[
        str,
        typer.Argument(metavar="TEXT", help='The prompt, such as "make it shorter".', callback=check_text),
    ],
    *,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Send one more prompt to a finished job's session; the new version comes beside the old one.

    It is a job of its own, and paid for.
    """
    from nemowatch.cli.ordering import order_one
    from nemowatch.jobs.orders import Action

    order_one(Action.REFINE, job, text, yes=yes, as_json=as_json)


def _order(
    action: str,
    jobs: list[str] | None,
    every: bool,  # noqa: FBT001 -- one of the four that make the selection
    rule: str | None,
    states: list[str] | None,
    *,
    yes: bool,
    as_json: bool,
) -> None:
    from nemowatch.cli.ordering import order_several
    from nemowatch.cli.selection import Selection
    from nemowatch.cli.states import parse_states
    from nemowatch.jobs.orders import Action

    selection = Selection(tuple(jobs or ()), every, rule, parse_states(states or ()))
    order_several(Action(action), selection, yes=yes, as_json=as_json)
