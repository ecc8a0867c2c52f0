"""The keys below `notify` and below a rule's `hook`, as pydantic models.

Parts of `model.py` and `rule_keys.py`; nothing else sees a model, only the values of `rule.py`.
"""

from __future__ import annotations

from nemowatch.rules.key import TIME_UNITS, Keys, describe_key
from nemowatch.rules.kinds import Duration
from nemowatch.rules.telling_kinds import (
    HOOK_PLACEHOLDERS,
    JOB_EVENTS,
    NOTICE_EVENTS,
    Addresses,
    Command,
    JobEvents,
    NoticeEvents,
)


class NotifyKeys(Keys):
    """Who is told of what."""

    url: Addresses = describe_key(
        ...,
        "Where the messages go, as Apprise writes it (https://github.com/caronc/apprise/wiki), or a list of such. No "
        "log, message or page ever shows one: most hold a password. Let nobody else read the file.",
        expects="an address such as ntfy://ntfy.example.org/recordings, or a list of them",
        example="ntfy://ntfy.example.org/recordings",
    )
    on: NoticeEvents = describe_key(
        ["failed", "attention", "daemon"],
        "What is told. Of jobs: `done`, `failed`, `attention` (the job needs you), `held`, `cancelled`. `daemon`: "
        "NemoWatch has started, or ended by an error; the rules were changed and are wrong; the service does not "
        "answer; a watch folder is offline; and when that is over.",
        expects=f"a list of: {', '.join(NOTICE_EVENTS)}",
        example=["done", "failed", "attention", "daemon"],
    )
    pause: Duration = describe_key(
        "1m",
        "Pause between two messages to the same address; it doubles with each one that follows at once, up to 1 h. "
        "Everything that happens meanwhile is one message.",
        expects="a time from 0s to 1d",
        example="5m",
        unit=TIME_UNITS,
        ge=0,
        le=86_400,
    )


class HookKeys(Keys):
    """A command that is run when a job gets somewhere."""

    on: JobEvents = describe_key(
        ["done"],
        "When it is run: `done`, `failed`, `attention` (the job needs you), `held`, `cancelled`.",
        expects=f"a list of: {', '.join(JOB_EVENTS)}",
        example=["done", "failed"],
    )
    run: Command = describe_key(
        ...,
        "The program (a whole path, a path that starts with `~/`, or a name that PATH finds) and its arguments, each "
        "by itself: no shell reads them. Placeholders: "
        f"{', '.join(f'`{{{name}}}`' for name in HOOK_PLACEHOLDERS)}; a plain brace is doubled.",
        expects="a list of a program and its arguments",
        example=["~/bin/publish", "--title", "{stem}", "{output}"],
    )
    timeout: Duration = describe_key(
        "60s",
        "How long it may run; then it is ended, with everything that it started.",
        expects="a time from 1s to 1d",
        example="10m",
        unit=TIME_UNITS,
        ge=1,
        le=86_400,
    )
