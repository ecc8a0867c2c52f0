"""Each version of a file is looked into once, whoever asks. The workers are real; what they are asked is counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path

import pytest
from helpers import make_video

from nemowatch.media import probing
from nemowatch.media.errors import IncompleteMedia, NotMedia
from nemowatch.media.probe import MediaInfo
from nemowatch.media.probing import Probes
from nemowatch.media.workers import Workers


class CountingWorkers(Workers):
    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    async def run(self, work, path, **named):
        self.asked.append(path.name)
        return await super().run(work, path, **named)


@pytest.fixture
async def workers() -> AsyncIterator[CountingWorkers]:
    workers = CountingWorkers()
    yield workers
    await workers.close()


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    return make_video(tmp_path_factory.mktemp("films") / "talk.mp4", seconds=1.0)


def look(probes: Probes, path: Path, **changed: object) -> Awaitable[MediaInfo]:
    status = path.stat()
    version = {"size": status.st_size, "mtime_ns": status.st_mtime_ns, "inode": status.st_ino}
    return probes.probe(path, **{**version, **changed})


async def test_version_is_looked_into_once(workers, film):
    probes = Probes(workers)
    first = await look(probes, film)
    assert (first.width, first.height) == (160, 120)
    assert await look(probes, film) == first
    assert workers.asked == ["talk.mp4"]


@pytest.mark.parametrize("changed", ["size", "mtime_ns", "inode"])
async def test_another_version_is_looked_into_anew(workers, film, changed):
    probes = Probes(workers)
    await look(probes, film)
    await look(probes, film, **{changed: 1})
    assert len(workers.asked) == 2


async def test_all_who_ask_at_the_same_time_share_one_look(workers, film):
    probes = Probes(workers)
    found = await asyncio.gather(*(look(probes, film) for _ in range(5)))
    assert found == [found[0]] * 5
    assert len(workers.asked) == 1


async def test_one_that_gives_up_does_not_take_the_answer_from_the_others(workers, film):
    probes = Probes(workers)
    first, second = (asyncio.create_task(look(probes, film)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).kind == "video"
    assert first.cancelled()


async def test_what_is_no_media_stays_so(workers, tmp_path):
    text = tmp_path / "diary.mp4"
    text.write_text("Dear diary.\n" * 1000)
    probes = Probes(workers)
    errors = []
    for _ in range(2):
        with pytest.raises(NotMedia) as raised:
            await look(probes, text)
        errors.append(raised.value)
    assert str(errors[0]) == str(errors[1])
    assert errors[0] is not errors[1]
    assert len(workers.asked) == 1


async def test_file_that_may_become_whole_is_looked_into_again(workers, film, tmp_path):
    half = tmp_path / "half.mp4"
    half.write_bytes(film.read_bytes()[:-5000])
    probes = Probes(workers)
    for _ in range(2):
        with pytest.raises(IncompleteMedia):
            await look(probes, half)
    assert len(workers.asked) == 2


async def test_file_that_is_gone_is_told_and_looked_for_again(workers, tmp_path):
    probes = Probes(workers)
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            await probes.probe(tmp_path / "gone.mp4", size=1, mtime_ns=1, inode=1)
    assert len(workers.asked) == 2


async def test_only_so_many_are_kept_and_the_oldest_goes_first(workers, film, monkeypatch):
    monkeypatch.setattr(probing, "_MOST_KEPT", 2)
    probes = Probes(workers)
    for inode in (1, 2, 1, 3, 1, 2):
        await look(probes, film, inode=inode)
    assert len(workers.asked) == 4


async def test_converting_rule_asks_anew(workers, film):
    probes = Probes(workers)
    assert (await look(probes, film)).kind == (await look(probes, film, foreign=True)).kind
    assert len(workers.asked) == 2
