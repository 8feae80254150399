"""The codec of LLRP: bytes to messages and back, for both sides of the conversation. Pure, and total: any bytes give a
message or a `PeerError`.

::

    framer.feed(data)
    while (frame := framer.take()) is not None:
        message = decode(frame.type, frame.body)
    socket.send(encode(Keepalive(), message_id=7))
"""

from __future__ import annotations

import struct
from typing import Final

from edge.llrp import layout
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
    message: Message = layout.read(cls, body, 0, len(body))
    if isinstance(message, CustomMessage) and message.vendor == IMPINJ:
        special = IMPINJ_MESSAGES.get(message.subtype)
        if special is not None:
            return layout.read(special, message.data, 0, len(message.data))
    return message


def encode(message: Message, message_id: int, version: int = 1) -> bytes:
    """The whole frame of `message`. Numbers that do not fit their fields are the caller's bug (`struct.error`)."""
    if isinstance(message, Unknown):
        kind, body = message.type, message.body
    elif isinstance(message, ROAccessReport):
        kind, body = TYPES[ROAccessReport], b"".join(map(write_tag, message.tags))
    elif type(message) in _IMPINJ_SUBTYPES:
        kind, body = (
            layout.CUSTOM,
            struct.pack(">IB", IMPINJ, _IMPINJ_SUBTYPES[type(message)]) + layout.write(message),
        )
    else:
        kind, body = TYPES[type(message)], layout.write(message)
    return pack(Frame(type=kind, id=message_id, body=body, version=version))


def name_of(message: Message) -> str:
    """The standard's name of a message, for logs."""
    if isinstance(message, Unknown):
        return f"message type {message.type}"
    return NAMES.get(type(message), type(message).__name__)
