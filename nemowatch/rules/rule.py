"""What the rules say, as frozen values: everything else in NemoWatch reads these and no YAML.

Made by `load_rules` alone; light to import, so that any part may name them. Never holds anything unchecked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

Delivery = Literal["video", "clips", "frames", "media"]
"""What a job delivers: the exported `video`, its `clips` and still `frames`, the service's generated `media`."""


DroppedTrack = Literal["music", "title"]
"""A kind of track that is left out of exports when the service added it by itself."""


JobEvent = Literal["done", "failed", "attention", "held", "cancelled"]
"""A state of a job that is told to people (`notify`) and programs (`hook`); the words of `jobs/records.py`."""

NoticeEvent = Literal["done", "failed", "attention", "held", "cancelled", "daemon"]
"""The same, and what happens to the daemon itself."""


@dataclass(frozen=True)
class Hook:
    """A command that is run when a job of its rule gets somewhere.

    Attributes:
        on: where to.
        run: the program, `~` expanded, and its arguments, with placeholders.
        timeout_seconds: how long it may run.
    """

    on: tuple[JobEvent, ...]
    run: tuple[str, ...]
    timeout_seconds: float = 60.0


@dataclass(frozen=True)
class Notify:
    """Who is told of what.

    Attributes:
        addresses: as Apprise reads them; secret.
        on: what is told.
        pause_seconds: the shortest pause between two messages to the same address.
    """

    addresses: tuple[str, ...] = field(repr=False)
    on: tuple[NoticeEvent, ...] = ("failed", "attention", "daemon")
    pause_seconds: float = 60.0


@dataclass(frozen=True)
class After:
    """What becomes of a recording once its outputs stand, verified, in their place.

    Attributes:
        does: `keep` leaves it, `trash` puts it into the system's trash, `move` puts it into a folder.
        folder: template of that folder's absolute path, `~` expanded; empty unless it is moved.
    """

    does: Literal["keep", "trash", "move"] = "keep"
    folder: str = ""


@dataclass(frozen=True)
class When:
    """Conditions on a recording itself, as `condition.py` reads them; empty for none.

    Attributes:
        duration: how long it plays, such as `>=10m`.
        size: how large it is, such as `<2GB`.
        resolution: how large its picture is as shown, such as `>=720p`.
        streams: what it holds, such as `video, audio>=2, no subtitles`.
    """

    duration: str = ""
    size: str = ""
    resolution: str = ""
    streams: str = ""


@dataclass(frozen=True)
class Frames:
    """Which stills are made of a delivered video.

    Attributes:
        every_seconds: one at 0, and one every so many seconds after; None where only `at` counts.
        at: further moments in seconds; below zero they count from the end.
        format: of the pictures.
    """

    every_seconds: float | None = 5.0
    at: tuple[float, ...] = ()
    format: Literal["png", "jpg"] = "png"


@dataclass(frozen=True)
class Trim:
    """Which part of a recording is uploaded.

    Attributes:
        start: in seconds; below zero it counts from the end.
        end: the same; None for the recording's end.
    """

    start: float = 0.0
    end: float | None = None


@dataclass(frozen=True)
class Skill:
    """As whom a job speaks to the service.

    Attributes:
        source: sent as `X-Skill-Source`.
        version: sent as `X-Skill-Version`.
        default_prompt: what is asked when a rule has no prompt; None where the skill has none.
    """

    source: str
    version: str
    default_prompt: str | None


@dataclass(frozen=True)
class Rule:
    """One rule: which files it takes, what is asked for them, and where the outputs go.

    Attributes:
        name: unique in the file, also without regard to case.
        watch: absolute folders, `~` expanded, symbolic links as written.
        match: gitignore-style patterns relative to a watch folder; empty takes every accepted type.
        ignore: the same, for what is left out on top of the built-in ignores.
        recursive: whether subfolders are looked into.
        skill: as whom its jobs speak to the service.
        prompts: templates, at least one, in the order in which they are sent.
        language: ISO code of the session's language.
        deliver: what lands in the output folder.
        drop_tracks: tracks left out of the export when the service added them by itself.
        question: what is done when the service asks back.
        group: whether the files of a folder share a session.
        session: whether all files of the rule share one.
        retries: how often a call is made again after a passing fault, before its job waits.
        output: template of an absolute path, `~` expanded.
        settle_seconds: quiet time before a file counts as complete.
        priority: 1 first … 10 last.
        existing: what becomes of files that were there before the rule: `auto` takes them up to `limits.backlog`.
        duplicates: whether a content that the rule has had is taken again.
        schedule: when its jobs may start, as `schedule.py` reads it; empty for always.
        after: what becomes of the recording afterwards.
        when: conditions on the recording itself.
        frames: which stills are made, where `deliver` names them.
        oversize: what becomes of a recording that is larger than the service takes.
        convert: whether what the service does not take, but can be decoded, is converted before the upload.
        trim: which part is uploaded; None for all of it.
        hooks: commands that are run when its jobs get somewhere.
    """

    name: str
    watch: tuple[Path, ...]
    match: tuple[str, ...]
    ignore: tuple[str, ...]
    recursive: bool
    skill: Skill
    prompts: tuple[str, ...]
    language: str
    deliver: tuple[Delivery, ...]
    output: str
    settle_seconds: float
    priority: int
    drop_tracks: tuple[DroppedTrack, ...] = ()
    question: Literal["proceed", "hold"] = "proceed"
    group: Literal["none", "folder"] = "none"
    session: Literal["file", "rule"] = "file"
    retries: int = 3
    existing: Literal["auto", "process", "skip"] = "auto"
    duplicates: Literal["skip", "process"] = "skip"
    schedule: str = ""
    after: After = After()
    when: When = When()
    frames: Frames = Frames()
    oversize: Literal["compress", "split", "reject"] = "compress"
    convert: bool = False
    trim: Trim | None = None
    hooks: tuple[Hook, ...] = ()


@dataclass(frozen=True)
class NemoSettings:
    """How the service is reached; `NEMO_API_URL` and `NEMO_WEB_URL` have won already.

    Attributes:
        api_url: base address of the API, no slash at its end.
        web_url: base address for links shown to a person, no slash at its end.
        language: ISO code of the session's language, for rules that name none.
        poll_seconds: pause between two looks at a render.
    """

    api_url: str
    web_url: str
    language: str
    poll_seconds: float


@dataclass(frozen=True)
class Limits:
    """How much may happen at once, and what may be spent.

    Attributes:
        jobs: jobs running at once.
        starts: (count, seconds): at most so many job starts in so many seconds; None for no limit.
        keep_credits: no prompt is sent at this balance or below it.
        credits_per_day: what all jobs together may spend in a local day; None for no limit.
        per_rule: jobs of one rule running at once; None for no limit but `jobs`.
        backlog: a rule that finds more files than this on its first look holds them.
        encodes: films that are cut or encoded on this machine at once.
    """

    jobs: int
    starts: tuple[int, float] | None
    keep_credits: int = 0
    credits_per_day: int | None = None
    per_rule: int | None = None
    backlog: int = 10
    encodes: int = 1


@dataclass(frozen=True)
class History:
    """How long the records of jobs that have ended are kept; that their recordings had them is never forgotten.

    Attributes:
        keep_seconds: so long after its end; None for ever.
        jobs: the latest so many; None for all.
    """

    keep_seconds: float | None = 365 * 86_400.0
    jobs: int | None = 50_000


@dataclass(frozen=True)
class RuleBook:
    """A whole rules file that has been read, checked and found good.

    Attributes:
        path: where it was read from.
        rules: in the file's order, at least one.
        nemo: how the service is reached.
        limits: how much may happen at once.
        scan_seconds: pause between two looks through every watch folder.
        log_level: `DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`.
        log_format: `text` for people, `json` for machines.
        polling: whether folders are looked through often instead of trusting the system's events: `auto` does so
            for network shares and where events don't come.
        history: how long the records of ended jobs are kept.
        notices: who is told of what.
    """

    path: Path
    rules: tuple[Rule, ...]
    nemo: NemoSettings
    limits: Limits
    scan_seconds: float
    log_level: str
    log_format: Literal["text", "json"]
    polling: Literal["auto", "always", "never"] = "auto"
    history: History = History()
    notices: tuple[Notify, ...] = ()
