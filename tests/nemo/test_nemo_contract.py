"""The contract of the API, on the embedded service, in all combinations of its documented forms."""

# ruff: noqa: ASYNC240 -- a test may hold up its own event loop for a moment

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from helpers import make_video

from nemowatch.clock import SystemClock
from nemowatch.media.verify import verify_delivered
from nemowatch.nemo.attribution import Attribution
from nemowatch.nemo.client import NemoApi, NemoClient
from nemowatch.nemo.errors import NotFound, RenderExists, SessionNotFound, TokenRejected, UnsupportedType
from nemowatch.nemo.events import AgentEvent, TextEvent
from nemowatch.nemo.renders import RenderStatus
from nemowatch.nemo.timeline import Timeline
from nemowatch.sandbox.server import Sandbox

MakeClient = Callable[..., NemoClient]
SKILL = Attribution("video-extractor", "1.0.0", "unknown")
FORMS = [(events, render) for events in ("flat", "adk") for render in ("top", "nested")]


@pytest.fixture(scope="module", params=FORMS, ids="-".join)
def sandbox(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    events, render = request.param
    with Sandbox(tmp_path_factory.mktemp("sandbox"), events=events, render=render, silent="never") as running:
        yield running


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("recordings") / "talk – été.mp4", seconds=4.0)


@pytest.fixture
async def sandbox_api(sandbox: Sandbox, make_client: MakeClient) -> AsyncIterator[NemoApi]:
    async with make_client(sandbox.url, environ={}) as client:
        yield client.as_skill(SKILL)


def ignore(_done: int, _total: int) -> None:
    pass


async def send(api: NemoApi, session_id: str, prompt: str) -> list[AgentEvent]:
    return [event async for event in api.send_prompt(session_id, prompt)]


async def finish(api: NemoApi, status: RenderStatus) -> RenderStatus:
    async with asyncio.timeout(60):
        while not status.is_final:
            await SystemClock().sleep(0.02)  # the service renders in its own time
            status = await api.read_render(status.render_id)
    return status


async def test_main_way_from_a_recording_to_a_finished_video(
    sandbox_api: NemoApi, sandbox: Sandbox, recording: Path, tmp_path: Path
) -> None:
    api = sandbox_api
    session = await api.create_session("talk", "en")
    [file] = await api.upload(session.session_id, [recording], ignore)
    assert file.filename == recording.name
    assert file.duration_seconds == pytest.approx(4.0, abs=0.2)
    before = await api.read_state(session.session_id)
    events = await send(api, session.session_id, "trim to the first 2 seconds")
    assert sum(isinstance(event, TextEvent) for event in events) == 1
    after = await api.read_state(session.session_id)
    assert after.fingerprint() != before.fingerprint()
    assert after.fingerprint() == (await api.read_state(session.session_id)).fingerprint()
    assert after.draft is not None
    timeline = Timeline.from_draft(after.draft)
    assert timeline.is_exportable
    assert timeline.duration == pytest.approx(2.0, abs=0.1)
    render_id = f"render_{session.session_id}"
    status = await finish(api, await api.start_render(render_id, session.session_id, after.draft))
    assert (status.status, status.progress) == ("completed", 100)
    assert status.url is not None
    size = await api.download(status.url, tmp_path / "out.mp4", ignore, render_id=render_id)
    assert size == (tmp_path / "out.mp4").stat().st_size
    assert verify_delivered(tmp_path / "out.mp4").duration_seconds == pytest.approx(2.0, abs=0.2)
    assert (await api.read_credits()).available < 100
    link = await api.project_link(session.session_id, session.task_id)
    assert link is not None
    assert link.startswith("https://web.test/workspace/claim?ct=clm_")


async def test_render_comes_from_the_api_itself_where_its_address_fails(
    sandbox_api: NemoApi, recording: Path, tmp_path: Path
) -> None:
    api = sandbox_api
    session = await api.create_session("talk", "en")
    await api.upload(session.session_id, [recording], ignore)
    state = await api.read_state(session.session_id)
    assert state.draft is not None
    status = await finish(api, await api.start_render("render_x", session.session_id, state.draft))
    assert await api.download("", tmp_path / "out.mp4", ignore, render_id=status.render_id) > 1000
    verify_delivered(tmp_path / "out.mp4")


async def test_download_that_breaks_off_goes_on_where_it_stopped(
    sandbox_api: NemoApi, sandbox: Sandbox, recording: Path, tmp_path: Path
) -> None:
    session = await sandbox_api.create_session("talk", "en")
    [file] = await sandbox_api.upload(session.session_id, [recording], ignore)
    assert file.url is not None
    sandbox.order("cdn:truncated=500")
    before = sandbox.ledger()["totals"]["downloads"]
    told: list[int] = []
    await sandbox_api.download(file.url, tmp_path / "back.mp4", lambda done, _: told.append(done))
    assert (tmp_path / "back.mp4").read_bytes() == recording.read_bytes()
    assert told == sorted(told)
    assert sandbox.ledger()["totals"]["downloads"] == before + 2


async def test_stills_land_in_the_generated_media(
    sandbox_api: NemoApi, recording: Path, tmp_path: Path
) -> None:
    api = sandbox_api
    session = await api.create_session("talk", "en")
    await api.upload(session.session_id, [recording], ignore)
    await send(api, session.session_id, "extract one frame every 1 second and save them as images")
    state = await api.read_state(session.session_id)
    assert len(state.generated_media) >= 3
    assert {media.kind for media in state.generated_media} == {"image"}
    for number, media in enumerate(state.generated_media):
        await api.download(media.url, tmp_path / f"{number}.png", ignore)
        assert verify_delivered(tmp_path / f"{number}.png").kind == "image"


async def test_several_files_go_up_in_one_request(
    sandbox_api: NemoApi, sandbox: Sandbox, recording: Path, tmp_path: Path
) -> None:
    session = await sandbox_api.create_session("talk", "en")
    other = Path(shutil.copy(recording, tmp_path / 'a "quoted" name.mp4'))
    files = await sandbox_api.upload(session.session_id, [recording, other], ignore)
    assert len(files) == 2
    assert len((await sandbox_api.read_state(session.session_id)).video_infos) == 2


async def test_render_id_can_be_used_once(sandbox_api: NemoApi, recording: Path) -> None:
    api = sandbox_api
    session = await api.create_session("talk", "en")
    await api.upload(session.session_id, [recording], ignore)
    draft = (await api.read_state(session.session_id)).draft
    assert draft is not None
    status = await api.start_render("render_twice", session.session_id, draft)
    with pytest.raises(RenderExists):
        await api.start_render("render_twice", session.session_id, draft)
    await finish(api, status)


async def test_render_that_was_never_started_is_not_found(sandbox_api: NemoApi) -> None:
    with pytest.raises(NotFound):
        await sandbox_api.read_render("render_unknown")


async def test_unknown_session_is_told_at_every_call(sandbox_api: NemoApi, recording: Path) -> None:
    with pytest.raises(SessionNotFound):
        await sandbox_api.read_state("123")
    with pytest.raises(SessionNotFound):
        await send(sandbox_api, "123", "trim to the first 2 seconds")
    with pytest.raises(SessionNotFound):
        await sandbox_api.upload("123", [recording], ignore)


async def test_bad_token_is_told(sandbox: Sandbox, make_client: MakeClient) -> None:
    async with make_client(sandbox.url, environ={"NEMO_TOKEN": "wrong-token"}) as client:
        with pytest.raises(TokenRejected):
            await client.as_skill(SKILL).read_credits()


async def test_file_of_another_type_is_refused(sandbox_api: NemoApi, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no media")
    session = await sandbox_api.create_session("talk", "en")
    with pytest.raises(UnsupportedType):
        await sandbox_api.upload(session.session_id, [tmp_path / "notes.txt"], ignore)


async def test_one_token_serves_all_calls(sandbox_api: NemoApi, sandbox: Sandbox) -> None:
    before = sandbox.ledger()["totals"]["tokens"]
    await asyncio.gather(*(sandbox_api.read_credits() for _ in range(10)))
    assert sandbox.ledger()["totals"]["tokens"] == before + 1


async def test_each_call_names_its_skill_and_no_token_goes_astray(
    sandbox_api: NemoApi, sandbox: Sandbox, recording: Path, tmp_path: Path
) -> None:
    session = await sandbox_api.create_session("talk", "en")
    [file] = await sandbox_api.upload(session.session_id, [recording], ignore)
    assert file.url is not None
    await sandbox_api.download(file.url, tmp_path / "back.mp4", ignore)
    assert (tmp_path / "back.mp4").read_bytes() == recording.read_bytes()
    ledger = sandbox.ledger()
    assert ledger["unattributed_calls"] == []
    assert ledger["leaked_tokens"] == []


def test_no_value_of_the_client_shows_a_token(sandbox: Sandbox, make_client: MakeClient) -> None:
    client = make_client(sandbox.url, environ={"NEMO_TOKEN": "own-secret-token"})
    assert "own-secret-token" not in repr(client) + repr(client.tokens) + repr(client.as_skill(SKILL))
