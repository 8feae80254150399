"""What a real reader sent (an Impinj, firmware 5.14.0.240) decodes to the recorded values."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from helpers.llrp import DATA

from edge.llrp import events as ev
from edge.llrp.codec import decode, encode
from edge.llrp.messages import (
    Answer,
    GetReaderCapabilitiesResponse,
    GetROSpecsResponse,
    ReaderEventNotification,
    ROAccessReport,
)
from edge.llrp.rospec import Utc

TYPES = {
    "CloseConnectionResponse": 4,
    "GetReaderCapabilitiesResponse": 11,
    "GetROSpecsResponse": 36,
    "ROAccessReport": 61,
    "ReaderEventNotification": 63,
}
RECORDED = sorted(DATA.glob("*.bytes"))


def kind_of(path: Path) -> int:
    return TYPES[path.name.split("-")[0]]


def recorded(path: Path) -> Any:
    return json.loads(path.with_suffix(".json").read_text())


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_a_recorded_body_is_written_again_byte_for_byte(path: Path) -> None:
    body = path.read_bytes()
    assert encode(decode(kind_of(path), body), 0)[10:] == body


@pytest.mark.parametrize("path", sorted(DATA.glob("ROAccessReport*.bytes")), ids=lambda path: path.stem)
def test_a_recorded_report_holds_the_recorded_tag(path: Path) -> None:
    message = decode(61, path.read_bytes())
    assert isinstance(message, ROAccessReport)
    (tag,) = message.tags
    (words,) = recorded(path)["TagReportData"]
    names = {
        "antenna": "AntennaID",
        "rssi_dbm": "PeakRSSI",
        "channel": "ChannelIndex",
        "first_utc_us": "FirstSeenUTC",
        "first_uptime_us": "FirstSeenUptime",
        "last_utc_us": "LastSeenUTC",
        "last_uptime_us": "LastSeenUptime",
        "count": "TagSeenCount",
        "pc": "C1G2PC",
        "crc": "C1G2CRC",
        "rospec": "ROSpecID",
        "spec_index": "SpecIndex",
        "inventory_spec": "InventoryParameterSpecID",
        "access_spec": "AccessSpecID",
    }
    assert tag.epc == base64.b64decode(words["EPC96"]["EPC"]).hex().upper()
    assert {name: getattr(tag, name) for name in names} == {name: words[key] for name, key in names.items()}


def test_the_recorded_event_is_the_close_of_the_connection() -> None:
    message = decode(63, (DATA / "ReaderEventNotification-000.bytes").read_bytes())
    assert isinstance(message, ReaderEventNotification)
    assert message.data == ev.EventData(utc=Utc(1596721689842138), events=(ev.ConnectionClose(),))


@pytest.mark.parametrize("name", ["CloseConnectionResponse-000", "GetROSpecsResponse-000"])
def test_the_recorded_answers_say_success(name: str) -> None:
    message = decode(TYPES[name.split("-", maxsplit=1)[0]], (DATA / f"{name}.bytes").read_bytes())
    assert isinstance(message, Answer)
    assert message.status.code == 0  # type: ignore[attr-defined]  # both carry one
    assert not isinstance(message, GetROSpecsResponse) or message.rospecs == ()


def test_the_recorded_capabilities_hold_every_recorded_value() -> None:
    message = decode(11, (DATA / "GetReaderCapabilitiesResponse-000.bytes").read_bytes())
    assert isinstance(message, GetReaderCapabilitiesResponse)
    assert message.general is not None
    assert message.llrp is not None
    assert message.gen2 is not None
    words = recorded(DATA / "GetReaderCapabilitiesResponse-000.json")
    _holds_general(message, words["GeneralDeviceCapabilities"])
    _holds_limits(message, words["LLRPCapabilities"])
    _holds_band(message, words["RegulatoryCapabilities"])
    gen2 = words["C1G2LLRPCapabilities"]
    assert message.gen2.block_erase == gen2["SupportsBlockErase"]
    assert message.gen2.block_write == gen2["SupportsBlockWrite"]
    assert message.gen2.xpc == gen2["SupportsXPC"]
    assert message.gen2.max_filters == gen2["MaxSelectFiltersPerQuery"]


def _holds_general(message: GetReaderCapabilitiesResponse, words: dict[str, Any]) -> None:
    general = message.general
    assert general is not None
    assert general.max_antennas == words["MaxSupportedAntennas"]
    assert general.sets_antenna_properties == words["CanSetAntennaProperties"]
    assert general.has_utc == words["HasUTCClock"]
    assert (general.vendor, general.model) == (words["DeviceManufacturer"], words["Model"])
    assert general.firmware == words["FirmwareVersion"]
    assert [(step.index, step.above_db) for step in general.sensitivities] == [
        (step["Index"], step["ReceiveSensitivity"]) for step in words["ReceiveSensitivities"]
    ]
    assert general.ranges == ()
    assert general.gpio is not None
    gpio = words["GPIOCapabilities"]
    assert (general.gpio.inputs, general.gpio.outputs) == (gpio["NumGPIs"], gpio["NumGPOs"])
    assert [(one.antenna, bytes(one.protocols)) for one in general.protocols] == [
        (one["AntennaID"], base64.b64decode(one["AirProtocolIDs"])) for one in words["PerAntennaAirProtocols"]
    ]


def _holds_limits(message: GetReaderCapabilitiesResponse, words: dict[str, Any]) -> None:
    limits = message.llrp
    assert limits is not None
    names = {
        "rf_survey": "CanDoRFSurvey",
        "buffer_warning": "CanReportBufferFillWarning",
        "client_request": "SupportsClientRequestOpSpec",
        "state_aware": "CanDoTagInventoryStateAwareSingulation",
        "holds": "SupportsEventsAndReportHolding",
        "max_priority": "MaxPriorityLevelSupported",
        "client_request_timeout_ms": "ClientRequestedOpSpecTimeout",
        "max_rospecs": "MaxROSpecs",
        "max_specs_per_rospec": "MaxSpecsPerROSpec",
        "max_inventory_specs": "MaxInventoryParameterSpecsPerAISpec",
        "max_access_specs": "MaxAccessSpecs",
        "max_op_specs": "MaxOpSpecsPerAccessSpec",
    }
    assert {name: getattr(limits, name) for name in names} == {
        name: words[key] for name, key in names.items()
    }


def _holds_band(message: GetReaderCapabilitiesResponse, words: dict[str, Any]) -> None:
    regulatory = message.regulatory
    assert regulatory is not None
    assert (regulatory.country, regulatory.standard) == (
        words["CountryCode"],
        words["CommunicationsStandard"],
    )
    band, uhf = regulatory.band, words["UHFBandCapabilities"]
    assert band is not None
    assert [(level.index, level.cdbm) for level in band.powers] == [
        (level["Index"], level["TransmitPowerValue"]) for level in uhf["TransmitPowerLevels"]
    ]
    assert band.frequencies is not None
    (table,), (hops,) = band.frequencies.hop_tables, uhf["FrequencyInformation"]["FrequencyHopTables"]
    assert (table.id, list(table.khz)) == (hops["HopTableID"], hops["Frequencies"])
    (modes,) = band.modes
    keys: tuple[str, ...] = (
        "ModeID",
        "Modulation",
        "ForwardLinkModulation",
        "SpectralMask",
        "BackscatterDataRate",
        "PIERatio",
    )
    keys += ("MinTariTime", "MaxTariTime", "StepTariTime")
    fields = (
        "id",
        "m",
        "forward",
        "mask",
        "bit_rate",
        "pie_1000",
        "min_tari_ns",
        "max_tari_ns",
        "step_tari_ns",
    )
    recorded_modes = uhf["C1G2RFModes"]["UHFC1G2RFModeTableEntries"]
    assert [tuple(getattr(mode, field) for field in fields) for mode in modes.modes] == [
        tuple(mode[key] for key in keys) for mode in recorded_modes
    ]
    assert [mode.divide_64_3 for mode in modes.modes] == [mode["DivideRatio"] == 1 for mode in recorded_modes]
