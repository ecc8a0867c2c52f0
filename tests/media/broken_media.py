"""Files that are wrong in one way each: made from good ones by writing other numbers into them."""

from __future__ import annotations

import struct
import zlib
from itertools import pairwise
from pathlib import Path

import av
import numpy as np


def big(number: int, width: int = 4) -> bytes:
    return number.to_bytes(width, "big")


def little(number: int, width: int = 4) -> bytes:
    return number.to_bytes(width, "little")


def overwrite(source: Path, target: Path, *changes: tuple[bytes, int, bytes]) -> Path:
    """Copy a file with other bytes in it.

    Args:
        source: the good file.
        target: the new one.
        changes: each a mark in it, how far behind the mark's beginning, and what stands there instead, at each place
            that has the mark.
    """
    data = bytearray(source.read_bytes())
    for mark, offset, instead in changes:
        position = data.find(mark)
        assert position >= 0, mark
        while position >= 0:
            data[position + offset : position + offset + len(instead)] = instead
            position = data.find(mark, position + offset + len(instead))
    target.write_bytes(data)
    return target


def copy_packets(source: Path, target: Path, *, skip: int = 0, shift: int = 0) -> Path:
    """Copy a film's picture without its first packets, and with other times."""
    with av.open(str(source)) as container, av.open(str(target), "w") as output:
        stream = output.add_stream_from_template(container.streams.video[0])
        for index, packet in enumerate(container.demux(container.streams.video[0])):
            if packet.dts is None or index < skip:
                continue
            packet.dts += shift
            packet.pts += shift
            packet.stream = stream
            output.mux(packet)
    return target


def make_many_streams(target: Path, count: int) -> Path:
    """A film's container with that many sounds and hardly anything in them."""
    with av.open(str(target), "w") as output:
        streams = [output.add_stream("pcm_s16le", rate=8_000, layout="mono") for _ in range(count)]
        for stream in streams:
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 80), np.int16), format="s16", layout="mono")
            frame.sample_rate, frame.pts = 8_000, 0
            output.mux(stream.encode(frame))
    return target


def make_png_bomb(target: Path, side: int) -> Path:
    """A picture that promises billions of pixels and holds a thousand."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return big(len(data)) + name + data + big(zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1_000), 9)
    target.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )
    return target


def make_flat_film(target: Path, *, count: int = 20, form: str | None = None) -> Path:
    """A film with key frames a second apart and no picture that is shown before it is decoded."""
    with av.open(str(target), "w", format=form) as output:
        stream = output.add_stream("libx264", rate=10, options={"preset": "ultrafast", "g": "10", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for index in range(count):
            pixels = np.full((120, 160, 3), index * 9 % 256, np.uint8)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        output.mux(stream.encode())
    return target


def make_gif(target: Path) -> Path:
    """Ten moving pictures that begin again for ever."""
    with av.open(str(target), "w", format="gif", options={"loop": "0"}) as output:
        stream = output.add_stream("gif", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "rgb8"
        for index in range(10):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), index * 20, np.uint8), format="rgb24")
            output.mux(stream.encode(frame.reformat(format="rgb8")))
        output.mux(stream.encode())
    return target


def make_tiny_pieces(target: Path, beginning: bytes, piece: bytes, size: int) -> Path:
    """A beginning, and then the same small piece again and again."""
    count = size // len(piece)
    block = piece * 10_000
    with target.open("wb") as file:
        file.write(beginning)
        for start, end in pairwise([*range(0, count, 10_000), count]):
            file.write(block[: (end - start) * len(piece)])
    return target
