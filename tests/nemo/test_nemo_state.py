"""What a session holds, and the fingerprint that tells whether it has changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemowatch.nemo.attribution import Attribution, find_platform
from nemowatch.nemo.state import GeneratedMedia, SessionState, digest

STATE = {
    "video_infos": [{"filename": "a.mp4"}],
    "draft": {"t": [{"tt": 0, "sg": [{"d": 1}]}]},
    "generated_media": [{"url": "https://cdn.test/a.png?sig=1&expires=2"}],
    "video_analyses": {"a": 1},
}


def fingerprint(**changes: object) -> str:
    return SessionState.from_json({**STATE, **changes}).fingerprint()


def test_fingerprint_does_not_depend_on_the_order_of_keys_or_on_signatures() -> None:
    turned = json.loads(json.dumps(dict(reversed(list(STATE.items())))))
    turned["generated_media"] = [{"url": "https://cdn.test/a.png?sig=9&expires=9"}]
    assert SessionState.from_json(turned).fingerprint() == fingerprint()
    assert fingerprint(video_analyses={"b": 2}, task_name="x") == fingerprint()


@pytest.mark.parametrize(
    "changes",
    [
        {"draft": {"t": []}},
        {"draft": None},
        {"generated_media": [{"url": "https://cdn.test/b.png"}]},
        {"generated_media": []},
        {"canvas_config": {"ratio": "9:16"}},
        {"video_infos": [{"filename": "a.mp4"}, {"filename": "b.mp4"}]},
    ],
)
def test_fingerprint_tells_an_edit_and_an_upload(changes: dict[str, object]) -> None:
    assert fingerprint(**changes) != fingerprint()


def test_missing_and_empty_parts_are_the_same() -> None:
    assert SessionState.from_json({"draft": {}, "generated_media": []}).fingerprint() == (
        SessionState.from_json({"draft": None}).fingerprint()
    )


def test_fingerprint_of_a_state_that_nests_deeper_than_json_can_be_written() -> None:
    def nested(innermost: object) -> dict[str, object]:
        for _ in range(5_000):
            innermost = [innermost, {"a": 1, "b": 2}]
        return {"draft": {"t": innermost}}

    address = nested("https://cdn.test/a?sig=1")
    assert SessionState.from_json(address).fingerprint() == (
        SessionState.from_json(nested("https://cdn.test/a?sig=2")).fingerprint()
    )
    assert SessionState.from_json(address).fingerprint() != SessionState.from_json(nested("b")).fingerprint()
    assert (
        SessionState.from_json(nested([])).fingerprint() != SessionState.from_json(nested({})).fingerprint()
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://c/a?x=1", "https://c/a?y=\\"),
        ("https://c/a", "https://c/a?"),
        ('http://c/"a?x', 'http://c/"a?y"z'),
    ],
)
def test_only_the_query_of_an_address_is_left_out_of_a_digest(one: str, other: str) -> None:
    assert digest({"url": one}) == digest({"url": other})
    assert digest({"text": f"see {one}"}) != digest({"text": f"see {other}"})


@pytest.mark.parametrize(
    ("entry", "media"),
    [
        ("https://cdn.test/x/a%20b.PNG?sig=1", ("https://cdn.test/x/a%20b.PNG?sig=1", "a b.PNG", "image")),
        ({"url": "https://c/a.bin", "filename": "clip.mp4"}, ("https://c/a.bin", "clip.mp4", "video")),
        ({"cdn_url": "https://c/a", "type": "audio"}, ("https://c/a", "a", "audio")),
        ({"url": "https://c/a.bin", "media_type": "image/png"}, ("https://c/a.bin", "a.bin", "image")),
        ({"url": "/files/1", "type": "document"}, ("/files/1", "1", "other")),
        ({"url": "https://c", "score": 3}, ("https://c", None, "other")),
        ({"url": "http://["}, ("http://[", None, "other")),
    ],
)
def test_generated_media_are_read_in_all_their_shapes(
    entry: object, media: tuple[str, str | None, str]
) -> None:
    state = SessionState.from_json({"generated_media": [entry]})
    assert state.generated_media == (GeneratedMedia(*media, raw=entry),)
    assert state.unaddressed_media == ()


@pytest.mark.parametrize("entry", [None, 7, "no address", {}, {"url": 5}, ["x"], {"url": "/"}, "ftp://x/y"])
def test_generated_entry_without_an_address_is_kept_for_the_report(entry: object) -> None:
    state = SessionState.from_json({"generated_media": [entry]})
    assert state.generated_media == ()
    assert state.unaddressed_media == (entry,)


odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("\ud800"),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["url", "filename", "x"]), inner)
    ),
    max_leaves=10,
)


@given(
    st.dictionaries(
        st.sampled_from(["draft", "generated_media", "video_infos", "canvas_config", "other"]), odd
    )
)
def test_any_state_is_read_and_has_a_fingerprint(raw: dict[str, object]) -> None:
    state = SessionState.from_json(raw)
    assert state.raw is raw
    assert len(state.fingerprint()) == 64


@pytest.mark.parametrize(
    ("environ", "path", "platform"),
    [
        ({"SKILL_SOURCE": "shop"}, "/home/u/.clawhub/x.py", "shop"),
        ({}, "/home/u/.clawhub/skills/x.py", "clawhub"),
        ({}, "/home/u/.cursor/skills/x/y.py", "cursor"),
        ({}, "/home/u/.cursor/x.py", "unknown"),
        ({"SKILL_SOURCE": " "}, "/usr/lib/x.py", "unknown"),
    ],
)
def test_platform_is_found_by_environment_or_place(environ: dict[str, str], path: str, platform: str) -> None:
    assert find_platform({"HOME": "/home/u", **environ}, Path(path)) == platform


def test_headers_are_always_printable_ascii() -> None:
    headers = Attribution("ü\r\nX: y", "1.0 100%", "\ud800").headers()
    assert headers == {
        "X-Skill-Source": "%C3%BC%0D%0AX: y",
        "X-Skill-Version": "1.0 100%25",
        "X-Skill-Platform": "?",
    }
