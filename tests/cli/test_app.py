"""The program as it is typed: how soon it answers, what it says of wrong use, what it prints and where."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer
from cli_parts import ID, PROGRAM, invoke, make_spec, run_on_terminal
from typer.testing import CliRunner

from nemowatch import __version__
from nemowatch.cli.guard import guarded
from nemowatch.jobs.database import Database
from nemowatch.jobs.records import DeliveredFile, JobSpec, JobState
from nemowatch.jobs.store import Changes, JobStore

HEAVY = {"dbos", "sqlalchemy", "av", "numpy", "httpx", "yaml", "starlette", "uvicorn", "watchdog"}
HEAVY |= {"asyncio", "loguru"}
COMMANDS = ["demo", "init", "check", "run", "status", "explain", "pause", "resume", "reload", "doctor"]
COMMANDS += ["credits", "schema", "sandbox", "jobs", "service"]
OF_JOBS = ["list", "show", "logs", "open", "retry", "cancel", "release", "answer", "refine", "rerun"]
LONG_NAME = (
    "a recording with a name that is longer than any column of a table in a terminal could ever be.mp4"
)
REASON = "The service refused the upload, which is told here in a sentence that is too long for one line."


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program that is installed."""
    return subprocess.run(
        [PROGRAM, *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def loaded_modules(*arguments: str) -> set[str]:
    """The top-level modules that a run of the program has loaded."""
    code = (
        "import sys, runpy\n"
        f"sys.argv = ['nemowatch', *{arguments!r}]\n"
        "try: runpy.run_module('nemowatch', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    return {name.partition(".")[0] for name in done.stderr.split()}


@pytest.fixture
def book(database: Database) -> Sequence[JobSpec]:
    """A state folder with three jobs: one is done, one has failed, one waits in the queue."""
    specs = (
        make_spec(),
        make_spec("0123" + "f" * 12, path=Path("/r") / LONG_NAME, queued_at=1e9 + 1),
        make_spec("9" * 16, queued_at=1e9 + 2),
    )
    store = JobStore(database.engine)
    for spec in specs:
        store.add(spec)
    outputs = (
        DeliveredFile("talk.mp4", "video", 5_000_000, 62.0),
        DeliveredFile("media/a.png", "media", 700),
    )
    started = Changes(JobState.PREPARING, started_at=1e9)
    for spec in specs[:2]:
        store.write(spec.job_id, started, now=1e9)
    folder = Path("/r-output/shorts/talk")
    done = Changes(JobState.DONE, finished_at=1e9 + 8, output_folder=folder, outputs=outputs)
    store.write(ID, done, now=1e9 + 8)
    failed = Changes(JobState.FAILED, REASON, finished_at=1e9 + 9)
    store.write(specs[1].job_id, failed, now=1e9 + 9)
    (Path(os.environ["NEMOWATCH_STATE"], "jobs") / f"{ID}.log").write_text(
        "12:00:01  Uploaded talk.mp4 [12.3 MB].\n"
    )
    return specs


@pytest.fixture
def odd_job(database: Database) -> JobSpec:
    """A job whose recording has a name that is no text, and a command for the terminal in it."""
    spec = make_spec(path=Path("/r/caf\udce9 \x1b[2J.mp4"))
    JobStore(database.engine).add(spec)
    return spec


def test_version_is_told_and_nothing_is_loaded_for_it() -> None:
    assert run("--version").stdout == f"nemowatch {__version__}\n"
    assert not loaded_modules("--version") & {*HEAVY, "pydantic", "typer", "rich", "loguru", "asyncio"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "--help"),
        *(
            pytest.param(arguments, marks=pytest.mark.slow)
            for arguments in (("--help",), ("jobs", "--help"), ())
        ),
    ],
)
def test_help_loads_neither_engine_nor_client_nor_web(arguments: tuple[str, ...]) -> None:
    assert not loaded_modules(*arguments) & HEAVY


def test_help_names_every_command_and_gives_flags_no_value() -> None:
    shown = invoke("--help").stdout
    for command in COMMANDS:
        assert f"│ {command} " in shown
    assert "bool" not in shown + invoke("status", "--help").stdout + invoke("jobs", "list", "-h").stdout


@pytest.mark.parametrize("command", [*([name] for name in COMMANDS), *(["jobs", name] for name in OF_JOBS)])
def test_help_of_each_command_fits_80_columns(command: list[str]) -> None:
    done = invoke(*command, "--help")
    assert done.exit_code == 0
    assert f"Usage: nemowatch {' '.join(command)}" in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= 80
    assert "…" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["staus"], "Did you mean 'status'?"),
        (["frobnicate"], f"There are: {', '.join(COMMANDS)}."),
        (["jobs", "lst"], f"Did you mean 'list'? There are: {', '.join(OF_JOBS)}."),
        (["status", "--jsn"], "--json"),
        (["jobs", "show"], "Missing argument 'JOB'"),
        (["jobs", "list", "--limit", "0"], "--limit"),
        (["jobs", "list", "--state", "nonsense"], f"there are {', '.join(JobState)}"),
        (["jobs", "list", "--state", "skipped", "--state", "done"], "name it alone"),
        (["jobs", "show", "nothing"], "There is no job 'nothing'. `nemowatch jobs list` shows the ids."),
        (["demo", "missing.mp4"], "missing.mp4"),
    ],
)
def test_wrong_use_ends_with_2_and_says_what_there_is(arguments: list[str], told: str) -> None:
    done = invoke(*arguments, columns=200)
    assert (done.exit_code, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_no_arguments_show_the_help() -> None:
    assert "Start here" in invoke().stdout


def test_beginning_that_several_jobs_share_names_them_all(book: Sequence[JobSpec]) -> None:
    done = invoke("jobs", "show", "0123")
    assert done.exit_code == 2
    assert all(spec.job_id in done.stderr for spec in book[:2])
    assert "Give more of the id" in done.stderr
    assert ID in invoke("jobs", "show", "01234").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["status"],
        ["jobs", "list"],
        ["status", "--json"],
        ["jobs", "show", "a"],
        ["jobs", "list", "--state", "skipped"],
    ],
)
def test_looking_makes_nothing_on_the_disk(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEMOWATCH_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    done = invoke(*arguments)
    assert done.exit_code == (2 if "show" in arguments else 0)
    assert list(tmp_path.iterdir()) == []


def test_json_of_no_jobs_has_the_same_shape() -> None:
    assert json.loads(invoke("jobs", "list", "--json").stdout) == []
    status = json.loads(invoke("status", "--json").stdout)
    assert status == {
        "daemon": None,
        "state_folder": os.environ["NEMOWATCH_STATE"],
        "standing": None,
        "jobs": dict.fromkeys(JobState, 0),
        "skipped": {},
        "active": [],
        "recent": [],
        "paused_at": None,
        "paused_why": "",
        "credits": None,
        "held_cost": "",
    }


def test_json_of_a_job_has_every_key_and_plain_units(book: Sequence[JobSpec]) -> None:
    job = json.loads(invoke("jobs", "show", ID, "--json").stdout)
    assert job == {
        "id": ID,
        "rule": "shorts",
        "state": "done",
        "reason": "",
        "cause": None,
        "wake_at": None,
        "question": None,
        "attempt": 1,
        "cost": None,
        "progress": None,
        "note": "",
        "remaining_seconds": None,
        "source": "/r/talk.mp4",
        "size_bytes": 10,
        "sha256": "0" * 64,
        "prompts": ["cut it", "export"],
        "output_folder": "/r-output/shorts/talk",
        "outputs": [
            {"name": "talk.mp4", "kind": "video", "size_bytes": 5_000_000, "duration_seconds": 62.0},
            {"name": "media/a.png", "kind": "media", "size_bytes": 700, "duration_seconds": None},
        ],
        "queued_at": "2001-09-09T01:46:40.000+00:00",
        "started_at": "2001-09-09T01:46:40.000+00:00",
        "updated_at": "2001-09-09T01:46:48.000+00:00",
        "finished_at": "2001-09-09T01:46:48.000+00:00",
        "is_parked": False,
        "stopped_before": False,
        "upload_bytes": None,
        "refines": None,
    }
    jobs = json.loads(invoke("jobs", "list", "--json").stdout)
    assert [each["id"] for each in jobs] == [spec.job_id for spec in reversed(book)]
    assert job in jobs
    status = json.loads(invoke("status", "--json").stdout)
    assert status["jobs"] == dict.fromkeys(JobState, 0) | {"queued": 1, "done": 1, "failed": 1}
    assert job in status["recent"]
    assert [each["id"] for each in status["active"]] == ["9" * 16]


def test_jobs_are_narrowed_down(book: Sequence[JobSpec]) -> None:
    def ids(*arguments: str) -> list[str]:
        return [job["id"] for job in json.loads(invoke("jobs", "list", "--json", *arguments).stdout)]

    assert ids("--state", "done") == [ID]
    assert len(ids("--state", "done", "--state", "failed", "--rule", "shorts")) == 2
    assert ids("--rule", "another") == []
    assert ids("--limit", "1") == ["9" * 16]


def test_tables_on_a_terminal_fit_80_columns_and_lose_nothing(book: Sequence[JobSpec]) -> None:
    for command in (["jobs", "list"], ["status"]):
        lines = run_on_terminal(*command)
        assert max(len(line) for line in lines) <= 80
        assert "…" not in "".join(lines)
        letters = "".join(sorted("".join(lines)))
        for word in (LONG_NAME, REASON):
            assert all(letters.count(letter) >= word.count(letter) for letter in set(word))
        assert all(any(line.startswith(spec.job_id[:8]) for line in lines) for spec in book)


def test_lines_in_a_pipe_are_whole(book: Sequence[JobSpec]) -> None:
    lines = invoke("jobs", "list", columns=40).stdout.splitlines()
    assert len(lines) == 1 + len(book)
    assert "\x1b" not in "".join(lines)
    (failed,) = (line for line in lines if LONG_NAME in line)
    assert failed.endswith(REASON)
    (done,) = (line for line in lines if line.startswith(ID[:8]))
    assert re.search(
        r"talk\.mp4 +shorts +done +8\.0 s +talk\.mp4 \(5\.0 MB, 1 min 02 s\), 1 × PNG \(700 B\)$", done
    )


def test_pipe_is_no_terminal_whatever_the_environment_says(
    book: Sequence[JobSpec], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = invoke("jobs", "list", columns=40).stdout
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert invoke("jobs", "list", columns=40).stdout == plain


def test_all_that_is_known_of_a_job_is_shown_with_its_log(book: Sequence[JobSpec]) -> None:
    shown = invoke("jobs", "show", ID, columns=40).stdout
    for words in (
        ID,
        "done",
        "/r/talk.mp4 (10 B)",
        "cut it",
        "/r-output/shorts/talk",
        "Uploaded talk.mp4 [12.3 MB].",
    ):
        assert words in shown


@pytest.mark.slow
def test_name_that_is_no_text_neither_breaks_nor_moves_the_terminal(odd_job: JobSpec) -> None:
    for command in (["jobs", "list"], ["status"], ["jobs", "show", ID]):
        done = run(*command)
        assert done.returncode == 0, done.stderr
        assert "caf\N{REPLACEMENT CHARACTER} \N{REPLACEMENT CHARACTER}[2J.mp4" in done.stdout
    job = json.loads(run("jobs", "show", ID, "--json").stdout)
    assert job["source"] == str(odd_job.source.path)


@pytest.mark.slow
def test_output_is_json_whatever_the_terminal_s_encoding(odd_job: JobSpec) -> None:
    done = run("jobs", "list", "--json", PYTHONIOENCODING="ascii")
    assert json.loads(done.stdout)[0]["source"] == str(odd_job.source.path)
    assert run("jobs", "list", PYTHONIOENCODING="ascii").returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["--version"],
        ["schema"],
        ["jobs", "list"],
        *(
            pytest.param(arguments, marks=pytest.mark.slow)
            for arguments in (["--help"], ["status"], ["jobs", "list", "--json"])
        ),
    ],
)
def test_reader_that_has_gone_is_no_reason_to_complain(arguments: list[str], book: Sequence[JobSpec]) -> None:
    gone, ours = os.pipe()
    os.close(gone)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [str(PROGRAM), *arguments]
    with os.fdopen(ours, "wb") as stdout:
        done = subprocess.run(command, env=environment, stdout=stdout, stderr=subprocess.PIPE, check=False)
    assert done.stderr == b""
    # What Typer prints by itself it counts as failed then.
    assert done.returncode == (1 if "--help" in arguments else 0)


def test_full_disk_is_told_in_one_line() -> None:
    with Path("/dev/full").open("wb") as stdout:
        command = [str(PROGRAM), "schema"]
        done = subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "nemowatch: No space left on device.\n"


def test_ctrl_c_in_a_command_ends_it_with_130_and_without_a_word() -> None:
    small = typer.Typer()

    @small.command()
    @guarded
    def wait() -> None:
        signal.raise_signal(signal.SIGINT)

    result = CliRunner().invoke(small)
    assert (result.exit_code, result.output) == (130, "")


def test_ctrl_c_while_the_program_loads_ends_it_with_130_and_without_a_word() -> None:
    code = (
        "import signal, sys, runpy\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name == 'typer': signal.raise_signal(signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        "sys.argv = ['nemowatch', 'status']\n"
        "runpy.run_module('nemowatch', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")
