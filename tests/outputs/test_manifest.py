"""`job.json` says the same when it is read back, and says so plainly when it can't be read."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import types
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest
from output_parts import make_manifest

from nemowatch.outputs import manifest as manifest_module
from nemowatch.outputs.errors import ManifestBroken, OutputError
from nemowatch.outputs.manifest import (
    SCHEMA_VERSION,
    Credits,
    Manifest,
    Output,
    Source,
    describe_output,
    read_job_id,
    read_manifest,
    read_owner,
    write_manifest,
)

DOCS = Path(__file__).parents[2] / "docs" / "outputs.md"


def test_manifest_says_the_same_when_it_is_read_back(tmp_path: Path) -> None:
    video = Output("talk.mp4", "video", 5, "cd" * 32, 12.5, 1080, 1920)
    manifest = make_manifest(outputs=(video, Output("job.log", "log", 3, "ef" * 32)))

    write_manifest(tmp_path, manifest)

    assert read_manifest(tmp_path) == manifest
    assert read_job_id(tmp_path) == manifest.job_id


def test_failed_job_without_a_session_says_the_same_when_it_is_read_back(tmp_path: Path) -> None:
    manifest = dataclasses.replace(
        make_manifest(),
        state="failed",
        reason="The disk is full.",
        session=None,
        prompts=(),
        renders=(),
        credits=Credits(None, None),
        timings={},
    )

    write_manifest(tmp_path, manifest)

    assert read_manifest(tmp_path) == manifest


def test_recording_whose_name_is_no_valid_utf_8_is_written_and_read(tmp_path: Path) -> None:
    path = os.fsdecode(b"/r/caf\xe9.mp4")
    manifest = dataclasses.replace(make_manifest(), source=Source(path, 1, "2026-03-18", "ab"))

    write_manifest(tmp_path, manifest)

    assert (tmp_path / "job.json").read_text(encoding="utf-8")
    assert read_manifest(tmp_path).source.path == path


def test_manifest_is_readable_json_in_the_order_of_its_documentation(tmp_path: Path) -> None:
    write_manifest(tmp_path, make_manifest())
    text = (tmp_path / "job.json").read_text(encoding="utf-8")

    assert "Zwei Clips: ü" in text
    assert text.endswith("}\n")
    assert list(json.loads(text)) == [each.name for each in dataclasses.fields(Manifest)]


def test_writing_the_same_manifest_twice_gives_the_same_bytes_and_no_scraps(tmp_path: Path) -> None:
    write_manifest(tmp_path, make_manifest())
    first = (tmp_path / "job.json").read_bytes()
    write_manifest(tmp_path, make_manifest())

    assert (tmp_path / "job.json").read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == ["job.json"]


def test_credits_used_are_told_apart_from_what_the_balance_lost(tmp_path: Path) -> None:
    manifest = dataclasses.replace(make_manifest(), credits=Credits(before=100, after=20, used=30))

    write_manifest(tmp_path, manifest)

    assert read_manifest(tmp_path).credits == Credits(100, 20, 30)
    assert Credits(100, 20).used is None


def test_manifest_of_an_earlier_version_is_read_as_a_first_try_that_refines_nothing(tmp_path: Path) -> None:
    write_manifest(tmp_path, make_manifest())
    facts = json.loads((tmp_path / "job.json").read_text())
    del facts["attempt"], facts["refines"]
    facts["credits"] = {"before": 100, "after": 60, "used": 40}
    (tmp_path / "job.json").write_text(json.dumps(facts))

    manifest = read_manifest(tmp_path)

    assert (manifest.attempt, manifest.refines, manifest.credits.used) == (1, None, 40)
    assert read_owner(tmp_path) == (manifest.job_id, 1)


def test_owner_is_the_job_and_its_try(tmp_path: Path) -> None:
    manifest = dataclasses.replace(make_manifest("job1"), attempt=3, refines="job0")

    write_manifest(tmp_path, manifest)

    assert read_owner(tmp_path) == ("job1", 3)
    assert read_job_id(tmp_path) == "job1"
    assert read_manifest(tmp_path) == manifest


@pytest.mark.parametrize("attempt", [0, -1, "2", True, None, 1.5])
def test_try_that_is_no_number_is_an_error_but_the_job_is_known(tmp_path: Path, attempt: object) -> None:
    (tmp_path / "job.json").write_text(json.dumps({"job_id": "job1", "attempt": attempt}))

    with pytest.raises(ManifestBroken, match="attempt"):
        read_owner(tmp_path)
    assert read_job_id(tmp_path) == "job1"


def test_key_of_a_later_version_is_passed_over(tmp_path: Path) -> None:
    write_manifest(tmp_path, make_manifest())
    facts = json.loads((tmp_path / "job.json").read_text())
    facts["cost"] = facts["source"]["camera"] = "new"
    (tmp_path / "job.json").write_text(json.dumps(facts))

    assert read_manifest(tmp_path) == make_manifest()


def test_manifest_of_a_later_schema_is_refused_but_its_owner_is_known(tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text(json.dumps({"job_id": "job1", "schema_version": SCHEMA_VERSION + 1}))

    assert read_job_id(tmp_path) == "job1"
    with pytest.raises(ManifestBroken, match="schema version 2") as caught:
        read_manifest(tmp_path)
    assert "later" in caught.value.hint


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"{}", b'{"job_id": 5}', b"\xff\xfe\x00", b"[" * 100_000, b"<html>no</html>"],
)
def test_file_that_is_no_manifest_is_an_error_that_names_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "job.json").write_bytes(content)

    for read in (read_manifest, read_job_id, read_owner):
        with pytest.raises(OutputError, match=re.escape(str(tmp_path / "job.json"))):
            read(tmp_path)


def test_missing_key_is_named(tmp_path: Path) -> None:
    write_manifest(tmp_path, make_manifest())
    facts = json.loads((tmp_path / "job.json").read_text())
    del facts["source"]["sha256"]
    (tmp_path / "job.json").write_text(json.dumps(facts))

    with pytest.raises(ManifestBroken, match=r"source\.sha256"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("place", ["nothing", "a folder", "no folder at all"])
def test_missing_manifest_is_an_output_error(tmp_path: Path, place: str) -> None:
    if place == "a folder":
        (tmp_path / "job.json").mkdir()
    folder = tmp_path / "absent" if place == "no folder at all" else tmp_path

    with pytest.raises(ManifestBroken):
        read_job_id(folder)


def test_folder_that_is_gone_is_an_output_error_when_writing(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="absent") as caught:
        write_manifest(tmp_path / "absent", make_manifest())

    assert caught.value.hint


def test_output_is_measured_and_hashed(tmp_path: Path) -> None:
    content = os.urandom(300_000)
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "a.png").write_bytes(content)

    output = describe_output(tmp_path, "media/a.png", "media", width=160, height=120)

    sha256 = hashlib.sha256(content).hexdigest()
    assert output == Output("media/a.png", "media", 300_000, sha256, width=160, height=120)


def test_output_that_is_gone_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"talk\.mp4"):
        describe_output(tmp_path, "talk.mp4", "video")


def test_every_key_has_its_row_in_the_documentation_and_every_row_its_key() -> None:
    table = DOCS.read_text(encoding="utf-8").partition("## `job.json`")[2]
    rows = re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)

    assert rows == list(_keys(Manifest))


def _keys(kind: type, prefix: str = "") -> Iterator[str]:
    """Every key of a dataclass and of those in it: `source.path`, `outputs[].kind` …."""
    hints = typing.get_type_hints(kind, vars(manifest_module))
    for each in dataclasses.fields(kind):
        yield prefix + each.name
        hint = hints[each.name]
        inner = [part for part in (hint, *typing.get_args(hint)) if dataclasses.is_dataclass(part)]
        is_list = typing.get_origin(hint) is tuple
        assert is_list or typing.get_origin(hint) in (None, types.UnionType, dict)
        for part in inner:
            yield from _keys(typing.cast("type", part), f"{prefix}{each.name}{'[]' if is_list else ''}.")
