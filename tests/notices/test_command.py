"""Commands as real processes: what they are given, how they end, what is left of them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest
from helpers import async_wait_until

from nemowatch.logs import hide_secret
from nemowatch.notices.command import Outcome, environment_without_secrets, find_program, run_command

SHELL = "/bin/sh"


async def run(*command: str, facts: bytes = b"", timeout_seconds: float = 20.0) -> Outcome:
    environment = environment_without_secrets(os.environ)
    return await run_command(
        command, environment=environment, facts=facts, timeout_seconds=timeout_seconds, grace_seconds=0.2
    )


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


async def test_arguments_arrive_as_they_are_and_no_shell_reads_them() -> None:
    awkward = "; echo $HOME `id` *'\"\n-rf"
    outcome = await run(
        sys.executable, "-c", "import sys, json; print(json.dumps(sys.argv[1:]))", awkward, "a\0b"
    )
    assert outcome.trouble == ""
    assert json.loads(outcome.output) == [awkward, "a\N{REPLACEMENT CHARACTER}b"]


async def test_both_outputs_are_kept_and_the_facts_stand_on_standard_input() -> None:
    outcome = await run(SHELL, "-c", "cat; echo oh >&2; exit 3", facts=b'{"job": 1}\n')
    assert outcome.output == '{"job": 1}\noh\n'
    assert outcome.trouble == "ended with exit code 3"


async def test_command_that_does_not_read_its_facts_is_none_the_worse() -> None:
    assert (await run("true", facts=b"x" * 1_000_000)).trouble == ""


async def test_too_much_output_is_cut_and_does_not_hold_the_command_up() -> None:
    outcome = await run(SHELL, "-c", "head -c 3000000 /dev/zero | tr '\\0' x")
    assert outcome.trouble == ""
    assert outcome.output == "x" * 64 * 1024


async def test_program_that_is_not_there_or_no_program_is_told(tmp_path: Path) -> None:
    assert (await run(str(tmp_path / "none"))).trouble == "can't be started: No such file or directory"
    plain = tmp_path / "plain"
    plain.write_text("x")
    assert (await run(str(plain))).trouble == "can't be started: Permission denied"
    assert find_program(str(plain), os.environ) is None
    assert find_program("sh", os.environ) is not None


async def test_time_limit_ends_the_whole_group_even_what_ignores_the_first_signal(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = f"trap '' TERM; (trap '' TERM; sleep 60) & echo $! $$ >{pids}; wait"
    outcome = await run(SHELL, "-c", script, timeout_seconds=0.3)
    assert outcome.trouble == "was ended: it took longer than 0.3 s"
    child, leader = map(int, pids.read_text().split())
    await async_wait_until(lambda: not is_alive(child) and not is_alive(leader))


async def test_cancelled_wait_ends_the_command(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    task = asyncio.create_task(run(SHELL, "-c", f"echo $$ >{pid}; exec sleep 60"))
    await async_wait_until(lambda: pid.exists() and pid.read_text().endswith("\n"))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await async_wait_until(lambda: not is_alive(int(pid.read_text())))


async def test_signal_that_ended_it_is_named() -> None:
    assert (await run(SHELL, "-c", "kill -SEGV $$")).trouble == "was ended by SIGSEGV"


def test_no_token_and_nothing_of_systemds_is_in_the_environment() -> None:
    hide_secret("s3cr3t-elsewhere")
    environ = {
        "PATH": "/bin",
        "HOME": "/home/me",
        "NEMO_TOKEN": "nmv_usr_abc",
        "MY_COPY": "x nmv_usr_abcdef",
        "OTHER": "s3cr3t-elsewhere",
        "NOTIFY_SOCKET": "/run/x",
        "WATCHDOG_USEC": "1",
    }
    assert environment_without_secrets(environ) == {"PATH": "/bin", "HOME": "/home/me"}
