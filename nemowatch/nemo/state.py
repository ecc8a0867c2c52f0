"""What a session holds (nemo-api.md §6), as read; nothing of it is ever changed here.

Made by `client.py`, read by the job runner: the draft to export, the media to fetch, the fingerprint that
tells whether a prompt was applied.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from nemowatch.nemo.answers import data_of
from nemowatch.nemo.calls import mend
from nemowatch.nemo.errors import raise_unexpected

if TYPE_CHECKING:
    from nemowatch.nemo.calls import Answer, JsonObject

_CHANGED_BY_EDITS = ("draft", "canvas_config", "generated_media", "video_infos")
# The query of an address that is a JSON string.
_QUERY = re.compile(r'((?<!\\)"https?://(?:[^"?\\]|\\.)*)\?(?:[^"\\]|\\.)*(?=")')
_SUFFIX_KINDS = {
    **dict.fromkeys((".mp4", ".mov", ".avi", ".webm", ".mkv"), "video"),
    **dict.fromkeys((".mp3", ".wav", ".m4a", ".aac"), "audio"),
    **dict.fromkeys((".jpg", ".jpeg", ".png", ".gif", ".webp"), "image"),
}


@dataclass(frozen=True)
class GeneratedMedia:
    """A file that the service made.

    Attributes:
        url: where it lies.
        filename: its name, from the entry or else from the address; None where neither has one.
        kind: `video`, `audio`, `image` or `other`.
        raw: the entry as it came.
    """

    url: str
    filename: str | None
    kind: str
    raw: Any


@dataclass(frozen=True)
class SessionState:
    """A session at one moment.

    Attributes:
        raw: the state object as it came, unknown keys and all.
        draft: the timeline as it came, to be sent back unchanged; None while there is none.
        generated_media: the entries that carry an address.
        unaddressed_media: the entries that do not, as they came: for the report, no error.
        video_infos: what was uploaded, as it came.
    """

    raw: JsonObject
    draft: JsonObject | None
    generated_media: tuple[GeneratedMedia, ...]
    unaddressed_media: tuple[Any, ...]
    video_infos: tuple[Any, ...]

    @classmethod
    def from_json(cls, state: JsonObject) -> SessionState:
        """Read a state object; what has an unknown shape is kept in `raw` and left out of the rest."""
        draft = state.get("draft")
        entries = _as_list(state.get("generated_media"))
        found = [(entry, _read_media(entry)) for entry in entries]
        return cls(
            raw=state,
            draft=draft if isinstance(draft, dict) and draft else None,
            generated_media=tuple(media for _, media in found if media is not None),
            unaddressed_media=tuple(entry for entry, media in found if media is None),
            video_infos=tuple(_as_list(state.get("video_infos"))),
        )

    def fingerprint(self) -> str:
        """SHA-256 of what an edit or an upload can change, whatever the order of keys.

        Addresses count without their query: storage services sign them anew at each reading.
        """
        return digest({key: self.raw.get(key) or None for key in _CHANGED_BY_EDITS})


def digest(value: Any) -> str:
    """SHA-256 of a JSON value, whatever the order of keys and the queries of addresses."""
    try:
        canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
    except RecursionError:  # a stranger's JSON may nest deeper than JSON can be written
        return _digest_deep(value)
    return hashlib.sha256(_QUERY.sub(r"\1", canonical).encode()).hexdigest()


def read_state(answer: Answer) -> SessionState:
    """Read the answer to a state call.

    Raises:
        UnexpectedAnswer: there is no state object in it.
    """
    data = data_of(answer)
    state = data.get("state")
    if not isinstance(state, dict):
        raise_unexpected(answer.call, "there is no state in it", answer.body, status=answer.status)
    return SessionState.from_json(state)


def _as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _read_media(entry: object) -> GeneratedMedia | None:
    if isinstance(entry, str):
        fields: JsonObject = {"url": entry}
    elif isinstance(entry, dict):
        fields = entry
    else:
        return None
    url = next((fields[key] for key in ("url", "cdn_url") if _is_address(fields.get(key))), None)
    if url is None:
        return None
    from_url = PurePosixPath(unquote(_path_of(url))).name
    named = fields.get("filename")
    filename = named if isinstance(named, str) and named else from_url or None
    return GeneratedMedia(
        url=url, filename=filename and mend(filename), kind=_kind_of(fields, filename), raw=entry
    )


def _kind_of(fields: JsonObject, filename: str | None) -> str:
    for key in ("media_type", "type", "file_type"):
        told = str(fields.get(key) or "").lower().partition("/")[0]
        if told in ("video", "audio", "image"):
            return told
    return _SUFFIX_KINDS.get(PurePosixPath(filename or "").suffix.lower(), "other")


def _is_address(value: object) -> bool:
    return (
        isinstance(value, str)
        and value.startswith(("http://", "https://", "/"))
        and len(value) > 1
        and mend(value) == value
    )


def _path_of(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:  # such as "http://[": the download will say what is wrong with it
        return ""


def _digest_deep(value: Any) -> str:
    """What stands for a value that nests too deep for recursion, which JSON from a stranger may do."""
    running = hashlib.sha256()
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            keys = sorted(item)
            running.update(json.dumps(["object", *keys]).encode())
            waiting += [item[key] for key in keys]
        elif isinstance(item, list):
            running.update(json.dumps(["list", len(item)]).encode())
            waiting += item
        else:
            running.update(_QUERY.sub(r"\1", json.dumps(item)).encode() + b",")
    return running.hexdigest()
