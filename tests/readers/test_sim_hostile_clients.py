"""Clients that mean no good, or know no better, over TCP: each gets the protocol's answer and hurts nobody else."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from helpers.driven import driven
from helpers.machines import spec

from edge.llrp import messages as m
from edge.llrp.codec import Framer, decode, encode
from edge.llrp.events import BufferOverflow, ConnectionAttempt
from edge.llrp.wire import Frame, pack
from firmware_sim.radio import Answer, Listen
from firmware_sim.readers import llrp as shell
from firmware_sim.readers.box import Box
from firmware_sim.readers.llrp import MOST_GUESTS, LlrpEmulator
from shelfwire.retry import Backoff

PROMPT_S = 5.0
"""A reader beside the one that suffers serves its client within this, on a busy machine too; blocked, it would take much longer."""

_open: list[Client] = []


@pytest.fixture(autouse=True)
async def _nothing_stays_open() -> AsyncIterator[None]:
    yield
    while _open:
        await _open.pop().close()


class Crowded:
    """So many tags in front of every antenna that reports are large."""

    def __init__(self, tags: int) -> None:
        self._tags = tags

    def answers(self, listen: Listen) -> list[Answer]:
        return [
            Answer(epc=f"{number:024X}", pc=0x3000, count=1, rssi_dbm=-50, first_us=listen.from_us, last_us=listen.from_us)
            for number in range(self._tags)
        ]  # fmt: skip


class Client:
    """Speaks LLRP, or whatever it is told to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer, self._framer = reader, writer, Framer()
        _open.append(self)

    async def next(self) -> m.Message | None:
        """The reader's next message, None: it closed."""
        while (frame := self._framer.take()) is None:
            try:
                data = await asyncio.wait_for(self.reader.read(65_536), 10)
            except ConnectionError:
                return None
            if not data:
                return None
            self._framer.feed(data)
        return decode(frame.type, frame.body)

    async def ask(self, message: m.Message) -> m.Message | None:
        """One request and its answer, past what the reader says by itself."""
        self.writer.write(encode(message, 7))
        while isinstance(found := await self.next(), m.ReaderEventNotification | m.ROAccessReport):
            pass
        return found

    async def close(self) -> None:
        self.writer.transport.abort()
        await asyncio.gather(self.writer.wait_closed(), return_exceptions=True)


@asynccontextmanager
async def two(tags: int = 3) -> AsyncIterator[tuple[LlrpEmulator, LlrpEmulator]]:
    """A reader that has to suffer, and one beside it."""
    both = (
        LlrpEmulator(Box(name="R1", antennas=4), Crowded(tags)),
        LlrpEmulator(Box(name="R2", antennas=4), Crowded(1)),
    )
    for one in both:
        await one.start()
    try:
        yield both
    finally:
        for one in both:
            await one.stop()


async def connect(one: LlrpEmulator, *, receive_bytes: int = 0) -> Client:
    if not receive_bytes:
        return Client(*await asyncio.open_connection("127.0.0.1", one.port))
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    raw.settimeout(0)
    await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", one.port))
    return Client(*await asyncio.open_connection(sock=raw, limit=receive_bytes))


async def greeted(one: LlrpEmulator, *, receive_bytes: int = 0) -> Client:
    client = await connect(one, receive_bytes=receive_bytes)
    assert attempt(await client.next()) == 0
    return client


def attempt(message: m.Message | None) -> int | None:
    if isinstance(message, m.ReaderEventNotification) and isinstance(
        message.data.events[0], ConnectionAttempt
    ):
        return message.data.events[0].status
    return None


async def serves(one: LlrpEmulator) -> float:
    """Seconds that another reader of this process takes to serve its client."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    client = await greeted(one)
    assert isinstance(await client.ask(m.GetReaderCapabilities()), m.GetReaderCapabilitiesResponse)
    assert isinstance(await client.ask(m.CloseConnection()), m.CloseConnectionResponse)
    await client.close()
    return loop.time() - began_s


async def until(true: Callable[[], bool], seconds: float = 30) -> None:
    for _ in range(round(seconds / 0.02)):
        if true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("did not happen")


async def test_a_hundred_clients_are_turned_away_and_the_owner_goes_on() -> None:
    async with two() as (one, other):
        owner = await greeted(one)
        crowd = await asyncio.gather(*(connect(one) for _ in range(100)))
        told = [attempt(await client.next()) for client in crowd]
        assert set(told) <= {2, None}
        assert told.count(2) >= MOST_GUESTS
        assert isinstance(await owner.ask(m.GetROSpecs()), m.GetROSpecsResponse)
        assert await serves(other) < PROMPT_S
        await asyncio.gather(*(client.close() for client in crowd))
        await until(lambda: len(one._clients) == 1)
        await owner.close()


async def test_a_client_that_is_turned_away_hears_why_even_if_it_spoke_first() -> None:
    async with two() as (one, _):
        owner = await greeted(one)
        rude = await connect(one)
        rude.writer.write(encode(m.GetReaderCapabilities(), 1) * 100)
        assert attempt(await rude.next()) == 2
        assert await rude.next() is None
        await rude.close()
        await owner.close()


async def test_a_client_that_stops_reading_loses_reports_is_told_so_and_fills_no_memory() -> None:
    async with two(tags=400) as (one, other):
        client = await greeted(one, receive_bytes=4_096)
        assert await client.ask(m.AddROSpec(spec(antennas=(1, 3), ms=10))) == m.AddROSpecResponse()
        assert await client.ask(m.EnableROSpec(7)) == m.EnableROSpecResponse()
        await until(lambda: one.machine._voice.congested)
        await until(lambda: one.machine._voice._overflowed)
        assert one._writer is not None
        assert one._writer.transport.get_write_buffer_size() < shell.UNSENT_BYTES
        assert one.machine._voice._held_tags <= one.machine.box.buffer_tags
        assert await serves(other) < PROMPT_S
        one.machine.faults.silent |= {1, 3}  # so that the reader's news can end
        for _ in range(100_000):
            message = await client.next()
            if isinstance(message, m.ReaderEventNotification) and BufferOverflow() in message.data.events:
                break
        else:
            raise AssertionError("nothing was said of what was lost")
        await client.close()


async def test_a_client_that_never_reads_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell, "STUCK_S", 0.3)
    async with two(tags=400) as (one, _):
        client = await greeted(one, receive_bytes=4_096)
        await client.ask(m.AddROSpec(spec(antennas=(1, 3), ms=10)))
        await client.ask(m.EnableROSpec(7))
        await until(lambda: not one.connected)
        again = await greeted(one)
        await again.close()
        await client.close()


async def test_a_flood_of_questions_whose_answers_nobody_reads_stops_at_the_socket() -> None:
    async with two() as (one, other):
        client = await greeted(one, receive_bytes=4_096)
        client.writer.write(encode(m.GetReaderCapabilities(), 1) * 20_000)
        await asyncio.sleep(0.3)
        assert await serves(other) < PROMPT_S
        assert one._writer is not None
        assert one._writer.transport.get_write_buffer_size() < shell.UNSENT_BYTES
        await client.close()


async def test_half_a_message_is_waited_for_so_long_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell, "HALF_MESSAGE_S", 0.3)
    async with two() as (one, _):
        client = await greeted(one)
        whole = encode(m.GetROSpecs(), 3)
        client.writer.write(whole + whole[:4])
        assert isinstance(await client.next(), m.GetROSpecsResponse)
        await asyncio.sleep(0.2)
        client.writer.write(whole[4:5])  # a byte now and then does not help
        assert await client.next() is None
        await client.close()


@pytest.mark.parametrize(
    "garbage", [b"GET / HTTP/1.1\r\nHost: reader\r\n\r\n", bytes(64), b"\xff" * 64, b"\x04\x01" + b"\0" * 40]
)
async def test_garbage_closes_the_connection_and_the_reader_takes_the_next(garbage: bytes) -> None:
    async with two() as (one, _):
        client = await greeted(one)
        client.writer.write(garbage)
        assert await client.next() is None
        await client.close()
        await (await greeted(one)).close()


async def test_nonsense_in_the_right_form_is_answered_in_the_protocols_words() -> None:
    async with two() as (one, _):
        client = await greeted(one)
        for frame, answer, status in (
            (Frame(type=999, id=1, body=b"x"), m.ErrorMessage, 109),
            (Frame(type=20, id=2, body=b"\x00\xb1\xff\xff"), m.AddROSpecResponse, 100),
            (Frame(type=46, id=3, body=b"", version=2), m.ErrorMessage, 110),
            (Frame(type=1, id=4, body=b""), m.GetReaderCapabilitiesResponse, 100),
        ):
            client.writer.write(pack(frame))
            found = await client.next()
            assert isinstance(found, answer)
            assert isinstance(found, m.ErrorMessage | m.AddROSpecResponse | m.GetReaderCapabilitiesResponse)
            assert found.status.code == status
        await client.close()


async def test_our_driver_lives_with_damaged_frames_pieces_and_a_cut_in_the_middle() -> None:
    async with driven(Box(name="R1"), backoff=Backoff(first_s=0.05, longest_s=0.1)) as (
        emulator,
        sink,
        _driver,
    ):
        await sink.until(lambda: len(sink.dwells) >= 4)
        emulator.line.split_bytes = 7
        had = len(sink.dwells)
        await sink.until(lambda: len(sink.dwells) > had + 4)
        emulator.line.split_bytes = 0
        emulator.line.damaged_share = 0.1
        had = len(sink.dwells)
        await sink.until(lambda: len(sink.dwells) > had + 8, seconds=20)
        emulator.line.damaged_share = 0.0
        emulator.line.cut_next = True
        await sink.until(lambda: not emulator.line.cut_next)
        had = len(sink.dwells)
        await sink.until(lambda: len(sink.dwells) > had + 4, seconds=20)
