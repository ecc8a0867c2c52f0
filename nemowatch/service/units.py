"""The systemd units, user and system, from one template: each line that hardens the service with its reason.

Used by `service print` and `install`; what systemd says of them is asked in `checks.py`. Text out, nothing else:
the text depends on the plan alone, so that an installed unit can be compared with it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nemowatch.service.folders import is_within
from nemowatch.service.plan import OWN_HOME
from nemowatch.service.words import quote, quote_argument, quote_path, write_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nemowatch.service.plan import Plan

UNIT_NAME = "nemowatch.service"

NEVER_RESTARTED = (2, 4, 7, 8)
"""Exit codes that a restart can't help: wrong use, rules invalid, another instance runs, the state is gone (README,
"Exit codes")."""

HOMES = (Path("/home"), Path("/root"), Path("/run/user"))
SHARED_TEMPORARY = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 -- looked for in paths, nothing is made there


class _Line(NamedTuple):
    """One or more lines of a unit, with what is said above them."""

    text: str
    why: str = ""


def write_unit(plan: Plan) -> str:
    """The text of the unit for a plan of kind `user` or `system`."""
    sections = {
        "Unit": _describe_unit(plan),
        "Service": [*_describe_process(plan), *_describe_life(), *_harden(plan)],
        "Install": [_Line(f"WantedBy={'multi-user.target' if plan.kind == 'system' else 'default.target'}")],
    }
    written = [f"[{name}]\n{''.join(_write(lines))}" for name, lines in sections.items()]
    return "\n".join([_heading(plan), *written])


def hides_homes(plan: Plan) -> bool:
    """Whether the homes can be hidden from the service: nothing that it needs lies in one."""
    return plan.kind == "system" and not any(is_within(path, HOMES) for path in plan.reads)


def _heading(plan: Plan) -> str:
    system = " --system" if plan.kind == "system" else ""
    return (
        f"# Made by `nemowatch service print{system}` from the rules. `nemowatch service install{system}` writes it "
        "anew;\n# changes of your own belong into a drop-in, which it leaves alone: "
        f"systemctl {'' if system else '--user '}edit {UNIT_NAME}\n"
    )


def _write(lines: Iterable[_Line]) -> Iterator[str]:
    for line in lines:
        if line.why:
            yield f"# {line.why}\n"
        yield f"{line.text}\n"


def _describe_unit(plan: Plan) -> list[_Line]:
    lines = [
        _Line("Description=NemoWatch: recordings saved into its folders are edited and delivered beside them")
    ]
    if plan.kind == "system":
        lines += [
            _Line(
                "Wants=network-online.target",
                "The first calls succeed; without a network it waits and goes on by itself.",
            ),
            _Line(
                "After=network-online.target remote-fs.target",
                "Shares are mounted first. One that can't be is no reason not to start: its folder is offline.",
            ),
        ]
    lines.append(
        _Line(
            "StartLimitIntervalSec=0",
            "It is started again however often it fails: nobody may look for months.",
        )
    )
    return lines


def _describe_process(plan: Plan) -> list[_Line]:
    home = _home_of(plan)
    program = quote_path(plan.python, home)
    rules = quote_path(plan.rules, home).replace("$", "$$")
    arguments = " ".join(quote_argument(argument) for argument in plan.command[1:-1])
    lines = [
        _Line("Type=notify", "Started means: the folders are watched and the engine runs."),
        _Line("NotifyAccess=main"),
        _Line(f"ExecStart={program} {arguments} {rules}"),
        _Line("ExecReload=kill -HUP $MAINPID"),
        _Line("SyslogIdentifier=nemowatch", "Its name in the journal; it would be that of the interpreter."),
    ]
    if plan.kind == "system":
        lines.append(_Line(f"User={plan.account.name}"))
    lines += [_Line(f"Environment={quote(f'{name}={value}')}") for name, value in plan.environment]
    lines += [
        _Line(f"Environment=NEMOWATCH_SERVICE={plan.kind}"),
        _Line(
            f"EnvironmentFile=-{_write_secrets(plan)}",
            "NEMO_TOKEN=… stands in this file (mode 0600) and never here: anybody may read a unit.",
        ),
    ]
    return lines


def _describe_life() -> list[_Line]:
    codes = " ".join(map(str, NEVER_RESTARTED))
    return [
        _Line("TimeoutStartSec=120", "A large folder takes its time to be watched."),
        _Line(
            "WatchdogSec=60", "Its event loop tells twice in this time that it is alive; a hang is a restart."
        ),
        _Line("Restart=on-failure"),
        _Line("RestartSec=5"),
        _Line(
            f"RestartPreventExitStatus={codes}",
            "Wrong use, wrong rules, another instance, no state or that of another version: it would be the same.",
        ),
        _Line(
            "TimeoutStopSec=20",
            "It ends within 10 seconds by itself; what was running goes on at the next start.",
        ),
        _Line("KillMode=mixed", "The daemon stops its own helpers; what is left of them is killed after it."),
        _Line(
            "OOMPolicy=continue",
            "An encoder that the kernel ends for want of memory fails its job, not the service.",
        ),
        _Line(
            "MemoryHigh=75%",
            "The machine stays usable whatever a recording takes: beyond this the service is slowed down.",
        ),
        _Line(
            "LimitNOFILE=16384",
            "Many jobs at once have many files and connections open; the usual 1024 may be too few.",
        ),
        _Line("LimitCORE=0", "A core file would hold the token."),
        _Line(
            "UMask=0022", "Outputs are for people: readable by others. The state folder is not (mode 0700)."
        ),
    ]


def _harden(plan: Plan) -> list[_Line]:
    return [*_harden_rights(plan), *_harden_files(plan), *_harden_kernel(plan), *_harden_calls()]


def _harden_rights(plan: Plan) -> list[_Line]:
    users = (
        "No other user exists for it, so no right over another user's things can be had."
        if plan.kind == "system"
        else "Without it, a user's systemd can't make the file system read-only (systemd 252: it says nothing)."
    )
    lines = [
        _Line("NoNewPrivileges=yes", "No set-uid program that it may start gives it more rights."),
        _Line("PrivateUsers=yes", users),
    ]
    if plan.kind == "system":
        lines.append(_Line("CapabilityBoundingSet=", "It needs no right of root's."))
    return lines


def _harden_files(plan: Plan) -> list[_Line]:
    homes = (
        _Line("ProtectHome=yes", "Nothing that it needs lies in a home.")
        if hides_homes(plan)
        else _Line("ProtectHome=read-only", "`ProtectSystem=strict` leaves the homes writable.")
    )
    lines = [
        _Line("ProtectSystem=strict", "The whole file system is read-only but for the folders named below."),
        homes,
        *_allow_writing(plan),
    ]
    if not any(is_within(path, SHARED_TEMPORARY) for path in (*plan.reads, *plan.writes)):
        lines.append(
            _Line("PrivateTmp=yes", "No other program's temporary files are seen, and none of its own shown.")
        )
    return [*lines, _Line("PrivateDevices=yes", "No disk, camera or microphone; it reads files.")]


def _allow_writing(plan: Plan) -> Iterator[_Line]:
    """The folders of the rules, one a line; with `-`, one that is not there is no reason not to start."""
    below = plan.account.home
    # Of its own user's home alone: another one below /var/lib is that of a program, which systemd would shut out.
    if plan.kind == "system" and below == OWN_HOME:
        yield _Line(
            f"StateDirectory={below.name}", "Made when it is missing; the user's home, with the state in it."
        )
        yield _Line("StateDirectoryMode=0700")
        folders = tuple(folder for folder in plan.writes if not is_within(folder, (below,)))
    else:
        folders = plan.writes
    why = "State, client id, and where outputs and moved recordings go. A new rule may need more: install again."
    for number, folder in enumerate(folders):
        yield _Line(f"ReadWritePaths=-{quote_path(folder, _home_of(plan))}", "" if number else why)


def _harden_kernel(plan: Plan) -> list[_Line]:
    lines = [
        _Line("ProtectKernelTunables=yes", "It changes no setting of the kernel's …"),
        _Line("ProtectKernelModules=yes", "… loads no module …"),
        _Line("ProtectKernelLogs=yes", "… reads no kernel log …"),
        _Line("ProtectControlGroups=yes", "… makes no control groups …"),
        _Line("ProtectClock=yes", "… sets no clock …"),
        _Line("ProtectHostname=yes", "… and no host name."),
    ]
    if plan.kind == "system":
        lines += [
            _Line("ProtectProc=invisible", "Other users' processes are none of its business."),
            _Line("DevicePolicy=closed", "Only /dev/null and the like can be opened."),
            _Line("RemoveIPC=yes", "Nothing of it stays in memory when it has ended."),
        ]
    return [*lines, _Line("KeyringMode=private", "It sees no keys of the session that started it.")]


def _harden_calls() -> list[_Line]:
    return [
        _Line(
            "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
            "It speaks to the service, to its own socket and to the journal.",
        ),
        _Line("RestrictNamespaces=yes", "It starts no containers."),
        _Line("RestrictRealtime=yes", "It never takes the processor for itself."),
        _Line("RestrictSUIDSGID=yes", "It makes no set-uid files."),
        _Line("LockPersonality=yes", "It runs as the architecture that it was made for, and as no other."),
        _Line(
            "MemoryDenyWriteExecute=yes", "A flaw in a decoder can't turn the data of a recording into code."
        ),
        _Line("SystemCallArchitectures=native"),
        _Line(
            "SystemCallFilter=@system-service",
            "The calls that services make, without those that need root's rights;",
        ),
        _Line("SystemCallFilter=~@privileged"),
        _Line(
            "SystemCallErrorNumber=EPERM",
            "what is refused fails as if it were forbidden, and does not end the service.",
        ),
    ]


def _home_of(plan: Plan) -> Path | None:
    """The home that `%h` stands for: in a system unit it would be root's."""
    return None if plan.kind == "system" else plan.account.home


def _write_secrets(plan: Plan) -> str:
    home = _home_of(plan)
    if home is not None and plan.secrets.is_relative_to(home):
        return f"%h/{write_value(str(plan.secrets.relative_to(home)))}"
    return write_value(str(plan.secrets))
