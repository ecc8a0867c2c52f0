"""The forms in which the service is documented, and an account of one's own in it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal

OWN_TOKEN = "own-token-0123456789"


@dataclass(frozen=True)
class Form:
    """How errors, events and renders are written."""

    errors: Literal["http", "envelope"]
    events: Literal["flat", "adk"]
    render: Literal["top", "nested"]

    def __str__(self) -> str:
        return f"{self.errors}-{self.events}-{self.render}"


FORMS = tuple(
    Form(errors, events, render)
    for errors, events, render in itertools.product(("http", "envelope"), ("flat", "adk"), ("top", "nested"))
)
