"""The example, the reference page and the JSON Schema say what the models say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import jsonschema
import pytest
import yaml
from pydantic import BaseModel

from nemowatch.rules.address_list import MAX_ADDRESSES
from nemowatch.rules.example import EXAMPLE_RULES, RulesExist, example_text, write_example
from nemowatch.rules.keys import keys_of
from nemowatch.rules.load import load_rules
from nemowatch.rules.model import RulesFile
from nemowatch.rules.prompt_file import MAX_BYTES, MAX_PROMPTS
from nemowatch.rules.reference import reference_text
from nemowatch.rules.rule_keys import RuleKeys
from nemowatch.rules.schema import rules_schema

PROJECT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```yaml\n(.*?)```", reference_text(), re.DOTALL)
UNCOMMENTED = re.sub(r"^( *)#(?=[^ #])", r"\1", example_text(), flags=re.MULTILINE)


class _EditorsLoader(yaml.SafeLoader):
    """Reads YAML 1.2, as the editors that check against a schema do: `on` is a word, not a yes."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {
        first: [each for each in kinds if first not in "oO" or each[0] != "tag:yaml.org,2002:bool"]
        for first, kinds in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def read_as_editors_do(text: str) -> Any:
    """The text's content."""
    return yaml.load(text, Loader=_EditorsLoader)


def load_text(text: str, folder: Path) -> tuple[str, ...]:
    """The names of the rules in a text."""
    path = folder / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    return tuple(rule.name for rule in load_rules(path).rules)


def test_example_loads_as_it_is_and_shows_the_three_skills(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    write_example(path)
    rules = load_rules(path).rules
    assert [rule.skill.source for rule in rules] == ["ai-video-frames", "video-extractor", "opusclip"]
    assert rules[0].deliver == ("frames",)
    for rule in rules:
        rule.watch[0].mkdir(parents=True)
    assert load_rules(path).rules == rules


def test_example_loads_with_every_key_uncommented(tmp_path: Path) -> None:
    assert len(load_text(UNCOMMENTED, tmp_path)) == len(EXAMPLE_RULES)
    content = read_as_editors_do(UNCOMMENTED)
    assert set(content) == set(RulesFile.model_fields)
    assert set(content["rules"][0]) == set(RuleKeys.model_fields)


def test_example_is_never_written_over_another_file(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("mine")
    with pytest.raises(RulesExist, match="exists already"):
        write_example(path)
    assert path.read_text() == "mine"


@pytest.mark.parametrize("block", BLOCKS)
def test_every_yaml_block_of_the_reference_loads(block: str, tmp_path: Path) -> None:
    assert load_text(block, tmp_path)
    jsonschema.Draft202012Validator(rules_schema()).validate(read_as_editors_do(block))


def test_every_key_has_its_heading_and_all_its_facts() -> None:
    page = reference_text()
    every_key = [*keys_of(RulesFile), *keys_of(RuleKeys)]
    levels: dict[str, type[BaseModel]] = {"": RulesFile}
    levels |= {key.name: key.section for key in every_key if key.section and key.section != RuleKeys}
    assert {"skill", "tracks", "when", "frames", "trim", "limits"} < set(levels)
    keys = [
        (f"{above}.{key.name}".lstrip("."), key) for above, model in levels.items() for key in keys_of(model)
    ]
    keys += [(key.name, key) for key in keys_of(RuleKeys)]
    for heading, key in keys:
        assert f"### `{heading}`\n\n{key.description}\n\n* Value: {key.expects}" in page
        assert key.example is not None
        assert key.section or key.required or key.unset or key.default is not None, heading


def test_reference_tells_of_prompt_files_and_lists_of_addresses() -> None:
    page = reference_text()
    assert "\n## Prompts for one file\n" in page
    assert f"at most {MAX_BYTES // 1024} KiB and {MAX_PROMPTS} prompts" in page
    assert "\n## Lists of addresses\n" in page
    assert f"At most {MAX_ADDRESSES} addresses in 1 MiB" in page


def test_schema_is_valid_and_accepts_the_example() -> None:
    schema = rules_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate(read_as_editors_do(example_text()))
    validator.validate(read_as_editors_do(UNCOMMENTED))


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"rules": []},
        {"rules": [{"prompt": "a"}]},
        {"rules": [{"watch": "/a", "promt": "a"}]},
        {"rules": [{"watch": "/a", "settle": 3}]},
        {"rules": [{"watch": "/a", "settle": "3 weeks"}]},
        {"rules": [{"watch": []}]},
        {"rules": [{"watch": "/a", "prompt": [1]}]},
        {"rules": [{"watch": "/a", "priority": 11}]},
        {"rules": [{"watch": "/a", "skill": "other"}]},
        {"rules": [{"watch": "/a", "skill": {"source": "a"}}]},
        {"rules": [{"watch": "/a", "output": "/out"}]},
        {"rules": [{"watch": "/a"}], "limits": {"starts": "many"}},
        {"rules": [{"watch": "/a"}], "limits": {"keep_credits": -1}},
        {"rules": [{"watch": "/a"}], "limits": {"credits_per_day": 0}},
        {"rules": [{"watch": "/a", "question": "ask"}]},
        {"rules": [{"watch": "/a", "tracks": {"captions": "drop"}}]},
        {"rules": [{"watch": "/a", "group": "rule"}]},
        {"rules": [{"watch": "/a", "retries": 21}]},
        {"rules": [{"watch": "/a"}], "log": {"level": "LOUD"}},
        {"rules": [{"watch": "/a"}], "limits": {"encodes": 0}},
        {"rules": [{"watch": "/a", "deliver": ["stills"]}]},
        {"rules": [{"watch": "/a", "deliver": ["frames"], "frames": {"every": "5"}}]},
        {"rules": [{"watch": "/a", "deliver": ["frames"], "frames": {"at": ["soon"]}}]},
        {"rules": [{"watch": "/a", "trim": {"start": "half"}}]},
        {"rules": [{"watch": "/a", "oversize": "shrink"}]},
        {"rules": [{"watch": "/a", "when": {"resolution": ">=720"}}]},
        {"rules": [{"watch": "/a", "when": {"streams": "pictures"}}]},
    ],
)
def test_schema_refuses_what_loading_refuses(content: dict[str, object]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(rules_schema()).validate(content)


@pytest.mark.parametrize(
    "content",
    [
        {"rules": [{"watch": "/a", "prompt": "a", "skill": {"source": "a", "version": "1"}}]},
        {
            "rules": [{"watch": ["/a", "/b"], "prompt": ["a", "b"], "match": "*.mp4"}],
            "limits": {"starts": None},
        },
        {"defaults": {"watch": "/a"}, "rules": [{"prompt": "a"}]},
        {
            "rules": [
                {"watch": "/a", "prompt": "a", "tracks": {"music": "drop"}, "session": "rule", "retries": 0}
            ]
        },
        {"rules": [{"watch": "/a", "prompt": "a"}], "limits": {"credits_per_day": None, "keep_credits": 1}},
        {"rules": [{"watch": "/a", "settle": "1h 30m"}], "limits": {"starts": "5/m"}},
        {
            "defaults": {"deliver": "frames", "convert": True, "oversize": "split"},
            "rules": [
                {"watch": "/a", "prompt": "a", "frames": {"every": None, "at": "-10s"}, "match": "*.ts"},
                {"watch": "/b", "prompt": "b", "trim": {"start": "1:02:03.5", "end": "-1m 30s"}},
                {
                    "watch": "/c",
                    "prompt": "c",
                    "when": {"resolution": ">= 1280x720, <2160p", "streams": "No audio"},
                },
            ],
        },
    ],
)
def test_schema_accepts_what_loading_accepts(content: dict[str, object], tmp_path: Path) -> None:
    jsonschema.Draft202012Validator(rules_schema()).validate(content)
    if "prompt" in str(content):
        assert load_text(yaml.safe_dump(content), tmp_path)


def test_reading_the_values_loads_no_parser() -> None:
    code = "import sys, nemowatch.rules.rule; print({'yaml', 'pydantic', 'pathspec'} & set(sys.modules))"
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    answer = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment
    )
    assert answer.stdout.strip() == "set()"
