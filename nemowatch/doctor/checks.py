"""Which checks there are, in the order in which they are told: from the program outwards to the service."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from nemowatch.doctor import installed, instance, online, state_folder, version, watching
from nemowatch.doctor.finding import Check
from nemowatch.doctor.folders import list_folder_checks

if TYPE_CHECKING:
    from nemowatch.doctor.site import Site

_DATABASE_LIMIT_SECONDS = 60.0
"""A gigabyte is looked through in a few seconds; a slow disk may take ten times as long."""

_DISK_HANGS = "The disk on which it lies does not answer: look at the system's log (`dmesg`)."


def list_checks(site: Site) -> tuple[Check, ...]:
    """All checks of an installation."""
    return (
        Check(version.VERSION, version.look_at_version),
        Check(version.RULES, partial(version.look_at_rules, site), str(site.rules_path)),
        Check(instance.DAEMON, partial(instance.look_at_daemon, site)),
        Check(
            installed.INSTALLED,
            partial(installed.look_at_installed, site),
            limit_seconds=installed.LIMIT_SECONDS,
            mend_silence="The system's service manager does not answer: look at the system's log (`dmesg`).",
        ),
        Check(instance.OTHERS, partial(instance.look_at_others, site)),
        Check(
            state_folder.STATE,
            partial(state_folder.look_at_state, site),
            str(site.state.root),
            mend_silence=_DISK_HANGS,
        ),
        Check(
            state_folder.DATABASE,
            partial(state_folder.look_at_database, site),
            str(site.state.database),
            _DATABASE_LIMIT_SECONDS,
            _DISK_HANGS,
        ),
        *list_folder_checks(site),
        Check(
            watching.WATCHING,
            partial(watching.look_at_watching, site),
            limit_seconds=watching.LIMIT_SECONDS,
            mend_silence=watching.MEND_SILENCE,
        ),
        Check(online.TOKEN, partial(online.look_at_token, site)),
        Check(
            online.SERVICE,
            partial(online.look_at_service, site),
            site.api_url,
            online.REACH_LIMIT_SECONDS,
            "Look at the network, and at name servers and proxies on the way.",
        ),
    )
