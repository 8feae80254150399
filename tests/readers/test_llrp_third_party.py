"""A client of another house (pyllrp, MIT) understands what we write, and works with our emulated reader."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
from helpers import third_party
from helpers.llrp import DATA, GOOD, wire
from helpers.llrp_peer import capabilities, config

from edge.llrp import events as ev
from edge.llrp import messages as msg
from edge.llrp import plan
from edge.llrp.codec import decode, encode
from edge.llrp.rospec import Utc
from edge.llrp.status import FieldError, LlrpStatus, ParameterError
from edge.llrp.tags import TagReport
from edge.ports import Cycle
from firmware_sim.radio import Answer, Listen
from firmware_sim.readers.box import Box
from firmware_sim.readers.llrp import LlrpEmulator

pytestmark = pytest.mark.needs("pyllrp")

EPC = "1703000398130803F4040000"
LONG_EPC = "141CC04FC70BADB5C6E2DA1DED4DD319"
TIME_US = 1_767_225_600_000_000


def asked(frames: Sequence[bytes]) -> list[dict[str, Any]]:
    """What pyllrp says of each frame."""
    lines = "".join(frame.hex() + "\n" for frame in frames)
    said = third_party.run(third_party.PYLLRP, "pyllrp_decode.py", given=lines)
    return [json.loads(line) for line in said.splitlines()]


def fields(found: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The fields of all parameters of that name, at any depth."""
    own = [one["fields"] for one in found["parameters"] if one["name"] == f"{name}_Parameter"]
    return own + [deep for one in found["parameters"] for deep in fields(one, name)]


def test_every_kind_of_message_from_a_reader_is_understood_and_comes_back_byte_for_byte() -> None:
    messages: list[msg.Message] = [
        capabilities(),
        msg.GetReaderConfigResponse(
            identification=ev.Identification(0, bytes(8)),
            properties=(ev.AntennaProperties(connected=True, antenna=1, gain_cdbi=600),),
            events=ev.EventSpec((ev.EventEntry(2, on=True),)),
            keepalive=ev.KeepaliveSpec(1, 10_000),
            holding=ev.Holding(on=True),
        ),
        msg.AddROSpecResponse(
            LlrpStatus(
                code=100,
                description="ROSpec: CurrentState – größer",
                parameter_error=ParameterError(parameter=177, code=201, field_error=FieldError(2, 301)),
            )
        ),
        msg.GetROSpecsResponse(),
        msg.ErrorMessage(LlrpStatus(code=109)),
        msg.ImpinjEnableResponse(),
        msg.Keepalive(),
        msg.CloseConnectionResponse(),
        *[
            msg.ReaderEventNotification(ev.EventData(utc=Utc(TIME_US), events=(event,)))
            for event in (
                ev.ROSpecEvent(ev.ROSPEC_START, 5),
                ev.AISpecEnd(rospec=5, spec_index=3, slots=(7, 9)),
                ev.AntennaEvent(1, 4),
                ev.BufferWarning(80),
                ev.BufferOverflow(),
                ev.ConnectionAttempt(2),
                ev.ConnectionClose(),
                ev.ExceptionEvent(text="hot", rospec=5, antenna=2),
            )
        ],
    ]
    frames = [encode(message, number) for number, message in enumerate(messages, 1)]
    found = asked(frames)
    assert [one["again"] for one in found] == [frame.hex().upper() for frame in frames]
    assert [one["id"] for one in found] == list(range(1, len(frames) + 1))
    assert fields(found[2], "LLRPStatus")[0]["ErrorDescription"] == "ROSpec: CurrentState – größer"
    assert fields(found[9], "AISpecEvent") == [{"EventType": 0, "ROSpecID": 5, "SpecIndex": 3}]


def test_reports_with_every_field_are_understood() -> None:
    tags = (
        TagReport(
            epc=EPC,
            antenna=7,
            rssi_dbm=-58,
            channel=9,
            first_utc_us=TIME_US,
            last_utc_us=TIME_US + 900_000,
            count=65_535,
            pc=0x3400,
            crc=0xBEEF,
            rospec=123,
            spec_index=7,
            phase=2592,
            rssi_cdbm=-6150,
            doppler=-16,
        ),
        TagReport(epc=LONG_EPC, antenna=1, first_uptime_us=5, last_uptime_us=6),
        TagReport(epc="", antenna=2),
    )
    frame = encode(msg.ROAccessReport(tags=tags), 40)
    (found,) = asked([frame])
    assert found["again"] == frame.hex().upper()
    first = found["parameters"][0]
    assert f"{fields(first, 'EPC_96')[0]['EPC']:024X}" == EPC
    assert fields(first, "PeakRSSI") == [{"PeakRSSI": -58}]
    assert fields(first, "TagSeenCount") == [{"TagCount": 65_535}]
    assert fields(first, "ImpinjPeakRSSI")[0]["RSSI"] == -6150
    assert fields(first, "ImpinjRFPhaseAngle")[0]["PhaseAngle"] == 2592
    assert fields(found["parameters"][1], "EPCData") == [{"EPC": LONG_EPC}]


def test_the_plan_that_we_ask_a_reader_to_run_is_understood() -> None:
    made = plan.make(
        config(), Cycle(antennas=(3, 1), dwell_ms=700, power_dbm=20), plan.reader_of(capabilities()), 9, 0
    )
    assert made is not None
    (found,) = asked([encode(msg.AddROSpec(made.spec), 1)])
    assert [one["AntennaIDs"] for one in fields(found, "AISpec")] == [[3], [1]]
    assert [one["DurationTrigger"] for one in fields(found, "AISpecStopTrigger")] == [700, 700]
    assert fields(found, "RFTransmitter")[0] == {"HopTableID": 1, "ChannelIndex": 1, "TransmitPower": 41}
    assert fields(found, "ImpinjInventorySearchMode")[0]["InventorySearchMode"] == 2
    assert fields(found, "C1G2EPCMemorySelector")[0]["EnablePCBits"] is True


def test_both_read_the_same_out_of_the_recorded_and_constructed_frames() -> None:
    names = [name for name in GOOD if name not in {"get-supported-version-v2", "add-rospec-impinj-loop"}]
    found = asked([wire(name) for name in names])
    for name, one in zip(names, found, strict=True):
        again = one["again"]
        assert again is None or "Custom_Parameter" in json.dumps(one) or again == wire(name).hex().upper(), (
            name
        )
    body = (DATA / "GetReaderCapabilitiesResponse-000.bytes").read_bytes()
    (recorded,) = asked([encode(decode(11, body), 1)])
    assert recorded["again"][20:] == body.hex().upper()


class Shelf:
    """The same two tags in front of antenna 1, nothing in front of antenna 2."""

    def answers(self, listen: Listen) -> list[Answer]:
        if listen.port != 1:
            return []
        return [
            Answer(epc=epc, pc=pc, count=3, rssi_dbm=-55.0, first_us=listen.from_us, last_us=listen.to_us)
            for epc, pc in ((EPC, 0x3400), (LONG_EPC, 0x4400))
        ]


async def test_a_client_of_another_house_reads_tags_from_our_emulated_reader() -> None:
    python = await asyncio.to_thread(third_party.environment, third_party.PYLLRP)
    reader = LlrpEmulator(Box(name="R1", antennas=4), Shelf())
    await reader.start()
    try:
        client = await asyncio.create_subprocess_exec(
            str(python),
            str(third_party.PROGRAMS / "pyllrp_client.py"),
            "127.0.0.1",
            str(reader.port),
            "2.5",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(client.communicate(), 45)
    finally:
        await reader.stop()
    assert client.returncode == 0, err.decode()[-2000:]
    said = json.loads(out)
    assert [code for _, code in said["statuses"]] == [0] * len(said["statuses"])
    assert {tag["AntennaID"] for tag in said["heard"]} == {"1"}
    assert len({tag["EPC"] for tag in said["heard"]}) == 2
