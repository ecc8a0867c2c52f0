"""What `nemowatch service status` tells, for people and for scripts. Looks at the service and changes nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from nemowatch.cli.screen import open_console, print_labelled
from nemowatch.service.install import find_installed_path, find_manager
from nemowatch.service.installed import describe_installed
from nemowatch.service.linger import lingers
from nemowatch.service.request import own_account

if TYPE_CHECKING:
    from nemowatch.service.installed import InstalledService
    from nemowatch.service.manager import ServiceState
    from nemowatch.service.plan import Kind


@dataclass(frozen=True)
class ServiceReport:
    """How an installed service stands.

    Attributes:
        service: what is installed.
        state: what the system's service manager says of it.
        lingers: whether a user's service runs while nobody is logged in; None where that is no question.
    """

    service: InstalledService
    state: ServiceState
    lingers: bool | None

    @classmethod
    def make(cls, kind: Kind) -> ServiceReport:
        """Look at a service.

        Raises:
            NotInstalled: there is none.
            ManagerAbsent, ServiceFailed: the service manager can't be asked.
        """
        account = own_account()
        find_installed_path(kind, account.home)
        service = describe_installed(kind)
        if service is None:
            raise FileNotFoundError(2, "The service has just been removed")
        state = find_manager(kind, account.home).describe()
        return cls(service, state, lingers(account.name) if kind == "user" else None)

    @property
    def is_well(self) -> bool:
        """Whether it runs, and nothing is to be mended."""
        return self.state.is_running and self.service.is_current is True and not self.service.forbidden

    def as_json(self) -> dict[str, Any]:
        """Everything, with stable keys."""
        service, unit = self.service, self.service.unit
        return {
            "kind": unit.kind,
            "path": str(unit.path),
            "rules_file": None if unit.rules is None else str(unit.rules),
            "is_current": service.is_current,
            "reason": service.reason,
            "forbidden": [str(folder) for folder in service.forbidden],
            "mend": "" if service.is_current and not service.forbidden else service.mending_command,
            "lingers": self.lingers,
            **asdict(self.state),
        }

    def show(self) -> None:
        """Print it for people."""
        console, service, state = open_console(), self.service, self.state
        process = "" if state.pid is None else f", process {state.pid}"
        ended = f": {state.why_ended}" if state.has_failed else ""
        lines = {
            "installed": [
                f"{service.unit.path}{'' if state.is_enabled else ', which does not start by itself'}"
            ],
            "state": [f"{state.word}{process}{ended}"],
            # What a process that has ended said last is no news.
            "says": [state.says] if state.says and state.pid is not None else [],
            "rules": [] if service.unit.rules is None else [str(service.unit.rules)],
            "restarts": [f"{state.restarts} since it was started"] if state.restarts else [],
            "log-out": []
            if self.lingers is not False
            else ["it ends with your last log-out: `loginctl enable-linger`"],
        }
        for label, values in lines.items():
            print_labelled(console, label, values)
        self._show_what_to_mend()

    def _show_what_to_mend(self) -> None:
        console, service = open_console(), self.service
        for folder in service.forbidden:
            print_labelled(console, "problem", [f"the service may not use {folder}"], style="red")
        if service.is_current is None:
            mend = f"{service.reason} `{service.mending_command}` shows where."
            print_labelled(console, "problem", [mend], style="red")
        elif not service.is_current or service.forbidden:
            why = service.reason or "It forbids what its rules need."
            mend = f"{why} `{service.mending_command}` writes it anew."
            print_labelled(console, "outdated", [mend], style="yellow")
