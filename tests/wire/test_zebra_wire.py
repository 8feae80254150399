"""An emulated Zebra reader at a real Mosquitto, and our driver: the estimated dwells hold what the air really brought."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from helpers.iot_wire import CLOCK, LISTENER, READER, Air, Sink, at_work, broker_for
from helpers.sims import tiny_world

from edge.config import ReaderConfig
from edge.ports import Cycle
from edge.zebra.driver import ZebraIotcDriver
from firmware_sim.broker import Broker
from firmware_sim.radio import Radio
from firmware_sim.readers.zebra import Zebra
from firmware_sim.readers.zebra_sockets import ZebraEmulator, ZebraTopics
from shelfwire.messages import Dwell

pytestmark = pytest.mark.needs("mosquitto")

TOPICS = ZebraTopics.of("readers/R1")
TURN_MS = 120
UNSURE_US = 40_000
"""A turn that ended so near to an interval's end may count to either side: stamps have milliseconds, and messages take some."""
CYCLE = Cycle(antennas=(1, 2, 3, 4), dwell_ms=TURN_MS)


class Room:
    """Broker, reader, driver's sink, and the truth."""

    def __init__(self, folder: Path, *, autostart: bool = False, heartbeat_s: float = 1.0) -> None:
        self.air = Air(Radio(tiny_world(), seed=1))
        self.broker: Broker = broker_for(folder, TOPICS.written, [TOPICS.control])
        self.machine = Zebra(
            READER,
            4,
            self.air,
            turn_us=TURN_MS * 1000,
            heartbeat_us=int(heartbeat_s * 1e6),
            autostart=autostart,
        )
        self.sink = Sink()

    def config(self, *, control: bool) -> ReaderConfig:
        options = {"events": TOPICS.events}
        if control:
            options |= {"control": TOPICS.control, "responses": TOPICS.responses}
        return ReaderConfig(
            id=READER, kind="zebra-iotc", broker=self.broker.config(LISTENER), topic=TOPICS.data, antennas=[1, 2, 3, 4],
            dwell_ms=TURN_MS, session=0, options=options,
        )  # fmt: skip

    def estimated(self) -> list[Dwell]:
        return [dwell for dwell in self.sink.dwells if dwell.quality == "estimated" and dwell.tags.epc]

    def truth(self, dwell: Dwell, late_us: int) -> Counter[str] | None:
        """Reads of each tag in the turns that ended in this dwell; None: one of them may count to either side.

        `late_us`: the smallest delay of the reader's messages, which no clock can tell from an offset.
        """
        found: Counter[str] = Counter()
        since_us, until_us = dwell.started_at_us - late_us, dwell.ended_at_us - late_us
        for listen, answers in self.air.turns:
            if listen.port != dwell.port:
                continue
            if min(abs(listen.to_us - since_us), abs(listen.to_us - until_us)) < UNSURE_US:
                return None
            if since_us < listen.to_us < until_us:
                found.update({answer.epc: answer.count for answer in answers})
        return found


@asynccontextmanager
async def working(room: Room, *, control: bool) -> AsyncIterator[tuple[ZebraEmulator, ZebraIotcDriver]]:
    room.broker.start()
    emulator = ZebraEmulator(room.machine, room.broker.config(READER), topics=TOPICS)
    await emulator.start()
    driver = ZebraIotcDriver(room.config(control=control), CLOCK, room.sink)
    try:
        async with at_work(driver, CYCLE):
            yield emulator, driver
    finally:
        await emulator.stop()
        room.broker.stop()


def compare(room: Room, driver: ZebraIotcDriver, found: list[Dwell]) -> int:
    """How many of `found` could be held against the truth; all of these equal it."""
    offset_us = driver._session.clock_offset_us
    assert offset_us is not None
    late_us = room.machine.faults.clock_offset_us - offset_us
    assert 0 <= late_us < 1_000_000
    sure = 0
    for dwell in found:
        truth = room.truth(dwell, late_us)
        if truth is not None:
            sure += 1
            assert Counter(dict(zip(dwell.tags.epc, dwell.tags.count, strict=True))) == truth
    return sure


async def test_the_dwells_of_an_interval_hold_what_the_air_brought(tmp_path: Path) -> None:
    room = Room(tmp_path)
    async with working(room, control=True) as (emulator, driver):
        emulator.unplug(3)
        await room.sink.until(lambda: len(room.estimated()) >= 9, seconds=15)
        await room.sink.until(lambda: any(not dwell.tags.epc for dwell in room.sink.dwells))
        found = room.estimated()
        assert compare(room, driver, found[3:]) >= 3
        assert {dwell.port for dwell in found} == {1, 2, 4}
        silent = [dwell for dwell in room.sink.dwells if not dwell.tags.epc]
        assert {dwell.port for dwell in silent} == {3}, (
            "its counter stands still: an empty dwell is evidence too"
        )
        assert {dwell.air.session for dwell in found} == {0}
        assert room.sink.states[-1].estimated
    assert not room.machine.running, "the driver switched the radio off when it went"
    assert all(dwell.quality != "exact" for dwell in room.sink.dwells)


async def test_a_new_cycle_is_taken_up_and_radio_off_is_obeyed(tmp_path: Path) -> None:
    room = Room(tmp_path)
    async with working(room, control=True) as (_, driver):
        await room.sink.until(lambda: room.machine.running)
        await driver.set_cycle(Cycle(antennas=(2, 4), dwell_ms=200, power_dbm=20.0, sweep="s-1"))
        await room.sink.until(lambda: any(dwell.sweep == "s-1" for dwell in room.estimated()))
        settings = room.machine.mode.settings
        assert (settings.ports, settings.turn_us, settings.power_dbm) == ((2, 4), 200_000, (20.0, 20.0))
        swept = [dwell for dwell in room.estimated() if dwell.sweep == "s-1"]
        assert {dwell.power_dbm for dwell in swept} == {20.0}
        await driver.set_cycle(None)
        await room.sink.until(lambda: not room.machine.running)
        await room.sink.until(lambda: "at rest" in room.sink.states[-1].detail)


async def test_reports_that_get_lost_make_no_silence(tmp_path: Path) -> None:
    room = Room(tmp_path, autostart=True)
    room.machine.faults.lose_every = 7
    async with working(room, control=False):
        await room.sink.until(lambda: len(room.sink.dwells) >= 8)
        assert room.estimated() == []
        await room.sink.until(lambda: room.sink.states[-1].gaps > 0)


async def test_a_reader_set_up_by_hand_with_a_wrong_clock_is_understood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.iot.hosttime.CONFIRM_US", 1_500_000)
    room = Room(tmp_path, autostart=True)
    room.machine.faults.clock_offset_us = -800_000_000_000_000
    async with working(room, control=False) as (_, driver):
        await room.sink.until(lambda: len(room.estimated()) >= 8, seconds=15)
        assert compare(room, driver, room.estimated()[4:]) >= 1
