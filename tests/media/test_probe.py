"""What a file says about itself, and files that are not all there."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

import av
import pytest
from helpers import make_video
from media_samples import make_picture, make_sound

from nemowatch.media.errors import BrokenMedia, IncompleteMedia, MediaError, NotMedia
from nemowatch.media.formats import MP4
from nemowatch.media.probe import open_media, probe
from nemowatch.media.wholeness import require_whole


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("probe") / "film.mp4", seconds=3)


def shorten(source: Path, target: Path, share: float) -> Path:
    data = source.read_bytes()
    target.write_bytes(data[: int(len(data) * share)])
    return target


def test_a_film_tells_its_length_size_and_codecs(film: Path) -> None:
    info = probe(film)
    assert (info.kind, info.container) == ("video", "mp4")
    assert info.duration_seconds == pytest.approx(3.0, abs=0.1)
    assert (info.width, info.height, info.fps) == (160, 120, 10.0)
    assert (info.video_codec, info.audio_codec) == ("h264", "aac")
    assert info.size_bytes == film.stat().st_size


def test_a_film_without_a_picture_is_audio(tmp_path: Path) -> None:
    sound = make_sound(tmp_path / "talk.mp4", "aac", "mp4")
    info = probe(sound)
    assert (info.kind, info.container, info.width, info.fps) == ("audio", "mp4", None, None)


@pytest.mark.parametrize(
    ("suffix", "codec", "form"),
    [
        ("mp3", "libmp3lame", "mp3"),
        ("wav", "pcm_s16le", "wav"),
        ("m4a", "aac", "ipod"),
        ("aac", "aac", "adts"),
    ],
)
def test_a_sound_tells_its_length(tmp_path: Path, suffix: str, codec: str, form: str) -> None:
    info = probe(make_sound(tmp_path / f"sound.{suffix}", codec, form))
    assert info.duration_seconds == pytest.approx(1.0, abs=0.1)


def test_a_picture_has_a_size_and_no_length(tmp_path: Path) -> None:
    info = probe(make_picture(tmp_path / "picture.png", "png", "rgb24"))
    assert (info.kind, info.width, info.height) == ("image", 64, 48)
    assert info.duration_seconds is None
    assert info.fps is None


def test_an_mp4_without_its_index_is_not_finished(film: Path, tmp_path: Path) -> None:
    data = film.read_bytes()
    unfinished = tmp_path / "film.mp4"
    unfinished.write_bytes(data[: data.index(b"moov") - 4])
    with pytest.raises(IncompleteMedia, match="no index yet"):
        probe(unfinished)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.999])
@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "avi"])
def test_a_film_cut_anywhere_is_not_complete(tmp_path: Path, suffix: str, share: float) -> None:
    whole = make_video(tmp_path / f"whole.{suffix}", seconds=1, audio=False)
    with pytest.raises(IncompleteMedia):
        probe(shorten(whole, tmp_path / f"cut.{suffix}", share))


def test_a_half_copied_film_with_its_index_in_front_is_not_complete(film: Path, tmp_path: Path) -> None:
    fast = tmp_path / "fast.mp4"
    with (
        av.open(str(film)) as source,
        av.open(str(fast), "w", options={"movflags": "+faststart"}) as output,
    ):
        stream = output.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                output.mux(packet)
    assert probe(fast).kind == "video"
    with pytest.raises(IncompleteMedia, match="cut off"):
        probe(shorten(fast, tmp_path / "half.mp4", 0.8))


@pytest.mark.parametrize(
    ("suffix", "codec", "pixels", "form"),
    [
        ("jpg", "mjpeg", "yuvj420p", "image2"),
        ("png", "png", "rgb24", "image2"),
        ("webp", "libwebp", "yuv420p", "webp"),
        ("gif", "gif", "rgb8", "gif"),
    ],
)
def test_half_a_picture_is_not_complete(
    tmp_path: Path, suffix: str, codec: str, pixels: str, form: str
) -> None:
    whole = make_picture(tmp_path / f"whole.{suffix}", codec, pixels, form)
    assert probe(whole).width == 64
    with pytest.raises(IncompleteMedia):
        probe(shorten(whole, tmp_path / f"half.{suffix}", 0.6))


def test_a_phones_film_behind_a_photo_does_no_harm(tmp_path: Path) -> None:
    photo = make_picture(tmp_path / "motion.jpg", "mjpeg", "yuvj420p")
    photo.write_bytes(photo.read_bytes() + b"\x00\x00\x00\x18ftypmp42" + b"\x07" * 100_000)
    assert probe(photo).kind == "image"


def test_an_empty_file_may_be_filled_later(tmp_path: Path) -> None:
    empty = tmp_path / "film.mp4"
    empty.touch()
    with pytest.raises(IncompleteMedia, match="empty"):
        probe(empty)


def test_text_in_a_films_clothes_is_not_media(tmp_path: Path) -> None:
    impostor = tmp_path / "film.mp4"
    impostor.write_text("not a film\n" * 100)
    with pytest.raises(NotMedia):
        probe(impostor)


def test_a_playlist_can_not_make_the_opener_read_other_files(film: Path, tmp_path: Path) -> None:
    # An MP3 tag lets the content pass the first gate; a guessing opener would look further and find the list.
    playlist = tmp_path / "list.mp3"
    playlist.write_bytes(b"ID3\x03\x00\x00\x00\x00\x00\x00ffconcat version 1.0\nfile " + str(film).encode())
    with pytest.raises(MediaError):
        probe(playlist)


def test_garbage_behind_a_good_beginning_is_broken(film: Path, tmp_path: Path) -> None:
    data = film.read_bytes()
    index = data.index(b"moov") + 4
    broken = tmp_path / "film.mp4"
    broken.write_bytes(data[:index] + bytes(reversed(data[index:])))
    with pytest.raises(BrokenMedia):
        probe(broken)


def test_a_recording_that_is_still_open_can_be_looked_at_or_waited_for(tmp_path: Path) -> None:
    whole = make_video(tmp_path / "whole.mkv", seconds=1).read_bytes()
    # While recording, Matroska's segment has no size yet: all ones.
    segment = whole.index(b"\x18\x53\x80\x67") + 4
    live = whole[:segment] + b"\x01" + b"\xff" * 7 + whole[segment + 8 :]
    half = tmp_path / "half.mkv"
    half.write_bytes(live[: len(live) * 3 // 4])
    assert probe(half).kind == "video"
    for length in (60, 300, 600):
        half.write_bytes(live[:length])
        with pytest.raises(IncompleteMedia):
            probe(half)


def test_pipe_in_the_place_of_a_film_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    # As when one takes the film's place after its first bytes were read.
    os.mkfifo(tmp_path / "film.mp4")
    with pytest.raises(NotMedia, match="a pipe"):
        require_whole(tmp_path / "film.mp4", MP4)
    with pytest.raises(NotMedia, match="a pipe"), open_media(tmp_path / "film.mp4", MP4):
        pass


@pytest.mark.parametrize("name", ["http:example.org.mp4", "-i.mp4", "concat:a|b.mp4", "film%03d.mp4"])
def test_name_that_says_something_to_libav_is_only_a_name(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    shutil.copy(film, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert probe(Path(name)).kind == "video"


def test_the_terminal_stays_clean(film: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data = bytearray(film.read_bytes())
    data[400 : data.index(b"moov") - 4] = b"\x55" * (data.index(b"moov") - 404)
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(data)
    with suppress(MediaError):
        probe(damaged)
    assert capfd.readouterr() == ("", "")
