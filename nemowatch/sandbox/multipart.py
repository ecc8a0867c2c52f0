"""Reading a multipart body to disk while it arrives; a thread hashes and writes it, a megabyte at a time.

Called by `uploads.py`. Memory stays flat whatever the size: at most one batch is being written while the next one
comes in.
"""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from nemowatch.sandbox.answers import FILE_TOO_LARGE, Refusal
from nemowatch.sandbox.materials import kind_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from typing import BinaryIO

FIELD = "files"
BATCH_BYTES = 1024 * 1024


@dataclass(frozen=True)
class ReceivedFile:
    """One part of the body, on disk."""

    path: Path
    filename: str
    size_bytes: int
    sha256: str


class _OpenPart:
    """A file part that is arriving."""

    def __init__(self, path: Path, filename: str, file: BinaryIO) -> None:
        self.path = path
        self.filename = filename
        self.size_bytes = 0
        self._file = file
        self._digest = hashlib.sha256()

    def write(self, data: bytes) -> None:
        """Called in the writing thread."""
        self._digest.update(data)
        self._file.write(data)

    def finish(self) -> ReceivedFile:
        self._file.close()
        return ReceivedFile(self.path, self.filename, self.size_bytes, self._digest.hexdigest())


class MultipartReader:
    """Sorts a body into files in a folder.

    A file that is refused does not stop the reading: the rest of the body is thrown away, so that the caller,
    who is still sending, gets to read the refusal instead of a broken connection.
    """

    def __init__(self, content_type: str, folder: Path, max_file_bytes: int) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise Refusal(400, "multipart/form-data with a boundary expected")
        self._folder = folder
        self._max_file_bytes = max_file_bytes
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin_part,
                "on_header_field": self._add_header_name,
                "on_header_value": self._add_header_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._open_part,
                "on_part_data": self._add_data,
                "on_part_end": self._end_part,
                "on_end": self._end_body,
            },
        )
        self._open_files = ExitStack()
        self._parts: list[_OpenPart] = []
        self._part: _OpenPart | None = None
        self._is_whole = False
        self._refusal: Refusal | None = None
        self._headers: dict[bytes, bytes] = {}
        self._header_name = self._header_value = b""
        self._batch: list[tuple[_OpenPart, bytes]] = []
        self._batch_bytes = 0

    async def read(self, body: AsyncIterator[bytes]) -> list[ReceivedFile]:
        """Read the whole body.

        Raises:
            Refusal: 400 for a body that is no multipart, 4001 or 4002 for a file.
            ClientDisconnect: it ended early.
        """
        with self._open_files:
            try:
                await self._sort_out(body)
            except FormParserError as error:
                raise Refusal(400, f"the body is no multipart: {error}") from error
            if self._refusal is not None:
                raise self._refusal
            if not self._is_whole:
                raise Refusal(400, "the multipart body ends before its last boundary")
            return [part.finish() for part in self._parts]

    async def _sort_out(self, body: AsyncIterator[bytes]) -> None:
        writing: asyncio.Future[None] | None = None
        async for piece in body:
            self._parser.write(piece)
            if self._batch_bytes >= BATCH_BYTES:
                if writing is not None:
                    await writing
                writing = asyncio.ensure_future(asyncio.to_thread(_write_batch, self._take_batch()))
        if writing is not None:
            await writing
        await asyncio.to_thread(_write_batch, self._take_batch())

    def _take_batch(self) -> list[tuple[_OpenPart, bytes]]:
        batch, self._batch, self._batch_bytes = self._batch, [], 0
        return batch

    def _begin_part(self) -> None:
        self._headers = {}
        self._part = None

    def _add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._header_name.lower()] = self._header_value
        self._header_name = self._header_value = b""

    def _open_part(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        filename = options.get(b"filename", b"").decode("utf-8", "replace")
        if not filename or options.get(b"name", b"").decode("utf-8", "replace") != FIELD:
            return
        try:
            kind_of(filename)
        except Refusal as refusal:
            self._refusal = self._refusal or refusal
            return
        path = self._folder / f"part-{len(self._parts)}"
        file = self._open_files.enter_context(path.open("wb"))
        self._part = _OpenPart(path, filename, file)
        self._parts.append(self._part)

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        if part is None or self._refusal is not None:
            return
        part.size_bytes += end - start
        if part.size_bytes > self._max_file_bytes:
            limit = self._max_file_bytes // 1_000_000
            self._refusal = Refusal(FILE_TOO_LARGE, f"{part.filename} is larger than {limit} MB")
            return
        self._batch.append((part, data[start:end]))
        self._batch_bytes += end - start

    def _end_part(self) -> None:
        self._part = None

    def _end_body(self) -> None:
        self._is_whole = True


def _write_batch(batch: list[tuple[_OpenPart, bytes]]) -> None:
    for part, data in batch:
        part.write(data)
