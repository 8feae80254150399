"""The emulated readers with MQTT of their own, without their sockets: what they say, what they refuse, what breaks in them."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from helpers.sims import tiny_site

from firmware_sim.access import allowed
from firmware_sim.form import Scenario
from firmware_sim.impossible import on_site
from firmware_sim.radio import Answer, Listen
from firmware_sim.readers.kinds import logins
from firmware_sim.readers.r700 import R700
from firmware_sim.readers.wheel import ASLEEP_US, OVERRUN_US, Settings, Wheel
from firmware_sim.readers.zebra import Zebra

NOW = 1_790_000_000_000_000
SECOND = 1_000_000
API = "/api/v1"
PRESET = f"{API}/profiles/inventory/presets/p"


class OneTag:
    """Every odd antenna hears one tag, five times."""

    def __init__(self) -> None:
        self.listened: list[Listen] = []

    def answers(self, listen: Listen) -> list[Answer]:
        self.listened.append(listen)
        if listen.port % 2 == 0:
            return []
        epc = f"E28011{listen.port:018X}"
        long_us = listen.to_us - listen.from_us
        return [
            Answer(
                epc=epc, pc=0x3400, count=5, rssi_dbm=-61.5, first_us=listen.from_us + long_us // 10,
                last_us=listen.to_us - long_us // 10, phase_deg=69.0, channel=50,
            )
        ]  # fmt: skip


def preset(**change: Any) -> bytes:
    antenna = {
        "antennaPort": 1, "transmitPowerCdbm": 2700, "inventorySession": 1, "inventorySearchMode": "dual-target",
        "estimatedTagPopulation": 64,
    }  # fmt: skip
    events = {
        "antennaActivationEventDelivery": "enabled",
        "tagInventory": {"epcHex": "enabled", "pc": "enabled"},
    }
    second = antenna | {"antennaPort": 2}
    return json.dumps({"antennaConfigs": [antenna | change, second], "eventConfig": events}).encode()


def running_r700(field: OneTag) -> R700:
    reader = R700("R1", 4, field, turn_us=100_000)
    assert reader.request("PUT", PRESET, preset(), NOW).status == 204
    assert reader.request("POST", f"{PRESET}/start", b"", NOW).status == 204
    return reader


def test_an_r700_tells_each_beginning_and_every_read_between() -> None:
    reader = running_r700(OneTag())
    events = [json.loads(event) for event in reader.advance(NOW + 3 * (100_000 + OVERRUN_US))]
    kinds = [event["eventType"] for event in events]
    assert kinds[:2] == ["inventoryStatus", "antennaActivation"]
    turns = [
        event["antennaActivationEvent"]["antennaPort"]
        for event in events
        if "antennaActivationEvent" in event
    ]
    assert turns == [1, 2, 1, 2]
    reads = [event["tagInventoryEvent"] for event in events if "tagInventoryEvent" in event]
    assert len(reads) == reader.sent_reports == 10
    assert {(read["epcHex"], read["pc"], read["frequency"], read["transmitPowerCdbm"]) for read in reads} == {
        ("E28011000000000000000001", "NAA=", 927_250, 2700)
    }
    assert max(read["peakRssiCdbm"] for read in reads) == -6150
    assert events[0]["timestamp"].endswith("000Z")


def test_an_r700_obeys_power_session_and_target_of_its_preset() -> None:
    field = OneTag()
    running_r700(field).advance(NOW + 150_000)
    listen = field.listened[0]
    assert (listen.power_dbm, listen.session, listen.target, listen.port) == (27.0, 1, "AB", 1)


@pytest.mark.parametrize(
    "body",
    [
        b"no JSON",
        b"[]",
        b"{}",
        preset(antennaPort=5),
        preset(antennaPort=2),
        preset(transmitPowerCdbm=2701),
        preset(inventorySession=4),
        preset(inventorySearchMode="any"),
        preset(antennaPort="one"),
        b'{"antennaConfigs":[]}',
        b'{"antennaConfigs":[7],"eventConfig":3}',
    ],
)
def test_an_r700_refuses_a_preset_that_makes_no_sense(body: bytes) -> None:
    reader = R700("R1", 4, OneTag())
    assert reader.request("PUT", PRESET, body, NOW).status == 400
    assert reader.request("POST", f"{PRESET}/start", b"", NOW).status == 404
    assert not reader.running


def test_an_r700_stops_in_the_middle_of_a_turn_and_says_what_it_heard_by_then() -> None:
    reader = running_r700(OneTag())
    assert reader.request("POST", f"{PRESET}/start", b"", NOW).status == 409
    assert json.loads(reader.request("GET", f"{API}/status", b"", NOW).body)["status"] == "running"
    assert reader.request("POST", f"{API}/profiles/stop", b"", NOW + 50_000).status == 204
    events = [json.loads(event) for event in reader.advance(NOW + SECOND)]
    assert events[-1]["inventoryStatusEvent"] == {"status": "idle"}
    assert sum("tagInventoryEvent" in event for event in events) == 5
    assert json.loads(reader.request("GET", f"{API}/status", b"", NOW).body) == {"status": "idle"}
    assert reader.request("GET", f"{API}/nothing", b"", NOW).status == 404


def command(name: str, number: str = "1", **payload: Any) -> bytes:
    return json.dumps({"command": name, "command_id": number, "payload": payload}).encode()


def mode(**change: Any) -> dict[str, Any]:
    return {
        "type": "INVENTORY", "antennas": [1, 2], "transmitPower": [27.0, 20.0],
        "antennaStopCondition": [{"type": "DURATION", "value": 200}] * 2,
        "query": [{"session": "S0", "sel": "ALL", "target": "A", "tagPopulation": 64}],
        "tagMetaData": ["ANTENNA", "RSSI", "SEEN_COUNT", "PC"],
        "modeSpecificSettings": {"interval": {"unit": "seconds", "value": 1}},
    } | change  # fmt: skip


def told(reader: Zebra, payload: bytes, at_us: int = NOW) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(reader.command(payload, at_us)[0])
    return found


def test_a_zebra_reader_sums_an_interval_and_numbers_its_reports() -> None:
    field = OneTag()
    reader = Zebra("R1", 4, field)
    assert told(reader, command("set_mode", **mode()))["response"] == "success"
    assert told(reader, command("start"))["response"] == "success"
    data: list[dict[str, Any]] = []
    for tenth in range(1, 22):
        data += [json.loads(one) for one in reader.advance(NOW + tenth * SECOND // 10)[0]]
    assert [one["data"]["eventNum"] for one in data] == [1, 2]
    assert data[0]["type"] == "INVENTORY"
    assert data[0]["timestamp"].endswith("+0000")
    told_of = data[0]["data"]
    assert (told_of["antenna"], told_of["idHex"], told_of["PC"]) == (1, "e28011000000000000000001", "3400")
    assert (told_of["peakRssi"], told_of["reads"]) == (-62, 10), (
        "two turns that were over, of five reads each"
    )
    assert {(one.port, one.power_dbm, one.target, one.session) for one in field.listened} == {
        (1, 27.0, "A", 0), (2, 20.0, "A", 0)
    }  # fmt: skip


def test_a_zebra_heartbeat_counts_what_each_antenna_read() -> None:
    reader = Zebra("R1", 4, OneTag(), turn_us=100_000, heartbeat_us=SECOND, autostart=True)
    reader.power_up(NOW)
    beats = [json.loads(one) for tenth in range(21) for one in reader.advance(NOW + tenth * SECOND // 10)[1]]
    radio = [beat["data"]["radio_control"] for beat in beats]
    assert len(beats) == 3
    assert radio[0]["numTagReadsPerAntenna"] == {"1": 0, "2": 0, "3": 0, "4": 0}
    last = radio[-1]["numTagReadsPerAntenna"]
    assert last["1"] > 0
    assert last["2"] == 0
    assert {one["radioActivity"] for one in radio} == {"active"}


@pytest.mark.parametrize(
    "change",
    [
        {"antennas": [9]},
        {"antennas": []},
        {"transmitPower": [27.0]},
        {"transmitPower": 45},
        {"antennaStopCondition": [{"type": "GPI", "value": 1}]},
        {"type": "PORTAL"},
        {"query": []},
        {"modeSpecificSettings": {}},
        {"antennaStopCondition": []},
        {"antennas": [True]},
    ],
)
def test_a_zebra_reader_refuses_a_mode_that_makes_no_sense(change: dict[str, Any]) -> None:
    reader = Zebra("R1", 4, OneTag())
    before = reader.mode
    answer = told(reader, command("set_mode", "7", **mode(**change)))
    assert (answer["response"], answer["command_id"]) == ("failure", "7")
    assert answer["payload"]["message"]
    assert reader.mode == before


def test_a_zebra_reader_answers_nonsense_and_changes_no_mode_while_it_works() -> None:
    reader = Zebra("R1", 4, OneTag(), autostart=True)
    reader.power_up(NOW)
    assert told(reader, b"\xff[")["response"] == "failure"
    assert told(reader, command("dance"))["response"] == "failure"
    assert told(reader, command("set_mode", **mode()))["response"] == "failure"
    assert told(reader, command("stop"))["response"] == "success"
    assert told(reader, command("set_mode", **mode()))["response"] == "success"


# The wheel, and the house


def settings(*ports: int) -> Settings:
    return Settings(ports=ports, turn_us=100_000, power_dbm=(30.0,) * len(ports))


def test_turns_follow_each_other_without_gap_and_a_slow_reader_ends_them_late() -> None:
    wheel = Wheel("R1", OneTag())
    wheel.start(settings(1, 2), NOW)
    turns = list(wheel.advance(NOW + SECOND))
    assert [turn.port for turn in turns] == [1, 2] * 4 + [1]
    assert all(one.to_us == other.from_us for one, other in pairwise(turns))
    wheel.late_us = 50_000
    assert wheel.next_us == turns[-1].to_us + 150_000 + OVERRUN_US


def test_an_emulator_that_slept_makes_up_for_nothing() -> None:
    wheel = Wheel("R1", OneTag())
    wheel.start(settings(1, 2), NOW)
    assert len(wheel.advance(NOW + 10 * ASLEEP_US)) == 1


def test_a_silent_antenna_has_its_turn_and_hears_nothing() -> None:
    wheel = Wheel("R1", OneTag())
    wheel.silent = {1}
    wheel.start(settings(1), NOW)
    assert [turn.answers for turn in wheel.advance(NOW + 250_000)] == [[], []]


def test_a_reader_writes_its_own_topics_only_and_its_driver_hears_them_only() -> None:
    found = {login.name: login.account for login in logins({"R1": "impinj-iot", "R2": "zebra-iotc"})}
    assert allowed("readers/R1/events", found["R1"].write)
    assert not allowed("readers/R2/data", found["R1"].write)
    assert allowed("readers/R2/data", found["R2-listens"].read)
    assert not allowed("readers/R1/events", found["R2-listens"].read)
    assert allowed("readers/R2/control", found["R2-listens"].write)
    assert not allowed("readers/R2/control", found["R2"].write)


def test_a_scenario_that_names_a_reader_that_there_is_not_is_refused() -> None:
    scenario = msgspec.convert({"site": "s", "items": 1, "readers": {"R7": "zebra-iotc"}}, Scenario)
    assert "readers: the site has no reader 'R7'; there are 2: R1, R2" in on_site(scenario, tiny_site())
    with pytest.raises(msgspec.ValidationError, match="semaphore"):
        msgspec.convert({"site": "s", "items": 1, "readers": {"R1": "semaphore"}}, Scenario)
