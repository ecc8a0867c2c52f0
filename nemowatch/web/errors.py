"""What the control API refuses, and the one body in which everything is refused.

Raised by `app.py` and by the daemon behind it. A message never holds a traceback, and a secret as little as any other
message of NemoWatch does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemowatch.errors import NemoWatchError
from nemowatch.jobs.errors import DatabaseUnusable
from nemowatch.jobs.window import NoSuchJob
from nemowatch.nemo.errors import (
    ApiError,
    ClientIdMissing,
    ExportBlocked,
    OutOfCredits,
    RateLimited,
    ScopeMissing,
    ServiceDown,
    TokenRejected,
)

if TYPE_CHECKING:
    from typing import Any


class Refused(NemoWatchError):
    """A request is refused.

    Attributes:
        status: the HTTP status.
        code: the reason as a word for programs.
    """

    def __init__(self, message: str, *, hint: str = "", status: int, code: str) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.code = code

    def to_json(self) -> dict[str, Any]:
        """The body."""
        return {"error": {"code": self.code, "message": self.message, "hint": self.hint}}


# The first that fits counts.
_KNOWN: tuple[tuple[tuple[type[NemoWatchError], ...], int, str], ...] = (
    ((NoSuchJob,), 404, "no_such_job"),
    ((TokenRejected, ScopeMissing, ClientIdMissing), 502, "token_refused"),
    ((OutOfCredits, ExportBlocked), 502, "payment_needed"),
    ((RateLimited,), 502, "service_busy"),
    ((ServiceDown,), 502, "service_down"),
    ((ApiError,), 502, "service_refused"),
    ((DatabaseUnusable,), 503, "database_unusable"),
)


def refuse(error: NemoWatchError) -> Refused:
    """How an error of NemoWatch's is told over the control API."""
    if isinstance(error, Refused):
        return error
    for kinds, status, code in _KNOWN:
        if isinstance(error, kinds):
            return Refused(error.message, hint=error.hint, status=status, code=code)
    return Refused(error.message, hint=error.hint, status=409, code="refused")
