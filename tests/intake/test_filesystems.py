import os
from pathlib import Path

import pytest

from nemowatch.intake import filesystems
from nemowatch.intake.filesystems import (
    MountChanges,
    describe_file_system,
    file_system_of,
    find_file_system,
    mount_points_below,
    parse_macos_mounts,
    parse_mountinfo,
)

MOUNTINFO = r"""
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
30 27 0:25 / /dev/shm rw,relatime - tmpfs tmpfs rw,size=24684084k
41 27 0:51 / /mnt/nas rw,relatime shared:7 master:2 - nfs4 nas:/export/films rw,vers=4.2
42 41 254:0 /homes/ann /mnt/nas/from\040ann rw,relatime - ext4 /dev/vda rw
43 27 0:52 / /media/usb rw - vfat /dev/sdb1 rw
44 43 0:53 / /media/usb rw - fuse.sshfs ann@host:/clips rw
45 27 0:54 / /media/two\012lines\134x rw - fuseblk /dev/sdc1 rw
46 27 0:55 / /mnt/na rw - cifs //box/share rw
this is no line of the table
"""


def find(path: str):
    return find_file_system(Path(path), parse_mountinfo(MOUNTINFO))


def test_longest_mount_point_that_holds_the_path_counts():
    assert (find("/homes/ann").kind, find("/homes/ann").mount_point) == ("ext4", Path("/"))
    assert find("/mnt/nas/day1/talk.mp4").kind == "nfs4"
    assert find("/mnt/nas").mount_point == Path("/mnt/nas")
    assert find("/mnt/nas2").kind == "ext4", "a name that begins alike is another folder"


def test_escaped_mount_points_are_read():
    assert find("/mnt/nas/from ann/talk.mp4").kind == "ext4"
    assert find("/media/two\nlines\\x/talk.mp4").kind == "fuseblk"


def test_what_was_mounted_last_over_a_place_counts():
    found = find("/media/usb/clips")
    assert (found.kind, found.source) == ("fuse.sshfs", "ann@host:/clips")


@pytest.mark.parametrize(
    ("kind", "is_network", "is_fuse", "keeps_inodes"),
    [
        ("ext4", False, False, True),
        ("btrfs", False, False, True),
        ("tmpfs", False, False, True),
        ("overlay", False, False, True),
        ("vfat", False, False, False),
        ("fuseblk", False, True, False),
        ("fuse.ntfs-3g", False, True, True),
        ("fuse.sshfs", True, True, False),
        ("fuse.rclone", True, True, False),
        ("fuse.something-new", True, True, False),
        ("fuse", True, True, False),
        ("nfs", True, False, True),
        ("cifs", True, False, False),
        ("9p", True, False, True),
        ("virtiofs", True, False, True),
        ("unknown", False, False, True),
    ],
)
def test_types_are_known_for_what_they_are(kind, is_network, is_fuse, keeps_inodes):
    found = describe_file_system(kind, Path("/"))
    assert (found.is_network, found.is_fuse, found.keeps_inodes) == (is_network, is_fuse, keeps_inodes)


def test_macos_mounts_are_read():
    text = (
        "/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)\n"
        "//ann@nas/films on /Volumes/films on tour (smbfs, nodev, nosuid)\n"
        "map auto_home on /System/Volumes/Data/home (autofs, automounted)\n"
    )
    mounts = list(parse_macos_mounts(text))
    assert [mount.kind for mount in mounts] == ["apfs", "smbfs", "autofs"]
    assert find_file_system(Path("/Volumes/films on tour/a.mp4"), mounts).is_network


def test_network_mount_is_named_by_its_server_and_a_disk_is_not_by_its_number(monkeypatch, tmp_path):
    assert find("/mnt/nas").device_name() == "nas:/export/films"
    monkeypatch.setattr(filesystems, "_BY_UUID", tmp_path)
    assert find("/home").device_name() == ""
    (tmp_path / "0f1e-22").symlink_to("/dev/vda")
    assert find("/home").device_name() == "0f1e-22"
    monkeypatch.setattr(filesystems, "_BY_UUID", tmp_path / "none")
    assert find("/home").device_name() == ""


def test_the_systems_own_table_is_read(tmp_path):
    here = file_system_of(tmp_path / "not" / "there")
    assert os.path.ismount(here.mount_point)
    assert here.kind != "unknown"
    assert file_system_of(Path("/proc/self")).kind == "proc"


def test_link_leads_to_the_file_system_of_what_it_points_at(tmp_path):
    (tmp_path / "link").symlink_to("/proc")
    assert file_system_of(tmp_path / "link").kind == "proc"


def test_mount_points_below_are_named_as_seen_through_the_folder(tmp_path):
    (tmp_path / "root").symlink_to("/")
    assert Path("/proc") in mount_points_below(Path("/"))
    assert Path("/") not in mount_points_below(Path("/"))
    assert tmp_path / "root" / "proc" in mount_points_below(tmp_path / "root")
    assert mount_points_below(tmp_path) == frozenset()
    assert mount_points_below(Path("/proc/self/fd")) == frozenset()


def test_system_without_a_table_is_no_error(monkeypatch, tmp_path):
    monkeypatch.setattr(filesystems, "_MOUNTINFO", tmp_path / "none")
    assert file_system_of(tmp_path).kind == "unknown"
    assert mount_points_below(Path("/")) == frozenset()
    changes = MountChanges()
    assert not changes.has_changed()
    changes.close()


def test_quiet_table_of_mounts_has_not_changed():
    changes = MountChanges()
    changes.has_changed()
    assert not changes.has_changed()
    changes.close()
    assert not changes.has_changed()
