"""Small drafts, built of the parts that a person would name."""

from __future__ import annotations

import json
from typing import Any

from nemowatch.nemo.outline import Outline
from nemowatch.nemo.state import SessionState

Json = dict[str, Any]


def clip(start: float, seconds: float, *, source: str = "talk.mp4", offset: float = 0.0, **more: Any) -> Json:
    url = f"https://cdn.test/{source}?signature=1"
    return {
        "start": round(start * 1000),
        "d": round(seconds * 1000),
        "src": {"url": url, "in": round(offset * 1000), "out": round((offset + seconds) * 1000)},
        "m": {"title": source},
        **more,
    }


def clips(*pieces: tuple[float, float], **sources: str) -> Json:
    """A video track of (offset, seconds); `c2="b.mp4"` is the source of the second."""
    entries, start = [], 0.0
    for number, (offset, seconds) in enumerate(pieces, 1):
        source = sources.get(f"c{number}", "talk.mp4")
        entries.append({"id": f"v{number}", **clip(start, seconds, source=source, offset=offset)})
        start += seconds
    return {"id": "track_1", "tt": 0, "name": "Video", "sg": entries}


def music(title: str, seconds: float = 10, **more: Any) -> Json:
    sound = {"start": 0, "d": seconds * 1000, "m": {"title": title, **more}}
    return {"tt": 1, "name": "BGM", "sg": [sound]}


def texts(role: str, *lines: tuple[float, float, str]) -> Json:
    entries = [
        {"start": start * 1000, "d": seconds * 1000, "m": {"text": line, "role": role}}
        for start, seconds, line in lines
    ]
    return {"tt": 7, "sg": entries}


def title(*lines: tuple[float, float, str]) -> Json:
    return texts("title", *lines)


def captions(count: int, word: str = "line", shift: float = 0) -> Json:
    return texts("caption", *((number + shift, 1, f"{word} {number}") for number in range(count)))


def outline(*tracks: Json, **rest: Any) -> Outline:
    state = {"draft": {"id": "d", "t": list(tracks)} if tracks else {}, **rest}
    made = Outline.of(SessionState.from_json(state))
    kept = Outline.from_json(json.loads(json.dumps(made.to_json())))
    assert kept == made, "what is kept over a restart is what was made"
    return kept
