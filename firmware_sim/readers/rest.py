"""A small HTTP server for emulated readers, on loopback: one request a connection, a stream of events on one path, everything bounded."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hmac
from collections.abc import Callable
from typing import Final

from firmware_sim.readers.reply import Reply

MAX_HEAD_BYTES: Final = 16 * 1024
MAX_BODY_BYTES: Final = 256 * 1024
"""A preset of 32 antennas has 8 KiB."""

LENGTH_DIGITS: Final = 9
"""Of a Content-Length; `int` is not asked about thousands of them."""

OK: Final = 200
REQUEST_S: Final = 5.0
"""For a client to say what it wants."""

MAX_STREAMS: Final = 4
"""The oldest is closed when one more is opened, as the R700 does."""

WAITING_EVENTS: Final = 2_000
"""For a stream's client; one that does not read them is closed."""

KEEPALIVE_S: Final = 30.0
"""An empty line after so long without an event; the R700 can be set to 1 to 300 s."""

_REASONS: Final = {200: "OK", 204: "No Content", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 409: "Conflict"}  # fmt: skip


Handler = Callable[[str, str, bytes], Reply]
"""(method, path, body) → answer."""


class RestServer:
    """Listens on a loopback port. `account`: name and password for basic authentication; None: none is asked for."""

    def __init__(
        self, handler: Handler, account: tuple[str, str] | None = None, *, stream: str | None = None
    ) -> None:
        self.port = 0
        """0 until `start` has chosen one; kept over `stop`."""
        self._handler = handler
        self._wanted = None if account is None else b"Basic " + base64.b64encode(":".join(account).encode())
        self._stream_path = stream
        self._streams: dict[asyncio.Task[None], asyncio.Queue[bytes]] = {}
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=MAX_HEAD_BYTES)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in list(self._clients):
            task.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    def say(self, event: bytes) -> None:
        """An event for every open stream."""
        for task, waiting in list(self._streams.items()):
            try:
                waiting.put_nowait(event)
            except asyncio.QueueFull:
                del self._streams[task]
                task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        try:
            async with asyncio.timeout(REQUEST_S):
                method, path, reply = await self._answer(reader)
                streams = reply.status == OK and (method, path) == ("GET", self._stream_path)
                if streams:
                    writer.write(
                        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
                    )
                    await writer.drain()
            if streams:
                await self._feed(task, writer)
                return
            async with asyncio.timeout(REQUEST_S):
                head = f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, 'Error')}\r\nContent-Length: {len(reply.body)}\r\n"
                writer.write(
                    f"{head}Content-Type: application/json\r\nConnection: close\r\n\r\n".encode() + reply.body
                )
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # a client that does not speak HTTP gets nothing
        except asyncio.CancelledError:
            pass  # we end it; Python 3.11's own callback on this task cannot take a cancelled one
        finally:
            self._clients.discard(task)
            self._streams.pop(task, None)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _feed(self, task: asyncio.Task[None], writer: asyncio.StreamWriter) -> None:
        """Events, one a line, until the client goes or is too slow."""
        if len(self._streams) >= MAX_STREAMS:
            oldest = next(iter(self._streams))
            del self._streams[oldest]
            oldest.cancel()
        waiting: asyncio.Queue[bytes] = asyncio.Queue(WAITING_EVENTS)
        self._streams[task] = waiting
        while True:
            line = b""
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(KEEPALIVE_S):
                    line = await waiting.get()
            writer.write(line + b"\r\n")
            await writer.drain()

    async def _answer(self, reader: asyncio.StreamReader) -> tuple[str, str, Reply]:
        """(method, path, answer)."""
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        words = first.split(b" ")
        headers = {
            name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)
        }
        length = headers.get(b"content-length", b"0")
        if (
            len(words) != 3  # noqa: PLR2004 (method, path, version)
            or not length.isdigit()
            or len(length) > LENGTH_DIGITS
            or int(length) > MAX_BODY_BYTES
        ):
            return "", "", Reply(400, b'{"message":"not understood"}')
        method, path = words[0].decode("latin-1"), words[1].decode("latin-1")
        body = await reader.readexactly(int(length))
        if self._wanted is not None and not hmac.compare_digest(
            headers.get(b"authorization", b""), self._wanted
        ):
            return method, path, Reply(401, b'{"message":"who are you?"}')
        if (method, path) == ("GET", self._stream_path):
            return method, path, Reply(OK)
        return method, path, self._handler(method, path, body)
