"""Clients of two other houses take whole inventories of a simulated library, and find exactly what could be heard there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from helpers import third_party
from helpers.readers import Pairs, audible, program, running, simulation

SPEED = 10.0
TURN_MS = 2_500
ITEMS = 400


async def inventory_by_sllurp(name: str, *, one_channel: bool) -> tuple[dict[str, Any], Pairs, Pairs, Pairs]:
    found = simulation(name, ITEMS, one_channel=one_channel)
    ports = sorted(antenna.port for antenna in found.site.antennas)
    async with running(found, speed=SPEED) as (reader,):
        seconds = str(TURN_MS * len(ports) / 1000)
        out = await program(
            third_party.SLLURP, "sllurp_client.py", reader, seconds, ",".join(map(str, ports)), "impinj"
        )
    said = json.loads(out)
    heard = {(tag["AntennaID"], tag["epc"].upper()) for tag in said["heard"]}
    return said, heard, audible(found), audible(found, every_channel=True)


async def inventory_by_pyllrp(name: str, *, one_channel: bool) -> tuple[dict[str, Any], Pairs, Pairs, Pairs]:
    found = simulation(name, ITEMS, one_channel=one_channel)
    ports = sorted(antenna.port for antenna in found.site.antennas)
    async with running(found, speed=SPEED) as (reader,):
        out = await program(
            third_party.PYLLRP, "pyllrp_inventory.py", reader, str(TURN_MS), ",".join(map(str, ports))
        )
    said = json.loads(out)
    heard = {(tag["AntennaID"], tag["EPC"].upper()) for tag in said["heard"]}
    return said, heard, audible(found), audible(found, every_channel=True)


@pytest.mark.needs("sllurp")
async def test_sllurps_inventory_is_what_could_be_heard_and_it_has_nothing_to_complain_of() -> None:
    said, heard, could, _ = await inventory_by_sllurp("reference_20", one_channel=True)
    assert heard == could
    assert len(heard) > ITEMS
    assert said["complaints"] == []
    assert {"ConnectionAttemptEvent", "ImpinjAntennaAttemptEvent"} <= set(said["events"])
    first = said["heard"][0]
    assert {
        "C1G2PC",
        "C1G2CRC",
        "ImpinjRFPhaseAngle",
        "ImpinjPeakRSSI",
        "ChannelIndex",
        "TagSeenCount",
    } <= set(first)
    assert abs(first["ImpinjPeakRSSI"] / 100 - first["PeakRSSI"]) <= 0.5
    assert all(
        0 <= tag["ImpinjRFPhaseAngle"] < 4096 and 1 <= tag["ChannelIndex"] <= 50 for tag in said["heard"]
    )


@pytest.mark.needs("pyllrp")
async def test_pyllrps_inventory_is_what_could_be_heard() -> None:
    said, heard, could, _ = await inventory_by_pyllrp("reference_20", one_channel=True)
    assert heard == could
    assert len(heard) > ITEMS
    assert {code for _, code in said["statuses"]} == {0}
    assert set(said["ended"]) == set(range(1, 9))


@pytest.mark.needs("pyllrp")
async def test_where_channels_differ_an_inventory_lies_between_what_is_heard_on_all_and_on_some() -> None:
    _, heard, some, every = await inventory_by_pyllrp("bleed_through", one_channel=False)
    assert every <= heard <= some
    assert len(every) < len(heard)
