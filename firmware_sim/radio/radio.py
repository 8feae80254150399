"""The air of one site, asked in bulk or dwell by dwell. Pure, seeded.

Throws depend on names and times, never on the order of asking; only single-target dwells leave something behind, the tags' flags.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from firmware_sim.dice import mix
from firmware_sim.hearing import Dwells, Heard, Int16, Int32, UInt16
from firmware_sim.radio.air import FULL_DBM, Air
from firmware_sim.radio.answering import Answering
from firmware_sim.radio.flags import Flags
from firmware_sim.radio.geometry import links_of
from firmware_sim.radio.listening import Answer, Listen
from firmware_sim.radio.margins import Margins
from firmware_sim.radio.pairs import Pairs
from firmware_sim.radio.people import Aisles
from firmware_sim.radio.settings import RadioSettings
from firmware_sim.radio.wiring import Wiring
from firmware_sim.world import World

PART: Final = 256
"""Dwells worked on at a time: their rows fit into a core's own memory."""
_NO_TAGS: Final[Int32] = np.empty(0, dtype=np.int32)
_NO_COUNTS: Final[UInt16] = np.empty(0, dtype=np.uint16)
_NO_RSSI: Final[Int16] = np.empty(0, dtype=np.int16)
_MASK: Final = 0xFFFF_FFFF_FFFF_FFFF


class Radio:
    """What the antennas of a world's site hear of its tags, strangers and reference tags."""

    def __init__(
        self, world: World, *, seed: int, settings: RadioSettings | None = None, wiring: Wiring | None = None
    ) -> None:
        self.world = world
        self.settings = settings or RadioSettings()
        self.wiring = wiring or Wiring(world.site)
        name = int(mix(seed & _MASK, 0x4AD10)[0])
        self._seed = name
        self.margins = Margins(world, links_of(world.site), self.settings, seed=name)
        self.pairs = Pairs(self.margins)
        self._aisles = Aisles(world.openings, self.settings, seed=name)
        flags = Flags(len(world.site.reference_tags), self.settings, seed=name)
        self.air = Air(self.pairs, self.wiring, self._aisles, flags, self.settings, seed=name)
        self._answering = Answering(world, self.pairs.links, self.air, self.settings, seed=name)
        self._antenna_of = {
            (antenna.reader, antenna.port): place for place, antenna in enumerate(world.site.antennas)
        }

    def hear(self, dwells: Dwells) -> Heard:
        """What is heard in these dwells, with the world as it stands now."""
        self._freshen(dwells)
        parts = [
            self.air.catch(dwells.pick(np.arange(at, min(at + PART, len(dwells)))))
            for at in range(0, len(dwells), PART)
        ]
        counts = [np.bincount(part.dwell, minlength=PART) for part in parts]
        each = np.concatenate(counts)[: len(dwells)] if counts else np.empty(0, dtype=np.int64)
        return Heard(
            dwells=dwells,
            first=np.concatenate([[0], np.cumsum(each)]).astype(np.int64),
            tag=np.concatenate([_NO_TAGS, *(part.tag for part in parts)]),
            count=np.concatenate([_NO_COUNTS, *(part.count for part in parts)]),
            rssi=np.concatenate([_NO_RSSI, *(part.rssi for part in parts)]),
        )

    def answers(self, listen: Listen) -> list[Answer]:
        """All tags that this port hears in that dwell; an unknown port hears nothing."""
        antenna = self._antenna_of.get((listen.reader, listen.port))
        if antenna is None or listen.to_us <= listen.from_us:
            return []
        dwell = one_dwell(antenna, listen)
        self._freshen(dwell)
        caught = self.air.catch(dwell)
        return self._answering.answers(listen, dwell, int(self.wiring.listens_as[antenna]), caught)

    def audible(
        self, antenna: int, at_us: int, power_dbm: float = FULL_DBM, *, every_channel: bool = False
    ) -> Int32:
        """Tags (books, strangers, references) that wake then on some channel, or on `every_channel`: what a long inventory hears, or surely hears."""
        dwell = one_dwell(
            antenna, Listen(reader="", port=0, from_us=at_us, to_us=at_us + 1, power_dbm=power_dbm)
        )
        self._freshen(dwell)
        pair, lowest, highest = self.air.lifted(dwell)
        return self.pairs.tag[pair[(lowest if every_channel else highest) > 0]]

    def somebody(self, shelf: int, at_us: int) -> bool:
        """Whether a person or a cart stands before the bay of that shelf then."""
        if self._aisles.empty:
            return False
        bay = self.pairs.links.bay[shelf : shelf + 1]
        return bool(self._aisles.somebody(bay, np.array([at_us], dtype=np.int64))[0])

    def _freshen(self, dwells: Dwells) -> None:
        if len(dwells):
            antennas = np.unique(self.wiring.listens_as[dwells.antenna]).astype(np.int32)
            self.pairs.freshen(antennas, max(0.0, float(dwells.power_dbm.max()) - FULL_DBM))


def one_dwell(antenna: int, listen: Listen) -> Dwells:
    """A dwell of the antenna at that place of the site, as columns of one row."""
    return Dwells(
        antenna=np.array([antenna], dtype=np.int32),
        started_us=np.array([listen.from_us], dtype=np.int64),
        ended_us=np.array([listen.to_us], dtype=np.int64),
        power_dbm=np.array([listen.power_dbm], dtype=np.float32),
        dual=np.array([listen.target == "AB"]),
        session=np.array([listen.session], dtype=np.uint8),
    )
