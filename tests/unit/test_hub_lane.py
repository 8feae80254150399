"""What waits for the broker goes in order, some at a time, and nothing of it is lost."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from hub.lane import AT_ONCE, Lane


class Broker:
    """Takes messages, each after the loop had its turn; the first `refused` of them not."""

    def __init__(self, refused: int = 0) -> None:
        self.connected = asyncio.Event()
        self.connected.set()
        self.taken: list[tuple[str, bytes]] = []
        self.under_way = self.most_under_way = 0
        self._refused = refused

    async def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool) -> bool:
        assert qos == 1
        assert not retain
        if self._refused:
            self._refused -= 1
            return False
        self.taken.append((topic, payload))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        return True


async def sent(lane: Lane, broker: Broker) -> list[tuple[str, bytes]]:
    task = asyncio.create_task(lane.run(cast("Any", broker)))
    await asyncio.wait_for(lane.drained(), 5)
    await asyncio.sleep(0.05)
    task.cancel()
    return broker.taken


async def test_messages_go_in_order_and_a_bounded_number_at_once() -> None:
    lane, broker = Lane(), Broker()
    for number in range(100):
        lane.put(f"t/{number}", b"")
    assert [topic for topic, _ in await sent(lane, broker)] == [f"t/{number}" for number in range(100)]
    assert broker.most_under_way == AT_ONCE
    assert lane.sent == 100


async def test_what_the_broker_did_not_take_goes_again_before_the_others() -> None:
    lane, broker = Lane(), Broker(refused=AT_ONCE)
    for number in range(AT_ONCE + 3):
        lane.put(f"t/{number}", b"")
    assert [topic for topic, _ in await sent(lane, broker)] == [
        f"t/{number}" for number in range(AT_ONCE + 3)
    ]


async def test_a_newer_message_of_a_key_replaces_one_that_came_back() -> None:
    lane, broker = Lane(), Broker(refused=1)
    lane.put("t/1", b"old")
    task = asyncio.create_task(lane.run(cast("Any", broker)))
    await asyncio.sleep(0.02)
    lane.put("t/1", b"new")
    await asyncio.sleep(0.2)
    task.cancel()
    assert broker.taken == [("t/1", b"new")]
