"""An emulated reader without its socket: plans, questions, and what came of them."""

from __future__ import annotations

from edge.llrp import messages as m
from edge.llrp.codec import Frame, encode
from edge.llrp.events import EventEntry, EventSpec
from edge.llrp.rospec import (
    AISpec,
    AISpecStop,
    AntennaConfig,
    BankSelector,
    Boundary,
    ContentSelector,
    InventoryCommand,
    InventorySpec,
    Periodic,
    ReportSpec,
    RfControl,
    ROSpec,
    StartTrigger,
    StopTrigger,
    Transmitter,
)
from edge.llrp.wire import HEADER
from firmware_sim.radio import Answer, Field, Listen
from firmware_sim.readers.box import Box
from firmware_sim.readers.machine import Machine, Out

NOW = 1_767_225_600_000_000
SECOND = 1_000_000
CONTENT = ContentSelector(
    spec_index=True,
    antenna=True,
    rssi=True,
    first_seen=True,
    last_seen=True,
    count=True,
    bank=BankSelector(pc=True),
)


class OneTag:
    """Every odd antenna hears one tag."""

    def answers(self, listen: Listen) -> list[Answer]:
        if listen.port % 2 == 0:
            return []
        return [
            Answer(
                epc=f"6D00000000000000000000{listen.port:02X}",
                pc=0x3000,
                count=3,
                rssi_dbm=-50.5,
                first_us=listen.from_us,
                last_us=listen.to_us,
            )
        ]


def spec(
    *,
    antennas: tuple[int, ...] = (1, 2), number: int = 7, ms: int = 1000, start: int = 1, trigger: int = 1, n: int = 0,
    power: int = 81, hop: int = 1, mode: int = 1000, state: int = 0, period_ms: int = 0,
) -> ROSpec:  # fmt: skip
    config = AntennaConfig(
        transmitter=Transmitter(hop, 1, power), inventory=InventoryCommand(rf=RfControl(mode))
    )
    return ROSpec(
        id=number,
        state=state,
        boundary=Boundary(
            StartTrigger(kind=start, periodic=Periodic(0, period_ms) if start == 2 else None), StopTrigger()
        ),
        specs=tuple(
            AISpec(
                antennas=(antenna,),
                stop=AISpecStop(kind=1, duration_ms=ms),
                inventories=(InventorySpec(id=1, antennas=(config,)),),
            )
            for antenna in antennas
        ),
        report=ReportSpec(trigger=trigger, n=n, content=CONTENT),
    )


def ask(machine: Machine, message: m.Message, now: int = NOW) -> list[Out]:
    raw = encode(message, 99)
    head, _, number = HEADER.unpack_from(raw)
    return machine.receive(Frame(type=head & 0x3FF, id=number, body=raw[10:]), now)


def events(outs: list[Out]) -> list[object]:
    found: list[object] = []
    for out in outs:
        if isinstance(out.message, m.ReaderEventNotification):
            found += out.message.data.events
        elif isinstance(out.message, m.ROAccessReport):
            found.append([tag.antenna for tag in out.message.tags])
    return found


ALL_EVENTS = EventSpec(tuple(EventEntry(kind, kind in {2, 3, 4, 6, 8}) for kind in range(9)))


def ready(box: Box | None = None, field: Field | None = None, **settings: object) -> Machine:
    machine = Machine(box or Box(name="R1", antennas=4), field or OneTag(), NOW)
    machine.connect(NOW)
    ask(machine, m.SetReaderConfig(events=ALL_EVENTS, **settings))  # type: ignore[arg-type]  # checked by the codec
    return machine


def code(outs: list[Out]) -> int:
    status = outs[0].message.status  # type: ignore[attr-defined]  # every answer has one
    return int(status.code)


def reported(outs: list[Out]) -> list[list[tuple[int | None, int | None]]]:
    """Antenna and count of each item, message by message."""
    reports = [out.message for out in outs if isinstance(out.message, m.ROAccessReport)]
    return [[(tag.antenna, tag.count) for tag in report.tags] for report in reports]
