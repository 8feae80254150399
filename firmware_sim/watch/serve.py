"""The server of the watch page: waitress on 127.0.0.1, until SIGTERM or SIGINT."""

from __future__ import annotations

import logging
import os
import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

from waitress.server import create_server

from firmware_sim.watch.app import BODY_BYTES, create_app
from firmware_sim.watch.worker import Worker
from shelfwire.errors import InputError

HOST: Final = "127.0.0.1"
THREADS: Final = 6
"""Pages at once; each answer waits for the one thread that owns the library."""
CONNECTIONS: Final = 100


def make_server(worker: Worker, about: dict[str, str], port: int) -> Any:
    """The server, listening. Raises `InputError` when the port cannot be opened."""
    site = worker.site
    try:
        listening = socket.create_server((HOST, port))
    except OSError as fault:
        raise InputError(
            f"--port {port}: cannot be opened on {HOST}: {fault.strerror}; take another one, or 0 for any free one"
        ) from fault
    return create_server(
        create_app(worker, site.name, about), sockets=[listening], threads=THREADS, connection_limit=CONNECTIONS,
        ident="shelfwire", max_request_body_size=BODY_BYTES, max_request_header_size=16 * 1024, expose_tracebacks=False,
    )  # fmt: skip


def serve(worker: Worker, about: dict[str, str], port: int, ready: Callable[[str], None]) -> None:
    """Let the library live and show it. Calls `ready` with the address. Raises `InputError`, or what ended the library."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = make_server(worker, about, port)

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 (the signature of a handler)
        raise SystemExit(0)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    worker.start(lambda: os.kill(os.getpid(), signal.SIGTERM))
    ready(f"http://{HOST}:{server.effective_port}/")
    try:
        server.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        server.close()
        worker.stop()
        if worker.fault is not None:
            raise worker.fault
