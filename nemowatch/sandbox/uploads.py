"""Uploads: files in the body, or addresses to fetch; what arrived goes into the session's timeline.

Called by `app.py`. An upload is all or nothing: where one file is refused, none is taken.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import shutil
import urllib.request
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.parse import unquote, urlsplit

from nemowatch.sandbox.answers import FILE_TOO_LARGE, UNSUPPORTED_TYPE, JsonObject, Refusal
from nemowatch.sandbox.ledger import Ledger, UploadEntry
from nemowatch.sandbox.materials import kind_of, make_material
from nemowatch.sandbox.multipart import MultipartReader, ReceivedFile
from nemowatch.sandbox.sessions import describe_file

if TYPE_CHECKING:
    from starlette.requests import Request

    from nemowatch.sandbox.options import SandboxOptions
    from nemowatch.sandbox.sessions import Session
    from nemowatch.sandbox.shelf import Shelf
    from nemowatch.sandbox.timeline import Material

FETCH_SECONDS = 60.0

_FETCH_PIECE_BYTES = 1024 * 1024


class UploadDesk:
    """Takes files in."""

    def __init__(self, options: SandboxOptions, shelf: Shelf, ledger: Ledger) -> None:
        self._options = options
        self._shelf = shelf
        self._ledger = ledger

    async def receive(self, request: Request, session: Session, base_url: str) -> JsonObject:
        """Take in what a request brings and answer as the API does.

        Raises:
            Refusal: 400 for a body that is neither form, 4001 or 4002 for a file, 4001 too for an address that
                can't be fetched.
            ClientDisconnect: the caller went away in the middle; nothing is kept.
        """
        arriving = session.folder / f"upload-{secrets.token_hex(4)}"
        arriving.mkdir()
        try:
            received = await self._read_body(request, arriving)
            materials = await asyncio.to_thread(self._shelve, received)
        except BaseException:
            shutil.rmtree(arriving, ignore_errors=True)
            raise
        async with session.busy:
            session.content = session.content.with_uploads(materials)
        for file in materials:
            self._ledger.record_upload(
                UploadEntry(session.session_id, file.filename, file.size_bytes, file.sha256)
            )
        described = [describe_file(file, base_url) for file in materials]
        return {"files": described, "session_state_applied": True}

    async def _read_body(self, request: Request, folder: Path) -> list[ReceivedFile]:
        content_type = request.headers.get("content-type", "")
        if content_type.startswith("application/json"):
            return await self._fetch_addresses(await _read_json(request), folder)
        reader = MultipartReader(content_type, folder, self._options.max_file_bytes)
        return await reader.read(request.stream())

    async def _fetch_addresses(self, body: object, folder: Path) -> list[ReceivedFile]:
        urls = body.get("urls") if isinstance(body, dict) else None
        if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
            raise Refusal(400, "urls must be a list of addresses")
        for url in urls:
            kind_of(_name_in(url))
        limit = self._options.max_file_bytes
        return [
            await asyncio.to_thread(_fetch, url, folder / f"part-{index}", limit)
            for index, url in enumerate(urls)
        ]

    def _shelve(self, received: list[ReceivedFile]) -> list[Material]:
        if not received:
            raise Refusal(400, "no file in the field 'files'")
        return [self._shelve_one(file) for file in received]

    def _shelve_one(self, file: ReceivedFile) -> Material:
        """Give the file its ending (media libraries look at it), never its name: that came from outside."""
        filename = PurePosixPath(file.filename.replace("\\", "/")).name
        path = file.path.with_suffix(PurePosixPath(filename).suffix.lower())
        file.path.rename(path)
        return make_material(path, filename, kind_of(filename), self._shelf, sha256=file.sha256)


async def _read_json(request: Request) -> object:
    try:
        read: object = await request.json()
    except ValueError as error:
        raise Refusal(400, "the body is not JSON") from error
    return read


def _name_in(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise Refusal(UNSUPPORTED_TYPE, f"{url} is no address: {error}") from error
    if parts.scheme not in {"http", "https"}:
        raise Refusal(UNSUPPORTED_TYPE, f"only http and https addresses can be fetched: {url}")
    return PurePosixPath(unquote(parts.path)).name


def _fetch(url: str, path: Path, max_bytes: int) -> ReceivedFile:
    """Fetch a file to disk; blocking.

    Raises:
        Refusal: 4001, it can't be had, or not whole; 4002, it is too large.
    """
    digest = hashlib.sha256()
    size = 0
    try:
        with urllib.request.urlopen(url, timeout=FETCH_SECONDS) as answer, path.open("wb") as file:  # noqa: S310 -- `_name_in` has let only http and https pass
            while piece := answer.read(_FETCH_PIECE_BYTES):
                size += len(piece)
                if size > max_bytes:
                    raise Refusal(FILE_TOO_LARGE, f"{url} is larger than {max_bytes // 1_000_000} MB")
                digest.update(piece)
                file.write(piece)
            promised = answer.headers.get("Content-Length", "")
    except (URLError, OSError, HTTPException, ValueError) as error:
        raise Refusal(UNSUPPORTED_TYPE, f"{url} could not be fetched: {error}") from error
    if promised.isdecimal() and size < int(promised):
        raise Refusal(UNSUPPORTED_TYPE, f"{url} could not be fetched: {size} of {promised} bytes came")
    return ReceivedFile(path, _name_in(url), size, digest.hexdigest())
