"""Measuring a file: how loud it is, how much its picture moves, where scenes change and where there are pauses.

Called by `analysis.py`. Pictures are looked at as thumbnails; of a long film only about 600 keyframes are, so that
an hour takes seconds. Sound is heard whole: decoding an hour of it takes about four seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import av
import numpy as np

from nemowatch.media.probe import MediaInfo, open_media, pick_picture, pick_sound, probe, translate_faults
from nemowatch.media.sniff import identify
from nemowatch.sandbox.decoding import decode_leniently, start_offset

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av.container import InputContainer
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

Range = tuple[float, float]
Levels = tuple[float, ...]

WINDOW_SECONDS = 0.1

_HEARING_RATE = 8_000
_POWER_TO_LOUDNESS = 0.3  # ten times the power sounds twice as loud (Stevens)
_THUMBNAIL = (32, 18)
_MOST_PIXELS = 1_500_000_000  # about 4 minutes of 640x360: what may be decoded picture by picture
_MOST_SAMPLES = 600
_NARROWEST_SPREAD = 0.2  # of the loudest; flatter sound has no loud and quiet parts
_PAUSE_LEVEL = 0.12
_SHORTEST_PAUSE_SECONDS = 0.3
_CUT_DIFFERENCE = 12.0  # of 255, mean over the thumbnail; moving things in a scene stay well below
_CUT_TO_USUAL = 4.0
_SCENE_TOO_SHORT_SECONDS = 0.4


@dataclass(frozen=True)
class Analysis:
    """What was measured. Levels are per window, from 0 (this file's quietest, stillest) to 1 (its loudest).

    Attributes:
        duration: seconds.
        window_seconds: how long one window is.
        loudness: empty for a file without sound.
        motion: empty for a file without a moving picture.
        scene_changes: seconds at which another scene begins.
        pauses: stretches of near silence.
    """

    duration: float
    window_seconds: float
    loudness: Levels
    motion: Levels
    scene_changes: tuple[float, ...]
    pauses: tuple[Range, ...]


def analyse(path: Path) -> Analysis:
    """Measure a file. Blocking; the same file gives the same answer.

    Raises:
        MediaError: the file is no media, or can't be opened.
        OSError: the file can't be read.
    """
    info = probe(path)
    loudness, heard_seconds = _measure_loudness(path)
    times, differences = _measure_differences(path, info)
    duration = info.duration_seconds or max(heard_seconds, times[-1] if times.size else 0.0)
    windows = max(1, round(duration / WINDOW_SECONDS))
    levels = _fit_length(loudness, windows)
    return Analysis(
        duration=duration,
        window_seconds=WINDOW_SECONDS,
        loudness=tuple(levels.tolist()),
        motion=tuple(_spread_motion(times, differences, windows).tolist()),
        scene_changes=_find_cuts(times, differences),
        pauses=_find_pauses(levels),
    )


def _measure_loudness(path: Path) -> tuple[NDArray[np.float64], float]:
    samples_per_window = round(_HEARING_RATE * WINDOW_SECONDS)
    powers: list[NDArray[np.float64]] = []
    rest = np.zeros(0, dtype=np.float32)
    for block in _hear(path):
        joined = np.concatenate([rest, block])
        whole = len(joined) // samples_per_window * samples_per_window
        powers.append((joined[:whole].reshape(-1, samples_per_window).astype(np.float64) ** 2).mean(axis=1))
        rest = joined[whole:]
    if not powers:
        return np.zeros(0), 0.0
    sensed = np.concatenate(powers) ** _POWER_TO_LOUDNESS
    narrowest = _NARROWEST_SPREAD * float(sensed.max())
    return _normalise(sensed, narrowest), len(sensed) * WINDOW_SECONDS


def _hear(path: Path) -> Iterator[NDArray[np.float32]]:
    found = identify(path)
    if found.kind == "image":
        return
    resampler: av.AudioResampler | None = None
    form: object = None
    with open_media(path, found) as container, translate_faults(path, found):
        stream = pick_sound(container)
        if stream is None:
            return
        for frame in decode_leniently(container, stream):
            current = (frame.format.name, frame.layout.name, frame.sample_rate)
            if resampler is None or form != current:
                resampler = av.AudioResampler(format="flt", layout="mono", rate=_HEARING_RATE)
                form = current
            for block in resampler.resample(frame):
                yield block.to_ndarray().reshape(-1).astype(np.float32, copy=False)


def _measure_differences(path: Path, info: MediaInfo) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times of the pictures looked at, and how much each differs from the one before, 0 to 255."""
    times: list[float] = []
    differences: list[float] = []
    before: NDArray[np.int16] | None = None
    for moment, frame in _look(path, info):
        small = frame.reformat(*_THUMBNAIL, format="rgb24", interpolation="FAST_BILINEAR")
        thumbnail = small.to_ndarray().astype(np.int16)
        times.append(moment)
        differences.append(float(np.abs(thumbnail - before).mean()) if before is not None else 0.0)
        before = thumbnail
    return np.array(times), np.array(differences)


def _look(path: Path, info: MediaInfo) -> Iterator[tuple[float, av.VideoFrame]]:
    if info.kind != "video":
        return
    found = identify(path)
    with open_media(path, found) as container, translate_faults(path, found):
        stream = pick_picture(container)
        if stream is None:
            return
        stream.thread_type = "AUTO"
        offset = start_offset(container)
        seconds = info.duration_seconds
        pixels = (info.width or 0) * (info.height or 0) * (info.fps or 25) * (seconds or 0)
        is_short = seconds is not None and pixels <= _MOST_PIXELS
        frames = (
            decode_leniently(container, stream) if is_short else _some_keyframes(container, stream, seconds)
        )
        last = -1.0
        for frame in frames:
            moment = frame.time - offset if frame.pts is not None else last
            if moment > last:
                last = moment
                yield moment, frame


def _some_keyframes(
    container: InputContainer, stream: VideoStream, seconds: float | None
) -> Iterator[av.VideoFrame]:
    stream.codec_context.skip_frame = "NONKEY"
    if seconds is None:
        yield from decode_leniently(container, stream)
        return
    for index in range(_MOST_SAMPLES):
        moment = start_offset(container) + seconds * index / _MOST_SAMPLES
        container.seek(int(moment * av.time_base))
        frame = next(decode_leniently(container, stream), None)
        if frame is not None:
            yield frame


def _spread_motion(
    times: NDArray[np.float64], differences: NDArray[np.float64], windows: int
) -> NDArray[np.float64]:
    """Differences per window; where pictures are rarer than windows, each counts until the next one."""
    if times.size < 2:
        return np.zeros(0)
    centres = (np.arange(windows) + 0.5) * WINDOW_SECONDS
    nearest = np.searchsorted(times, centres).clip(0, times.size - 1)
    # A cut is not movement: it counts where scenes change, and would drown everything else here.
    calm = np.minimum(differences, np.percentile(differences, 98))
    smooth = np.convolve(calm[nearest], np.ones(5) / 5, mode="same")[:windows]
    return _normalise(smooth, 0.5)


def _find_cuts(times: NDArray[np.float64], differences: NDArray[np.float64]) -> tuple[float, ...]:
    if times.size < 3:
        return ()
    threshold = max(_CUT_DIFFERENCE, _CUT_TO_USUAL * float(np.median(differences[1:])))
    cuts: list[float] = []
    for moment in times[differences > threshold]:
        if not cuts or moment - cuts[-1] >= _SCENE_TOO_SHORT_SECONDS:
            cuts.append(round(float(moment), 3))
    return tuple(cuts)


def _find_pauses(levels: NDArray[np.float64]) -> tuple[Range, ...]:
    is_quiet = np.concatenate([[0], levels < _PAUSE_LEVEL, [0]]).astype(np.int8)
    edges = np.flatnonzero(np.diff(is_quiet))
    runs = edges.reshape(-1, 2) * WINDOW_SECONDS
    return tuple(
        (round(float(start), 3), round(float(end), 3))
        for start, end in runs
        if end - start >= _SHORTEST_PAUSE_SECONDS - 1e-6
    )


def _normalise(values: NDArray[np.float64], narrowest: float) -> NDArray[np.float64]:
    """Stretch to 0 to 1 between the file's own low and high; all 0.5 where there is no difference to speak of."""
    low, high = (float(value) for value in np.percentile(values, (5, 97)))
    if high - low <= narrowest:
        return np.full_like(values, 0.5)
    return ((values - low) / (high - low)).clip(0.0, 1.0)


def _fit_length(levels: NDArray[np.float64], windows: int) -> NDArray[np.float64]:
    """Sound that is a little shorter or longer than the file; none stays none."""
    if levels.size == 0:
        return levels
    return np.concatenate([levels[:windows], np.zeros(max(0, windows - levels.size))])
