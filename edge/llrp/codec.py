"""The codec of LLRP: bytes to messages and back, for both sides of the conversation. Pure.

Total: any bytes give a message or a `PeerError`::

    framer.feed(data)
    while (frame := framer.take()) is not None:
        message = decode(frame.type, frame.body)
    socket.send(encode(Keepalive(), message_id=7))
"""

from __future__ import annotations

import struct
from typing import Final

from edge.llrp import packing
from edge.llrp.fields import CUSTOM
from edge.llrp.impinj import IMPINJ
from edge.llrp.messages import (
    CLASSES,
    IMPINJ_MESSAGES,
    NAMES,
    TYPES,
    CustomMessage,
    Message,
    ROAccessReport,
    Unknown,
)
from edge.llrp.tags import read_report, write_tag
from edge.llrp.wire import DropError, Frame, Framer, LinkError, LlrpError, pack

__all__ = ["DropError", "Frame", "Framer", "LinkError", "LlrpError", "decode", "encode", "name_of"]

MAX_PLAIN_BYTES: Final = 512 * 1024
"""Bound of a message other than a report, because it may be all small parameters, each a struct: the largest
known reader could list 1,500 access specs in 200 KiB."""

_IMPINJ_SUBTYPES: Final = {cls: subtype for subtype, cls in IMPINJ_MESSAGES.items()}


def decode(kind: int, body: bytes) -> Message:
    """The message of type `kind` with the body `body`; `Unknown` for a type that is not of LLRP.

    Raises `DropError` (a `PeerError`) if the message is unusable as a whole; the link can go on.
    """
    cls = CLASSES.get(kind)
    if cls is None:
        return Unknown(kind, body)
    if cls is ROAccessReport:
        tags, dropped = read_report(body)
        return ROAccessReport(tags=tags, dropped=dropped)
    if len(body) > MAX_PLAIN_BYTES:
        raise DropError(f"{NAMES[cls]} of {len(body)} bytes; {MAX_PLAIN_BYTES} are possible")
    message: Message = packing.read(cls, body)
    if isinstance(message, CustomMessage) and message.vendor == IMPINJ:
        special = IMPINJ_MESSAGES.get(message.subtype)
        if special is not None:
            found: Message = packing.read(special, message.data)
            return found
    return message


def encode(message: Message, message_id: int, version: int = 1) -> bytes:
    """The whole frame of `message`. Numbers that do not fit their fields are the caller's bug (`struct.error`)."""
    if isinstance(message, Unknown):
        kind, body = message.type, message.body
    elif isinstance(message, ROAccessReport):
        kind, body = TYPES[ROAccessReport], b"".join(map(write_tag, message.tags))
    elif type(message) in _IMPINJ_SUBTYPES:
        kind, body = (
            CUSTOM,
            struct.pack(">IB", IMPINJ, _IMPINJ_SUBTYPES[type(message)]) + packing.write(message),
        )
    else:
        kind, body = TYPES[type(message)], packing.write(message)
    return pack(Frame(type=kind, id=message_id, body=body, version=version))


def name_of(message: Message) -> str:
    """The standard's name of a message, for logs."""
    if isinstance(message, Unknown):
        return f"message type {message.type}"
    return NAMES.get(type(message), type(message).__name__)
