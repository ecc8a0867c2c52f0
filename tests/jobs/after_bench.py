"""A watch folder with finished jobs, and the aftercare that looks at them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from helpers import FakeClock
from media_threads import MediaThreads
from send2trash.plat_other import send2trash as plain_send2trash

from nemowatch.jobs import relocation
from nemowatch.jobs.after_book import AfterBook
from nemowatch.jobs.aftercare import Aftercare
from nemowatch.jobs.database import Database
from nemowatch.jobs.identity import hash_content, make_job_id
from nemowatch.jobs.known_files import KnownFileBook
from nemowatch.jobs.markers import Markers
from nemowatch.jobs.pace import Pace
from nemowatch.jobs.patience import ServiceWatch
from nemowatch.jobs.purse import Purse
from nemowatch.jobs.records import JobSpec, JobState, SourceFile
from nemowatch.jobs.run import JobSettings, Workshop
from nemowatch.jobs.shared_sessions import SharedSessions
from nemowatch.jobs.store import Changes, JobStore
from nemowatch.nemo.attribution import Attribution
from nemowatch.nemo.client import NemoClient
from nemowatch.nemo.token import TokenSource
from nemowatch.outputs.manifest import (
    Credits,
    Manifest,
    RuleUsed,
    Source,
    Versions,
    describe_output,
    write_manifest,
)

CONTENT = b"a recording" * 1000


class Yard:
    """A watch folder with finished jobs, and the aftercare that looks at them; no service is asked."""

    def __init__(self, root: Path) -> None:
        self.root, self.talks = root, root / "talks"
        self.talks.mkdir()
        (root / "logs").mkdir()
        self.clock = FakeClock()
        self.database = Database(root / "nemowatch.db")
        self.store = JobStore(self.database.engine)
        self.book = AfterBook(self.database.engine)
        self.known = KnownFileBook(self.database)
        self.rules: list[str] = ["shorts"]
        self.offline = ""
        self.workshop = self._make_workshop()
        self.aftercare = self.restart()

    def restart(self) -> Aftercare:
        self.aftercare = Aftercare(self.workshop, self.database.engine, lambda _: self.rules)
        return self.aftercare

    def done(self, name: str = "talk.mp4", **facts: Any) -> JobSpec:
        spec = self.job(name, **facts)
        self.end(spec)
        return spec

    def job(self, name: str = "talk.mp4", *, after: str = "trash", **facts: Any) -> JobSpec:
        path = self.talks / name
        if not path.exists():
            path.write_bytes(CONTENT)
        sha256 = hash_content(path)
        rule = facts.get("rule", "shorts")
        spec = JobSpec(
            **{
                "job_id": make_job_id(rule, sha256),
                "rule": rule,
                "source": version_of(path),
                "sha256": sha256,
                "duration_seconds": 6.0,
                "skill_source": "opusclip",
                "skill_version": "1.0.0",
                "prompts": ("make it short",),
                "language": "en",
                "deliver": ("video",),
                "output_folder": self.root / "out" / f"{rule} {path.stem}",
                "priority": 5,
                "queued_at": self.clock.now(),
                "folder": self.talks,
                "after": after,
                **facts,
            }
        )
        self.clock.move(1.0)
        assert self.store.add(spec)
        return spec

    def move(self, to: Path | None = None, **facts: Any) -> JobSpec:
        return self.done(after="move", after_folder=to or self.root / "talks-done", **facts)

    def end(self, spec: JobSpec, state: JobState = JobState.DONE) -> None:
        folder = spec.output_folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "talk.mp4").write_bytes(b"the result")
        write_manifest(folder, manifest_of(spec, folder))
        due = "due" if state is JobState.DONE and spec.after != "keep" else None
        changes = Changes(state, finished_at=self.clock.now(), output_folder=folder, after=due)
        self.store.write(spec.job_id, changes, now=self.clock.now())

    def after(self, spec: JobSpec) -> str:
        return self.book.read(spec.job_id)

    def log(self, spec: JobSpec) -> str:
        path = self.root / "logs" / f"{spec.job_id}.log"
        return path.read_text() if path.exists() else ""

    def _make_workshop(self) -> Workshop:
        tokens = TokenSource(
            api_url="http://127.0.0.1:9",
            client_id_file=self.root / "client_id",
            token_file=self.root / "token.json",
            environ={},
        )
        client = NemoClient(
            api_url="http://127.0.0.1:9", web_url="https://web.test", tokens=tokens, clock=self.clock
        )
        api = client.as_skill(Attribution("nemowatch", "1.0.0", "unknown"))
        return Workshop(
            client=client,
            store=self.store,
            markers=Markers(self.database),
            clock=self.clock,
            platform="unknown",
            job_logs=self.root / "logs",
            settings=JobSettings(),
            purse=Purse(self.database, self.clock),
            shared=SharedSessions(self.database),
            watch=ServiceWatch(api.read_credits, self.clock, JobSettings()),
            workers=MediaThreads(),
            pace=Pace(self.database.engine),
            offline_reason=lambda _: self.offline,
        )


def manifest_of(spec: JobSpec, folder: Path) -> Manifest:
    return Manifest(
        job_id=spec.job_id,
        state="done",
        reason="",
        source=Source(str(spec.source.path), spec.source.size_bytes, "", spec.sha256),
        rule=RuleUsed(spec.rule, "opusclip", "1.0.0", "en", ("video",)),
        prompts=(),
        session=None,
        renders=(),
        timeline="",
        outputs=(describe_output(folder, "talk.mp4", "video"),),
        credits=Credits(None, None),
        queued="",
        finished="",
        timings={},
        versions=Versions("0", "3", "test"),
    )


def version_of(path: Path) -> SourceFile:
    facts = path.lstat()
    return SourceFile(path, facts.st_size, facts.st_mtime_ns, facts.st_ino)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def make_trash(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A trash of the tests' own, on the file system of `root`."""
    home = root / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr("send2trash.plat_other.HOMETRASH_B", os.fsencode(home / "Trash"))
    monkeypatch.setattr("send2trash.plat_other.XDG_DATA_HOME", os.fsencode(home))
    monkeypatch.setattr(relocation, "send2trash", plain_send2trash)
    return home / "Trash" / "files"
