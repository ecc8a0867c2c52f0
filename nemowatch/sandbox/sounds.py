"""Reading a file's sound from a time on, at a speed, as one even stream of samples.

Called by `render.py` for clips and music. A reader belongs to one thread and holds a fraction of a second of
samples, however long the file is. Where a file has no sound, or it ends early, there is silence.
"""

from __future__ import annotations

from contextlib import contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import av.filter
import numpy as np
from numpy.typing import NDArray

from nemowatch.media.probe import open_media, pick_sound, translate_faults
from nemowatch.media.sniff import identify
from nemowatch.sandbox.decoding import decode_leniently, start_offset

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av.audio.stream import AudioStream
    from av.container import InputContainer

    from nemowatch.media.sniff import Format

SAMPLE_RATE = 48_000

Samples = NDArray[np.float32]  # 2 rows (left, right), -1 to 1

_PREROLL_SECONDS = 0.1  # an AAC decoder's first frame after a seek is not yet right
_GAP_SECONDS = 0.1  # less is a container's rounding; more is sound that the file leaves out
_SLOWEST, _FASTEST = 0.5, 100.0  # what one tempo filter can do


class SoundReader:
    """Hands out samples in whatever portions are asked for, from a start on. Made by `open_sound`."""

    def __init__(self, blocks: Iterator[Samples]) -> None:
        self._blocks = blocks
        self._waiting: list[Samples] = []
        self._count = 0

    def read(self, count: int) -> Samples:
        """The next samples, silence after the end: an array of 2 rows and `count` columns."""
        while self._count < count:
            block = next(self._blocks, None)
            if block is None:
                block = make_silence(count - self._count)
            self._waiting.append(block)
            self._count += block.shape[1]
        joined = np.concatenate(self._waiting, axis=1) if self._waiting else make_silence(0)
        self._waiting = [joined[:, count:]]
        self._count -= count
        return joined[:, :count]


@contextmanager
def open_sound(
    path: Path, *, start: float = 0.0, speed: float = 1.0, repeat: bool = False
) -> Iterator[SoundReader]:
    """Open a file's sound.

    Args:
        path: any media file; without sound it reads as silence.
        start: seconds into the file.
        speed: above 1 is faster; the pitch stays.
        repeat: begin again at `start` when the file ends, for ever.

    Raises:
        MediaError: the file is no media.
        OSError: the file can't be read.
    """
    found = identify(path)
    if found.kind == "image":
        yield SoundReader(iter(()))
        return
    with open_media(path, found) as container:
        stream = pick_sound(container)
        if stream is None:
            yield SoundReader(iter(()))
        else:
            yield SoundReader(_play(_Source(path, found, container, stream), start, speed, repeat=repeat))


def make_silence(count: int) -> Samples:
    """So many samples of nothing."""
    return np.zeros((2, count), dtype=np.float32)


def _to_samples(frame: av.AudioFrame) -> Samples:
    return frame.to_ndarray().astype(np.float32, copy=False)


class _Source:
    """One open sound stream, decoded to stereo samples that begin exactly where asked."""

    def __init__(self, path: Path, found: Format, container: InputContainer, stream: AudioStream) -> None:
        self._path = path
        self._found = found
        self._container = container
        self._stream = stream
        self._offset = start_offset(container)

    def blocks(self, start: float) -> Iterator[Samples]:
        """Samples from a time on; gaps in the file are filled with silence."""
        if start > 0:
            with translate_faults(self._path, self._found):
                target = max(start - _PREROLL_SECONDS, 0.0) + self._offset
                self._container.seek(int(target * av.time_base))
        written = 0
        surplus = 0
        for moment, block in self._decode():
            position = round((moment - self._offset - start) * SAMPLE_RATE) if moment is not None else written
            if written == 0 and surplus == 0 and position < 0:
                surplus = -position
            if position - written > _GAP_SECONDS * SAMPLE_RATE or (written == 0 and position > 0):
                yield make_silence(position - written)
                written = position
            dropped = min(surplus, block.shape[1])
            surplus -= dropped
            if dropped < block.shape[1]:
                yield block[:, dropped:]
                written += block.shape[1] - dropped

    def _decode(self) -> Iterator[tuple[float | None, Samples]]:
        resampler: av.AudioResampler | None = None
        form: object = None
        with translate_faults(self._path, self._found):
            for frame in decode_leniently(self._container, self._stream):
                # HE-AAC can turn from mono to stereo after its first frames.
                current = (frame.format.name, frame.layout.name, frame.sample_rate)
                if resampler is None or form != current:
                    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=SAMPLE_RATE)
                    form = current
                for block in resampler.resample(frame):
                    yield frame.time if frame.pts is not None else None, _to_samples(block)
            for block in resampler.resample(None) if resampler is not None else ():
                yield None, _to_samples(block)


def _play(source: _Source, start: float, speed: float, *, repeat: bool) -> Iterator[Samples]:
    while True:
        blocks = source.blocks(start)
        is_empty = True
        for block in blocks if speed == 1.0 else _change_tempo(blocks, speed):
            is_empty = False
            yield block
        if not repeat or is_empty:
            return
        start = max(start, 1 / SAMPLE_RATE)  # a start of zero would not rewind


def _change_tempo(blocks: Iterator[Samples], speed: float) -> Iterator[Samples]:
    graph = _build_tempo_graph(speed)
    pushed = 0
    for block in blocks:
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout="stereo")
        frame.sample_rate = SAMPLE_RATE
        frame.pts, frame.time_base = pushed, Fraction(1, SAMPLE_RATE)
        pushed += block.shape[1]
        graph.push(frame)
        yield from _pull_all(graph)
    graph.push(None)
    yield from _pull_all(graph)


def _pull_all(graph: av.filter.Graph) -> Iterator[Samples]:
    while True:
        try:
            frame = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        if isinstance(frame, av.AudioFrame):
            yield _to_samples(frame)


def _build_tempo_graph(speed: float) -> av.filter.Graph:
    graph = av.filter.Graph()
    last = graph.add_abuffer(sample_rate=SAMPLE_RATE, format="fltp", layout="stereo")
    while speed != 1.0:
        factor = min(max(speed, _SLOWEST), _FASTEST)
        speed = 1.0 if factor == speed else speed / factor
        tempo = graph.add("atempo", f"{factor:.6f}")
        last.link_to(tempo)
        last = tempo
    planar = graph.add("aformat", "sample_fmts=fltp")  # the tempo filter works on interleaved samples
    last.link_to(planar)
    planar.link_to(graph.add("abuffersink"))
    graph.configure()
    return graph
