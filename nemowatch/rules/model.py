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
    """How much may happen at once, and what may be spent."""

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
    keep_credits: int = _key(
        0,
        "No prompt is sent at this balance or below it: the jobs are held until there are more credits. An edit that "
        "was begun is never broken off.",
        expects="a whole number, 0 or more",
        example=50,
        unit="credits",
        ge=0,
    )
    credits_per_day: int | None = _key(
        None,
        "What all jobs together may spend in a day (local time). A prompt that would go beyond it is held until "
        "tomorrow, or until it is released; what it costs is learnt from earlier ones of its rule.",
        expects="a whole number from 1, or null",
        example=500,
        unit="credits",
        unset="no limit",
        ge=1,
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


class TrackKeys(_Keys):
    """What becomes of tracks that the service adds by itself."""

    music: Annotated[Literal["keep", "drop"], one_of("keep", "drop")] = _key(
        "keep",
        "Music that no prompt asked for.",
        expects="keep or drop",
        example="drop",
    )
    title: Annotated[Literal["keep", "drop"], one_of("keep", "drop")] = _key(
        "keep",
        "Titles that no prompt asked for. Captions are no titles.",
        expects="keep or drop",
        example="drop",
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
        "written. Only types that the service accepts, and lists of addresses (`*.urls`), are ever taken.",
        expects="a pattern, or a list of patterns",
        example=["*.mp4", "*.mkv"],
        unset="every accepted type and `*.urls`, in upper or lower case",
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
        "a job ends with one in any case. A prompt file beside a recording replaces them for it.",
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
    tracks: Annotated[TrackKeys, BeforeValidator(empty_section)] = _key(
        {},
        "Whether the exported video keeps tracks that the service added by itself, after generating a video for "
        "example. What a prompt asked for is always kept. A rule's own `tracks` replaces that of `defaults` whole.",
        expects="a mapping of music and title to keep or drop",
        example={"music": "drop", "title": "keep"},
    )
    question: Annotated[Literal["proceed", "hold"], one_of("proceed", "hold")] = _key(
        "proceed",
        "What happens when the service asks back instead of working: `proceed` answers once that it may go on "
        "with its best judgement, and a second question waits for `nemowatch jobs answer`; with `hold` the "
        "first one does.",
        expects="proceed or hold",
        example="hold",
    )
    group: Annotated[Literal["none", "folder"], one_of("none", "folder")] = _key(
        "none",
        "`folder`: all files of a folder go through one session of the service, one after the other, each with its "
        "own prompts and its own export; while one stands still, those behind it wait. What lies at the top of the "
        "watch folder is one such group, and each subfolder another where the rule is `recursive`. Not together with "
        "`session: rule`.",
        expects="none or folder",
        example="folder",
    )
    session: Annotated[Literal["file", "rule"], one_of("file", "rule")] = _key(
        "file",
        "`file`: each file has a session of its own. `rule`: all files of the rule go through one session, one after "
        "the other, each with its own prompts and its own export; while one stands still, those behind it wait.",
        expects="file or rule",
        example="rule",
    )
    retries: int = _key(
        3,
        "How often a call that fails through a passing fault is made again, with growing pauses, before its job "
        "waits and lets another one work. A prompt is never sent again this way.",
        expects="a whole number from 0 to 20",
        example=5,
        unit="tries",
        ge=0,
        le=20,
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
        "How much may happen at once, and what may be spent.",
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
