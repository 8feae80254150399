"""Every LLRP message as a frozen struct, in both directions. Pure. The numbers are those of section 3 of the facts sheet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from edge.llrp.capabilities import Gen2Limits, General, LlrpLimits, Regulatory
from edge.llrp.events import (
    AntennaProperties,
    ConfigState,
    EventData,
    EventSpec,
    Holding,
    Identification,
    InputState,
    KeepaliveSpec,
    Output,
)
from edge.llrp.fields import CUSTOM, U8, U16, U32, Flag, Rest
from edge.llrp.impinj import Custom, Hub, RequestedData, Settings, Temperature
from edge.llrp.rospec import AccessReport, AccessSpec, AntennaConfig, ReportSpec, ROSpec
from edge.llrp.status import OK, LlrpStatus
from edge.llrp.tags import TagReport

T = TypeVar("T", bound="type[Message]")
TYPES: Final[dict[type[Message], int]] = {}
CLASSES: Final[dict[int, type[Message]]] = {}
NAMES: Final[dict[type[Message], str]] = {}


class Message(msgspec.Struct, frozen=True):
    """Root of all messages; ids are not part of them."""


class Answer(Message, frozen=True):
    """Root of the messages that answer another; all carry a status."""


def message(number: int, name: str) -> Callable[[T], T]:
    """Register a class as the message `number`, which the standard calls `name`."""

    def keep(cls: T) -> T:
        TYPES[cls], CLASSES[number], NAMES[cls] = number, cls, name
        return cls

    return keep


class Unknown(Message, frozen=True):
    """A message whose type nobody here knows; a client skips it, a reader answers it with ERROR_MESSAGE 109."""

    type: int
    body: bytes = b""


@message(1, "GET_READER_CAPABILITIES")
class GetReaderCapabilities(Message, frozen=True):
    """0 all, 1 general, 2 LLRP, 3 regulatory, 4 air protocol."""

    requested: U8 = 0
    custom: tuple[RequestedData | Custom, ...] = ()


@message(11, "GET_READER_CAPABILITIES_RESPONSE")
class GetReaderCapabilitiesResponse(Answer, frozen=True, kw_only=True):
    """What was asked for."""

    status: LlrpStatus = OK
    general: General | None = None
    llrp: LlrpLimits | None = None
    regulatory: Regulatory | None = None
    gen2: Gen2Limits | None = None
    custom: tuple[Custom, ...] = ()


@message(2, "GET_READER_CONFIG")
class GetReaderConfig(Message, frozen=True, kw_only=True):
    """`requested` 0 all … 11; 0 for antenna and ports means all."""

    antenna: U16 = 0
    requested: U8 = 0
    gpi: U16 = 0
    gpo: U16 = 0
    custom: tuple[RequestedData | Custom, ...] = ()


@message(12, "GET_READER_CONFIG_RESPONSE")
class GetReaderConfigResponse(Answer, frozen=True, kw_only=True):
    """What was asked for."""

    status: LlrpStatus = OK
    identification: Identification | None = None
    properties: tuple[AntennaProperties, ...] = ()
    antennas: tuple[AntennaConfig, ...] = ()
    events: EventSpec | None = None
    report: ReportSpec | None = None
    access_report: AccessReport | None = None
    state: ConfigState | None = None
    keepalive: KeepaliveSpec | None = None
    inputs: tuple[InputState, ...] = ()
    outputs: tuple[Output, ...] = ()
    holding: Holding | None = None
    custom: tuple[Hub | Temperature | Custom, ...] = ()


@message(3, "SET_READER_CONFIG")
class SetReaderConfig(Message, frozen=True, kw_only=True):
    """Only what is there changes; `reset` puts the factory's values back first."""

    reset: Flag = False
    events: EventSpec | None = None
    properties: tuple[AntennaProperties, ...] = ()
    antennas: tuple[AntennaConfig, ...] = ()
    report: ReportSpec | None = None
    access_report: AccessReport | None = None
    keepalive: KeepaliveSpec | None = None
    outputs: tuple[Output, ...] = ()
    inputs: tuple[InputState, ...] = ()
    holding: Holding | None = None
    custom: tuple[Settings, ...] = ()


@message(13, "SET_READER_CONFIG_RESPONSE")
class SetReaderConfigResponse(Answer, frozen=True):
    """Status only."""

    status: LlrpStatus = OK


@message(14, "CLOSE_CONNECTION")
class CloseConnection(Message, frozen=True):
    """The client goes."""


@message(4, "CLOSE_CONNECTION_RESPONSE")
class CloseConnectionResponse(Answer, frozen=True):
    """Then the reader closes TCP."""

    status: LlrpStatus = OK


@message(20, "ADD_ROSPEC")
class AddROSpec(Message, frozen=True):
    """Its state must be disabled."""

    spec: ROSpec


@message(30, "ADD_ROSPEC_RESPONSE")
class AddROSpecResponse(Answer, frozen=True):
    """Status only."""

    status: LlrpStatus = OK


@message(21, "DELETE_ROSPEC")
class DeleteROSpec(Message, frozen=True):
    """0: all."""

    rospec: U32 = 0


@message(31, "DELETE_ROSPEC_RESPONSE")
class DeleteROSpecResponse(Answer, frozen=True):
    """Status only."""

    status: LlrpStatus = OK


@message(22, "START_ROSPEC")
class StartROSpec(Message, frozen=True):
    """0 is not allowed."""

    rospec: U32


@message(32, "START_ROSPEC_RESPONSE")
class StartROSpecResponse(Answer, frozen=True):
    """Status only."""

    status: LlrpStatus = OK


@message(23, "STOP_ROSPEC")
class StopROSpec(Message, frozen=True):
    """0 is not allowed."""

    rospec: U32


@message(33, "STOP_ROSPEC_RESPONSE")
class StopROSpecResponse(Answer, frozen=True):
    """Status only."""

    status: LlrpStatus = OK


@message(24, "ENABLE_ROSPEC")
class EnableROSpec(Message, frozen=True):
    """0: all."""

    rospec: U32 = 0


@message(34, "ENABLE_ROSPEC_RESPONSE")
class EnableROSpecResponse(Answer, frozen=True):
    """Status only."""

    status: LlrpStatus = OK


@message(25, "DISABLE_ROSPEC")
class DisableROSpec(Message, frozen=True):
    """0: all."""

    rospec: U32 = 0


@message(35, "DISABLE_ROSPEC_RESPONSE")
class DisableROSpecResponse(Answer, frozen=True):
    """Status only."""

    status: LlrpStatus = OK


@message(26, "GET_ROSPECS")
class GetROSpecs(Message, frozen=True):
    """Which plans the reader has."""


@message(36, "GET_ROSPECS_RESPONSE")
class GetROSpecsResponse(Answer, frozen=True, kw_only=True):
    """All of them."""

    status: LlrpStatus = OK
    rospecs: tuple[ROSpec, ...] = ()


@message(40, "ADD_ACCESSSPEC")
class AddAccessSpec(Message, frozen=True):
    """It must not be active."""

    spec: AccessSpec


@message(50, "ADD_ACCESSSPEC_RESPONSE")
class AddAccessSpecResponse(Answer, frozen=True):
    """Status only."""

    status: LlrpStatus = OK


@message(41, "DELETE_ACCESSSPEC")
class DeleteAccessSpec(Message, frozen=True):
    """0: all."""

    access_spec: U32 = 0


@message(51, "DELETE_ACCESSSPEC_RESPONSE")
class DeleteAccessSpecResponse(Answer, frozen=True):
    """Status only."""

    status: LlrpStatus = OK


@message(42, "ENABLE_ACCESSSPEC")
class EnableAccessSpec(Message, frozen=True):
    """0: all."""

    access_spec: U32 = 0


@message(52, "ENABLE_ACCESSSPEC_RESPONSE")
class EnableAccessSpecResponse(Answer, frozen=True):
    """Status only."""

    status: LlrpStatus = OK


@message(43, "DISABLE_ACCESSSPEC")
class DisableAccessSpec(Message, frozen=True):
    """0: all."""

    access_spec: U32 = 0


@message(53, "DISABLE_ACCESSSPEC_RESPONSE")
class DisableAccessSpecResponse(Answer, frozen=True):
    """Status only."""

    status: LlrpStatus = OK


@message(44, "GET_ACCESSSPECS")
class GetAccessSpecs(Message, frozen=True):
    """Which access specs the reader has."""


@message(54, "GET_ACCESSSPECS_RESPONSE")
class GetAccessSpecsResponse(Answer, frozen=True, kw_only=True):
    """All of them."""

    status: LlrpStatus = OK
    specs: tuple[AccessSpec, ...] = ()


@message(45, "CLIENT_REQUEST_OP")
class ClientRequestOp(Message, frozen=True):
    """The reader asks what to do with a tag; kept as it came, never used."""

    raw: Rest = b""


@message(55, "CLIENT_REQUEST_OP_RESPONSE")
class ClientRequestOpResponse(Message, frozen=True):
    """Never used."""

    raw: Rest = b""


@message(60, "GET_REPORT")
class GetReport(Message, frozen=True):
    """Answered by a report, which may be empty."""


@message(61, "RO_ACCESS_REPORT")
class ROAccessReport(Message, frozen=True, kw_only=True):
    """What was heard."""

    tags: tuple[TagReport, ...] = ()
    dropped: int = 0
    """Items that could not be used; not on the wire."""


@message(62, "KEEPALIVE")
class Keepalive(Message, frozen=True):
    """To be acknowledged with the same id."""


@message(72, "KEEPALIVE_ACK")
class KeepaliveAck(Message, frozen=True):
    """The client is there."""


@message(63, "READER_EVENT_NOTIFICATION")
class ReaderEventNotification(Message, frozen=True):
    """What happened."""

    data: EventData


@message(64, "ENABLE_EVENTS_AND_REPORTS")
class EnableEventsAndReports(Message, frozen=True):
    """No answer."""


@message(100, "ERROR_MESSAGE")
class ErrorMessage(Answer, frozen=True):
    """The answer to what has no other answer."""

    status: LlrpStatus = OK


@message(46, "GET_SUPPORTED_VERSION")
class GetSupportedVersion(Message, frozen=True):
    """LLRP 1.1."""


@message(56, "GET_SUPPORTED_VERSION_RESPONSE")
class GetSupportedVersionResponse(Answer, frozen=True, kw_only=True):
    """LLRP 1.1; the only answer whose status is not first."""

    current: U8
    highest: U8
    status: LlrpStatus = OK


@message(47, "SET_PROTOCOL_VERSION")
class SetProtocolVersion(Message, frozen=True):
    """LLRP 1.1."""

    protocol: U8


@message(57, "SET_PROTOCOL_VERSION_RESPONSE")
class SetProtocolVersionResponse(Answer, frozen=True):
    """LLRP 1.1."""

    status: LlrpStatus = OK


@message(CUSTOM, "CUSTOM_MESSAGE")
class CustomMessage(Message, frozen=True):
    """A vendor's message that nobody here knows."""

    vendor: U32
    subtype: U8
    data: Rest = b""


class ImpinjEnable(Message, frozen=True):
    """Impinj's subtype 21: without it the vendor's parameters are refused; once on every connection."""

    reserved: U32 = 0


class ImpinjEnableResponse(Answer, frozen=True):
    """Impinj's subtype 22."""

    status: LlrpStatus = OK


IMPINJ_MESSAGES: Final[dict[int, type[Message]]] = {21: ImpinjEnable, 22: ImpinjEnableResponse}
