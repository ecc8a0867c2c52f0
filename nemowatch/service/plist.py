"""The launchd agent of macOS (launchd.plist(5)): starts at login, is kept alive, writes what it says to a file.

Used by `service print` and `install`. Text out, nothing else. launchd expands nothing, so that every path is whole.
"""

from __future__ import annotations

import plistlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nemowatch.service.plan import Plan

AGENT_LABEL = "ai.nemowatch.agent"
"""The agent's name within launchd, and its file's."""

ERRORS_LOG = "launchd.log"
"""Within the state folder's `logs`: what is said before the daemon's own log begins, and by a crash."""

# launchd reads no file of variables, and everybody may read the agent: a shell reads the token's file and becomes
# the daemon.
_WITH_SECRETS = 'if [ -r "$0" ]; then set -a; . "$0"; set +a; fi; exec "$@"'


def write_agent(plan: Plan) -> str:
    """The property list of a plan of kind `agent`."""
    errors = str(plan.state / "logs" / ERRORS_LOG)
    keys = {
        "Label": AGENT_LABEL,
        "ProgramArguments": ["/bin/sh", "-c", _WITH_SECRETS, str(plan.secrets), *plan.command],
        # What launchd gives an agent is not what the shell has; the daemon writes its own rotating log.
        "EnvironmentVariables": {**dict(plan.environment), "NEMOWATCH_SERVICE": "launchd"},
        "WorkingDirectory": str(plan.account.home),
        "RunAtLoad": True,
        # Started again when it fails; not when it was told to stop and ended well.
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 30,
        # Not throttled as background work is: uploads would crawl. The encoders lower their priority themselves.
        "ProcessType": "Adaptive",
        "ExitTimeOut": 20,
        "Umask": 0o022,
        "SoftResourceLimits": {"NumberOfFiles": 16384, "Core": 0},
        "StandardOutPath": errors,
        "StandardErrorPath": errors,
    }
    return plistlib.dumps(keys, sort_keys=False).decode()
