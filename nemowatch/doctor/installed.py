"""Whether NemoWatch is installed as a service, as it would be now, is allowed what its rules need, and runs."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from nemowatch.doctor.finding import ok, problem, warning
from nemowatch.errors import NemoWatchError
from nemowatch.service.install import find_manager
from nemowatch.service.installed import reinstall_command
from nemowatch.service.request import own_account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nemowatch.doctor.finding import Finding
    from nemowatch.doctor.site import Site
    from nemowatch.service.installed import InstalledService
    from nemowatch.service.reading import Unit

INSTALLED = "service"
LIMIT_SECONDS = 45.0
"""Two services, and the system's manager is given 20 seconds for each."""


def look_at_installed(site: Site) -> Iterator[Finding]:
    """Each service that is installed for this user or this machine."""
    if site.services_trouble:
        yield problem(INSTALLED, site.services_trouble, "Let this user read it, and mount again what hangs.")
        return
    if not site.services:
        yield ok(
            INSTALLED,
            "None is installed: NemoWatch runs while `nemowatch run` does. `nemowatch service install` has it start "
            "by itself.",
        )
    for service in site.services:
        yield _judge(service)
        yield from _judge_run(service.unit)
        if service.unit.kind == "system" and service.unit.user != own_account().name:
            name = service.unit.user
            yield ok(
                INSTALLED,
                f"It runs as {name}: `sudo -u {name} -H {sys.executable} -m nemowatch doctor` examines it.",
            )
        if service.unit.rules not in {None, site.rules_path}:
            yield ok(INSTALLED, f"{service.unit.path} goes by {service.unit.rules}.")
        state = service.unit.environment.get("NEMOWATCH_STATE")
        if state and Path(state) != site.state.root:
            command = f"NEMOWATCH_STATE={shlex.quote(state)} nemowatch doctor"
            yield ok(INSTALLED, f"It keeps its state in {state}: `{command}` examines that.")


def _judge(service: InstalledService) -> Finding:
    where, mend = f"{service.unit.path}", f"`{service.mending_command}`."
    if service.forbidden:
        folders = ", ".join(map(str, service.forbidden))
        return problem(INSTALLED, f"{where} does not let it use what the rules need: {folders}.", mend)
    if service.is_current is None:
        return warning(INSTALLED, f"{where} can't be held against its rules: {service.reason}", mend)
    if not service.is_current:
        return warning(INSTALLED, f"{where} is not what would be installed now. {service.reason}", mend)
    return ok(INSTALLED, f"{where} is installed and current.")


def _judge_run(unit: Unit) -> Iterator[Finding]:
    """What the service manager has to tell; nothing where it can't be asked, as in a container."""
    try:
        state = find_manager(unit.kind, unit.home).describe()
    except NemoWatchError:
        return
    scope = " --system" if unit.kind == "system" else ""
    start = f"`nemowatch service start{scope}`."
    if state.has_failed:
        yield problem(INSTALLED, f"{unit.path} does not run: {state.why_ended}", f"Mend that, then {start}")
    elif not state.is_running and state.pid is None:
        yield warning(INSTALLED, f"{unit.path} is stopped.", start)
    if not state.is_enabled:
        mend = f"`{reinstall_command(unit)}`."
        yield warning(INSTALLED, f"{unit.path} does not start by itself.", mend)
