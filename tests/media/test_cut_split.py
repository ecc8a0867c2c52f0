"""Recordings taken apart: nothing lost, nothing doubled, nothing over the limit."""

from __future__ import annotations

import hashlib
from pathlib import Path

import av
import pytest
from cut_samples import copy_streams, make_beeps, make_recording, read_codes, remake
from hypothesis import given
from hypothesis import strategies as st

from nemowatch.media.cut import split
from nemowatch.media.cut_errors import PieceTooLarge
from nemowatch.media.splitting import share_out


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples")
    plain = make_recording(folder / "plain.mp4", seconds=6, width=160, height=120)
    return remake(plain, folder / "b-frames.mp4", bf="3", g="25")


def hash_packets(*paths: Path) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for path in paths:
        with av.open(str(path)) as film:
            for packet in film.demux():
                if packet.size:
                    digest = hashlib.sha256(bytes(packet)).hexdigest()
                    found.setdefault(packet.stream.index, []).append(digest)
    return found


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_every_packet_is_in_exactly_one_part(recording: Path, tmp_path: Path, suffix: str) -> None:
    source = copy_streams(recording, tmp_path / f"talk{suffix}")
    limit = source.stat().st_size * 2 // 5 + 20_000
    parts = split(source, tmp_path, stem="talk", max_bytes=limit)
    assert [part.path.name for part in parts] == [f"talk-part{n}{suffix}" for n in range(1, len(parts) + 1)]
    assert len(parts) > 1
    assert all(part.path.stat().st_size == part.size_bytes <= limit for part in parts)
    assert hash_packets(*(part.path for part in parts)) == hash_packets(source)
    assert [part.start for part in parts[1:]] == [part.end for part in parts[:-1]]


def test_every_picture_is_shown_once_and_each_part_begins_with_one(recording: Path, tmp_path: Path) -> None:
    parts = split(recording, tmp_path, stem="talk", max_bytes=recording.stat().st_size * 2 // 5 + 20_000)
    codes = [read_codes(part.path) for part in parts]
    assert all(shown[0][0] == pytest.approx(0.0, abs=0.001) for shown in codes)
    assert [code for shown in codes for _, code in shown] == pytest.approx([0.04 * n for n in range(150)])
    assert [part.start for part in parts] == pytest.approx([shown[0][1] for shown in codes], abs=0.001)


def test_sound_alone_is_parted_too(tmp_path: Path) -> None:
    source = make_beeps(tmp_path / "beeps.wav", "pcm_s16le", picture=False)
    parts = split(source, tmp_path, stem="beeps", max_bytes=source.stat().st_size // 2)
    assert len(parts) == 3
    with av.open(str(source)) as whole:
        samples = b"".join(bytes(packet) for packet in whole.demux())
    pieces = []
    for part in parts:
        with av.open(str(part.path)) as film:
            pieces += [bytes(packet) for packet in film.demux()]
    assert b"".join(pieces) == samples


def test_a_stretch_without_key_frames_that_does_not_fit_is_refused_with_a_hint(
    recording: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    with pytest.raises(PieceTooLarge, match="can't be parted small enough") as caught:
        split(recording, folder, stem="talk", max_bytes=16_000)
    assert "compress" in caught.value.hint
    assert list(folder.iterdir()) == []


def test_progress_of_a_split_goes_up_to_one(recording: Path, tmp_path: Path) -> None:
    shares: list[float] = []
    split(recording, tmp_path, stem="talk", max_bytes=10**6, report=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0, abs=0.01)


@given(st.lists(st.integers(1, 100), min_size=1, max_size=60), st.integers(100, 400))
def test_pieces_are_shared_out_in_order_into_as_few_parts_as_fit(sizes: list[int], room: int) -> None:
    firsts = share_out(sizes, room)
    parts = [sizes[first:last] for first, last in zip(firsts, [*firsts[1:], len(sizes)], strict=True)]
    assert [size for part in parts for size in part] == sizes
    assert all(0 < sum(part) <= room for part in parts)
    assert len(parts) <= 2 * -(-sum(sizes) // room)
