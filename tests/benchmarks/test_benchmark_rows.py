"""What the benchmarks' table says of what was measured, and that their recordings are real ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.media import make_large, make_small, make_sound, make_unique, stir
from benchmarks.rows import Row, percentile, print_table
from benchmarks.scanning import fill
from nemowatch.media.probe import probe
from nemowatch.media.verify import verify_delivered


def test_ratio_is_that_of_the_medians() -> None:
    row = Row("upload", "s", (1.0, 3.0, 100.0), (1.0, 2.0, 2.0), bound=1.5)
    assert row.ratio == 1.5
    assert row.verdict == "ok"


def test_ratio_above_its_bound_is_over() -> None:
    assert Row("upload", "s", (3.1,), (2.0,), bound=1.5).verdict == "OVER"


def test_worst_value_is_judged_where_the_bound_is_for_the_worst() -> None:
    assert Row("standstill", "ms", (1.0, 1.0, 51.0), bound=50, judged="worst").verdict == "OVER"
    assert Row("standstill", "ms", (1.0, 1.0, 51.0), bound=50, judged="median").verdict == "ok"


def test_rare_values_are_compared_with_the_peers_rare_ones() -> None:
    ours, peers = tuple(map(float, range(1, 201))), tuple(map(float, range(2, 402, 2)))
    row = Row("close to queued", "ms", ours, peers, judged="p99")
    assert (row.shown, row.ratio) == (198.0, 0.5)
    assert "396 ms" in row.cells()


def test_row_without_a_bound_has_no_verdict() -> None:
    assert Row("--help", "ms", (3.0,), (1.0,)).verdict == ""


def test_percentile_is_the_nearest_rank() -> None:
    assert percentile(range(1, 21), 95) == 19
    assert percentile([7.0], 95) == 7.0


def test_table_shows_both_medians_the_ratio_and_the_bound(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([Row("upload", "s", (1.0, 2.0, 3.0), (1.0, 1.0, 1.0), bound=1.5, remark="curl -F")])
    _, line = capsys.readouterr().out.splitlines()
    assert line.split() == [
        "upload",
        "2",
        "s",
        "1",
        "s",
        "2.00",
        "1.5",
        "x",
        "OVER",
        "median",
        "of",
        "3;",
        "curl",
        "-F",
    ]


def test_large_recording_is_whole_and_of_the_exact_size(tmp_path: Path) -> None:
    large = make_large(tmp_path / "large.mp4", make_small(tmp_path / "small.mp4"), 3_000_000)
    assert large.stat().st_size == 3_000_000
    assert probe(large).kind == "video"
    assert verify_delivered(large).duration_seconds == pytest.approx(2.0, abs=0.2)


def test_tiny_sounds_are_whole_recordings_and_no_two_are_the_same(tmp_path: Path) -> None:
    one, other = make_sound(tmp_path / "1.wav"), make_sound(tmp_path / "2.wav")
    assert one.read_bytes() != other.read_bytes()
    assert probe(one).kind == "audio"
    assert probe(one).duration_seconds == pytest.approx(0.15)


@pytest.mark.slow
def test_tree_to_scan_has_the_files_that_it_promises(tmp_path: Path) -> None:
    files = fill(tmp_path / "tree", make_small(tmp_path / "small.mp4"), folders=102)
    found = [path for path in (tmp_path / "tree").rglob("*") if path.is_file()]
    assert len(found) == files == 10_200
    assert len({path.parent for path in found}) == 102
    assert sum(path.name.endswith("-final.mp4") for path in found) == 11


def test_recordings_of_one_kind_differ_in_content_alone(tmp_path: Path) -> None:
    small = make_small(tmp_path / "small.mp4")
    one, other = make_unique(tmp_path / "1.mp4", small), make_unique(tmp_path / "2.mp4", small)
    assert one.read_bytes() != other.read_bytes()
    assert one.stat().st_size == other.stat().st_size
    before = one.read_bytes()
    stir(one)
    assert one.read_bytes() != before
    assert probe(one).duration_seconds == probe(other).duration_seconds
