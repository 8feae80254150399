"""The SIP2 connector against a server that others wrote: pysip2, as a program of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from helpers import third_party
from helpers.sip2_server import PASSWORD, USER

from hub.catalog.model import Gone, ItemState
from hub.catalog.sip2 import session
from hub.catalog.sip2.system import Sip2
from shelfwire.errors import InputError, PeerError

PYSIP2 = ("pysip2==0.1.0",)
"""MIT."""

pytestmark = pytest.mark.needs("network")


@contextmanager
def served(detection: str, encoding: str) -> Iterator[int]:
    """The port of a server that runs."""
    command = [
        str(third_party.environment(PYSIP2)), str(third_party.PROGRAMS / "pysip2_server.py"),
        detection, encoding, USER, PASSWORD, "0001=03", "0002=04", "0003=08",
    ]  # fmt: skip
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield int(process.stdout.readline())
        process.stdin.close()
        process.wait(10)


def system(port: int, folder: Path, **more: Any) -> Sip2:
    (folder / "password").write_text(PASSWORD, encoding="utf-8")
    options = {
        "host": "127.0.0.1",
        "port": port,
        "user": USER,
        "password_file": "password",
        "questions_a_second": 200,
    }
    return Sip2.open(options | more, folder, lambda _: None)


@pytest.mark.timeout(400)  # the first run makes the environment
def test_a_server_of_others_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "BACK_OFFS_S", (0.0,))
    with served("required", "cp850") as port:
        for error_detection in ("auto", "on"):
            found = system(port, tmp_path, encoding="cp850", error_detection=error_detection)
            assert "item information offered; answers guarded" in found.check()
            assert list(found.states(["0001", "0002", "0003", "9999"])) == [
                ItemState(barcode="0001", status="on_shelf", source_status="03 available"),
                ItemState(barcode="0002", status="on_loan", source_status="04 charged"),
                ItemState(barcode="0003", status="hold_shelf", source_status="08 waiting on hold shelf"),
                Gone(barcode="9999", source_status="01 not found"),
            ]
            found.close()
        bare = system(port, tmp_path, error_detection="off", answer_within_s=2)
        with pytest.raises(PeerError, match="`error_detection`"):
            bare.check()
        stranger = system(port, tmp_path, user="stranger")
        with pytest.raises(InputError, match="refuses the login"):
            stranger.check()
        stranger.close()
