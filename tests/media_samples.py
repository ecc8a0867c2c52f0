"""Sounds and pictures of every accepted kind, made with PyAV."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np


def make_sound(target: Path, codec: str, form: str) -> Path:
    with av.open(str(target), "w", format=form) as output:
        stream = output.add_stream(codec, rate=44_100, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 44_100), np.int16), format="s16", layout="mono")
        frame.sample_rate = 44_100
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=44_100)
        for block in resampler.resample(frame):
            output.mux(stream.encode(block))
        output.mux(stream.encode())
    return target


def make_picture(target: Path, codec: str, pixels: str, form: str = "image2") -> Path:
    with av.open(str(target), "w", format=form) as output:
        stream = output.add_stream(codec, rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 48, pixels
        if codec == "mjpeg":
            stream.codec_context.color_range = 2
        frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 90, np.uint8), format="rgb24")
        output.mux(stream.encode(frame.reformat(format=pixels)))
        output.mux(stream.encode())
    return target
