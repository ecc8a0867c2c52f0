"""The pictures that a daemon delivers are the right ones: the time burned into each is the one it stands for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from film_makers import read_film_codes, read_time_code, read_times, remake, shown_between
from living_house import PLENTY, LivingHouse
from PIL import Image

from nemowatch.sandbox.recordings import make_recording
from nemowatch.sandbox.server import Sandbox

pytestmark = pytest.mark.slow

SECONDS, SIZE = 14, (320, 180)
PROMPTS = ["extract the top 2 viral short clips from this long video", "export 1080p MP4"]
FRAMES = {"every": "700ms", "at": ["0:01.33", "-0.2s", "-1s"]}
_STILL_NAME = re.compile(r"-(?:(\d+)h)?(\d+)m(\d+\.\d+)s\.(?:png|jpg)")
_CODE_SLACK = 0.0015
"""Time codes, and times on the timeline, are told in whole milliseconds."""


@dataclass(frozen=True)
class Delivery:
    """What a job delivered, and the recording from which it did.

    Attributes:
        fps: of the delivered video.
        times: when each picture of the recording begins, which is what is burned into it.
    """

    folder: Path
    fps: float
    times: list[float]

    @property
    def segments(self) -> list[dict[str, Any]]:
        draft = json.loads((self.folder / "timeline.json").read_text())
        (track,) = (track for track in draft["t"] if track["tt"] == 0)
        return list(track["sg"])

    def borders(self) -> list[int]:
        """With which picture of the delivered video each segment begins; the last is behind its end."""
        segments = self.segments
        ends = [*(piece["start"] for piece in segments), segments[-1]["start"] + segments[-1]["d"]]
        return [round(end / 1000 * self.fps) for end in ends]

    def check(self, picture: int, code: float) -> None:
        """A picture of the delivered video, by its number, shows the recording at the time that it should."""
        borders = self.borders()
        at = max(number for number, first in enumerate(borders[:-1]) if first <= picture)
        source = self.segments[at]["src"]["in"] / 1000 + (picture - borders[at]) / self.fps
        wanted = shown_between(self.times, source)
        assert any(abs(code - time) <= _CODE_SLACK for time in wanted), (
            f"picture {picture}, of the recording's {source:.3f} s: the picture of {code} s instead of {wanted}"
        )


def save_mp4(folder: Path) -> Path:
    return record(folder / "talk.mp4")


def save_recorder_mkv(folder: Path) -> Path:
    # 30 pictures a second: their times are no whole milliseconds, which are all that such a file can tell.
    return record(folder / "talk.mkv", fps=30)


def save_phone_mov(folder: Path) -> Path:
    upright = record(folder.parent / "upright.mp4")
    options = {"preset": "ultrafast", "crf": "16", "x265-params": "log-level=none"}
    return remake(upright, folder / "talk.mov", "libx265", rotation=-90, **options)


def save_unsteady(folder: Path) -> Path:
    steady = record(folder.parent / "steady.mp4")
    return remake(steady, folder / "talk.mkv", "libx264", keeps=lambda number: number % 9 in {0, 1, 4, 5})


def save_unsteady_phone_mov(folder: Path) -> Path:
    steady = record(folder.parent / "steady.mp4")
    options = {"preset": "ultrafast", "crf": "16", "x265-params": "log-level=none"}
    return remake(
        steady,
        folder / "talk.mov",
        "libx265",
        rotation=180,
        keeps=lambda number: number % 7 in {0, 1, 2, 5},
        **options,
    )


def record(target: Path, fps: int = 25) -> Path:
    aside = target.with_suffix(".aside")
    make_recording(
        aside,
        seconds=SECONDS,
        seed=5,
        width=SIZE[0],
        height=SIZE[1],
        fps=fps,
        container="mkv" if target.suffix == ".mkv" else "mp4",
    )
    return aside.rename(target)


KINDS = {
    "mp4": save_mp4,
    "recorder's mkv": save_recorder_mkv,
    "turned hevc mov": save_phone_mov,
    "variable frame rate": save_unsteady,
    "turned hevc mov of variable rate": save_unsteady_phone_mov,
}


@pytest.fixture(
    scope="module",
    # The tests of a kind stay together: the daemon works once for all of them.
    params=[
        pytest.param(save, id=kind, marks=pytest.mark.xdist_group(f"pixels of {kind}"))
        for kind, save in KINDS.items()
    ],
)
def delivery(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Delivery]:
    """What comes of a recording with a rule that delivers everything."""
    root = tmp_path_factory.mktemp("pixels")
    save: Callable[[Path], Path] = request.param
    with Sandbox(root / "service", credits=PLENTY) as sandbox:
        house = LivingHouse(root, sandbox)
        deliver = ["video", "clips", "frames"]
        house.write_rules(
            house.rule(prompt=PROMPTS, convert=True, deliver=deliver, frames=FRAMES, tracks={"title": "drop"})
        )
        source = save(house.watched)
        with house.daemon():
            house.wait_until(lambda: house.is_done(source.name), 100)
        folder = house.root / "talks-output" / "shorts" / "talk"
        with av.open(str(folder / "talk.mp4")) as video:
            rate = float(video.streams.video[0].average_rate)
        yield Delivery(folder, rate, read_times(source))


def test_every_picture_of_the_video_is_of_its_time(delivery: Delivery) -> None:
    codes = read_film_codes(delivery.folder / "talk.mp4")
    assert len(codes) == delivery.borders()[-1]
    for number, code in enumerate(codes):
        delivery.check(number, code)


def test_time_in_each_still_is_the_time_in_its_name(delivery: Delivery) -> None:
    stills = sorted((delivery.folder / "frames").iterdir())
    seconds = [read_name(still) for still in stills]
    length = delivery.borders()[-1] / delivery.fps
    assert seconds == sorted(seconds)
    assert seconds[:3] == [0.0, 0.7, 1.33]
    assert {round(length - 1, 3), round(length - 0.2, 3)} <= {*seconds}
    for still, moment in zip(stills, seconds, strict=True):
        with Image.open(still) as image:
            picture = np.asarray(image.convert("RGB"))
        assert picture.shape[:2] == (SIZE[1], SIZE[0])
        delivery.check(int(moment * delivery.fps + 1e-3), read_time_code(picture))


def test_each_clip_has_its_own_pictures_from_the_first_to_the_last(delivery: Delivery) -> None:
    clips = sorted((delivery.folder / "clips").iterdir())
    borders = delivery.borders()
    assert len(borders) == 3, "two clips were asked for"
    assert [clip.name for clip in clips] == [f"talk-{number:02d}.mp4" for number in range(1, len(borders))]
    for clip, first, last in zip(clips, borders, borders[1:], strict=False):
        codes = read_film_codes(clip)
        assert len(codes) == last - first, clip.name
        for number, code in enumerate(codes, first):
            delivery.check(number, code)


def test_manifest_tells_each_clip_by_title_and_score_and_each_still_by_its_time(delivery: Delivery) -> None:
    outputs = json.loads((delivery.folder / "job.json").read_text())["outputs"]
    clips = [output for output in outputs if output["kind"] == "clip"]
    assert [(clip["title"], clip["score"]) for clip in clips] == [
        (piece["m"]["title"], piece["m"]["score"]) for piece in delivery.segments
    ]
    for clip, piece in zip(clips, delivery.segments, strict=True):
        assert clip["start_seconds"] == pytest.approx(piece["start"] / 1000, abs=0.001)
        assert clip["duration_seconds"] == pytest.approx(piece["d"] / 1000, abs=0.06)
    stills = [output for output in outputs if output["kind"] == "frame"]
    assert [still["start_seconds"] for still in stills] == pytest.approx(
        [read_name(Path(still["path"])) for still in stills], abs=0.0006
    )


def read_name(still: Path) -> float:
    """The time in a still's name, in seconds."""
    match = _STILL_NAME.search(still.name)
    assert match is not None, still.name
    return int(match[1] or 0) * 3600 + int(match[2]) * 60 + float(match[3])
