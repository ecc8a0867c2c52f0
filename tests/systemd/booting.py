"""Boots a systemd of its own: `booting.py PLACE`, as root.

It becomes process 1 of new namespaces (mounts, processes, network, cgroups, host name), over a throw-away layer above
this machine's own root, so that nothing that happens in it is seen outside, and nothing needs to be downloaded. Lives
as long as the process that started this one, at most. PLACE is an empty folder.

NemoWatch stands in it as a user would have installed it, in /opt/nemowatch: this interpreter, the packages of this
environment, and the working copy of the project, all to be read by everyone. This machine's own services, mounts and
settings of systemd are left out.
"""

from __future__ import annotations

import ctypes
import os
import signal
import stat
import subprocess
import sys
import sysconfig
import uuid
from contextlib import suppress
from pathlib import Path

PREFIX = Path("/opt/nemowatch")
SYSTEMD = next(
    (path for path in ("/lib/systemd/systemd", "/usr/lib/systemd/systemd") if Path(path).exists()), ""
)
_CLONE_NEWNS, _CLONE_NEWCGROUP, _CLONE_NEWUTS = 0x0002_0000, 0x0200_0000, 0x0400_0000
_CLONE_NEWIPC, _CLONE_NEWPID, _CLONE_NEWNET = 0x0800_0000, 0x2000_0000, 0x4000_0000
_PR_SET_PDEATHSIG = 1
_PROJECT = Path(__file__).resolve().parents[2]
_UNWANTED = (
    # What a machine without hardware has no use for, or may not do.
    "dev-hugepages.mount", "dev-mqueue.mount", "getty.target", "kmod-static-nodes.service", "modprobe@.service",
    "proc-sys-fs-binfmt_misc.automount", "sys-fs-fuse-connections.mount", "sys-kernel-config.mount",
    "sys-kernel-debug.mount", "sys-kernel-tracing.mount", "systemd-firstboot.service", "systemd-hwdb-update.service",
    "systemd-journald-audit.socket", "systemd-modules-load.service", "systemd-pstore.service",
    "systemd-random-seed.service", "systemd-timesyncd.service", "systemd-udev-trigger.service",
    "systemd-udevd.service", "systemd-update-utmp.service", "tmp.mount",
)  # fmt: skip

_libc = ctypes.CDLL(None, use_errno=True)


def main() -> int:
    place = Path(sys.argv[1])
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    _unshare(_CLONE_NEWNS)
    _run("mount", "--make-rprivate", "/")
    group = _make_group(place)
    # The next child is process 1 of the new namespace.
    _unshare(_CLONE_NEWPID | _CLONE_NEWUTS | _CLONE_NEWIPC | _CLONE_NEWNET)
    first = os.fork()
    if first == 0:
        try:
            _become_systemd(place, group)
        finally:
            os._exit(1)
    (place / "process").write_text(str(first))
    status = os.waitstatus_to_exitcode(os.waitpid(first, 0)[1])
    _remove_groups(group)
    return abs(status)


def _become_systemd(place: Path, group: Path) -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    (group / "cgroup.procs").write_text("0")
    # The parent keeps its root, to remove the cgroups in the end.
    _unshare(_CLONE_NEWNS | _CLONE_NEWCGROUP)
    root = _make_root(place)
    _mount_kernel(root)
    _make_devices(root / "dev")
    _settle_systemd(root)
    _install_nemowatch(root)
    old = root / "old"
    old.mkdir()
    os.chdir(root)
    _run("pivot_root", ".", "old")
    os.chdir("/")
    _run("umount", "--lazy", "/old")
    # Units with sandboxes make mounts that others of this machine must see.
    _run("mount", "--make-rshared", "/")
    environment = {"container": "nemowatch-tests", "LANG": "C.UTF-8", "PATH": os.defpath}
    os.execve(SYSTEMD, [SYSTEMD, "--system", "--log-target=journal"], environment)


def _make_group(place: Path) -> Path:
    """A cgroup beside all others, whatever this process's own one forbids."""
    groups = place / "groups"
    groups.mkdir()
    _mount("cgroup2", groups)
    for left in groups.glob("nemowatch-*"):
        # Of a boot that was killed, and so could not remove it.
        if not Path("/proc", left.name.partition("-")[2]).exists():
            _remove_groups(left)
    group = groups / f"nemowatch-{os.getpid()}"
    group.mkdir()
    return group


def _remove_groups(group: Path) -> None:
    for folder, _, _ in os.walk(group, topdown=False):
        with suppress(OSError):  # another one may be at it
            Path(folder).rmdir()


def _make_root(place: Path) -> Path:
    layers = place / "layers"
    layers.mkdir()
    _mount("tmpfs", layers, "mode=755")
    return _overlay(Path("/"), layers, "root")


def _overlay(lower: Path, layers: Path, name: str) -> Path:
    """A folder that shows another one, and keeps what is written to itself."""
    upper, work, merged = (layers / f"{name}-{part}" for part in ("upper", "work", "merged"))
    for folder in (upper, work, merged):
        folder.mkdir()
    _mount("overlay", merged, f"lowerdir={lower},upperdir={upper},workdir={work}")
    return merged


def _mount_kernel(root: Path) -> None:
    for folder, options in (("run", "mode=755,nosuid,nodev"), ("tmp", "mode=1777,nosuid,nodev")):
        _mount("tmpfs", root / folder, options)
    _mount("proc", root / "proc")
    # The settings of the kernel are the machine's outside.
    _run("mount", "--bind", root / "proc/sys", root / "proc/sys")
    _run("mount", "-o", "remount,bind,ro", root / "proc/sys")
    _mount("sysfs", root / "sys", "ro")
    _mount("cgroup2", root / "sys/fs/cgroup")


def _make_devices(dev: Path) -> None:
    _mount("tmpfs", dev, "mode=755,nosuid")
    for name, major, minor in (
        ("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0),
    ):  # fmt: skip
        os.mknod(dev / name, stat.S_IFCHR | 0o666, os.makedev(major, minor))
        (dev / name).chmod(0o666)
    for name, target in (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        (dev / name).symlink_to(f"/proc/self/{target}")
    for name in ("pts", "shm"):
        (dev / name).mkdir()
    _mount("devpts", dev / "pts", "newinstance,ptmxmode=0666,mode=620,gid=5")
    (dev / "ptmx").symlink_to("pts/ptmx")
    _mount("tmpfs", dev / "shm", "mode=1777")


def _settle_systemd(root: Path) -> None:
    etc, usr = root / "etc", root / "usr/lib/systemd"
    for folder in (etc / "systemd/system", etc / "systemd/user", root / "var/lib/systemd/linger"):
        _run("rm", "-rf", folder)
    generators = etc / "systemd/system-generators"
    for folder in (etc / "systemd/system", etc / "systemd/user", generators):
        folder.mkdir(parents=True, exist_ok=True)
    for generator in (usr / "system-generators").glob("*"):
        _replace_link(generators / generator.name, "/dev/null")
    for unit in _UNWANTED:
        _replace_link(etc / "systemd/system" / unit, "/dev/null")
    _replace_link(etc / "systemd/system/default.target", "/usr/lib/systemd/system/multi-user.target")
    _run("rm", "-rf", root / "var/log/journal")
    (etc / "fstab").write_text("")
    (etc / "hostname").write_text("nemowatch-tests\n")
    (etc / "machine-id").unlink(missing_ok=True)
    (etc / "machine-id").write_text(f"{uuid.uuid4().hex}\n")


def _install_nemowatch(root: Path) -> None:
    prefix = root / PREFIX.relative_to("/")
    packages = Path(sysconfig.get_path("purelib"))
    _run("rm", "-rf", prefix)
    python, place = prefix / "python", prefix / "lib" / packages.parent.name / "site-packages"
    for folder in (prefix / "bin", python, place):
        folder.mkdir(parents=True)
    _show(sys.base_prefix, python)
    merged = _overlay(packages, root.parent, "packages")
    (merged / "nemowatch").mkdir(exist_ok=True)
    _show(merged, place)
    _show(_PROJECT / "nemowatch", place / "nemowatch")
    home = PREFIX / "python/bin"
    name = Path(sys.executable).resolve().name
    (prefix / "pyvenv.cfg").write_text(f"home = {home}\ninclude-system-site-packages = false\n")
    (prefix / "bin/python").symlink_to(home / name)
    program = prefix / "bin/nemowatch"
    program.write_text(
        f"#!{PREFIX}/bin/python\nimport sys\nfrom nemowatch.__main__ import main\nsys.exit(main())\n"
    )
    program.chmod(0o755)
    if sysconfig.get_config_var("Py_ENABLE_SHARED"):
        # The interpreter looks for its library where it was built, which may be in somebody's home.
        library = str(sysconfig.get_config_var("INSTSONAME"))
        usual = root / "usr/lib" / (sysconfig.get_config_var("MULTIARCH") or "")
        _replace_link(usual / library, str(PREFIX / "python/lib" / library))


def _show(folder: str | Path, place: Path) -> None:
    """Show a folder at another place, where nothing can be written."""
    _run("mount", "--bind", folder, place)
    _run("mount", "-o", "remount,bind,ro", place)


def _replace_link(link: Path, target: str) -> None:
    link.unlink(missing_ok=True)
    link.symlink_to(target)


def _mount(kind: str, point: Path, options: str = "") -> None:
    _run("mount", "-t", kind, *(("-o", options) if options else ()), kind, point)


def _unshare(what: int) -> None:
    if _libc.unshare(what) != 0:
        raise OSError(ctypes.get_errno(), "namespaces can't be made: run this as root")


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    sys.exit(main())
