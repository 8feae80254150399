"""Helpers for tests of the simulated radio."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from helpers.sims import START_US, tiny_site, titles
from numpy.typing import NDArray

from firmware_sim.hearing import Dwells, Heard
from firmware_sim.radio import Radio, RadioSettings
from firmware_sim.radio.geometry import NEXT, OWN, SECOND
from firmware_sim.world import Habits, Stocking, World, furnish

SECOND_US = 1_000_000
HOUR_US = 3_600_000_000
ORDINARY = Stocking(fore_edge=0, near_metal=0, weak=0, dead=0)
"""Only tags beside the spine."""


def stacks(
    items: int = 2_500, *, shelves_a_bay: int = 5, bays: int = 5, ranges: int = 1, stocking: Stocking = ORDINARY,
    people: Habits | None = None,
) -> World:  # fmt: skip
    """Two-faced ranges with an antenna and a reference tag on each board; 50 shelves and 50 books on each."""
    site = tiny_site(ranges=ranges, bays=bays, boards=shelves_a_bay)
    stock = furnish(site, titles(items), items, stocking, seed=1)
    return World(site, stock, start_us=START_US, seed=1, people=people)


def large_stacks(stocking: Stocking = ORDINARY, people: Habits | None = None) -> World:
    """200 shelves and 10,000 books: shares are true to some tenths of a point."""
    return stacks(10_000, bays=10, ranges=2, stocking=stocking, people=people)


def cycle(
    world: World, at_us: int = START_US, *, seconds: float = 1.0, power_dbm: float = 30.0, dual: bool = True,
    session: int = 1, antennas: list[int] | None = None,
) -> Dwells:  # fmt: skip
    """One dwell of each antenna, all at once; or of some."""
    places = np.arange(len(world.site.antennas)) if antennas is None else np.array(antennas)
    count = len(places)
    start = np.full(count, at_us, dtype=np.int64)
    return Dwells(
        antenna=places.astype(np.int32),
        started_us=start,
        ended_us=start + int(seconds * SECOND_US),
        power_dbm=np.full(count, power_dbm, dtype=np.float32),
        dual=np.full(count, dual),
        session=np.full(count, session, dtype=np.uint8),
    )


@dataclass(frozen=True)
class Ears:
    """A radio and what it means: which antenna is meant for which shelf."""

    radio: Radio

    @classmethod
    def of(cls, world: World, seed: int = 3, **settings: Any) -> Ears:
        return cls(Radio(world, seed=seed, settings=RadioSettings(**settings)))

    def rings(self) -> NDArray[np.uint8]:
        """By antenna and shelf; 9: out of hearing."""
        links = self.radio.pairs.links
        found = np.full((len(self.radio.world.site.antennas), len(links.bay)), 9, dtype=np.uint8)
        found[links.antenna, links.shelf] = links.ring
        return found

    def heard(self, dwells: Dwells) -> Heard:
        return self.radio.hear(dwells)

    def shares(self, heard: Heard) -> dict[int, float]:
        """Share of (book, dwell) pairs that were heard, by ring; one dwell an antenna."""
        world, links = self.radio.world, self.radio.pairs.links
        books = heard.tag >= 0
        ring = self.rings()[heard.dwells.antenna[heard.dwell_of[books]], world.place[heard.tag[books]]]
        standing = np.bincount(world.place[world.place >= 0], minlength=len(links.bay))
        there = {kind: int(standing[links.shelf[links.ring == kind]].sum()) for kind in (OWN, NEXT, SECOND)}
        return {kind: float((ring == kind).sum() / count) for kind, count in there.items() if count}

    def own(self, dwells: Dwells) -> set[int]:
        """Books that the antennas heard on their own shelves."""
        heard = self.heard(dwells)
        books = np.flatnonzero(heard.tag >= 0)
        place = self.radio.world.place[heard.tag[books]]
        ring = self.rings()[heard.dwells.antenna[heard.dwell_of[books]], place]
        return set(heard.tag[books][ring == OWN].tolist())


def same(one: Heard, other: Heard) -> bool:
    """Whether both say the same to the last byte."""
    return _bytes(one) == _bytes(other)


def digest() -> str:
    """Of three cycles over 50 shelves, an hour apart, the last one with a single target: sha256 of all bytes."""
    ears = Ears.of(stacks(stocking=Stocking()))
    found = hashlib.sha256()
    for look, dual in enumerate((True, True, False)):
        heard = ears.heard(cycle(ears.radio.world, START_US + look * HOUR_US, dual=dual))
        for _, column in _bytes(heard):
            found.update(column)
    return found.hexdigest()


def _bytes(heard: Heard) -> list[tuple[str, bytes]]:
    columns: tuple[NDArray[Any], ...] = (heard.first, heard.tag, heard.count, heard.rssi)
    return [(column.dtype.str, column.astype(column.dtype.newbyteorder("<")).tobytes()) for column in columns]
