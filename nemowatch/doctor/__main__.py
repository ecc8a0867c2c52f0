"""The examination in a process of its own: writes all findings as one line of JSON, and ends.

Run by `apart.py` alone, with the path of the rules file.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from nemowatch.doctor.checks import list_checks
from nemowatch.doctor.examination import examine
from nemowatch.doctor.site import find_site
from nemowatch.logs import configure_logs


def main() -> None:
    """Examine, and tell."""
    configure_logs("CRITICAL")  # what is wrong is told by the findings
    findings = examine(list_checks(find_site(Path(sys.argv[1]), os.environ)))
    with suppress(BrokenPipeError):  # nobody waits for it any more
        sys.stdout.write(json.dumps([asdict(finding) for finding in findings]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
