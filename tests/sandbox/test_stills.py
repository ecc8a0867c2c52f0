"""Stills show what was on screen at exactly their time."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from media_eyes import corner, is_near, read_pictures

from nemowatch.media.errors import BrokenMedia, NotMedia
from nemowatch.sandbox.music import make_music
from nemowatch.sandbox.recordings import make_recording, plan_scenes
from nemowatch.sandbox.stills import save_stills, still_name

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["mp4", "mkv"])
def recording(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("stills") / f"talk.{request.param}"
    return make_recording(target, seconds=12, seed=1, width=160, height=120, fps=10)


def read_picture(path: Path) -> np.ndarray:
    ((_, pixels),) = read_pictures(path)
    return pixels


def test_each_still_is_the_picture_on_screen_at_its_time(recording: Path, tmp_path: Path) -> None:
    pictures = read_pictures(recording)
    times = [0.0, 0.04, 0.1, 3.999, 4.0, 7.05, 11.9]
    stills = save_stills(recording, times, tmp_path)
    for moment, still in zip(times, stills, strict=True):
        expected = [pixels for begin, pixels in pictures if begin <= moment + 0.0015][-1]
        assert np.array_equal(read_picture(still), expected), moment


def test_stills_show_the_scene_of_their_time(recording: Path, tmp_path: Path) -> None:
    scenes = plan_scenes(12, 1)
    times = [(scene.start + scene.end) / 2 for scene in scenes]
    for scene, still in zip(scenes, save_stills(recording, times, tmp_path), strict=True):
        assert is_near(corner(read_picture(still)), scene.colour)


def test_times_may_come_in_any_order_and_twice(recording: Path, tmp_path: Path) -> None:
    ordered = save_stills(recording, [1.0, 5.0, 9.0], tmp_path / "a")
    mixed = save_stills(
        recording, [9.0, 1.0, 5.0, 1.0], tmp_path / "b", names=["9.png", "1.png", "5.png", "1b.png"]
    )
    assert [path.name for path in mixed] == ["9.png", "1.png", "5.png", "1b.png"]
    contents = [path.read_bytes() for path in mixed]
    assert [contents[1], contents[2], contents[0]] == [path.read_bytes() for path in ordered]
    assert contents[1] == contents[3]


def test_a_time_past_the_end_gives_the_last_picture(recording: Path, tmp_path: Path) -> None:
    (still,) = save_stills(recording, [500.0], tmp_path)
    assert np.array_equal(read_picture(still), read_pictures(recording)[-1][1])


def test_names_sort_by_time() -> None:
    assert still_name(5.0) == "frame_000m05.000s.png"
    assert still_name(65.4321, "jpg") == "frame_001m05.432s.jpg"
    assert still_name(59.9996) == "frame_001m00.000s.png"


def test_jpeg_stills_keep_the_colours(recording: Path, tmp_path: Path) -> None:
    (still,) = save_stills(recording, [1.0], tmp_path, format="jpg")
    assert still.read_bytes().startswith(b"\xff\xd8\xff")
    assert is_near(corner(read_picture(still)), plan_scenes(12, 1)[0].colour)


def test_a_phones_upright_film_gives_upright_stills(tmp_path: Path) -> None:
    target = tmp_path / "phone.mp4"
    with av.open(str(target), "w") as output:
        stream = output.add_stream("libx264", rate=5)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        stream.set_display_rotation(-90)
        pixels = np.zeros((120, 160, 3), np.uint8)
        pixels[:, :20] = 255  # what the sensor saw at its left is the top of the upright picture
        for _ in range(5):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        output.mux(stream.encode())
    (still,) = save_stills(target, [0.4], tmp_path)
    upright = read_picture(still)
    assert upright.shape == (160, 120, 3)
    assert upright[:16].mean() > 200
    assert upright[30:].mean() < 60


def test_sound_has_no_stills(tmp_path: Path) -> None:
    with pytest.raises(BrokenMedia, match="sound only"):
        save_stills(make_music(tmp_path / "tune.m4a", seconds=3), [0.0], tmp_path)


def test_text_has_no_stills(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_text("only words in here")
    with pytest.raises(NotMedia):
        save_stills(tmp_path / "film.mp4", [0.0], tmp_path)
