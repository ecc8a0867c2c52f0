"""Rendering a timeline for real: cuts, joins, scales, speeds up, mixes, burns words in, and writes an MP4.

Called by the service's render worker, in a thread of its own. One pass, one picture at a time: memory does not
grow with the length. The constant frame rate and the size are those of the first clip that has a picture.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Self

import av
import numpy as np
from av.video.frame import PictureType

from nemowatch.sandbox.captions import Caption, CaptionPainter
from nemowatch.sandbox.pictures import (
    PictureFitter,
    PictureReader,
    Size,
    fit_within,
    make_dark,
    open_pictures,
)
from nemowatch.sandbox.sounds import SAMPLE_RATE, Samples, SoundReader, make_silence, open_sound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

__all__ = ["Caption", "Clip", "RenderResult", "SoundTrack", "render_timeline"]

_PORTRAIT_BOX: Size = (1080, 1920)
_LANDSCAPE_BOX: Size = (1920, 1080)
_DARK_SIZE: Size = (640, 360)  # where there is sound and nothing to see
_DEFAULT_FPS = Fraction(25)
_COMMON_FPS = tuple(Fraction(rate) / drop for rate in (24, 30, 60) for drop in (1, Fraction(1001, 1000)))
_FASTEST_FPS = 60
_PROGRESS_STEPS = 100


@dataclass(frozen=True)
class Clip:
    """A stretch of a file, in seconds of that file. Of a still image only the length counts."""

    path: Path
    start: float
    end: float
    speed: float = 1.0
    muted: bool = False

    @property
    def duration(self) -> float:
        """How long it plays."""
        return (self.end - self.start) / self.speed


@dataclass(frozen=True)
class SoundTrack:
    """Music or another sound under everything. `start` and `end` are seconds on the timeline.

    Attributes:
        volume: 0 is silent, 1 as recorded.
        repeat: begin again when the file is shorter than the stretch.
    """

    path: Path
    start: float
    end: float
    volume: float = 1.0
    repeat: bool = False


@dataclass(frozen=True)
class RenderResult:
    """What was written."""

    duration_seconds: float
    size_bytes: int
    width: int
    height: int


def render_timeline(
    clips: Sequence[Clip],
    target: Path,
    *,
    captions: Sequence[Caption] = (),
    sounds: Sequence[SoundTrack] = (),
    progress: Callable[[float], None] | None = None,
    size: Size | None = None,
) -> RenderResult:
    """Write the clips one after the other as H.264/AAC MP4, index in front. Blocking.

    Args:
        clips: in the order of the timeline; none is fine where there are sounds.
        target: the file to write, whatever its suffix; it is gone again when this raises.
        captions: words to burn in.
        sounds: mixed under the clips' own sound.
        progress: called with 0 to 1; what it raises ends the render and passes through (a cancel).
        size: pictures are fitted into this instead of the first clip's size; shrunk to what the service allows.

    Raises:
        ValueError: there is nothing to render, or a clip ends before it begins.
        MediaError: a source can't be decoded.
        OSError: a source can't be read, or the target not written.
    """
    _require_content(clips, sounds)
    look = _plan_look(clips, size)
    try:
        with _Writer(target, look) as writer, ExitStack() as opened:
            beds = [_MusicBed(track, opened) for track in sounds]
            painter = CaptionPainter(captions, look.size)
            total = _count_frames(clips, sounds, look.fps)
            report = _Reporter(progress, total)
            for index, (picture, samples) in enumerate(_play_all(clips, look, total)):
                for bed in beds:
                    bed.mix_into(samples, writer.samples_written)
                writer.write(painter.paint(picture, float(index / look.fps)), samples)
                report(index + 1)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return RenderResult(float(total / look.fps), target.stat().st_size, *look.size)


@dataclass(frozen=True)
class _Look:
    size: Size
    fps: Fraction


def _require_content(clips: Sequence[Clip], sounds: Sequence[SoundTrack]) -> None:
    if not clips and not sounds:
        raise ValueError("the timeline is empty")
    for clip in clips:
        if clip.end <= clip.start or clip.speed <= 0:
            raise ValueError(
                f"{clip.path.name}: {clip.start} to {clip.end} at {clip.speed} is no stretch of time"
            )


def _plan_look(clips: Sequence[Clip], size: Size | None) -> _Look:
    first_size, fps = None, None
    for path in dict.fromkeys(clip.path for clip in clips):
        with open_pictures(path) as reader:
            if reader is None:
                continue
            first_size = first_size or reader.size
            fps = _round_fps(reader.fps)
        if fps is not None:
            break
    wanted = size or first_size or _DARK_SIZE
    box = _PORTRAIT_BOX if wanted[1] > wanted[0] else _LANDSCAPE_BOX
    return _Look(fit_within(wanted, box), fps or _DEFAULT_FPS)


def _round_fps(fps: float | None) -> Fraction | None:
    """A rate that players know: recorders write 29.87 and mean 30; nothing is gained above 60."""
    if fps is None:
        return None
    exact = Fraction(min(max(fps, 1.0), _FASTEST_FPS)).limit_denominator(1001)
    nearest = min(_COMMON_FPS, key=lambda common: abs(common - exact))
    return nearest if abs(nearest - exact) < nearest / 100 else exact


def _count_frames(clips: Sequence[Clip], sounds: Sequence[SoundTrack], fps: Fraction) -> int:
    seconds = sum(clip.duration for clip in clips) if clips else max(track.end for track in sounds)
    return max(1, round(seconds * fps))


def _play_all(clips: Sequence[Clip], look: _Look, total: int) -> Iterator[tuple[av.VideoFrame, Samples]]:
    """All pictures with their share of the sound. Cuts fall on whole frames, counted from the very beginning."""
    if not clips:
        yield from _play_dark(look, range(total))
        return
    ends = [0.0]
    for clip in clips:
        ends.append(ends[-1] + clip.duration)
    borders = [*(round(end * look.fps) for end in ends[:-1]), total]
    fitter = PictureFitter(look.size)
    for clip, (first, last) in zip(clips, pairwise(borders), strict=True):
        with open_pictures(clip.path) as reader, ExitStack() as opened:
            sound = None
            if not clip.muted:
                sound = opened.enter_context(open_sound(clip.path, start=clip.start, speed=clip.speed))
            pictures = _play_pictures(clip, reader, fitter, look, last - first)
            for index, picture in zip(range(first, last), pictures, strict=True):
                yield picture, _read_sound(sound, _count_samples(index, look.fps))


def _play_pictures(
    clip: Clip, reader: PictureReader | None, fitter: PictureFitter, look: _Look, count: int
) -> Iterator[av.VideoFrame]:
    if reader is None:
        yield from [make_dark(look.size)] * count
        return
    shown: av.VideoFrame | None = None
    fitted: av.VideoFrame | None = None
    for index in range(count):
        frame = reader.show_at(clip.start + float(index / look.fps) * clip.speed)
        if fitted is None or frame is not shown:
            shown, fitted = frame, fitter.fit(frame, reader.sample_aspect_ratio)
        yield fitted


def _play_dark(look: _Look, indexes: range) -> Iterator[tuple[av.VideoFrame, Samples]]:
    dark = make_dark(look.size)
    for index in indexes:
        yield dark, make_silence(_count_samples(index, look.fps))


def _read_sound(sound: SoundReader | None, count: int) -> Samples:
    return sound.read(count).copy() if sound is not None else make_silence(count)


def _count_samples(index: int, fps: Fraction) -> int:
    """How many samples belong to a frame, so that sound and picture never drift apart."""
    return int((index + 1) * SAMPLE_RATE / fps) - int(index * SAMPLE_RATE / fps)


class _MusicBed:
    """One sound track, opened when its time comes."""

    def __init__(self, track: SoundTrack, opened: ExitStack) -> None:
        self._track = track
        self._opened = opened
        self._reader: SoundReader | None = None
        self._first = round(track.start * SAMPLE_RATE)
        self._last = round(track.end * SAMPLE_RATE)

    def mix_into(self, samples: Samples, position: int) -> None:
        """Add what sounds at this position (in samples) to the samples given."""
        begin = max(self._first - position, 0)
        end = min(self._last - position, samples.shape[1])
        if end <= begin:
            return
        if self._reader is None:
            sound = open_sound(self._track.path, repeat=self._track.repeat)
            self._reader = self._opened.enter_context(sound)
        samples[:, begin:end] += self._reader.read(end - begin) * np.float32(self._track.volume)


class _Writer:
    """An MP4 file being written; leaving the block finishes it."""

    def __init__(self, target: Path, look: _Look) -> None:
        self._output = av.open(str(target), "w", format="mp4", options={"movflags": "+faststart"})
        self._video = self._output.add_stream(
            "libx264", rate=look.fps, options={"preset": "veryfast", "crf": "21"}
        )
        self._video.width, self._video.height = look.size
        self._video.pix_fmt = "yuv420p"
        self._video.codec_context.time_base = 1 / look.fps
        self._audio = self._output.add_stream("aac", rate=SAMPLE_RATE, layout="stereo")
        self._time_base = 1 / look.fps
        self._frames_written = 0
        self.samples_written = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._output:
            if kind is None:
                self._output.mux(self._video.encode())
                self._output.mux(self._audio.encode())

    def write(self, picture: av.VideoFrame, samples: Samples) -> None:
        """Add one picture and the sound that goes with it."""
        picture.pts, picture.time_base = self._frames_written, self._time_base
        picture.pict_type = PictureType.NONE  # else the encoder copies the source's keyframes
        self._output.mux(self._video.encode(picture))
        self._frames_written += 1
        sound = av.AudioFrame.from_ndarray(samples.clip(-1.0, 1.0), format="fltp", layout="stereo")
        sound.sample_rate = SAMPLE_RATE
        sound.pts, sound.time_base = self.samples_written, Fraction(1, SAMPLE_RATE)
        self._output.mux(self._audio.encode(sound))
        self.samples_written += samples.shape[1]


class _Reporter:
    """Passes progress on, a hundred times a render at most."""

    def __init__(self, progress: Callable[[float], None] | None, total: int) -> None:
        self._progress = progress
        self._total = total
        self._step = max(1, total // _PROGRESS_STEPS)

    def __call__(self, done: int) -> None:
        if self._progress is not None and (done % self._step == 0 or done == self._total):
            self._progress(done / self._total)
