"""Messages that wait for the broker: the newest of each key, in order, until they are handed over, some at a time.

Bounded by its keys: shelves, open findings, sweeps, outboxes. What a newer value replaces is nobody's loss, because the store
has all of it and each message is whole.
"""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import Final, NamedTuple

from shelfwire.link import Link

MAX_WAITING: Final = 500_000
"""Shelves of the largest site and as many findings; beyond it the oldest are dropped and counted, and come again at the next connect."""

AT_ONCE: Final = 16
"""Messages under way to the broker together. An answer takes one or two turns of the loop, which are up to 10 ms of a busy hub: one after the
other, a hub of 250 agents sent 137 acknowledgements a second, and waited for reports. More than 20 wait in the client."""


class Waiting(NamedTuple):
    """One message."""

    topic: str
    payload: bytes
    retain: bool
    expires_at_us: int
    """Worth nothing after this time of the hub; 0: always worth something."""


class Lane:
    """See the module. `put` never blocks; run `run` as a task."""

    def __init__(self) -> None:
        self._waiting: dict[str, Waiting] = {}
        self._new = asyncio.Event()
        self._under_way = 0
        self.dropped = 0
        self.sent = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(
        self,
        topic: str,
        payload: bytes,
        *,
        key: str | None = None,
        retain: bool = False,
        expires_at_us: int = 0,
    ) -> None:
        """Let a message wait; it replaces one with the same key (default: the topic)."""
        key = key or topic
        if len(self._waiting) >= MAX_WAITING and key not in self._waiting:
            self._waiting.pop(next(iter(self._waiting)))
            self.dropped += 1
        self._waiting[key] = Waiting(topic, payload, retain, expires_at_us)
        self._new.set()

    def put_older(self, topic: str, payload: bytes, *, key: str, retain: bool) -> None:
        """Let a message wait, unless a newer one with its key waits already."""
        if key not in self._waiting:
            self.put(topic, payload, key=key, retain=retain)

    def forget_old(self, now_us: int) -> None:
        """Drop what is worth nothing any more."""
        old = [key for key, item in self._waiting.items() if 0 < item.expires_at_us < now_us]
        for key in old:
            del self._waiting[key]
        self.dropped += len(old)

    async def run(self, link: Link) -> None:
        """Hand over what waits, until cancelled."""
        while True:
            await self._new.wait()
            await link.connected.wait()
            if not self._waiting:
                self._new.clear()
                continue
            some = {key: self._waiting.pop(key) for key in list(islice(self._waiting, AT_ONCE))}
            self._under_way = len(some)
            # Each call hands its message to the client when it begins, so they go in this order; a newer one of a key waits for the next turn.
            taken = await asyncio.gather(
                *(link.publish(one.topic, one.payload, qos=1, retain=one.retain) for one in some.values())
            )
            left = {key: one for (key, one), done in zip(some.items(), taken, strict=True) if not done}
            self.sent += len(some) - len(left)
            if left:
                self._waiting = left | self._waiting  # a newer one that came meanwhile wins
            self._under_way = 0
            if left:
                await asyncio.sleep(0.05)

    async def drained(self) -> None:
        """Returns when nothing waits or is under way; for an orderly stop, with a time limit of the caller."""
        while self._waiting or self._under_way:  # noqa: ASYNC110 (once, at the end, for a moment)
            await asyncio.sleep(0.02)
