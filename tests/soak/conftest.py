"""The soak's figures, at the end of the test report."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

for folder in ("daemon", "crash", "soak"):
    sys.path.insert(0, str(Path(__file__).parent.parent / folder))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for line in dict(report.user_properties).get("soak", ()):
                terminalreporter.write_line(str(line))
