"""MQTT packets in a stream of bytes, as far as a fault needs them: where each ends, which are reports, which answers belong to them. Pure.

MQTT 3.1.1 and 5, sections 2 and 3: one byte of type and flags, a length of one to four bytes with seven bits each, then the rest.
"""

from __future__ import annotations

from typing import Final

PUBLISH: Final = 3
PUBACK: Final = 4

_DUP: Final = 0x08
_QOS: Final = 0x06
_MORE: Final = 0x80
_LENGTH_BYTES: Final = 4

REPORTS: Final = b"/dwells"
"""How the topic of a report ends."""

LONGEST: Final = 16 * 1024 * 1024
"""Bytes of one packet. Messages of ours stay below 1.2 MB; what claims more is no MQTT, and goes through as it is."""


class Packets:
    """Cuts a stream into packets. What is no MQTT comes out as it went in, in one piece with all that follows."""

    def __init__(self) -> None:
        self._rest = b""
        self._strange = False

    def feed(self, data: bytes) -> list[bytes]:
        """The packets that are whole now."""
        data = self._rest + data
        self._rest = b""
        found: list[bytes] = []
        at = 0
        while not self._strange and at < len(data):
            end = _end(data, at)
            if end == 0:
                self._rest = data[at:]
                return found
            if end < 0:
                self._strange = True
                break
            found.append(data[at:end])
            at = end
        return [*found, data[at:]] if at < len(data) else found


def kind(packet: bytes) -> int:
    """The packet's type, `PUBLISH` and so on."""
    return packet[0] >> 4


def is_report(packet: bytes) -> bool:
    """Whether it is a PUBLISH with an answer (QoS 1 or 2) on an agent's topic for dwells."""
    if kind(packet) != PUBLISH or not packet[0] & _QOS:
        return False
    topic = _topic(packet)
    return topic is not None and topic.endswith(REPORTS)


def number(packet: bytes) -> int:
    """The packet identifier of a PUBLISH with an answer, or of a PUBACK; 0 where there is none."""
    start = _head(packet)
    if kind(packet) == PUBLISH:
        start += 2 + int.from_bytes(packet[start : start + 2], "big")
    return int.from_bytes(packet[start : start + 2], "big")


def again(packet: bytes) -> bytes:
    """The same PUBLISH as one that is sent again."""
    return bytes([packet[0] | _DUP]) + packet[1:]


def _topic(packet: bytes) -> bytes | None:
    start = _head(packet)
    length = int.from_bytes(packet[start : start + 2], "big")
    topic = packet[start + 2 : start + 2 + length]
    return topic if len(topic) == length else None


def _head(packet: bytes) -> int:
    """Bytes before the rest of the packet."""
    at = 1
    while packet[at] & _MORE:
        at += 1
    return at + 1


def _end(data: bytes, at: int) -> int:
    """Where the packet that begins at `at` ends; 0: not here yet; −1: this is no MQTT."""
    length = 0
    for place in range(_LENGTH_BYTES):
        if at + 1 + place >= len(data):
            return 0
        byte = data[at + 1 + place]
        length |= (byte & ~_MORE) << (7 * place)
        if not byte & _MORE:
            end = at + 2 + place + length
            if length > LONGEST or not data[at] >> 4:
                return -1
            return end if end <= len(data) else 0
    return -1
