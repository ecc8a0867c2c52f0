"""What is let in by its first bytes, and what is not."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path

import av
import pytest
from helpers import make_video
from hypothesis import given
from hypothesis import strategies as st
from media_samples import make_picture, make_sound

from nemowatch.media.errors import IncompleteMedia, MediaError, NotMedia
from nemowatch.media.sniff import HEAD_BYTES, identify, recognise, sniff

FTYP = b"\x00\x00\x00\x18ftyp"


@pytest.mark.parametrize("suffix", ["mp4", "mov", "avi", "mkv"])
def test_films_of_every_accepted_container_are_videos(tmp_path: Path, suffix: str) -> None:
    film = make_video(tmp_path / f"film.{suffix}", seconds=0.5, audio=False)
    assert sniff(film) == "video"
    assert identify(film).name == suffix


def test_webm_is_told_from_matroska(tmp_path: Path) -> None:
    target = tmp_path / "film.webm"
    with av.open(str(target), "w", format="webm") as output:
        stream = output.add_stream("libvpx-vp9", rate=5, options={"cpu-used": "8", "deadline": "realtime"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        output.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        output.mux(stream.encode())
    assert identify(target).name == "webm"


@pytest.mark.parametrize(
    ("suffix", "codec", "form"),
    [
        ("mp3", "libmp3lame", "mp3"),
        ("wav", "pcm_s16le", "wav"),
        ("m4a", "aac", "ipod"),
        ("aac", "aac", "adts"),
    ],
)
def test_sounds_of_every_accepted_container_are_audio(
    tmp_path: Path, suffix: str, codec: str, form: str
) -> None:
    sound = make_sound(tmp_path / f"sound.{suffix}", codec, form)
    assert sniff(sound) == "audio"
    assert identify(sound).name == suffix


def test_an_mp3_without_tags_is_known_by_its_frames(tmp_path: Path) -> None:
    tagged = make_sound(tmp_path / "tagged.mp3", "libmp3lame", "mp3").read_bytes()
    first_frame = tagged.index(b"\xff\xfb")
    assert recognise(tagged[first_frame:][:HEAD_BYTES]) == identify(tmp_path / "tagged.mp3")


@pytest.mark.parametrize(
    ("suffix", "codec", "pixels", "form"),
    [
        ("jpg", "mjpeg", "yuvj420p", "image2"),
        ("png", "png", "rgb24", "image2"),
        ("webp", "libwebp", "yuv420p", "webp"),
        ("gif", "gif", "rgb8", "gif"),
    ],
)
def test_pictures_of_every_accepted_kind_are_images(
    tmp_path: Path, suffix: str, codec: str, pixels: str, form: str
) -> None:
    picture = make_picture(tmp_path / f"picture.{suffix}", codec, pixels, form)
    assert sniff(picture) == "image"
    assert identify(picture).name == suffix


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"Dear diary, today I watched a folder.\n", "text"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "an HTML page"),
        (b"\n\n  <html><body>", "an HTML page"),
        (b"%PDF-1.7 and so on", "a PDF document"),
        (b"PK\x03\x04" + b"\x14" * 30, "a ZIP archive or office document"),
        (b'{"code": 404, "message": "gone"}', "JSON"),
        ("Grüße aus München".encode(), "text"),
        ("视频不是视频".encode() * 20, "text"),
        ("utf sixteen".encode("utf-16"), "text"),
        (FTYP + b"heic" + b"\x00" * 12, "a HEIC picture"),
        (FTYP + b"avif" + b"\x00" * 12, "an AVIF picture"),
        (
            b"\x1a\x45\xdf\xa3" + b"\x93\x42\x82\x85other" + b"\x01" * 20,
            "an EBML document other than Matroska",
        ),
        (b"#EXTM3U\nhttp://example.org/a.ts\n", "a playlist"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "a playlist"),
        (b"I am free to say so, and long", "text"),
        (b"\xff\xfb\x90\x00" + bytes(range(256)) * 40, "unknown data"),
        (b"\xff\xfe\x00\x01" * 20, "text"),
    ],
)
def test_everything_else_is_refused_and_named(tmp_path: Path, content: bytes, words: str) -> None:
    impostor = tmp_path / "film.mp4"
    impostor.write_bytes(content)
    with pytest.raises(NotMedia, match=f"looks like {words}"):
        sniff(impostor)


@pytest.mark.parametrize("content", [b"", b"\x00\x00", b"\x00" * 50_000, b"RIFF\x10"])
def test_what_has_hardly_begun_may_become_media(tmp_path: Path, content: bytes) -> None:
    beginning = tmp_path / "film.mp4"
    beginning.write_bytes(content)
    with pytest.raises(IncompleteMedia):
        sniff(beginning)


@pytest.mark.parametrize("box", [b"moov", b"mdat", b"wide", b"free"])
def test_old_quicktime_files_begin_with_other_boxes(tmp_path: Path, box: bytes) -> None:
    assert recognise(b"\x00\x00\x10\x08" + box + b"\x01" * 20) is not None


def test_links_are_not_followed(tmp_path: Path) -> None:
    film = make_video(tmp_path / "film.mp4", seconds=0.5)
    link = tmp_path / "link.mp4"
    link.symlink_to(film)
    with pytest.raises(NotMedia, match="symbolic link"):
        sniff(link)


def test_pipes_sockets_devices_and_folders_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    # A socket's path must be short, which a test's own folder is not everywhere.
    with tempfile.TemporaryDirectory(dir="/tmp") as short, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{short}/s")
        for path in (tmp_path / "pipe.mp4", Path(short, "s"), Path("/dev/null"), tmp_path):
            with pytest.raises(NotMedia, match="is not a file but"):
                sniff(path)


def test_a_missing_file_is_the_systems_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        sniff(tmp_path / "gone.mp4")


@given(st.binary(max_size=400))
def test_no_content_makes_the_gate_fall_over(content: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        try:
            verdict = sniff(Path(file.name))
        except MediaError as refusal:
            verdict = refusal.message
    assert verdict in {"video", "audio", "image"} or verdict.endswith(".")
