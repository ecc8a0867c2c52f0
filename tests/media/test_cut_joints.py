"""Long stretches that are copied but for their edges: every picture there, once, at its time."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from cut_samples import copy_streams, make_recording, read_codes, remake

from nemowatch.media.cut import trim
from nemowatch.media.h264 import find_free_id, is_fresh_start, merge_sets, read_parameter_sets

FRAME = 0.04


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples")
    plain = make_recording(folder / "plain.mp4", seconds=4, width=160, height=120)
    return remake(plain, folder / "b-frames.mp4", bf="3", g="25", b_strategy="0", preset="veryfast")


def packets_of(path: Path) -> set[bytes]:
    with av.open(str(path)) as film:
        return {bytes(packet) for packet in film.demux(video=0) if packet.size}


@pytest.mark.parametrize(
    ("start", "end"), [(0.6, 4.0), (0.96, 3.04), (0.04, 3.08), (1.0, 3.12), (1.0, 3.16), (0.52, 3.96)]
)
def test_a_joined_film_shows_each_picture_once_and_at_its_time(
    recording: Path, tmp_path: Path, start: float, end: float
) -> None:
    part = trim(recording, tmp_path / "cut.mp4", start=start, end=end)
    codes = read_codes(part.path)
    count = round((end - start) / FRAME)
    assert part.how == "copied, its edges re-encoded"
    assert [code for _, code in codes] == pytest.approx([start + FRAME * index for index in range(count)])
    assert [moment for moment, _ in codes] == pytest.approx([FRAME * n for n in range(count)], abs=0.001)


def test_what_lies_between_the_edges_is_not_touched(recording: Path, tmp_path: Path) -> None:
    part = trim(recording, tmp_path / "cut.mp4", start=0.6, end=None)
    kept = packets_of(recording) & packets_of(part.path)
    assert len(kept) == 75  # the three seconds from the key frame at 1.0 on
    assert len(packets_of(part.path)) == 85


def test_matroska_can_be_joined_too(recording: Path, tmp_path: Path) -> None:
    source = copy_streams(recording, tmp_path / "talk.mkv")
    shown = [code for moment, code in read_codes(source) if moment > 0.6 - FRAME / 2]
    part = trim(source, tmp_path / "cut.mkv", start=0.6, end=None)
    assert part.how == "copied, its edges re-encoded"
    assert [code for _, code in read_codes(part.path)] == pytest.approx(shown)


def test_a_joint_decodes_from_any_place_in_the_film(recording: Path, tmp_path: Path) -> None:
    part = trim(recording, tmp_path / "cut.mp4", start=0.6, end=3.88)
    with av.open(str(part.path)) as film:
        stream = film.streams.video[0]
        for moment in (3.2, 0.0, 0.44, 2.0):
            film.seek(round(moment / stream.time_base), stream=stream)
            assert not next(film.decode(stream)).is_corrupt


def test_sets_of_two_encoders_share_a_header_under_ids_of_their_own(recording: Path) -> None:
    with av.open(str(recording)) as film:
        box = film.streams.video[0].codec_context.extradata
        key = bytes(next(film.demux(video=0)))
    sets = read_parameter_sets(box)
    assert sets is not None
    assert find_free_id(sets) == 1
    assert is_fresh_start(key, sets.length_bytes)
    merged = read_parameter_sets(merge_sets(sets, sets))
    assert merged is not None
    assert merged.sequence == sets.sequence * 2
    assert merged.picture == sets.picture * 2


@pytest.mark.parametrize(
    "extradata", [None, b"", b"\x01\x64\x00", b"\x01" * 9, b"\0\0\1\x67\x64\0\x0a\0\0\1"]
)
def test_a_header_that_is_cut_off_holds_no_sets(extradata: bytes | None) -> None:
    assert read_parameter_sets(extradata) is None
