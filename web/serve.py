"""The server that carries the app: waitress, with a thread for each open stream and some for pages."""

from __future__ import annotations

import logging
import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

import click
from flask import Flask
from waitress.server import create_server

from shelfwire.errors import InputError
from web.changes import Changes
from web.config import WebConfig

log = logging.getLogger(__name__)

PAGE_THREADS: Final = 12
"""Pages at once. Two cores draw two; the others wait for the store. More would only make each of them slower."""

QUEUE: Final = 512
"""Connections: six from each of 50 tablets, and the streams."""


def options(config: WebConfig) -> dict[str, Any]:
    """How waitress is set. A stream sleeps in its thread (about 100 kB each), so threads = streams + pages."""
    chosen: dict[str, Any] = {
        "threads": config.streams + PAGE_THREADS,
        "connection_limit": config.streams + QUEUE,
        "backlog": QUEUE,
        # Look at a connection while its answer runs, so that a tablet that went away is seen at once.
        "channel_request_lookahead": 1,
        "asyncore_use_poll": True,
        "ident": "shelfwire",
        "max_request_header_size": 32 * 1024,
        "max_request_body_size": 256 * 1024,
        "expose_tracebacks": False,
    }
    if config.behind_tls:
        chosen |= {
            "trusted_proxy": "127.0.0.1",
            "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"},
            "clear_untrusted_proxy_headers": True,
        }
    return chosen


def make_server(app: Flask, config: WebConfig) -> Any:
    """The server, listening. Raises `InputError` when the address cannot be opened."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    try:
        listening = socket.create_server((config.host, config.port), family=family, backlog=QUEUE)
    except OSError as fault:
        raise InputError(f"port {config.port} on {config.host} cannot be opened: {fault.strerror}") from fault
    return create_server(app, sockets=[listening], **options(config))


def serve(app: Flask, config: WebConfig, changes: Changes, started: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT. Calls `started` when the port is open. Raises `InputError` when it is taken."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = make_server(app, config)

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 (the signature of a handler)
        changes.close()
        raise SystemExit(0)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    host = f"[{config.host}]" if ":" in config.host else config.host
    click.echo(f"map: http://{host}:{server.effective_port}/", err=True)
    started()
    try:
        server.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        server.close()
