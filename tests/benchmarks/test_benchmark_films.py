"""Films that are measured with tell each picture's number, and what is measured is the process that did the work."""

from __future__ import annotations

import shutil
from pathlib import Path

import av
import pytest

from benchmarks.film_work import Cost, Ffmpeg, Worker, memory_row, seconds_row
from benchmarks.films import FPS, make_film, read_numbers
from nemowatch.media.probe import probe

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(tmp_path_factory.mktemp("films") / "film.mp4", seconds=3.0, size=(320, 180))


def test_each_picture_of_a_film_shows_its_own_number(film: Path) -> None:
    pictures = list(read_numbers(film))
    assert [number for _, number in pictures] == list(range(75))
    assert [time for time, _ in pictures] == pytest.approx([number / FPS for number in range(75)])


def test_film_has_sound_and_key_frames_where_they_are_wanted(film: Path) -> None:
    assert (probe(film).video_codec, probe(film).audio_codec) == ("h264", "aac")
    with av.open(str(film)) as source:
        picture = source.streams.video[0]
        keys = [
            float(packet.pts * packet.time_base) for packet in source.demux(picture) if packet.is_keyframe
        ]
    assert keys == [0.0, 2.0]


def test_numbers_are_still_read_where_a_picture_was_made_smaller(film: Path, tmp_path: Path) -> None:
    with av.open(str(film)) as source:
        last = list(source.decode(video=0))[-1]
        last.reformat(width=214, height=120).to_image().save(tmp_path / "last.png")
    assert [number for _, number in read_numbers(tmp_path / "last.png")] == [74]


def test_work_is_done_and_measured_in_another_process(film: Path, tmp_path: Path) -> None:
    with Worker(tmp_path) as worker:
        info, cost = worker.run(probe, film)
    assert info == probe(film)
    assert 0 < cost.seconds < 30
    assert 10 < cost.peak < 1000


def test_memory_of_the_peer_is_its_own_and_not_that_of_this_process(film: Path) -> None:
    ffmpeg = Ffmpeg(quick=True)
    costs = ffmpeg.run_all([("-i", film, "-f", "null", "-")] * 2)
    assert len(costs) == int(shutil.which("ffmpeg") is not None)
    for cost in costs:
        assert 10 < cost.peak < 1000
        assert cost.seconds > 0


def test_rows_without_a_peer_have_no_ratio() -> None:
    ours = [Cost(1.0, 50.0), Cost(3.0, 90.0), Cost(2.0, 70.0)]
    assert (seconds_row("stills", ours, []).shown, seconds_row("stills", ours, []).ratio) == (2.0, None)
    assert memory_row("peak memory", ours, [Cost(1.0, 45.0)]).ratio == 2.0
