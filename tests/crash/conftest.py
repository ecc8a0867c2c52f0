"""The counts of the random crashes, at the end of the test report."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    counts: Counter[str] = Counter()
    for report in terminalreporter.getreports("passed"):
        counts.update(dict(report.user_properties).get("crashes", {}))
    if counts:
        shown = ", ".join(f"{count} {name}" for name, count in counts.items())
        terminalreporter.write_line(f"Random crashes: {shown}.")
