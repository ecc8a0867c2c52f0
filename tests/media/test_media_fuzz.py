"""Real files with bytes flipped, lost and doubled: each ends with an answer or a typed error, none with a crash."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from broken_media import make_flat_film, make_gif
from helpers import make_video
from media_samples import make_picture, make_sound

FILMS = ("mp4", "mov", "mkv", "avi", "ts", "flv")
SECONDS = 50


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One small file of every kind."""
    folder = tmp_path_factory.mktemp("good")
    for suffix in FILMS:
        make_flat_film(folder / f"film.{suffix}")
    make_video(folder / "talk.mp4", seconds=1)
    make_gif(folder / "loop.gif")
    make_picture(folder / "photo.jpg", "mjpeg", "yuvj420p")
    make_picture(folder / "photo.png", "png", "rgb24")
    make_picture(folder / "photo.webp", "libwebp", "yuv420p", "webp")
    for suffix, codec, form in (
        ("mp3", "libmp3lame", "mp3"),
        ("wav", "pcm_s16le", "wav"),
        ("m4a", "aac", "ipod"),
        ("aac", "aac", "adts"),
        ("flac", "flac", "flac"),
    ):
        make_sound(folder / f"sound.{suffix}", codec, form)
    return folder


@pytest.mark.parametrize(
    ("first", "last"), [(0, 160), pytest.param(160, 2_000, marks=pytest.mark.slow, id="many")]
)
def test_damaged_files_end_with_an_answer_or_a_typed_error(good: Path, first: int, last: int) -> None:
    # A minute for the few and the many: none of them may hang, and the last number printed tells which one did.
    program = Path(__file__).with_name("media_fuzzing.py")
    done = subprocess.run(
        [sys.executable, str(program), str(good), str(first), str(last)],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=SECONDS,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert done.returncode == 0, f"ended by {-done.returncode} at {lines[-1:]}: {done.stderr[-500:]}"
    assert [line for line in lines if line.startswith("FAULT")] == [], done.stdout[-3_000:]
    assert sum(line[:1].isdigit() for line in lines) == last - first
