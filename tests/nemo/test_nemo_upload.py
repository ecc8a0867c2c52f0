"""Files going up: whole or not at all, flat in memory, stopped at once."""

# ruff: noqa: ASYNC240 -- a test may hold up its own event loop for a moment

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_service import FakeService
from helpers import async_wait_until, open_files
from hypothesis import given
from hypothesis import strategies as st
from progress import Progress
from raw_server import raw_server
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from nemowatch.nemo import upload
from nemowatch.nemo.answers import UploadedFile
from nemowatch.nemo.attribution import Attribution
from nemowatch.nemo.client import NemoApi, NemoClient
from nemowatch.nemo.errors import (
    FileChanged,
    FileTooLarge,
    ServiceDown,
    SessionNotFound,
    UnexpectedAnswer,
    UnsupportedType,
)
from nemowatch.nemo.timeouts import Timeouts
from nemowatch.nemo.upload import UploadBody, part_header

MakeClient = Callable[..., NemoClient]
SKILL = Attribution("opusclip", "1.0.0", "cursor")
UPLOAD = "POST /api/upload-video/nemo_agent/me/s1"


def take_upload(service: FakeService) -> list[tuple[str, str, bytes]]:
    """Let the service take uploads; the list gets (name, type, content) of each file, as a form parser reads them."""
    taken: list[tuple[str, str, bytes]] = []

    async def answer(request: Request, _body: bytes) -> Response:
        async with request.form() as form:
            for file in form.getlist("files"):
                taken.append((file.filename, file.content_type, await file.read()))
        files = [{"filename": name, "cdn_url": f"https://cdn.test/{name}"} for name, _, _ in taken]
        return JSONResponse({"code": 0, "data": {"files": files, "session_state_applied": True}})

    service.answers[UPLOAD] = answer
    return taken


async def test_several_files_arrive_whole_in_one_request(
    service: FakeService, api: NemoApi, tmp_path: Path
) -> None:
    taken = take_upload(service)
    contents = {"a.mp4": os.urandom(2_500_000), "b.PNG": b"", "c.bin": os.urandom(1024 * 1024)}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    progress = Progress()
    files = await api.upload("s1", [tmp_path / name for name in contents], progress)
    assert [(name, content) for name, _, content in taken] == list(contents.items())
    assert [kind for _, kind, _ in taken] == ["video/mp4", "image/png", "application/octet-stream"]
    assert [file.filename for file in files] == list(contents)
    total = sum(map(len, contents.values()))
    assert progress.told[0] == (0, total)
    assert progress.told[-1] == (total, total)
    assert progress.told == sorted(progress.told)
    assert progress.threads == {threading.main_thread()}
    assert int(service.seen[0].headers["content-length"]) == len(service.seen[0].body)


async def test_files_of_one_name_are_told_apart_by_other_names(
    service: FakeService, api: NemoApi, tmp_path: Path
) -> None:
    taken = take_upload(service)
    files = [tmp_path / folder / "talk.mp4" for folder in ("monday", "tuesday")]
    for file in files:
        file.parent.mkdir()
        file.write_bytes(file.parent.name.encode())
    await api.upload("s1", files, Progress(), names=["talk.mp4", "talk (2).mov"])
    assert taken == [
        ("talk.mp4", "video/mp4", b"monday"),
        ("talk (2).mov", "video/quicktime", b"tuesday"),
    ]


async def test_names_that_are_not_one_for_each_file_are_refused(api: NemoApi, tmp_path: Path) -> None:
    file = tmp_path / "a.mp4"
    file.write_bytes(b"a")
    with pytest.raises(ValueError, match="longer"):
        await api.upload("s1", [file], Progress(), names=["a.mp4", "b.mp4"])


async def test_addresses_are_fetched_by_the_service(service: FakeService, api: NemoApi) -> None:
    service.answers[UPLOAD] = {"code": 0, "data": {"files": [{"filename": "a.mp4", "duration": 3}]}}
    (file,) = await api.upload_urls("s1", ["https://cdn.test/a.mp4?x=1", "https://cdn.test/b.mp4"])
    assert (file.filename, file.duration_seconds) == ("a.mp4", 3.0)
    seen = service.seen[0]
    assert seen.headers["content-type"] == "application/json"
    assert json.loads(seen.body) == {
        "urls": ["https://cdn.test/a.mp4?x=1", "https://cdn.test/b.mp4"],
        "source_type": "url",
    }


async def test_service_that_fetches_addresses_has_time_for_each(make_client: MakeClient) -> None:
    heard = asyncio.Event()
    timeouts = Timeouts(read=0.05, call=0.05, after_upload=0.2)

    async def speak(_writer: asyncio.StreamWriter) -> None:
        heard.set()
        await asyncio.Event().wait()

    async with raw_server(speak) as url, make_client(url, timeouts) as client:
        api, loop = client.as_skill(SKILL), asyncio.get_running_loop()
        started = loop.time()
        with pytest.raises(ServiceDown, match="does not answer in time"):
            await api.upload_urls("s1", ["https://cdn.test/a.mp4", "https://cdn.test/b.mp4"])
        assert heard.is_set()
        assert 0.4 <= loop.time() - started < 5


@pytest.mark.parametrize(
    ("code", "kind"), [(4001, UnsupportedType), (4002, FileTooLarge), (1002, SessionNotFound)]
)
async def test_addresses_that_are_refused_are_told(
    service: FakeService, api: NemoApi, code: int, kind: type[Exception]
) -> None:
    service.answers[UPLOAD] = {"code": code, "message": "no"}
    with pytest.raises(kind):
        await api.upload_urls("s1", ["https://cdn.test/a.exe"])


async def test_what_the_service_tells_of_a_file_is_read(
    service: FakeService, api: NemoApi, tmp_path: Path
) -> None:
    fact = {
        "filename": "v.mp4",
        "file_type": "video",
        "url": "https://x",
        "duration": "30.5",
        "width": 1920.0,
        "fps": "?",
    }
    service.answers[UPLOAD] = {"code": 0, "data": {"files": [{**fact, "hash": "…"}]}}
    (tmp_path / "v.mp4").write_bytes(b"x")
    assert await api.upload("s1", [tmp_path / "v.mp4"], Progress()) == (
        UploadedFile("v.mp4", "video", "https://x", 30.5, 1920, None, None),
    )


@pytest.mark.parametrize(
    "name", ['a "b".mp4', "ünï – 漢字 😀.mp4", "a\r\nX-Evil: 1\r\n.mp4", "back\\slash.mp4", "%22.mp4"]
)
async def test_file_names_survive_the_form(
    service: FakeService, api: NemoApi, tmp_path: Path, name: str
) -> None:
    taken = take_upload(service)
    (tmp_path / name).write_bytes(b"content")
    await api.upload("s1", [tmp_path / name], Progress())
    [(received, _, content)] = taken
    assert content == b"content"
    # As browsers do: these three characters are escaped, all others travel as they are.
    expected = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    assert received in (expected, expected.replace("\\", ""))


@given(st.text(min_size=1).filter(lambda name: "/" not in name and "\0" not in name))
def test_no_file_name_breaks_out_of_its_header(name: str) -> None:
    header = part_header("files", name, "B")
    assert header.startswith(b'--B\r\nContent-Disposition: form-data; name="files"; filename="')
    assert header.count(b"\r\n") == 4
    assert header.count(b'"') == 4


async def test_file_name_that_is_no_utf8_is_sent_readably(
    service: FakeService, api: NemoApi, tmp_path: Path
) -> None:
    taken = take_upload(service)
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.mp4"))
    path.write_bytes(b"x")
    await api.upload("s1", [path], Progress())
    assert taken[0][0] == "caf?.mp4"


async def test_file_that_shrinks_while_uploading_is_told(
    service: FakeService, api: NemoApi, tmp_path: Path
) -> None:
    taken = take_upload(service)
    path = tmp_path / "a.mp4"
    path.write_bytes(bytes(8 * upload.PIECE_BYTES))

    def shrink(done: int, _total: int) -> None:
        if done == upload.PIECE_BYTES:
            os.truncate(path, 100)

    with pytest.raises(FileChanged, match=r"a\.mp4 changed while it was being uploaded: it ended after"):
        await api.upload("s1", [path], shrink)
    assert taken == []


@pytest.mark.parametrize("change", ["grow", "touch"])
async def test_file_that_is_written_to_while_uploading_is_told(
    service: FakeService, api: NemoApi, tmp_path: Path, change: str
) -> None:
    taken = take_upload(service)
    path = tmp_path / "a.mp4"
    path.write_bytes(bytes(2 * upload.PIECE_BYTES))

    def touch(done: int, _total: int) -> None:
        if done != upload.PIECE_BYTES:
            return
        if change == "grow":
            os.truncate(path, 3 * upload.PIECE_BYTES)
        else:
            os.utime(path, ns=(1, 1))

    with pytest.raises(FileChanged):
        await api.upload("s1", [path], touch)
    assert taken == []


async def test_only_regular_files_are_read(api: NemoApi, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(FileChanged, match="no regular file"):
        await api.upload("s1", [tmp_path / "pipe.mp4"], Progress())
    (tmp_path / "link.mp4").symlink_to(tmp_path / "pipe.mp4")
    with pytest.raises(OSError, match="symbolic"):
        await api.upload("s1", [tmp_path / "link.mp4"], Progress())
    with pytest.raises(FileNotFoundError):
        await api.upload("s1", [tmp_path / "gone.mp4"], Progress())


async def test_refused_upload_is_told(service: FakeService, api: NemoApi, tmp_path: Path) -> None:
    service.answers[UPLOAD] = {"code": 4001, "message": "not a video"}
    (tmp_path / "a.mp4").write_bytes(b"x")
    with pytest.raises(UnsupportedType, match="not a video"):
        await api.upload("s1", [tmp_path / "a.mp4"], Progress())


async def test_upload_that_is_answered_without_files_is_unexpected(
    service: FakeService, api: NemoApi, tmp_path: Path
) -> None:
    service.answers[UPLOAD] = {"code": 0, "data": {"files": "none"}}
    (tmp_path / "a.mp4").write_bytes(b"x")
    with pytest.raises(UnexpectedAnswer, match="files"):
        await api.upload("s1", [tmp_path / "a.mp4"], Progress())


async def test_upload_is_sent_again_from_its_start_after_a_renewed_token(
    service: FakeService, make_client: MakeClient, tmp_path: Path
) -> None:
    taken = take_upload(service)
    accept = service.answers[UPLOAD]

    async def answer(request: Request, body: bytes) -> Response:
        if request.headers["authorization"] != "Bearer fresh-token":
            return JSONResponse({}, 401)
        return await accept(request, body)

    service.answers[UPLOAD] = answer
    (tmp_path / "a.mp4").write_bytes(b"content")
    async with make_client(service.url, environ={}) as client:
        await client.tokens.get()
        service.answers["POST /api/auth/anonymous-token"] = {"code": 0, "data": {"token": "fresh-token"}}
        await client.as_skill(SKILL).upload("s1", [tmp_path / "a.mp4"], Progress())
    assert taken == [("a.mp4", "video/mp4", b"content")]


async def test_cancelled_upload_stops_at_once_and_closes_its_files(
    make_client: MakeClient, tmp_path: Path
) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(bytes(30_000_000))
    progress = Progress()
    stuck = asyncio.Event()

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await stuck.wait()  # takes nothing: the upload stands still when the socket's buffers are full
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with make_client(url) as client:
        task = asyncio.create_task(client.as_skill(SKILL).upload("s1", [path], progress))
        await async_wait_until(lambda: len(progress.told) > 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 2)
    stuck.set()
    server.close()
    await async_wait_until(lambda: str(path) not in open_files(tmp_path))


async def test_service_that_takes_nothing_times_out(make_client: MakeClient, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(bytes(30_000_000))
    stuck = asyncio.Event()

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await stuck.wait()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    for timeouts in (Timeouts(upload=0.3), Timeouts(write=0.2, after_upload=0.2)):
        async with make_client(url, timeouts) as client:
            with pytest.raises(ServiceDown, match="while uploading"):
                await client.as_skill(SKILL).upload("s1", [path], Progress())
    stuck.set()
    server.close()


async def test_form_without_files_is_empty() -> None:
    async with UploadBody([], Progress()) as body:
        pieces = [piece async for piece in body.pieces()]
    assert body.total_bytes == 0
    assert int(body.headers["Content-Length"]) == len(b"".join(pieces))
