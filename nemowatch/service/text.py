"""What is written for a service, by its kind: a systemd unit or a launchd agent. For `print`, `install`, `status`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nemowatch.service.plist import AGENT_LABEL, write_agent
from nemowatch.service.units import UNIT_NAME, write_unit

if TYPE_CHECKING:
    from nemowatch.service.plan import Kind, Plan

SYSTEM_UNITS = Path("/etc/systemd/system")
"""Where the administrator's system units are (systemd.unit(5))."""


def write_service(plan: Plan) -> str:
    """The whole text of a unit or agent."""
    return write_agent(plan) if plan.kind == "agent" else write_unit(plan)


def service_path(kind: Kind, home: Path) -> Path:
    """Where it is installed."""
    if kind == "system":
        return SYSTEM_UNITS / UNIT_NAME
    if kind == "user":
        return home / ".config/systemd/user" / UNIT_NAME
    return home / "Library/LaunchAgents" / f"{AGENT_LABEL}.plist"
