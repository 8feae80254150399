"""Events, and the settings of the reader itself (parameters 217 to 226, 244 to 257, 356). Pure."""

from __future__ import annotations

from typing import Annotated

import msgspec

from edge.llrp.fields import S16, U8, U16, U32, Flag, Octets, Rest, Text, Tv
from edge.llrp.impinj import AntennaAttempt, Custom
from edge.llrp.layout import tlv
from edge.llrp.rospec import Uptime, Utc

(
    ON_HOPPING,
    ON_INPUT,
    ON_ROSPEC,
    ON_BUFFER,
    ON_EXCEPTION,
    ON_SURVEY,
    ON_AISPEC,
    ON_AISPEC_DETAILS,
    ON_ANTENNA,
    ON_LOOP,
) = range(10)
"""Event types of `EventEntry`."""

ROSPEC_START, ROSPEC_END, ROSPEC_PREEMPTED = range(3)
ACCEPTED, REFUSED_READER_STARTED, REFUSED_CLIENT_STARTED, REFUSED_OTHER, SOMEBODY_TRIED = range(5)


@tlv(245)
class EventEntry(msgspec.Struct, frozen=True):
    """One kind of event, on or off."""

    event: U16
    on: Flag


@tlv(244)
class EventSpec(msgspec.Struct, frozen=True):
    """Which events the reader sends beside those that it always sends."""

    entries: tuple[EventEntry, ...]


@tlv(247)
class HoppingEvent(msgspec.Struct, frozen=True):
    """The next channel."""

    table: U16
    next_channel: U16


@tlv(248)
class InputEvent(msgspec.Struct, frozen=True):
    """An input changed."""

    port: U16
    level: Flag


@tlv(249)
class ROSpecEvent(msgspec.Struct, frozen=True):
    """0 start, 1 end, 2 preempted by another."""

    kind: U8
    rospec: U32
    preempting: U32 = 0


@tlv(250)
class BufferWarning(msgspec.Struct, frozen=True):
    """The reader's report buffer fills."""

    percent: U8


@tlv(251)
class BufferOverflow(msgspec.Struct, frozen=True):
    """Reports are lost: silence since the last good report proves nothing."""


@tlv(252)
class ExceptionEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something went wrong inside the reader."""

    text: Text
    rospec: Annotated[int, Tv(9, "I")] | None = None
    spec_index: Annotated[int, Tv(14, "H")] | None = None
    inventory_spec: Annotated[int, Tv(10, "H")] | None = None
    antenna: Annotated[int, Tv(1, "H")] | None = None
    access_spec: Annotated[int, Tv(16, "I")] | None = None
    op_spec: Annotated[int, Tv(17, "H")] | None = None
    custom: tuple[Custom, ...] = ()


@tlv(253)
class SurveyEvent(msgspec.Struct, frozen=True):
    """0 start, 1 end."""

    kind: U8
    rospec: U32
    spec_index: U16


@tlv(254)
class AISpecEnd(msgspec.Struct, frozen=True, kw_only=True):
    """The end of an antenna's turn, also when no tag was heard."""

    kind: U8 = 0
    rospec: U32
    spec_index: U16
    """Place of the AISpec in its ROSpec, from 1."""
    slots: Annotated[tuple[int, int], Tv(18, "HH")] | None = None
    """Slots with a collision, and empty ones."""


@tlv(255)
class AntennaEvent(msgspec.Struct, frozen=True):
    """A cable was lost (0) or plugged in (1); no dwell."""

    kind: U8
    antenna: U16


@tlv(256)
class ConnectionAttempt(msgspec.Struct, frozen=True):
    """0 accepted; 1, 2, 3 refused; 4 somebody else tried."""

    status: U16


@tlv(257)
class ConnectionClose(msgspec.Struct, frozen=True):
    """The reader goes of its own will."""


@tlv(356)
class LoopEvent(msgspec.Struct, frozen=True):
    """LLRP 1.1."""

    rospec: U32
    loop: U32


Event = (
    HoppingEvent
    | InputEvent
    | ROSpecEvent
    | BufferWarning
    | BufferOverflow
    | ExceptionEvent
    | SurveyEvent
    | AISpecEnd
    | AntennaEvent
    | ConnectionAttempt
    | ConnectionClose
    | LoopEvent
    | AntennaAttempt
)


@tlv(246)
class EventData(msgspec.Struct, frozen=True, kw_only=True):
    """Events of one moment, in any order; without a time the host's counts."""

    utc: Utc | None = None
    uptime: Uptime | None = None
    events: tuple[Event, ...] = ()
    custom: tuple[Custom, ...] = ()


@tlv(217)
class ConfigState(msgspec.Struct, frozen=True):
    """Changes whenever the configuration changes."""

    value: U32


@tlv(218)
class Identification(msgspec.Struct, frozen=True):
    """0 MAC as EUI-64, 1 EPC."""

    kind: U8
    value: Octets


@tlv(219)
class Output(msgspec.Struct, frozen=True):
    """An output and its level."""

    port: U16
    level: Flag


@tlv(220)
class KeepaliveSpec(msgspec.Struct, frozen=True):
    """0 off, 1 periodic."""

    kind: U8
    period_ms: U32 = 0


@tlv(221)
class AntennaProperties(msgspec.Struct, frozen=True):
    """Gain in hundredths of a dBi; behind a hub `connected` says nothing."""

    connected: Flag
    antenna: U16
    gain_cdbi: S16


@tlv(225)
class InputState(msgspec.Struct, frozen=True):
    """0 low, 1 high, 2 unknown."""

    port: U16
    enabled: Flag
    level: U8


@tlv(226)
class Holding(msgspec.Struct, frozen=True):
    """Hold events and reports after a reconnect until they are asked for."""

    on: Flag


@tlv(242)
class SurveyReport(msgspec.Struct, frozen=True):
    """RF survey; kept as it came, never used."""

    raw: Rest
