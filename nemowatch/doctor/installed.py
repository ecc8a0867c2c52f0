"""Whether NemoWatch is installed as a service, as it would be installed now, and allowed what the rules need."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from nemowatch.doctor.finding import ok, problem, warning
from nemowatch.service.installed import list_installed
from nemowatch.service.request import own_account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nemowatch.doctor.finding import Finding
    from nemowatch.doctor.site import Site
    from nemowatch.service.installed import InstalledService

INSTALLED = "service"


def look_at_installed(site: Site) -> Iterator[Finding]:
    """Each service that is installed for this user or this machine.

    Raises:
        OSError: one can't be read.
    """
    services = list_installed()
    if not services:
        yield ok(
            INSTALLED,
            "None is installed: NemoWatch runs while `nemowatch run` does. `nemowatch service install` has it start "
            "by itself.",
        )
    for service in services:
        yield _judge(service)
        if service.unit.kind == "system" and service.unit.user != own_account().name:
            name = service.unit.user
            yield ok(
                INSTALLED,
                f"It runs as {name}: `sudo -u {name} -H {sys.executable} -m nemowatch doctor` examines it.",
            )
        if service.unit.rules not in {None, site.rules_path}:
            yield ok(INSTALLED, f"{service.unit.path} goes by {service.unit.rules}.")


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
