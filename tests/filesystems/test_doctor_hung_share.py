"""`nemowatch doctor` beside a share whose server has stopped answering: told by its name, never waited for."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator

import pytest
from living_house import LivingHouse
from mounts import Kind, Sshfs, mounted_disk

pytestmark = pytest.mark.slow


@pytest.fixture
def hung_share(own_mounts: None, house: LivingHouse) -> Iterator[None]:
    """The watched folder lies on a share whose server is stopped; the kernel has never looked it up."""
    house.write_rules(house.rule("shorts", house.watched / "talks"))
    with mounted_disk(Kind("sshfs", Sshfs), house.root / "disk", house.watched) as disk:
        assert isinstance(disk, Sshfs)
        server = disk.programs[0]
        os.kill(server.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(server.pid, signal.SIGCONT)


def test_share_that_hangs_is_named_with_its_cure_and_the_rest_is_examined(
    house: LivingHouse, hung_share: None
) -> None:
    began = time.monotonic()
    done = house.run("doctor", "--json")
    assert time.monotonic() - began < 40  # the rules, then the folder, on a busy machine
    assert done.returncode == 1, done.stderr
    findings = {finding["name"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert findings["watch folder"]["text"] == f"{house.watched / 'talks'}: no answer within 10 s."
    assert "mount it again" in findings["watch folder"]["mend"]
    assert findings["rules"]["verdict"] == "ok"
    assert findings["state folder"]["verdict"] == findings["NemoVideo"]["verdict"] == "ok"
