from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
from bare_client import bare_client, call_on
from helpers import make_video, wait_until

from nemowatch.sandbox.server import Sandbox, SandboxError

pytestmark = pytest.mark.slow


def test_taken_port_is_said_plainly(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox:
        port = int(sandbox.url.rpartition(":")[2])
        with (
            pytest.raises(SandboxError, match=f"can't listen on 127.0.0.1:{port}"),
            Sandbox(tmp_path, port=port),
        ):
            pass


def test_folder_that_can_not_be_made_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(SandboxError, match="folder"), Sandbox(tmp_path / "file"):
        pass


def test_two_services_in_one_process_know_nothing_of_each_other(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "one") as one, Sandbox(tmp_path / "two") as two, call_on(one) as client:
        assert client.http.get(two.url + "/api/credits/balance/simple").json()["code"] == 1001
        assert one.ledger()["totals"]["sessions"] == 1
        assert two.ledger()["totals"]["sessions"] == 0


def test_ledger_can_be_read_after_the_service_stopped(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox:
        httpx.post(sandbox.url + "/api/auth/anonymous-token", headers={"X-Client-Id": "one"})

    assert sandbox.ledger()["totals"]["tokens"] == 1


def test_service_stops_at_once_in_the_middle_of_an_edit_a_render_and_a_download(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with bare_client(tmp_path) as client:
        long = make_video(tmp_path / "long.mp4", seconds=60, width=320, height=240)
        address = client.upload(("long.mp4", long))["data"]["files"][0]["cdn_url"]
        client.start_render("render_1", client.read_draft())
        wait_until(lambda: client.read_render("render_1")["status"] == "processing")
        body = client.prompt_body("extract the 3 best clips and one frame every second")
        with (
            client.http.stream("GET", address),
            client.http.stream("POST", "/run_sse", json=body) as stream,
        ):
            next(stream.iter_raw())
            began = time.monotonic()
            client.sandbox.close()

    assert time.monotonic() - began < 5
    assert client.entries("renders")[0]["status"] == "failed"
    assert not [thread.name for thread in threading.enumerate() if thread.name == "sandbox"]
    assert capfd.readouterr().err == ""


def test_request_outside_the_api_is_not_found(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox:
        assert httpx.get(sandbox.url + "/cdn/unknown/file.mp4").status_code == 404
        assert httpx.get(sandbox.url + "/nowhere").status_code == 404


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_command_names_its_address_first_and_ends_well_on_a_signal(
    tmp_path: Path, how: signal.Signals
) -> None:
    command = [
        sys.executable,
        "-m",
        "nemowatch",
        "sandbox",
        "--folder",
        str(tmp_path / "service"),
        "--events",
        "adk",
        "--errors",
        "envelope",
        "--fault",
        "state:503 10%",
        "--fault",
        "prompt:cut=2 after",
        "--seed",
        "7",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        first = process.stdout.readline()
        url = first.removeprefix("NemoVideo sandbox on ").strip()
        totals = httpx.get(url + "/_sandbox/ledger").json()["totals"]
        faults = httpx.get(url + "/_sandbox/faults").json()
        refused = httpx.get(url + "/api/credits/balance/simple")
        process.send_signal(how)
        rest, complaints = process.stdout.read(), process.stderr.read()

    assert url.startswith("http://127.0.0.1:")
    assert totals["sessions"] == 0
    assert faults["seed"] == 7
    assert [fault["fault"] for fault in faults["faults"]] == ["state:503 always 10%", "prompt:cut=2 x1 after"]
    assert (refused.status_code, refused.json()["code"]) == (200, 1001)
    assert f"NEMO_API_URL={url}" in rest
    assert (process.returncode, complaints) == (0, "")
