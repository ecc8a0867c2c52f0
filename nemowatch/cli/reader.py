"""Where the commands that only look get what they show: from the running daemon, else from the database.

The one place that decides it. A daemon that does not answer, or is of an earlier version and takes no requests, must
not keep anybody from looking: the database is read then, and stderr says so. Nothing is changed by it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Self, TypeVar

from nemowatch.clock import SystemClock
from nemowatch.places import read_lock_holder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

    from nemowatch.clock import Clock
    from nemowatch.jobs.records import JobState
    from nemowatch.jobs.views import JobView, StatusView
    from nemowatch.places import StateFolder
    from nemowatch.standing import Standing
    from nemowatch.web.bodies import Balance, LogPiece, SkippedFile
    from nemowatch.web.client import ControlClient

_Answer = TypeVar("_Answer")

_BROKEN = "broken"
"""The daemon's code for a mistake of its own (docs/control.md)."""

PATIENCE_SECONDS = 5.0
"""So long an answer is waited for that the daemon has at hand."""

_FROM_DATABASE = "what follows is from its database"

_LEFT_ALONE_SECONDS = 30.0
"""So long a daemon that gave no answer is not asked again: each question would wait for it anew."""


def say_on_stderr(text: str) -> None:
    """Tell what is no part of the answer."""
    sys.stderr.write(f"nemowatch: {text}\n")


class Reader:
    """What is known of the jobs and the daemon of a state folder.

    Every method that asks the daemon raises `ControlRefused` where it says no; every method that reads the database
    raises `DatabaseTooNew`, `DatabaseTooOld` or `DatabaseUnusable` where it can't be read.

    Args:
        state: the state folder.
        clock: the time.
        say: tells where the answer comes from when it is not the running daemon's; once for each reason.

    Attributes:
        note: the same of the latest answer; empty where that is the running daemon's, or none runs.
    """

    def __init__(
        self, state: StateFolder, *, clock: Clock | None = None, say: Callable[[str], None] = say_on_stderr
    ) -> None:
        self._state = state
        self._clock = clock or SystemClock()
        self._say = say
        self._said: set[str] = set()
        self.note = ""
        self._client: ControlClient | None = None
        self._asked_again_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            self._client.close()

    @property
    def is_running(self) -> bool:
        """Whether a daemon runs with this state folder."""
        return read_lock_holder(self._state) is not None

    def status(self) -> StatusView:
        """How the daemon and the jobs stand."""
        return self._ask(lambda client: client.status(), self._read_status)

    def standing(self) -> Standing | None:
        """What the running daemon tells beside its jobs; None where none runs, or it tells nothing yet."""
        from nemowatch.standing import read_standing

        return self._ask(
            lambda client: client.status().standing,
            lambda daemon: None if daemon is None else read_standing(self._state.standing),
        )

    def jobs(
        self,
        *,
        states: Iterable[JobState] = (),
        rule: str | None = None,
        since: float | None = None,
        limit: int,
    ) -> tuple[JobView, ...]:
        """Jobs, the newest first.

        Args:
            states: only those in one of these; all where none is named.
            rule: only those of this rule.
            since: only those that were queued at this moment or later, seconds since the epoch.
            limit: at most so many.
        """
        states = tuple(states)

        def read(daemon: Mapping[str, Any] | None) -> tuple[JobView, ...]:
            from nemowatch.jobs.window import open_window

            with open_window(self._state.database, is_running=daemon is not None) as window:
                if window is None:
                    return ()
                now = self._clock.now()
                return window.list_jobs(states=states, rule=rule, since=since, limit=limit, now=now)

        return self._ask(lambda client: client.jobs(states=states, rule=rule, since=since, limit=limit), read)

    def job(self, beginning: str) -> JobView:
        """The one job whose id begins like this.

        Raises:
            NoSuchJob: the database has none, or several; the daemon refuses it with the same exit code.
        """

        def read(daemon: Mapping[str, Any] | None) -> JobView:
            from nemowatch.jobs.window import no_such_job, open_window

            with open_window(self._state.database, is_running=daemon is not None) as window:
                if window is None:
                    raise no_such_job(beginning)
                return window.find_job(beginning, now=self._clock.now())

        # What is no id is not even an address of the control API.
        return self._ask(lambda client: client.job(beginning), read) if beginning.isalnum() else read(None)

    def read_log(self, job_id: str, offset: int) -> LogPiece:
        """What was added to the log of exactly this job from an offset on (bytes), in whole lines."""

        def read(_: Mapping[str, Any] | None) -> LogPiece:
            from nemowatch.outputs.job_log import JobLog
            from nemowatch.web.bodies import LogPiece

            # Before the log is read: what was written when the job had ended is all that there is.
            is_ended = self.job(job_id).state.is_final
            text, next_offset = JobLog(self._state.job_logs / f"{job_id}.log").read_from(offset)
            return LogPiece(text, next_offset, is_ended)

        return self._ask(lambda client: client.read_log(job_id, offset), read)

    def balance(self) -> Balance | None:
        """The account's credits as the running daemon is told them; None where no daemon can be asked."""
        return self._ask(lambda client: client.credits(), lambda _: None, instead="the service is asked")

    def skipped(self, *, rule: str | None, limit: int) -> tuple[SkippedFile, ...]:
        """Files that make no job, those that were found last come first."""

        def read(_: Mapping[str, Any] | None) -> tuple[SkippedFile, ...]:
            from nemowatch.jobs.file_history import open_history
            from nemowatch.web.bodies import SkippedFile

            with open_history(self._state.database) as history:
                files = () if history is None else history.list_skipped(rule=rule, limit=limit)
                return tuple(SkippedFile.of(file) for file in files)

        return self._ask(lambda client: client.skipped(rule, limit), read)

    def _read_status(self, daemon: Mapping[str, Any] | None) -> StatusView:
        from nemowatch.jobs.views import StatusView
        from nemowatch.jobs.window import open_window
        from nemowatch.standing import read_standing

        folder = str(self._state.root)
        standing = None if daemon is None else read_standing(self._state.standing)
        with open_window(self._state.database, is_running=daemon is not None) as window:
            if window is None:
                return StatusView(daemon, folder, standing)
            return window.read_status(
                daemon=daemon, state_folder=folder, standing=standing, now=self._clock.now()
            )

    def _ask(
        self,
        over_api: Callable[[ControlClient], _Answer],
        from_database: Callable[[Mapping[str, Any] | None], _Answer],
        *,
        instead: str = _FROM_DATABASE,
    ) -> _Answer:
        daemon = read_lock_holder(self._state)
        if daemon is None:
            self.note = ""
            return from_database(None)
        from nemowatch.web.client import ControlClient, ControlRefused, DaemonAbsent, DaemonSilent

        if self._clock.monotonic() >= self._asked_again_at:
            if self._client is None:
                self._client = ControlClient(self._state, timeout_seconds=PATIENCE_SECONDS)
            try:
                answer = over_api(self._client)
            except DaemonAbsent:
                self._tell(
                    f"NemoWatch runs and takes no requests yet, or is of an earlier version; {instead}."
                )
            except DaemonSilent as error:
                self._asked_again_at = self._clock.monotonic() + _LEFT_ALONE_SECONDS
                self._tell(f"{error.message} {instead[:1].upper()}{instead[1:]}.")
            except ControlRefused as error:
                if error.code != _BROKEN:
                    raise
                self._tell(f"{error.message} {instead[:1].upper()}{instead[1:]}.")
            else:
                self.note = ""
                return answer
        return from_database(daemon)

    def _tell(self, text: str) -> None:
        self.note = text
        if text not in self._said:
            self._said.add(text)
            self._say(text)
