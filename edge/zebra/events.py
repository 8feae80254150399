"""What the Zebra IoT Connector publishes, from JSON with its units to ours. Pure. Source: facts sheet on readers, section 16.

``{"data": {"antenna": 1, "idHex": "aa00…", "peakRssi": -34, "reads": 1, "eventNum": 22}, "timestamp": "…+0000", "type": "INVENTORY"}``
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from edge.iot import fields
from edge.iot.bodies import Body
from edge.reads import NO_RSSI_DBM
from shelfwire.errors import PeerError

MAX_PORTS: Final = 1_024
"""In a heartbeat; the largest reader of this make has sixteen."""

MAX_TAGS: Final = 5_000
"""In one body; what is beyond is counted as one fault."""

MAX_READS: Final = 1_000_000
"""Of one tag in one report: an hour at 300 a second. More is a running total of some other mode."""

MODES: Final = frozenset({"SIMPLE", "INVENTORY", "PORTAL", "CONVEYOR", "CUSTOM"})


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One tag in one report. The time is the reader's; None: not told."""

    at_us: int | None
    mode: str
    port: int | None
    """None: the mode's metadata lack the antenna."""
    epc: str
    pc: int | None = None
    rssi_dbm: float = NO_RSSI_DBM
    phase_deg: float | None = None
    channel_khz: int | None = None
    reads: int | None = None
    number: int | None = None
    """Counts up from report to report, and starts again with the reader."""


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True):
    """A management event that says how the radio is."""

    at_us: int | None
    active: bool | None
    """Whether the radio works; None: not told."""
    reads: dict[int, int]
    """Reads of each antenna since the reader's start."""
    connected: dict[int, bool]


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """Some other management event, by its type."""

    kind: str


def reports(body: Body) -> Iterator[Report | PeerError]:
    """The tags of one tag data object, or of a wrapper with a list of them; a `PeerError` in the place of each that makes no sense."""
    mode = _mode(fields.text(body, "type"))
    data = body.get("data")
    if isinstance(data, dict) and isinstance(data.get("tags"), list):
        many: list[Any] = data["tags"]
    elif isinstance(data, list):
        many = data
    elif isinstance(data, dict):
        many = [data]
    elif "idHex" in body:
        many = [body]
    else:
        yield PeerError("tag data without data")
        return
    for number, one in enumerate(many):
        if number == MAX_TAGS:
            yield PeerError(f"a report of more than {MAX_TAGS} tags")
            return
        try:
            yield _report(one, body, mode)
        except PeerError as fault:
            yield fault


def _mode(word: str | None) -> str:
    """One of `MODES`; empty for any other word: it may be of any length, and thousands of reports are remembered."""
    found = "" if word is None else word.upper()
    return found if found in MODES else ""


def _report(data: Any, body: Body, mode: str) -> Report:
    if not isinstance(data, dict):
        raise PeerError("a tag that is no object")
    epc = fields.hex_digits(fields.text(data, "idHex", "EPC"))
    if epc is None:
        raise PeerError("a tag without an idHex that is one")
    own = fields.text(data, "timestamp", "firstSeenTimestamp")
    megahertz = fields.decimal(data, "channel")
    reads = fields.whole(data, "reads", "seenCount")
    return Report(
        at_us=fields.time_us(fields.text(body, "timestamp") or own),
        mode=mode,
        port=fields.port(data, "antenna", "antennaId"),
        epc=epc,
        pc=fields.pc_word(fields.text(data, "PC")),
        rssi_dbm=fields.rssi_dbm(fields.decimal(data, "peakRssi")),
        phase_deg=fields.phase_deg(fields.decimal(data, "phase")),
        channel_khz=fields.khz(None if megahertz is None else megahertz * 1000),
        reads=reads if reads is not None and 1 <= reads <= MAX_READS else None,
        number=fields.whole(data, "eventNum"),
    )


def management(body: Body) -> Heartbeat | Alert:
    """A management event. Raises `PeerError` where it makes no sense."""
    kind = fields.text(body, "type")
    if kind is None:
        raise PeerError("a management event without type")
    if kind.lower() != "heartbeat":
        return Alert(kind=kind[:40])
    radio = fields.inner(fields.inner(body, "data"), "radio_control", "radioControl")
    activity = fields.text(radio, "radioActivity")
    counters, cables = fields.inner(radio, "numTagReadsPerAntenna"), fields.inner(radio, "antennas")
    counts = {number: fields.whole(counters, name) for number, name in _ports(counters)}
    words = {number: fields.text(cables, name) for number, name in _ports(cables)}
    return Heartbeat(
        at_us=fields.time_us(fields.text(body, "timestamp")),
        active=None if activity is None else activity.lower() == "active",
        reads={number: count for number, count in counts.items() if count is not None and count >= 0},
        connected={number: word.lower() == "connected" for number, word in words.items() if word is not None},
    )


def _ports(body: Body) -> Iterator[tuple[int, str]]:
    """(antenna, its key) of an object with a key for each antenna."""
    for name in list(body)[:MAX_PORTS]:
        if name.isascii() and name.isdigit() and len(name) <= 4 and 1 <= int(name) <= MAX_PORTS:  # noqa: PLR2004 (digits of MAX_PORTS)
            yield int(name), name
