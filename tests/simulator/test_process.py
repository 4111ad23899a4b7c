"""The process: its start, its end, its state file."""

from __future__ import annotations

import io
import json
import signal
import socket
import wave
from pathlib import Path

import pytest

from .conftest import KEY, Json, first_line, running, start
from .test_recognition import recognize
from .test_training import authorization


def test_it_exits_cleanly_on_both_signals_and_generates_a_key() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        process = start("--port", "0")
        line = first_line(process)
        assert set(line) >= {"url", "key"}
        assert line["url"].startswith("http://127.0.0.1:")
        assert len(line["key"]) == 32
        process.send_signal(number)
        rest, complaints = process.communicate(timeout=10)
        assert (process.returncode, rest, complaints) == (0, "", "")


def test_a_port_in_use_is_one_line_and_exit_code_1() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = start("--port", str(taken.getsockname()[1]))
        output, complaints = process.communicate(timeout=10)
    assert (process.returncode, output) == (1, "")
    assert len(complaints.splitlines()) == 1


@pytest.mark.parametrize("arguments", [["--endpoints", "-1"], ["--switch", "color=red"], ["--world", "flat"]])
def test_invalid_options_are_exit_code_2(arguments: list[str]) -> None:
    process = start(*arguments)
    output, complaints = process.communicate(timeout=10)
    assert (process.returncode, output) == (2, "")
    assert "Traceback" not in complaints


def test_there_are_no_control_routes_without_the_option() -> None:
    with running("--rate-limit", "0/0") as service:
        assert service.http.get(f"{service.url}/_world/ledger").status_code == 404


def remembered(state: Path, change: bool) -> list[Json]:
    """All entities after one run with the state file."""
    with running("--control", "--state", str(state), "--logs", "2", "--deploy-seconds", "5") as service:
        if change:
            endpoint = service.deployed(displayName="Kept", properties={"loggingEnabled": True})
            log = service.every(endpoint["links"]["logs"])[0]
            service.http.delete(log["self"]).raise_for_status()
            service.http.delete(service.model("Broken")["self"]).raise_for_status()
            copied = service.http.post(service.model("Call center")["links"]["copy"], json=authorization(service))
            recognize(service, None, storeAudio="true").raise_for_status()
            service.advance(30)
            assert service.get(copied.headers["operation-location"])["status"] == "Succeeded"
        seen = [*service.every("/endpoints"), *service.every("/models"), *service.every("/projects")]
        seen += service.every(f"{seen[0]['self']}/files/logs") + service.every("/endpoints/base/en-US/files/logs")
        for noun in ("datasets", "evaluations", "transcriptions"):
            seen += service.every(service.every("/projects")[0]["links"][noun])
    return [{name: one.get(name) for name in ("name", "displayName", "status", "createdDateTime")} for one in seen]


def test_a_world_with_a_state_file_survives_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "deep" / "world.json"
    before = remembered(state, change=True)
    assert before[0]["displayName"] == "Kept"
    assert remembered(state, change=False) == before
    assert [path.name for path in state.parent.iterdir()] == ["world.json"]
    assert KEY not in state.read_text()


def test_an_invalid_state_file_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    state = tmp_path / "world.json"
    state.write_text(json.dumps({"seed": 1}))
    process = start("--state", str(state))
    output, complaints = process.communicate(timeout=10)
    assert (process.returncode, output) == (1, "")
    assert len(complaints.splitlines()) == 1


def test_real_recordings_are_served_as_logs(tmp_path: Path) -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as audio:
        audio.setparams((1, 2, 8_000, 0, "NONE", ""))
        audio.writeframes(b"\x01\x02" * 8_000)
    (tmp_path / "call.wav").write_bytes(file.getvalue())
    (tmp_path / "call.txt").write_text("Hello there.")
    (tmp_path / "noise.wav").write_bytes(b"no audio")
    with running("--control", "--logs", "1", "--logs-from", str(tmp_path)) as service:
        endpoint = service.deployed(properties={"loggingEnabled": True})
        audio_log, transcript = service.every(endpoint["links"]["logs"])
        content = service.open.get(audio_log["links"]["contentUrl"]).content
        said = service.open.get(transcript["links"]["contentUrl"]).json()
    assert content == file.getvalue()
    assert audio_log["properties"] == {"size": len(content), "duration": "PT1S"}
    assert said["DisplayText"] == "Hello there."
