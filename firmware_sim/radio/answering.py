"""From columns to what a reader reports of each tag: EPC, times, channel and phase of the loudest answer. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware_sim.dice import Floats, gauss, uniform
from firmware_sim.hearing import HALF_DB, Dwells, Int32, Int64
from firmware_sim.radio import phase
from firmware_sim.radio.air import Air, Caught
from firmware_sim.radio.geometry import Links
from firmware_sim.radio.hops import hops_of, table, throws
from firmware_sim.radio.listening import Answer, Listen
from firmware_sim.radio.settings import RadioSettings
from firmware_sim.world import PLAIN_PC, World

ACROSS_M: Final = (0.20, 0.35, 0.75)
"""Straight way from an antenna to the row of its own shelf, of those next to it, and of the second ring."""
MULTIPATH_TURNS: Final = 0.2
"""Reflections shift the phase of a pair by up to so much, for as long as it stands. Assumption."""
_REFLECTED: Final = 0x3EF1
_REFERENCE: Final = 1 << 40


class Answering:
    """Turns what was caught in one dwell into answers."""

    def __init__(self, world: World, links: Links, air: Air, settings: RadioSettings, *, seed: int) -> None:
        self._world = world
        self._links = links
        self._air = air
        self._channel = table(settings.channel_spread_db)
        self._seed = seed
        tags = world.site.reference_tags
        self._reference_shelf = np.array(
            [world.site.shelf_by_id[tag.shelf].index for tag in tags], dtype=np.int64
        )

    def answers(self, listen: Listen, dwell: Dwells, field: int, caught: Caught) -> list[Answer]:
        """One answer a tag, in the order caught. `field`: the antenna that really listened."""
        if not len(caught.tag):
            return []
        channel = self._loudest_channel(dwell, caught)
        degrees = self._phase_deg(dwell, field, caught, channel)
        tenth = (listen.to_us - listen.from_us) // 10
        first_us = listen.from_us + tenth
        rows = zip(
            caught.tag.tolist(), caught.count.tolist(), caught.rssi.tolist(), channel.tolist(), degrees.tolist(),
            strict=True,
        )  # fmt: skip
        return [
            Answer(
                epc=self._world.site.reference_tags[-1 - tag].epc if tag < 0 else self._world.epc(tag),
                pc=PLAIN_PC if tag < 0 else self._world.pc(tag),
                count=count,
                rssi_dbm=half_db * HALF_DB,
                first_us=first_us,
                last_us=listen.to_us - tenth if count > 1 else first_us,
                phase_deg=degree,
                channel=on + 1,
            )
            for tag, count, half_db, on, degree in rows
        ]

    def _loudest_channel(self, dwell: Dwells, caught: Caught) -> Int64:
        """Channel, from 0, on which each was loudest."""
        hops = int(hops_of(dwell.started_us, dwell.ended_us)[0])
        channels = self._air.hopping.channels(dwell.antenna, dwell.started_us, hops)[0]
        gains = [throws(self._channel, caught.key, odd) for odd in self._air.hopping.odd_of_channel[channels]]
        found: Int64 = channels[np.argmax(np.stack(gains), axis=0)]
        return found

    def _phase_deg(self, dwell: Dwells, field: int, caught: Caught, channel: Int64) -> Floats:
        on = channel.astype(np.uint64)
        names = np.where(caught.tag < 0, _REFERENCE - caught.tag.astype(np.int64), caught.tag).astype(
            np.uint64
        )
        noise = gauss(caught.word, 2) * phase.spread_turns(caught.rssi)
        reflected = MULTIPATH_TURNS * uniform(self._seed ^ _REFLECTED, caught.key)
        turns = phase.phase_turns(
            self._distance_m(field, caught.tag),
            phase.frequency_mhz(channel),
            phase.offset_turns(self._seed, field, on, names),
            phase.half_turns(self._seed, field, on, int(dwell.started_us[0])),
            noise + reflected,
        )
        return phase.phase_deg(turns)

    def _distance_m(self, field: int, tag: Int32) -> Floats:
        """From the antenna's middle to the tag; square roots are exact on any machine."""
        links, world = self._links, self._world
        here = slice(int(links.first[field]), int(links.first[field + 1]))
        book = np.maximum(tag, 0)
        shelf = world.place[book].astype(np.int64)
        x_mm = world.x_mm[book].astype(np.int64)
        fixed = np.flatnonzero(tag < 0)
        shelf[fixed] = self._reference_shelf[-1 - tag[fixed]]
        x_mm[fixed] = links.width_mm[shelf[fixed]] // 2
        order = np.argsort(links.shelf[here])
        link = order[np.searchsorted(links.shelf[here], shelf, sorter=order)]
        aside_m = (x_mm - links.width_mm[shelf] // 2 + links.aside_mm[here][link]) / 1000.0
        across_m: NDArray[np.float64] = np.array(ACROSS_M)[links.ring[here][link]]
        return np.sqrt(across_m * across_m + aside_m * aside_m)
