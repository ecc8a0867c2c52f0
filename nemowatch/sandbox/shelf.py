"""The download addresses of this server: a path that nobody guesses, and the file behind it.

Stands for the content network of the real service: no token is needed there, and one that is sent is noted as a
leak (`app.py`).
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from pathlib import Path


class Shelf:
    """Files that can be downloaded, by key."""

    def __init__(self) -> None:
        self._paths: dict[str, Path] = {}

    def put(self, path: Path, filename: str) -> str:
        """Offer a file; returns its address on this server (`/cdn/<key>/<filename>`)."""
        key = secrets.token_urlsafe(12)
        self._paths[key] = path
        return f"/cdn/{key}/{quote(filename)}"

    def find(self, key: str) -> Path | None:
        """The file behind a key."""
        return self._paths.get(key)
