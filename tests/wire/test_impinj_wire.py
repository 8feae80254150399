"""An emulated R700 at a real Mosquitto, and our driver: the dwells are what the air really brought."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from helpers.iot_wire import CLOCK, LISTENER, READER, Air, Sink, at_work, broker_for
from helpers.sims import tiny_world

from edge.config import ReaderConfig
from edge.impinj.driver import ImpinjIotDriver
from edge.ports import Cycle
from firmware_sim.broker import Broker
from firmware_sim.radio import Radio
from firmware_sim.readers.r700 import R700
from firmware_sim.readers.r700_sockets import R700Emulator
from firmware_sim.readers.reply import Reply
from firmware_sim.readers.rest import RestServer
from shelfwire.messages import Dwell

pytestmark = pytest.mark.needs("mosquitto")

TOPIC = "readers/R1/events"
TURN_US = 80_000


class Room:
    """Broker, reader, driver's sink, and the truth."""

    def __init__(self, folder: Path, *, autostart: bool = False) -> None:
        self.air = Air(Radio(tiny_world(), seed=1))
        self.broker: Broker = broker_for(folder, [TOPIC])
        self.machine = R700(READER, 4, self.air, turn_us=TURN_US, autostart=autostart)
        self.sink = Sink()
        self.password = folder / "r700.password"
        self.password.write_text("secret\n", encoding="utf-8")

    def config(self, port: int | None) -> ReaderConfig:
        control = {
            "control": f"http://127.0.0.1:{port}/api/v1", "password_file": str(self.password), "phase": True
        }  # fmt: skip
        return ReaderConfig(
            id=READER, kind="impinj-iot", broker=self.broker.config(LISTENER), topic=TOPIC, antennas=[1, 2, 3, 4],
            options={} if port is None else control,
        )  # fmt: skip


@asynccontextmanager
async def working(room: Room, *, control: bool) -> AsyncIterator[tuple[R700Emulator, ImpinjIotDriver]]:
    room.broker.start()
    emulator = R700Emulator(room.machine, room.broker.config(READER), topic=TOPIC, account=("root", "secret"))
    await emulator.start()
    driver = ImpinjIotDriver(room.config(emulator.rest.port if control else None), CLOCK, room.sink)
    try:
        async with at_work(driver, Cycle(antennas=(1, 2, 3, 4))):
            yield emulator, driver
    finally:
        await emulator.stop()
        room.broker.stop()


def exact(room: Room) -> list[Dwell]:
    return [dwell for dwell in room.sink.dwells if dwell.quality == "exact"]


async def test_every_dwell_is_what_the_air_brought(tmp_path: Path) -> None:
    room = Room(tmp_path)
    async with working(room, control=True) as (emulator, _):
        emulator.unplug(3)
        await room.sink.until(lambda: len(exact(room)) >= 12)
        found = exact(room)
    assert {dwell.port for dwell in found} == {1, 2, 3, 4}
    for dwell in found:
        if dwell.port == 3:
            assert dwell.tags.epc == [], "an empty dwell is evidence too"
            continue
        _, answers = room.air.turn_of(dwell)
        truth = {answer.epc: answer for answer in answers}
        assert dict(zip(dwell.tags.epc, dwell.tags.count, strict=True)) == {
            epc: answer.count for epc, answer in truth.items()
        }
        assert dict(zip(dwell.tags.epc, dwell.tags.rssi_dbm, strict=True)) == {
            epc: answer.rssi_dbm for epc, answer in truth.items()
        }
        assert dwell.tags.pc is not None
        assert dict(zip(dwell.tags.epc, dwell.tags.pc, strict=True)) == {
            epc: answer.pc for epc, answer in truth.items()
        }
        assert dwell.tags.phase_deg is not None
        assert dwell.tags.channel_khz is not None
        assert (dwell.air.session, dwell.air.target, dwell.power_dbm) == (1, "AB", 30.0)
    assert sum(len(dwell.tags.epc) for dwell in found) > 20
    assert not room.machine.running, "the driver switched the radio off when it went"


async def test_a_new_cycle_is_taken_up_and_radio_off_is_obeyed(tmp_path: Path) -> None:
    room = Room(tmp_path)
    async with working(room, control=True) as (_, driver):
        await room.sink.until(lambda: len(exact(room)) >= 4)
        await driver.set_cycle(Cycle(antennas=(2, 3), power_dbm=21.0, sweep="s-1"))
        await room.sink.until(
            lambda: sum(dwell.sweep == "s-1" and dwell.quality == "exact" for dwell in room.sink.dwells) >= 6
        )
        swept = [dwell for dwell in exact(room) if dwell.sweep == "s-1"][2:]
        assert {dwell.port for dwell in swept} == {2, 3}
        assert {dwell.power_dbm for dwell in swept} == {21.0}
        await driver.set_cycle(None)
        await room.sink.until(lambda: not room.machine.running)
        await room.sink.until(lambda: "at rest" in room.sink.states[-1].detail)
        assert room.sink.states[-1].state == "connected"


async def test_a_reader_set_up_by_hand_with_doubled_events_and_a_wrong_clock_gives_exact_dwells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.iot.hosttime.CONFIRM_US", 1_000_000)
    room = Room(tmp_path, autostart=True)
    room.machine.faults.doubled = True
    room.machine.faults.clock_offset_us = -800_000_000_000_000
    async with working(room, control=False):
        await room.sink.until(lambda: len(exact(room)) >= 6, seconds=20)
        for dwell in exact(room)[1:]:
            _, answers = room.air.turn_of(dwell)
            truth = {answer.epc: answer.count for answer in answers}
            assert dict(zip(dwell.tags.epc, dwell.tags.count, strict=True)) == truth
            assert dwell.air.session is None, "what we have not set we do not claim"


async def test_a_broker_that_was_away_costs_that_time_and_nothing_else(tmp_path: Path) -> None:
    room = Room(tmp_path, autostart=True)
    async with working(room, control=False):
        await room.sink.until(lambda: len(exact(room)) >= 4)
        room.broker.kill()
        await room.sink.until(lambda: room.sink.states[-1].state == "lost")
        room.broker.start()
        before = len(exact(room))
        await room.sink.until(lambda: len(exact(room)) >= before + 8, seconds=25)
        await room.sink.until(lambda: room.sink.states[-1].state == "connected")
        for dwell in exact(room)[1:]:
            _, answers = room.air.turn_of(dwell)
            assert set(dwell.tags.epc) == {answer.epc for answer in answers}


async def test_a_reader_without_power_is_told_of_after_half_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.iot.shell.SILENT_US", 1_000_000)
    room = Room(tmp_path, autostart=True)
    async with working(room, control=False) as (emulator, _):
        await room.sink.until(lambda: len(exact(room)) >= 2)
        await emulator.die()
        await room.sink.until(lambda: room.sink.states[-1].state == "lost")
        assert "nothing heard" in room.sink.states[-1].detail
        await emulator.start()
        await room.sink.until(lambda: room.sink.states[-1].state == "connected")


async def test_without_activations_reads_are_doubtful_and_the_reason_is_told(tmp_path: Path) -> None:
    room = Room(tmp_path, autostart=True)
    room.machine.faults.no_activations = True
    async with working(room, control=False):
        await room.sink.until(lambda: any(state.estimated for state in room.sink.states), seconds=20)
        assert "antennaActivationEventDelivery" in room.sink.states[-1].detail
        assert {dwell.quality for dwell in room.sink.dwells} == {"doubtful"}


async def test_garbage_at_the_rest_interface_of_an_emulator_hurts_nobody() -> None:
    server = RestServer(lambda _method, _path, body: Reply(200, body), account=("root", "secret"))
    await server.start()
    try:
        for rubbish in (
            b"\x00" * 40_000,
            b"GET\r\n\r\n",
            b"PUT / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
            b"PUT / HTTP/1.1\r\n\r\n",
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(rubbish)
            answer = await asyncio.wait_for(reader.read(), 10)
            assert b" 200 " not in answer[:20]
            writer.close()
    finally:
        await server.stop()


async def test_a_length_behind_many_zeros_is_too_long_as_well() -> None:
    server = RestServer(lambda _method, _path, body: Reply(200, body))
    await server.start()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"PUT / HTTP/1.1\r\nContent-Length: 0000000009999999999\r\n\r\n")
        assert b" 400 " in await reader.readline(), "it must not wait for ten thousand million bytes"
        writer.close()
    finally:
        await server.stop()


async def test_the_http_stream_tells_the_same_events_and_closes_who_does_not_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("firmware_sim.readers.rest.KEEPALIVE_S", 0.05)
    monkeypatch.setattr("firmware_sim.readers.rest.WAITING_EVENTS", 20)
    monkeypatch.setattr("firmware_sim.readers.rest.MAX_STREAMS", 2)
    server = RestServer(lambda *_: Reply(404), stream="/data/stream")
    await server.start()

    async def opened() -> asyncio.StreamReader:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET /data/stream HTTP/1.1\r\n\r\n")
        assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
        assert await reader.readline() == b"\r\n", "alive, and nothing to tell"
        writers.append(writer)
        return reader

    writers: list[asyncio.StreamWriter] = []
    try:
        first = await opened()
        server.say(b"{}")
        lines = [await first.readline() for _ in range(3)]
        assert b"{}\r\n" in lines
        second = await opened()
        third = await opened()
        while line := await first.readline():
            assert line == b"\r\n", "then closed: two streams are open besides"
        for _ in range(200):
            server.say(b"{}")
        for reader in (second, third):
            await asyncio.wait_for(reader.read(), 5)
        assert server._streams == {}
    finally:
        for writer in writers:
            writer.close()
        await server.stop()
