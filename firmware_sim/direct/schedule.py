"""When which antenna listens: every reader drives its antennas one after another, and obeys the hub. Pure.

A reader's cycle goes once over its ports; a dwell ends a little late, and the antenna hub needs a moment to switch, so that a cycle of 32 antennas lasts
as long as it does. What a command changes begins behind the dwell that runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from firmware_sim.dice import uniform
from firmware_sim.hearing import Dwells, Int32, Int64
from firmware_sim.scenario import Polling
from shelfwire.messages import Command, DwellTime, Power, Reply, StartCycle, StopCycle
from shelfwire.site.model import Site

SWITCH_US: Final = 20_000
"""Between two dwells: antenna hub and a new round. Readers name no figure; a cycle of 32 at 0.5–2 s lasts 16–64 s either way. Assumption."""
LATE_US: Final = 15_000
"""A dwell ends up to so much after its time: the round that runs is finished. A round of 32 slots takes some 10 ms. Assumption."""
SLOW_SHARE: Final = 0.2
"""A slow reader's dwell ends late by this share of its length for each point by which it is slow. Assumption."""
ANSWER_US: Final = 50_000
"""A command reaches the reader after this time: broker, agent, and one LLRP round trip."""


_Rows = tuple[Int32, Int64, Int64, Int64]
"""Antenna, start, end, and power in thousandths of a dBm, so that it stays exact; one row a dwell."""
_NONE: Final[_Rows] = (
    np.zeros(0, np.int32),
    np.zeros(0, np.int64),
    np.zeros(0, np.int64),
    np.zeros(0, np.int64),
)


@dataclass(frozen=True, slots=True)
class _Cycle:
    """What a reader does over and over."""

    antennas: Int32
    dwell_us: int
    every_us: int
    """0: the next at once."""
    power: Int64
    """Thousandths of a dBm, one an antenna."""
    until_us: int | None = None


@dataclass(slots=True)
class _Reader:
    """One reader at work."""

    number: int
    ports: Int32
    usual: _Cycle
    special: _Cycle | None = None
    stopped: bool = False
    on: bool = True
    slow: float = 1.0
    free_us: int = 0
    """It may begin a cycle from then on."""
    cycles: int = 0
    waiting: list[_Rows] = field(default_factory=list)
    """The rest of the running cycle."""


class Schedule:
    """All readers of a site. Ask `until` for time after time; commands and faults come between."""

    def __init__(self, site: Site, polling: Polling, *, start_us: int, seed: int) -> None:
        self.start_us = start_us
        self.polling = polling
        self._seed = seed & 0xFFFFFFFFFFFFFFFF
        self._dual = polling.target == "AB"
        self._readers: dict[str, _Reader] = {}
        mine: dict[str, list[tuple[int, int]]] = {}
        for place, antenna in enumerate(site.antennas):
            mine.setdefault(antenna.reader, []).append((antenna.port, place))
        for number, reader in enumerate(site.readers):
            ports = sorted(mine.get(reader.id, []))
            self._readers[reader.id] = _Reader(
                number=number,
                ports=np.array([port for port, _ in ports], dtype=np.int32),
                usual=self._usual(np.array([place for _, place in ports], dtype=np.int32)),
                free_us=start_us,
            )

    def _usual(self, antennas: Int32) -> _Cycle:
        polling = self.polling
        power = np.full(len(antennas), round(polling.power_dbm * 1000), dtype=np.int64)
        return _Cycle(antennas, polling.dwell_ms * 1000, int(polling.every_s * 1e6), power)

    # --- time -------------------------------------------------------------------------------------------------

    def until(self, to_us: int) -> Dwells:
        """All dwells that end by then and were not told yet, in the order of their ends."""
        parts = [part for reader in self._readers.values() for part in self._take(reader, to_us)]
        if not parts:
            return self._dwells(_NONE)
        antenna, start, end, power = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.lexsort((antenna, end))
        return self._dwells((antenna[order], start[order], end[order], power[order]))

    def next_us(self) -> int:
        """When the next dwell begins or ends at the earliest; far away when all readers rest."""
        times = [_next_of(self.start_us, reader) for reader in self._readers.values() if _works(reader)]
        return min(times, default=1 << 62)

    def _take(self, reader: _Reader, to_us: int) -> list[_Rows]:
        taken: list[_Rows] = []
        while True:
            if not reader.waiting and not self._begin(reader, to_us):
                return taken
            antenna, start, end, power = reader.waiting[0]
            count = int(np.searchsorted(end, to_us, side="right"))
            if count:
                taken.append((antenna[:count], start[:count], end[:count], power[:count]))
            if count < len(end):
                reader.waiting[0] = (antenna[count:], start[count:], end[count:], power[count:])
                return taken
            reader.waiting.pop()

    def _begin(self, reader: _Reader, to_us: int) -> bool:
        """Plan the next cycle, if it begins before `to_us`."""
        if not _works(reader):
            return False
        special = reader.special
        if special is not None and special.until_us is not None and reader.free_us >= special.until_us:
            reader.special = None
        begin_us = _begin_us(self.start_us, reader)
        if begin_us >= to_us:
            return False
        cycle = reader.special or reader.usual
        count = len(cycle.antennas)
        throws = uniform(self._seed, 0x5C4E, reader.number, reader.cycles, np.arange(count, dtype=np.uint64))
        late = (throws * LATE_US).astype(np.int64)
        lengths = cycle.dwell_us + late + int((reader.slow - 1.0) * SLOW_SHARE * cycle.dwell_us)
        ends = begin_us + np.cumsum(lengths + SWITCH_US) - SWITCH_US
        starts = ends - lengths
        reader.cycles += 1
        reader.free_us = int(ends[-1]) + SWITCH_US
        rows = (cycle.antennas, starts, ends, cycle.power)
        if cycle.until_us is not None and reader.free_us > cycle.until_us:
            rows = _first_of(rows, max(1, int(np.searchsorted(starts, cycle.until_us))))
            reader.free_us = int(rows[2][-1]) + SWITCH_US
        reader.waiting = [rows]
        return True

    def _dwells(self, rows: _Rows) -> Dwells:
        antenna, start, end, power = rows
        session = np.full(len(antenna), self.polling.session, dtype=np.uint8)
        dual = np.full(len(antenna), self._dual, dtype=np.bool_)
        return Dwells(antenna, start, end, (power / 1000).astype(np.float32), dual, session)

    # --- commands ---------------------------------------------------------------------------------------------

    def command(self, command: Command, now_us: int) -> Reply:
        """What the agent does with a command that reaches it now, and its answer."""
        detail = "pong"
        ok = True
        if isinstance(command, Power | DwellTime | StartCycle | StopCycle):
            reader = self._readers.get(command.reader)
            if reader is None or not reader.on:
                ok, detail = False, f"reader {command.reader} does not answer"
            elif (strange := _strange(reader, command)) is not None:
                ok, detail = False, strange
            else:
                detail = self._obey(reader, command, now_us)
        return Reply(id=command.id, ok=ok, detail=detail, at_us=now_us)

    def _obey(self, reader: _Reader, command: Power | DwellTime | StartCycle | StopCycle, now_us: int) -> str:
        usual = reader.usual
        if isinstance(command, StopCycle):
            reader.stopped = True
            detail = "radio off"
        elif isinstance(command, DwellTime):
            reader.usual = _Cycle(
                usual.antennas, command.dwell_ms * 1000, usual.every_us, usual.power, usual.until_us
            )
            detail = f"{command.dwell_ms} ms"
        elif isinstance(command, Power):
            at = _ports(reader, command.ports)
            power = usual.power.copy()
            power[at] = round(command.power_dbm * 1000)
            reader.usual = _Cycle(usual.antennas, usual.dwell_us, usual.every_us, power)
            detail = f"{command.power_dbm:g} dBm"
        else:
            detail = self._start(reader, command, now_us)
        self._interrupt(reader, now_us + ANSWER_US)
        return detail

    def _start(self, reader: _Reader, command: StartCycle, now_us: int) -> str:
        """Another cycle for a time, or the usual one."""
        reader.stopped = False
        wishes = (command.ports, command.dwell_ms, command.power_dbm, command.for_s, command.sweep)
        if all(wish is None for wish in wishes):
            reader.special = None
            return "usual cycle"
        usual, at = reader.usual, _ports(reader, command.ports)
        power = usual.power[at].copy()
        if command.power_dbm is not None:
            power[:] = round(command.power_dbm * 1000)
        reader.special = _Cycle(
            usual.antennas[at],
            usual.dwell_us if command.dwell_ms is None else command.dwell_ms * 1000,
            0,
            power,
            None if command.for_s is None else now_us + int(command.for_s * 1e6),
        )
        return f"{len(at)} antennas"

    # --- faults -----------------------------------------------------------------------------------------------

    def off(self, reader: str, now_us: int) -> None:
        """Its power is gone, or nobody drives it: the dwell that runs is never reported."""
        one = self._readers[reader]
        one.on = False
        one.waiting = []
        one.free_us = now_us

    def back(self, reader: str, now_us: int, *, forget: bool = False) -> None:
        """It is driven again. `forget`: by an agent that started anew and knows only its usual cycle."""
        one = self._readers[reader]
        one.on = True
        one.free_us = max(one.free_us, now_us)
        if forget:
            one.usual = self._usual(one.usual.antennas)
            one.special, one.stopped = None, False

    def slow(self, reader: str, factor: float) -> None:
        """From its next cycle on its dwells end late; 1: as usual."""
        self._readers[reader].slow = max(1.0, factor)

    def _interrupt(self, reader: _Reader, at_us: int) -> None:
        """What would begin from then on does not: the next cycle begins instead."""
        if not reader.waiting:
            reader.free_us = max(reader.free_us, at_us)
            return
        rows = reader.waiting[0]
        kept = int(np.searchsorted(rows[1], at_us))
        reader.free_us = max(at_us, int(rows[2][kept - 1]) + SWITCH_US) if kept else at_us
        reader.waiting = [_first_of(rows, kept)] if kept else []


def _works(reader: _Reader) -> bool:
    return reader.on and not reader.stopped and len((reader.special or reader.usual).antennas) > 0


def _begin_us(start_us: int, reader: _Reader) -> int:
    """When the next cycle begins: at once, or at the next whole period since the start, the same for all readers."""
    every_us = (reader.special or reader.usual).every_us
    if not every_us:
        return reader.free_us
    return start_us + -(-(reader.free_us - start_us) // every_us) * every_us


def _next_of(start_us: int, reader: _Reader) -> int:
    return int(reader.waiting[0][2][0]) if reader.waiting else _begin_us(start_us, reader)


def _strange(reader: _Reader, command: Power | DwellTime | StartCycle | StopCycle) -> str | None:
    """Why an agent refuses it (`edge.orders`): ports that it is not set up to drive, none, or one twice."""
    ports = command.ports if isinstance(command, Power | StartCycle) else None
    if ports is None or (ports and len(set(ports)) == len(ports) and np.isin(ports, reader.ports).all()):
        return None
    return f"reader {command.reader}: not all of these are ports of it, each once: {ports}"


def _ports(reader: _Reader, ports: list[int] | None) -> Int64:
    """Places of these ports in the reader's usual cycle; None: all."""
    if ports is None:
        return np.arange(len(reader.ports), dtype=np.int64)
    return np.flatnonzero(np.isin(reader.ports, ports))


def _first_of(rows: _Rows, count: int) -> _Rows:
    antenna, start, end, power = rows
    return antenna[:count], start[:count], end[:count], power[:count]
