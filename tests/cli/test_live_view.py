"""The live view of `status --watch`: what stands on the screen, at any size, and how fast jobs go."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from nemowatch.cli.live_view import Frame, draw
from nemowatch.cli.rates import RateWatch
from nemowatch.jobs.records import Cause, JobState
from nemowatch.jobs.views import JobView, OutputView, StatusView
from nemowatch.standing import FolderLine, Standing, WaitingFile

NOW = 1_700_000_000.0
RUNNING = JobView(
    id="a" * 16,
    rule="shorts",
    state=JobState.UPLOADING,
    reason="",
    note="uploading",
    source="/r/talk.mp4",
    size_bytes=100_000_000,
    sha256="0" * 64,
    prompts=("cut it",),
    queued_at=NOW - 60,
    updated_at=NOW,
    started_at=NOW - 30,
    progress=0.25,
    upload_bytes=100_000_000,
    remaining_seconds=130.0,
)


def job(name: str, state: JobState, **facts: object) -> JobView:
    usual: dict[str, object] = {"progress": None, "remaining_seconds": None, "upload_bytes": None}
    return replace(RUNNING, id=name.ljust(16, "0"), source=f"/r/{name}.mp4", state=state, **usual | facts)


HELD = {"is_parked": True, "cause": Cause.BACKLOG, "reason": "One of 30 files that were there before."}
ASKS = {"is_parked": True, "cause": Cause.QUESTION, "reason": "The service asks: “which part?”."}
STANDING = Standing(
    "/rules.yaml",
    (
        FolderLine("/r", "watched", ""),
        FolderLine("/away", "offline", "No such folder."),
        FolderLine("/s", "watched", ""),
    ),
    (WaitingFile("/r/new.mp4", "shorts", "settling", ""), WaitingFile("/r/b.mp4", "shorts", "settling", "")),
    7,
    ("The service does not answer.",),
    "rules.yaml:3: wrong.\n    x: y\n    ^\nrules.yaml:5: wrong, too.",
)
STATUS = StatusView(
    {"pid": 5, "since": "2026-11-21T15:18:25+00:00"},
    "/state",
    STANDING,
    paused_at=NOW - 100,
    paused_why="disk swap",
    credits=40,
    counts={JobState.ATTENTION: 1, JobState.HELD: 30, JobState.QUEUED: 12, JobState.UPLOADING: 1},
    attention=(job("asking", JobState.ATTENTION, **ASKS),),
    held=tuple(job(f"{number:08x}", JobState.HELD, **HELD) for number in range(30)),
    running=(RUNNING, job("会議の録画" * 20, JobState.EDITING, started_at=NOW - 42)),
    queued=tuple(job(f"q{number}", JobState.QUEUED) for number in range(10)),
    recent=(
        job(
            "ready",
            JobState.DONE,
            finished_at=NOW,
            outputs=(OutputView("ready.mp4", "video", 5_000_000, 62.0),),
        ),
        job("broken", JobState.FAILED, finished_at=NOW, reason="It is no \x1b[2Jvideo."),
    ),
)


def screen(
    status: StatusView | None, width: int = 80, height: int = 40, *, note: str = "", rate: str = ""
) -> list[str]:
    """The lines as they stand on the screen, without the blanks at their ends."""
    output = io.StringIO()
    console = Console(file=output, width=width, height=height, no_color=True)
    console.print(draw(Frame(status, lambda _: rate, note, NOW, width, height)))
    return [line.rstrip() for line in output.getvalue().removesuffix("\n").split("\n")]


def test_everything_that_counts_stands_on_the_screen() -> None:
    lines = screen(STATUS, rate="2.3 MB/s", note="From the database.")
    text = "\n".join(lines)
    assert lines[0].startswith("NemoWatch runs: process 5, since 2026-11-21 ")
    for line in (
        "Note      From the database.",
        "Trouble   The service does not answer.",
        "Credits   40 when last asked",
        "Jobs      1 attention, 30 held, 12 queued, 1 uploading",
        "Folder    /away (offline: No such folder.)",
        "Folders   2 are watched",
        "Arriving  new.mp4, rule shorts (settling), and 6 more",
        "At work: 2",
        "Queue: 12",
        "30 jobs, rule shorts: One of 30 files that were there before.",
        "    nemowatch jobs release --rule shorts  lets all of its rule go",
        '    nemowatch jobs answer asking00 "…"  answers it',
    ):
        assert line in lines
    assert "(disk swap); no job starts" in text
    (running,) = (line for line in lines if line.startswith("talk.mp4"))
    assert running.endswith("uploading 25%    2 min left    2.3 MB/s")
    assert "editing          42 s" in text  # nobody knows how long: it says for how long it has run
    assert "done      ready.mp4, rule shorts in 30 s: ready.mp4 (5.0 MB, 1 min 02 s)" in lines
    assert "failed    broken.mp4, rule shorts in 30 s: It is no \N{REPLACEMENT CHARACTER}[2Jvideo." in lines
    assert lines[-1].startswith("q or Ctrl-C ends")


@pytest.mark.parametrize("width", [20, 80, 250])
@pytest.mark.parametrize("height", [1, 2, 12, 60])
@pytest.mark.parametrize("status", [None, STATUS, StatusView(None, "/state")])
def test_screen_is_never_wider_or_higher_than_the_terminal(
    status: StatusView | None, width: int, height: int
) -> None:
    lines = screen(status, width, height, note="From the database. " * 20)
    assert len(lines) <= height
    assert max(cell_len(line) for line in lines) <= width


def test_in_a_small_terminal_what_runs_and_what_needs_the_user_stays() -> None:
    text = "\n".join(screen(STATUS, 80, 24))
    for word in ("talk.mp4", "Needs you: 1", "jobs answer", "Held: 30", "12 queued", "q or Ctrl-C"):
        assert word in text


def test_without_a_daemon_the_screen_says_so() -> None:
    assert screen(StatusView(None, "/state"))[0].startswith("NemoWatch is not running.")
    assert "Jobs      none yet" in screen(StatusView(None, "/state"))


def test_rate_of_an_upload_is_told_in_bytes() -> None:
    rates = RateWatch()
    for second in range(5):
        rates.look([replace(RUNNING, updated_at=NOW + second, progress=0.02 * second)])
    assert rates.describe(RUNNING) == "2.0 MB/s"


def test_rate_of_other_work_is_told_in_shares() -> None:
    rates, rendering = RateWatch(), job("a", JobState.EXPORTING, note="rendering", progress=0.1)
    for second in range(4):
        rates.look([replace(rendering, updated_at=NOW + second, progress=0.1 + 0.01 * second)])
    assert rates.describe(rendering) == "60 %/min"


def test_rate_is_that_of_the_last_seconds() -> None:
    rates = RateWatch()
    for second in range(60):
        share = 0.5 if second < 30 else 0.5 + 0.01 * (second - 30)
        rates.look([replace(RUNNING, updated_at=NOW + second, progress=share)])
    assert rates.describe(RUNNING) == "1.0 MB/s"


@pytest.mark.parametrize(
    "later",
    [
        {"progress": 0.1},  # another piece of work
        {"note": "waiting for its turn"},
        {"state": JobState.EDITING},
        {"updated_at": NOW - 3600},  # a clock that was set back
    ],
)
def test_rate_of_another_piece_of_work_begins_anew(later: dict[str, object]) -> None:
    rates = RateWatch()
    rates.look([replace(RUNNING, updated_at=NOW - 10, progress=0.2)])
    rates.look([RUNNING])
    assert rates.describe(RUNNING) != ""
    rates.look([replace(RUNNING, **{"updated_at": NOW + 1} | later)])
    assert rates.describe(RUNNING) == ""


def test_look_without_news_changes_no_rate_and_a_job_that_has_ended_is_forgotten() -> None:
    rates = RateWatch()
    rates.look([replace(RUNNING, updated_at=NOW - 10, progress=0.15)])
    for _ in range(3):
        rates.look([RUNNING])
    assert rates.describe(RUNNING) == "1.0 MB/s"
    rates.look([])
    assert rates.describe(RUNNING) == ""
