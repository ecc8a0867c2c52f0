"""Messages through the real Apprise, to a real web server on the loopback."""

from __future__ import annotations

import asyncio
import logging
import threading

import pytest
from helpers import async_wait_until
from notice_receiver import Receiver

from nemowatch.logs import hide_secret
from nemowatch.notices.messenger import Messenger, NoticeFailed, is_understood
from nemowatch.notices.wording import Message

pytestmark = pytest.mark.usefixtures("_apprise")

MESSAGE = Message("NemoWatch on studio: 1 failed", "failed: *talk*.mp4 (rule shorts)\n<b>no</b>", "failure")


async def test_message_arrives_as_it_was_written(receiver: Receiver) -> None:
    await Messenger().send(receiver.address, MESSAGE)
    (message,) = receiver.messages
    assert (message["title"], message["message"], message["type"]) == (MESSAGE.title, MESSAGE.body, "failure")


async def test_refusal_is_told_without_the_address(receiver: Receiver) -> None:
    receiver.status = 403
    hide_secret(receiver.address)
    with pytest.raises(NoticeFailed) as caught:
        await Messenger().send(receiver.address, MESSAGE)
    assert "403" in caught.value.message
    assert "/notices" not in caught.value.message


async def test_what_apprise_says_itself_stays_out_of_the_log(receiver: Receiver) -> None:
    receiver.status = 500
    heard = []
    root = logging.Handler()
    root.emit = lambda record: heard.append(record.name)  # type: ignore[method-assign] -- one line is all it takes
    logging.getLogger().addHandler(root)
    try:
        with pytest.raises(NoticeFailed):
            await Messenger().send(receiver.address, MESSAGE)
        logging.getLogger("other").warning("heard")
    finally:
        logging.getLogger().removeHandler(root)
    assert heard == ["other"]


async def test_server_that_does_not_answer_is_given_up_and_not_asked_again(receiver: Receiver) -> None:
    receiver.answering.clear()
    messenger = Messenger(limit_seconds=0.3)
    with pytest.raises(NoticeFailed, match=r"no answer within 0\.3 s"):
        await messenger.send(receiver.address, MESSAGE)
    with pytest.raises(NoticeFailed, match="still on its way"):
        await messenger.send(receiver.address, MESSAGE)
    assert receiver.asked <= 1
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "nemowatch notice")


async def test_nobody_there_is_told() -> None:
    with pytest.raises(NoticeFailed):
        await Messenger().send("json://127.0.0.1:9/x", MESSAGE)
    with pytest.raises(NoticeFailed, match="does not understand the address"):
        await Messenger().send("nonsense://127.0.0.1:9/x", MESSAGE)


async def test_answer_that_comes_when_nobody_waits_any_more_hurts_nothing(receiver: Receiver) -> None:
    receiver.answering.clear()
    messenger = Messenger()
    sending = asyncio.create_task(messenger.send(receiver.address, MESSAGE))
    await async_wait_until(lambda: receiver.asked)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    receiver.answering.set()
    for thread in threading.enumerate():
        if thread.name == "nemowatch notice":
            await asyncio.to_thread(thread.join, 5)
    assert len(receiver.messages) == 1


def test_addresses_that_apprise_knows_are_told_from_others() -> None:
    assert is_understood("json://127.0.0.1/x")
    assert is_understood("ntfy://ntfy.example.org/recordings")
    assert not is_understood("nonsense://127.0.0.1/x")
    assert not is_understood("tgram://no-token/1")
