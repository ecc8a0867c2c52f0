"""The rules file as pydantic models: checks, JSON Schema, example and reference all come from them.

Read by loading, the generators and `nemowatch schema`; nothing else sees a model, only the values of
`rule.py`. A key stands once, here, in `file_keys.py` or in `rule_keys.py`, with its description, unit, default,
example and what it expects; nothing about it is written anywhere else.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict

from nemowatch.rules.file_keys import HistoryKeys, LimitKeys, LogKeys, NemoKeys
from nemowatch.rules.key import TIME_UNITS, Keys, describe_key
from nemowatch.rules.kinds import Duration, empty_section, one_of
from nemowatch.rules.rule_keys import RuleKeys
from nemowatch.rules.telling_keys import NotifyKeys
from nemowatch.rules.telling_kinds import one_section_or_many, sections_schema

_WATCH_IS_SET_SOMEWHERE: dict[str, Any] = {
    "if": {"required": ["defaults"], "properties": {"defaults": {"required": ["watch"]}}},
    "else": {"properties": {"rules": {"items": {"required": ["watch"]}}}},
}


class RulesFile(Keys):
    """The whole file."""

    model_config = ConfigDict(title="NemoWatch rules", json_schema_extra=_WATCH_IS_SET_SOMEWHERE)

    nemo: Annotated[NemoKeys, BeforeValidator(empty_section)] = describe_key(
        {},
        "How the NemoVideo service is reached.",
        expects="a mapping of keys",
        example={"language": "de"},
    )
    limits: Annotated[LimitKeys, BeforeValidator(empty_section)] = describe_key(
        {},
        "How much may happen at once, and what may be spent.",
        expects="a mapping of keys",
        example={"jobs": 2, "starts": "10/1m"},
    )
    scan: Duration = describe_key(
        "5m",
        "Look through every folder again this often. Events are hints; the folder is the truth.",
        expects="a time from 1s to 7d",
        example="1m",
        unit=TIME_UNITS,
        ge=1,
        le=604_800,
    )
    polling: Annotated[Literal["auto", "always", "never"], one_of("auto", "always", "never")] = describe_key(
        "auto",
        "Whether folders are looked through often (every 30 s) instead of trusting the system's events: `auto` does "
        "so for network file systems and where events turn out not to come.",
        expects="auto, always or never",
        example="always",
    )
    history: Annotated[HistoryKeys, BeforeValidator(empty_section)] = describe_key(
        {},
        "How long the records of jobs that have ended are kept.",
        expects="a mapping of keys",
        example={"keep": "90d"},
    )
    log: Annotated[LogKeys, BeforeValidator(empty_section)] = describe_key(
        {}, "What the daemon writes to its log.", expects="a mapping of keys", example={"level": "DEBUG"}
    )
    notify: Annotated[
        tuple[NotifyKeys, ...],
        BeforeValidator(one_section_or_many),
        sections_schema(NotifyKeys.model_json_schema),
    ] = describe_key(
        (),
        "Who is told of what, through Apprise, which knows about a hundred services; it comes with "
        '`pip install "nemowatch[notify]"`. One mapping, or a list of them (docs/notices.md).',
        expects="a mapping of url, on and pause, or a list of them",
        example={"url": "ntfy://ntfy.example.org/recordings", "on": ["failed", "attention", "daemon"]},
        unset="nobody",
    )
    defaults: Annotated[RuleKeys, BeforeValidator(empty_section)] = describe_key(
        {},
        "Any key of a rule, for all rules. A rule's own key wins.",
        expects="a mapping of a rule's keys",
        example={"settle": "10s", "recursive": True},
    )
    rules: tuple[RuleKeys, ...] = describe_key(
        ...,
        "The rules. Every rule that takes a file makes its own job.",
        expects="a list of rules",
        example=[{"watch": "~/Recordings/interviews", "skill": "ai-video-frames"}],
        min_length=1,
    )
