"""`job.json`: what a job was, what it did and what it made; every file with its size and hash.

Written by the job runner into each output folder as the last file, read back to find out whose folder it is.
docs/outputs.md has a row for each key. Paths of outputs are relative to the folder, so that it may be renamed and
moved. No token gets in: nothing here takes one.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from nemowatch.atomic import write_atomically
from nemowatch.outputs.errors import FolderUnusable, ManifestBroken

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST_NAME = "job.json"
SCHEMA_VERSION = 1
"""Grows when a key changes its meaning or goes away; new keys alone do not change it."""

_NOT_OURS = (
    FileNotFoundError,
    NotADirectoryError,
    IsADirectoryError,
    PermissionError,
    ValueError,
    RecursionError,
)


@dataclass(frozen=True)
class Source:
    """The recording: where it was, how large, when it was last written (ISO 8601), and what it holds."""

    path: str
    size_bytes: int
    modified: str
    sha256: str


@dataclass(frozen=True)
class RuleUsed:
    """The rule as it stood when the job was queued."""

    name: str
    skill: str
    skill_version: str
    language: str
    deliver: tuple[str, ...]


@dataclass(frozen=True)
class PromptAnswer:
    """One prompt: how it was understood (`prompt`, `credits`, `state` …), what came back, and what it changed."""

    text: str
    action: str
    answers: tuple[str, ...]
    seconds: float
    changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class SessionUsed:
    """The service's session; the link shows it to a person, where the service gives one."""

    session_id: str
    task_id: str | None
    project_link: str | None


@dataclass(frozen=True)
class Render:
    """One finished export on the service's side; seconds from its order to its end."""

    render_id: str
    seconds: float


@dataclass(frozen=True)
class Credits:
    """The account's balance before and after, and what this job cost; None where nobody can tell.

    Other jobs of the account may have spent meanwhile, so `used` is not the difference of the two.
    """

    before: int | None
    after: int | None
    used: int | None = None


@dataclass(frozen=True)
class Output:
    """One file in the folder, and what it is; seconds and pixels where it has any.

    Attributes:
        kind: `video`, `clip`, `frame`, `media`, `overview`, `thumbnail`, `timeline` or `log`.
        start_seconds, end_seconds: of a clip, where it plays in the delivered video; of a still, `start_seconds` is
            its moment.
        title, score: of a clip, where the service gave them.
    """

    path: str
    kind: str
    size_bytes: int
    sha256: str
    duration_seconds: float | None = None
    width: int | None = None
    height: int | None = None
    start_seconds: float | None = None
    end_seconds: float | None = None
    title: str | None = None
    score: float | None = None


@dataclass(frozen=True)
class Versions:
    """What did the work."""

    nemowatch: str
    python: str
    platform: str


@dataclass(frozen=True)
class Manifest:
    """The whole of `job.json`.

    Attributes:
        job_id: whose outputs the folder holds.
        state: how the job ended: `done` or `failed`.
        reason: for a failed job, why, and what to do; else empty.
        timeline: the final timeline in one line; empty where there is none.
        queued, finished: ISO 8601, in UTC.
        timings: seconds per step.
        attempt: which try of the job it was, from 1.
        refines: the id of the job that this one went on from; None for any other.
    """

    job_id: str
    state: str
    reason: str
    source: Source
    rule: RuleUsed
    prompts: tuple[PromptAnswer, ...]
    session: SessionUsed | None
    renders: tuple[Render, ...]
    timeline: str
    outputs: tuple[Output, ...]
    credits: Credits
    queued: str
    finished: str
    timings: dict[str, float]
    versions: Versions
    attempt: int = 1
    refines: str | None = None
    schema_version: int = SCHEMA_VERSION


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `job.json` into a folder, all or nothing.

    Raises:
        FolderUnusable: the folder can't be written.
    """
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=2) + "\n"
    # The path of a recording may be no valid UTF-8. Its odd bytes become JSON's own escapes, and are read back as
    # they were.
    content = text.encode("utf-8", "backslashreplace")
    try:
        write_atomically(folder / MANIFEST_NAME, content, mode=0o666)
    except OSError as error:
        raise FolderUnusable.because(error, folder) from error


def read_manifest(folder: Path) -> Manifest:
    """Read the `job.json` of an output folder. Keys that are not known are passed over.

    Raises:
        ManifestBroken: there is none, it is not one, or a later NemoWatch wrote it in a form of its own.
        FolderUnusable: the disk or share does not answer.
    """
    facts = _read_facts(folder)
    if facts.get("schema_version") != SCHEMA_VERSION:
        raise ManifestBroken(
            f"{folder / MANIFEST_NAME} has the schema version {facts.get('schema_version')}, "
            f"and this NemoWatch reads version {SCHEMA_VERSION}.",
            hint="Read it with the NemoWatch that wrote it, or a later one.",
        )
    try:
        return _adapter().validate_python(facts)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ManifestBroken(
            f"{folder / MANIFEST_NAME} is no manifest of NemoWatch: {where}: {first['msg']}."
        ) from error


def read_job_id(folder: Path) -> str:
    """Whose outputs a folder holds, whichever version of NemoWatch wrote its `job.json`.

    Raises:
        ManifestBroken: there is none, or it is not one.
        FolderUnusable: the disk or share does not answer, so nobody can tell.
    """
    return str(_read_facts(folder)["job_id"])


def read_owner(folder: Path) -> tuple[str, int]:
    """The same, and which try of the job made them, from 1: a job that is retried makes a folder for each.

    Raises:
        ManifestBroken, FolderUnusable: as for `read_job_id`.
    """
    facts = _read_facts(folder)
    attempt = facts.get("attempt", 1)
    if type(attempt) is not int or attempt < 1:
        raise ManifestBroken(f"{folder / MANIFEST_NAME} is no manifest of NemoWatch: attempt: {attempt!r}.")
    return str(facts["job_id"]), attempt


def describe_output(folder: Path, name: str, kind: str, **measured: Any) -> Output:
    """Measure and hash one file of a folder. Reads it all: call it in a thread.

    Args:
        folder: the staging folder.
        name: the file's path in it, with `/`.
        kind: what it is, as in `Output`.
        **measured: the fields of `Output` behind its hash, where it has any.

    Raises:
        FolderUnusable: the file is gone or can't be read.
    """
    path = folder / name
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size_bytes = file.tell()
    except OSError as error:
        raise FolderUnusable(f"The output {path} can't be read: {error.strerror or error}.") from error
    return Output(name, kind, size_bytes, digest, **measured)


@cache
def _adapter() -> TypeAdapter[Manifest]:
    return TypeAdapter(Manifest)


def _read_facts(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST_NAME
    try:
        facts = json.loads(path.read_bytes())
    except _NOT_OURS as error:
        raise ManifestBroken(f"{path} can't be read as a manifest: {error}.") from error
    except OSError as error:
        raise FolderUnusable(f"{path} can't be read: {error.strerror or error}.") from error
    if not isinstance(facts, dict) or not isinstance(facts.get("job_id"), str):
        raise ManifestBroken(f"{path} is no manifest of NemoWatch.")
    return facts
