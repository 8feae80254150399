"""Which faults of a scenario hold when, and where: names resolved, shares chosen by the seed, antennas and readers put out of order. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from firmware_sim.dice import mix
from firmware_sim.direct.schedule import Schedule
from firmware_sim.faults.model import AGENT_FAULTS, ANTENNA_FAULTS, READER_FAULTS, Fault, FaultKind
from firmware_sim.hearing import Bools, Float32, Int32
from shelfwire.site.model import Site

REBOOT_US: Final = 90_000_000
"""A reader that reboots is away so long at least."""
PORTS_A_HUB: Final = 8
"""Antenna hubs have eight ports; four of them make 32."""
FOR_EVER_US: Final = 1 << 62

AMOUNTS: Final[dict[FaultKind, float]] = {
    "cable_loss": 6.0, "reader_slow": 3.0, "link_slow": 2.0, "link_lossy": 0.05, "clock_wrong": 1.0, "clock_drift": 100.0,
    "duplicates": 0.05, "reordering": 0.05, "corrupt_frames": 0.02,
}  # fmt: skip
"""How bad a fault is that names no amount, in its unit (`firmware_sim.faults.model`)."""


class Antennas(Protocol):
    """What faults do to antennas: `firmware_sim.radio.Wiring`. Columns over `Site.antennas`."""

    deaf: Bools
    loss_db: Float32
    listens_as: Int32
    slow: Float32


@dataclass(frozen=True, slots=True)
class Holding:
    """One fault with its time and its places."""

    kind: FaultKind
    from_us: int
    to_us: int
    targets: frozenset[str]
    """Ids of antennas, readers or agents; empty for what is central."""
    amount: float

    def holds(self, at_us: int) -> bool:
        """Whether it is so at that time."""
        return self.from_us <= at_us < self.to_us


class Broken:
    """All faults of a run; `begin` adds one while it runs. Times are those of the world."""

    def __init__(self, site: Site, faults: Sequence[Fault], *, start_us: int, seed: int) -> None:
        self._site = site
        self._start_us = start_us
        self._seed = seed & 0xFFFFFFFFFFFFFFFF
        self._names: dict[str, list[str]] = {
            "antenna": [antenna.id for antenna in site.antennas],
            "reader": [reader.id for reader in site.readers],
            "agent": sorted({reader.agent for reader in site.readers}),
        }
        self._off: dict[str, bool] = {}
        """Readers out of work, and whether their agent has to start anew."""
        self.all = [self._resolve(number, fault) for number, fault in enumerate(faults)]

    def begin(self, fault: Fault, now_us: int) -> Holding:
        """A fault from now on (a button was pressed); it ends as it says, or with `end`."""
        found = self._resolve(len(self.all), fault)
        length_us = found.to_us - found.from_us
        to_us = FOR_EVER_US if found.to_us == FOR_EVER_US else now_us + length_us
        found = Holding(found.kind, now_us, to_us, found.targets, found.amount)
        self.all.append(found)
        return found

    def end(self, holding: Holding, now_us: int) -> None:
        """It is mended."""
        self.all[self.all.index(holding)] = Holding(
            holding.kind, holding.from_us, max(holding.from_us, now_us), holding.targets, holding.amount
        )

    def next_us(self, after_us: int) -> int:
        """When the next fault begins or ends."""
        times = [time for one in self.all for time in (one.from_us, one.to_us) if time > after_us]
        return min(times, default=FOR_EVER_US)

    def amount(self, kind: FaultKind, name: str, at_us: int) -> float | None:
        """How bad it is there then; None: it is not."""
        found = [
            one.amount
            for one in self.all
            if one.kind == kind and one.holds(at_us) and (not one.targets or name in one.targets)
        ]
        return max(found, default=None)

    def drifted_us(self, agent: str, at_us: int) -> int:
        """How far an agent's clocks have run ahead by then. What has drifted stays: a clock that runs right again does not go back."""
        return sum(
            int((min(at_us, one.to_us) - one.from_us) * one.amount / 1e6)
            for one in self.all
            if one.kind == "clock_drift" and one.from_us < at_us and (not one.targets or agent in one.targets)
        )

    def apply(self, wiring: Antennas, schedule: Schedule, now_us: int) -> None:
        """Put antennas and readers into the state of that time."""
        self.wire(wiring, now_us)
        off: dict[str, bool] = {}
        for reader in self._site.readers:
            dead = self._is("reader_dead", reader.id, now_us) or self._is("reader_reboot", reader.id, now_us)
            killed = self._is("agent_killed", reader.agent, now_us)
            if dead or killed:
                off[reader.id] = killed or self._off.get(reader.id, False)
            schedule.slow(reader.id, self.amount("reader_slow", reader.id, now_us) or 1.0)
        for name in sorted(off.keys() - self._off.keys()):
            schedule.off(name, now_us)
        for name in sorted(self._off.keys() - off.keys()):
            schedule.back(name, now_us, forget=self._off[name])
        self._off = off

    def _is(self, kind: FaultKind, name: str, at_us: int) -> bool:
        return self.amount(kind, name, at_us) is not None

    def wire(self, wiring: Antennas, now_us: int) -> None:
        """Put the antennas into the state of that time."""
        places = np.arange(len(self._site.antennas), dtype=np.int32)
        wiring.deaf[:] = False
        wiring.loss_db[:] = 0.0
        wiring.slow[:] = 1.0
        wiring.listens_as[:] = places
        for one in self.all:
            if not one.holds(now_us):
                continue
            if one.kind == "antenna_unplugged":
                wiring.deaf[self._antennas(one.targets)] = True
            elif one.kind == "cable_loss":
                wiring.loss_db[self._antennas(one.targets)] += np.float32(one.amount)
            elif one.kind == "hub_port_stuck":
                self._stick(wiring, one.targets)
            elif one.kind == "reader_slow":
                wiring.slow[self._of_readers(one.targets)] = np.float32(max(1.0, one.amount))

    def _stick(self, wiring: Antennas, stuck: frozenset[str]) -> None:
        """All ports of a stuck hub hear what its one antenna hears."""
        antennas = self._site.antennas
        for place in self._antennas(stuck).tolist():
            hub = (antennas[place].reader, (antennas[place].port - 1) // PORTS_A_HUB)
            for other, antenna in enumerate(antennas):
                if (antenna.reader, (antenna.port - 1) // PORTS_A_HUB) == hub:
                    wiring.listens_as[other] = place

    def _antennas(self, names: frozenset[str]) -> NDArray[np.intp]:
        found = [at for at, antenna in enumerate(self._site.antennas) if not names or antenna.id in names]
        return np.array(found, dtype=np.intp)

    def _of_readers(self, names: frozenset[str]) -> NDArray[np.intp]:
        found = [at for at, antenna in enumerate(self._site.antennas) if not names or antenna.reader in names]
        return np.array(found, dtype=np.intp)

    def _resolve(self, number: int, fault: Fault) -> Holding:
        from_us = self._start_us + fault.from_us
        to_us = FOR_EVER_US if fault.to_us is None else self._start_us + fault.to_us
        if fault.fault == "reader_reboot":
            to_us = from_us + REBOOT_US if fault.to_us is None else max(to_us, from_us + REBOOT_US)
        amount = AMOUNTS.get(fault.fault, 1.0) if fault.amount is None else fault.amount
        return Holding(fault.fault, from_us, to_us, self._targets(number, fault), amount)

    def _targets(self, number: int, fault: Fault) -> frozenset[str]:
        if fault.what:
            return frozenset(fault.what)
        sort = _sort_of(fault.fault)
        if fault.share is None or sort is None:
            return frozenset()
        names = self._names[sort]
        throws = mix(self._seed, 0xFA17, number, np.arange(len(names), dtype=np.uint64))
        chosen = np.argsort(throws, kind="stable")[: max(1, round(fault.share * len(names)))]
        return frozenset(names[at] for at in chosen.tolist())


def _sort_of(kind: str) -> str | None:
    if kind in ANTENNA_FAULTS:
        return "antenna"
    if kind in READER_FAULTS:
        return "reader"
    return "agent" if kind in AGENT_FAULTS else None
