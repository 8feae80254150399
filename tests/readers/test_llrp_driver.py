"""The driver over real TCP, against readers that vanish, reset, talk nonsense, keep silent or belong to another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from helpers.llrp_peer import BASE_US, GREETING, Peer, ScriptedReader, config, event

from edge.llrp import events as ev
from edge.llrp import messages as msg
from edge.llrp.codec import encode
from edge.llrp.driver import LlrpDriver
from edge.llrp.tags import TagReport
from edge.ports import Cycle
from shelfwire.clock import BootClock, SystemClock
from shelfwire.errors import InputError
from shelfwire.messages import Dwell, ReaderState
from shelfwire.retry import Backoff

FAST = Backoff(first_s=0.02, longest_s=0.05)
EPC = "1703000398130803F4040000"


class Sink:
    """Collects, and can be waited for."""

    def __init__(self) -> None:
        self.dwells: list[Dwell] = []
        self.states: list[ReaderState] = []
        self._changed = asyncio.Event()

    def dwell(self, dwell: Dwell) -> None:
        self.dwells.append(dwell)
        self._changed.set()

    def state(self, state: ReaderState) -> None:
        self.states.append(state)
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def driving(port: int, sink: Sink, cycle: Cycle | None = None) -> AsyncIterator[LlrpDriver]:
    driver = LlrpDriver(config(port=port), BootClock(SystemClock()), sink, backoff=FAST)
    await driver.set_cycle(cycle or Cycle(antennas=(1, 2), dwell_ms=100))
    task = asyncio.create_task(driver.run())
    try:
        yield driver
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def one_round(peer: Peer, rospec: int) -> None:
    """A cycle of two turns; a tag is heard on antenna 1, nothing on antenna 2."""
    await peer.says(event(ev.ROSpecEvent(ev.ROSPEC_START, rospec), at_us=BASE_US - 200_000))
    await peer.says(
        msg.ROAccessReport(tags=(TagReport(epc=EPC, antenna=1, spec_index=1, rssi_dbm=-50, pc=0x3400),))
    )
    await peer.says(event(ev.AISpecEnd(rospec=rospec, spec_index=1), at_us=BASE_US - 100_000))
    await peer.says(event(ev.AISpecEnd(rospec=rospec, spec_index=2), at_us=BASE_US))


async def good(peer: Peer) -> None:
    """A reader as it should be."""
    enable = await peer.agree_until(msg.EnableROSpec)
    assert isinstance(enable, msg.EnableROSpec)
    await one_round(peer, enable.rospec)
    await peer.agree()


async def test_reads_become_dwells_and_silence_too() -> None:
    sink = Sink()
    async with ScriptedReader(good) as reader, driving(reader.port, sink):
        await sink.until(lambda: len(sink.dwells) == 2)
    assert [(dwell.port, dwell.quality, dwell.tags.epc) for dwell in sink.dwells] == [
        (1, "exact", [EPC]),
        (2, "exact", []),
    ]
    assert sink.states[-1].state == "stopped"
    connected = next(state for state in sink.states if state.state == "connected")
    assert (connected.ports, connected.model, connected.firmware) == ([1, 2], "Impinj 2001002", "5.14.0.240")


async def test_the_driver_leaves_politely() -> None:
    sink = Sink()
    last: list[str] = []

    async def watching(peer: Peer) -> None:
        await peer.agree_until(msg.EnableROSpec)
        while True:
            request, number = await peer.asked()
            last.append(type(request).__name__)
            if isinstance(request, msg.DisableROSpec):
                await peer.says(msg.DisableROSpecResponse(), number)
            if isinstance(request, msg.DeleteROSpec):
                await peer.says(msg.DeleteROSpecResponse(), number)
            if isinstance(request, msg.CloseConnection):
                await peer.says(msg.CloseConnectionResponse(), number)

    async with ScriptedReader(watching) as reader, driving(reader.port, sink):
        await sink.until(lambda: any(state.state == "connected" for state in sink.states))
    assert last == ["EnableEventsAndReports", "DisableROSpec", "DeleteROSpec", "CloseConnection"]


async def vanishes(peer: Peer) -> None:
    await peer.agree_until(msg.EnableROSpec)
    peer.writer.close()


async def resets(peer: Peer) -> None:
    await peer.agree_until(msg.SetReaderConfig)
    peer.reset()


async def resets_at_once(peer: Peer) -> None:
    peer.reset()


async def talks_http(peer: Peer) -> None:
    await peer.sends(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await asyncio.sleep(1)


async def claims_four_gigabytes(peer: Peer) -> None:
    await peer.says(GREETING)
    await peer.sends(bytes.fromhex("043DFFFFFFFF00000001"))
    await asyncio.sleep(1)


async def speaks_another_version(peer: Peer) -> None:
    await peer.sends(encode(GREETING, 0, version=5))
    await asyncio.sleep(1)


async def cuts_in_the_middle(peer: Peer) -> None:
    await peer.agree_until(msg.EnableROSpec)
    await peer.sends(encode(msg.ROAccessReport(tags=(TagReport(epc=EPC, antenna=1),)), 9)[:20])
    peer.reset()


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (vanishes, "closed the connection"),
        (resets, "connection"),
        (resets_at_once, "connection"),
        (talks_http, "breaks the protocol"),
        (claims_four_gigabytes, "4294967295 bytes"),
        (speaks_another_version, "version 5"),
        (cuts_in_the_middle, "connection"),
    ],
)
async def test_whatever_breaks_a_connection_the_next_one_works(
    script: Callable[[Peer], Awaitable[None]], words: str, caplog: pytest.LogCaptureFixture
) -> None:
    sink = Sink()

    async def first_bad_then_good(peer: Peer) -> None:
        await (script(peer) if peer.number == 1 else good(peer))

    with caplog.at_level(logging.WARNING):
        async with ScriptedReader(first_bad_then_good) as reader, driving(reader.port, sink):
            await sink.until(lambda: len(sink.dwells) >= 2)
    lost = next(state for state in sink.states if state.state == "lost")
    assert words in lost.detail
    assert "next try in" in lost.detail
    assert any("reader R1" in line and words in line for line in caplog.messages)


async def test_a_reader_that_another_client_holds_is_told_as_refused_and_left_alone() -> None:
    sink = Sink()

    async def taken(peer: Peer) -> None:
        await peer.says(event(ev.ConnectionAttempt(ev.REFUSED_CLIENT_STARTED)))

    async with ScriptedReader(taken) as reader, driving(reader.port, sink):
        await sink.until(lambda: any(state.state == "refused" for state in sink.states))
        await asyncio.sleep(0.3)
        assert reader.clients == 1
    refused = next(state for state in sink.states if state.state == "refused")
    assert refused.detail.startswith("another client holds it; next try in 30 s")


async def test_no_reader_at_all_is_lost_with_the_reason_and_tried_again() -> None:
    sink = Sink()
    async with ScriptedReader(good) as reader:
        port = reader.port
    async with driving(port, sink):
        await sink.until(lambda: sum(state.state == "lost" for state in sink.states) >= 3)
    assert f"no connection to 127.0.0.1:{port}" in sink.states[1].detail


async def test_a_host_that_is_no_name_is_lost_not_a_crash() -> None:
    sink = Sink()
    driver = LlrpDriver(config(host="a" * 70 + ".example"), BootClock(SystemClock()), sink, backoff=FAST)
    task = asyncio.create_task(driver.run())
    await sink.until(lambda: any(state.state == "lost" for state in sink.states))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_silent_reader_does_not_keep_the_agent_from_stopping() -> None:
    sink = Sink()

    async def silent(peer: Peer) -> None:
        await asyncio.sleep(60)

    async with ScriptedReader(silent) as reader, asyncio.timeout(4), driving(reader.port, sink):
        await asyncio.sleep(0.2)
    assert sink.states[-1].state == "stopped"


async def test_a_cycle_can_be_changed_while_it_runs() -> None:
    sink = Sink()
    plans: list[msg.AddROSpec] = []

    async def watching(peer: Peer) -> None:
        await peer.agree_until(msg.EnableROSpec)
        added = await _agree_until_added(peer)
        plans.append(added)
        await peer.agree()

    async def _agree_until_added(peer: Peer) -> msg.AddROSpec:
        while True:
            request, number = await peer.asked()
            answers: dict[type[msg.Message], msg.Message] = {
                msg.DisableROSpec: msg.DisableROSpecResponse(),
                msg.DeleteROSpec: msg.DeleteROSpecResponse(),
                msg.AddROSpec: msg.AddROSpecResponse(),
            }
            if type(request) in answers:
                await peer.says(answers[type(request)], number)
            if isinstance(request, msg.AddROSpec):
                return request

    async with ScriptedReader(watching) as reader, driving(reader.port, sink) as driver:
        await sink.until(lambda: any(state.state == "connected" for state in sink.states))
        await driver.set_cycle(Cycle(antennas=(4,), dwell_ms=2000, power_dbm=15))
        await sink.until(lambda: sink.states[-1].ports == [4])
    assert [spec.antennas for spec in plans[0].spec.aispecs] == [(4,)]


@pytest.mark.parametrize("options", [{"phase": "yes"}, {"antenna_hub": 1}])
async def test_an_option_that_does_not_exist_is_named_before_anything_starts(
    options: dict[str, object],
) -> None:
    with pytest.raises(InputError, match="readers: R1: options"):
        LlrpDriver(config(options=options), BootClock(SystemClock()), Sink())


class SlowSink(Sink):
    """A sink that wants no more until it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.open = asyncio.Event()

    async def room(self) -> None:
        await self.open.wait()


async def test_while_the_sink_is_slow_nothing_is_read_and_nothing_is_lost() -> None:
    sink = SlowSink()
    sink.open.set()
    sent = 0

    async def floods(peer: Peer) -> None:
        nonlocal sent
        enable = await peer.agree_until(msg.EnableROSpec)
        assert isinstance(enable, msg.EnableROSpec)
        agreeing = asyncio.create_task(peer.agree())
        sink.open.clear()
        try:
            await peer.says(event(ev.ROSpecEvent(ev.ROSPEC_START, enable.rospec), at_us=BASE_US))
            for number in range(400):
                tags = tuple(
                    TagReport(epc=f"{number:08X}{tag:08X}", antenna=1, spec_index=1, tid="AB" * 300)
                    for tag in range(50)
                )
                await peer.says(msg.ROAccessReport(tags=tags))
                await peer.says(
                    event(ev.AISpecEnd(rospec=enable.rospec, spec_index=1), at_us=BASE_US + number * 100)
                )
                sent = number + 1
            await asyncio.sleep(10)
        finally:
            agreeing.cancel()
            await asyncio.gather(agreeing, return_exceptions=True)

    async with ScriptedReader(floods) as reader, driving(reader.port, sink):
        await asyncio.sleep(1.0)
        assert 0 < sent < 400
        sink.open.set()
        await sink.until(lambda: sum(len(dwell.tags.epc) for dwell in sink.dwells) == 400 * 50)
    assert sent == 400


async def test_a_slow_sink_does_not_keep_the_agent_from_stopping() -> None:
    sink = SlowSink()
    async with ScriptedReader(good) as reader, asyncio.timeout(6), driving(reader.port, sink):
        await asyncio.sleep(0.2)
    assert sink.states[-1].state == "stopped"
