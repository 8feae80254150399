"""The R700's REST interface, asked over a socket: whatever the other side does, a request ends in its time."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from edge.config import ReaderConfig
from edge.impinj.preset import Options
from edge.impinj.rest import Rest
from edge.iot.actions import Ask

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"


def asking(port: int) -> Rest:
    return Rest(ReaderConfig(id="R1", kind="impinj-iot"), Options(control=f"http://127.0.0.1:{port}/api/v1"))


@contextmanager
def server(*said: bytes, every_s: float = 0.0) -> Iterator[Rest]:
    """A reader that says these pieces to one client; what asks it."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            client, _ = listening.accept()
            with client:
                client.recv(65_536)
                for piece in said:
                    client.sendall(piece)
                    time.sleep(every_s)
        except OSError:
            return  # the client hung up

    serving = threading.Thread(target=serve)
    serving.start()
    try:
        yield asking(listening.getsockname()[1])
    finally:
        listening.close()
        serving.join(5)


async def test_an_answer_is_its_status_and_its_body() -> None:
    with server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") as rest:
        assert await rest.ask(Ask(1, "GET", "/status"), 2.0) == (200, b"{}")


@pytest.mark.parametrize("head", [HEAD, b""])
async def test_a_reader_that_drips_its_answer_is_given_up_in_time(head: bytes) -> None:
    with server(head, *[b"x"] * 30, every_s=0.1) as rest:
        began_s = time.monotonic()
        status, body = await rest.ask(Ask(1, "GET", "/status"), 0.4)
        assert status == 0
        assert body
        assert time.monotonic() - began_s < 2.0


async def test_a_reader_that_nobody_reaches_is_no_exception() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert (await asking(port).ask(Ask(1, "GET", "/status"), 0.5)).status == 0
