"""Downloads that go on where they stopped, in one call and in later ones, and never join two versions of a file."""

# ruff: noqa: ASYNC240 -- a test may hold up its own event loop for a moment

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from cutting_server import CuttingServer, running
from helpers import async_wait_until
from hypothesis import given, settings
from hypothesis import strategies as st
from progress import Progress

from nemowatch.nemo.client import NemoApi, NemoClient
from nemowatch.nemo.download import Download
from nemowatch.nemo.errors import DownloadFailed
from nemowatch.nemo.resuming import Origin, ResumePoint, origin_from_json, origin_of
from nemowatch.nemo.timeouts import Timeouts
from nemowatch.nemo.transport import shared_tls

MakeClient = Callable[..., NemoClient]

CONTENT = os.urandom(900_000)
OTHER = os.urandom(900_000)
DATES = {"last-modified": "Wed, 18 Mar 2026 10:00:00 GMT", "date": "Wed, 18 Mar 2026 10:05:00 GMT"}
PATIENT = Timeouts(resume_pause=0)


async def fetch(url: str, target: Path, progress: Progress | None = None) -> int:
    """As another process would: with connections of its own, and nothing known but what is on the disk."""
    with httpx.Client(verify=shared_tls()) as http:
        return await Download(http, url, target, headers={}, timeouts=PATIENT).run(progress or Progress())


async def break_off(server: CuttingServer, target: Path, after: int) -> None:
    """Leave a part of so many bytes."""
    server.cuts = [after, 0, 0, 0, 0, 0]
    with pytest.raises(DownloadFailed) as caught:
        await fetch(f"{server.url}/v.mp4?sig=1", target)
    assert caught.value.retryable
    assert (target.with_name("v.mp4.part")).stat().st_size == after
    server.asked.clear()


def names_beside(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir())


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "v.mp4"


async def test_connection_that_breaks_is_followed_by_one_that_goes_on(target: Path) -> None:
    progress = Progress()
    async with running(CuttingServer(CONTENT, cuts=[300_000, 0, 250_000])) as server:
        assert await fetch(server.url, target, progress) == len(CONTENT)
    assert target.read_bytes() == CONTENT
    assert names_beside(target) == ["v.mp4"]
    assert server.ranges == [None, "bytes=300000-", "bytes=300000-", "bytes=550000-"]
    assert [asked.get("if-range") for asked in server.asked] == [None, '"v1"', '"v1"', '"v1"']
    assert progress.told == sorted(progress.told)
    assert {total for _, total in progress.told} == {len(CONTENT)}


async def test_connection_that_breaks_again_and_again_is_given_up_but_not_what_has_come(target: Path) -> None:
    target.write_bytes(b"old")
    async with running(CuttingServer(CONTENT, cuts=[1000] * 9)) as server:
        with pytest.raises(DownloadFailed, match="6000 of 900000 bytes came") as caught:
            await fetch(server.url, target)
        assert caught.value.retryable
        assert len(server.asked) == 6
        assert target.read_bytes() == b"old"
        server.cuts.clear()
        assert await fetch(server.url, target) == len(CONTENT)
    assert server.ranges[-1] == "bytes=6000-"
    assert target.read_bytes() == CONTENT


@settings(max_examples=15)
@given(cuts=st.lists(st.integers(0, 3000), max_size=5), has_etag=st.booleans(), is_chunked=st.booleans())
def test_breaks_at_any_byte_give_the_whole_file(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], has_etag: bool, is_chunked: bool
) -> None:
    async def work() -> bytes:
        headers = {"etag": '"v1"'} if has_etag else DATES
        content = CONTENT[:3000]
        target = tmp_path_factory.mktemp("cuts") / "v.mp4"
        server = CuttingServer(content, headers=headers, cuts=list(cuts), is_chunked=is_chunked)
        async with running(server):
            while True:
                try:
                    await fetch(server.url, target)
                except DownloadFailed:
                    assert server.cuts or cuts, "only a cut is a reason"
                else:
                    return target.read_bytes()

    assert asyncio.run(work()) == CONTENT[:3000]


@pytest.mark.parametrize("headers", [{"etag": '"v1"'}, DATES, {"etag": 'W/"v1"', **DATES}])
async def test_later_call_goes_on_where_the_last_one_stopped(target: Path, headers: dict[str, str]) -> None:
    async with running(CuttingServer(CONTENT, headers=headers)) as server:
        await break_off(server, target, after=400_000)
        assert await fetch(f"{server.url}/v.mp4?sig=1", target) == len(CONTENT)
    assert server.ranges == ["bytes=400000-"]
    assert target.read_bytes() == CONTENT


async def test_address_that_is_signed_anew_is_the_same_file_and_another_one_is_not(target: Path) -> None:
    async with running(CuttingServer(CONTENT)) as server:
        await break_off(server, target, after=400_000)
        server.cuts = [100_000]
        await fetch(f"{server.url}/v.mp4?sig=2", target)
        assert server.ranges == ["bytes=400000-", "bytes=500000-"]
        await break_off(server, target, after=400_000)
        await fetch(f"{server.url}/other.mp4?sig=1", target)
        assert server.ranges == [None]


async def test_date_alone_does_not_vouch_for_another_signature(target: Path) -> None:
    async with running(CuttingServer(CONTENT, headers=DATES)) as server:
        await break_off(server, target, after=400_000)
        await fetch(f"{server.url}/v.mp4?sig=2", target)
        assert server.ranges == [None]


async def test_part_that_was_whole_is_confirmed_by_its_last_byte(target: Path) -> None:
    async with running(CuttingServer(CONTENT)) as server:
        await break_off(server, target, after=400_000)
        target.with_name("v.mp4.part").write_bytes(CONTENT)
        assert await fetch(f"{server.url}/v.mp4", target) == len(CONTENT)
    assert server.ranges == ["bytes=899999-"]
    assert target.read_bytes() == CONTENT


async def test_part_that_is_longer_than_the_file_is_not_gone_on_with(target: Path) -> None:
    async with running(CuttingServer(CONTENT)) as server:
        await break_off(server, target, after=400_000)
        target.with_name("v.mp4.part").write_bytes(CONTENT + b"x")
        await fetch(f"{server.url}/v.mp4", target)
    assert server.ranges == [None]
    assert target.read_bytes() == CONTENT


async def test_server_that_knows_no_ranges_sends_all_of_it_again(target: Path) -> None:
    async with running(CuttingServer(CONTENT)) as server:
        await break_off(server, target, after=400_000)
        server.knows_ranges, server.cuts = False, [10]
        assert await fetch(f"{server.url}/v.mp4", target) == len(CONTENT)
    assert server.ranges == ["bytes=400000-", "bytes=10-"][: len(server.ranges)]
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("knows_if_range", [True, False])
async def test_file_that_has_changed_is_fetched_from_its_start(target: Path, knows_if_range: bool) -> None:
    async with running(CuttingServer(CONTENT, knows_if_range=knows_if_range)) as server:
        await break_off(server, target, after=400_000)
        server.content, server.headers = OTHER, {"etag": '"v2"'}
        assert await fetch(f"{server.url}/v.mp4", target) == len(OTHER)
    assert server.ranges == (["bytes=400000-"] if knows_if_range else ["bytes=400000-", None])
    assert target.read_bytes() == OTHER
    assert names_beside(target) == ["v.mp4"]


@pytest.mark.parametrize("shorter", [1, 400_000, 400_001])
async def test_file_that_has_become_shorter_is_fetched_from_its_start(target: Path, shorter: int) -> None:
    async with running(CuttingServer(CONTENT, knows_if_range=False)) as server:
        await break_off(server, target, after=400_000)
        server.content = OTHER[:shorter]
        assert await fetch(f"{server.url}/v.mp4", target) == shorter
    assert target.read_bytes() == OTHER[:shorter]


@pytest.mark.parametrize(
    "told",
    [
        "bytes 0-899999/900000",
        "bytes 400001-899999/900000",
        "bytes 400000-899998/900000",
        "bytes 400000-899999/900001",
        "bytes 400000-899999/*",
        "bytes 400000-/900000",
        f"bytes 400000-{'9' * 5000}/900000",
        "pages 1-2/3",
    ],
)
async def test_part_that_is_not_the_one_asked_for_is_not_taken(target: Path, told: str) -> None:
    async with running(CuttingServer(CONTENT)) as server:
        await break_off(server, target, after=400_000)
        server.content_range = told
        await fetch(f"{server.url}/v.mp4", target)
    assert server.ranges == ["bytes=400000-", None]
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize(
    "headers", [{}, {"etag": 'W/"v1"'}, {**DATES, "date": DATES["last-modified"]}, {"last-modified": "soon"}]
)
async def test_file_whose_versions_nothing_tells_apart_is_not_gone_on_with(
    target: Path, headers: dict[str, str]
) -> None:
    async with running(CuttingServer(CONTENT, headers=headers, cuts=[400_000])) as server:
        with pytest.raises(DownloadFailed):
            await fetch(server.url, target)
    assert len(server.asked) == 1
    assert names_beside(target) == []


@pytest.mark.parametrize(
    "note",
    [b"", b"\xff", b"[]", b"{}", b"[" * 100_000, b'{"place":1,"validator":"x","total":1}', b"null"],
    ids=range(7),
)
async def test_part_whose_note_is_damaged_begins_again(target: Path, note: bytes) -> None:
    async with running(CuttingServer(CONTENT)) as server:
        await break_off(server, target, after=400_000)
        target.with_name("v.mp4.origin.part").write_bytes(note)
        await fetch(f"{server.url}/v.mp4", target)
    assert server.ranges == [None]
    assert target.read_bytes() == CONTENT


async def test_note_holds_no_address_and_no_signature(target: Path) -> None:
    async with running(CuttingServer(CONTENT)) as server:
        await break_off(server, target, after=400_000)
        note = target.with_name("v.mp4.origin.part").read_text()
    assert json.loads(note).keys() == {"place", "validator", "total"}
    assert "sig" not in note
    assert "127.0.0.1" not in note


async def test_cancelled_download_keeps_what_has_come(target: Path) -> None:
    part = target.with_name("v.mp4.part")
    async with running(CuttingServer(CONTENT, cuts=[400_000], stalls=True)) as server:
        task = asyncio.create_task(fetch(server.url, target))
        await async_wait_until(lambda: part.exists() and part.stat().st_size == 400_000)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await fetch(server.url, target)
    assert server.ranges == [None, "bytes=400000-"]
    assert target.read_bytes() == CONTENT


async def test_answer_that_was_not_asked_for_in_parts_is_no_file(
    target: Path, api: NemoApi, service: object
) -> None:
    server = CuttingServer(CONTENT, knows_if_range=False)
    server.starts_at = 100_000
    async with running(server):
        with pytest.raises(DownloadFailed, match="HTTP 206 brings no whole file"):
            await api.download(server.url, target, Progress())
    assert names_beside(target) == []


texts = st.text(max_size=8) | st.sampled_from(['"v1"', 'W/"v1"', *DATES.values(), "bytes 5-9/10", "9" * 30])


@given(
    st.dictionaries(
        st.sampled_from(
            ["etag", "last-modified", "date", "content-range", "content-length", "content-encoding"]
        ),
        texts.map(lambda text: text.encode("utf-8", "replace")),
    ),
    st.sampled_from([200, 206]),
)
def test_any_headers_are_read_or_mean_that_nothing_can_be_gone_on_with(
    headers: dict[str, bytes], status: int
) -> None:
    response = httpx.Response(status, headers={name.encode(): value for name, value in headers.items()})
    origin = origin_of("https://cdn.test/v", response)
    if origin is not None:
        httpx.Request("GET", "https://cdn.test/v", headers=ResumePoint(5, origin).headers)
        assert origin_from_json(json.loads(json.dumps(vars(origin)))) == origin
    fits = ResumePoint(5, Origin("x", '"v1"', 10)).fits(response)
    assert not fits or headers["content-range"] == b"bytes 5-9/10"
