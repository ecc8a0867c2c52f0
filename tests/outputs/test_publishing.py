"""The output folder appears at once and whole, whatever happens on the way."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from output_parts import fill, make_manifest, tree, visible

from nemowatch.outputs.errors import ManifestBroken, OutputError
from nemowatch.outputs.manifest import read_job_id, write_manifest
from nemowatch.outputs.names import safe_folder
from nemowatch.outputs.staging import Staging

WHOLE = ["job.json", "media/a.png", "talk.mp4"]


def test_folder_appears_under_its_name_with_all_files(tmp_path: Path) -> None:
    final = tmp_path / "talks-output" / "shorts" / "talk"
    staging = fill(Staging.open(final, "job1"))
    assert visible(final.parent) == []

    assert staging.publish() == final

    assert tree(final.parent) == [f"talk/{name}" for name in WHOLE]


def test_staging_folder_is_hidden_beside_the_final_one_and_named_after_the_job(tmp_path: Path) -> None:
    assert Staging.open(tmp_path / "talk", "job1").folder == tmp_path / ".talk.job1.partial"


def test_same_job_finds_its_staging_folder_again(tmp_path: Path) -> None:
    fill(Staging.open(tmp_path / "talk", "job1"))

    assert tree(Staging.open(tmp_path / "talk", "job1").folder) == WHOLE


def test_long_name_is_clipped_to_fit_the_file_system(tmp_path: Path) -> None:
    final = tmp_path / ("ü" * 100)
    staging = fill(Staging.open(final, "j" * 100))

    assert len(os.fsencode(staging.folder.name)) <= 255
    assert staging.publish() == final


def test_second_result_gets_a_number(tmp_path: Path) -> None:
    published = [fill(Staging.open(tmp_path / "talk", f"job{n}")).publish() for n in range(3)]

    assert [path.name for path in published] == ["talk", "talk (2)", "talk (3)"]
    assert [read_job_id(path) for path in published] == ["job0", "job1", "job2"]


@pytest.mark.parametrize("kind", ["empty folder", "full folder", "file", "dangling link"])
def test_what_stands_under_the_name_is_left_alone(tmp_path: Path, kind: str) -> None:
    final = tmp_path / "talk"
    if kind == "file":
        final.write_bytes(b"mine")
    elif kind == "dangling link":
        final.symlink_to(tmp_path / "nowhere")
    else:
        final.mkdir()
        if kind == "full folder":
            (final / "job.json").write_bytes(b"not a manifest")
    before = (final.lstat(), tree(tmp_path))

    assert fill(Staging.open(final, "job1")).publish() == tmp_path / "talk (2)"

    after = (final.lstat(), [name for name in tree(tmp_path) if not name.startswith("talk (2)/")])
    assert (after[0].st_ino, after[1]) == (before[0].st_ino, before[1])


def test_folder_already_published_is_found_and_nothing_is_published_twice(tmp_path: Path) -> None:
    final = tmp_path / "talk"
    final.mkdir()
    published = fill(Staging.open(final, "job1")).publish()
    assert published == tmp_path / "talk (2)"

    # The step runs again after a crash: it opens its folder, asks, and may write manifest and log anew.
    again = Staging.open(final, "job1")
    assert again.published() == published
    write_manifest(again.folder, make_manifest("job1"))
    (again.folder / "job.log").write_text("again")
    assert again.publish() == published

    assert sorted(path.name for path in tmp_path.iterdir()) == ["talk", "talk (2)"]


def test_published_folder_is_found_where_the_user_removed_one_before_it(tmp_path: Path) -> None:
    (tmp_path / "talk").mkdir()
    published = fill(Staging.open(tmp_path / "talk", "job1")).publish()
    (tmp_path / "talk").rmdir()

    assert Staging.open(tmp_path / "talk", "job1").publish() == published


def test_outputs_of_another_job_are_not_taken_for_ones_own(tmp_path: Path) -> None:
    fill(Staging.open(tmp_path / "talk", "job1")).publish()
    (tmp_path / "talk (copy)").mkdir()
    (tmp_path / "talk (2)").write_text("a file")

    assert Staging.open(tmp_path / "talk", "job2").published() is None


def test_new_results_of_the_same_job_are_never_thrown_away(tmp_path: Path) -> None:
    first = fill(Staging.open(tmp_path / "talk", "job1")).publish()
    second = fill(Staging.open(tmp_path / "talk", "job1"), files={"talk.mp4": b"better"}).publish()

    assert (first.name, second.name) == ("talk", "talk (2)")
    assert (second / "talk.mp4").read_bytes() == b"better"
    assert Staging.open(tmp_path / "talk", "job1").published() == second


def test_scraps_of_killed_writes_are_not_published(tmp_path: Path) -> None:
    scraps = {".job.json.ab12.tmp": b"{", "media/b.mp4.part": b"half", "talk.mp4": b"video"}

    published = fill(Staging.open(tmp_path / "talk", "job1"), files=scraps).publish()

    assert tree(published) == ["job.json", "talk.mp4"]


@pytest.mark.parametrize("owner", [None, "job2"])
def test_folder_without_the_jobs_own_manifest_is_not_published(tmp_path: Path, owner: str | None) -> None:
    staging = Staging.open(tmp_path / "talk", "job1")
    (staging.folder / "talk.mp4").write_bytes(b"video")
    if owner:
        write_manifest(staging.folder, make_manifest(owner))

    with pytest.raises(ManifestBroken):
        staging.publish()

    assert visible(tmp_path) == []
    assert (staging.folder / "talk.mp4").exists()


def test_discarding_removes_everything_and_may_be_done_twice(tmp_path: Path) -> None:
    staging = fill(Staging.open(tmp_path / "talk", "job1"))

    staging.discard()
    staging.discard()

    assert list(tmp_path.iterdir()) == []


def test_many_jobs_that_publish_to_one_name_at_once_each_get_their_own(tmp_path: Path) -> None:
    count = 16
    stagings = [fill(Staging.open(tmp_path / "talk", f"job{n}")) for n in range(count)]
    start = threading.Barrier(count)

    def publish(staging: Staging) -> Path:
        start.wait()
        return staging.publish()

    with ThreadPoolExecutor(count) as pool:
        published = list(pool.map(publish, stagings))

    assert len(set(published)) == count
    assert {read_job_id(path) for path in published} == {staging.job_id for staging in stagings}
    assert all(tree(path) == WHOLE for path in published)
    assert visible(tmp_path) == sorted(path.name for path in published)


def test_name_that_is_taken_between_the_look_and_the_rename_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    staging = fill(Staging.open(tmp_path / "talk", "job1"))
    rename = os.rename

    def rename_too_late(source: Path, target: Path) -> None:
        if target.name == "talk":
            target.mkdir()
            (target / "mine.txt").write_text("mine")
        rename(source, target)

    monkeypatch.setattr(os, "rename", rename_too_late)

    assert staging.publish() == tmp_path / "talk (2)"
    assert tree(tmp_path / "talk") == ["mine.txt"]


def test_files_and_folders_are_synced_before_the_rename_and_the_parent_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    staging = fill(Staging.open(tmp_path / "talk", "job1"))
    calls: list[str] = []
    rename, sync = os.rename, os.fsync

    paths = {path.stat().st_ino: path for path in [tmp_path, *tmp_path.rglob("*")]}

    def noted_sync(descriptor: int) -> None:
        calls.append(paths[os.fstat(descriptor).st_ino].relative_to(tmp_path).as_posix())
        sync(descriptor)

    def noted_rename(source: Path, target: Path) -> None:
        calls.append("rename")
        rename(source, target)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(os, "rename", noted_rename)
    staging.publish()

    inside, after = calls[: calls.index("rename")], calls[calls.index("rename") + 1 :]
    hidden = staging.folder.name
    assert sorted(inside) == sorted(
        f"{hidden}{rest}" for rest in ("", "/job.json", "/media", "/media/a.png", "/talk.mp4")
    )
    assert inside.index(f"{hidden}/media/a.png") < inside.index(f"{hidden}/media") < inside.index(hidden)
    assert after == ["."]


@pytest.mark.parametrize("call", ["rename", "fsync", "scandir"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO])
def test_refusal_by_the_file_system_loses_nothing_and_can_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    """Every call of that kind on the way fails in turn; after each, there is no folder or the whole one."""
    final = tmp_path / "talk"
    staging = fill(Staging.open(final, "job1"))
    errors: list[OutputError] = []
    while not isinstance(
        outcome := _publish_with_fault(staging, monkeypatch, call, len(errors), number), Path
    ):
        errors.append(outcome)
        assert visible(tmp_path) in ([], ["talk"])
        assert tree(final if final.exists() else staging.folder) == WHOLE

    assert errors
    assert all(os.strerror(number) in error.message and error.hint for error in errors)
    assert outcome == final
    assert sorted(path.name for path in tmp_path.iterdir()) == ["talk"]


def _publish_with_fault(
    staging: Staging, monkeypatch: pytest.MonkeyPatch, call: str, nth: int, number: int
) -> Path | OutputError:
    real: Callable[..., object] = getattr(os, call)
    calls = iter(range(1_000_000))

    def fail_once(*arguments: object) -> object:
        if next(calls) == nth:
            raise OSError(number, os.strerror(number))
        return real(*arguments)

    with monkeypatch.context() as edge:
        edge.setattr(os, call, fail_once)
        try:
            return staging.publish()
        except OutputError as error:
            return error


_KILLED_PUBLISHER = """
import os, signal, sys
from pathlib import Path
from nemowatch.outputs.staging import Staging

final, nth = Path(sys.argv[1]), int(sys.argv[2])
count = 0

def killing(real):
    def call(*arguments):
        global count
        if count == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*arguments)
        count += 1
        return result
    return call

staging = Staging.open(final, "job1")
os.fsync, os.rename = killing(os.fsync), killing(os.rename)
staging.publish()
"""


@pytest.mark.slow
def test_process_killed_at_any_call_leaves_no_folder_or_the_whole_one(tmp_path: Path) -> None:
    final = tmp_path / "talk"
    fill(Staging.open(final, "job1"))
    kills = 0
    while True:
        script = [sys.executable, "-c", _KILLED_PUBLISHER, str(final), str(kills)]
        ended = subprocess.run(script, check=False, timeout=60).returncode
        assert visible(tmp_path) in ([], ["talk"])
        assert not final.exists() or tree(final) == WHOLE
        if ended != -signal.SIGKILL:
            break
        kills += 1
        if final.exists():
            break

    assert kills >= 6
    assert Staging.open(final, "job1").publish() == final
    assert sorted(path.name for path in tmp_path.iterdir()) == ["talk"]
    assert tree(final) == WHOLE


def test_file_in_place_of_a_parent_folder_is_an_error_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "talks-output").write_text("a file")

    with pytest.raises(OutputError, match="talks-output") as caught:
        Staging.open(tmp_path / "talks-output" / "shorts" / "talk", "job1")

    assert "`output`" in caught.value.hint


def test_share_that_went_away_is_an_error_and_not_a_new_folder(tmp_path: Path) -> None:
    staging = fill(Staging.open(tmp_path / "share" / "talk", "job1"))
    (tmp_path / "share").rename(tmp_path / "unplugged")

    with pytest.raises(OutputError) as caught:
        staging.publish()

    assert "still there" in caught.value.hint
    assert not (tmp_path / "share").exists()


def test_folders_and_files_have_the_users_own_permissions(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        published = fill(Staging.open(tmp_path / "a" / "talk", "job1")).publish()
    finally:
        os.umask(old)

    modes = {
        path.relative_to(tmp_path).as_posix(): stat.S_IMODE(path.stat().st_mode)
        for path in (published.parent, published, published / "media", published / "job.json")
    }
    assert modes == {"a": 0o750, "a/talk": 0o750, "a/talk/media": 0o750, "a/talk/job.json": 0o640}


_names = st.text(st.characters(exclude_categories=()), min_size=1, max_size=80).filter(
    lambda text: ".." not in text.split("/")
)


@settings(max_examples=40, deadline=None)
@given(_names)
def test_whatever_the_recording_is_called_its_folder_is_published(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    root = tmp_path_factory.mktemp("any")
    final = safe_folder(f"{root}/out/{name}/x", fixed=root)

    assert fill(Staging.open(final, "job1")).publish() == final
    assert fill(Staging.open(final, "job2")).publish() == final.with_name("x (2)")
