"""Fixtures of the tests of notices."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest
from notice_receiver import Receiver, open_receiver

from nemowatch.notices.messenger import is_understood


@pytest.fixture(scope="session")
def _apprise() -> None:
    """Apprise, loaded: what its hundred plugins warn of while they are is not ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert is_understood("json://127.0.0.1")


@pytest.fixture
def receiver(_apprise: None) -> Iterator[Receiver]:
    """A web server that keeps what is posted to it."""
    with open_receiver() as receiver:
        yield receiver
