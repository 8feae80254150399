"""MQTT → "something changed". One thread with its own loop holds the one link of the map."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from shelfwire import topics
from shelfwire.errors import InputError, PeerError
from shelfwire.link import BrokerConfig, Link, Message
from shelfwire.retry import Backoff
from web.changes import Changes

log = logging.getLogger(__name__)

GATHER_S: Final = 0.1
"""How long changes are gathered into one event. Shorter: more events than a tablet can draw; longer: a page that feels late
(the goal is a visible change within a second of the dwell's end)."""

_BACKOFF: Final = Backoff(first_s=0.5, longest_s=10.0)


class Live:
    """Runs the link in a thread; `wake` tells the hub that there are new acts."""

    def __init__(self, broker: BrokerConfig, base: Path, sites: Sequence[str], changes: Changes) -> None:
        self._changes = changes
        self._link = Link(
            broker,
            client_id=f"web-{secrets.token_hex(4)}",
            filters=[name for site in sites for name in topics.live_filters(site)],
            on_message=self._on_message,
            on_up=self._on_up,
            on_down=self._on_down,
            base=base,
            backoff=_BACKOFF,
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="live", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """End the streams and the link; waits for the thread."""
        self._changes.close()
        loop, task = self._loop, self._task
        if loop is not None and task is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended by itself
                loop.call_soon_threadsafe(task.cancel)
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def wake(self, site: str) -> None:
        """Tell the hub of `site` to look for acts now; without a broker it looks by itself a little later."""
        loop = self._loop
        if loop is not None and self._link.connected.is_set():
            with contextlib.suppress(RuntimeError):
                asyncio.run_coroutine_threadsafe(self._link.publish(topics.wake(site), b"", qos=0), loop)

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except InputError as fault:  # a password file that cannot be read: the map works on, without pushes
            log.error("live updates are off: %s", fault)  # noqa: TRY400 (the text says it all)

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self._link.run())
        if self._changes.closed:
            self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _on_message(self, message: Message) -> None:
        try:
            topic = topics.parse(message.topic)
        except PeerError:
            return
        # Retained ones count too: the embedded broker marks every message so. Their flood at the start is one event.
        if isinstance(topic, topics.HubTopic) and self._changes.note(topic.what, topic.id):
            asyncio.get_running_loop().call_later(GATHER_S, self._changes.flush)

    async def _on_up(self) -> None:
        self._changes.link(up=True)

    async def _on_down(self, reason: str) -> None:  # noqa: ARG002 (the link has logged it)
        self._changes.link(up=False)
