"""What the service does not take and libav reads: found only by whoever asks for it."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from media_samples import make_sound

from nemowatch.media.errors import IncompleteMedia, NotMedia
from nemowatch.media.foreign import recognise_foreign
from nemowatch.media.probe import probe
from nemowatch.media.sniff import identify, recognise

FILMS = [
    ("ts", "libx264", "mpegts", {}, "an MPEG transport stream"),
    ("m2ts", "libx264", "mpegts", {"mpegts_m2ts_mode": "1"}, "an MPEG transport stream"),
    ("mpg", "mpeg2video", "mpeg", {}, "an MPEG program stream"),
    ("m2v", "mpeg2video", "mpeg2video", {}, "an MPEG video stream"),
    ("asf", "wmv2", "asf", {}, "a Windows Media file"),
    ("flv", "flv1", "flv", {}, "a Flash video"),
    ("mxf", "mpeg2video", "mxf", {}, "an MXF file"),
]
SOUNDS = [
    ("flac", "flac", "flac", "FLAC audio"),
    ("ogg", "vorbis", "ogg", "an Ogg file"),
    ("opus", "libopus", "ogg", "an Ogg file"),
    ("aiff", "pcm_s16be", "aiff", "AIFF audio"),
    ("caf", "pcm_s16le", "caf", "a Core Audio file"),
    ("ac3", "ac3", "ac3", "AC-3 audio"),
    ("eac3", "eac3", "eac3", "AC-3 audio"),
    ("wv", "wavpack", "wv", "WavPack audio"),
    ("asf", "wmav2", "asf", "a Windows Media file"),
]


def make_foreign_film(target: Path, codec: str, form: str, options: dict[str, str]) -> Path:
    with av.open(str(target), "w", format=form, options=options) as output:
        stream = output.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for index in range(50):
            pixels = np.full((120, 160, 3), index * 5, np.uint8)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        output.mux(stream.encode())
    return target


def make_foreign_sound(target: Path, codec: str, form: str) -> Path:
    with av.open(str(target), "w", format=form) as output:
        stream = output.add_stream(codec, rate=48_000, layout="stereo", options={"strict": "experimental"})
        stream.bit_rate = 128_000
        resampler = av.AudioResampler(stream.format, "stereo", 48_000, frame_size=stream.frame_size or 1024)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 96_000), np.int16), format="s16", layout="stereo")
        frame.sample_rate, frame.pts = 48_000, 0
        for block in [*resampler.resample(frame), *resampler.resample(None)]:
            output.mux(stream.encode(block))
        output.mux(stream.encode())
    return target


@pytest.mark.parametrize(("name", "codec", "form", "options", "words"), FILMS)
def test_a_foreign_film_is_looked_into_only_where_it_can_be_converted(
    tmp_path: Path, name: str, codec: str, form: str, options: dict[str, str], words: str
) -> None:
    film = make_foreign_film(tmp_path / "film.bin", codec, form, options)
    with pytest.raises(NotMedia, match=f"looks like {words}"):
        probe(film)
    found = identify(film, foreign=True)
    assert (found.name, found.kind, found.is_accepted) == (name, "video", False)
    info = probe(film, foreign=True)
    assert (info.kind, info.width, info.height, info.video_streams) == ("video", 160, 120, 1)
    assert info.duration_seconds == pytest.approx(
        2.0, abs=0.15
    )  # MPEG-PS: to the last time stamp, not its end


@pytest.mark.parametrize(("name", "codec", "form", "words"), SOUNDS)
def test_a_foreign_sound_is_looked_into_only_where_it_can_be_converted(
    tmp_path: Path, name: str, codec: str, form: str, words: str
) -> None:
    sound = make_foreign_sound(tmp_path / "sound.bin", codec, form)
    with pytest.raises(NotMedia, match=f"looks like {words}"):
        probe(sound)
    assert identify(sound, foreign=True).name == name
    info = probe(sound, foreign=True)
    assert (info.kind, info.audio_streams, info.video_streams) == ("audio", 1, 0)
    assert info.duration_seconds == pytest.approx(1.0, abs=0.1)


def test_what_the_service_takes_is_the_same_for_whoever_asks_for_more(tmp_path: Path) -> None:
    sound = make_sound(tmp_path / "talk.mp3", "libmp3lame", "mp3")
    assert identify(sound, foreign=True) == identify(sound)
    assert identify(sound).is_accepted


@pytest.mark.parametrize(("codec", "form", "name"), [("flac", "flac", "flac"), ("aac", "adts", "aac")])
def test_a_tag_before_a_sound_does_not_make_it_an_mp3(
    tmp_path: Path, codec: str, form: str, name: str
) -> None:
    sound = make_foreign_sound(tmp_path / "tagged.bin", codec, form)
    # Longer than what is read at first, as tags with a cover are: 20,000 bytes, seven bits in each of four.
    sound.write_bytes(b"ID3\x04\x00\x00\x00\x01\x1c\x20" + bytes(20_000) + sound.read_bytes())
    assert identify(sound, foreign=True).name == name
    assert probe(sound, foreign=True).duration_seconds == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(("codec", "form"), [("pcm_s16be", "aiff"), ("wmav2", "asf")])
def test_half_a_foreign_sound_is_not_complete(tmp_path: Path, codec: str, form: str) -> None:
    sound = make_foreign_sound(tmp_path / "half.bin", codec, form)
    sound.write_bytes(sound.read_bytes()[: sound.stat().st_size * 2 // 3])
    with pytest.raises(IncompleteMedia, match="cut off"):
        probe(sound, foreign=True)


@pytest.mark.parametrize(
    "content",
    [
        b"GIGO " * 4000,  # the byte of a transport stream, at other distances
        b"FORM\x00\x00\x01\x008SVX" + bytes(100),
        b"\x0b\x77 is no sound" * 900,
        b"#!/bin/sh\nplay some.amr\n",
        b"OggX" + bytes(100),
    ],
)
def test_what_only_begins_like_foreign_media_is_none(content: bytes) -> None:
    assert recognise_foreign(content) is None


@given(st.binary(max_size=300), st.sampled_from([b"", b"\x0b\x77", b"OggS\x00", b"\x47", b"FORM"]))
def test_no_content_makes_the_second_look_fall_over(content: bytes, beginning: bytes) -> None:
    found = recognise_foreign(beginning + content)
    assert found is None or (recognise(beginning + content) is None and not found.is_accepted)
