"""Whether a user's services run while nobody is logged in (loginctl(1)). Used when one is installed."""

from __future__ import annotations

from pathlib import Path

from nemowatch.service.manager import ServiceFailed, expect, run_program

_LINGERING = Path("/var/lib/systemd/linger")


def lingers(user_name: str) -> bool:
    """Whether this user's services start at boot, and go on after the last log-out."""
    return (_LINGERING / user_name).exists()


def enable_linger(user_name: str) -> None:
    """Have them do so.

    Raises:
        ManagerAbsent, ServiceFailed: it needs more rights, or there is no logind.
    """
    try:
        expect(run_program(["loginctl", "enable-linger", user_name]))
    except ServiceFailed as error:
        hint = f"The service is installed all the same. Root may: sudo loginctl enable-linger {user_name}"
        raise ServiceFailed(error.message, hint=hint) from error
