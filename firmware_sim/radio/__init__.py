"""What an antenna hears of the tags around it: a simple radio, behind the interface that a fuller one will fill. Pure, seeded.

The large part of loudness is fixed for one tag, and for one tag and antenna, and drawn once per arrangement, so misses are correlated as on real shelves: a shaded tag stays
shaded until it moves. Each read adds only a little noise. The forward link decides: a tag that gets too little power is silent.
Numbers and their sources are in ``docs/simulator.md``; those without a published source are stated assumptions.
"""

from __future__ import annotations

from typing import Final, Literal, Protocol

import msgspec
import numpy as np

from firmware_sim.books import PLAIN_PC
from firmware_sim.dice import Floats, Numbers, normal, uniform
from firmware_sim.world import World
from shelfwire.site.model import Antenna, Shelf, Site


class Listen(msgspec.Struct, frozen=True, kw_only=True):
    """One dwell: which port listened, when, and with what."""

    reader: str
    port: int
    from_us: int
    to_us: int
    power_dbm: float = 30.0
    target: Literal["A", "AB"] = "AB"
    """``A``: a tag that answered stays silent until its flag falls. ``AB``: it answers again and again."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One tag as one antenna heard it in one dwell."""

    epc: str
    pc: int
    count: int
    rssi_dbm: float
    """The loudest read, in steps of 0.5 dB."""
    first_us: int
    last_us: int


class Field(Protocol):
    """What stands in front of a reader's antennas; an emulator asks it at the end of each dwell."""

    def answers(self, listen: Listen) -> list[Answer]:
        """All tags that this port hears in that dwell."""
        ...


class RadioSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The numbers of the radio. With these an own shelf's tag is heard in about 95 % of dwells, a neighbour's in 10 to 20 %."""

    own_dbm: float = -55.0
    """Mean loudness of a tag on an antenna's own shelf at 30 dBm; recordings lie between −35 (1 m, free) and −72."""
    tag_spread_db: float = 4.5
    """Standard deviation over (tag, arrangement), the same for all antennas: how the books beside it detune and cover a tag. Assumption."""
    spread_db: float = 4.0
    """Standard deviation over (tag, arrangement, antenna): orientation and multipath. Together 6 dB; recordings show ± 10 to 20 dB of free tags."""
    neighbour_db: float = -17.2
    """Loss to the shelf above, below or beside. Of those that are heard at all the mean is 8 to 10 dB below own tags. Assumption."""
    behind_db: float = -19.0
    """Loss to the same board of the other face. Assumption."""
    wakes_dbm: float = -66.0
    """Below this loudness at 30 dBm the forward link does not wake the tag."""
    wakes_width_db: float = 0.8
    """How sharp that edge is."""
    noise_db: float = 0.5
    """Per read within a channel: 0.2 to 0.9 (measured)."""
    floor_dbm: float = -74.0
    reads_a_second: float = 150.0
    """Of one reader, all tags together: 157–177 recorded from fixed readers."""
    reference_dbm: float = -48.0
    """Reference tags hang free at the front of the board."""
    reference_spread_db: float = 2.0
    flag_s: float = 2.0
    """How long a session-1 flag keeps a tag silent with a single target (0.5–5 s by the standard)."""


STEP_DB: Final = 0.5
_FULL_DBM: Final = 30.0
_BEHIND_M: Final = 0.9
"""Middles of two boards back to back are nearer than this."""
_ANY_ANTENNA: Final = 1 << 41
_REFERENCE: Final = 1 << 40
"""Added to a reference tag's number, so that its dice are not a book's."""


class Radio:
    """The air of one site. Dice depend on names and times, never on the order of asking."""

    def __init__(self, world: World, *, seed: int, settings: RadioSettings | None = None) -> None:
        self.world = world
        self.settings = settings or RadioSettings()
        self._seed = seed & 0xFFFFFFFFFFFFFFFF
        self._loss = {antenna.id: self._losses(world.site, antenna) for antenna in world.site.antennas}
        index = world.site.shelf_by_id
        self._references = [(tag.epc, index[tag.shelf].index) for tag in world.site.reference_tags]
        self._flagged_us: dict[int, int] = {}

    def answers(self, listen: Listen) -> list[Answer]:
        """All tags that this port hears in that dwell, books first; an unknown port hears nothing."""
        antenna = self.world.site.antenna_at.get((listen.reader, listen.port))
        if antenna is None or listen.to_us <= listen.from_us:
            return []
        return self._book_answers(antenna, listen) + self._reference_answers(antenna, listen)

    def _book_answers(self, antenna: Antenna, listen: Listen) -> list[Answer]:
        loss = self._loss[antenna.id]
        tags = self.world.tags_on(np.isfinite(loss))
        places = self.world.shelf[tags]
        numbers = tags.astype(np.uint64)
        ids = (numbers, places.astype(np.uint64), self.world.arrangement[tags].astype(np.uint64))
        spread = self.settings.spread_db * normal(self._seed, *ids, antenna.index)
        spread += self.settings.tag_spread_db * normal(self._seed, *ids, _ANY_ANTENNA)
        heard = self._heard(numbers, self.settings.own_dbm + loss[places] + spread, antenna, listen)
        found = []
        for row, count, rssi in heard:
            tag = int(tags[row])
            pc = self.world.books[tag].pc if tag < self.world.strangers_from else PLAIN_PC
            found.append(_answer(listen, (self.world.epc(tag), pc), count, rssi))
        return found

    def _reference_answers(self, antenna: Antenna, listen: Listen) -> list[Answer]:
        loss = self._loss[antenna.id]
        near = [
            (n, epc, place) for n, (epc, place) in enumerate(self._references) if np.isfinite(loss[place])
        ]
        if not near:
            return []
        numbers = np.array([_REFERENCE + n for n, _, _ in near], dtype=np.uint64)
        places = np.array([place for _, _, place in near])
        spread = self.settings.reference_spread_db * normal(self._seed, numbers, antenna.index)
        heard = self._heard(numbers, self.settings.reference_dbm + loss[places] + spread, antenna, listen)
        return [_answer(listen, (near[row][1], PLAIN_PC), count, rssi) for row, count, rssi in heard]

    def _heard(
        self, numbers: Numbers, fixed_dbm: Floats, antenna: Antenna, listen: Listen
    ) -> list[tuple[int, int, float]]:
        """(row, count, rssi) of those that answer. `fixed_dbm`: loudness at full power."""
        if not len(numbers):
            return []
        set_ = self.settings
        loud = fixed_dbm + (listen.power_dbm - _FULL_DBM)
        chance = 1.0 / (1.0 + np.exp(-(loud - set_.wakes_dbm) / set_.wakes_width_db))
        moment = (self._seed, numbers, antenna.index, listen.from_us)
        awake = uniform(*moment, 11) < chance
        mean_count = set_.reads_a_second * (listen.to_us - listen.from_us) / 1e6 / max(1, int(awake.sum()))
        counts = 1 + np.floor(mean_count * 2.0 * uniform(*moment, 12)).astype(np.int64)
        # the loudest of n reads lies about sqrt(2 ln n) deviations above their mean
        gain = set_.noise_db * (normal(*moment, 13) + np.sqrt(2.0 * np.log(counts)))
        rssi = np.round((loud + gain) / STEP_DB) * STEP_DB
        awake &= rssi >= set_.floor_dbm
        rows = [int(row) for row in np.flatnonzero(awake)]
        if listen.target == "A":
            fresh = [row for row in rows if self._flag(int(numbers[row]), listen.from_us)]
            return [(row, 1, float(rssi[row])) for row in fresh]
        return [(row, int(min(counts[row], 65_535)), float(rssi[row])) for row in rows]

    def _flag(self, number: int, at_us: int) -> bool:
        """Whether the tag answers a single-target inventory now; if so it is silent for a while, for every antenna."""
        if at_us < self._flagged_us.get(number, -(1 << 62)) + int(self.settings.flag_s * 1e6):
            return False
        self._flagged_us[number] = at_us
        return True

    def _losses(self, site: Site, antenna: Antenna) -> Floats:
        """Loss in dB from each shelf (by index) to this antenna; −inf where nothing is heard."""
        own = [site.shelf_by_id[name] for name in antenna.hears]
        bays = _bay_places(site)
        found = np.full(len(site.shelves), -np.inf)
        for shelf in site.shelves:
            for mine in own:
                loss = self._loss_between(mine, shelf, bays)
                found[shelf.index] = max(found[shelf.index], loss)
        return found

    def _loss_between(self, mine: Shelf, other: Shelf, bays: dict[str, tuple[str, int]]) -> float:
        if mine.index == other.index:
            return 0.0
        my_face, my_bay = bays[mine.bay]
        its_face, its_bay = bays[other.bay]
        if my_face == its_face and abs(my_bay - its_bay) + abs(mine.number - other.number) == 1:
            return self.settings.neighbour_db
        back_to_back = mine.range == other.range and my_face != its_face and mine.number == other.number
        if back_to_back and np.hypot(mine.x_m - other.x_m, mine.y_m - other.y_m) < _BEHIND_M:
            return self.settings.behind_db
        return float("-inf")


def _bay_places(site: Site) -> dict[str, tuple[str, int]]:
    """Bay id → (face id, place along the face)."""
    return {
        bay.id: (face.id, place)
        for floor in site.floors
        for rng in floor.ranges
        for face in rng.faces
        for place, bay in enumerate(face.bays)
    }


def _answer(listen: Listen, tag: tuple[str, int], count: int, rssi: float) -> Answer:
    tenth = (listen.to_us - listen.from_us) // 10
    last_us = listen.to_us - tenth if count > 1 else listen.from_us + tenth
    return Answer(
        epc=tag[0],
        pc=tag[1],
        count=count,
        rssi_dbm=rssi,
        first_us=listen.from_us + tenth,
        last_us=last_us,
    )
