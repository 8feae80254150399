"""The events of the Impinj IoT device interface, from JSON with its units to ours. Pure. Source: facts sheet on readers, section 15.

``{"timestamp": …, "eventType": "antennaActivation", "antennaActivationEvent": {"antennaPort": 2}}``
"""

from __future__ import annotations

from typing import Final

import msgspec

from edge.iot import fields
from edge.iot.bodies import Body
from edge.reads import NO_RSSI_DBM
from shelfwire.errors import PeerError

MAX_POWER_DBM: Final = 40.0


class TagRead(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of one tag. Times are the reader's; None: not told."""

    at_us: int | None
    port: int
    epc: str
    pc: int | None = None
    rssi_dbm: float = NO_RSSI_DBM
    phase_deg: float | None = None
    channel_khz: int | None = None
    power_dbm: float | None = None


class Activation(msgspec.Struct, frozen=True, kw_only=True):
    """An antenna now begins to work; the one before has ended."""

    at_us: int | None
    port: int


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the inventory runs: ``running``, ``idle`` or ``armed`` (waits for its trigger)."""

    at_us: int | None
    word: str


class Cable(msgspec.Struct, frozen=True, kw_only=True):
    """An antenna was plugged in or lost. Not to be trusted behind an antenna hub."""

    at_us: int | None
    port: int
    connected: bool


class Overflow(msgspec.Struct, frozen=True, kw_only=True):
    """Events between these times were lost in the reader."""

    at_us: int | None
    first_us: int | None
    last_us: int | None


Event = TagRead | Activation | Status | Cable | Overflow


def event(body: Body) -> Event | None:
    """The event in `body`; None for a kind that is none of ours. Raises `PeerError` with the reason where it makes no sense."""
    kind = fields.text(body, "eventType")
    if kind is None:
        raise PeerError("an event without eventType")
    at_us = fields.time_us(fields.text(body, "timestamp"))
    inside = fields.inner(body, f"{kind}Event")
    match kind:
        case "tagInventory":
            return _tag(inside, at_us)
        case "antennaActivation":
            return Activation(at_us=at_us, port=_port(inside, kind))
        case "inventoryStatus":
            word = fields.text(inside, "status", "inventoryStatus")
            if word not in {"idle", "running", "armed"}:
                raise PeerError("an inventoryStatus that is neither idle, running nor armed")
            return Status(at_us=at_us, word=word)
        case "antennaConnected" | "antennaDisconnected":
            return Cable(at_us=at_us, port=_port(inside, kind), connected=kind == "antennaConnected")
        case "overflow":
            first = fields.time_us(fields.text(inside, "firstEventTimestamp"))
            return Overflow(
                at_us=at_us, first_us=first, last_us=fields.time_us(fields.text(inside, "lastEventTimestamp"))
            )
        case _:
            return None


def _tag(inside: Body, at_us: int | None) -> TagRead:
    epc = fields.hex_digits(fields.text(inside, "epcHex"))
    if epc is None:
        epc = fields.from_base64(fields.text(inside, "epc"))
    if epc is None:
        raise PeerError("a tag without an EPC that is one")
    rssi, power = fields.decimal(inside, "peakRssiCdbm"), fields.decimal(inside, "transmitPowerCdbm")
    return TagRead(
        at_us=at_us,
        port=_port(inside, "tagInventory"),
        epc=epc,
        pc=fields.pc_word(fields.from_base64(fields.text(inside, "pc"))),
        rssi_dbm=fields.rssi_dbm(None if rssi is None else rssi / 100),
        phase_deg=fields.phase_deg(fields.decimal(inside, "phaseAngle")),
        channel_khz=fields.khz(fields.decimal(inside, "frequency")),
        power_dbm=power / 100 if power is not None and 0 <= power <= MAX_POWER_DBM * 100 else None,
    )


def _port(inside: Body, kind: str) -> int:
    found = fields.port(inside, "antennaPort")
    if found is None:
        raise PeerError(f"{kind} without an antennaPort")
    return found
