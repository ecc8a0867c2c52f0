"""The rules file as pydantic models: checks, JSON Schema, example and reference all come from them.

Read by loading, the generators and `nemowatch schema`; nothing else sees a model, only the values of
`rule.py`. A key stands here once, with its description, unit, default, example and what it expects; nothing
about it is written anywhere else.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from nemowatch.rules.kinds import (
    Address,
    Duration,
    Folders,
    HeaderWord,
    Language,
    MatchPatterns,
    Name,
    Output,
    Patterns,
    Prompts,
    Rate,
    empty_section,
    one_of,
    one_or_many,
    skill_by_name,
)
from nemowatch.rules.rule import Delivery  # noqa: TC001 -- pydantic reads the annotation at run time
from nemowatch.rules.skills import OWN_SKILL, SKILLS

TIME_UNITS = "time (ms, s, m, h, d)"
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def _key(
    default: Any,
    description: str,
    *,
    expects: str,
    example: Any,
    unit: str = "",
    unset: str = "",
    **limits: Any,
) -> Any:
    """Describe one key.

    Args:
        default: as it would be written in the file; `...` for a key that must be set.
        description: one or two sentences.
        expects: ends the sentence "expected …" of an error message.
        example: as it would be written in the file.
        unit: what a number counts, or how times are written.
        unset: what happens without the key, where no written default says it; `default` is then a stand-in.
        limits: `ge`, `le`, `min_length` of the value that was read.
    """

    def complete(schema: dict[str, Any]) -> None:
        schema.update({name: words for name, words in facts.items() if words})
        if unset:
            schema.pop("default", None)

    facts = {"expects": expects, "unit": unit, "unset": unset}
    return Field(
        default,
        description=description,
        examples=[example],
        json_schema_extra=complete,
        validate_default=not unset,
        **limits,
    )


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NemoKeys(_Keys):
    """How the NemoVideo service is reached."""

    api_url: Address = _key(
        "https://mega-api-prod.nemovideo.ai",
        "Base address of the service. The environment's NEMO_API_URL wins.",
        expects="a web address that starts with http:// or https://",
        example="http://127.0.0.1:8700",
    )
    web_url: Address = _key(
        "https://nemovideo.com",
        "Base address of the website, for links shown to people. The environment's NEMO_WEB_URL wins.",
        expects="a web address that starts with http:// or https://",
        example="https://nemovideo.com",
    )
    language: Language = _key(
        "en",
        "Language of the sessions, for every rule that names none.",
        expects="an ISO language code",
        example="de",
        unit="ISO code",
    )
    poll: Duration = _key(
        "30s",
        "Pause between two looks at a running export.",
        expects="a time from 50ms to 1h",
        example="10s",
        unit=TIME_UNITS,
        ge=0.05,
        le=3600,
    )


class LimitKeys(_Keys):
    """How much may happen at once."""

    jobs: int = _key(
        4,
        "How many jobs run at once.",
        expects="a whole number from 1 to 100",
        example=2,
        unit="jobs",
        ge=1,
        le=100,
    )
    starts: Rate = _key(
        "30/1m",
        "At most so many jobs start in so much time. `null` takes the limit away.",
        expects="a count, a slash and a time, or null",
        example="10/1m",
        unit=f"jobs / {TIME_UNITS}",
    )


class LogKeys(_Keys):
    """What the daemon writes to its log."""

    level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], one_of(*_LEVELS, upper=True)
    ] = _key(
        "INFO",
        "The least severe messages that are written.",
        expects="one of DEBUG, INFO, WARNING, ERROR, CRITICAL",
        example="DEBUG",
    )
    format: Annotated[Literal["text", "json"], one_of("text", "json")] = _key(
        "text",
        "`text` for people, `json` for machines: one object a line.",
        expects="text or json",
        example="json",
    )


class OwnSkill(_Keys):
    """A skill of your own: what the service is told about who is asking."""

    source: HeaderWord = _key(
        ...,
        "The skill's name, sent as X-Skill-Source.",
        expects="a name of letters, digits, dots and dashes",
        example="my-skill",
    )
    version: HeaderWord = _key(
        ...,
        "The skill's version, sent as X-Skill-Version.",
        expects="a version of letters, digits, dots and dashes",
        example="1.2.0",
    )


class RuleKeys(_Keys):
    """One rule: which files it takes, what is asked for them, and where the outputs go."""

    name: Name = _key(
        "",
        "What the rule is called in tables, logs and output folders. Two rules never share a name.",
        expects="a name of at most 80 characters, without slashes, that does not start with a dot",
        example="webinar-shorts",
        unset="made from the watch folder's name",
    )
    watch: Folders = _key(
        (),
        "The folder to watch, or a list of several: whole paths, or paths that start with `~/`.",
        expects="a folder, or a list of folders",
        example=["~/Recordings/webinars", "~/Recordings/talks"],
        unset="must be set, here or in `defaults`",
    )
    match: MatchPatterns = _key(
        (),
        "Which files count: gitignore-style patterns relative to the watch folder, upper and lower case as "
        "written. Only types that the service accepts are ever taken.",
        expects="a pattern, or a list of patterns",
        example=["*.mp4", "*.mkv"],
        unset="every accepted type, in upper or lower case",
    )
    ignore: Patterns = _key(
        (),
        "Which files and folders are left out, on top of the built-in ones: gitignore-style patterns "
        "relative to the watch folder.",
        expects="a pattern, or a list of patterns",
        example=["drafts/", "rough-*"],
        unset="only the built-in ones",
    )
    recursive: bool = _key(
        default=False,
        description="Whether subfolders are looked into.",
        expects="true or false",
        example=True,
    )
    skill: Annotated[
        OwnSkill,
        BeforeValidator(skill_by_name),
        WithJsonSchema({"anyOf": [{"enum": list(SKILLS)}, OwnSkill.model_json_schema()]}),
    ] = _key(
        OWN_SKILL.source,
        "As which skill the service is asked: one of "
        f"{', '.join(f'`{name}`' for name in SKILLS)}, or one of your own as "
        "`{source: my-skill, version: 1.2.0}`.",
        expects="the name of a skill, or {source: my-skill, version: 1.2.0}",
        example="opusclip",
    )
    prompt: Prompts = _key(
        (),
        "What to ask for, in plain words: one prompt, or a list that is sent one after the other. "
        "Placeholders are filled in. A plain export (`export 1080p MP4`) is done, not chatted about; "
        "a job ends with one in any case.",
        expects="a text, or a list of texts",
        example=["extract the top 5 viral short clips from this long video", "add burned-in captions"],
        unset="the skill's default prompt; must be set where the skill has none",
    )
    language: Language = _key(
        "",
        "Language of this rule's sessions.",
        expects="an ISO language code",
        example="de",
        unit="ISO code",
        unset="`nemo.language`",
    )
    deliver: Annotated[
        tuple[Annotated[Delivery, one_of("video", "media")], ...], BeforeValidator(one_or_many)
    ] = _key(
        ["video", "media"],
        "What lands in the output folder: the exported `video`, the `media` that the service generated "
        "(images, audio).",
        expects="a list of: video, media",
        example=["video"],
        min_length=1,
    )
    output: Output = _key(
        "{watch}-output/{rule}/{dir}/{stem}",
        "The output folder of each file, with placeholders. It lies outside every watched folder, and holds "
        "`{stem}`, `{name}` or `{job}`, so that no two files share it.",
        expects="a whole path with placeholders",
        example="~/Finished/{rule}/{date}/{stem}",
    )
    settle: Duration = _key(
        "3s",
        "Quiet time before a file counts as complete.",
        expects="a time from 0s to 1d",
        example="10s",
        unit=TIME_UNITS,
        ge=0,
        le=86_400,
    )
    priority: int = _key(
        5,
        "Whose jobs start first: 1 first … 10 last.",
        expects="a whole number from 1 to 10",
        example=1,
        unit="1 (first) to 10 (last)",
        ge=1,
        le=10,
    )


_WATCH_IS_SET_SOMEWHERE: dict[str, Any] = {
    "if": {"required": ["defaults"], "properties": {"defaults": {"required": ["watch"]}}},
    "else": {"properties": {"rules": {"items": {"required": ["watch"]}}}},
}


class RulesFile(_Keys):
    """The whole file."""

    model_config = ConfigDict(title="NemoWatch rules", json_schema_extra=_WATCH_IS_SET_SOMEWHERE)

    nemo: Annotated[NemoKeys, BeforeValidator(empty_section)] = _key(
        {},
        "How the NemoVideo service is reached.",
        expects="a mapping of keys",
        example={"language": "de"},
    )
    limits: Annotated[LimitKeys, BeforeValidator(empty_section)] = _key(
        {},
        "How much may happen at once.",
        expects="a mapping of keys",
        example={"jobs": 2, "starts": "10/1m"},
    )
    scan: Duration = _key(
        "5m",
        "Look through every folder again this often. Events are hints; the folder is the truth.",
        expects="a time from 1s to 7d",
        example="1m",
        unit=TIME_UNITS,
        ge=1,
        le=604_800,
    )
    log: Annotated[LogKeys, BeforeValidator(empty_section)] = _key(
        {}, "What the daemon writes to its log.", expects="a mapping of keys", example={"level": "DEBUG"}
    )
    defaults: Annotated[RuleKeys, BeforeValidator(empty_section)] = _key(
        {},
        "Any key of a rule, for all rules. A rule's own key wins.",
        expects="a mapping of a rule's keys",
        example={"settle": "10s", "recursive": True},
    )
    rules: tuple[RuleKeys, ...] = _key(
        ...,
        "The rules. Every rule that takes a file makes its own job.",
        expects="a list of rules",
        example=[{"watch": "~/Recordings/interviews", "skill": "ai-video-frames"}],
        min_length=1,
    )
