"""When an antenna could not do its work: deaf, or without a way to the subject. From the faults of a scenario. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, Protocol

import msgspec

from shelfwire.site.model import Antenna, Site

PORTS_A_HUB: Final = 8
"""Antenna hubs have eight ports."""
DEAF_DB: Final = 20.0
"""With so much cable loss an antenna cannot hear even its reference tags: it is a `silent_antenna`."""
DOUBTFUL_DB: Final = 10.0
"""With so much it loses half of the books; then a `silent_antenna` is excused."""

AWAY: Final = frozenset(
    {"reader_dead", "reader_reboot", "agent_killed", "link_cut", "broker_killed", "hub_killed", "disk_full"}
)
"""Faults through which no dwell reaches the subject."""
CLOCKS: Final = frozenset({"clock_wrong"})
"""While clocks are wrong by hours, a stale shelf is excused, whether shown or not; a drift of parts per million changes nothing."""


class Outage(msgspec.Struct, frozen=True, kw_only=True):
    """An antenna that could not hear, or was not heard of."""

    antenna: str
    from_us: int
    to_us: int
    silent: bool
    """It was driven and heard nothing of its shelf; else its reader was away."""
    excused: bool = False
    """Whether it counts is a matter of taste: nobody is judged by it."""


class Holding(Protocol):
    """One fault with its time and its places (`firmware_sim.direct.broken`)."""

    @property
    def kind(self) -> Any:
        """A `FaultKind`."""
        ...

    @property
    def from_us(self) -> int:
        """True time."""
        ...

    @property
    def to_us(self) -> int:
        """True time."""
        ...

    @property
    def targets(self) -> frozenset[str]:
        """Ids of antennas, readers or agents; empty: all."""
        ...

    @property
    def amount(self) -> float:
        """How bad."""
        ...


def outages(site: Site, holdings: Iterable[Holding], end_us: int) -> list[Outage]:
    """What the faults mean for each antenna, by the end of the run."""
    found: list[Outage] = []
    for one in holdings:
        to_us = min(one.to_us, end_us)
        if one.from_us < to_us:
            found += _of(site, one, to_us)
    return found


def _of(site: Site, one: Holding, to_us: int) -> Iterator[Outage]:
    for antenna, silent, excused in _struck(site, one):
        yield Outage(antenna=antenna.id, from_us=one.from_us, to_us=to_us, silent=silent, excused=excused)


def _struck(site: Site, one: Holding) -> Iterator[tuple[Antenna, bool, bool]]:
    """(antenna, silent, excused) of each antenna that the fault concerns."""
    if one.kind == "hub_port_stuck":
        for stuck in (antenna for antenna in site.antennas if antenna.id in one.targets):
            yield from (
                (other, True, False)
                for other in site.antennas
                if other is not stuck and _hub(other) == _hub(stuck)
            )
        return
    for antenna in site.antennas:
        names = {antenna.id, antenna.reader, site.reader_by_id[antenna.reader].agent}
        if one.targets and not names & one.targets:
            continue
        if one.kind == "antenna_unplugged":
            yield antenna, True, False
        elif one.kind == "cable_loss" and one.amount >= DOUBTFUL_DB:
            yield antenna, True, one.amount < DEAF_DB
        elif one.kind in AWAY:
            yield antenna, False, False
        elif one.kind in CLOCKS:
            yield antenna, False, True


def _hub(antenna: Antenna) -> tuple[str, int]:
    return antenna.reader, (antenna.port - 1) // PORTS_A_HUB
