from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from helpers.sims import tiny_world

from edge.llrp import messages as m
from edge.llrp.codec import Framer, decode, encode
from edge.llrp.events import ConnectionAttempt
from firmware_sim.radio import Radio
from firmware_sim.readers.box import Box
from firmware_sim.readers.llrp import LlrpEmulator


class Client:
    """A scripted client of few words."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer, self._framer = reader, writer, Framer()

    async def next(self) -> m.Message | None:
        while (frame := self._framer.take()) is None:
            data = await asyncio.wait_for(self._reader.read(65_536), 5)
            if not data:
                return None
            self._framer.feed(data)
        return decode(frame.type, frame.body)

    async def ask(self, message: m.Message) -> m.Message | None:
        self._writer.write(encode(message, 1))
        return await self.next()

    async def close(self) -> None:
        self._writer.close()
        await asyncio.gather(self._writer.wait_closed(), return_exceptions=True)


@asynccontextmanager
async def emulator(name: str = "R1") -> AsyncIterator[LlrpEmulator]:
    one = LlrpEmulator(Box(name=name, antennas=32), Radio(tiny_world(), seed=1))
    await one.start()
    try:
        yield one
    finally:
        await one.stop()


async def connect(one: LlrpEmulator) -> Client:
    return Client(*await asyncio.open_connection("127.0.0.1", one.port))


def attempt(message: m.Message | None) -> int:
    assert isinstance(message, m.ReaderEventNotification)
    event = message.data.events[0]
    assert isinstance(event, ConnectionAttempt)
    return event.status


async def test_one_client_is_served_and_a_second_is_turned_away() -> None:
    async with emulator() as one:
        first = await connect(one)
        assert attempt(await first.next()) == 0
        second = await connect(one)
        assert attempt(await second.next()) == 2
        assert await second.next() is None
        assert attempt(await first.next()) == 4
        await second.close()
        assert isinstance(await first.ask(m.CloseConnection()), m.CloseConnectionResponse)
        assert await first.next() is None
        await first.close()


async def test_a_client_that_left_makes_room_for_the_next() -> None:
    async with emulator() as one:
        for _ in range(3):
            client = await connect(one)
            assert attempt(await client.next()) == 0
            await client.close()
            for _ in range(100):
                if not one.connected:
                    break
                await asyncio.sleep(0.01)


async def test_an_absurd_length_closes_the_connection_and_the_reader_lives() -> None:
    async with emulator() as one:
        client = await connect(one)
        await client.next()
        client._writer.write(bytes.fromhex("0401FFFFFFFF00000001"))
        assert await client.next() is None
        await client.close()
        again = await connect(one)
        assert attempt(await again.next()) == 0
        await again.close()


async def test_a_dead_reader_answers_nobody_and_comes_back_empty_on_its_port() -> None:
    async with emulator() as one:
        client = await connect(one)
        await client.next()
        port = one.port
        await one.die()
        assert await client.next() is None
        await client.close()
        try:
            await connect(one)
        except ConnectionRefusedError:
            pass
        else:
            raise AssertionError("a dead reader took a connection")
        await one.start()
        assert one.port == port
        again = await connect(one)
        assert attempt(await again.next()) == 0
        await again.close()


async def test_a_reader_that_refuses_says_so_and_closes() -> None:
    async with emulator() as one:
        one.refuses = True
        client = await connect(one)
        assert attempt(await client.next()) == 3
        assert await client.next() is None
        await client.close()


async def test_several_readers_live_in_one_process() -> None:
    async with emulator("R1") as one, emulator("R2") as two:
        assert one.port != two.port
        for each in (one, two):
            client = await connect(each)
            assert attempt(await client.next()) == 0
            assert isinstance(await client.ask(m.GetReaderCapabilities()), m.GetReaderCapabilitiesResponse)
            await client.close()
