"""Antennas that hang still, asked of the very radio that scenarios run on. Pure.

What recordings say of them: reads a second, how far the reads of a still tag spread within a channel and between channels, and how often the loudest of four antennas
names the zone of a tag.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from firmware_sim.dice import normal
from firmware_sim.direct.building import build_site
from firmware_sim.hearing import Dwells, Heard
from firmware_sim.radio import Listen, Radio, RadioSettings
from firmware_sim.radio.moving import CART, Targets, fly, listen
from firmware_sim.radio.tracks import Waypoint, standing
from firmware_sim.scenario import Building
from firmware_sim.world import Title, World, furnish
from firmware_sim.world.habits import Stocking

_START_US: Final = 1_772_431_200_000_000
"""2 March 2026, 06:00 UTC; nobody is about."""
_SECOND_US: Final = 1_000_000
_ITEMS_A_SHELF: Final = 50
_SHELVES: Final = 8
_STAY_US: Final = 300_000
"""A dwell on one channel."""
_STAYS: Final = 600

_DISTANCES_M: Final = (0.3, 0.6, 1.2, 2.1)
_FREE_DB: Final = 30.0
"""Margin of a free tag at 1 m: loud enough that none falls out, which would flatten the slope."""

ZONES: Final = 4
ZONE_CROSS: Final = 0.77
"""Cross-read between the zones of the recorded rig. Not recorded: fitted to the share at 10 s."""
ZONE_TAGS: Final = 32
"""Tags a zone. Not recorded: fitted to the share at 1 s."""
_ZONE_DWELL_US: Final = 250_000
_ZONE_S: Final = 120


@dataclass(frozen=True, slots=True)
class Still:
    """Spread of the loudness of tags that do not move before an antenna that does not, dB."""

    within_channel_db: float
    between_channels_db: float


def reads_a_second(settings: RadioSettings, *, seed: int) -> float:
    """Of one antenna before a full shelf, dual target."""
    radio = _radio(settings, _ITEMS_A_SHELF, _SHELVES, seed)
    heard = radio.hear(_dwells(np.zeros(60, dtype=np.int32), _SECOND_US))
    return float(heard.count.sum()) / 60.0


def still(settings: RadioSettings, *, seed: int) -> Still:
    """Single reads of each tag, by the channel that each was made on, within a quarter of an hour."""
    radio = _radio(settings, _ITEMS_A_SHELF, _SHELVES, seed)
    antenna = radio.world.site.antennas[0]
    reads: dict[tuple[str, int], list[float]] = {}
    for stay in range(_STAYS):
        at_us = _START_US + stay * _SECOND_US
        listen = Listen(reader=antenna.reader, port=antenna.port, from_us=at_us, to_us=at_us + _STAY_US)
        for answer in radio.answers(listen):
            if answer.count == 1:
                reads.setdefault((answer.epc, answer.channel), []).append(answer.rssi_dbm)
    known = {name: values for name, values in reads.items() if len(values) >= 5}  # noqa: PLR2004 (enough for a spread)
    within = [float(np.std(values, ddof=1)) for values in known.values()]
    by_tag: dict[str, list[float]] = {}
    for (epc, _), values in known.items():
        by_tag.setdefault(epc, []).append(float(np.mean(values)))
    between = [float(np.std(means, ddof=1)) for means in by_tag.values() if len(means) >= 10]  # noqa: PLR2004 (likewise)
    return Still(float(np.median(within)), float(np.median(between)))


def slope(settings: RadioSettings, *, seed: int) -> float:
    """How much quieter a free tag is at ten times the distance, dB: a line through the median loudness of many tags from 0.3 to 2.1 m."""
    number = np.arange(400, dtype=np.uint64)
    same = np.zeros(len(number))
    tags = Targets(number, same, same, same, settings.tag_spread_db * normal(seed, number))
    medians = []
    for turn, away in enumerate(_DISTANCES_M):
        way = standing(Waypoint(0.0, -away, 0.0, 0.0, 1.0), 10.0)
        air = fly(tags, way, CART, settings, seed=seed + turn, turn=turn)
        walk = listen(tags, air, CART, settings, budget_db=_FREE_DB, seed=seed, turn=turn, single=False)
        medians.append(float(np.median(walk.rssi_dbm)))
    return -float(np.polyfit(np.log10(_DISTANCES_M), medians, 1)[0])


def zones_named(settings: RadioSettings, window_s: int, *, seed: int) -> float:
    """Share of (tag, window) in which the loudest of four antennas, asked in turn for a quarter of a second each, is the one of the tag's zone."""
    settings = msgspec.structs.replace(settings, cross_read=ZONE_CROSS)
    radio = _radio(settings, ZONE_TAGS, ZONES, seed)
    turns = np.tile(np.arange(ZONES, dtype=np.int32), _ZONE_S * _SECOND_US // (_ZONE_DWELL_US * ZONES))
    heard = radio.hear(_dwells(turns, _ZONE_DWELL_US))
    return _named(heard, radio.world, window_s)


def _named(heard: Heard, world: World, window_s: int) -> float:
    books = heard.tag >= 0
    dwell = heard.dwell_of[books]
    tag, rssi, antenna = heard.tag[books], heard.rssi[books], heard.dwells.antenna[dwell]
    window = (heard.dwells.started_us[dwell] - _START_US) // (window_s * _SECOND_US)
    order = np.lexsort((-rssi.astype(np.int32), tag, window))
    names: NDArray[np.int64] = window[order] * (int(tag.max()) + 1) + tag[order]
    first = np.concatenate([[True], np.diff(names) != 0])
    right = world.place[tag[order][first]] == antenna[order][first]
    return float(right.mean())


def _dwells(antennas: NDArray[np.int32], length_us: int) -> Dwells:
    count = len(antennas)
    started = _START_US + np.arange(count, dtype=np.int64) * length_us
    return Dwells(
        antenna=antennas,
        started_us=started,
        ended_us=started + length_us,
        power_dbm=np.full(count, 30.0, dtype=np.float32),
        dual=np.ones(count, dtype=np.bool_),
        session=np.ones(count, dtype=np.uint8),
    )


def _radio(settings: RadioSettings, items_a_shelf: int, shelves: int, seed: int) -> Radio:
    """Shelves of one face with an antenna each; antenna `n` hears shelf `n`."""
    building = Building(items_a_shelf=items_a_shelf, reference_tags=0)
    items = items_a_shelf * shelves
    _, history = build_site(building, items, fill=1.0, seed=seed)
    titles = [Title(f"{n:08d}", "Title", "Author", f"QA{n}") for n in range(items)]
    stock = furnish(history.now, titles, items, Stocking(), seed=seed)
    world = World(history.now, stock, start_us=_START_US, seed=seed)
    return Radio(world, seed=seed, settings=settings)
