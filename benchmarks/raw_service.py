"""A service that costs next to nothing: just enough of the API for a whole job, as fast as the kernel moves bytes.

    python -m benchmarks.raw_service FILE

Uploads are counted and thrown away, every download is FILE, sent by the kernel itself. NemoWatch and curl talk to
the same one, so that what differs between them is theirs. The first line it prints is its address. When each
upload's first and last byte came stands under `/_bench/uploads`, in seconds of the system's monotonic clock.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.pages import warm_pages

_BUFFER_BYTES = 4 * 1024 * 1024
_SESSION = re.compile(r"/me/(\w+)|\"session_id\": ?\"(\w+)\"")
_UPLOAD = "/api/upload-video/nemo_agent/me/"
_DOWNLOADS = "/cdn/"


@dataclass(frozen=True)
class Upload:
    """One upload as it arrived: moments of the monotonic clock, in seconds; `name` is its session's."""

    session_id: str
    name: str
    first_byte: float
    last_byte: float
    body_bytes: int


class Book:
    """What the service knows: its sessions' edits, its file, and the uploads that came."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.address = ""
        self.uploads: list[Upload] = []
        self._names: dict[str, str] = {}
        self._uploads_of: Counter[str] = Counter()
        self._prompts_of: Counter[str] = Counter()

    def note_upload(self, path: str, first_byte: float, body_bytes: int) -> None:
        """An upload has come in whole, just now."""
        session_id = _session_in(path)
        name = self._names.get(session_id, "")
        self.uploads.append(Upload(session_id, name, first_byte, time.monotonic(), body_bytes))
        self._uploads_of[session_id] += 1

    def answer(self, path: str, body: str) -> tuple[str, bytes]:
        """The content type and the body of the answer to anything but an upload or a download."""
        if path == "/run_sse":
            self._prompts_of[_session_in(body)] += 1
            return "text/event-stream", b'data: {"type":"text","content":"Done."}\n\n'
        if path == "/_bench/uploads":
            return "application/json", json.dumps([asdict(upload) for upload in self.uploads]).encode()
        return "application/json", json.dumps({"code": 0, "data": self._data_of(path, body)}).encode()

    def _data_of(self, path: str, body: str) -> dict[str, Any]:
        if path.endswith("/anonymous-token"):
            expires = "2099-01-01T00:00:00Z"
            return {"token": "nmv_usr_bench", "user_id": "anon_bench", "expires_at": expires}
        if "/with-session/" in path:
            session_id = str(len(self._names) + 1)
            self._names[session_id] = json.loads(body)["task_name"]
            return {"task_id": f"task_{session_id}", "session_id": session_id, "user_id": "anon_bench"}
        if path.endswith("/claim-token"):
            return {"claim_token": "clm_bench", "expires_in": 604_800}
        if "/credits/" in path:
            return {"available": 1000, "frozen": 0, "total": 1000}
        if path.startswith("/api/state/"):
            return {"state": self._state_of(_session_in(path))}
        warm_pages(self.file.with_suffix(".scratch"), self.file.stat().st_size)
        return {"id": "render", "status": "completed", "outputUrl": f"{self.address}{_DOWNLOADS}render.mp4"}

    def _state_of(self, session_id: str) -> dict[str, Any]:
        uploads, prompts = self._uploads_of[session_id], self._prompts_of[session_id]
        segment = {"id": f"{uploads}-{prompts}", "start": 0, "d": 2000, "m": {"title": "clip"}}
        draft = {"t": [{"tt": 0, "sg": [segment]}], "d": 2000} if uploads else {}
        return {"draft": draft, "video_infos": [{"name": "file"}] * uploads, "generated_media": []}


def _session_in(text: str) -> str:
    found = _SESSION.search(text)
    return (found[1] or found[2]) if found else ""


class Connection(asyncio.BufferedProtocol):
    """One connection: request after request, none before the one ahead of it was answered."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._buffer = bytearray(_BUFFER_BYTES)
        self._head = b""
        self._path = ""
        self._body = b""
        self._left = 0
        self._length = 0
        self._first_byte = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def get_buffer(self, _size: int) -> memoryview:
        return memoryview(self._buffer)

    def buffer_updated(self, count: int) -> None:
        if self._left:
            self._take(memoryview(self._buffer)[:count])
            return
        if not self._head:
            self._first_byte = time.monotonic()
        self._head += bytes(self._buffer[:count])
        head, end, rest = self._head.partition(b"\r\n\r\n")
        if end:
            self._head = b""
            self._begin(head.decode(), memoryview(rest))

    def _begin(self, head: str, rest: memoryview) -> None:
        request, *lines = head.split("\r\n")
        fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        self._path = request.split(" ")[1]
        self._body = b""
        self._length = self._left = int(fields.get("content-length", 0))
        if "expect" in fields:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._take(rest)

    def _take(self, piece: memoryview) -> None:
        self._left -= len(piece)
        is_upload = self._path.startswith(_UPLOAD)
        if not is_upload:
            self._body += piece
        if self._left:
            return
        if is_upload:
            self._book.note_upload(self._path, self._first_byte, self._length)
            self._send("application/json", b'{"code":0,"data":{"files":[{"filename":"file.mp4"}]}}')
        elif self._path.startswith(_DOWNLOADS):
            self._sending = asyncio.get_running_loop().create_task(self._send_file())
        else:
            self._send(*self._book.answer(self._path, self._body.decode()))

    def _send(self, content_type: str, body: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode() + body)

    async def _send_file(self) -> None:
        with self._book.file.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            head = f"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: {size}\r\n\r\n"
            self._transport.write(head.encode())
            await asyncio.get_running_loop().sendfile(self._transport, file)


async def serve(file: Path) -> None:
    """Say the address on the first line, then serve until killed."""
    book = Book(file)
    server = await asyncio.get_running_loop().create_server(lambda: Connection(book), "127.0.0.1", 0)
    book.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    print(book.address, flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
