from __future__ import annotations

import inspect
import re
from dataclasses import fields
from pathlib import Path

import pytest

from nemowatch.cli.sandbox_command import sandbox
from nemowatch.sandbox.fault_kinds import ANY, CALLS, KINDS
from nemowatch.sandbox.faults import parse_fault
from nemowatch.sandbox.options import SandboxOptions, Switches
from nemowatch.sandbox.understanding import understand
from nemowatch.sandbox.understanding.prompt import Prompt

PAGE = (Path(__file__).parents[2] / "docs/sandbox.md").read_text(encoding="utf-8")
WISHES = PAGE.partition("## What it understands")[2].partition("\n## ")[0]
EXAMPLES = re.findall(
    r"`([^`]+)`", "".join(line.split("|")[2] for line in WISHES.splitlines() if "|" in line)
)


@pytest.mark.parametrize("switch", [field.name for field in fields(SandboxOptions)])
def test_each_switch_of_the_service_is_on_the_page(switch: str) -> None:
    assert f"`{switch}`" in PAGE
    assert switch in Switches.__annotations__


@pytest.mark.parametrize("option", inspect.signature(sandbox).parameters)
def test_each_option_of_the_command_is_on_the_page(option: str) -> None:
    assert f"`--{option.strip('_').replace('_', '-')}`" in PAGE


def test_each_call_and_kind_of_a_fault_is_on_the_page() -> None:
    section = PAGE.partition("## Faults")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    kinds = [name for row in rows for name in re.findall(r"`([^` ]+)`", row)]

    assert set(kinds) == set(KINDS)
    assert all(f"`{call}`" in section for call in (*CALLS, ANY))


def test_each_fault_on_the_page_can_be_ordered() -> None:
    texts = re.findall(r'(?:--fault |faults=\[|order\()"([^"]+)"', PAGE)

    assert len(texts) >= 5
    assert all(parse_fault(text) for text in texts)


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_prompt_on_the_page_is_understood(example: str) -> None:
    assert understand(Prompt.read(example))


def test_the_page_has_prompts_in_both_languages() -> None:
    assert len(EXAMPLES) > 15
    assert any(Prompt.read(example).is_chinese for example in EXAMPLES)
