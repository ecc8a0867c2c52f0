"""What makes two files one job: the rule and the content, whatever the file is called and wherever it lies."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def hash_content(path: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal. Reads it all: call it in a thread.

    Raises:
        OSError: the file is gone or can't be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def make_job_id(rule: str, sha256: str, attempt: int = 1) -> str:
    """The id of the job that this rule makes of this content: 16 hexadecimal digits, always the same.

    A later attempt, after one that failed and cost nothing, is another job.
    """
    parts = (rule, sha256) if attempt == 1 else (rule, sha256, str(attempt))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:16]
