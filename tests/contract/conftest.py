"""A sandbox in each form, and a bench of jobs on it."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from contract_parts import FORMS, OWN_TOKEN, Form
from job_bench import Bench, open_bench

from nemowatch.sandbox.server import Sandbox


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The contract: in the slow run in every form, in the default run a quarter, in one. Other tests: in one."""
    if "form" not in metafunc.fixturenames:
        return
    if metafunc.module.__name__ != "test_contract":
        metafunc.parametrize("form", FORMS[-1:], ids=str)
        return
    # Which form the default run takes differs from test to test, so that it sees all; of three in four tests, none.
    first = sum(metafunc.function.__name__.encode()) % (4 * len(FORMS))
    forms = [
        pytest.param(form, id=str(form), marks=() if index == first else pytest.mark.slow)
        for index, form in enumerate(FORMS)
    ]
    metafunc.parametrize("form", forms)


@pytest.fixture
def sandbox(tmp_path: Path, form: Form) -> Iterator[Sandbox]:
    with Sandbox(
        tmp_path / "service",
        own_tokens={OWN_TOKEN: frozenset("*")},
        errors=form.errors,
        events=form.events,
        render=form.render,
    ) as sandbox:
        yield sandbox


@pytest.fixture
async def bench(tmp_path: Path, sandbox: Sandbox) -> AsyncIterator[Bench]:
    async with open_bench(tmp_path, sandbox) as bench:
        yield bench
