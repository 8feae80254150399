"""Whoever is told to end does end, also in the very moment in which there is news: Python 3.11's `wait_for` would swallow it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from firmware_sim.faults.proxy import LinkProxy
from firmware_sim.readers.mqtt import MqttEmulator
from shelfwire.link import BrokerConfig

TURNS = 6
"""Of the loop between the news and the end; in three of them `wait_for` swallowed it."""

MANY = 32
"""Tries with sockets, where nobody can say in which turn the news arrives."""


class Quiet(MqttEmulator):
    """A reader to which nothing happens; its broker is never asked."""

    def __init__(self) -> None:
        super().__init__("R1", BrokerConfig(host="127.0.0.1", port=1), filters=[])

    def power_up(self, now_us: int) -> None:
        del now_us

    def power_down(self) -> None:
        pass

    def advance(self, now_us: int) -> list[tuple[str, bytes]]:
        del now_us
        return []

    def next_us(self) -> int | None:
        return None


async def ends(stop: Callable[[], Coroutine[Any, Any, None]]) -> bool:
    """Within two seconds."""
    work = asyncio.create_task(stop())
    done, _ = await asyncio.wait([work], timeout=2.0)
    work.cancel()
    return bool(done)


@pytest.mark.parametrize("turns", range(TURNS))
async def test_a_reader_with_mqtt_of_its_own_ends_in_the_moment_of_news(turns: int) -> None:
    reader = Quiet()
    await reader.start()
    await asyncio.sleep(0.02)
    reader.nudge()
    for _ in range(turns):
        await asyncio.sleep(0)
    assert await ends(reader.stop)


@pytest.mark.parametrize("turns", range(TURNS))
async def test_a_network_ends_in_the_moment_in_which_something_comes(turns: int) -> None:
    async def far_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    broker = await asyncio.start_server(far_end, "127.0.0.1", 0)
    proxy = LinkProxy(broker.sockets[0].getsockname()[1], seed=1)
    await proxy.start()
    ways = [await asyncio.open_connection("127.0.0.1", proxy.port) for _ in range(MANY)]
    await asyncio.sleep(0.05)
    for _, writer in ways:
        writer.write(b"\xc0\x00")
    for _ in range(turns):
        await asyncio.sleep(0)
    ended = await ends(proxy.stop)
    for _, writer in ways:
        writer.transport.abort()
    broker.close()
    assert ended
