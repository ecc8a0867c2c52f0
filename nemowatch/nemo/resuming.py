"""Whether a download can go on where it stopped, in HTTP's terms: `Range`, `If-Range`, `Content-Range` (RFC 9110).

Used by `download.py` and `part_file.py`. Pure: no I/O. It never joins two versions of a file: what can't be told
apart for certain is fetched anew.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

_STRONG_ETAG = re.compile(r'"[\x21\x23-\x7e]{1,200}"')
_DATE = re.compile(r"[\x20-\x7e]{1,60}")
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})")


@dataclass(frozen=True)
class Origin:
    """Of which version of which file a part is.

    Attributes:
        place: a digest of its address.
        validator: what `If-Range` takes: a strong ETag, or the date of the last change.
        total: the whole file's bytes; None where they were not told.
    """

    place: str
    validator: str
    total: int | None

    def lies_at(self, url: str) -> bool:
        """Whether an address is the part's own; one that was only signed anew is."""
        return self.place == _place_of(url, self.validator)


@dataclass(frozen=True)
class ResumePoint:
    """Where to go on: `start` bytes of the file are there."""

    start: int
    origin: Origin

    @property
    def headers(self) -> dict[str, str]:
        """Ask for the rest, or for all of it if the file has changed."""
        return {"Range": f"bytes={self.start}-", "If-Range": self.origin.validator}

    def fits(self, response: httpx.Response) -> bool:
        """Whether a 206 brings the rest of the same version, up to its end; servers err, so all is looked at."""
        found = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", "").strip())
        if found is None or response.headers.get("content-encoding"):
            return False
        first, last, total = map(int, found.groups())
        name = "etag" if _STRONG_ETAG.fullmatch(self.origin.validator) else "last-modified"
        return (
            (first, last) == (self.start, total - 1)
            and self.origin.total in (None, total)
            and response.headers.get(name, self.origin.validator).strip() == self.origin.validator
        )


def total_of(response: httpx.Response) -> int | None:
    """The whole file's bytes, from a 206 that fits or from any other answer; None where nobody says."""
    found = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", "").strip())
    if response.status_code == 206 and found is not None:
        return int(found[3])
    return length_of(response)


def length_of(response: httpx.Response) -> int | None:
    """How many bytes should come; None where nobody says."""
    if response.headers.get("content-encoding"):
        return None
    told = response.headers.get("content-length", "")
    return int(told) if re.fullmatch(r"[0-9]{1,18}", told) else None


def origin_of(url: str, response: httpx.Response) -> Origin | None:
    """What a part of this answer's file can be gone on with; None where nothing tells its versions apart."""
    if response.headers.get("content-encoding"):
        return None
    etag = response.headers.get("etag", "").strip()
    validator = etag if _STRONG_ETAG.fullmatch(etag) else _safe_date(response)
    return Origin(_place_of(url, validator), validator, length_of(response)) if validator else None


def origin_from_json(facts: object) -> Origin | None:
    """An origin as it was kept; None for anything else."""
    if not isinstance(facts, dict):
        return None
    place, validator, total = facts.get("place"), facts.get("validator"), facts.get("total")
    if not isinstance(place, str) or not isinstance(validator, str):
        return None
    is_usable = _STRONG_ETAG.fullmatch(validator) or _DATE.fullmatch(validator)
    if not is_usable or not (total is None or type(total) is int):
        return None
    return Origin(place, validator, total)


def _safe_date(response: httpx.Response) -> str | None:
    """The date of the last change, unless the file may have changed again within the same second (§8.8.2.2)."""
    try:
        changed = parsedate_to_datetime(response.headers["last-modified"])
        sent = parsedate_to_datetime(response.headers["date"])
        is_safe = (sent - changed).total_seconds() >= 1
    except (KeyError, ValueError, TypeError, OverflowError):
        return None
    told = response.headers["last-modified"].strip()
    return told if is_safe and _DATE.fullmatch(told) else None


def _place_of(url: str, validator: str) -> str:
    # An ETag names the version, so a new signature in the query is no matter. A date alone is too weak for that.
    named = url.partition("?")[0] if _STRONG_ETAG.fullmatch(validator) else url
    return hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()
