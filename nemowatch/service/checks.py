"""What is looked at before a service is installed, as the user who will run it.

Used by `install.py`; nothing is written until all of it is well. What can be seen only as another user is seen by
NemoWatch's own `check`, run as that user with the very interpreter that the service will have.
"""

from __future__ import annotations

import itertools
import json
import os
import pwd
import shlex
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nemowatch.places import StateFolder, read_lock_holder
from nemowatch.service.in_time import leave_alone

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nemowatch.service.manager import ServiceState
    from nemowatch.service.plan import Account, Plan

_SECONDS = 60.0
"""A folder that does not answer for so long, such as a share that hangs, would hang the service, too."""

_SECRETS = ("NEMO_TOKEN", "NEMO_CLIENT_ID")
_CACHES = (".cache", "Caches")


@dataclass(frozen=True)
class Finding:
    """One thing that was noticed.

    Attributes:
        text: what is as it is.
        mend: what to do about it; empty where there is nothing to do.
    """

    text: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.text} {self.mend}".rstrip()


def check_ground(plan: Plan, state: ServiceState | None, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """What keeps a service from running, whatever its rules are; its user need not be there yet.

    Args:
        plan: the service.
        state: of the service that is installed already; None where none is.
        environ: of the shell that asks.
    """
    found = (
        _check_home(plan),
        _check_program(plan),
        _check_secrets(plan, environ),
        _check_others(plan, state),
    )
    return tuple(itertools.chain(*found))


def run_as(
    account: Account, command: Sequence[str], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a program as a user, for one who is not there yet as nobody; as oneself where root is not at hand.

    Raises:
        OSError: it can't be run as that user.
        subprocess.TimeoutExpired: it does not end.
    """
    identity: dict[str, Any] = {}
    if os.getuid() == 0 and account.uid != 0:
        entry = pwd.getpwnam("nobody" if account.uid is None else account.name)
        groups = os.getgrouplist(entry.pw_name, entry.pw_gid)
        identity = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": groups}
    process = subprocess.Popen(  # noqa: S603 -- the service's own interpreter, no shell
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        cwd="/",
        env={"PATH": os.defpath, "HOME": str(account.home), "LC_ALL": "C.UTF-8", **environment},
        **identity,
    )
    try:
        said, complained = process.communicate(timeout=_SECONDS)
    except BaseException:
        leave_alone(process)  # subprocess.run would wait for it, and on a share that hangs it never ends
        raise
    return subprocess.CompletedProcess(command, process.returncode, said, complained)


def _check_home(plan: Plan) -> Iterator[Finding]:
    account = plan.account
    if plan.kind != "user" or account.uid is None:
        return
    real = Path(pwd.getpwuid(account.uid).pw_dir)
    if account.home != real:
        yield Finding(
            f"HOME is {account.home}, but systemd starts this user's services with {real}.",
            f"export HOME={real}",
        )


def _check_program(plan: Plan) -> Iterator[Finding]:
    if any(part in _CACHES for part in plan.package.parts):
        yield Finding(
            f"NemoWatch runs from {plan.package}, a cache that is emptied some day.",
            "Install it for good (`uv tool install nemowatch`, `pipx install nemowatch`), and do it from there.",
        )
        return
    try:
        answer = run_as(plan.account, [str(plan.python), "-P", "-m", "nemowatch", "--version"], {})
    except OSError:
        found = "can't be run"
    except subprocess.TimeoutExpired:
        found = "does not answer when it is run"
    else:
        if answer.returncode == 0:
            return
        found = "does not find NemoWatch"
    yield Finding(
        f"The interpreter {plan.python} {found} by the user {plan.account.name} (it lies in "
        f"{os.path.realpath(plan.python)}); systemd would end with 203/EXEC.",
        "Install NemoWatch where everybody may read it, with the system's Python: "
        "sudo python3 -m venv /opt/nemowatch && sudo /opt/nemowatch/bin/pip install nemowatch; "
        "then: sudo /opt/nemowatch/bin/nemowatch service install --system",
    )


def _check_secrets(plan: Plan, environ: Mapping[str, str]) -> Iterator[Finding]:
    """The shell's token is not the service's: it goes into a file that nobody else reads, never into the unit."""
    try:
        kept, mode = read_secrets(plan.secrets)
    except OSError as error:
        yield Finding(f"{plan.secrets} can't be read: {error.strerror}.")
        return
    if mode & 0o077:
        yield Finding(
            f"{plan.secrets} holds secrets and can be read by others.", f"chmod 600 {_quoted(plan.secrets)}"
        )
    for name in _SECRETS:
        if environ.get(name) and not kept.get(name):
            yield Finding(
                f"{name} is set in this shell, where the service does not see it.",
                f"Keep it for the service: {keeping_command(plan, name)}; or unset it to do without.",
            )


def keeping_command(plan: Plan, name: str) -> str:
    """The command that puts a variable of the shell into the service's file of secrets, and shows it to nobody."""
    folder, file = _quoted(plan.secrets.parent), _quoted(plan.secrets)
    if plan.kind == "system":
        # By root, whoever has the variable; the folder holds the rules, too, which the service's user reads.
        return f"echo \"{name}=${name}\" | sudo sh -c 'mkdir -p {folder}; umask 077; cat >> {file}'"
    return f'(umask 077; mkdir -p {folder}; echo "{name}=${name}" >> {file})'


def _check_others(plan: Plan, state: ServiceState | None) -> Iterator[Finding]:
    holder = read_lock_holder(StateFolder(plan.state))
    if holder is None or (state is not None and state.pid == holder.get("pid")):
        return
    yield Finding(
        f"NemoWatch runs already with the state folder {plan.state}: process {holder.get('pid')}.",
        "Stop that one first.",
    )


def check_rules(plan: Plan) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """What `nemowatch check` says as the service's user: may it read the rules and its folders, and write outputs?

    Returns:
        What keeps the service from being installed, and what is as it may be, and may not be meant.
    """
    command = [str(plan.python), "-P", "-m", "nemowatch", "check", "--json", "--rules", str(plan.rules)]
    try:
        answer = run_as(plan.account, command, {**dict(plan.environment), "NEMOWATCH_STATE": str(plan.state)})
    except subprocess.TimeoutExpired:
        text = "A folder of the rules does not answer: a share that hangs, or a question of the system's to its user."
        return (Finding(text, "`nemowatch explain FOLDER` shows which."),), ()
    try:
        report = json.loads(answer.stdout)
    except ValueError:
        said = answer.stderr.strip().removeprefix("nemowatch: ").splitlines()
        return (Finding(f"As the user {plan.account.name}: {said[-1] if said else 'the check failed.'}"),), ()
    return _read_report(plan, report)


def _read_report(plan: Plan, report: dict[str, Any]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    folders = [folder for rule in report.get("rules", ()) for folder in rule["folders"]]
    problems = [problem["message"] for problem in report["problems"]]
    # Where a watch folder is away, so may be the share that its outputs go to: it is taken up when it comes.
    problems += [text for each in folders if os.path.lexists(each["watch"]) for text in each["problems"]]
    whose = f"For the user {plan.account.name}: " if plan.kind == "system" else ""
    grant = _granting_hint(plan) if plan.kind == "system" else ""
    obstacles = tuple(Finding(f"{whose}{problem}", grant) for problem in dict.fromkeys(problems))
    return obstacles, tuple(Finding(warning) for warning in report.get("warnings", ()))


def _granting_hint(plan: Plan) -> str:
    name = plan.account.name
    let_in = f"sudo setfacl -R -m u:{name}:rwX,d:u:{name}:rwX FOLDER"
    return f"To let that user in: {let_in}, and u:{name}:x for those above."


def note_token(plan: Plan) -> Iterator[Finding]:
    """Tell where the service has no token of the user's."""
    try:
        has_own = bool(read_secrets(plan.secrets)[0].get("NEMO_TOKEN"))
        is_anonymous = not has_own and not StateFolder(plan.state).token.exists()
    except OSError:
        return
    if is_anonymous:
        yield Finding(
            "There is no token yet: NemoWatch asks for an anonymous one, with free credits, at its first job.",
            f"To use your own, set NEMO_TOKEN and: {keeping_command(plan, 'NEMO_TOKEN')}",
        )


def read_secrets(path: Path) -> tuple[dict[str, str], int]:
    """The names and values of the file, and its permission bits; nothing and 0 where it is not there.

    Raises:
        OSError: it can't be read.
    """
    try:
        text, mode = path.read_text(encoding="utf-8", errors="replace"), stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return {}, 0
    pairs = (
        line.split("=", 1)
        for line in map(str.strip, text.splitlines())
        if "=" in line and line[0] not in "#;"
    )
    return {name.strip(): value.strip().strip("\"'") for name, value in pairs}, mode


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
