"""The keys of a rule, as a pydantic model; those below them are in `section_keys.py`.

Put together with the others in `model.py`; nothing else sees a model, only the values of `rule.py`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, WithJsonSchema, WrapValidator

from nemowatch.rules.key import TIME_UNITS, Keys, describe_key
from nemowatch.rules.kinds import (
    DELIVERIES,
    Deliveries,
    Duration,
    Folders,
    Language,
    MatchPatterns,
    Name,
    Output,
    Patterns,
    Prompts,
    Schedule,
    empty_section,
    one_of,
    read_after,
    skill_by_name,
)
from nemowatch.rules.match import CONVERTIBLE_TYPES
from nemowatch.rules.section_keys import FrameKeys, MoveKeys, OwnSkill, TrackKeys, TrimKeys, WhenKeys
from nemowatch.rules.skills import OWN_SKILL, SKILLS
from nemowatch.rules.telling_keys import HookKeys
from nemowatch.rules.telling_kinds import one_section_or_many, sections_schema

_OVERSIZE = ("compress", "split", "reject")


class RuleKeys(Keys):
    """One rule: which files it takes, what is asked for them, and where the outputs go."""

    name: Name = describe_key(
        "",
        "What the rule is called in tables, logs and output folders. Two rules never share a name.",
        expects="a name of at most 80 characters, without slashes, that does not start with a dot",
        example="webinar-shorts",
        unset="made from the watch folder's name",
    )
    watch: Folders = describe_key(
        (),
        "The folder to watch, or a list of several: whole paths, or paths that start with `~/`.",
        expects="a folder, or a list of folders",
        example=["~/Recordings/webinars", "~/Recordings/talks"],
        unset="must be set, here or in `defaults`",
    )
    match: MatchPatterns = describe_key(
        (),
        "Which files count: gitignore-style patterns relative to the watch folder, upper and lower case as "
        "written. Only types that the service accepts, lists of addresses (`*.urls`), and with `convert` the types "
        "that can be converted are ever taken.",
        expects="a pattern, or a list of patterns",
        example=["*.mp4", "*.mkv"],
        unset="every accepted type and `*.urls`, with `convert` also what can be converted, in upper or lower case",
    )
    ignore: Patterns = describe_key(
        (),
        "Which files and folders are left out, on top of the built-in ones: gitignore-style patterns "
        "relative to the watch folder.",
        expects="a pattern, or a list of patterns",
        example=["drafts/", "rough-*"],
        unset="only the built-in ones",
    )
    recursive: bool = describe_key(
        default=False,
        description="Whether subfolders are looked into.",
        expects="true or false",
        example=True,
    )
    when: Annotated[WhenKeys, BeforeValidator(empty_section)] = describe_key(
        {},
        "Conditions on the recording itself, looked at when it is complete. A file that does not meet them makes no "
        "job. A rule's own `when` replaces that of `defaults` whole.",
        expects="a mapping of duration, size, resolution and streams to conditions",
        example={"duration": ">=10m", "size": "<2GB"},
    )
    skill: Annotated[
        OwnSkill,
        BeforeValidator(skill_by_name),
        WithJsonSchema({"anyOf": [{"enum": list(SKILLS)}, OwnSkill.model_json_schema()]}),
    ] = describe_key(
        OWN_SKILL.source,
        "As which skill the service is asked: one of "
        f"{', '.join(f'`{name}`' for name in SKILLS)}, or one of your own as "
        "`{source: my-skill, version: 1.2.0}`.",
        expects="the name of a skill, or {source: my-skill, version: 1.2.0}",
        example="opusclip",
    )
    prompt: Prompts = describe_key(
        (),
        "What to ask for, in plain words: one prompt, or a list that is sent one after the other. "
        "Placeholders are filled in. A plain export (`export 1080p MP4`) is done, not chatted about; "
        "a job ends with one in any case. A prompt file beside a recording replaces them for it.",
        expects="a text, or a list of texts",
        example=["extract the top 5 viral short clips from this long video", "add burned-in captions"],
        unset="the skill's default prompt; must be set where the skill has none",
    )
    language: Language = describe_key(
        "",
        "Language of this rule's sessions.",
        expects="an ISO language code",
        example="de",
        unit="ISO code",
        unset="`nemo.language`",
    )
    deliver: Deliveries = describe_key(
        ["video", "media"],
        "What lands in the output folder: the exported `video`, its `clips` (one MP4 for each video segment of the "
        "final timeline, in order), still `frames` of it (see `frames`), the `media` that the service generated "
        "(images, audio).",
        expects=f"a list of: {', '.join(DELIVERIES)}",
        example=["video", "clips"],
    )
    frames: Annotated[FrameKeys, BeforeValidator(empty_section)] = describe_key(
        {},
        "Which stills are made of the delivered video, on this machine, for rules whose `deliver` names `frames`. "
        "Their names carry their times. A rule's own `frames` replaces that of `defaults` whole.",
        expects="a mapping of every, at and format",
        example={"every": "10s", "format": "jpg"},
    )
    trim: Annotated[TrimKeys, BeforeValidator(empty_section)] = describe_key(
        {},
        "Which part of a recording is uploaded: it is cut on this machine, and the recording itself stays as it is. "
        "Pictures and lists of addresses are never cut. A rule's own `trim` replaces that of `defaults` whole.",
        expects="a mapping of start and end to times of the recording",
        example={"start": "0:30", "end": "-1m"},
    )
    oversize: Annotated[Literal["compress", "split", "reject"], one_of(*_OVERSIZE)] = describe_key(
        "compress",
        "What becomes of a recording that is larger than the 500 MB that the service takes: `compress` encodes it "
        "on this machine so that it fits; `split` cuts it into parts that fit, which go into one session in their "
        "order; `reject` fails its job. What fits goes as it is.",
        expects="compress, split or reject",
        example="split",
    )
    convert: bool = describe_key(
        default=False,
        description="Whether recordings that the service does not take, but can be decoded here, are taken and "
        "converted on this machine before the upload: HEVC, ProRes, and the types "
        f"{' '.join(f'`{suffix[1:]}`' for suffix in sorted(CONVERTIBLE_TYPES))}.",
        expects="true or false",
        example=True,
    )
    tracks: Annotated[TrackKeys, BeforeValidator(empty_section)] = describe_key(
        {},
        "Whether the exported video keeps tracks that the service added by itself, after generating a video for "
        "example. What a prompt asked for is always kept. A rule's own `tracks` replaces that of `defaults` whole.",
        expects="a mapping of music and title to keep or drop",
        example={"music": "drop", "title": "keep"},
    )
    question: Annotated[Literal["proceed", "hold"], one_of("proceed", "hold")] = describe_key(
        "proceed",
        "What happens when the service asks back instead of working: `proceed` answers once that it may go on "
        "with its best judgement, and a second question waits for `nemowatch jobs answer`; with `hold` the "
        "first one does.",
        expects="proceed or hold",
        example="hold",
    )
    group: Annotated[Literal["none", "folder"], one_of("none", "folder")] = describe_key(
        "none",
        "`folder`: all files of a folder go through one session of the service, one after the other, each with its "
        "own prompts and its own export; while one stands still, those behind it wait. What lies at the top of the "
        "watch folder is one such group, and each subfolder another where the rule is `recursive`. Not together with "
        "`session: rule`.",
        expects="none or folder",
        example="folder",
    )
    session: Annotated[Literal["file", "rule"], one_of("file", "rule")] = describe_key(
        "file",
        "`file`: each file has a session of its own. `rule`: all files of the rule go through one session, one after "
        "the other, each with its own prompts and its own export; while one stands still, those behind it wait.",
        expects="file or rule",
        example="rule",
    )
    retries: int = describe_key(
        3,
        "How often a call that fails through a passing fault is made again, with growing pauses, before its job "
        "waits and lets another one work. A prompt is never sent again this way.",
        expects="a whole number from 0 to 20",
        example=5,
        unit="tries",
        ge=0,
        le=20,
    )
    output: Output = describe_key(
        "{watch}-output/{rule}/{dir}/{stem}",
        "The output folder of each file, with placeholders. It lies outside every watched folder, and holds "
        "`{stem}`, `{name}` or `{job}`, so that no two files share it.",
        expects="a whole path with placeholders",
        example="~/Finished/{rule}/{date}/{stem}",
    )
    settle: Duration = describe_key(
        "3s",
        "Quiet time before a file counts as complete.",
        expects="a time from 0s to 1d",
        example="10s",
        unit=TIME_UNITS,
        ge=0,
        le=86_400,
    )
    priority: int = describe_key(
        5,
        "Whose jobs start first: 1 first … 10 last.",
        expects="a whole number from 1 to 10",
        example=1,
        unit="1 (first) to 10 (last)",
        ge=1,
        le=10,
    )
    existing: Annotated[Literal["auto", "process", "skip"], one_of("auto", "process", "skip")] = describe_key(
        "auto",
        "What becomes of files that were there before the rule, or before its folder was named in it: `auto` takes "
        "up to `limits.backlog` of them and holds the jobs of more; `process` takes all; `skip` leaves them alone.",
        expects="auto, process or skip",
        example="skip",
    )
    duplicates: Annotated[Literal["skip", "process"], one_of("skip", "process")] = describe_key(
        "skip",
        "What becomes of a file whose content the rule has had, such as a copy or a renamed one: `skip` leaves it "
        "alone, `process` makes a job of it, which is paid for. A file that was only touched is never done again.",
        expects="skip or process",
        example="process",
    )
    schedule: Schedule = describe_key(
        "",
        "When its jobs may start, in local time: hours (`22:00-06:00`, several with commas), or a cron expression "
        "(`0 22 * * 1-5`: what waits goes at each such minute). A job that has begun is not interrupted.",
        expects="hours such as 22:00-06:00, a cron expression, or null",
        example="22:00-06:00",
        unset="at any time",
    )
    after: Annotated[
        # Or the word itself, which passes the model by.
        MoveKeys,
        WrapValidator(read_after),
        WithJsonSchema({"anyOf": [{"enum": ["keep", "trash"]}, MoveKeys.model_json_schema()]}),
    ] = describe_key(
        "keep",
        "What becomes of the recording when its outputs stand, verified, in their place: it is kept (`keep`, the "
        'default), put into the system\'s trash (`trash`), or moved into a folder (`{move: "{watch}-done"}`). Other '
        "rules that take it are done with it before.",
        expects="keep, trash, or {move: FOLDER}",
        example={"move": "{watch}-done"},
    )
    hook: Annotated[
        tuple[HookKeys, ...],
        BeforeValidator(one_section_or_many),
        sections_schema(HookKeys.model_json_schema),
    ] = describe_key(
        (),
        "A command that is run when a job of the rule gets somewhere, or a list of them: one mapping, or a list "
        "(docs/notices.md). A rule's own `hook` replaces that of `defaults` whole.",
        expects="a mapping of on, run and timeout, or a list of them",
        example={"on": ["done"], "run": ["~/bin/publish", "{output}"]},
        unset="nothing is run",
    )
