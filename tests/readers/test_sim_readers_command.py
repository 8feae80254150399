"""`shelfwire sim readers` as a person starts it, and several readers of one process at real speed."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections import Counter

import pytest
from helpers.machines import spec
from helpers.readers import running, simulation

from edge.llrp import messages as m
from edge.llrp.codec import Framer, decode, encode
from edge.llrp.events import AISpecEnd, ConnectionAttempt, EventEntry, EventSpec
from shelfwire.data import config_file


async def start(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "shelfwire", "sim", "readers", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def talk(port: int, *wishes: m.Message, seconds: float) -> list[m.Message]:
    """What a reader says in so many seconds to a client with these wishes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    said: list[m.Message] = []
    framer = Framer()
    try:
        for number, wish in enumerate(wishes, 1):
            writer.write(encode(wish, number))
        async with asyncio.timeout(seconds):
            while data := await reader.read(65_536):
                framer.feed(data)
                while (frame := framer.take()) is not None:
                    said.append(decode(frame.type, frame.body))
    except TimeoutError:
        return said
    finally:
        writer.close()
        await writer.wait_closed()
    return said


async def test_the_readers_of_a_scenario_are_on_the_ports_that_are_printed_until_they_are_stopped() -> None:
    path = str(config_file("scenarios/reference_20.yaml"))
    process = await start(path, "--items", "300", "--json")
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), 30)
        told = json.loads(line)
        (one,) = told["readers"]
        assert one["protocol"] == "llrp"
        assert one["antennas"] == list(range(1, len(one["antennas"]) + 1))
        said = await talk(one["port"], m.GetReaderCapabilities(), seconds=1.0)
        assert isinstance(said[0], m.ReaderEventNotification)
        assert said[0].data.events == (ConnectionAttempt(0),)
        assert isinstance(said[1], m.GetReaderCapabilitiesResponse)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 10) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_two_lines_say_how_to_connect_and_how_to_end() -> None:
    process = await start(str(config_file("scenarios/reference_20.yaml")), "--items", "60")
    try:
        assert process.stdout is not None
        lines = [(await asyncio.wait_for(process.stdout.readline(), 30)).decode() for _ in range(3)]
        assert lines[0].startswith("reader ")
        assert "Connect an LLRP client" in lines[1]
        assert "Ctrl-C ends" in lines[2]
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 10) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_port_that_is_taken_and_a_seed_out_of_range_are_named() -> None:
    async with running(simulation("reference_20", 60), speed=1.0) as (one,):
        process = await start("--first-port", str(one.port))
        _, err = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 2
    assert f"port {one.port} cannot be used" in err.decode()
    process = await start("--seed", "-1")
    _, err = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 2
    assert "seed" in err.decode()


@pytest.mark.timeout(60)
async def test_several_readers_of_one_process_end_as_many_turns_as_the_clock_allows() -> None:
    wishes = (
        m.SetReaderConfig(events=EventSpec((EventEntry(6, on=True),))),
        m.AddROSpec(spec(antennas=(1, 2, 3, 4), ms=180)),
        m.EnableROSpec(7),
    )
    async with running(simulation("reference_20", 12_000), speed=1.0) as readers:
        assert len(readers) >= 8
        said = await asyncio.gather(*(talk(one.port, *wishes, seconds=3.0) for one in readers))
    ends = [
        Counter(
            event.spec_index
            for message in heard
            if isinstance(message, m.ReaderEventNotification)
            for event in message.data.events
            if isinstance(event, AISpecEnd)
        )
        for heard in said
    ]
    by_the_clock = 3.0 / (0.180 + 0.020)  # behind a hub an antenna is switched first
    assert all(by_the_clock * 0.6 <= sum(one.values()) <= by_the_clock + 1 for one in ends)
    assert all(set(one) == {1, 2, 3, 4} for one in ends)
