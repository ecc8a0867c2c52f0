"""An export on the service's side, in either of its two forms (nemo-api.md §8). Read by the job runner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

RenderState: TypeAlias = Literal["pending", "processing", "completed", "failed"]

STATES: dict[str, RenderState] = {
    "pending": "pending",
    "queued": "pending",
    "submitted": "pending",
    "processing": "processing",
    "rendering": "processing",
    "running": "processing",
    "in_progress": "processing",
    "completed": "completed",
    "complete": "completed",
    "succeeded": "completed",
    "success": "completed",
    "done": "completed",
    "failed": "failed",
    "error": "failed",
    "cancelled": "failed",
    "canceled": "failed",
}
"""The service's words for the four states; the contract names four, deployments say them differently."""


@dataclass(frozen=True)
class RenderStatus:
    """How far an export has come.

    Attributes:
        render_id: the id that the caller chose.
        status: one of the four states.
        progress: 0 to 100, where the service tells.
        url: where the result lies; only of a completed one, and even then a service may leave it out:
            `NemoApi.download` finds it by the render's id.
        duration_seconds: of the result.
        size_bytes: of the result.
        message: what the service says, above all why it failed.
    """

    render_id: str
    status: RenderState
    progress: int | None = None
    url: str | None = None
    duration_seconds: float | None = None
    size_bytes: int | None = None
    message: str = ""

    @property
    def is_final(self) -> bool:
        """Nothing more will happen to it."""
        return self.status in ("completed", "failed")
