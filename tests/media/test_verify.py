"""What counts as delivered."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from helpers import make_video
from media_samples import make_picture, make_sound

from nemowatch.media.errors import BrokenMedia
from nemowatch.media.verify import verify_delivered


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("verify") / "film.mp4", seconds=3)


def test_a_whole_film_is_measured_from_its_packets(film: Path) -> None:
    info = verify_delivered(film)
    assert info.kind == "video"
    assert info.duration_seconds == pytest.approx(3.0, abs=0.05)


def test_sounds_and_pictures_pass(tmp_path: Path) -> None:
    assert verify_delivered(make_sound(tmp_path / "s.mp3", "libmp3lame", "mp3")).duration_seconds is not None
    assert verify_delivered(make_picture(tmp_path / "p.png", "png", "rgb24")).width == 64


def test_an_animated_webp_passes_by_its_structure_alone(tmp_path: Path) -> None:
    target = tmp_path / "loop.webp"
    with av.open(str(target), "w", format="webp") as output:
        stream = output.add_stream("libwebp_anim", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for light in (0, 90, 180):
            pixels = np.full((48, 64, 3), light, np.uint8)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        output.mux(stream.encode())
    info = verify_delivered(target)
    assert (info.kind, info.width, info.height) == ("image", 64, 48)
    target.write_bytes(target.read_bytes()[:-20])
    with pytest.raises(BrokenMedia, match="cut off"):
        verify_delivered(target)


def test_an_error_page_saved_as_mp4_is_named(tmp_path: Path) -> None:
    page = tmp_path / "film.mp4"
    page.write_text("<!doctype html><title>502 Bad Gateway</title>" * 30)
    with pytest.raises(BrokenMedia, match=r"film\.mp4 is not media but an HTML page, 1\.4 KB\."):
        verify_delivered(page)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_download_that_broke_off_is_broken(film: Path, tmp_path: Path, share: float) -> None:
    data = film.read_bytes()
    part = tmp_path / "film.mp4"
    part.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(BrokenMedia):
        verify_delivered(part)


def test_a_hole_in_the_middle_is_found(film: Path, tmp_path: Path) -> None:
    data = bytearray(film.read_bytes())
    index = data.index(b"moov")
    data[index // 2 : index - 8] = bytes(index - 8 - index // 2)
    holed = tmp_path / "film.mp4"
    holed.write_bytes(data)
    with pytest.raises(BrokenMedia, match="hole of zeros"):
        verify_delivered(holed)


def test_a_header_that_promises_more_than_there_is_does_not_pass(tmp_path: Path) -> None:
    target = tmp_path / "film.avi"
    make_video(target, seconds=4, audio=False)
    data = bytearray(target.read_bytes())
    for name, offset in ((b"avih", 24), (b"strh", 40)):  # the two places where AVI counts its frames
        at = data.index(name) + offset
        data[at : at + 4] = (4000).to_bytes(4, "little")
    target.write_bytes(data)
    with pytest.raises(BrokenMedia, match=r"cut off: 4\.0 s of"):
        verify_delivered(target)


def test_a_film_without_a_single_picture_is_broken(film: Path, tmp_path: Path) -> None:
    hollow = tmp_path / "film.mp4"
    with av.open(str(film)) as source, av.open(str(hollow), "w") as output:
        stream = output.add_stream_from_template(source.streams.video[0])
        first = next(source.demux(source.streams.video[0]))
        damaged = av.Packet(b"\x55" * first.size)
        damaged.pts, damaged.dts, damaged.time_base = first.pts, first.dts, first.time_base
        damaged.stream = stream
        output.mux(damaged)
    with pytest.raises(BrokenMedia):
        verify_delivered(hollow)


def test_a_link_is_no_delivery(film: Path, tmp_path: Path) -> None:
    link = tmp_path / "film.mp4"
    link.symlink_to(film)
    with pytest.raises(BrokenMedia, match="is no file"):
        verify_delivered(link)
