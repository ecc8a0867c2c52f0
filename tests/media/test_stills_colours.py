"""A still looks like the film does on a screen: colours, light, turns and the shape of its pixels."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numbered_films import draw_number, make_numbered, read_number
from numpy.typing import NDArray
from PIL import Image, ImageOps

from nemowatch.media.developing import develop, lay_on
from nemowatch.media.picture_files import encode_jpeg, encode_png
from nemowatch.media.stills import make_stills

RED = (200, 60, 30)
BT601, BT709, BT2020 = 5, 1, 9
WEIGHTS = {BT601: (0.299, 0.114), BT709: (0.2126, 0.0722), BT2020: (0.2627, 0.0593)}
UNKNOWN, NARROW, FULL = 2, 1, 2
PQ, HLG, SDR = 16, 18, 1


def paint(
    colour: tuple[float, float, float],
    matrix: int,
    *,
    is_full: bool = False,
    form: str = "yuv420p",
    size: tuple[int, int] = (64, 32),
) -> av.VideoFrame:
    """A plain picture coded by the book (ITU-R H.273), colour 0 to 255."""
    red, green, blue = (part / 255 for part in colour)
    weight_red, weight_blue = WEIGHTS[matrix]
    light = weight_red * red + (1 - weight_red - weight_blue) * green + weight_blue * blue
    hues = ((blue - light) / (2 - 2 * weight_blue), (red - light) / (2 - 2 * weight_red))
    deep = 4 if "10" in form else 1
    spans = (255 * deep, 255 * deep) if is_full else (219 * deep, 224 * deep)
    codes = (
        round(light * spans[0]) + (0 if is_full else 16 * deep),
        *(round(hue * spans[1]) + 128 * deep for hue in hues),
    )
    frame = av.VideoFrame(*size, form)
    for plane, code in zip(frame.planes, codes, strict=False):
        one = code.to_bytes(2 if deep == 4 else 1, "little")
        plane.update(one * (plane.buffer_size // len(one)))
    frame.colorspace, frame.color_range = matrix, FULL if is_full else NARROW
    return frame


def middle(pixels: NDArray[np.uint8]) -> tuple[int, ...]:
    return tuple(int(value) for value in pixels[pixels.shape[0] // 2, pixels.shape[1] // 2])


def is_near(seen: tuple[int, ...], expected: tuple[int, ...], tolerance: int = 3) -> bool:
    return all(abs(one - other) <= tolerance for one, other in zip(seen, expected, strict=True))


@pytest.mark.parametrize("form", ["yuv420p", "yuv420p10le", "yuv444p"])
@pytest.mark.parametrize("is_full", [False, True])
@pytest.mark.parametrize("matrix", WEIGHTS)
def test_colours_are_read_as_the_film_says(matrix: int, is_full: bool, form: str) -> None:
    seen = middle(develop(paint(RED, matrix, is_full=is_full, form=form)))
    assert is_near(seen, RED), seen


@pytest.mark.parametrize(("size", "matrix"), [((64, 32), BT601), ((1280, 720), BT709)])
def test_a_film_that_does_not_say_has_the_colours_of_its_size(size: tuple[int, int], matrix: int) -> None:
    frame = paint(RED, matrix, size=size)
    frame.colorspace, frame.color_range = UNKNOWN, 0
    assert is_near(middle(develop(frame)), RED)


def test_wide_colours_become_those_of_a_usual_screen() -> None:
    frame = paint((160, 140, 120), BT2020, form="yuv420p10le")
    frame.color_primaries = 9
    red, green, blue = middle(develop(frame))
    assert red > 162
    assert is_near((green, blue), (139, 118), 4)
    grey = paint((128, 128, 128), BT2020, form="yuv420p10le")
    grey.color_primaries = 9
    assert is_near(middle(develop(grey)), (128, 128, 128), 2)


def code_of_nits(nits: float) -> float:
    """SMPTE ST 2084, 0 to 255."""
    power = (nits / 10_000) ** 0.1593017578125
    return 255 * float(((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375)


def test_hdr_film_is_neither_washed_out_nor_burnt_out() -> None:
    def show(nits: float) -> int:
        frame = paint((code_of_nits(nits),) * 3, BT2020, form="yuv420p10le")
        frame.color_trc, frame.color_primaries = PQ, 9
        red, green, blue = middle(develop(frame))
        assert max(red, green, blue) - min(red, green, blue) <= 1
        return green

    greys = [show(nits) for nits in (0, 5, 50, 203, 600, 1000, 4000)]
    assert greys == sorted(greys)
    assert greys[0] == 0
    assert 90 < greys[2] < 140
    assert 180 < greys[3] < 210
    assert 215 < greys[4] < 250
    assert greys[5] >= 253


def test_broadcast_hdr_has_its_white_where_the_other_hdr_has_it() -> None:
    frame = paint((0.75 * 255,) * 3, BT2020, form="yuv420p10le")
    frame.color_trc, frame.color_primaries = HLG, 9
    assert is_near(middle(develop(frame)), (190, 190, 190), 4)


@pytest.mark.parametrize(("rotation", "turns"), [(0, 0), (-90, 3), (90, 1), (180, 2)])
def test_a_phones_film_stands_upright(tmp_path: Path, rotation: int, turns: int) -> None:
    film = make_numbered(tmp_path / "phone.mp4", range(0, 200, 40), rotation=rotation)
    (still,) = make_stills(film, tmp_path, (0.1,), stem="phone", form="png")
    pixels = np.asarray(Image.open(tmp_path / still.name))
    assert (still.width, still.height) == ((120, 160) if turns % 2 else (160, 120)) == pixels.shape[1::-1]
    assert read_number(np.rot90(pixels, -turns)) == 2


def test_a_photo_stands_upright(tmp_path: Path) -> None:
    picture = Image.fromarray(draw_number(5))
    notes = picture.getexif()
    for orientation in (1, 3, 6, 8):
        notes[0x0112] = orientation
        picture.save(tmp_path / "photo.jpg", exif=notes, quality=95)
        (still,) = make_stills(tmp_path / "photo.jpg", tmp_path, (0.0,), stem="photo", form="png")
        seen = np.asarray(Image.open(tmp_path / still.name)).astype(int)
        with Image.open(tmp_path / "photo.jpg") as photo:
            expected = np.asarray(ImageOps.exif_transpose(photo)).astype(int)
        assert seen.shape == expected.shape, orientation
        assert np.abs(seen - expected).mean() < 4, orientation


def test_pixels_become_square(tmp_path: Path) -> None:
    film = make_numbered(tmp_path / "wide.mp4", range(0, 200, 40), aspect=Fraction(16, 11))
    (still,) = make_stills(film, tmp_path, (0.16,), stem="wide", form="png")
    pixels = np.asarray(Image.open(tmp_path / still.name))
    assert pixels.shape == (120, 233, 3)
    assert (still.width, still.height) == (233, 120)
    assert read_number(pixels) == 4


def test_a_small_copy_keeps_proportions_also_on_its_side(tmp_path: Path) -> None:
    film = make_numbered(tmp_path / "phone.mp4", range(0, 80, 40), rotation=90)
    with av.open(str(film)) as container:
        frame = next(container.decode(video=0))
    assert develop(frame, within=(60, 600)).shape == (80, 60, 3)
    assert develop(frame, within=(6000, 6000)).shape == (320, 240, 3)


def test_what_is_transparent_stays_so_in_png_and_is_black_in_jpeg(tmp_path: Path) -> None:
    pixels = np.zeros((24, 32, 4), np.uint8)
    pixels[:, :16] = (250, 10, 20, 255)
    pixels[:, 16:] = (250, 250, 250, 0)
    Image.fromarray(pixels).save(tmp_path / "logo.png")
    (clear,) = make_stills(tmp_path / "logo.png", tmp_path, (0.0,), stem="a", form="png")
    (opaque,) = make_stills(tmp_path / "logo.png", tmp_path, (0.0,), stem="a", form="jpg")
    with Image.open(tmp_path / clear.name) as still:
        assert np.array_equal(np.asarray(still), pixels)
    with Image.open(tmp_path / opaque.name) as still:
        assert still.mode == "RGB"
        assert is_near(still.getpixel((30, 12)), (0, 0, 0))
        assert is_near(still.getpixel((2, 12)), (250, 10, 20), 6)


def test_what_could_be_transparent_and_is_not_has_no_fourth_channel() -> None:
    frame = av.VideoFrame.from_ndarray(np.full((4, 4, 4), 255, np.uint8), format="rgba")
    assert develop(frame).shape == (4, 4, 3)


def test_a_half_transparent_picture_lies_on_its_ground() -> None:
    pixels = np.array([[[200, 100, 0, 128]]], np.uint8)
    assert is_near(middle(lay_on(pixels, 0)), (100, 50, 0), 1)
    assert is_near(middle(lay_on(pixels, 255)), (227, 177, 127), 1)


def test_png_loses_nothing_and_says_that_it_is_srgb() -> None:
    chance = np.random.default_rng(0)
    for channels in (3, 4):
        pixels = chance.integers(0, 256, (37, 53, channels), np.uint8)
        data = encode_png(pixels)
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), pixels)
        assert b"sRGB" in data


def test_jpeg_keeps_the_colours() -> None:
    pixels = np.full((32, 48, 3), RED, np.uint8)
    assert is_near(middle(np.asarray(Image.open(io.BytesIO(encode_jpeg(pixels, 92))))), RED)
