"""Which kind each reader of a simulated library is: its emulator, its accounts at the broker, and its entry in the agent's configuration.

Readers are LLRP readers where a scenario does not say otherwise: ``readers: {R2: impinj-iot, R3: zebra-iotc}``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from edge.access import Account
from firmware_sim.access import Login
from firmware_sim.broker import Broker, secret
from firmware_sim.form import OwnKind
from firmware_sim.radio.listening import Field
from firmware_sim.readers.llrp import LlrpEmulator
from firmware_sim.readers.r700 import R700
from firmware_sim.readers.r700_sockets import R700Emulator
from firmware_sim.readers.zebra import Zebra
from firmware_sim.readers.zebra_sockets import ZebraEmulator, ZebraTopics

Emulator = LlrpEmulator | R700Emulator | ZebraEmulator

HEARTBEAT_US: Final = 10_000_000
"""Of an emulated Zebra reader; shorter than the factory's, so that a silent antenna is told of while somebody looks."""

_ROOT: Final = "readers"


def topics(name: str) -> ZebraTopics:
    """All topics of one reader; an R700 uses `events` only."""
    return ZebraTopics.of(f"{_ROOT}/{name}")


def logins(kinds: Mapping[str, OwnKind]) -> list[Login]:
    """Accounts of readers that speak for themselves, and of the drivers that listen to them: each hears and writes one reader's topics only."""
    found = []
    for name in kinds:
        mine = topics(name)
        found.append(Login(Account(name, write=mine.written, read=(mine.control,)), secret()))
        found.append(Login(Account(_listener(name), write=(mine.control,), read=mine.written), secret()))
    return found


def own_emulator(
    name: str,
    kind: OwnKind,
    antennas: int,
    field: Field,
    broker: Broker,
    *,
    dwell_ms: int,
    host_us: Callable[[], int] | None = None,
) -> R700Emulator | ZebraEmulator:
    """An emulator that publishes at `broker`; `dwell_ms`: what an R700 chooses by itself."""
    config, mine, turn_us = broker.config(name), topics(name), dwell_ms * 1000
    if kind == "impinj-iot":
        machine = R700(name, antennas, field, turn_us=turn_us)
        return R700Emulator(machine, config, topic=mine.events, host_us=host_us)
    zebra = Zebra(name, antennas, field, turn_us=turn_us, heartbeat_us=HEARTBEAT_US)
    return ZebraEmulator(zebra, config, topics=mine, host_us=host_us)


def edge_entry(name: str, kind: OwnKind, port: int, broker: Broker) -> dict[str, Any]:
    """What the agent's configuration says of this reader instead of host and port."""
    mine, config = topics(name), broker.config(_listener(name))
    there = {
        "host": config.host,
        "port": config.port,
        "username": config.username,
        "password_file": str(Path(config.password_file or "").resolve()),
        "protocol": config.protocol,
    }
    if kind == "impinj-iot":
        options = {"control": f"http://127.0.0.1:{port}/api/v1"}
        return {"kind": kind, "broker": there, "topic": mine.events, "options": options}
    options = {"events": mine.events, "control": mine.control, "responses": mine.responses}
    # session 0: its flags fall with the power, as this family asks only one side of them
    return {"kind": kind, "broker": there, "topic": mine.data, "session": 0, "options": options}


def _listener(name: str) -> str:
    return f"{name}-listens"
