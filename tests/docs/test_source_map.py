"""The source map names every package, and only what exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from project_texts import PROJECT, relative_links, section, table_rows

PAGE = (PROJECT / "docs/source-map.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`((?:nemowatch|tests|benchmarks|docs)/[\w./]*)`", PAGE)))
DATA_WAY = section(PAGE, "The data's way")


@pytest.mark.parametrize("name", NAMED)
def test_path_exists_and_folders_are_marked_as_such(name: str) -> None:
    path = PROJECT / name
    assert path.is_dir() if name.endswith("/") else path.is_file()


def test_every_package_and_every_module_beside_them_has_its_row() -> None:
    rows = {row[0].strip("`") for row in table_rows(section(PAGE, "The packages"))}
    package = PROJECT / "nemowatch"
    folders = {f"nemowatch/{path.parent.name}/" for path in package.glob("*/__init__.py")}
    modules = {f"nemowatch/{path.name}" for path in package.glob("*.py") if path.name != "__init__.py"}
    assert rows == folders | modules


def test_every_file_of_the_data_s_way_exists() -> None:
    files = {
        path.relative_to(PROJECT / "nemowatch").as_posix() for path in (PROJECT / "nemowatch").rglob("*")
    }
    for name in re.findall(r"[\w/]+\.py", DATA_WAY):
        assert any(file == name or file.endswith(f"/{name}") for file in files), name
    for folder in re.findall(r"\b(\w+)/(?!\w)", DATA_WAY):
        assert any(Path(file).name == folder for file in files), folder


def test_every_step_of_the_job_is_on_the_way() -> None:
    steps = {path.stem for path in (PROJECT / "nemowatch/jobs/steps").glob("*.py")} - {"__init__", "ask"}
    assert steps <= set(re.findall(r"\w+", DATA_WAY))


def test_every_folder_of_tests_beside_the_packages_is_explained() -> None:
    packages = {path.parent.name for path in (PROJECT / "nemowatch").glob("*/__init__.py")}
    for folder in {path.parent.name for path in (PROJECT / "tests").glob("*/*.py")} - packages:
        assert f"`tests/{folder}/`" in PAGE


def test_map_cites_no_line_numbers_and_fits_on_a_page() -> None:
    assert not re.search(r"\.py:\d|\bline \d", PAGE)
    assert len(PAGE.splitlines()) < 100
    assert relative_links(PAGE)
