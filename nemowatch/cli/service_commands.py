"""`nemowatch service …`: NemoWatch as a service of the system; what is done is in `nemowatch/service`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from nemowatch.cli.options import (  # noqa: TC001 -- Typer reads the annotations at run time
    AsJson,
    RulesPath,
)

if TYPE_CHECKING:
    from nemowatch.service.install import Installed
    from nemowatch.service.manager import Manager
    from nemowatch.service.plan import Kind

System = Annotated[
    bool,
    typer.Option("--system", help="The service of the whole machine, which has a user of its own (Linux)."),
]
UserName = Annotated[
    str | None,
    typer.Option(
        "--user-name",
        metavar="NAME",
        help="With --system: run as this user; default: nemowatch, which is made.",
        show_default=False,
    ),
]
Linger = Annotated[
    bool | None,
    typer.Option(
        "--linger/--no-linger",
        help="Whether your service runs while you are not logged in; asked at a terminal otherwise (Linux).",
        show_default=False,
    ),
]


def print_service(rules: RulesPath = None, *, system: System = False, user_name: UserName = None) -> None:
    """Print the unit, or on macOS the launchd agent, that `install` would write.

    Each line that restricts the service stands under its reason; the folders of the rules are all it may write.
    """
    from nemowatch.service.request import Request
    from nemowatch.service.text import write_service

    plan = Request.of(system=system, user_name=user_name, rules=rules).plan()
    typer.echo(write_service(plan), nl=False)


def install(
    rules: RulesPath = None,
    *,
    system: System = False,
    user_name: UserName = None,
    linger: Linger = None,
) -> None:
    """Check everything that the service needs, install it, and start it; do it again after a change of the folders.

    By default it is a service of yours: a systemd user unit, or a launchd agent on macOS. When something speaks
    against it, all of that is listed with what to do about it, and nothing is written.
    """
    import os

    from nemowatch.service.install import install_service
    from nemowatch.service.request import Request

    done = install_service(Request.of(system=system, user_name=user_name, rules=rules), os.environ)
    _tell_installed(done)
    if done.plan.kind == "user":
        _offer_linger(done.plan.account.name, wanted=linger)


def uninstall(*, system: System = False) -> None:
    """Stop the service and take it away. Rules, state, secrets, outputs and its user stay."""
    from nemowatch.service.install import uninstall_service
    from nemowatch.service.request import own_account

    path = uninstall_service(_kind(system=system), own_account().home)
    _say(f"Stopped, and removed {path}.")
    _say("Rules, state, secrets and outputs are where they were.")


def start(*, system: System = False) -> None:
    """Start the installed service, and wait until its folders are watched."""
    _manager(system=system).start()
    _say("Started.")


def stop(*, system: System = False) -> None:
    """Stop the installed service; what was running goes on at the next start."""
    _manager(system=system).stop()
    _say("Stopped.")


def restart(*, system: System = False) -> None:
    """Stop and start the installed service, unless its rules can't be used."""
    from nemowatch.service.installed import check_restartable

    manager = _manager(system=system)
    check_restartable(_kind(system=system))
    manager.restart()
    _say("Started again.")


def show_service(*, system: System = False, json_output: AsJson = False) -> None:
    """Show whether the service is installed, runs, and is what would be installed now.

    Ends with 0 when it runs and nothing is to be mended, else with 1.
    """
    from nemowatch.cli.screen import print_json
    from nemowatch.cli.service_report import ServiceReport

    report = ServiceReport.make(_kind(system=system))
    if json_output:
        print_json(report.as_json())
    else:
        report.show()
    if not report.is_well:
        raise typer.Exit(1)


def _kind(*, system: bool) -> Kind:
    from nemowatch.service.request import choose_kind

    return choose_kind(system=system)


def _manager(*, system: bool) -> Manager:
    """What manages the installed service, for somebody who may change it."""
    from nemowatch.service.install import check_rights, find_installed_path, find_manager
    from nemowatch.service.request import own_account

    kind, home = _kind(system=system), own_account().home
    find_installed_path(kind, home)
    check_rights(kind)
    return find_manager(kind, home)


def _tell_installed(done: Installed) -> None:
    from nemowatch.service.linger import lingers

    plan = done.plan
    is_early = plan.kind == "system" or (plan.kind == "user" and lingers(plan.account.name))
    begins = "with the machine" if is_early else "when you log in"
    if done.made_user:
        _say(f"Made the user {plan.account.name}, with the home {plan.account.home}.")
    _say(f"Installed {done.path}.")
    _say(f"NemoWatch runs as {plan.account.name} with {plan.rules}, and starts {begins}.")
    for note in done.notes:
        _say(f"Note: {note}")
    log = {
        "user": "journalctl --user -u nemowatch",
        "system": "journalctl -u nemowatch",
        "agent": f"tail -f '{plan.state / 'logs'}'/*.log",
    }[plan.kind]
    scope = " --system" if plan.kind == "system" else ""
    _say(f"Next: `nemowatch service status{scope}` shows how it does, `{log}` what it says.")


def _offer_linger(user_name: str, *, wanted: bool | None) -> None:
    """Without lingering a user's services end with the last log-out, and start with the first log-in."""
    from nemowatch.service.linger import enable_linger, lingers

    if lingers(user_name) or wanted is False:
        return
    if wanted is None:
        _say(
            f"It runs while {user_name} is logged in. Lingering starts it with the machine, and keeps it running."
        )
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            _say(f"To have that: loginctl enable-linger {user_name}")
            return
        if not typer.confirm("Enable lingering?", default=True, err=True):
            return
    enable_linger(user_name)
    _say(f"Lingering is enabled for {user_name}: it starts with the machine.")


def _say(text: str) -> None:
    from nemowatch.cli.screen import printable

    typer.echo("\n".join(map(printable, text.splitlines())))
