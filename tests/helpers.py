"""What tests share: waiting with a deadline, a clock to move, small recordings made with PyAV."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import av
import numpy as np


def wait_until(predicate: Callable[[], object], timeout: float = 60.0) -> None:
    """Look again every few milliseconds until the predicate holds; fail when the time is up."""
    deadline = time.monotonic() + timeout
    pause = threading.Event()
    while not predicate():
        if time.monotonic() > deadline:
            raise AssertionError(f"still not so after {timeout} s: {predicate}")
        pause.wait(0.01)


async def async_wait_until(predicate: Callable[[], object], timeout: float = 60.0) -> None:
    """The same without blocking the event loop."""
    pause = asyncio.Event()
    async with asyncio.timeout(timeout):
        while not predicate():
            try:
                await asyncio.wait_for(pause.wait(), 0.01)
            except TimeoutError:
                continue


class FakeClock:
    """A clock that stands still until a test moves it; sleepers wake when their time has come."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self._now = now
        self._monotonic = 0.0
        self._sleepers: list[tuple[float, asyncio.Event]] = []

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            return
        wake = asyncio.Event()
        self._sleepers.append((self._monotonic + seconds, wake))
        await wake.wait()

    def set(self, now: float) -> None:
        """Set it as a user does: nobody who sleeps wakes up for it."""
        self._now = now

    def move(self, seconds: float) -> None:
        self._now += seconds
        self._monotonic += seconds
        for due, wake in self._sleepers:
            if due <= self._monotonic:
                wake.set()


_VIDEOS: dict[tuple[object, ...], bytes] = {}  # a hundred tests use the same few


def make_video(
    target: Path,
    *,
    seconds: float = 2.0,
    width: int = 160,
    height: int = 120,
    fps: int = 10,
    audio: bool = True,
    seed: int = 0,
    key_frame_every: int = 250,
) -> Path:
    """Write a small H.264/AAC recording whose picture changes with the time and the seed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    kind = (target.suffix, seconds, width, height, fps, audio, seed, key_frame_every)
    if kind in _VIDEOS:
        target.write_bytes(_VIDEOS[kind])
        return target
    with av.open(str(target), "w") as container:
        video = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast"})
        video.gop_size = key_frame_every
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        sound = container.add_stream("aac", rate=16_000, layout="mono") if audio else None
        for index in range(int(seconds * fps)):
            picture = np.full((height, width, 3), (index * 5 + seed * 40) % 256, dtype=np.uint8)
            picture[:, : width // 2, 0] = (seed * 70) % 256
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(video.encode())
        if sound is not None:
            time_axis = np.arange(int(seconds * 16_000)) / 16_000
            wave = (np.sin(2 * np.pi * (220 + 20 * seed) * time_axis) * 12_000).astype(np.int16)
            for start in range(0, len(wave), 1024):
                piece = wave[start : start + 1024].reshape(1, -1)
                frame = av.AudioFrame.from_ndarray(piece, format="s16", layout="mono")
                frame.sample_rate = 16_000
                frame.pts = start
                container.mux(sound.encode(frame))
            container.mux(sound.encode())
    _VIDEOS[kind] = target.read_bytes()
    return target


def open_files(folder: Path) -> list[str]:
    """What this process has open in a folder; what is closed while it looks does not count."""
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found.append(str(entry.readlink()))
    return [name for name in found if name.startswith(str(folder))]
