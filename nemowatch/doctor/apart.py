"""Has an installation examined in a process of its own, and leaves that alone when it can't end.

Called by `nemowatch doctor`. A process with a thread that hangs on a share can't end before the share answers, not
even when it is killed; the command that a person waits for must.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
from typing import IO, TYPE_CHECKING

from nemowatch.doctor.finding import Finding, Verdict, problem
from nemowatch.logs import redact
from nemowatch.service.in_time import leave_alone
from nemowatch.units import format_duration

if TYPE_CHECKING:
    from pathlib import Path

_LIMIT_SECONDS = 90.0
"""Longer than every check in it; only what comes before the checks can take longer."""


def examine_apart(rules_path: Path, *, limit_seconds: float = _LIMIT_SECONDS) -> tuple[Finding, ...]:
    """What all checks found, in their order. Never raises.

    Args:
        rules_path: the rules file, absolute.
        limit_seconds: how long is waited for it all.
    """
    # -P: no folder of the place where the command was typed takes the place of a module.
    command = [sys.executable, "-P", "-m", "nemowatch.doctor", str(rules_path)]
    # Nothing of the command's own is handed on: who reads its output to the end must not wait for what hangs.
    process = subprocess.Popen(  # noqa: S603 -- this very program
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None  # noqa: S101 -- for the type checker: both are pipes
    assert process.stderr is not None  # noqa: S101
    try:
        return _read(process.stdout, process.stderr, limit_seconds)
    finally:
        leave_alone(process)  # it has told all, or tells nothing any more


def _read(answer: IO[bytes], complaint: IO[bytes], limit_seconds: float) -> tuple[Finding, ...]:
    if not select.select([answer], [], [], limit_seconds)[0]:
        return (
            problem(
                "doctor",
                f"No answer within {format_duration(limit_seconds)}: something hangs before the first check.",
                "Is the state folder, or the program itself, on a disk or share that hangs? Mount it again.",
            ),
        )
    try:
        facts = json.loads(answer.readline())
    except ValueError:
        said = complaint.read().decode(errors="replace").strip().rpartition("\n")[2]
        return (problem("doctor", redact(f"The examination broke off. {said}".strip())),)
    return tuple(Finding(**{**each, "verdict": Verdict(each["verdict"])}) for each in facts)
