"""The keys that hold for all rules, as pydantic models: the service, the limits, the history, the log.

Put together in `model.py`; nothing else sees a model, only the values of `rule.py`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from nemowatch.rules.key import TIME_UNITS, Keys, describe_key
from nemowatch.rules.kinds import Address, Duration, DurationOrNone, Language, Rate, one_of

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class NemoKeys(Keys):
    """How the NemoVideo service is reached."""

    api_url: Address = describe_key(
        "https://mega-api-prod.nemovideo.ai",
        "Base address of the service. The environment's NEMO_API_URL wins.",
        expects="a web address that starts with http:// or https://",
        example="http://127.0.0.1:8700",
    )
    web_url: Address = describe_key(
        "https://nemovideo.com",
        "Base address of the website, for links shown to people. The environment's NEMO_WEB_URL wins.",
        expects="a web address that starts with http:// or https://",
        example="https://nemovideo.com",
    )
    language: Language = describe_key(
        "en",
        "Language of the sessions, for every rule that names none.",
        expects="an ISO language code",
        example="de",
        unit="ISO code",
    )
    poll: Duration = describe_key(
        "30s",
        "Pause between two looks at a running export.",
        expects="a time from 50ms to 1h",
        example="10s",
        unit=TIME_UNITS,
        ge=0.05,
        le=3600,
    )


class LimitKeys(Keys):
    """How much may happen at once, and what may be spent."""

    jobs: int = describe_key(
        4,
        "How many jobs run at once.",
        expects="a whole number from 1 to 100",
        example=2,
        unit="jobs",
        ge=1,
        le=100,
    )
    per_rule: int | None = describe_key(
        None,
        "How many jobs of one rule run at once.",
        expects="a whole number from 1 to 100, or null",
        example=2,
        unit="jobs",
        unset="as many as `jobs`",
        ge=1,
        le=100,
    )
    starts: Rate = describe_key(
        "30/1m",
        "At most so many jobs start in so much time. `null` takes the limit away.",
        expects="a count, a slash and a time, or null",
        example="10/1m",
        unit=f"jobs / {TIME_UNITS}",
    )
    backlog: int = describe_key(
        10,
        "A rule that finds more files than this when it looks into its folders for the first time holds their jobs, "
        "until `nemowatch jobs release --rule NAME` lets them go (see `existing`).",
        expects="a whole number, 0 or more",
        example=50,
        unit="files",
        ge=0,
    )
    encodes: int = describe_key(
        1,
        "How many recordings are cut, encoded or converted on this machine at once. The other programs go first.",
        expects="a whole number from 1 to 16",
        example=2,
        unit="recordings",
        ge=1,
        le=16,
    )
    keep_credits: int = describe_key(
        0,
        "No prompt is sent at this balance or below it: the jobs are held until there are more credits. An edit that "
        "was begun is never broken off.",
        expects="a whole number, 0 or more",
        example=50,
        unit="credits",
        ge=0,
    )
    credits_per_day: int | None = describe_key(
        None,
        "What all jobs together may spend in a day (local time). A prompt that would go beyond it is held until "
        "tomorrow, or until it is released; what it costs is learnt from earlier ones of its rule.",
        expects="a whole number from 1, or null",
        example=500,
        unit="credits",
        unset="no limit",
        ge=1,
    )


class HistoryKeys(Keys):
    """How long the records of jobs that have ended are kept."""

    keep: DurationOrNone = describe_key(
        "365d",
        "How long after its end a job's record and its log are kept. `null` keeps them for ever. Outputs are never "
        "touched; and that a recording has had its job is not forgotten with the record.",
        expects="a time from 1d to 3650d, or null",
        example="90d",
        unit=TIME_UNITS,
        ge=86_400,
        le=315_360_000,
    )
    jobs: int | None = describe_key(
        50_000,
        "The records of at most so many ended jobs are kept, the latest. `null` keeps all.",
        expects="a whole number from 100, or null",
        example=10_000,
        unit="jobs",
        ge=100,
    )


class LogKeys(Keys):
    """What the daemon writes to its log."""

    level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], one_of(*_LEVELS, upper=True)
    ] = describe_key(
        "INFO",
        "The least severe messages that are written.",
        expects="one of DEBUG, INFO, WARNING, ERROR, CRITICAL",
        example="DEBUG",
    )
    format: Annotated[Literal["text", "json"], one_of("text", "json")] = describe_key(
        "text",
        "`text` for people, `json` for machines: one object a line.",
        expects="text or json",
        example="json",
    )
