from __future__ import annotations

import inspect
import re
from dataclasses import fields
from pathlib import Path

import pytest

from nemowatch.cli.sandbox_command import sandbox
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


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_prompt_on_the_page_is_understood(example: str) -> None:
    assert understand(Prompt.read(example))


def test_the_page_has_prompts_in_both_languages() -> None:
    assert len(EXAMPLES) > 15
    assert any(Prompt.read(example).is_chinese for example in EXAMPLES)
