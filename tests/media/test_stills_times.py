"""Each still is the picture that a player shows at its time, whatever the film's clock and codec."""

from __future__ import annotations

import functools
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from media_samples import make_sound
from numbered_films import decode_all, make_numbered, read_number
from PIL import Image

from nemowatch.media.errors import BrokenMedia, NotMedia
from nemowatch.media.moments import show_at
from nemowatch.media.reel import open_reel
from nemowatch.media.stills import make_stills, still_name, still_times

STEADY = [40 * number for number in range(100)]
UNEVEN = [number * 40 + (number * number * 13) % 37 + (1500 if number > 60 else 0) for number in range(100)]
B_FRAMES = {"g": "24", "bf": "3", "preset": "fast"}
TICK_90K = Fraction(1, 90_000)


def make_cut_short(target: Path) -> Path:
    """A film of 4 s whose edit list ends it after 2: what comes later is there and never shown."""
    data = bytearray(make_numbered(target, STEADY, options=B_FRAMES).read_bytes())
    entry = data.index(b"elst") + 12
    data[entry : entry + 4] = (1970).to_bytes(4, "big")
    target.write_bytes(data)
    return target


FILMS: dict[str, functools.partial[Path]] = {
    "steady.mp4": functools.partial(make_numbered, begins=STEADY, options=B_FRAMES),
    "uneven.mp4": functools.partial(make_numbered, begins=UNEVEN, options=B_FRAMES),
    "uneven.mkv": functools.partial(make_numbered, begins=UNEVEN, options=B_FRAMES),
    "open.mkv": functools.partial(
        make_numbered, begins=STEADY, options=B_FRAMES | {"x264-params": "open-gop=1:scenecut=0"}
    ),
    "open.mp4": functools.partial(
        make_numbered, begins=STEADY, options=B_FRAMES | {"x264-params": "open-gop=1:scenecut=0"}
    ),
    "refresh.mp4": functools.partial(
        make_numbered, begins=STEADY, options={"g": "24", "x264-params": "intra-refresh=1"}
    ),
    "late.mp4": functools.partial(make_numbered, begins=[700 + begin for begin in STEADY], options=B_FRAMES),
    "early.mp4": functools.partial(
        make_numbered,
        begins=[begin - 500 for begin in STEADY],
        options=B_FRAMES,
        container_options={"avoid_negative_ts": "disabled"},
    ),
    "cut.mp4": functools.partial(make_cut_short),
    "thirty.mkv": functools.partial(make_numbered, begins=range(100), base=Fraction(1, 30), options=B_FRAMES),
    "early.mkv": functools.partial(make_numbered, begins=[begin - 500 for begin in STEADY], options=B_FRAMES),
    "simple.avi": functools.partial(
        make_numbered,
        begins=range(100),
        base=Fraction(1, 25),
        codec="mpeg4",
        options={"g": "12", "qscale": "3"},
    ),
    "clips.mov": functools.partial(make_numbered, begins=UNEVEN, codec="mjpeg"),
    "vp9.webm": functools.partial(
        make_numbered, begins=UNEVEN[:40], codec="libvpx-vp9", options={"g": "12", "deadline": "realtime"}
    ),
    "fine.mp4": functools.partial(
        make_numbered, begins=[3003 * number for number in range(100)], base=TICK_90K, options=B_FRAMES
    ),
    "pieces.mp4": functools.partial(
        make_numbered,
        begins=STEADY,
        options=B_FRAMES,
        container_options={"movflags": "frag_keyframe+empty_moov+default_base_moof"},
    ),
}


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("films")


def film_of(films: Path, name: str) -> Path:
    path = films / name
    return path if path.exists() else FILMS[name](path)


@functools.cache
def decode_once(path: Path) -> list[tuple[Fraction, int]]:
    return decode_all(path)


def shown_numbers(path: Path, moments: list[Fraction]) -> list[int]:
    with open_reel(path) as reel:
        return [
            read_number(shown.frame.to_ndarray(format="rgb24"))
            for shown in show_at(reel, moments, idle=lambda: None)
        ]


def expected_numbers(path: Path, moments: list[Fraction]) -> list[int]:
    """By decoding it all; the reel's own zero, which its own tests look after."""
    pictures = decode_once(path)
    with open_reel(path) as reel:
        assert reel.picture is not None
        zero = reel.origin
        leeway = min(reel.picture.time_base / 2, Fraction(1, 1000))
    first = pictures[0][1]
    return [
        next((number for begin, number in reversed(pictures) if begin - zero <= moment + leeway), first)
        for moment in moments
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", FILMS)
def test_sparse_and_dense_times_show_what_decoding_it_all_shows(films: Path, name: str) -> None:
    film = film_of(films, name)
    for step in (Fraction(3, 100), Fraction(9, 10), Fraction(9, 4)):
        moments = [step * number for number in range(int(6 / step))]
        assert shown_numbers(film, moments) == expected_numbers(film, moments), step


@settings(max_examples=6, deadline=None)
@given(
    name=st.sampled_from(["uneven.mp4", "open.mkv", "early.mp4"]),
    times=st.lists(st.integers(0, 6_000_000), min_size=1, max_size=6),
)
def test_any_times_show_what_decoding_it_all_shows(films: Path, name: str, times: list[int]) -> None:
    moments = [Fraction(time, 1_000_000) for time in sorted(times)]
    film = film_of(films, name)
    assert shown_numbers(film, moments) == expected_numbers(film, moments)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["refresh.mp4", "open.mp4", "cut.mp4"])
def test_a_time_asked_alone_shows_the_same(films: Path, name: str) -> None:
    film = film_of(films, name)
    for moment in (Fraction(number, 100) for number in range(5, 400, 36)):
        assert shown_numbers(film, [moment]) == expected_numbers(film, [moment]), moment


def test_times_that_the_container_rounds_are_met(films: Path) -> None:
    moments = [Fraction(number, 30) for number in range(100)]
    assert shown_numbers(film_of(films, "thirty.mkv"), moments) == list(range(100))


@pytest.mark.slow
def test_the_first_moment_of_a_picture_is_its_own_and_the_one_before_is_not(films: Path) -> None:
    film = film_of(films, "uneven.mkv")
    begins = [begin for begin, _ in decode_all(film)][1:]
    zero = decode_all(film)[0][0]
    assert shown_numbers(film, [begin - zero for begin in begins]) == list(range(1, 100))
    just_before = [begin - zero - Fraction(1, 1000) for begin in begins]
    assert shown_numbers(film, just_before) == list(range(99))


def test_a_picture_that_stands_long_is_shown_as_long(films: Path) -> None:
    film = film_of(films, "uneven.mp4")
    assert shown_numbers(film, [Fraction(5, 2), Fraction(3), Fraction(39, 10)])[1:] == [60, 60]


def test_stills_carry_their_times_and_their_pictures(films: Path, tmp_path: Path) -> None:
    shares: list[float] = []
    stills = make_stills(
        film_of(films, "steady.mp4"),
        tmp_path,
        (3.0, 0.0, 1.5, 9.0, 3.0),
        stem="talk",
        form="png",
        report=shares.append,
    )
    assert [still.name for still in stills] == [
        "talk-00m00.000s.png",
        "talk-00m01.500s.png",
        "talk-00m03.000s.png",
        "talk-00m09.000s.png",
    ]
    assert [read_number(np.asarray(Image.open(tmp_path / still.name))) for still in stills] == [0, 37, 75, 99]
    assert [still.seconds for still in stills] == [0.0, 1.5, 3.0, 9.0]
    assert [round(still.shown_at, 3) for still in stills] == [0.0, 1.48, 3.0, 3.96]
    assert {(still.width, still.height) for still in stills} == {(160, 120)}
    assert all((tmp_path / still.name).stat().st_size == still.size_bytes for still in stills)
    assert sorted(path.name for path in tmp_path.iterdir()) == [still.name for still in stills]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_nothing_is_asked_for_and_nothing_is_made(films: Path, tmp_path: Path) -> None:
    assert make_stills(film_of(films, "steady.mp4"), tmp_path, (), stem="talk", form="png") == ()


def test_a_picture_is_shown_at_any_time(tmp_path: Path) -> None:
    Image.new("RGB", (31, 17), (10, 200, 30)).save(tmp_path / "a.jpg")
    (still,) = make_stills(tmp_path / "a.jpg", tmp_path, (4.0,), stem="a", form="jpg")
    assert (still.name, still.width, still.height) == ("a-00m04.000s.jpg", 31, 17)


def test_sound_has_no_picture_to_be_made(tmp_path: Path) -> None:
    tune = make_sound(tmp_path / "tune.mp3", "libmp3lame", "mp3")
    with pytest.raises(BrokenMedia, match="sound only"):
        make_stills(tune, tmp_path, (0.0,), stem="tune", form="png")


def test_words_have_no_picture_to_be_made(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_text("only words in here, and no film")
    with pytest.raises(NotMedia):
        make_stills(tmp_path / "film.mp4", tmp_path, (0.0,), stem="film", form="png")


def test_a_damaged_stretch_costs_no_more_than_its_own_pictures(films: Path, tmp_path: Path) -> None:
    data = bytearray(film_of(films, "clips.mov").read_bytes())
    with av.open(str(films / "clips.mov")) as container:
        packet = next(
            packet for packet in container.demux(video=0) if packet.pts and packet.pts * packet.time_base > 1
        )
        begin, length = packet.pos, packet.size
    data[begin : begin + length] = b"\x55" * length
    (tmp_path / "film.mov").write_bytes(data)
    numbers = shown_numbers(tmp_path / "film.mov", [Fraction(0), Fraction(2)])
    assert numbers == expected_numbers(films / "clips.mov", [Fraction(0), Fraction(2)])


def test_a_full_disk_is_told_and_leaves_no_scrap(films: Path, tmp_path: Path) -> None:
    (tmp_path / "talk-00m00.000s.png").mkdir()
    (tmp_path / "talk-00m00.000s.png" / "in the way").touch()
    with pytest.raises(OSError, match=r"talk-00m00\.000s\.png"):
        make_stills(film_of(films, "steady.mp4"), tmp_path, (0.0, 1.0), stem="talk", form="png")
    assert not list(tmp_path.glob("*.part"))


def test_times_are_sorted_and_each_is_there_once() -> None:
    assert still_times(12.0, every=5.0, at=()) == (0.0, 5.0, 10.0)
    assert still_times(10.0, every=5.0, at=()) == (0.0, 5.0)
    assert still_times(10.0, every=5.0, at=(7.5, -2.0, 5.0, 10.0)) == (0.0, 5.0, 7.5, 8.0, 10.0)
    assert still_times(10.0, every=None, at=(11.0, -11.0)) == ()
    assert still_times(10.0, every=None, at=()) == ()
    assert still_times(0.0, every=5.0, at=()) == (0.0,)
    assert len(still_times(1.0, every=0.04, at=())) == 25


def test_names_tell_the_time_to_the_millisecond() -> None:
    assert still_name("talk", 65.4321, "jpg", has_hours=False) == "talk-01m05.432s.jpg"
    assert still_name("talk", 59.9996, "png", has_hours=False) == "talk-01m00.000s.png"
    assert still_name("talk", 3723.0, "png", has_hours=True) == "talk-01h02m03.000s.png"


@given(st.lists(st.integers(0, 90 * 3_600_000), min_size=2, unique=True))
def test_names_sort_by_time(times: list[int]) -> None:
    has_hours = max(times) >= 3_600_000
    names = [still_name("talk", time / 1000, "png", has_hours=has_hours) for time in sorted(times)]
    assert names == sorted(set(names))
