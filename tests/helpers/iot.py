"""Events of readers with MQTT of their own, as they publish them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime

from edge.iot.actions import Action, Ask, Heard, Publish
from shelfwire.messages import Dwell

NOW = 1_790_000_000_000_000
"""A host time, µs."""
SECOND = 1_000_000


def stamp(at_us: int, zone: str = "Z", digits: int = 9) -> str:
    """ISO time as a reader writes it."""
    at = datetime.fromtimestamp(at_us // SECOND, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{f'{at_us % SECOND:06d}000'[:digits]}{zone}"


def impinj(kind: str, at_us: int | None = NOW, **inside: object) -> bytes:
    body: dict[str, object] = {"eventType": kind, f"{kind}Event": inside, "hostname": "impinj-01-23-45"}
    if at_us is not None:
        body["timestamp"] = stamp(at_us)
    return json.dumps(body).encode()


def activation(port: int, at_us: int = NOW) -> bytes:
    return impinj("antennaActivation", at_us, antennaPort=port)


def tag(port: int, number: int = 1, at_us: int = NOW, **more: object) -> bytes:
    return impinj(
        "tagInventory",
        at_us,
        epcHex=f"E28011{number:018X}",
        pc="NAA=",
        antennaPort=port,
        peakRssiCdbm=-6150,
        **more,
    )


def zebra(port: int, number: int = 1, at_us: int = NOW, *, kind: str = "INVENTORY", **more: object) -> bytes:
    data = {
        "antenna": port,
        "format": "epc",
        "idHex": f"e28011{number:018x}",
        "peakRssi": -61,
        "PC": "3400",
        "reads": 3,
    }
    return json.dumps({"data": data | more, "timestamp": stamp(at_us, "+0000", 3), "type": kind}).encode()


def heartbeat(at_us: int, counters: dict[int, int], *, activity: str = "active", **antennas: str) -> bytes:
    radio = {
        "antennas": {name[1:]: word for name, word in antennas.items()},
        "numTagReadsPerAntenna": {str(port): count for port, count in counters.items()},
        "radioActivity": activity,
        "radioConnection": "connected",
        "status": "running",
    }
    body = {"component": "RG", "eventNum": 1, "type": "heartbeat", "data": {"radio_control": radio}}
    return json.dumps(body | {"timestamp": stamp(at_us, "+0000", 3)}).encode()


def dwells(actions: Iterable[Action]) -> list[Dwell]:
    return [action.dwell for action in actions if isinstance(action, Heard)]


def asks(actions: Iterable[Action]) -> list[Ask]:
    return [action for action in actions if isinstance(action, Ask)]


def published(actions: Iterable[Action]) -> list[Publish]:
    return [action for action in actions if isinstance(action, Publish)]
