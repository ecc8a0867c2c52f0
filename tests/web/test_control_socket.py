"""The control socket itself: whom it lets in, what it leaves behind; and a client that meets no answer."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from nemowatch.places import StateFolder
from nemowatch.web import address
from nemowatch.web.address import LONGEST_ADDRESS, AddressTooLong, short_address
from nemowatch.web.client import ControlClient, DaemonAbsent, DaemonSilent
from nemowatch.web.server import ControlServer, bind_socket


def server_at(path: Path, *texts: str) -> ControlServer:
    """A server that answers with these texts in turn, else with an answer of another version."""
    left = list(texts)

    async def answer(_request: object) -> PlainTextResponse:
        return PlainTextResponse(left.pop(0) if left else '{"version": 1}')

    return ControlServer(Starlette(routes=[Route("/{rest:path}", answer)]), path)


def ask(state: StateFolder, *, timeout: float = 5.0) -> None:
    with ControlClient(state, timeout_seconds=timeout) as client:
        client.health()


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "state").create()


async def test_socket_is_its_owners_alone_whatever_the_umask(state: StateFolder) -> None:
    before = os.umask(0)
    try:
        bind_socket(state.control).close()
    finally:
        os.umask(before)
    assert stat.S_IMODE(state.control.stat().st_mode) == 0o600


async def test_socket_of_a_killed_daemon_makes_room_and_is_gone_after_the_stop(state: StateFolder) -> None:
    bind_socket(state.control).close()
    with pytest.raises(DaemonAbsent):
        await asyncio.to_thread(ask, state)
    server = server_at(state.control)
    await server.start()
    with pytest.raises(DaemonSilent, match="another version"):
        await asyncio.to_thread(ask, state)
    await server.stop()
    assert not state.control.exists()
    with pytest.raises(DaemonAbsent):
        await asyncio.to_thread(ask, state)


async def test_socket_of_a_daemon_that_began_with_another_state_folder_of_the_name_is_left_alone(
    state: StateFolder, tmp_path: Path
) -> None:
    server = server_at(state.control)
    await server.start()
    state.root.rename(tmp_path / "away")
    with bind_socket(state.create().control):
        await server.stop()
        assert state.control.exists()


@pytest.fixture
def deep(tmp_path: Path) -> StateFolder:
    """A state folder whose socket has a longer path than the kernel takes."""
    deep = StateFolder(tmp_path.joinpath(*["a folder with a läng name"] * 8)).create()
    assert len(os.fsencode(deep.control)) > LONGEST_ADDRESS
    return deep


async def test_state_folder_of_any_depth_has_a_socket_where_the_system_can_name_it(deep: StateFolder) -> None:
    server = server_at(deep.control)
    open_files = psutil.Process().num_fds()
    if sys.platform == "linux":
        await server.start()
        with pytest.raises(DaemonSilent, match="another version"):
            await asyncio.to_thread(ask, deep)
        await server.stop()
    else:
        with pytest.raises(AddressTooLong):
            await server.start()
        with pytest.raises(DaemonAbsent):
            await asyncio.to_thread(ask, deep)
    assert not deep.control.exists()
    assert psutil.Process().num_fds() <= open_files


async def test_daemon_that_can_have_no_socket_is_absent_and_not_silent(
    deep: StateFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(address, "sys", SimpleNamespace(platform="darwin"))
    with pytest.raises(AddressTooLong, match="more than the"):
        await server_at(deep.control).start()
    with pytest.raises(DaemonAbsent):  # so that orders go by way of the database
        ask(deep)


def test_path_that_fits_is_used_as_it_is(tmp_path: Path) -> None:
    with short_address(Path("/state/control.sock")) as address:
        assert address == "/state/control.sock"


async def test_server_at_rest_sets_no_timer(state: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    timers: list[Callable[..., object]] = []
    set_timer = loop.call_at

    def note(when: float, callback: Callable[..., object], *args: object, **context: object) -> object:
        timers.append(callback)
        return set_timer(when, callback, *args, **context)  # type: ignore[arg-type]

    server = server_at(state.control)
    monkeypatch.setattr(loop, "call_at", note)
    await server.start()
    for _ in range(100):
        await asyncio.sleep(0)
    assert timers == []
    monkeypatch.undo()
    await server.stop()


async def test_place_that_takes_no_socket_is_told(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        await server_at(tmp_path / "missing" / "control.sock").start()


@pytest.mark.slow
async def test_stop_breaks_off_what_takes_too_long(state: StateFolder) -> None:
    begun = asyncio.Event()

    async def never(_request: object) -> PlainTextResponse:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    server = ControlServer(Starlette(routes=[Route("/v1/health", never)]), state.control)
    await server.start()
    asking = asyncio.create_task(asyncio.to_thread(ask, state))
    await begun.wait()
    async with asyncio.timeout(5):
        await server.stop()
    with pytest.raises(DaemonSilent):
        await asking


def test_daemon_that_hangs_is_waited_for_no_longer_than_agreed(state: StateFolder) -> None:
    with bind_socket(state.control), pytest.raises(DaemonSilent, match=r"0\.05 s"):
        ask(state, timeout=0.05)


def test_long_list_may_take_its_time(state: StateFolder) -> None:
    with bind_socket(state.control), ControlClient(state, timeout_seconds=0.01) as client:
        with pytest.raises(DaemonSilent, match=r"0\.1 s"):
            client.jobs(limit=200)
        with pytest.raises(DaemonSilent, match=r"0\.1 s"):
            client.skipped(limit=200)


def test_daemon_with_so_many_waiting_that_nobody_is_let_in_is_silent(state: StateFolder) -> None:
    with socket.socket(socket.AF_UNIX) as hung:
        hung.bind(str(state.control))
        hung.listen(0)
        waiting = [socket.socket(socket.AF_UNIX) for _ in range(5)]
        for each in waiting:
            each.settimeout(0.0)
            each.connect_ex(str(state.control))
        with pytest.raises(DaemonSilent):
            ask(state, timeout=0.05)
        for each in waiting:
            each.close()


async def test_answer_in_another_form_is_none(state: StateFolder) -> None:
    answers = ["", "[]", "null", '{"version": 1, "pid": []}', "<html>"]
    server = server_at(state.control, *answers)
    await server.start()
    for _ in answers:
        with pytest.raises(DaemonSilent, match="another version"):
            await asyncio.to_thread(ask, state)
    await server.stop()
