"""Files that pretend to be recordings, or were recordings once: one maker for each way of being broken."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from zlib import crc32

import av
import numpy as np
from helpers import make_video
from PIL import Image

DONE, REFUSED, WAITS, FAILED = "done", "refused", "waits", "failed"

_STREAMS = 1_000
_HUGE_SIDE = 60_000
_LONG_SECONDS = 4_000_000


@dataclass(frozen=True)
class Broken:
    """A broken recording.

    Attributes:
        name: of the file.
        save: makes it.
        ends: how it may end with the daemon.
        words: one of them is in what the daemon says about it, unless it is done.
    """

    name: str
    save: Callable[[Path], object]
    ends: frozenset[str]
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


def _save_cut_mp4(target: Path) -> None:
    content = make_video(target.with_suffix(".whole.mp4")).read_bytes()
    target.write_bytes(content[: len(content) * 2 // 3])


def _save_cut_mkv(target: Path) -> None:
    content = _make_mkv(target)
    target.write_bytes(content[: len(content) * 2 // 3])


def _save_cut_index(target: Path) -> None:
    """The index is in front, and half of what it points to is missing."""
    whole = target.with_suffix(".whole.mp4")
    with (
        av.open(str(make_video(target.with_suffix(".first.mp4")))) as played,
        av.open(str(whole), "w", format="mp4", options={"movflags": "+faststart"}) as output,
    ):
        stream = output.add_stream_from_template(played.streams.video[0])
        for packet in played.demux(played.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                output.mux(packet)
    content = whole.read_bytes()
    target.write_bytes(content[: len(content) // 2])


def _make_mkv(target: Path) -> bytes:
    whole = target.with_suffix(".whole.mp4")
    with (
        av.open(str(make_video(target.with_suffix(".first.mp4")))) as played,
        av.open(str(whole), "w", format="matroska") as output,
    ):
        streams = {stream.index: output.add_stream_from_template(stream) for stream in played.streams}
        for packet in played.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                output.mux(packet)
    return whole.read_bytes()


def _save_without_key_frame(target: Path) -> None:
    """What is left of a recording whose beginning is lost: nothing in it can be shown by itself."""
    with (
        av.open(str(make_video(target.with_suffix(".first.mp4"), seconds=4))) as played,
        av.open(str(target), "w", format="mp4") as output,
    ):
        stream = output.add_stream_from_template(played.streams.video[0])
        packets = [packet for packet in played.demux(played.streams.video[0]) if packet.dts is not None]
        for packet in packets[1:]:
            assert not packet.is_keyframe
            packet.stream = stream
            output.mux(packet)


def _save_thousand_streams(target: Path) -> None:
    with av.open(str(target), "w", format="matroska") as output:
        streams = [output.add_stream("pcm_s16le", rate=8_000, layout="mono") for _ in range(_STREAMS)]
        for stream in streams:
            packet = av.Packet(bytes(320))
            packet.stream, packet.time_base, packet.pts, packet.dts = stream, Fraction(1, 8_000), 0, 0
            output.mux(packet)


def _save_huge_dimensions(target: Path) -> None:
    """A real recording whose header, and whose pictures' own headers, lie about the size."""
    content = bytearray(make_video(target.with_suffix(".whole.mp4")).read_bytes())
    entry = content.index(b"avc1") + 4
    while content[entry + 24 : entry + 28] != struct.pack(">HH", 160, 120):
        entry = content.index(b"avc1", entry) + 4
    content[entry + 24 : entry + 28] = struct.pack(">HH", _HUGE_SIDE, _HUGE_SIDE)
    target.write_bytes(content)


def _save_huge_picture(target: Path) -> None:
    """A PNG of a few bytes that promises four milliards of pixels."""
    file = BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    content = bytearray(file.getvalue())
    content[16:24] = struct.pack(">II", _HUGE_SIDE, _HUGE_SIDE)
    content[29:33] = struct.pack(">I", crc32(content[12:29]))
    target.write_bytes(content)


def _save_text(target: Path) -> None:
    target.write_text("This is the transcript of a talk, and no film.\n" * 200)


def _save_animated_gif(target: Path) -> None:
    pictures = [Image.new("RGB", (64, 48), (40 * number, 90, 120)) for number in range(6)]
    pictures[0].save(target, "GIF", save_all=True, append_images=pictures[1:], duration=100, loop=0)


def _save_picture(target: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(target)


def _save_sound_alone(target: Path) -> None:
    with av.open(str(target), "w", format="mp4") as output:
        stream = output.add_stream("aac", rate=16_000, layout="mono")
        noise = np.random.default_rng(2).integers(-9_000, 9_000, (1, 1024), dtype=np.int16)
        for number in range(30):
            frame = av.AudioFrame.from_ndarray(noise, format="s16", layout="mono")
            frame.sample_rate, frame.pts = 16_000, number * 1024
            output.mux(stream.encode(frame))
        output.mux(stream.encode())


def _save_endless_length(target: Path) -> None:
    """The header says that it plays for weeks."""
    content = bytearray(make_video(target.with_suffix(".whole.mp4")).read_bytes())
    at = content.index(b"mvhd") + 4
    (scale,) = struct.unpack_from(">I", content, at + 12)
    struct.pack_into(">I", content, at + 16, min(0xFFFF_FFF0, scale * _LONG_SECONDS))
    target.write_bytes(content)


def _save_noise_inside(target: Path) -> None:
    """The structure is whole, and the pictures are noise."""
    content = bytearray(make_video(target.with_suffix(".whole.mp4"), seconds=4).read_bytes())
    at = content.index(b"mdat") + 64
    end = content.index(b"moov") - 64
    content[at:end] = np.random.default_rng(3).bytes(end - at)
    target.write_bytes(content)


_A_CLEAR_NO = frozenset({REFUSED, FAILED})

BROKEN = (
    Broken("cut.mp4", _save_cut_mp4, frozenset({WAITS}), ("no index yet", "cut off", "announces")),
    Broken("cut.mkv", _save_cut_mkv, frozenset({WAITS, DONE}), ("cut off", "announces", "still")),
    Broken("cut index.mp4", _save_cut_index, frozenset({WAITS}), ("announces", "cut off", "ends too early")),
    Broken("no key frame.mp4", _save_without_key_frame, _A_CLEAR_NO | {DONE}, ("no key frame.mp4",)),
    Broken("thousand streams.mkv", _save_thousand_streams, _A_CLEAR_NO | {DONE}, ("stream",)),
    Broken("huge.mp4", _save_huge_dimensions, _A_CLEAR_NO | {DONE}, ("huge.mp4",)),
    Broken("huge.png", _save_huge_picture, _A_CLEAR_NO | {WAITS}, ("huge.png",)),
    Broken("text.mp4", _save_text, frozenset({REFUSED}), ("text",)),
    Broken("moving.gif", _save_animated_gif, frozenset({DONE})),
    Broken("picture.png", _save_picture, frozenset({DONE})),
    Broken("sound.mp4", _save_sound_alone, frozenset({DONE})),
    Broken("endless.mp4", _save_endless_length, _A_CLEAR_NO | {DONE}, ("endless.mp4",)),
    Broken("noise.mp4", _save_noise_inside, _A_CLEAR_NO | {DONE}, ("noise.mp4",)),
)


def save_broken(broken: Broken, folder: Path, aside: Path) -> Path:
    """Make a broken recording aside, and put it into the folder as it is."""
    aside.mkdir(exist_ok=True)
    broken.save(aside / broken.name)
    return (aside / broken.name).rename(folder / broken.name)
