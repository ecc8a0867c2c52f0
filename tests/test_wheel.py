"""What ships: the wheel, built, installed into an empty environment, and used from an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from nemowatch import __version__
from nemowatch.media.verify import verify_delivered

PROJECT = Path(__file__).parents[1]
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, PROJECT],
        check=True, capture_output=True, timeout=110,
    )  # fmt: skip
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, installed from the wheel into an environment that holds nothing else."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=True)
    pip = [folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "-c", PROJECT / "constraints.txt", wheel], check=True)
    subprocess.run([*pip, "check"], check=True)
    return folder / "bin" / "nemowatch"


def test_wheel_holds_the_program_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    info = f"nemowatch-{__version__}.dist-info/"
    assert {name for name in names if not name.startswith(("nemowatch/", info))} == set()
    modules = {path.relative_to(PROJECT).as_posix() for path in (PROJECT / "nemowatch").rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == modules
    assert "nemowatch/py.typed" in names
    assert f"{info}licenses/LICENSE" in names


def test_source_archive_holds_what_it_takes_to_test_it(wheel: Path) -> None:
    (archive,) = wheel.parent.glob("*.tar.gz")
    with tarfile.open(archive) as files:
        names = {name.partition("/")[2] for name in files.getnames()}
    assert {
        "tests/test_wheel.py",
        "docs/rules.md",
        "rules.example.yaml",
        "constraints.txt",
        "Makefile",
    } <= names


@pytest.mark.timeout(900)
def test_wheel_in_an_empty_environment_runs_the_whole_job(program: Path, tmp_path: Path) -> None:
    def run(*arguments: str) -> str:
        done = subprocess.run(
            [program, *arguments],
            cwd=tmp_path,
            env={"HOME": str(tmp_path), "PATH": os.defpath, "LANG": "C.UTF-8"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert run("--version") == f"nemowatch {__version__}\n"
    assert f"Wrote {tmp_path}/.config/nemowatch/rules.yaml" in run("init")
    assert "all valid" in run("check")
    assert "stills" in run("demo", "--keep", "demo")
    videos = sorted(tmp_path.glob("demo/Recordings/*-output/*/*/*.mp4"))
    stills = sorted(tmp_path.glob("demo/Recordings/*-output/*/*/media/*.png"))
    assert (len(videos), len(stills)) == (2, 5)
    for output in (*videos, *stills):
        verify_delivered(output)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([".config", "Recordings", "demo"])
