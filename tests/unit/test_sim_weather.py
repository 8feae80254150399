"""What a bad network does to packets: they come later, twice or in another order, and only as far as a scenario says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from firmware_sim.faults.packets import Packets, again, is_report, kind, number
from firmware_sim.faults.proxy import LinkProxy
from firmware_sim.faults.weather import Answered, Broken, Lane, Weather


def publish(
    mid: int, topic: str = "shelfwire/v1/demo/agent/edge-1/dwells", qos: int = 1, size: int = 300
) -> bytes:
    """A PUBLISH packet."""
    name = topic.encode()
    rest = len(name).to_bytes(2, "big") + name + (mid.to_bytes(2, "big") if qos else b"") + b"x" * size
    assert 128 <= len(rest) < 16_384
    return bytes([0x30 | qos << 1, len(rest) & 0x7F | 0x80, len(rest) >> 7]) + rest


def puback(mid: int) -> bytes:
    """A PUBACK packet."""
    return bytes([0x40, 2]) + mid.to_bytes(2, "big")


def through(lane: Lane, packets: list[bytes], *, gap_s: float = 0.1, until_s: float = 100.0) -> list[bytes]:
    """What comes out of a lane when packets come in every `gap_s`."""
    found = []
    for at, packet in enumerate(packets):
        lane.take(packet, at * gap_s)
        found += lane.due(at * gap_s)
    return found + lane.due(until_s)


def test_packets_are_cut_wherever_the_stream_is_cut() -> None:
    stream = publish(1) + puback(1) + publish(2, size=9_000) + bytes([0xC0, 0])
    for size in (1, 2, 3, 7, 100, len(stream)):
        packets = Packets()
        found = [one for at in range(0, len(stream), size) for one in packets.feed(stream[at : at + size])]
        assert found == [publish(1), puback(1), publish(2, size=9_000), bytes([0xC0, 0])]


def test_what_is_no_mqtt_goes_through_as_it_is() -> None:
    packets = Packets()
    assert packets.feed(puback(1) + b"\x10\xff\xff\xff\xff\x01") == [puback(1), b"\x10\xff\xff\xff\xff\x01"]
    assert packets.feed(b"and more") == [b"and more"]


def test_a_report_is_known_by_its_topic_and_its_answer_by_its_number() -> None:
    assert is_report(publish(700))
    assert number(publish(700)) == number(puback(700)) == 700
    assert not is_report(publish(1, topic="shelfwire/v1/demo/agent/edge-1/status"))
    assert not is_report(publish(1, qos=0))
    assert not is_report(puback(1))
    assert again(publish(1))[0] == 0x3A
    assert kind(again(publish(1))) == 3


def test_in_good_weather_nothing_changes() -> None:
    packets = [publish(mid) for mid in range(1, 50)]
    assert through(Lane(Weather(), 1, Answered()), packets) == packets


def test_a_slow_line_keeps_the_order_and_adds_its_delay() -> None:
    lane = Lane(Weather(delay_s=2.0), 1)
    lane.take(b"one", 10.0)
    assert lane.next_s() == 12.0
    assert lane.due(11.9) == []
    assert lane.due(12.0) == [b"one"]


def test_a_cut_line_gives_everything_back_when_it_heals() -> None:
    weather = Weather(cut=True)
    lane = Lane(weather, 1)
    lane.take(b"one", 0.0)
    assert (lane.due(99.0), lane.next_s()) == ([], None)
    weather.cut = False
    assert lane.due(99.0) == [b"one"]


def test_a_lossy_line_keeps_the_order_and_makes_some_wait() -> None:
    lane = Lane(Weather(loss=0.2), 3)
    waits = []
    for at in range(300):
        lane.take(b"x", float(at))
        next_s = lane.next_s()
        assert next_s is not None
        waits.append(next_s - at)
        assert lane.due(at + 0.999 + waits[-1]) == [b"x"]
    late = sum(wait > 0 for wait in waits) / 300
    assert 0.13 < late < 0.27
    assert max(waits) >= 0.2


def test_a_line_that_loses_nearly_everything_breaks() -> None:
    lane = Lane(Weather(loss=0.9), 1)

    def many() -> None:
        for at in range(500):
            lane.take(b"x", float(at))

    with pytest.raises(Broken):
        many()


def test_duplicates_and_reordering_touch_reports_alone_and_lose_none() -> None:
    reports = [publish(mid) for mid in range(1, 401)]
    others = [publish(mid, topic="shelfwire/v1/demo/agent/edge-1/reply") for mid in range(401, 451)]
    out = through(Lane(Weather(doubled=0.1, reordered=0.1), 5, Answered()), reports + others)
    assert [one for one in out if one in others] == others
    copies = [one for one in out if one[0] & 0x08]
    first = [one for one in out if is_report(one) and not one[0] & 0x08]
    assert sorted(first) == sorted(reports)
    assert first != reports
    assert 20 <= len(copies) <= 65
    assert {number(one) for one in copies} <= {number(one) for one in reports}


def test_the_answer_to_a_second_copy_never_reaches_the_agent() -> None:
    answered = Answered()
    lane = Lane(Weather(doubled=1.0), 1, answered)
    lane.take(publish(7), 0.0)
    assert lane.due(0.0) == [publish(7)]
    assert not answered.swallows(puback(7))
    assert lane.due(9.0) == [again(publish(7))]
    assert answered.swallows(puback(7))
    assert not answered.swallows(puback(7))
    assert not answered.swallows(bytes([0xD0, 0]))


def test_the_same_seed_makes_the_same_weather() -> None:
    packets = [publish(mid) for mid in range(1, 101)]
    runs = [
        through(Lane(Weather(doubled=0.2, reordered=0.2), seed, Answered()), packets) for seed in (4, 4, 5)
    ]
    assert runs[0] == runs[1] != runs[2]


@asynccontextmanager
async def echo() -> AsyncIterator[LinkProxy]:
    """A proxy before a server that says everything back."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1000):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    proxy = LinkProxy(server.sockets[0].getsockname()[1], seed=1)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
        server.close()


async def test_a_proxy_hands_on_in_both_directions_and_heals() -> None:
    async with echo() as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(puback(1))
        assert await reader.readexactly(4) == puback(1)
        proxy.weather.cut = True
        writer.write(puback(2))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readexactly(4), 0.25)
        proxy.weather.cut = False
        assert await asyncio.wait_for(reader.readexactly(4), 2) == puback(2)
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(), 2) == b""
        writer.close()


async def test_a_slow_proxy_takes_its_time_each_way() -> None:
    async with echo() as proxy:
        proxy.weather.delay_s = 0.15
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        began = asyncio.get_running_loop().time()
        writer.write(puback(1))
        assert await reader.readexactly(4) == puback(1)
        assert 0.29 < asyncio.get_running_loop().time() - began < 1.5
        writer.close()


async def test_a_stopped_proxy_breaks_its_connections_and_a_dead_broker_does_too() -> None:
    async with echo() as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(puback(1))
        await reader.readexactly(4)
        await proxy.stop()
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(1), 2)
        writer.close()
    nobody = LinkProxy(1, seed=1)
    await nobody.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", nobody.port)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(reader.readexactly(1), 2)
    writer.close()
    await nobody.stop()
