"""A contact sheet shows what was made, at the times that are written under the pictures."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from media_samples import make_sound
from numbered_films import make_numbered, read_number
from PIL import Image, ImageFont

from nemowatch.media.errors import BrokenMedia
from nemowatch.media.sheet import make_overview
from nemowatch.media.sheet_cells import (
    Source,
    format_moment,
    look_into,
    plan_chapters,
    spread_moments,
    take_shots,
)
from nemowatch.media.sheet_drawing import shorten
from nemowatch.media.sheet_grid import MOST_CELLS, plan_grid


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("sheet") / "talk.mp4"
    return make_numbered(target, range(0, 20_000, 100), options={"g": "20", "preset": "ultrafast"})


def source(name: str, seconds: float, width: int = 1920, height: int = 1080) -> Source:
    return Source(Path(name), seconds > 0, seconds, width, height)


def test_a_sheet_and_a_thumbnail_are_written(film: Path, tmp_path: Path) -> None:
    shares: list[float] = []
    drawn = make_overview((film,), tmp_path / "a.jpg", tmp_path / "b.jpg", report=shares.append)
    with Image.open(tmp_path / "a.jpg") as sheet, Image.open(tmp_path / "b.jpg") as thumbnail:
        assert sheet.size == (drawn.width, drawn.height)
        assert thumbnail.size == (drawn.thumbnail_width, drawn.thumbnail_height) == (320, 240)
        assert sheet.format == thumbnail.format == "JPEG"
    assert drawn.stills == 20
    assert drawn.size_bytes == (tmp_path / "a.jpg").stat().st_size
    assert drawn.thumbnail_bytes == (tmp_path / "b.jpg").stat().st_size
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jpg", "b.jpg"]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_the_pictures_are_those_of_the_times_under_them(film: Path) -> None:
    (chapter,) = plan_chapters([look_into(film)])
    cells = list(take_shots(chapter, lambda: None))
    assert len(cells) == 20
    assert [cell.caption[:4] for cell in cells][:3] == ["0:00", "0:01", "0:02"]
    told = [round(float(cell.caption.removeprefix("0:")) * 10) for cell in cells]
    assert [read_number(cell.pixels) for cell in cells] == told


def test_pictures_stand_where_the_grid_says(film: Path, tmp_path: Path) -> None:
    drawn = make_overview((film,), tmp_path / "a.jpg", tmp_path / "b.jpg")
    grid = plan_grid(20, 160 / 120)
    with Image.open(tmp_path / "a.jpg") as sheet:
        pixels = np.asarray(sheet)
    assert drawn.width == grid.full_width + 64
    left, top = 32 + (grid.width - 320) // 2, 80 + (grid.height - 240) // 2
    first = pixels[top : top + 240, left : left + 320]
    assert read_number(first) in {4, 5}


def test_films_and_pictures_share_a_sheet_and_what_has_no_picture_is_left_out(
    film: Path, tmp_path: Path
) -> None:
    Image.new("RGBA", (60, 40), (255, 255, 255, 0)).save(tmp_path / "logo.png")
    tune = make_sound(tmp_path / "tune.mp3", "libmp3lame", "mp3")
    (tmp_path / "page.mp4").write_text("<html>no film</html>")
    sources = (film, tmp_path / "logo.png", tune, tmp_path / "page.mp4")
    assert make_overview(sources, tmp_path / "a.jpg", tmp_path / "b.jpg").stills == 21


def test_one_picture_is_a_sheet_of_its_own(tmp_path: Path) -> None:
    Image.new("RGB", (1600, 900), (10, 120, 200)).save(tmp_path / "one.png")
    drawn = make_overview((tmp_path / "one.png",), tmp_path / "a.jpg", tmp_path / "b.jpg")
    assert (drawn.stills, drawn.width) == (1, 864)
    assert (drawn.thumbnail_width, drawn.thumbnail_height) == (320, 180)


def test_a_film_of_one_picture_has_a_sheet(tmp_path: Path) -> None:
    film = make_numbered(tmp_path / "blink.mp4", [0])
    assert make_overview((film,), tmp_path / "a.jpg", tmp_path / "b.jpg").stills == 1


def test_nothing_to_show_is_told(tmp_path: Path) -> None:
    (tmp_path / "page.mp4").write_text("<html>no film</html>")
    with pytest.raises(BrokenMedia, match="has a picture"):
        make_overview((tmp_path / "page.mp4",), tmp_path / "a.jpg", tmp_path / "b.jpg")
    assert not (tmp_path / "a.jpg").exists()


def test_a_phones_film_gets_narrow_cells() -> None:
    (chapter,) = plan_chapters([source("phone.mp4", 60.0, 1080, 1920)])
    assert (chapter.grid.columns, len(chapter.shots)) == (6, 18)
    assert chapter.grid.height > chapter.grid.width


def test_a_few_films_have_a_chapter_each_and_many_a_picture_each() -> None:
    few = plan_chapters([source(f"{number}.mp4", 60.0) for number in range(3)])
    assert [chapter.title for chapter in few] == ["0.mp4", "1.mp4", "2.mp4"]
    assert [len(chapter.shots) for chapter in few] == [4, 4, 4]
    (many,) = plan_chapters([source(f"{number}.mp4", 60.0) for number in range(30)])
    assert len(many.shots) == MOST_CELLS
    assert many.detail == "and 10 others that this sheet has no room for"
    assert many.shots[0][1:] == (20.0, "0.mp4  ·  1 min 00 s")


@given(st.floats(0.01, 400_000), st.integers(1, 20))
def test_moments_lie_within_the_film_in_order_and_are_written_as_they_are(seconds: float, count: int) -> None:
    moments = spread_moments(seconds, count)
    times = [moment for moment, _ in moments]
    assert times == sorted(times)
    assert 0 <= times[0] <= times[-1] < seconds
    for moment, caption in moments:
        parts = [Fraction(part) for part in caption.split(":")]
        told = sum(part * 60**place for place, part in enumerate(reversed(parts)))
        assert abs(told - Fraction(moment)) < Fraction(1, 10**6)


def test_moments_are_written_as_players_write_them() -> None:
    assert format_moment(5, 0) == "0:05"
    assert format_moment(65.5, 1) == "1:05.5"
    assert format_moment(3723, 0) == "1:02:03"


@given(st.integers(1, 40), st.floats(0.01, 100))
def test_cells_have_room_on_every_sheet(count: int, shape: float) -> None:
    grid = plan_grid(count, shape)
    assert 1 <= grid.columns <= min(count, 6)
    assert grid.full_width <= 1664
    assert grid.width >= 200
    assert grid.height <= 641


def test_a_long_name_is_shortened_in_its_middle() -> None:
    font = ImageFont.load_default(16)
    assert shorten("talk.mp4", font, 300) == "talk.mp4"
    short = shorten("a very long name of a recording that nobody reads.mp4", font, 200)
    assert font.getlength(short) <= 200
    assert short.startswith("a very")
    assert short.endswith(".mp4")
    assert "…" in short


def test_names_in_any_writing_are_drawn(tmp_path: Path) -> None:
    names = ["Grüße aus Köln.png", "访谈 第一集.png", "Беседа.png", "🎬.png"]
    for name in names:
        Image.new("RGB", (64, 48), (200, 100, 50)).save(tmp_path / name)
    paths = tuple(tmp_path / name for name in names)
    assert make_overview(paths, tmp_path / "a.jpg", tmp_path / "b.jpg").stills == 4
