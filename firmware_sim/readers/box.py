"""What an emulated LLRP reader is and can do, and what it says of itself. Pure.

The numbers are those of a recorded four-port reader (81 power steps, 50 hopping channels, modes 0 … 1005), with more antennas and more specs
where a shelf installation needs them; capabilities and checks are made from the same `Box`, so they cannot disagree.
"""

from __future__ import annotations

from typing import Final

import msgspec

from edge.llrp.capabilities import (
    AirProtocols,
    Frequencies,
    Gen2Limits,
    General,
    Gpio,
    HopTable,
    LlrpLimits,
    Mode,
    Modes,
    PowerLevel,
    Regulatory,
    Sensitivity,
    UhfBand,
)
from edge.llrp.messages import GetReaderCapabilitiesResponse

IMPINJ: Final = 25882

FIRST_KHZ: Final = 902_750
CHANNELS: Final = 50
HOP_STEP: Final = 21
"""Prime to 50, so that hops visit every channel in an order that is not sorted."""

HOP_BACK: Final = 31
"""`HOP_STEP` × 31 leaves 1 when divided by 50: from a channel to its place in the hop table."""

SENSITIVITIES: Final = 42
MOST_SENSITIVE_DBM: Final = -80.0
"""Of the receiver's first step. Below the −74 dBm that was ever reported, so that the radio decides what is heard. Assumption."""

MAX_PRIORITY: Final = 1
"""0 is better, and preempts."""

OWN_PORTS: Final = 4
HUB_PORTS: Final = 8
SWITCH_US: Final = 20_000
"""Assumption; no maker says it. 32 antennas lose two thirds of a second a cycle."""


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """One emulated reader."""

    name: str
    """Its id in the site: the radio asks by this name."""
    antennas: int = 32
    vendor: int = 0
    """`IMPINJ`: knows the vendor's extensions, after they were enabled."""
    firmware: str = "shelfwire-emulator 1"
    max_rospecs: int = 1
    max_specs: int = 1024
    """AISpecs in a ROSpec; a recorded reader has 32."""
    restarts: bool = True
    """Whether an immediate ROSpec begins again by itself after its last AISpec; the standard does not say."""
    refuses_observation: bool = False
    """Some makers' readers refuse AISpec stop 3."""
    has_clock: bool = True
    """Without it all times are uptimes."""
    keeps_rospecs_on_reset: bool = False
    max_access_specs: int = 32
    max_op_specs: int = 8
    """In one AccessSpec; a recorded reader has 1508 AccessSpecs of 8."""
    max_filters: int = 2
    highest_version: int = 1
    """2: speaks LLRP 1.1 when a client asks for it."""
    power_dbm: float = 30.0
    """Where neither the ROSpec nor the settings say one."""
    inputs: int = 4
    outputs: int = 4
    buffer_messages: int = 2_000
    """Held while no client takes them; then the reader says overflow and drops."""
    buffer_tags: int = 8_000
    """Report items held, told or not: half a MiB on the wire, some MiB in here. Of 64 readers in one process all may be stalled."""

    @property
    def hubs(self) -> int:
        """Antenna hubs of eight ports: hub h has the antennas 8(h−1)+1 … 8h. Up to four antennas need none."""
        return -(-self.antennas // HUB_PORTS) if self.antennas > OWN_PORTS else 0

    @property
    def switch_us(self) -> int:
        """How long a hub needs to change over to another antenna."""
        return SWITCH_US if self.hubs else 0

    def hub_of(self, antenna: int) -> int:
        """The hub of an antenna, 0: it hangs on the reader itself."""
        return (antenna - 1) // HUB_PORTS + 1 if self.hubs else 0

    def weakest_dbm(self, sensitivity: int) -> float:
        """The quietest that is heard with this step of the receiver."""
        return MOST_SENSITIVE_DBM + (sensitivity - 1)

    @property
    def powers_cdbm(self) -> dict[int, int]:
        """Power index → hundredths of a dBm: 10.00 to 30.00 by 0.25, then to 33.00 for a sweep."""
        return {index: 975 + 25 * index for index in range(1, 94)}

    @property
    def modes(self) -> tuple[int, ...]:
        """Identifiers of the air modes."""
        return (0, 1, 2, 3, 4, 1000, 1002, 1003, 1004, 1005)

    @property
    def hop_table(self) -> int:
        """The id of the one hop table."""
        return 1


def hop_place(channel: int) -> int:
    """Place in the hop table, from 1, of a channel (1 to 50 by frequency)."""
    return (channel - 1) * HOP_BACK % CHANNELS + 1


def capabilities(box: Box, requested: int) -> GetReaderCapabilitiesResponse:
    """The answer to GET_READER_CAPABILITIES; `requested` 0 all, 1 general, 2 LLRP, 3 regulatory, 4 air protocol."""
    return GetReaderCapabilitiesResponse(
        general=_general(box) if requested in {0, 1} else None,
        llrp=_limits(box) if requested in {0, 2} else None,
        regulatory=_regulatory(box) if requested in {0, 3} else None,
        gen2=Gen2Limits(max_filters=box.max_filters) if requested in {0, 4} else None,
    )


def _general(box: Box) -> General:
    return General(
        max_antennas=box.antennas,
        has_utc=box.has_clock,
        vendor=box.vendor,
        model=1,
        firmware=box.firmware,
        sensitivities=tuple(Sensitivity(index, index - 1) for index in range(1, SENSITIVITIES + 1)),
        gpio=Gpio(box.inputs, box.outputs),
        protocols=tuple(AirProtocols(antenna) for antenna in range(1, box.antennas + 1)),
    )


def _limits(box: Box) -> LlrpLimits:
    return LlrpLimits(
        buffer_warning=True,
        holds=True,
        max_priority=MAX_PRIORITY,
        max_rospecs=box.max_rospecs,
        max_specs_per_rospec=box.max_specs,
        max_inventory_specs=1,
        max_access_specs=box.max_access_specs,
        max_op_specs=box.max_op_specs,
    )


def _regulatory(box: Box) -> Regulatory:
    hops = tuple(FIRST_KHZ + 500 * (place * HOP_STEP % CHANNELS) for place in range(CHANNELS))
    return Regulatory(
        country=840,
        standard=1,
        band=UhfBand(
            powers=tuple(PowerLevel(index, cdbm) for index, cdbm in box.powers_cdbm.items()),
            frequencies=Frequencies(hopping=True, hop_tables=(HopTable(box.hop_table, hops),)),
            modes=(Modes(tuple(_mode(number) for number in box.modes)),),
        ),
    )


def _mode(number: int) -> Mode:
    return Mode(
        id=number,
        m=min(number % 1000, 3),
        forward=0,
        mask=3,
        bit_rate=250_000,
        pie_1000=1_500,
        min_tari_ns=6_250,
        max_tari_ns=25_000,
        step_tari_ns=1,
    )
