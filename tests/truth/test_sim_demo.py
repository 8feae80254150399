"""The whole product in child processes, from the emulated antenna to the store, held against the truth."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from shelfwire.data import config_file

pytestmark = [pytest.mark.slow, pytest.mark.timeout(170)]

KINDS = [pytest.param("mosquitto", marks=pytest.mark.needs("mosquitto")), "amqtt"]


def demo(folder: Path, *args: str) -> list[str]:
    return [sys.executable, "-m", "shelfwire", "demo", "--port", "0", "--state", str(folder / "state"), *args]


def played(folder: Path, *args: str) -> dict[str, Any]:
    """Run a demo to its end; its report."""
    report = folder / "report.json"
    done = subprocess.run(
        demo(folder, "--report", str(report), *args), capture_output=True, text=True, timeout=160, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = msgspec.json.decode(report.read_bytes())
    return found


def running(folder: Path) -> dict[int, list[str]]:
    """Processes that still use the folder."""
    found = {}
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if process.pid != os.getpid() and any(str(folder) in word for word in words):
            found[process.pid] = words
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_morning_in_the_reading_room_is_told_as_it_was(tmp_path: Path, kind: str) -> None:
    found = played(tmp_path, "--for", "50", "--broker", kind)
    assert found["broker"] == kind
    reports = found["reports"]
    assert reports["sent"] == reports["taken"] > 50
    assert reports["doubled"] == reports["missing"] == 0
    findings = found["findings"]
    assert {name: one["false"] for name, one in findings.items() if one["false"]} == {}, found["false"]
    for name in ("misplaced", "missing", "unexpected", "unknown_tag", "silent_antenna"):
        assert findings[name]["true"] == 1, (name, findings, found["missed"])
    assert (
        findings["stale_shelf"]["true"] >= 20
    )  # the dead reader's shelves, and not one of their books is missing
    assert 0 < found["delay_s"]["median"] <= found["delay_s"]["p95"] < 30
    assert not running(tmp_path)


@pytest.mark.needs("mosquitto")
def test_agent_broker_and_hub_killed_three_times_each_lose_and_double_nothing(tmp_path: Path) -> None:
    scenario = config_file("scenarios/kills.yaml")
    found = played(tmp_path, "--for", "34", "--scenario", str(scenario), "--broker", "mosquitto")
    reports = found["reports"]
    assert reports["sent"] == reports["taken"] > 50
    assert reports["doubled"] == reports["missing"] == 0
    assert found["findings"]["missing"]["false"] == 0, found["false"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_every_process_and_a_second_start_works_at_once(tmp_path: Path, number: int) -> None:
    for _ in range(2):
        with subprocess.Popen(
            demo(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            assert process.stdout is not None
            lines = []
            for line in process.stdout:
                lines.append(line)
                if "Ctrl-C ends everything" in line:
                    break
            time.sleep(0.5)
            process.send_signal(number)
            lines += process.stdout.readlines()
            assert process.wait(30) == 0, "".join(lines)
        assert not running(tmp_path), "".join(lines)


def test_a_child_that_dies_is_named_with_its_last_words(tmp_path: Path) -> None:
    with subprocess.Popen(
        demo(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "Ctrl-C ends everything" in line:
                break
        victim = next(pid for pid, words in running(tmp_path).items() if words[3:5] == ["hub", "run"])
        os.kill(victim, signal.SIGKILL)
        said = process.stdout.read()
        assert process.wait(30) == 3
    assert "hub: ended by itself" in said
    assert not running(tmp_path)
