"""`docs/notices.md` says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nemowatch.daemon.hooks import HOOK_VARIABLES
from nemowatch.rules.load import load_rules
from nemowatch.rules.telling_kinds import HOOK_PLACEHOLDERS, NOTICE_EVENTS

PAGE = (Path(__file__).parents[2] / "docs" / "notices.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_yaml_of_the_page_loads(block: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(block)
    assert load_rules(path).rules


def test_tables_name_every_event_placeholder_and_variable_and_no_other() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| (.+) \|$", PAGE, re.MULTILINE)
    told = dict(rows)
    placeholders = {f"{{{name}}}": meaning for name, meaning in HOOK_PLACEHOLDERS.items()}
    assert {name: text for name, text in told.items() if name.startswith("{")} == placeholders
    assert {name: text for name, text in told.items() if name.startswith("NEMOWATCH_")} == HOOK_VARIABLES
    events = [name for name, _ in rows if name not in placeholders and name not in HOOK_VARIABLES]
    assert sorted(events) == sorted(NOTICE_EVENTS)
