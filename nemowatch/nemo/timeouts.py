"""How long is waited for what, in one value that tests make small.

Used by everything in `nemo` that waits.
"""

from __future__ import annotations

from dataclasses import dataclass

import httpx


@dataclass(frozen=True)
class Timeouts:
    """All in seconds.

    Attributes:
        connect: to a connection.
        read: to the next bytes of an answer.
        write: to the network taking the next piece of an upload (2 MiB; slow lines need time for it).
        call: a whole call that carries no file and no prompt.
        upload: a whole upload.
        after_upload: from an upload's last byte to the answer: the service looks into the file first.
        download: a whole download.
        resume_pause: before a download that has broken off twice goes on; doubled each further time.
        idle_stream: a prompt's stream that brings only heartbeats, or nothing (nemo-api.md §5).
        prompt: a whole prompt (nemo-api.md §5).
    """

    connect: float = 15.0
    read: float = 60.0
    write: float = 300.0
    call: float = 120.0
    upload: float = 3 * 3600.0
    after_upload: float = 600.0
    download: float = 3 * 3600.0
    resume_pause: float = 1.0
    idle_stream: float = 600.0
    prompt: float = 900.0

    def for_http(self, *, read: float | None = None) -> httpx.Timeout:
        """In httpx's terms; `read` replaces the usual time for the next bytes of an answer."""
        wait = self.read if read is None else read
        return httpx.Timeout(connect=self.connect, read=wait, write=self.write, pool=self.connect)
