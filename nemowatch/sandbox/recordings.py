"""Recordings to try things with: scenes, speech-like sound, and a running time code in the picture.

Called by the demo and by tests. Every frame tells its own time, so that a cut can be checked by eye and by pixels.
The same arguments give the same pictures and sound.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, Self

import av
import numpy as np

from nemowatch.sandbox.lettering import draw_letters
from nemowatch.sandbox.speech import Passage, make_speech, plan_speech

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["Passage", "Scene", "make_recording", "plan_scenes", "plan_speech"]

Container = Literal["mp4", "mkv"]

_SOUND_RATE = 48_000
_SCENE_SECONDS = (3.5, 6.5)
_COLOURS = (
    (178, 58, 52),
    (46, 110, 168),
    (58, 138, 74),
    (190, 140, 40),
    (118, 72, 158),
    (40, 140, 140),
    (168, 78, 118),
    (96, 100, 110),
)
_KEYFRAME_SECONDS = 2
_SHAPES = 3


@dataclass(frozen=True)
class Scene:
    """One scene, in seconds. `number` counts from 1; `colour` is its background, red-green-blue."""

    number: int
    start: float
    end: float
    colour: tuple[int, int, int]


def plan_scenes(seconds: float, seed: int) -> tuple[Scene, ...]:
    """The scenes of a recording; cuts fall on tenths of a second, neighbours never share a colour."""
    chance = np.random.default_rng([seed, 0])
    first_colour = int(chance.integers(len(_COLOURS)))
    scenes: list[Scene] = []
    begin = 0.0
    while begin < seconds:
        end = round(begin + float(chance.uniform(*_SCENE_SECONDS)), 1)
        if seconds - end < _SCENE_SECONDS[0] / 2:
            end = seconds
        colour = _COLOURS[(first_colour + 3 * len(scenes)) % len(_COLOURS)]
        scenes.append(Scene(len(scenes) + 1, begin, end, colour))
        begin = end
    return tuple(scenes)


def make_recording(  # noqa: PLR0913 - each but the target is a keyword with a default
    target: Path,
    *,
    seconds: float = 24.0,
    seed: int = 0,
    width: int = 640,
    height: int = 360,
    fps: int = 25,
    container: Container | None = None,
    on_second: Callable[[float], None] | None = None,
) -> Path:
    """Write a recording the way a recorder does: piece by piece, its index at the end. Blocking.

    Args:
        target: the file; its folder must exist.
        seconds: how long it plays.
        seed: chooses colours, shapes and speech.
        width: even, at least 96; so is `height`.
        height: see `width`.
        fps: pictures a second.
        container: by the target's suffix if not given; `mp4` where that says nothing.
        on_second: called with the seconds that are on disk, after each second of the recording. It may take its
            time: that is what a recorder looks like that is still open. What it raises ends the recording there
            and passes through.

    Returns:
        `target`.

    Raises:
        OSError: the file can't be written.
    """
    form = container or ("mkv" if target.suffix.lower() == ".mkv" else "mp4")
    frames = round(seconds * fps)
    sound = make_speech(frames / fps, seed, _SOUND_RATE)
    with _Recorder(target, form, (width, height), fps) as recorder:
        for index, planes in enumerate(_draw_pictures(frames, seed, (width, height), fps)):
            first, last = (round(n * _SOUND_RATE / fps) for n in (index, index + 1))
            recorder.write(planes, sound[first:last], first)
            if on_second is not None and (index + 1) % fps == 0:
                on_second((index + 1) / fps)
    return target


def format_time_code(seconds: float) -> str:
    """The words in the picture: `00:01:05.040`."""
    milliseconds = round(seconds * 1000)
    whole = milliseconds // 1000
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}.{milliseconds % 1000:03d}"


class _Recorder:
    """A file being recorded; what is written is on disk at once, and finished when the block is left."""

    def __init__(self, target: Path, form: Container, size: tuple[int, int], fps: int) -> None:
        # Small clusters, flushed one by one: a recorder's file grows while it records.
        options = {"flush_packets": "1"} | ({"cluster_time_limit": "1000"} if form == "mkv" else {})
        self._output = av.open(
            str(target), "w", format="matroska" if form == "mkv" else "mp4", options=options
        )
        encoder = {
            "preset": "superfast",
            "crf": "23",
            "tune": "zerolatency",
            "g": str(_KEYFRAME_SECONDS * fps),
        }
        self._video = self._output.add_stream("libx264", rate=fps, options=encoder)
        self._video.width, self._video.height = size
        self._video.pix_fmt = "yuv420p"
        self._audio = self._output.add_stream("aac", rate=_SOUND_RATE, layout="mono")
        self._time_base = Fraction(1, fps)
        self._written = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._output:
            if kind is None:
                self._output.mux(self._video.encode())
                self._output.mux(self._audio.encode())

    def write(self, planes: NDArray[np.uint8], samples: NDArray[np.float32], position: int) -> None:
        """Add one picture (planar YUV 4:2:0) and the sound that goes with it, which begins at `position`."""
        picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        picture.pts, picture.time_base = self._written, self._time_base
        self._output.mux(self._video.encode(picture))
        self._written += 1
        sound = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="fltp", layout="mono")
        sound.sample_rate = _SOUND_RATE
        sound.pts, sound.time_base = position, Fraction(1, _SOUND_RATE)
        self._output.mux(self._audio.encode(sound))


def _draw_pictures(frames: int, seed: int, size: tuple[int, int], fps: int) -> Iterator[NDArray[np.uint8]]:
    scenes = list(plan_scenes(frames / fps, seed))
    scene = scenes.pop(0)
    painter = _ScenePainter(scene, seed, size)
    for index in range(frames):
        moment = index / fps
        while scenes and moment >= scenes[0].start - 1e-6:
            scene = scenes.pop(0)
            painter = _ScenePainter(scene, seed, size)
        yield painter.paint(moment)


class _ScenePainter:
    """Draws the pictures of one scene: background, its number, wandering blocks, the time code."""

    def __init__(self, scene: Scene, seed: int, size: tuple[int, int]) -> None:
        self._size = size
        self._background = self._paint_background(scene)
        chance = np.random.default_rng([seed, 3, scene.number])
        self._shapes = [_Shape.draw_lots(chance, size) for _ in range(_SHAPES)]

    def paint(self, moment: float) -> NDArray[np.uint8]:
        """The picture at a time of the recording, as planar YUV 4:2:0."""
        width, height = self._size
        planes = self._background.copy()
        for shape in self._shapes:
            left, top = shape.locate(moment, self._size)
            _fill(planes, self._size, (left, top, shape.width, shape.height), shape.colour)
        scale = max(1, width // 200)
        ink = draw_letters(format_time_code(moment), scale)
        left = (width - ink.shape[1]) // 4 * 2
        top = (height - ink.shape[0] - 8 * scale) // 2 * 2
        strip = (left - 4 * scale, top - 2 * scale, ink.shape[1] + 6 * scale, ink.shape[0] + 4 * scale)
        _fill(planes, self._size, strip, (16, 128, 128))
        planes[top : top + ink.shape[0], left : left + ink.shape[1]][ink] = 235
        return planes

    def _paint_background(self, scene: Scene) -> NDArray[np.uint8]:
        width, height = self._size
        planes = np.empty((height * 3 // 2, width), dtype=np.uint8)
        _fill(planes, self._size, (0, 0, width, height), _to_yuv(scene.colour))
        ink = draw_letters(f"Scene {scene.number}", max(1, width // 106))
        top, left = height // 12, width // 20
        planes[top : top + ink.shape[0], left : left + ink.shape[1]][ink] = 225
        return planes


@dataclass(frozen=True)
class _Shape:
    """A block that swings across the picture. Swings are in turns a second, phases in turns."""

    width: int
    height: int
    colour: tuple[int, int, int]
    swings: tuple[float, float]
    phases: tuple[float, float]

    @classmethod
    def draw_lots(cls, chance: np.random.Generator, size: tuple[int, int]) -> _Shape:
        width, height = (int(side * chance.uniform(0.08, 0.18)) // 2 * 2 for side in size)
        colour = tuple(int(value) for value in chance.integers(60, 256, 3))
        swings = (float(chance.uniform(0.1, 0.35)), float(chance.uniform(0.1, 0.35)))
        phases = (float(chance.random()), float(chance.random()))
        return cls(width, height, _to_yuv((colour[0], colour[1], colour[2])), swings, phases)

    def locate(self, moment: float, size: tuple[int, int]) -> tuple[int, int]:
        """Left and top, even numbers, between the scene's number above and the time code below."""
        across, down = (
            (1 + np.sin(2 * np.pi * (swing * moment + phase))) / 2
            for swing, phase in zip(self.swings, self.phases, strict=True)
        )
        left = int(across * (size[0] - self.width))
        top = int(size[1] * 0.28 + down * (size[1] * 0.5 - self.height))
        return left // 2 * 2, top // 2 * 2


def _fill(
    planes: NDArray[np.uint8],
    size: tuple[int, int],
    box: tuple[int, int, int, int],
    colour: tuple[int, int, int],
) -> None:
    """Fill a box (left, top, width, height; even numbers) of a planar picture with one YUV colour."""
    width, height = size
    left, top = max(box[0], 0), max(box[1], 0)
    right, bottom = box[0] + box[2], box[1] + box[3]
    planes[top:bottom, left:right] = colour[0]
    halves = planes[height:].reshape(2, height // 2, width // 2)
    for half, value in zip(halves, colour[1:], strict=True):
        half[top // 2 : bottom // 2, left // 2 : right // 2] = value


def _to_yuv(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    """Video colours (BT.601, narrow range) of red-green-blue."""
    red, green, blue = colour
    light = 16 + (65.738 * red + 129.057 * green + 25.064 * blue) / 256
    blueness = 128 + (-37.945 * red - 74.494 * green + 112.439 * blue) / 256
    redness = 128 + (112.439 * red - 94.154 * green - 18.285 * blue) / 256
    return round(light), round(blueness), round(redness)
