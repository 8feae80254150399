"""From a wished cycle to the commands of the Zebra IoT Connector. Pure. Source: facts sheet on readers, 16.3; the maker's raw MQTT payloads.

``{"command": "set_mode", "command_id": "7", "payload": {…}}`` on the control topic, answered on the response topic with the same id and
``"response": "success"`` or ``"failure"``.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Final

import msgspec

from edge.config import ReaderConfig
from edge.iot.options import read_options
from edge.ports import Cycle
from shelfwire.errors import InputError
from shelfwire.messages import Air

Topic = Annotated[str, msgspec.Meta(pattern=r"^[^+#\x00]{1,512}\Z")]

MANY_ANTENNAS: Final = 8
SHORTEST_MS: Final = 125
"""With more than `MANY_ANTENNAS` the reader allows no shorter dwell."""


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``options:`` of a reader of kind ``zebra-iotc``."""

    events: Topic | None = None
    """Topic of its management events; without it a silent antenna is never told of."""
    control: Topic | None = None
    """Topic on which it takes control commands; None: it runs its own mode."""
    responses: Topic | None = None
    """Topic on which it answers them."""
    interval_s: Annotated[float, msgspec.Meta(ge=0.5, le=600)] = 1.0
    """How much time one of its reports covers, where it runs its own mode."""


def options_of(config: ReaderConfig) -> Options:
    """The checked options. Raises `InputError` with every fault."""
    where = f"readers: {config.id}"
    found, faults = read_options(config, Options, publishes="tag data")
    if (found.control is None) != (found.responses is None):
        faults.append(f"{where}: options: control and responses go together")
    if found.control is not None and not config.antennas:
        faults.append(f"{where}: antennas must be listed where the reader is controlled: its mode names them")
    topics = [one for one in (config.topic, found.events, found.control, found.responses) if one is not None]
    if len(set(topics)) < len(topics):
        faults.append(f"{where}: topic, events, control and responses must be different topics")
    if faults:
        raise InputError(*faults)
    return found


def dwell_ms(cycle: Cycle) -> int:
    """What the reader allows of the wish."""
    return max(cycle.dwell_ms, SHORTEST_MS) if len(cycle.antennas) > MANY_ANTENNAS else cycle.dwell_ms


def interval_s(cycle: Cycle) -> int:
    """Whole seconds that hold one turn of each antenna, so that an antenna that works is in every report."""
    return max(1, math.ceil(len(cycle.antennas) * dwell_ms(cycle) / 1000))


def power_dbm(wish_dbm: float) -> float:
    """The largest step of a tenth that is not above the wish."""
    return math.floor(round(wish_dbm * 10, 6)) / 10


def air(config: ReaderConfig) -> Air:
    """The air settings of dwells under our mode: this family asks one side of a session's flag."""
    return Air(session=config.session, target="A")


def mode(config: ReaderConfig, cycle: Cycle) -> dict[str, Any]:
    """The payload of ``set_mode``: each tag of each antenna once an interval, with its loudness, count and PC word."""
    ports = cycle.antennas
    return {
        "type": "INVENTORY",
        "antennas": list(ports),
        "transmitPower": [power_dbm(cycle.power_of(port)) for port in ports],
        "antennaStopCondition": [{"type": "DURATION", "value": dwell_ms(cycle)} for _ in ports],
        "query": [
            {"session": f"S{config.session}", "sel": "ALL", "target": "A", "tagPopulation": config.population}
            for _ in ports
        ],
        "tagMetaData": ["ANTENNA", "RSSI", "SEEN_COUNT", "PC"],
        "modeSpecificSettings": {"interval": {"unit": "seconds", "value": interval_s(cycle)}},
    }


def command(name: str, number: str, payload: dict[str, Any]) -> bytes:
    """A command as bytes."""
    return msgspec.json.encode({"command": name, "command_id": number, "payload": payload})
