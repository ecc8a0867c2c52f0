"""What makes two files one job."""

from __future__ import annotations

import hashlib
from pathlib import Path

from nemowatch.jobs.identity import hash_content, make_job_id


def test_hash_is_the_sha256_of_the_content(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"frames" * 100_000)
    assert hash_content(file) == hashlib.sha256(b"frames" * 100_000).hexdigest()


def test_same_rule_and_content_are_one_job() -> None:
    assert make_job_id("shorts", "0" * 64) == make_job_id("shorts", "0" * 64)


def test_another_rule_or_content_is_another_job() -> None:
    ids = {make_job_id("shorts", "0" * 64), make_job_id("stills", "0" * 64), make_job_id("shorts", "1" * 64)}
    assert len(ids) == 3
