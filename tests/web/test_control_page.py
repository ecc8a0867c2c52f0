"""docs/control.md tells of the requests, refusals and metrics that there are, and of no others."""

from __future__ import annotations

import re
from pathlib import Path

from noting import Noting

from nemowatch.web import errors
from nemowatch.web.app import build_app
from nemowatch.web.metrics import Figures, write_metrics

PAGE = (Path(__file__).parents[2] / "docs" / "control.md").read_text()
CODE = Path(errors.__file__).parents[1]


def rows_of(heading: str) -> list[str]:
    """The first cells of the rows in a section's table."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


def test_every_request_is_told() -> None:
    app = build_app(Noting())
    there = [
        f"{method} {route.path.replace(':path', '')}"  # type: ignore[attr-defined]
        for route in app.routes
        for method in sorted(route.methods - {"HEAD"})  # type: ignore[attr-defined]
    ]
    assert sorted(rows_of("Requests")) == sorted(there)


def test_every_code_is_told_with_its_status() -> None:
    files = ("web/app.py", "web/errors.py", "web/server.py", "daemon/control.py")
    source = "".join((CODE / name).read_text() for name in files)
    raised = re.findall(r'status=(\d{3}),\s+code="(\w+)"', source)
    known = re.findall(r', (\d{3}), "(\w+)"\)', source)
    said = re.findall(r'"(wrong_method)"', source)
    told = dict(re.findall(r"^\| `(\w+)` \| (\d{3}) \|", PAGE, re.MULTILINE))
    assert told == {code: status for status, code in raised + known} | dict.fromkeys(said, "405")


def test_every_metric_is_told_with_its_labels() -> None:
    full = Figures(
        "1", 0.0, 0.0, jobs={"done": 1}, jobs_of_rules={"a": 1}, ended={"done": 1}, credits_available=1
    )
    text = write_metrics(full).decode() + "nemowatch_credits_frozen 1\n"
    there = {
        name: label
        for name, _, label in re.findall(
            r"^(nemowatch_\w+?)(_created)?(?:\{(\w+)=.*)?(?=[ {]|$)", text, re.MULTILINE
        )
    }
    section = PAGE.partition("\n## Metrics\n")[2]
    told = dict(re.findall(r"^\| `(nemowatch_\w+)` \| `?(\w*)`? ?\|", section, re.MULTILINE))
    assert told == there
