"""The ways in which a step ends without being done, other than by failing.

Raised by steps and by what they call, understood by `stepping.py` and `passage.py` alone.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from nemowatch.jobs.records import Cause, Clears, JobState


@dataclass(eq=False)
class Paused(Exception):
    """A step can't go on now. The job gives up its place in the queue, and goes on from this step later.

    Attributes:
        state: `waiting`, `held` or `attention`.
        cause: what has to change before it goes on.
        reason: in words, with what to do.
        wake_after: seconds after which it goes on by itself; None where something else decides.
        grows: each time in a row it stops here, `wake_after` doubles.
        clears: which markers `jobs retry` takes back.
        answers: the marker under which an answer or a decision of the user is kept.
        question: what the service asked.
        balance: the credits that were too few.
        back_to: the step to which `jobs retry` goes back; this one where empty.
    """

    state: JobState
    cause: Cause
    reason: str
    wake_after: float | None = None
    grows: bool = False
    clears: Clears = ""
    answers: str = ""
    question: str = ""
    balance: int | None = None
    back_to: str = ""

    def to_facts(self) -> dict[str, Any]:
        """Everything it says, as JSON: what a checkpoint keeps."""
        return asdict(self)

    @classmethod
    def from_facts(cls, facts: dict[str, Any]) -> Paused:
        """Read back what `to_facts` gave."""
        return cls(**facts | {"state": JobState(facts["state"]), "cause": Cause(facts["cause"])})


class Unwanted(Exception):
    """The user has cancelled the job in the middle of a step."""
