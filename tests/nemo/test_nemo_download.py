"""Files coming down: whole or not there at all, stopped at once, the token kept at home."""

# ruff: noqa: ASYNC240 -- a test may hold up its own event loop for a moment

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from fake_service import FakeService
from helpers import async_wait_until
from progress import Progress
from raw_server import raw_server
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse

from nemowatch.nemo.attribution import Attribution
from nemowatch.nemo.client import NemoApi, NemoClient
from nemowatch.nemo.download import show_address
from nemowatch.nemo.errors import (
    ApiError,
    DownloadFailed,
    ExportBlocked,
    RateLimited,
    ScopeMissing,
    TokenRejected,
)
from nemowatch.nemo.timeouts import Timeouts

MakeClient = Callable[..., NemoClient]
SKILL = Attribution("opusclip", "1.0.0", "cursor")
CONTENT = os.urandom(3_000_000)


async def test_download_is_whole_and_carries_no_token(
    service: FakeService, api: NemoApi, tmp_path: Path
) -> None:
    service.answers["GET /files/v.mp4"] = Response(CONTENT, media_type="video/mp4")
    progress = Progress()
    target = tmp_path / "v.mp4"
    assert await api.download(f"{service.url}/files/v.mp4?sig=1", target, progress) == len(CONTENT)
    assert hashlib.sha256(target.read_bytes()).digest() == hashlib.sha256(CONTENT).digest()
    assert [path.name for path in tmp_path.iterdir()] == ["v.mp4"]
    headers = service.seen[0].headers
    assert "authorization" not in headers
    assert not any(name.startswith("x-skill") for name in headers)
    assert progress.told[-1] == (len(CONTENT), len(CONTENT))
    assert progress.told == sorted(progress.told)
    assert progress.threads == {threading.main_thread()}


async def test_download_without_a_length_is_taken_to_its_end(
    service: FakeService, api: NemoApi, tmp_path: Path
) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"abc"
        yield b"def"

    service.answers["GET /v.mp4"] = lambda *_: StreamingResponse(body(), media_type="video/mp4")
    assert await api.download("/v.mp4", tmp_path / "v.mp4", Progress()) == 6
    assert (tmp_path / "v.mp4").read_bytes() == b"abcdef"


async def test_download_that_was_compressed_on_the_way_is_unpacked(
    service: FakeService, api: NemoApi, tmp_path: Path
) -> None:
    import gzip

    packed = gzip.compress(b"content" * 1000)
    service.answers["GET /v.mp4"] = Response(packed, headers={"Content-Encoding": "gzip"})
    assert await api.download("/v.mp4", tmp_path / "v.mp4", Progress()) == 7000
    assert (tmp_path / "v.mp4").read_bytes() == b"content" * 1000


@pytest.mark.parametrize(
    ("answer", "words", "retryable"),
    [
        (JSONResponse({"message": "expired"}, 403), "HTTP 403.*expired", False),
        (HTMLResponse("<html>gone", 404), "HTTP 404", False),
        (Response("", 503), "HTTP 503", True),
        (HTMLResponse("<html>Please log in"), "text/html, not a file.*log in", False),
    ],
)
async def test_address_that_gives_no_file_is_told_and_leaves_nothing(
    service: FakeService, api: NemoApi, tmp_path: Path, answer: Response, words: str, retryable: bool
) -> None:
    service.answers["GET /v.mp4"] = answer
    with pytest.raises(DownloadFailed, match=words) as caught:
        await api.download(f"{service.url}/v.mp4?signature=abc", tmp_path / "v.mp4", Progress())
    assert caught.value.retryable is retryable
    assert "signature" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url", ["", "file:///etc/passwd", "http://host:port/x", "ftp://x/y", "not an address"]
)
async def test_address_that_is_none_is_refused(api: NemoApi, tmp_path: Path, url: str) -> None:
    with pytest.raises(DownloadFailed) as caught:
        await api.download(url, tmp_path / "v.mp4", Progress())
    assert not caught.value.retryable


async def test_download_that_is_cut_off_leaves_the_old_file_and_no_part(
    make_client: MakeClient, tmp_path: Path
) -> None:
    async def speak(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 500)
        await writer.drain()

    (tmp_path / "v.mp4").write_bytes(b"old")
    async with raw_server(speak) as url, make_client(url) as client:
        with pytest.raises(DownloadFailed) as caught:
            await client.as_skill(SKILL).download(f"{url}/v", tmp_path / "v.mp4", Progress())
    assert caught.value.retryable
    assert (tmp_path / "v.mp4").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["v.mp4"]


async def test_download_that_stands_still_times_out(make_client: MakeClient, tmp_path: Path) -> None:
    async def speak(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx")
        await writer.drain()
        await asyncio.Event().wait()

    async with raw_server(speak) as url, make_client(url, Timeouts(read=0.1)) as client:
        with pytest.raises(DownloadFailed, match="does not answer in time"):
            await client.as_skill(SKILL).download(f"{url}/v", tmp_path / "v.mp4", Progress())
    assert list(tmp_path.iterdir()) == []


async def test_download_that_drips_for_ever_times_out(make_client: MakeClient, tmp_path: Path) -> None:
    async def speak(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.to_thread(lambda: None)

    async with raw_server(speak) as url, make_client(url, Timeouts(download=0.2)) as client:
        with pytest.raises(DownloadFailed, match=r"longer than 0\.2 s"):
            await client.as_skill(SKILL).download(f"{url}/v", tmp_path / "v.mp4", Progress())


async def test_refusal_that_drips_for_ever_times_out(make_client: MakeClient, tmp_path: Path) -> None:
    async def speak(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 403 No\r\nContent-Length: 100000000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.to_thread(lambda: None)

    async with raw_server(speak) as url, make_client(url, Timeouts(download=0.2)) as client:
        with pytest.raises(DownloadFailed, match=r"longer than 0\.2 s"):
            await client.as_skill(SKILL).download(f"{url}/v", tmp_path / "v.mp4", Progress())


async def test_cancelled_download_stops_at_once_also_while_nothing_comes(
    make_client: MakeClient, tmp_path: Path
) -> None:
    async def speak(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 500)
        await writer.drain()
        await asyncio.Event().wait()

    async with raw_server(speak) as url, make_client(url) as client:
        download = client.as_skill(SKILL).download(f"{url}/v", tmp_path / "v.mp4", Progress())
        task = asyncio.create_task(download)
        await async_wait_until((tmp_path / "v.mp4.part").exists)
        task.cancel()
        started = asyncio.get_running_loop().time()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.get_running_loop().time() - started < 0.5
        assert list(tmp_path.iterdir()) == []


async def test_disk_that_refuses_is_told_as_it_is(service: FakeService, api: NemoApi, tmp_path: Path) -> None:
    service.answers["GET /v.mp4"] = Response(CONTENT)
    with pytest.raises(FileNotFoundError):
        await api.download("/v.mp4", tmp_path / "no folder" / "v.mp4", Progress())


FALLBACK = "GET /api/render/proxy/r1/download"


@pytest.mark.parametrize("url", ["", "/gone.mp4", "http://127.0.0.1:1/v.mp4"])
async def test_render_whose_address_fails_is_fetched_from_the_api_with_the_token(
    service: FakeService, api: NemoApi, tmp_path: Path, url: str
) -> None:
    service.answers[FALLBACK] = Response(CONTENT, media_type="video/mp4")
    assert await api.download(url, tmp_path / "v.mp4", Progress(), render_id="r1") == len(CONTENT)
    assert service.last("/api/render/proxy/r1/download").headers["authorization"] == "Bearer own-token-1234"
    assert all("authorization" not in seen.headers for seen in service.seen[:-1])


async def test_token_does_not_follow_the_api_to_another_host(
    service: FakeService, api: NemoApi, tmp_path: Path
) -> None:
    with FakeService() as elsewhere:
        elsewhere.answers["GET /v.mp4"] = Response(CONTENT, media_type="video/mp4")
        service.answers[FALLBACK] = RedirectResponse(f"{elsewhere.url}/v.mp4")
        await api.download("", tmp_path / "v.mp4", Progress(), render_id="r1")
    assert "authorization" not in elsewhere.seen[0].headers


async def test_token_that_was_left_behind_does_not_come_back_over_later_redirects(
    service: FakeService, api: NemoApi, tmp_path: Path
) -> None:
    with FakeService() as elsewhere, FakeService() as third:
        service.answers[FALLBACK] = RedirectResponse("/here")
        service.answers["GET /here"] = RedirectResponse(f"{elsewhere.url}/there")
        elsewhere.answers["GET /there"] = RedirectResponse(f"{service.url}/back")
        service.answers["GET /back"] = RedirectResponse(f"{third.url}/v.mp4")
        third.answers["GET /v.mp4"] = Response(CONTENT, media_type="video/mp4")
        await api.download("", tmp_path / "v.mp4", Progress(), render_id="r1")
    seen = [*service.seen, *elsewhere.seen, *third.seen]
    assert [request.path for request in seen if "authorization" in request.headers] == [
        "/api/render/proxy/r1/download",
        "/here",
    ]


async def test_render_that_comes_from_neither_place_is_told_with_both_reasons(
    service: FakeService, api: NemoApi, tmp_path: Path
) -> None:
    service.answers["GET /v.mp4"] = Response("", 410)
    service.answers[FALLBACK] = Response("", 500)
    with pytest.raises(DownloadFailed) as caught:
        await api.download("/v.mp4", tmp_path / "v.mp4", Progress(), render_id="r1")
    assert "HTTP 410" in str(caught.value)
    assert "HTTP 500" in str(caught.value)
    assert caught.value.retryable


@pytest.mark.parametrize("refusal", [JSONResponse({}, 401), JSONResponse({"code": 1001})])
async def test_anonymous_token_that_the_api_rejects_at_a_download_is_renewed(
    service: FakeService, make_client: MakeClient, tmp_path: Path, refusal: Response
) -> None:
    def answer(request: Request, _body: bytes) -> Response:
        is_fresh = request.headers["authorization"] == "Bearer fresh-token"
        return Response(CONTENT, media_type="video/mp4") if is_fresh else refusal

    service.answers[FALLBACK] = answer
    async with make_client(service.url, environ={}) as client:
        await client.tokens.get()
        service.answers["POST /api/auth/anonymous-token"] = {"code": 0, "data": {"token": "fresh-token"}}
        size = await client.as_skill(SKILL).download("", tmp_path / "v.mp4", Progress(), render_id="r1")
    assert size == len(CONTENT)


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        (JSONResponse({}, 401), TokenRejected),
        (JSONResponse({"code": 1001}), TokenRejected),
        (JSONResponse({"message": "plan"}, 402), ExportBlocked),
        (JSONResponse({"code": 402}), ExportBlocked),
        (JSONResponse({"message": "scope"}, 403), ScopeMissing),
        (JSONResponse({"code": 403}), ScopeMissing),
        (JSONResponse({}, 429, headers={"Retry-After": "7"}), RateLimited),
        (JSONResponse({"code": 429}), RateLimited),
        (JSONResponse({"message": "no such render"}, 404), DownloadFailed),
        (JSONResponse({"code": 5}), DownloadFailed),
        (JSONResponse({}, 503), DownloadFailed),
    ],
)
async def test_download_that_the_api_refuses_for_the_accounts_sake_is_told_as_such(
    service: FakeService, api: NemoApi, tmp_path: Path, refusal: Response, kind: type[ApiError]
) -> None:
    service.answers[FALLBACK] = refusal
    with pytest.raises(kind) as caught:
        await api.download("", tmp_path / "v.mp4", Progress(), render_id="r1")
    if isinstance(caught.value, ScopeMissing):
        assert caught.value.scope == "render"
    if isinstance(caught.value, RateLimited) and caught.value.status == 429:
        assert caught.value.retry_after_seconds == 7
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("status", [401, 402, 403, 429])
async def test_other_host_says_nothing_about_the_account(
    service: FakeService, api: NemoApi, tmp_path: Path, status: int
) -> None:
    with FakeService() as elsewhere:
        elsewhere.answers["GET /v.mp4"] = JSONResponse({}, status)
        service.answers["GET /v.mp4"] = JSONResponse({}, status)
        service.answers[FALLBACK] = RedirectResponse(f"{elsewhere.url}/v.mp4")
        with pytest.raises(DownloadFailed):
            await api.download("/v.mp4", tmp_path / "v.mp4", Progress(), render_id="r1")


async def test_answer_without_content_is_no_file(service: FakeService, api: NemoApi, tmp_path: Path) -> None:
    service.answers["GET /v.mp4"] = Response(status_code=204)
    with pytest.raises(DownloadFailed, match="HTTP 204 brings no whole file"):
        await api.download("/v.mp4", tmp_path / "v.mp4", Progress())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://cdn.test/a/b.mp4?sig=1#x", "https://cdn.test/a/b.mp4"),
        ("https://user:pass@cdn.test:8443/b", "https://cdn.test:8443/b"),
        ("", "no address"),
        ("http://host:port/x", "an address that is none"),
    ],
)
def test_address_is_shown_without_its_secrets(url: str, shown: str) -> None:
    assert show_address(url) == shown
