"""kill -9 of agent, broker and hub at random moments: every dwell that reached an outbox counts exactly once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path
from typing import cast

import pytest
from helpers.whole import engine_dwells, running, taken

from firmware_sim.broker import Wish
from shelfwire.clock import SystemClock

KILLS = ("edge-1", "broker", "hub") * 3
WATERMARK_S = 7.0
"""An agent that is silent for five seconds is waited for no more; then all that came is applied."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.mark.parametrize("kind", [pytest.param("mosquitto", marks=pytest.mark.needs("mosquitto")), "amqtt"])
async def test_each_dwell_counts_once_through_nine_kills(kind: str, tmp_path: Path) -> None:
    dice = random.Random(9)
    clock = SystemClock()
    cuts: list[int] = []
    journal = {"segment_bytes": 128 * 1024, "snapshot_every_s": 4.0, "max_bytes": 64 * 2**20}
    async with running(tmp_path, broker=cast("Wish", kind), journal=journal) as (house, _library):
        for name in dice.sample(KILLS, len(KILLS)):
            await asyncio.sleep(dice.uniform(0.5, 2.5))
            if name == "edge-1":
                cuts.append(clock.wall_us())
            await house.kill(name, dice.uniform(0.1, 1.5))
        await asyncio.sleep(3)
        await house.drained()
        for agent in house.agents:
            await house.children[agent].stop()
        await asyncio.sleep(WATERMARK_S)
        await house.children["hub"].stop()

        rows = taken(house)
        numbers = {(row.agent, row.log): set[int]() for row in rows}
        for row in rows:
            numbers[row.agent, row.log].add(row.seq)
        assert len(numbers) == len(house.agents), "an agent keeps its outbox over a kill"
        assert all(seqs == set(range(1, max(seqs) + 1)) for seqs in numbers.values()), "a report is missing"
        assert sum(len(seqs) for seqs in numbers.values()) == house.sent()
        times = Counter((row.boot, row.reader, row.port, row.started_at_us) for row in rows)
        assert set(times.values()) == {1}, "a dwell was taken twice"

        ports = {(antenna.reader, antenna.port): antenna.id for antenna in house.site.antennas}
        counted = Counter(ports[row.reader, row.port] for row in rows)
        applied = engine_dwells(house)
        assert {antenna: counted[antenna] for antenna in applied} == applied

        killed = {row.boot for row in rows if row.agent == "edge-1"}
        assert len(killed) == 1 + len(cuts)
        for cut_us in cuts:
            across = [
                row for row in rows if row.agent == "edge-1" and row.started_at_us < cut_us < row.ended_at_us
            ]
            assert not across, "a dwell that the kill cut is a hole, and no evidence"
