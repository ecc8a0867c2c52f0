"""Folders that hang cost one thread each, count as offline, and are asked again when they have answered."""

import threading
from pathlib import Path

import pytest
from helpers import async_wait_until

from nemowatch.intake.asking import Asking, Turn
from nemowatch.intake.scan import FolderOffline

SHARE, OTHER = Path("/share"), Path("/other")


class Share:
    """A folder that answers when it is let."""

    def __init__(self):
        self.lets_go = threading.Event()
        self.asked = 0

    def question(self):
        self.asked += 1
        self.lets_go.wait()
        return "late"


@pytest.fixture
def share():
    share = Share()
    yield share
    share.lets_go.set()


async def test_answer_and_error_come_as_they_are():
    asking = Asking()
    assert await asking.ask(lambda: 7, lambda: OTHER) == 7
    with pytest.raises(PermissionError, match="not you"):
        await asking.ask(raise_not_you, lambda: OTHER)
    assert not asking.hangs(OTHER)


def raise_not_you():
    raise PermissionError(13, "not you")


async def test_folder_that_gives_no_sign_of_life_is_offline_until_it_has_answered(share):
    asking = Asking(answer_seconds=0.02)
    with pytest.raises(FolderOffline, match="does not answer"):
        await asking.ask(share.question, lambda: SHARE)
    assert asking.hangs(SHARE)
    with pytest.raises(FolderOffline, match=r"/share is offline: it does not answer"):
        asking.check(SHARE)
    asking.check(OTHER)
    assert await asking.ask(lambda: "there", lambda: OTHER) == "there"
    share.lets_go.set()
    await async_wait_until(lambda: not asking.hangs(SHARE))
    asking.check(SHARE)
    assert share.asked == 1


async def test_folder_that_is_slow_but_alive_is_waited_for(share):
    asking = Asking(answer_seconds=0.02)
    signs = iter(range(1_000_000))
    waits = 0

    def sign():
        nonlocal waits
        waits += 1
        if waits == 10:
            share.lets_go.set()
        return next(signs)

    assert await asking.ask(share.question, lambda: SHARE, sign) == "late"


async def test_of_several_folders_the_one_that_hangs_is_known(share):
    turn = Turn()

    def question():
        turn.folder = OTHER
        turn.folder = SHARE
        share.lets_go.wait()

    asking = Asking(answer_seconds=0.02)
    with pytest.raises(FolderOffline) as caught:
        await asking.ask(question, lambda: turn.folder)
    assert caught.value.folder == SHARE
    assert not asking.hangs(OTHER)
