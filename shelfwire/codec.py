"""Bytes ↔ messages. JSON by default; MessagePack is known by its first byte. Pure.

A JSON message begins with ``{``; a MessagePack one with a map byte (0x80–0x8F, 0xDE, 0xDF), which no JSON can
begin with. Unknown fields are ignored (a newer minor writer), a higher `v` is refused as a whole.
"""

from __future__ import annotations

from typing import Any, Final, Generic, Literal, TypeVar

import msgspec

from shelfwire.errors import PeerError
from shelfwire.messages import (
    MAX_PAYLOAD_BYTES,
    MAX_TAGS_A_DWELL,
    VERSION,
    Ack,
    AgentStatus,
    Command,
    FindingNotice,
    FromAgent,
    Reply,
    Report,
    ShelfState,
    SweepNotice,
    Tags,
)

Form = Literal["json", "msgpack"]
T = TypeVar("T")
M = TypeVar("M", AgentStatus, Ack, Command, Reply)

_OPEN_BRACE: Final = 0x7B
_to_json: Final = msgspec.json.Encoder().encode
_to_msgpack: Final = msgspec.msgpack.Encoder().encode


class _Version(msgspec.Struct, frozen=True):
    v: int = VERSION


_json_version: Final = msgspec.json.Decoder(_Version)
_msgpack_version: Final = msgspec.msgpack.Decoder(_Version)


class FutureVersionError(PeerError):
    """The message is of a `version` that this code does not know."""

    def __init__(self, version: int) -> None:
        super().__init__(f"message version {version} is newer than {VERSION}: update this side")
        self.version = version


class Decoder(Generic[T]):
    """Reads one kind of message, in both forms. `decode` raises `PeerError`, and nothing else, for any bytes."""

    def __init__(self, kind: Any) -> None:
        self._json: msgspec.json.Decoder[T] = msgspec.json.Decoder(kind)
        self._msgpack: msgspec.msgpack.Decoder[T] = msgspec.msgpack.Decoder(kind)

    def decode(self, payload: bytes) -> T:
        """The message in `payload`; at most `MAX_PAYLOAD_BYTES`."""
        if len(payload) > MAX_PAYLOAD_BYTES:
            raise PeerError(f"{len(payload)} bytes are more than the bound of {MAX_PAYLOAD_BYTES}")
        if not payload:
            raise PeerError("empty payload")
        as_json = payload[0] == _OPEN_BRACE
        try:
            return self._json.decode(payload) if as_json else self._msgpack.decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
            # Only now is the version looked at: the usual message is decoded once.
            _refuse_future(payload, as_json=as_json)
            raise PeerError(str(fault)) from fault


def _refuse_future(payload: bytes, *, as_json: bool) -> None:
    try:
        version = (_json_version if as_json else _msgpack_version).decode(payload).v
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    if version > VERSION:
        raise FutureVersionError(version)


def encode(message: msgspec.Struct, form: Form = "json") -> bytes:
    """The bytes of any message of ours."""
    return _to_json(message) if form == "json" else _to_msgpack(message)


_from_agent: Final[Decoder[FromAgent]] = Decoder(FromAgent)
_status: Final[Decoder[AgentStatus]] = Decoder(AgentStatus)
_ack: Final[Decoder[Ack]] = Decoder(Ack)
_command: Final[Decoder[Command]] = Decoder(Command)
_reply: Final[Decoder[Reply]] = Decoder(Reply)
shelf_state: Final[Decoder[ShelfState]] = Decoder(ShelfState)
finding: Final[Decoder[FindingNotice]] = Decoder(FindingNotice)
sweep: Final[Decoder[SweepNotice]] = Decoder(SweepNotice)


def decode_from_agent(payload: bytes) -> FromAgent:
    """A report or a lost record, with its columns checked. Raises `PeerError`."""
    message = _from_agent.decode(payload)
    if message.v > VERSION:
        raise FutureVersionError(message.v)
    if isinstance(message, Report):
        for number, dwell in enumerate(message.dwells):
            if fault := columns_fault(dwell.tags):
                raise PeerError(f"{fault} - at `$.dwells[{number}].tags`")
            if dwell.ended_at_us < dwell.started_at_us:
                raise PeerError(f"a dwell that ends before it starts - at `$.dwells[{number}]`")
    elif message.upto < message.seq:
        raise PeerError("a lost record that ends before it starts - at `$.upto`")
    return message


def decode_status(payload: bytes) -> AgentStatus:
    """A birth or death. Raises `PeerError`."""
    return _current(_status.decode(payload))


def decode_ack(payload: bytes) -> Ack:
    """An acknowledgement. Raises `PeerError`."""
    return _current(_ack.decode(payload))


def decode_command(payload: bytes) -> Command:
    """A command. Raises `PeerError`."""
    return _current(_command.decode(payload))


def decode_reply(payload: bytes) -> Reply:
    """An answer to a command. Raises `PeerError`."""
    return _current(_reply.decode(payload))


def columns_fault(tags: Tags) -> str | None:
    """What is wrong with the columns of a dwell, in words, or None. Content of `epc` is checked at first sight."""
    rows = len(tags.epc)
    if rows > MAX_TAGS_A_DWELL:
        return f"{rows} tags are more than the bound of {MAX_TAGS_A_DWELL}"
    if len(tags.count) != rows or len(tags.rssi_dbm) != rows:
        return (
            f"columns of unequal length: {rows} epc, {len(tags.count)} count, {len(tags.rssi_dbm)} rssi_dbm"
        )
    for name in ("pc", "phase_deg", "channel_khz", "position_m", "user"):
        column = getattr(tags, name)
        if column is not None and len(column) != rows:
            return f"columns of unequal length: {rows} epc, {len(column)} {name}"
    return None


def _current(message: M) -> M:
    if message.v > VERSION:
        raise FutureVersionError(message.v)
    return message
