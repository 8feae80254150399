"""What a reader says that it can do (parameters 137 to 149, 327 to 329, 363). Pure."""

from __future__ import annotations

from typing import Annotated

import msgspec

from edge.llrp.fields import S16, U8, U16, U32, Bit, Bits, Flag, Text, U8Reserved, U8s, U32s
from edge.llrp.impinj import Custom
from edge.llrp.layout import tlv

PadBit2 = Annotated[bool, Bits(1, 2)]
PadBit3 = Annotated[bool, Bits(1, 3)]
PadBit6 = Annotated[bool, Bits(1, 6)]
PadBit14 = Annotated[bool, Bits(1, 14)]


@tlv(139)
class Sensitivity(msgspec.Struct, frozen=True):
    """One step of the receiver."""

    index: U16
    above_db: U16
    """Above the most sensitive setting."""


@tlv(149)
class SensitivityRange(msgspec.Struct, frozen=True):
    """The steps that one antenna allows."""

    antenna: U16
    lowest: U16
    highest: U16


@tlv(140)
class AirProtocols(msgspec.Struct, frozen=True):
    """What one antenna speaks; 1 is Gen2."""

    antenna: U16
    protocols: U8s = (1,)


@tlv(141)
class Gpio(msgspec.Struct, frozen=True):
    """Inputs and outputs."""

    inputs: U16
    outputs: U16


@tlv(363)
class HighestSensitivity(msgspec.Struct, frozen=True):
    """LLRP 1.1: the most sensitive setting, dBm."""

    dbm: S16


@tlv(137)
class General(msgspec.Struct, frozen=True, kw_only=True):
    """The box itself."""

    max_antennas: U16
    sets_antenna_properties: Bit = False
    has_utc: PadBit14 = True
    """Without a clock every time is an uptime."""
    vendor: U32
    """IANA private enterprise number; 25882 is Impinj."""
    model: U32
    firmware: Text
    sensitivities: tuple[Sensitivity, ...] = ()
    ranges: tuple[SensitivityRange, ...] = ()
    gpio: Gpio | None = None
    protocols: tuple[AirProtocols, ...] = ()
    highest_sensitivity: HighestSensitivity | None = None


@tlv(142)
class LlrpLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What of LLRP the reader knows, and how much of it; 0: no limit stated."""

    rf_survey: Bit = False
    buffer_warning: Bit = False
    client_request: Bit = False
    state_aware: Bit = False
    holds: PadBit3 = False
    """Keeps events and reports over a reconnect until the client asks for them."""
    max_priority: U8 = 0
    client_request_timeout_ms: U16 = 0
    max_rospecs: U32
    max_specs_per_rospec: U32
    max_inventory_specs: U32
    max_access_specs: U32
    max_op_specs: U32


@tlv(145)
class PowerLevel(msgspec.Struct, frozen=True):
    """One step of the transmitter, hundredths of a dBm."""

    index: U16
    cdbm: S16


@tlv(147)
class HopTable(msgspec.Struct, frozen=True):
    """Frequencies in the order of hopping: not sorted."""

    id: U8Reserved
    khz: U32s


@tlv(148)
class FixedTable(msgspec.Struct, frozen=True):
    """Frequencies; a channel index counts from 1."""

    khz: U32s


@tlv(146)
class Frequencies(msgspec.Struct, frozen=True, kw_only=True):
    """Hop tables, or one fixed table."""

    hopping: Flag
    hop_tables: tuple[HopTable, ...] = ()
    fixed: FixedTable | None = None


@tlv(329)
class Mode(msgspec.Struct, frozen=True, kw_only=True):
    """One air mode."""

    id: U32
    divide_64_3: Bit = False
    hag: PadBit6 = False
    m: U8
    """0 FM0, 1 Miller 2, 2 Miller 4, 3 Miller 8."""
    forward: U8
    """0 PR-ASK, 1 SSB, 2 DSB."""
    mask: U8
    """0 unknown, 1 single reader, 2 multi, 3 dense."""
    bit_rate: U32
    pie_1000: U32
    min_tari_ns: U32
    max_tari_ns: U32
    step_tari_ns: U32 = 0


@tlv(328)
class Modes(msgspec.Struct, frozen=True):
    """The table of air modes."""

    modes: tuple[Mode, ...]


@tlv(144)
class UhfBand(msgspec.Struct, frozen=True, kw_only=True):
    """The band as the region allows it."""

    powers: tuple[PowerLevel, ...] = ()
    frequencies: Frequencies | None = None
    modes: tuple[Modes, ...] = ()


@tlv(143)
class Regulatory(msgspec.Struct, frozen=True, kw_only=True):
    """Where the reader may be used."""

    country: U16
    """ISO 3166 numeric."""
    standard: U16
    """1 FCC part 15, 2 ETSI 302 208."""
    band: UhfBand | None = None
    custom: tuple[Custom, ...] = ()


@tlv(327)
class Gen2Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What of Gen2 the reader knows."""

    block_erase: Bit = False
    block_write: Bit = False
    block_permalock: Bit = False
    """LLRP 1.1, as the three that follow."""
    recommission: Bit = False
    umi_2: Bit = False
    xpc: PadBit2 = False
    max_filters: U16 = 0
