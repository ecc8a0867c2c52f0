"""What is never taken, whatever the rules say."""

from __future__ import annotations

from pathlib import PurePath

import pytest

from nemowatch.rules.ignore import BUILTIN_IGNORES, is_builtin_ignored


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("talk.mp4.part", "unfinished"),
        ("talk.mp4.crdownload", "unfinished"),
        ("Unconfirmed 1234.crdownload", "unfinished"),
        ("talk.mp4.filepart", "unfinished"),
        ("talk.mp4.!qB", "unfinished"),
        ("talk.mp4.aria2", "unfinished"),
        ("talk.mp4.opdownload", "unfinished"),
        ("talk.download/talk.mp4", "unfinished"),
        ("talk.temp.mp4", "unfinished"),
        ("talk.mp4.1a2b3c4d.partial", "unfinished"),
        ("talk.f137.mp4", "unfinished"),
        ("talk.f251-drc.webm", "unfinished"),
        ("talk.mp4.part-Frag12", "unfinished"),
        ("talk.mp4.part-Frag12.part", "unfinished"),
        ("talk.mp4.ytdl", "unfinished"),
        ("talk.mov.sb-1a2b3c4d-Xy12Zz/talk.mov", "unfinished"),
        ("(A Document Being Saved By Screenshot 2)/talk.mov", "unfinished"),
        (".com.google.Chrome.a1B2c3", "unfinished"),
        (".pending-1700000000-talk.mp4", "unfinished"),
        (".rsync-partial/talk.mp4", "unfinished"),
        ("talk.mp4-lftp-pget-status", "unfinished"),
        ("talk.mp4.xltd", "unfinished"),
        (".talk.mp4.Ab12Cd", "hidden"),
        ("~$notes.mp4", "temporary"),
        ("talk.mp4~", "temporary"),
        ("talk.mp4.tmp", "temporary"),
        ("talk.mp4.TEMP", "temporary"),
        (".talk.mp4.swp", "temporary"),
        ("@eaDir/talk.mp4", "NAS"),
        ("#recycle/talk.mp4", "NAS"),
        ("@tmp/talk.mp4", "NAS"),
        ("talk.mp4@SynoEAStream", "NAS"),
        (".@__thumb/default.jpg", "NAS"),
        ("@Recently-Snapshot/day/talk.mp4", "NAS"),
        (".zfs/snapshot/day/talk.mp4", "NAS"),
        ("~snapshot/hourly.0/talk.mp4", "NAS"),
        (".Trashes/501/talk.mp4", "NAS"),
        (".DocumentRevisions-V100/x.mp4", "NAS"),
        (".Trash-1000/files/talk.mp4", "NAS"),
        ("lost+found/talk.mp4", "NAS"),
        ("System Volume Information/x.mp4", "NAS"),
        ("$RECYCLE.BIN/x.mp4", "NAS"),
        ("__MACOSX/talk.mp4", "NAS"),
        ("._talk.mp4", "NAS"),
        ("Thumbs.db", "NAS"),
        (".stversions/talk.mp4", "sync"),
        (".stfolder/x", "sync"),
        (".dropbox.cache/talk.mp4", "sync"),
        (".~tmp~/talk.mp4", "sync"),
        ("._sync_1a2b.db", "sync"),
        (".sync_1a2b.db", "sync"),
        (".SynologyWorkingDirectory/talk.mp4", "sync"),
        (".tmp.drivedownload/talk.mp4", "sync"),
        (".unison.talk.mp4.1a2b.unison.tmp", "sync"),
        ("talk.mp4.ffs_tmp", "sync"),
        ("talk.mp4.nextcloud", "placeholder"),
        ("talk.mp4.owncloud", "placeholder"),
        (".talk.mp4.icloud", "placeholder"),
        (".sync/talk.mp4", "sync"),
        (".syncthing.talk.mp4.tmp", "sync"),
        ("~syncthing~talk.mp4.tmp", "sync"),
        (".~lock.talk.mp4#", "sync"),
        (".hidden/talk.mp4", "hidden"),
        ("a/b/.talk.mp4", "hidden"),
    ],
)
def test_path_is_ignored_with_its_reason(path: str, kind: str) -> None:
    reason = is_builtin_ignored(PurePath(path))
    assert reason is not None
    assert kind in reason


@pytest.mark.parametrize(
    "path",
    [
        "talk.mp4",
        "part 2/talk.mp4",
        "download/talk.mp4",
        "my.part.talk.mp4",
        "temp.mp4",
        "template.mp4",
        "trash/talk.mp4",
        "2026-01-31 18.05.59.mkv",
        "#1 talk.mp4",
        "talk (1).mp4",
        "été.mp4",
        "synced/talk.mp4",
        "talk.sync-conflict-20260131-180559-ABCDEFG.mp4",
        "talk (Ann's conflicted copy 2026-01-31).mp4",
        "talk_conflict-20260131-180559.mp4",
        "portrait.f18.jpg",
        "my.temp.talk.mp4",
        "next.cloud/talk.mp4",
        "zoom_0.mp4",
        "GX010042.MP4",
        "-rf.mp4",
        "#talk.mp4",
        "@home.mp4",
    ],
)
def test_ordinary_names_are_left_alone(path: str) -> None:
    assert is_builtin_ignored(PurePath(path)) is None


def test_every_listed_name_is_ignored_for_its_groups_reason_in_any_case() -> None:
    for group in BUILTIN_IGNORES:
        samples = [
            *group.names,
            *(f"{prefix}x" for prefix in group.prefixes),
            *(f"x{suffix}" for suffix in group.suffixes),
            *(shape.example for shape in group.shapes),
        ]
        for sample in samples:
            assert is_builtin_ignored(PurePath(sample)), sample
            assert is_builtin_ignored(PurePath(sample.upper(), "talk.mp4")), sample


def test_nothing_that_is_listed_breaks_the_line_in_which_the_reference_shows_it() -> None:
    for group in BUILTIN_IGNORES:
        for listed in (*group.names, *group.prefixes, *group.suffixes):
            assert listed == listed.lower()
            assert listed.isprintable()
            assert "|" not in listed
