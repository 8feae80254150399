"""Vendors' parameters: Impinj's (enterprise number 25882), and the raw form for all others. Pure. Source: facts sheet 10.1."""

from __future__ import annotations

from typing import Final

import msgspec

from edge.llrp.fields import U16, U32, Flag, Rest, U16s
from edge.llrp.layout import ANY_CUSTOM, register, vendor

IMPINJ: Final = 25882
PHASE_TURN: Final = 4096
"""Raw phase of a full turn."""

SEARCH_READER, SEARCH_SINGLE, SEARCH_DUAL, SEARCH_SUPPRESS = range(4)


@register(ANY_CUSTOM)
class Custom(msgspec.Struct, frozen=True):
    """A vendor's parameter that nobody here knows; kept as it came."""

    vendor: U32
    subtype: U32
    data: Rest = b""


@vendor(IMPINJ, 21)
class RequestedData(msgspec.Struct, frozen=True):
    """In GET_READER_CAPABILITIES or GET_READER_CONFIG: 1000 all capabilities, 2000 all configuration of the vendor."""

    wanted: U32


@vendor(IMPINJ, 23)
class SearchMode(msgspec.Struct, frozen=True):
    """In an inventory command: 0 reader's choice, 1 single target, 2 dual target, 3 single with suppression."""

    mode: U16


@vendor(IMPINJ, 26)
class FixedFrequencies(msgspec.Struct, frozen=True):
    """In an inventory command: 0 off, 1 automatic, 2 the channels of the list."""

    mode: U16
    reserved: U16 = 0
    channels: U16s = ()


@vendor(IMPINJ, 28)
class LowDutyCycle(msgspec.Struct, frozen=True):
    """In an inventory command."""

    on: U16
    empty_field_timeout_ms: U16
    ping_interval_ms: U16


@vendor(IMPINJ, 37)
class Temperature(msgspec.Struct, frozen=True):
    """In GET_READER_CONFIG_RESPONSE."""

    raw_c: U16
    """s16 in its bits, °C."""


@vendor(IMPINJ, 38)
class LinkMonitor(msgspec.Struct, frozen=True):
    """In SET_READER_CONFIG: the reader drops the link after so many keepalives without acknowledgement."""

    on: U16
    count: U16


@vendor(IMPINJ, 39)
class ReportBuffer(msgspec.Struct, frozen=True):
    """In SET_READER_CONFIG: 0 normal, 1 low latency."""

    mode: U16


@vendor(IMPINJ, 51)
class WantTid(msgspec.Struct, frozen=True):
    """In `Selector`."""

    on: U16 = 1


@vendor(IMPINJ, 52)
class WantPhase(msgspec.Struct, frozen=True):
    """In `Selector`."""

    on: U16 = 1


@vendor(IMPINJ, 53)
class WantRssi(msgspec.Struct, frozen=True):
    """In `Selector`: RSSI in hundredths of a dBm."""

    on: U16 = 1


@vendor(IMPINJ, 67)
class WantDoppler(msgspec.Struct, frozen=True):
    """In `Selector`."""

    on: U16 = 1


@vendor(IMPINJ, 50)
class Selector(msgspec.Struct, frozen=True, kw_only=True):
    """In the vendor's part of a report spec: what else each report is to hold."""

    tid: WantTid | None = None
    phase: WantPhase | None = None
    rssi: WantRssi | None = None
    doppler: WantDoppler | None = None
    custom: tuple[Custom, ...] = ()


@vendor(IMPINJ, 59)
class Loop(msgspec.Struct, frozen=True):
    """In a ROSpec, after the AISpecs: how often the list runs; 0: without end."""

    count: U32


@vendor(IMPINJ, 1576)
class AttemptEvents(msgspec.Struct, frozen=True):
    """In `AntennaSettings`: send an event when work on an antenna begins."""

    on: Flag


@vendor(IMPINJ, 1524)
class AntennaSettings(msgspec.Struct, frozen=True, kw_only=True):
    """In SET_READER_CONFIG: a container."""

    attempts: AttemptEvents | None = None
    custom: tuple[Custom, ...] = ()


@vendor(IMPINJ, 1577)
class AntennaAttempt(msgspec.Struct, frozen=True):
    """Event: work on an antenna begins now."""

    antenna: U16


@vendor(IMPINJ, 1538)
class Hub(msgspec.Struct, frozen=True):
    """One antenna hub in GET_READER_CONFIG_RESPONSE."""

    hub: U16
    state: U16
    """0 unknown, 1 disconnected, 2 connected."""
    fault: U16


@vendor(IMPINJ, 1554)
class AntennaManagement(msgspec.Struct, frozen=True):
    """In SET_READER_CONFIG: the reader may leave antennas without tags out; off for us."""

    on: Flag


Settings = LinkMonitor | ReportBuffer | AntennaSettings | AntennaManagement | Custom
Inventory = SearchMode | FixedFrequencies | LowDutyCycle | Custom
