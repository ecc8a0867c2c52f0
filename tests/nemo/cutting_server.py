"""A file server on loopback that breaks off its answers where a test wants, and notes what it was asked."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

_RANGE = re.compile(r"bytes=([0-9]+)-")


@dataclass
class CuttingServer:
    """One file under every path.

    Attributes:
        content: the file.
        headers: of every answer that brings content; they tell the file's versions apart.
        cuts: after how many bytes of its body each answer breaks off, in turn; later ones are whole.
        knows_ranges: it answers `Range`; otherwise all of the file comes.
        knows_if_range: it compares `If-Range`; otherwise a range comes from whatever the file is now.
        stalls: after an answer that breaks off it keeps the connection, until the other side leaves.
        is_silent: it never answers, and keeps the connection too.
        is_chunked: it does not tell lengths of whole files.
        starts_at: from where it answers, whatever it was asked.
        content_range: what a part is called, instead of what it is.
        asked: the headers of each request.
        ended: how many conversations have ended.
    """

    content: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"etag": '"v1"'})
    cuts: list[int] = field(default_factory=list)
    knows_ranges: bool = True
    knows_if_range: bool = True
    stalls: bool = False
    is_silent: bool = False
    is_chunked: bool = False
    starts_at: int | None = None
    content_range: str | None = None
    asked: list[dict[str, str]] = field(default_factory=list)
    ended: int = 0
    url: str = ""

    @property
    def ranges(self) -> list[str | None]:
        return [headers.get("range") for headers in self.asked]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[1:]
                asked = dict(line.lower().split(": ", 1) for line in lines if line)
                self.asked.append(asked)
                is_cut = bool(self.cuts)
                if not self.is_silent:
                    head, body = self._answer(asked)
                    writer.write(head + body[: self.cuts.pop(0) if is_cut else None])
                    await writer.drain()
                if self.is_silent or (self.stalls and is_cut):
                    await reader.read()
        finally:
            self.ended += 1
            writer.close()

    def _answer(self, asked: dict[str, str]) -> tuple[bytes, bytes]:
        start = self._start_of(asked)
        if start is None:
            if not self.is_chunked:
                return self._head("200 OK", {"content-length": len(self.content)}), self.content
            chunk = b"%x\r\n%s\r\n0\r\n\r\n" % (len(self.content), self.content)
            return self._head("200 OK", {"transfer-encoding": "chunked"}), chunk
        total = len(self.content)
        if start >= total:
            return self._head("416 Range Not Satisfiable", {"content-length": 0}), b""
        told = self.content_range or f"bytes {start}-{total - 1}/{total}"
        part = {"content-range": told, "content-length": total - start}
        return self._head("206 Partial Content", part), self.content[start:]

    def _start_of(self, asked: dict[str, str]) -> int | None:
        if self.starts_at is not None:
            return self.starts_at
        found = _RANGE.fullmatch(asked.get("range", ""))
        if found is None or not self.knows_ranges:
            return None
        versions = {value.lower() for value in self.headers.values()}
        if self.knows_if_range and asked.get("if-range") not in versions:
            return None
        return int(found[1])

    def _head(self, status: str, fields: dict[str, object]) -> bytes:
        told = {**self.headers, **fields, "connection": "close"}
        return "\r\n".join([f"HTTP/1.1 {status}", *(f"{k}: {v}" for k, v in told.items()), "", ""]).encode()


@contextlib.asynccontextmanager
async def running(server: CuttingServer) -> AsyncIterator[CuttingServer]:
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listener.close()
