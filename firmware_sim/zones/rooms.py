"""Simulated rooms with known zones, on the very radio of the scenarios: recordings to try the zone model on. Pure, seeded.

A room has antennas that take turns, books that stand around, and tags that are carried from zone to zone: a *stay* is one tag in one zone. Within a stay a tag may be put on
another shelf of the zone every `roam_s`. Multipath, shade, drift, channels and people are the radio's; nothing here knows how the model works.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec
import numpy as np

from firmware_sim.dice import throw
from firmware_sim.direct.building import build_site
from firmware_sim.form import Building
from firmware_sim.hearing import Dwells
from firmware_sim.radio import Radio, RadioSettings, Wiring
from firmware_sim.world import Habits, Title, World, furnish
from firmware_sim.world.habits import Stocking

START_US: Final = 1_772_445_600_000_000
"""2 March 2026, 10:00 UTC: the doors are open, people pass."""
_SECOND_US: Final = 1_000_000
_READ_SPREAD_DB: Final = 0.8
"""Of single reads below the loudest of their dwell."""


@dataclass(frozen=True, kw_only=True)
class Room:
    """One room, and what is done in it."""

    name: str
    zones: tuple[int, ...]
    """Zone of each shelf, in shelving order."""
    antenna_for: Literal["shelf", "two_shelves", "bay"] = "shelf"
    cross_read: float = 0.77
    items_a_shelf: int = 8
    tags: int = 4
    """Carried about in the calibration."""
    others: int = 0
    """So many other tags are carried about in the reads, instead of these."""
    stays: int = 3
    """Of each tag in each zone, in the calibration."""
    reads_stays: int = 3
    stay_s: float = 40.0
    roam_s: float = 0.0
    dwell_us: int = 200_000
    person_share: float = 0.10
    place_spread_db: float = 4.0
    cable_db: tuple[float, ...] = ()
    """One way, of the first antennas."""
    dead_in_reads: tuple[int, ...] = ()
    """Antennas that hear nothing while the reads are made."""


@dataclass
class Recorded:
    """Rows of a CSV file: t_s, antenna, tag, rssi_dbm, zone."""

    rows: list[tuple[float, int, int, float, int]] = field(default_factory=list)


ROOMS: Final = (
    Room(name="one tag, four zones", zones=(0, 1, 2, 3), tags=1, stays=6, reads_stays=6),
    Room(
        name="bays, tags that wander", zones=tuple(n // 5 for n in range(20)), antenna_for="bay", cross_read=0.85,
        tags=4, roam_s=5.0, items_a_shelf=4, place_spread_db=6.0,
    ),
    Room(
        name="twelve antennas, three zones, other tags", zones=tuple(n // 4 for n in range(12)), cross_read=0.6,
        tags=6, others=6, stays=2, reads_stays=3, items_a_shelf=5,
    ),
    Room(
        name="five antennas, eight zones, one stay each", zones=tuple(range(8)), antenna_for="two_shelves",
        cross_read=0.8, tags=4, stays=1, reads_stays=2, stay_s=60.0,
    ),
    Room(
        name="unequal antennas, one dead later", zones=tuple(n // 2 for n in range(10)), cross_read=0.7, tags=5,
        others=3, cable_db=(5.0, 0.0, 3.0), dead_in_reads=(6,), items_a_shelf=6,
    ),
)  # fmt: skip


def record(room: Room, *, seed: int) -> tuple[Recorded, Recorded]:
    """(calibration, reads), with the true zone in both. The reads begin ten minutes after the calibration."""
    world, radio, wiring = _made(room, seed)
    first = _carried(world, room, 0, room.tags)
    later = _carried(world, room, room.tags, room.others) if room.others else first
    calibration = Recorded()
    at_us = _play(room, world, radio, calibration, first, room.stays, START_US, seed)
    for antenna in room.dead_in_reads:
        wiring.deaf[antenna] = True
    reads = Recorded()
    _play(room, world, radio, reads, later, room.reads_stays, at_us + 600 * _SECOND_US, seed + 1)
    return calibration, reads


def _made(room: Room, seed: int) -> tuple[World, Radio, Wiring]:
    items = len(room.zones) * room.items_a_shelf
    building = Building(items_a_shelf=room.items_a_shelf, reference_tags=0, antenna_for=room.antenna_for)
    _, history = build_site(building, items, fill=1.0, seed=seed)
    titles = [Title(f"{n:08d}", "Title", "Author", f"QA{n}") for n in range(items)]
    stock = furnish(history.now, titles, items, Stocking(weak=0, dead=0), seed=seed)
    # with habits there are opening hours, and people who pass; nobody takes a book, since the world is never advanced
    world = World(history.now, stock, start_us=START_US, seed=seed, people=Habits())
    settings = msgspec.structs.replace(
        RadioSettings(), cross_read=room.cross_read, person_share=room.person_share, place_spread_db=room.place_spread_db
    )  # fmt: skip
    wiring = Wiring(history.now)
    for antenna, lost in enumerate(room.cable_db):
        wiring.loss_db[antenna] = lost
    return world, Radio(world, seed=seed, settings=settings, wiring=wiring), wiring


def _carried(world: World, room: Room, first: int, count: int) -> list[int]:
    """Books spread over the room, as far from each other as they go."""
    every = max(1, world.stock.count // (room.tags + room.others))
    return [(first + n) * every for n in range(count)]


def _play(  # noqa: PLR0917 (all that a recording needs)
    room: Room, world: World, radio: Radio, into: Recorded, tags: list[int], stays: int, at_us: int, seed: int
) -> int:
    """Carry each tag through all zones `stays` times, each in an order of its own. Returns when it ended."""
    zones = max(room.zones) + 1
    orders = {tag: _order(zones, stays, seed, tag) for tag in tags}
    roam_s = room.roam_s or room.stay_s
    for number in range(zones * stays):
        for turn in range(max(1, round(room.stay_s / roam_s))):
            for tag in tags:
                zone = orders[tag][number]
                shelves = [shelf for shelf, its in enumerate(room.zones) if its == zone]
                to = shelves[int(throw(seed, tag, number, turn, 1) * len(shelves))]
                row = len(world.on_shelf(to))
                world.move("misplace", tag, to, int(throw(seed, tag, number, turn, 2) * row))
            end_us = at_us + int(roam_s * _SECOND_US)
            truth = {tag: orders[tag][number] for tag in tags}
            _hear(room, radio, into, truth, at_us, end_us, seed)
            at_us = end_us
    return at_us


def _order(zones: int, stays: int, seed: int, tag: int) -> list[int]:
    found: list[int] = []
    for turn in range(stays):
        found += sorted(range(zones), key=lambda zone: throw(seed, tag, turn, zone, 3))
    return found


def _hear(  # noqa: PLR0917 (as above)
    room: Room, radio: Radio, into: Recorded, truth: dict[int, int], from_us: int, to_us: int, seed: int
) -> None:
    started = np.arange(from_us, to_us - room.dwell_us, room.dwell_us, dtype=np.int64)
    antennas = len(radio.world.site.antennas)
    dwells = Dwells(
        antenna=((started // room.dwell_us) % antennas).astype(np.int32),
        started_us=started,
        ended_us=started + room.dwell_us - 5_000,
        power_dbm=np.full(len(started), 30.0, dtype=np.float32),
        dual=np.ones(len(started), dtype=np.bool_),
        session=np.ones(len(started), dtype=np.uint8),
    )
    heard = radio.hear(dwells)
    of = heard.dwell_of
    for tag, zone in truth.items():
        for at in np.flatnonzero(heard.tag == tag).tolist():
            dwell, count = int(of[at]), int(heard.count[at])
            for n in range(min(count, 20)):
                t_us = int(dwells.started_us[dwell]) + (n + 1) * room.dwell_us // (count + 2)
                lower = _READ_SPREAD_DB * throw(seed, tag, t_us) if n else 0.0
                rssi = np.round(2 * (float(heard.rssi[at]) / 2 - lower)) / 2
                into.rows.append(
                    ((t_us - START_US) / _SECOND_US, int(dwells.antenna[dwell]), tag, float(rssi), zone)
                )
