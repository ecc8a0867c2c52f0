"""What travels over the control socket beside jobs and the status (`jobs/views.py`): the bodies, both ways.

Made by `app.py`, read back by `client.py`, so that neither spells a key of its own. Times are seconds since the epoch
here and ISO 8601 (UTC) on the wire; sizes are in bytes, amounts in credits. Nothing here reads or decides anything.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from nemowatch.jobs.views import iso_moment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nemowatch.jobs.file_history import KnownFile


class OrderFate(StrEnum):
    """What became of an order."""

    DONE = "done"
    REFUSED = "refused"
    KEPT = "kept"


@dataclass(frozen=True)
class OrderOutcome:
    """What became of the order for one job, and what the daemon says of it; a kept one is carried out later."""

    job_id: str
    fate: OrderFate
    text: str

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {"id": self.job_id, "outcome": self.fate.value, "text": self.text}

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> OrderOutcome:
        """Read back what `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        return cls(str(facts["id"]), OrderFate(facts["outcome"]), str(facts["text"]))


@dataclass(frozen=True)
class LogPiece:
    """A piece of a job's log.

    Attributes:
        text: whole lines, from the offset that was asked for; empty where nothing was added.
        next_offset: where the next piece begins, in bytes.
        is_ended: the job has ended, so that nothing more is written than this tells.
    """

    text: str
    next_offset: int
    is_ended: bool

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {"text": self.text, "next_offset": self.next_offset, "ended": self.is_ended}

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> LogPiece:
        """Read back what `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        return cls(str(facts["text"]), int(facts["next_offset"]), bool(facts["ended"]))


@dataclass(frozen=True)
class PauseStanding:
    """Whether jobs may start: `paused_at` is since when they may not, None while they may; `why` is the user's."""

    paused_at: float | None
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {"paused_at": iso_moment(self.paused_at), "why": self.why}

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> PauseStanding:
        """Read back what `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        return cls(_moment(facts["paused_at"]), str(facts["why"]))


@dataclass(frozen=True)
class RulesChange:
    """What reading the rules again came to: the rules in force now, and those that differ from before.

    Attributes:
        rules_file: where they are.
        loaded_at: when they were put in force.
        rule_count: how many there are.
        added, changed, removed: names, in the file's order.
        troubles: sentences about what needs the user, such as a change that takes effect at the next start only.
    """

    rules_file: str
    loaded_at: float
    rule_count: int
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self) | {"loaded_at": iso_moment(self.loaded_at)}

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> RulesChange:
        """Read back what `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        names = {key: tuple(map(str, facts[key])) for key in ("added", "changed", "removed", "troubles")}
        loaded_at = _moment(facts["loaded_at"])
        if loaded_at is None:
            raise ValueError("loaded_at is missing")
        return cls(str(facts["rules_file"]), loaded_at, int(facts["rule_count"]), **names)


@dataclass(frozen=True)
class Balance:
    """The account's credits, as the service told them just now.

    Attributes:
        available, frozen, total: `frozen` is reserved for work in progress, `total` is both together.
        spent_today: by all jobs together, on this local day.
        keep_credits, credits_per_day: the limits in force; the second is None where there is none.
        account: `anonymous` or `own`.
        user_id: of an anonymous account; None for the user's own.
    """

    available: int
    frozen: int
    total: int
    spent_today: int
    keep_credits: int
    credits_per_day: int | None
    account: str
    user_id: str | None

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Balance:
        """Read back what `to_json` wrote; keys of a later version are left out.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        return cls(**{key: facts[key] for key in cls.__dataclass_fields__})


@dataclass(frozen=True)
class SkippedFile:
    """A file that makes no job.

    Attributes:
        why: `existing` (it was there before its rule) or `duplicate`.
        duplicate_of, job: the recording that has the same content, and its job; None where that is not known.
        noted_at: when it was found; None where nobody wrote it down.
    """

    source: str
    rule: str
    why: str
    size_bytes: int
    noted_at: float | None = None
    duplicate_of: str | None = None
    job: str | None = None

    @classmethod
    def of(cls, file: KnownFile) -> SkippedFile:
        """What the database knows of it, as it is shown."""
        job = file.job if file.is_duplicate else None
        return cls(
            source=str(file.source.path),
            rule=file.rule,
            why=file.skipped,
            size_bytes=file.source.size_bytes,
            noted_at=file.noted_at,
            duplicate_of=None if job is None else str(job.spec.source.path),
            job=None if job is None else job.spec.job_id,
        )

    def to_json(self) -> dict[str, Any]:
        """As JSON values; `state` stands where a job has its own."""
        return asdict(self) | {"state": "skipped", "noted_at": iso_moment(self.noted_at)}

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> SkippedFile:
        """Read back what `to_json` wrote; keys of a later version are left out.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        known = {key: facts[key] for key in cls.__dataclass_fields__}
        return cls(**known | {"noted_at": _moment(facts["noted_at"])})


@dataclass(frozen=True)
class Health:
    """That the daemon answers, and how quickly.

    Attributes:
        version: of NemoWatch.
        pid: its process.
        since: when it started.
        loop_lag_seconds: the longest that its event loop was late within the last minute.
    """

    version: str
    pid: int
    since: float
    loop_lag_seconds: float

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self) | {"since": iso_moment(self.since)}

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Health:
        """Read back what `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        since = _moment(facts["since"])
        if since is None:
            raise ValueError("since is missing")
        return cls(str(facts["version"]), int(facts["pid"]), since, float(facts["loop_lag_seconds"]))


def _moment(text: str | None) -> float | None:
    return None if text is None else datetime.fromisoformat(text).timestamp()
